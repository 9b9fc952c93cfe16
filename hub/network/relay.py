"""The relay: other servers subscribe, and get every public post of this hub, by its id (mastodon.md 6.3).

A subscription is a Follow whose object is the public collection, sent to the relay's own inbox. Who was
refused stays refused, whatever their server sends.
"""

from datetime import UTC, datetime

from tortoise.queryset import QuerySet

import hub.fediverse.actions as fediverse
from federation.documents import Activity, thing_id
from federation.local import Received
from federation.origin import same_origin
from federation.vocabulary import PUBLIC_SPELLINGS
from hub import limits
from hub.actors.minting import relay_uri
from hub.actors.models import Actor, Role
from hub.db import transaction
from hub.errors import NotFound
from hub.fediverse import following
from hub.fediverse.inbox import Claim
from hub.fediverse.known import Known
from hub.fediverse.models import Follow
from hub.journal import Person, record


async def follow(received: Received, actor: Actor, known: Known) -> bool:
    """A server subscribes: accepted at once, unless somebody here decides, or has decided."""
    asked = received.activity
    if not _is_for_relay(asked, received.inbox):
        return False
    relay = await Actor.of_role(Role.RELAY)
    if relay is None or known.is_gone(asked.id, by=actor.uri):
        return True
    if await _is_unwanted(actor):
        await fediverse.say_rejected(asked.id, actor, relay, target=asked.object_id)
    else:
        now, target = datetime.now(UTC), asked.object_id
        await following.be_followed(actor, relay, uri=asked.id, at=now, target=target)
    return True


async def undo(received: Received, actor: Actor, known: Known) -> bool:
    """It no longer wants to, also where its Follow is still to come. A refusal is not undone by this."""
    undone = received.activity.object
    uri, embedded = thing_id(undone), undone if isinstance(undone, Activity) else None
    theirs = subscriptions().filter(follower_id=actor.id)
    found = await theirs.filter(uri=uri).first() if uri is not None else None
    if embedded is not None and embedded.type == "Follow" and _is_for_relay(embedded, received.inbox):
        found = found or await theirs.first()
    elif found is None:
        return False
    if found is not None and found.refused_at is None:
        await found.delete()
    if uri is not None and same_origin(uri, actor.uri):
        await known.remember_gone(uri, by=actor.uri, at=datetime.now(UTC))
    return True


claims: dict[str, Claim] = {"Follow": follow, "Undo": undo}


def subscriptions() -> QuerySet[Follow]:
    """Accepted, waiting and refused ones."""
    return Follow.filter(followed__role=Role.RELAY)


def requests() -> QuerySet[Follow]:
    """Those who wait for somebody here to decide."""
    return subscriptions().filter(accepted_at=None, refused_at=None)


async def accept(follow_id: int, *, by: Person) -> None:
    """Let a server that asked have what is published from now on. Raises NotFound."""
    async with transaction():
        found = await _locked(follow_id)
        if found.accepted_at is None and found.refused_at is None:
            await fediverse.accept_follow(found)
            await record("relay-accepted", found.follower.host, by=by)


async def refuse(follow_id: int, *, by: Person) -> None:
    """No, or no longer, until somebody here says otherwise. Raises NotFound."""
    async with transaction():
        found = await _locked(follow_id)
        if found.refused_at is None:
            found.accepted_at, found.refused_at = None, datetime.now(UTC)
            await found.save(update_fields=["accepted_at", "refused_at"])
            await fediverse.say_rejected(found.uri, found.follower, found.followed)
            await record("relay-refused", found.follower.host, by=by)


async def forgive(follow_id: int, *, by: Person) -> None:
    """They may ask again. Raises NotFound."""
    async with transaction():
        found = await _locked(follow_id)
        if found.refused_at is not None:
            await found.delete()
            await record("relay-forgiven", found.follower.host, by=by)


async def ask_first(*, asks: bool) -> None:
    """Whether somebody here says yes to each new subscriber."""
    async with transaction():
        relay = await Actor.select_for_update().get(role=Role.RELAY, deleted_at=None)
        if relay.approves_followers is not asks:
            relay.approves_followers = asks
            await relay.save(update_fields=["approves_followers"])
            await fediverse.update_actor(relay)


def _is_for_relay(asked: Activity, inbox: str) -> bool:
    """Mastodon follows the public at our inbox, others the relay itself."""
    is_public = asked.object_id in PUBLIC_SPELLINGS and inbox == f"{relay_uri()}/inbox"
    return is_public or asked.object_id == relay_uri()


async def _is_unwanted(actor: Actor) -> bool:
    """Its host was refused, or there are too many of it, or of all; who subscribed already may ask again."""
    theirs = subscriptions().filter(follower__host=actor.host)
    if await theirs.filter(refused_at__not_isnull=True).exists():
        return True
    if await theirs.filter(follower_id=actor.id).exists():
        return False
    is_full = await subscriptions().filter(refused_at=None).count() >= limits.SUBSCRIBERS
    return is_full or await theirs.count() >= limits.SUBSCRIBERS_PER_HOST


async def _locked(follow_id: int) -> Follow:
    found = await subscriptions().select_for_update().get_or_none(id=follow_id)
    if found is None:
        raise NotFound
    await found.fetch_related("follower", "followed")
    return found
