"""What other servers only mention is asked for where it lives, outside any transaction, then stored."""

import logging
from datetime import UTC, datetime, timedelta

from federation.client import Budget
from federation.documents import Activity, Document, Tombstone, parse, parse_actor, thing_id
from federation.errors import FederationError, Gone, InvalidDocument
from federation.origin import same_origin
from federation.vocabulary import PUBLIC, Json
from hub.actors.actions import remember
from hub.actors.models import Actor
from hub.db import transaction
from hub.fediverse import interests
from hub.fediverse.asking import ask, fetch_actor
from hub.fediverse.following import move_followers_of_ours, part_with
from hub.fediverse.keeping import change, groups_of, keep, keep_at
from hub.fediverse.known import Known
from hub.publications import receiving
from hub.publications.models import Deed, Kind, Publication, Scope
from hub.publications.receiving import Place

log = logging.getLogger(__name__)

BETWEEN_MOVES = timedelta(days=7)


async def fetch_object(uri: str, actor_id: int, announce: str | None = None) -> None:
    """Store a thing that an actor told us of: its own, or one that it announced to those who follow it."""
    teller = await Actor.get_or_none(id=actor_id, deleted_at=None)
    budget = Budget()
    document = await document_at(uri, budget) if teller is not None else None
    if document is None or document.attributed_to is None or teller is None:
        return
    author = await _author(document.attributed_to, budget)
    if author is None or author.is_local or author.suspended_at or author.deleted_at:
        return
    if announce is None and author.id != teller.id:
        return
    at = datetime.now(UTC)
    async with transaction():
        if announce is None:
            await keep_own(document, author, at=at)
        else:
            await _keep_announced(document, author, by=teller, announce=announce, at=at)


async def verify_gone(uri: str) -> None:
    """Somebody says that it is gone: believe only its own server (INB-14). A 404 ends no actor (FLT-14)."""
    try:
        document = await ask(uri, Budget())
        if document is None or not _is_tombstone(document):
            return
        status = 410
    except Gone as gone:
        status = gone.remote_status or 404
    at = datetime.now(UTC)
    async with transaction():
        publication = await Publication.filter(uri=uri).select_related("author").first()
        actor = await Actor.get_or_none(uri=uri, deleted_at=None)
        if publication is not None and not publication.author.is_local:
            await interests.remove(publication, at=at)
        if actor is not None and not actor.is_local and status == 410:
            await part_with(actor, at=at)


async def check_move(actor_id: int, target: str) -> None:
    """Follow somebody to a new address, if that address names the old one (INB-19), once a week."""
    old = await Actor.get_or_none(id=actor_id, deleted_at=None)
    at = datetime.now(UTC)
    if old is None or has_moved_lately(old, at):
        return
    try:
        document = await ask(target, Budget())
        found = parse_actor(document, now=at) if document is not None else None
    except (Gone, InvalidDocument) as error:
        log.warning("move to nowhere", extra=error.facts)
        return
    if found is None or found.id != target or old.uri not in found.also_known_as or found.moved_to:
        return
    async with transaction():
        old = await Actor.select_for_update().get(id=actor_id)
        if has_moved_lately(old, at):
            return
        new = await remember(found, at=at)
        await Actor.filter(id=old.id).update(moved_to=new.uri, moved_at=at)
        if new.suspended_at is None and new.deleted_at is None:
            await move_followers_of_ours(old, new)


def has_moved_lately(actor: Actor, at: datetime) -> bool:
    return actor.moved_at is not None and at - actor.moved_at < BETWEEN_MOVES


async def document_at(uri: str, budget: Budget) -> Document | None:
    """The document itself, or the one inside an activity of the same origin that stands for it."""
    try:
        raw = await ask(uri, budget)
        found = parse(raw, now=datetime.now(UTC)) if raw is not None else None
        if isinstance(found, Activity) and found.type == "Create":
            inner = thing_id(found.object)
            if inner is None or not same_origin(inner, found.actor):
                return None
            raw = await ask(inner, budget)
            found = parse(raw, now=datetime.now(UTC)) if raw is not None else None
    except (Gone, InvalidDocument) as error:
        log.warning("thing cannot be had", extra=error.facts)
        return None
    return found if isinstance(found, Document) and found.id else None


async def _author(uri: str, budget: Budget) -> Actor | None:
    known = await Actor.get_or_none(uri=uri)
    return known or await fetch_actor(uri, budget)


async def keep_own(document: Document, author: Actor, *, at: datetime) -> None:
    """What the server of its author said of it; in the caller's transaction."""
    known = await known_of(document)
    publication = known.publications.get(document.id)
    if publication is None:
        await keep(document, author, known, at=at)
    elif publication.author_id == author.id and publication.deleted_at is None:
        await change(publication, document, known)


async def _keep_announced(
    document: Document, author: Actor, *, by: Actor, announce: str, at: datetime
) -> None:
    """For our pages about those whom we follow; only what everybody may read."""
    known = await known_of(document, announce)
    if known.is_gone(announce, by=by.uri) or not await known.is_followed(by):
        return
    publication = known.publications.get(document.id)
    if publication is None and not known.is_gone(document.id, by=author.uri) and is_public(document):
        place = Place(kind=Kind.POST, scope=Scope.PUBLIC)
        publication = await keep_at(place, document, author, known=known, at=at)
    if publication is not None and publication.scope is Scope.PUBLIC and publication.deleted_at is None:
        await receiving.react(Deed.ANNOUNCE, publication, actor=by, uri=announce, at=at)


async def known_of(document: Document, *further: str) -> Known:
    known = Known()
    uris = {document.id, *further, *([document.in_reply_to] if document.in_reply_to else [])}
    actors = {*document.to, *document.cc, *document.mentions, *groups_of(document)}
    await known.load(uris, actors=actors)
    return known


def is_public(document: Document) -> bool:
    return PUBLIC in document.to or PUBLIC in document.cc


def _is_tombstone(document: Json) -> bool:
    try:
        return isinstance(parse(document, now=datetime.now(UTC)), Tombstone)
    except FederationError:
        return False
