"""Other servers are asked about their actors: what they say of themselves, and whose a handle is."""

import logging
from datetime import UTC, datetime

from federation.client import Budget
from federation.documents import parse_actor
from federation.errors import FederationError, Gone, Unreachable
from federation.origin import parse_uri
from federation.resolver import FoundActor
from federation.vocabulary import Json
from hub.actors.actions import remember
from hub.actors.models import Actor
from hub.actors.peers import is_on, peers
from hub.db import transaction
from hub.fediverse.following import part_with
from hub.fediverse.known import forget_waiting
from hub.media.actions import want_picture

log = logging.getLogger(__name__)


async def refresh_actor(uri: str, asked_at: str = "") -> None:
    """Take what an actor's own server says of it now, unless it said so after `asked_at`."""
    known = await Actor.get_or_none(uri=uri)
    if known is not None and (known.is_local or _is_newer(known.fetched_at, asked_at)):
        return
    await fetch_actor(uri, Budget())


async def fetch_actor(uri: str, budget: Budget) -> Actor | None:
    """The row of an actor as its server describes it now; None where it cannot be had.

    Only a server that says that the actor is gone for good, with 410, makes us forget it (FLT-14).
    """
    at = datetime.now(UTC)
    try:
        document = await ask(uri, budget)
        found = parse_actor(document, now=at) if document is not None else None
    except Gone as gone:
        if gone.remote_status == 410:
            await _forget(uri, at)
        return None
    except Unreachable:
        raise
    except FederationError as error:
        log.warning("actor cannot be had", extra=error.facts)
        return None
    if found is None or found.id != uri:
        return None
    async with transaction():
        actor = await remember(found, at=at)
        await forget_waiting(uri)
    return actor


async def find_by_handle(text: str) -> Actor:
    """The row of whoever is behind a handle, as their server describes them now. Raises FederationError."""
    return await remember_found(await peers().resolver.find_actor(text, budget=Budget()))


async def remember_found(found: FoundActor) -> Actor:
    """Its own server said all this just now, and its handle leads back to it."""
    async with transaction():
        actor = await remember(found.actor, at=datetime.now(UTC))
        actor.handle = f"{found.handle.name}@{found.handle.host}"
        await actor.save(update_fields=["handle"])
        await want_picture(actor.icon_url)
    return actor


async def confirm_handle(actor_id: int) -> None:
    """Its handle, once the handle's host leads back to it (ORG-14)."""
    actor = await Actor.get_or_none(id=actor_id, deleted_at=None)
    if actor is None or actor.is_local or actor.handle is not None or not is_on():
        return
    try:
        claimed = f"{actor.name}@{actor.host}"
        handle = await peers().resolver.confirm_handle(parse_uri(actor.uri), claimed, budget=Budget())
    except Unreachable:
        raise
    except FederationError as error:
        log.warning("handle is not confirmed", extra=error.facts)
        return
    await Actor.filter(id=actor_id, name=actor.name).update(handle=f"{handle.name}@{handle.host}")


async def ask(uri: str, budget: Budget) -> Json | None:
    """The document at `uri`, its origin's own word; None where we exchange nothing.

    Raises Gone and Unreachable for the caller to judge; what else went wrong will not get better.
    """
    if not is_on():
        return None
    try:
        return (await peers().resolver.fetch_document(parse_uri(uri), budget=budget)).document
    except (Gone, Unreachable):
        raise
    except FederationError as error:
        log.warning("document cannot be had", extra=error.facts)
        return None


async def _forget(uri: str, at: datetime) -> None:
    async with transaction():
        actor = await Actor.get_or_none(uri=uri, deleted_at=None)
        if actor is not None:
            await part_with(actor, at=at)


def _is_newer(fetched_at: datetime | None, asked_at: str) -> bool:
    return bool(asked_at) and fetched_at is not None and fetched_at >= datetime.fromisoformat(asked_at)
