"""From what an agent typed, or another server sent along, to an actor or a post that is written down here."""

from datetime import UTC, datetime
from urllib.parse import urlsplit

from federation.client import Budget
from federation.documents import Actor as ActorDocument
from federation.documents import Document, parse
from federation.errors import InvalidDocument
from federation.origin import parse_uri
from federation.resolver import FoundActor
from federation.vocabulary import PUBLIC_SPELLINGS
from hub.actors.minting import origin
from hub.actors.models import Actor
from hub.actors.peers import peers
from hub.db import transaction
from hub.fediverse.asking import fetch_actor, find_by_handle, remember_found
from hub.fediverse.fetching import known_of
from hub.fediverse.keeping import keep, keep_at
from hub.publications.models import Kind, Publication, Scope
from hub.publications.receiving import Place

Found = Actor | Publication


async def look_up(text: str) -> Found | None:
    """The actor or post of a handle or an address; None where there is none. Raises FederationError.

    Waits for other servers: never inside a transaction.
    """
    text = text.strip()
    if text.startswith(f"{origin()}/"):
        return await _here(text)
    if "://" not in text:
        return await find_by_handle(text)
    known = await Publication.filter(uri=text, deleted_at=None).select_related("author").first()
    return known or await _ask(text)


async def look_up_actor(text: str) -> Actor:
    """The same for what must be an actor of another server."""
    found = await look_up(text)
    if isinstance(found, Actor) and not found.is_local:
        return found
    raise InvalidDocument("not an actor of another server")


async def _here(address: str) -> Found | None:
    path = urlsplit(address).path
    by_page = path.startswith("/@")
    actor = await (Actor.here(path[2:]) if by_page else Actor.get_or_none(uri=address, host=""))
    if actor is not None and actor.deleted_at is not None:
        return None
    by_code = await Publication.of_code(path[1:])
    return actor or by_code or await Publication.filter(uri=address).select_related("author").first()


async def _ask(address: str) -> Found | None:
    budget, now = Budget(), datetime.now(UTC)
    fetched = await peers().resolver.fetch_document(parse_uri(address), budget=budget)
    found = parse(fetched.document, now=now)
    if isinstance(found, ActorDocument):
        handle = await peers().resolver.confirm_handle(fetched.uri, found.claimed_handle, budget=budget)
        return await remember_found(FoundActor(handle, found))
    if not isinstance(found, Document) or found.attributed_to is None:
        return None
    author = await fetch_actor(found.attributed_to, budget)
    if author is None or author.is_local or author.suspended_at or author.deleted_at:
        return None
    return await _keep(found, author, at=now)


async def _keep(document: Document, author: Actor, *, at: datetime) -> Publication | None:
    """What everybody may read, also if it is nothing to us: an agent asked for it."""
    async with transaction():
        known = await known_of(document)
        stored = known.publications.get(document.id) or await keep(document, author, known, at=at)
        if stored is None and not PUBLIC_SPELLINGS.isdisjoint({*document.to, *document.cc}):
            place = Place(kind=Kind.POST, scope=Scope.PUBLIC)
            stored = await keep_at(place, document, author, known=known, at=at)
    return stored if stored is not None and stored.deleted_at is None else None
