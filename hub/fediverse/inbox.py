"""What each kind of activity from another server does here: one handler for each, on rows alone.

A handler runs inside the receiver's transaction, never waits for the network, and may see the same message
twice, late, or before another that came first. What it does not understand it leaves alone.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

from federation import activities
from federation.documents import Activity, Document, Thing, thing_id
from federation.local import Received
from federation.origin import same_origin
from hub.actors.minting import activity_uri, origin
from hub.actors.models import Actor, Role
from hub.cache import Cache
from hub.cleaning import plain_text
from hub.db import after_commit
from hub.fediverse import following, interests
from hub.fediverse.actions import Reach, publish
from hub.fediverse.asking import refresh_actor
from hub.fediverse.fetching import check_move, fetch_object, has_moved_lately, verify_gone
from hub.fediverse.keeping import change, concerns_us, is_held, keep, may_meet
from hub.fediverse.known import Known
from hub.fediverse.models import Report
from hub.jobs import enqueue
from hub.publications import receiving
from hub.publications.models import Deed, Publication, Scope

log = logging.getLogger(__name__)

Handler: TypeAlias = Callable[[Received, Actor, Known], Awaitable[None]]

# Of a slice above: whether the message was its business, and so nobody else's.
Claim: TypeAlias = Callable[[Received, Actor, Known], Awaitable[bool]]

BETWEEN_REFRESHES = timedelta(minutes=1)
REPORT_CHARS = 5_000
REPORTS_PER_HOUR = 30  # of one host (ADM-05)

_refreshed: Cache[int, datetime] = Cache(seconds=BETWEEN_REFRESHES.total_seconds(), most=5_000)

_DEEDS = {"Like": Deed.LIKE, "Announce": Deed.ANNOUNCE}
_FINDABLE = frozenset({Role.VILLAGE, Role.BOARD, Role.ORGANISATION, Role.PROJECT})


async def follow(received: Received, actor: Actor, known: Known) -> None:
    activity = received.activity
    followed = known.ours(activity.object_id)
    if followed is not None and not known.is_gone(activity.id, by=actor.uri):
        await following.be_followed(actor, followed, uri=activity.id, at=datetime.now(UTC))


async def accept(received: Received, actor: Actor, known: Known) -> None:
    if await following.be_accepted(actor, received.activity.object, at=datetime.now(UTC)):
        known.follows_changed()


async def reject(received: Received, actor: Actor, known: Known) -> None:
    if await following.be_rejected(actor, received.activity.object):
        known.follows_changed()


async def undo(received: Received, actor: Actor, known: Known) -> None:
    """Whose it is says what is stored. What was never seen is remembered, for it may still come."""
    undone = received.activity.object
    uri, embedded = thing_id(undone), undone if isinstance(undone, Activity) else None
    if embedded is not None and embedded.type == "Accept":  # its own way to say: no longer
        await following.be_rejected(actor, embedded.object)
        return
    kind = embedded.type if embedded is not None else ""
    found = uri is not None and await _undo_by_id(actor, uri, kind)
    is_old = uri is not None and known.is_gone(uri, by=actor.uri)  # what followed since has another id
    if not found and not is_old and embedded is not None:
        await _undo_by_target(actor, embedded, known)
    if uri is not None and same_origin(uri, actor.uri):
        await known.remember_gone(uri, by=actor.uri, at=datetime.now(UTC))


async def _undo_by_id(actor: Actor, uri: str, kind: str) -> bool:
    """Of a bare URI nobody says the kind."""
    if kind in ("", "Follow") and await following.be_left(actor, uri=uri):
        return True
    if kind in ("", *_DEEDS) and await receiving.take_back(actor, uri=uri, deed=_DEEDS.get(kind)):
        return True
    return kind in ("", "Block") and await following.be_unblocked(actor, uri=uri)


async def _undo_by_target(actor: Actor, undone: Activity, known: Known) -> None:
    """Some servers forget which id they gave."""
    target = known.ours(undone.object_id)
    if undone.type == "Follow" and target is not None:
        await following.be_left(actor, followed=target)
    elif undone.type == "Block" and target is not None:
        await following.be_unblocked(actor, target=target)
    elif undone.type in _DEEDS and undone.object_id is not None:
        await receiving.take_back(actor, on=undone.object_id, deed=_DEEDS[undone.type])


async def create(received: Received, actor: Actor, known: Known) -> None:
    activity = received.activity
    thing = activity.object
    if isinstance(thing, Document):
        if thing.id:
            await keep(thing, actor, known, at=datetime.now(UTC), sent=activity)
        return
    is_new = isinstance(thing, str) and thing not in known.publications
    if is_new and await concerns_us(activity, actor, known):
        await enqueue(fetch_object, uri=thing, actor_id=actor.id)


async def update(received: Received, actor: Actor, known: Known) -> None:
    """Of something that never came, it is the first word (some lose a message in 250)."""
    thing, uri = received.activity.object, received.activity.object_id
    if uri == actor.uri:
        await _refresh(actor)
        return
    publication = known.publications.get(uri or "")
    if publication is None:
        await create(received, actor, known)
    elif publication.author_id == actor.id and publication.deleted_at is None:
        if isinstance(thing, Document):
            await change(publication, thing, known)
        else:
            await enqueue(fetch_object, uri=publication.uri, actor_id=actor.id)


async def _refresh(actor: Actor) -> None:
    """From its own server: at once, then once in a while, however often it says that it has changed."""
    now = datetime.now(UTC)
    last = _refreshed.get(actor.id)
    if last is None:
        after_commit(lambda: _refreshed.put(actor.id, now))
    due_at = now if last is None else last + BETWEEN_REFRESHES
    await enqueue(refresh_actor, due_at=due_at, uri=actor.uri, asked_at=now.isoformat())


async def delete(received: Received, actor: Actor, known: Known) -> None:
    uri = received.activity.object_id
    publication = known.publications.get(uri or "")
    if uri is None or (publication is not None and publication.author.is_local):
        return
    is_foreign = publication is not None and publication.author_id != actor.id
    if is_foreign or received.signer != actor.uri:
        await enqueue(verify_gone, uri=uri)  # said by another, or passed on: its own server knows
    elif uri == actor.uri:
        await following.part_with(actor, at=datetime.now(UTC))
        known.follows_changed()
    else:
        if publication is not None:
            await interests.remove(publication, at=datetime.now(UTC))
        await known.remember_gone(uri, by=actor.uri, at=datetime.now(UTC))


async def like(received: Received, actor: Actor, known: Known) -> None:
    """Of ours alone: who likes what elsewhere is no business of ours."""
    activity = received.activity
    publication = known.publications.get(activity.object_id or "")
    if publication is None or not publication.author.is_local or known.is_gone(activity.id, by=actor.uri):
        return
    if await may_meet(publication, actor):
        await receiving.react(Deed.LIKE, publication, actor=actor, uri=activity.id, at=datetime.now(UTC))


async def announce(received: Received, actor: Actor, known: Known) -> None:
    """By its id alone. What we do not have is fetched only for those of us who follow the announcer."""
    activity = received.activity
    uri = _announced(activity.object)
    if uri is None or known.is_gone(activity.id, by=actor.uri):
        return
    publication = known.publications.get(uri)
    if publication is None:
        is_ours = uri == origin() or uri.startswith(f"{origin()}/")
        if not is_ours and uri not in known.actors and await known.is_followed(actor):
            await enqueue(fetch_object, uri=uri, actor_id=actor.id, announce=activity.id)
        return
    if publication.author_id == actor.id and publication.type == "Event":
        await enqueue(fetch_object, uri=uri, actor_id=actor.id)  # a group of Mobilizon: it was changed
    if await _may_announce(publication, actor, known):
        await receiving.react(Deed.ANNOUNCE, publication, actor=actor, uri=activity.id, at=datetime.now(UTC))


def _announced(thing: Thing | None) -> str | None:
    """Groups of Lemmy and its kin announce whole activities (FEP-1b12): what matters is inside."""
    if isinstance(thing, Activity):
        return thing.object_id if thing.type == "Create" else None
    return thing_id(thing)


async def _may_announce(publication: Publication, actor: Actor, known: Known) -> bool:
    if publication.author.is_local:
        return await may_meet(publication, actor)
    is_public = publication.scope is Scope.PUBLIC and publication.deleted_at is None
    is_public = is_public and publication.hidden_at is None
    return is_public and await known.is_followed(actor)


async def move(received: Received, actor: Actor, known: Known) -> None:
    """Only where one of ours follows the old address; the new one must name it (INB-19)."""
    target = received.activity.target
    if target is None or target == actor.uri or target.startswith(f"{origin()}/"):
        return
    if not has_moved_lately(actor, datetime.now(UTC)) and await known.is_followed(actor):
        await enqueue(check_move, actor_id=actor.id, target=target)


async def flag(received: Received, actor: Actor, known: Known) -> None:
    """A complaint, about things of ours that the other side can see. It is told nothing (INB-21).

    Of who is silenced nobody hears any (ADM-05).
    """
    activity, now = received.activity, datetime.now(UTC)
    if await is_held(actor):
        return
    named = [uri for uri in map(thing_id, activity.objects) if uri is not None]
    about = [uri for uri in dict.fromkeys(named) if await _is_shown(uri, actor, known)]
    if not about:
        return
    lately = Report.filter(host=actor.host, received_at__gt=now - timedelta(hours=1))
    if await lately.count() >= REPORTS_PER_HOUR:
        log.warning("too many reports", extra={"host": actor.host})
        return
    lines = (plain_text(line) for line in activity.content[: 2 * REPORT_CHARS].splitlines())
    report = Report(
        uri=activity.id,
        actor=actor.uri,
        host=actor.host,
        objects=about,
        content="\n".join(lines).strip()[:REPORT_CHARS],
    )
    await Report.bulk_create([report], ignore_conflicts=True)


async def _is_shown(uri: str, actor: Actor, known: Known) -> bool:
    publication = known.publications.get(uri)
    if publication is not None:
        return publication.author.is_local and await may_meet(publication, actor)
    return known.ours(uri) is not None


async def block(received: Received, actor: Actor, known: Known) -> None:
    """One that was taken back before it came has still parted them."""
    activity = received.activity
    target = known.ours(activity.object_id)
    if target is None:
        return
    await following.part(actor, target)
    known.follows_changed()
    if not known.is_gone(activity.id, by=actor.uri):
        await following.be_blocked(actor, target, uri=activity.id, at=datetime.now(UTC))


async def add(received: Received, actor: Actor, known: Known) -> None:
    if (pinned := _featured(received.activity, actor, known)) is not None:
        await receiving.pin(pinned, datetime.now(UTC))


async def remove(received: Received, actor: Actor, known: Known) -> None:
    if (pinned := _featured(received.activity, actor, known)) is not None:
        await receiving.pin(pinned, None)


def _featured(activity: Activity, actor: Actor, known: Known) -> Publication | None:
    """One's own things, in one's own collection as it is stored (INB-25)."""
    publication = known.publications.get(activity.object_id or "")
    if publication is None or publication.author_id != actor.id or publication.deleted_at is not None:
        return None
    is_own = actor.featured_uri is not None and activity.target == actor.featured_uri
    return publication if is_own else None


async def quote(received: Received, actor: Actor, known: Known) -> None:
    """Everybody may quote what everybody may read; of what they cannot see they hear nothing."""
    asked = received.activity
    publication = known.publications.get(asked.object_id or "")
    quoting = _quoting(asked, actor)
    if publication is None or quoting is None or not publication.author.is_local:
        return
    if not await may_meet(publication, actor):
        return
    author, stamp = publication.author, None
    if publication.reach is Scope.PUBLIC:
        stamp = await receiving.stamp(publication, quoting=quoting, actor=actor.uri)
    if stamp is not None:
        uri = activity_uri(author.uri, "accepts")
        answer = activities.accept(asked, uri=uri, actor=author.uri, result=stamp.uri)
    else:
        answer = activities.reject(asked, uri=activity_uri(author.uri, "rejects"), actor=author.uri)
    await publish(answer, author=author, reach=Reach(named=(actor,)))


def _quoting(asked: Activity, actor: Actor) -> str | None:
    """What will show ours: a thing of who asks."""
    uri = thing_id(asked.instrument)
    owner = getattr(asked.instrument, "attributed_to", None)
    if uri is None or not same_origin(uri, actor.uri) or owner not in (None, actor.uri):
        return None
    return uri


async def feature(received: Received, actor: Actor, known: Known) -> None:
    """Who wants to be found may be put on anybody's list (FEP-7aa9)."""
    asked, author = received.activity, known.ours(received.activity.object_id)
    if author is not None and author.role in _FINDABLE and not author.hidden:
        answer = activities.accept(asked, uri=activity_uri(author.uri, "accepts"), actor=author.uri)
        await publish(answer, author=author, reach=Reach(named=(actor,)))


handlers: dict[str, Handler] = {
    "Accept": accept,
    "Add": add,
    "Announce": announce,
    "Block": block,
    "Create": create,
    "Delete": delete,
    "FeatureRequest": feature,
    "Flag": flag,
    "Follow": follow,
    "Like": like,
    "Move": move,
    "QuoteRequest": quote,
    "Reject": reject,
    "Remove": remove,
    "Undo": undo,
    "Update": update,
}


def in_turn(*slices: Mapping[str, Claim]) -> dict[str, Handler]:
    """Slices are asked one after the other; what none of them claims is handled here."""
    kinds = dict.fromkeys(kind for claims in (*slices, handlers) for kind in claims)
    return {kind: _asking([one[kind] for one in slices if kind in one], handlers.get(kind)) for kind in kinds}


def _asking(claims: Sequence[Claim], last: Handler | None) -> Handler:
    async def handle(received: Received, actor: Actor, known: Known) -> None:
        for claim in claims:
            if await claim(received, actor, known):
                return
        if last is not None:
            await last(received, actor, known)

    return handle if claims or last is None else last
