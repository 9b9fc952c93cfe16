"""What a region that we follow passes on: by id alone, fetched where it is at home, kept while it says so."""

from collections.abc import Sequence
from datetime import UTC, datetime

from federation import properties
from federation.client import Budget
from federation.documents import Activity, thing_id
from federation.local import Received
from federation.origin import parse_uri, same_origin
from hub.actors.minting import origin
from hub.actors.models import Actor
from hub.db import transaction
from hub.errors import TooMany
from hub.fediverse import interests
from hub.fediverse.asking import fetch_actor
from hub.fediverse.fetching import document_at, is_public, known_of
from hub.fediverse.inbox import Claim
from hub.fediverse.keeping import keep_at
from hub.fediverse.known import Known
from hub.fediverse.models import AgreementState, Neighbour
from hub.jobs import enqueue
from hub.limits import FETCHED_PER_HOST, FETCHED_PER_REGION, spend
from hub.neighbours.catching_up import check_copies
from hub.neighbours.way import Way, read_way, way_of, written
from hub.publications import receiving
from hub.publications.models import Deed, Kind, Publication, Reaction, Scope
from hub.publications.receiving import Place
from hub.region.passing_on import regions_followed, settle


async def announce(received: Received, actor: Actor, known: Known) -> bool:
    activity = received.activity
    uri = thing_id(activity.object)
    if uri is None or uri.startswith(f"{origin()}/") or not await _is_of_region(actor):
        return False
    if not known.is_gone(activity.id, by=actor.uri):
        await _hear(uri, actor, activity)
    return True


async def undo(received: Received, actor: Actor, known: Known) -> bool:
    """It is taken back as anybody's; afterwards we look whether there is still a reason for it."""
    undone = received.activity.object
    about = undone.object_id if isinstance(undone, Activity) else None
    told = Reaction.filter(actor_id=actor.id, deed=Deed.ANNOUNCE)
    found = await told.filter(uri=thing_id(undone) or "").first()
    if found is None and about is not None:
        found = await told.filter(publication__uri=about).first()
    if found is not None and await _is_of_region(actor):
        await enqueue(settle, publication_id=found.publication_id)
    return False


claims: dict[str, Claim] = {"Announce": announce, "Undo": undo}


async def take_listed(listed: Sequence[Activity], neighbour: Neighbour) -> None:
    """Of a page of what is open there: the Announces that stand. Raises FederationError."""
    said = [one for one in listed if one.type == "Announce" and same_origin(one.actor, neighbour.actor.uri)]
    for uri in sorted({one.actor for one in said}):
        actor = await Actor.get_or_none(uri=uri) or await fetch_actor(uri, Budget())
        if actor is not None and await _is_of_region(actor):
            await _hear_all([one for one in said if one.actor == uri], actor)


async def _hear_all(said: Sequence[Activity], actor: Actor) -> None:
    """Nearly all of them were said before: together these are one statement."""
    found = Reaction.filter(actor_id=actor.id, deed=Deed.ANNOUNCE, uri__in=[one.id for one in said])
    by_uri = {one.uri: one for one in await found.select_related("publication")}
    as_before = {one.id for one in said if one.id in by_uri and _is_as_before(by_uri[one.id], one)}
    again = [by_uri[uri].id for uri in as_before]
    await Reaction.filter(id__in=again).update(at=datetime.now(UTC))
    for one in said:
        uri = thing_id(one.object)
        if one.id not in as_before and uri is not None and not uri.startswith(f"{origin()}/"):
            async with transaction():
                await _hear(uri, actor, one)


def _is_as_before(known: Reaction, said: Activity) -> bool:
    publication = known.publication
    is_same = publication.uri == thing_id(said.object) and way_of(known) == read_way(said.raw)
    return is_same and not _is_newer(said, publication)


async def fetch_passed_on(uri: str, actor_id: int, *, announce: str, way: list[str]) -> None:
    """Where it is at home: what a region says of it is that it is there, nothing else."""
    teller = await Actor.get_or_none(id=actor_id, deleted_at=None)
    budget = Budget()
    document = await document_at(uri, budget) if teller is not None else None
    if document is None or teller is None or document.attributed_to is None or not is_public(document):
        return
    author = await Actor.get_or_none(uri=document.attributed_to)
    author = author or await fetch_actor(document.attributed_to, budget)
    if author is None or author.is_local or author.suspended_at or author.deleted_at:
        return
    at = datetime.now(UTC)
    async with transaction():
        known = await known_of(document, announce)
        if known.is_gone(announce, by=teller.uri) or known.is_gone(document.id, by=author.uri):
            return
        if document.id not in known.publications and interests.recognise(document):
            place = Place(kind=Kind.POST, scope=Scope.PUBLIC)
            await keep_at(place, document, author, known=known, at=at)
        if (publication := known.publications.get(document.id)) is not None:
            await _write_down(publication, teller, announce=announce, way=tuple(way))


async def _hear(uri: str, actor: Actor, said: Activity) -> None:
    """In the caller's transaction. Without a way it went in circles: then it is no reason to have it."""
    publication, way = await Publication.get_or_none(uri=uri).select_related("author"), read_way(said.raw)
    if way is None:
        if publication is not None and await receiving.take_back(actor, on=uri, deed=Deed.ANNOUNCE):
            await enqueue(settle, publication_id=publication.id)
    elif publication is not None:
        await _write_down(publication, actor, announce=said.id, way=way)
        if await _has_changed(publication, said) and await _may_fetch(uri, actor):
            await enqueue(check_copies, publications=[publication.id])
    elif await _may_fetch(uri, actor):
        await enqueue(fetch_passed_on, uri=uri, actor_id=actor.id, announce=said.id, way=list(way))


async def _has_changed(publication: Publication, said: Activity) -> bool:
    """By what a region says; and its village, with which we have no agreement, does not tell us itself."""
    if not _is_newer(said, publication):
        return False
    agreed = Neighbour.filter(host=publication.author.host, state=AgreementState.AGREED)
    return not await agreed.exists()


def _is_newer(said: Activity, publication: Publication) -> bool:
    changed_at = properties.moment(said.raw.get("updated"))
    return changed_at is not None and changed_at > (publication.updated_at or publication.published_at)


async def _write_down(publication: Publication, actor: Actor, *, announce: str, way: Way) -> None:
    """Who passes it on, by which way, and when they said so last."""
    if publication.scope is not Scope.PUBLIC or publication.deleted_at is not None:
        return
    now = datetime.now(UTC)
    is_new = await receiving.react(Deed.ANNOUNCE, publication, actor=actor, uri=announce, at=now)
    said = await Reaction.get(actor_id=actor.id, publication_id=publication.id, deed=Deed.ANNOUNCE)
    if is_new or way_of(said) != way:
        await enqueue(settle, publication_id=publication.id)
    await Reaction.filter(id=said.id).update(uri=announce, at=now, through=written(way))


async def _may_fetch(uri: str, actor: Actor) -> bool:
    """Not of a village that is paused; and no region has us ask others without end."""
    host = parse_uri(uri, plain=True).netloc
    if await Neighbour.exists(host=host, state=AgreementState.PAUSED):
        return False
    try:
        await spend(FETCHED_PER_HOST, host)
        await spend(FETCHED_PER_REGION, actor.host)
    except TooMany:
        return False  # it is listed again tomorrow
    return True


async def _is_of_region(actor: Actor) -> bool:
    """Of the actor that passes on for it: its boards speak for itself."""
    return actor.kind == "Service" and actor.host in {one.host for one in await regions_followed()}
