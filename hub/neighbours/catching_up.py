"""All that is open at another hub is read, page by page: at the beginning, each day, and after an outage.

What came by itself meanwhile changes nothing. Of what is here and no longer listed there, its own server is
asked. Nothing waits for the network inside a transaction; each page is bounded, and so are their number and
what one hub can have us ask for.
"""

import logging
import random
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tortoise.expressions import Q
from tortoise.queryset import QuerySet

from federation import properties
from federation.client import Budget
from federation.documents import Activity, Document, Tombstone, parse
from federation.errors import FederationError, Gone, InvalidDocument
from federation.origin import same_origin
from federation.vocabulary import Json
from hub.actors.models import Actor, Role
from hub.actors.peers import is_on
from hub.db import rows, transaction
from hub.fediverse import interests
from hub.fediverse.asking import ask, fetch_actor
from hub.fediverse.fetching import keep_own
from hub.fediverse.models import AgreementState, Neighbour
from hub.fediverse.neighbours import is_read
from hub.jobs import enqueue
from hub.neighbours.opening import HANGING_SQL
from hub.neighbours.states import ended_by_them
from hub.publications.models import Publication

log = logging.getLogger(__name__)

PAGES_AT_ONCE = 10  # then it is another job's turn
PAGE_ITEMS = 100
MOST_PAGES = 1_000  # of one hub, in one reading
MOST_PAGES_OF_REGION = 5_000
MOST_COPIES = 5_000  # of one hub: of who shows more than that, nothing further is kept
CHECKED_AT_ONCE = 20
MOST_CHECKED = 400  # of what is no longer listed, in one day
EVERY = timedelta(hours=20)  # so that within a day it is at its end
AGAIN = timedelta(hours=1)  # after a reading that did not come to its end
AT_ONCE = 20  # readings that are begun together


@dataclass
class _Reading:
    """How far one has come, as its jobs hand it on. Whichever job finds another `since` in the row stops."""

    begun: str  # both as ISO 8601
    since: str
    page: str = ""  # the next one
    read: int = 0  # pages so far
    unlisted: list[int] = field(default_factory=list)  # copies that were not met so far
    room: int = 0  # for further copies
    is_cut: bool = False


async def begin(neighbour_id: int) -> None:
    """Unless one is under way, or stopped a moment ago; in the caller's transaction."""
    free = Q(reading_since=None) | Q(reading_since__lt=datetime.now(UTC) - AGAIN)
    if await Neighbour.filter(free, id=neighbour_id).exists():
        await _begin(neighbour_id)


async def catch_up(neighbour_id: int, so_far: dict[str, Any]) -> None:
    """Read some pages; the rest is another job's. `so_far`: fields of a _Reading."""
    reading = _Reading(**so_far)
    neighbour = await _row(neighbour_id, reading).select_related("actor").first()
    if neighbour is None or not await is_read(neighbour.host):
        return
    try:
        if not reading.page:
            await _open(neighbour, reading)
        await _read_pages(neighbour, reading)
    except Gone as gone:
        await _be_told(neighbour, gone)
        return
    except FederationError as error:  # it is begun again before long
        log.warning("catching up stopped", extra={**error.facts, "host": neighbour.host})
        return
    await (_go_on if reading.page else _end)(neighbour, reading)


async def catch_up_with_all() -> None:
    """Begin with those that were not read for a day, and with those that are back after an outage."""
    if not is_on():
        return
    now = datetime.now(UTC)
    behind = await rows(
        "SELECT neighbour.id FROM neighbour LEFT JOIN host ON host.name = neighbour.host"
        f" WHERE neighbour.state = $1 AND {_FOLLOWED}"
        " AND (reading_since IS NULL OR reading_since < $2 OR host.revived_at > reading_since)"
        " AND (caught_up_at IS NULL OR caught_up_at < $3 OR host.revived_at > caught_up_at)"
        f" ORDER BY caught_up_at NULLS FIRST LIMIT {AT_ONCE}",
        *(AgreementState.AGREED.value, now - AGAIN, now - EVERY),
    )
    for row in behind:
        async with transaction():
            await _begin(row["id"])


_FOLLOWED = (
    "EXISTS (SELECT 1 FROM follow JOIN actor AS ours ON ours.id = follow.follower_id"
    f" WHERE ours.role = '{Role.SERVER}' AND follow.followed_id = neighbour.actor_id"
    " AND follow.accepted_at IS NOT NULL)"
)


async def check_copies(publications: Sequence[int]) -> None:
    """What may be gone at home, or have changed: the word of its own server about each is what counts."""
    now, later = publications[:CHECKED_AT_ONCE], publications[CHECKED_AT_ONCE:]
    found = Publication.filter(id__in=now, deleted_at=None).order_by("id")
    for publication in await found.select_related("author"):
        try:
            await _check(publication)
        except FederationError as error:
            log.warning("copy cannot be checked", extra=error.facts)
            return  # tomorrow
    if later:
        await enqueue(check_copies, publications=list(later))


takers: list[Callable[[Sequence[Activity], Neighbour], Awaitable[None]]] = []
"""The composition root puts here who is told of what a region passes on, page by page."""

readers: list[Callable[[Neighbour], Awaitable[None]]] = []
"""And who is told when a hub was read and nothing left out; in the transaction that writes it down."""


# ------------------------------------------------------------ reading


async def open_copies(host: str) -> list[int]:
    """Rows of the index: what of that hub is shown here as open."""
    found = await rows(
        "SELECT publication.id FROM actor JOIN publication ON publication.author_id = actor.id"
        " LEFT JOIN proposal ON proposal.publication_id = publication.id"
        " LEFT JOIN event ON event.publication_id = publication.id"
        " WHERE actor.host = $1 AND publication.deleted_at IS NULL"
        f" AND (proposal.state IN ({HANGING_SQL})"
        " OR (event.standing = 'planned' AND event.ends_at > $2)"
        " OR publication.kind IN ('project', 'experience'))"
        f" ORDER BY publication.id DESC LIMIT {MOST_COPIES}",
        *(host, datetime.now(UTC)),
    )
    return [row["id"] for row in found]


def _row(neighbour_id: int, reading: _Reading) -> QuerySet[Neighbour]:
    """Of the neighbour, as long as this is its reading."""
    since = datetime.fromisoformat(reading.since)
    return Neighbour.filter(id=neighbour_id, state=AgreementState.AGREED, reading_since=since)


async def _begin(neighbour_id: int) -> None:
    """Whatever reading was under way stops."""
    now = datetime.now(UTC)
    await Neighbour.filter(id=neighbour_id).update(reading_since=now)
    reading = _Reading(begun=now.isoformat(), since=now.isoformat())
    await enqueue(catch_up, neighbour_id=neighbour_id, so_far=asdict(reading))


async def _go_on(neighbour: Neighbour, reading: _Reading) -> None:
    now = datetime.now(UTC)
    async with transaction():
        if await _row(neighbour.id, reading).update(reading_since=now):
            so_far = asdict(reading) | {"since": now.isoformat()}
            await enqueue(catch_up, neighbour_id=neighbour.id, so_far=so_far)


async def _open(neighbour: Neighbour, reading: _Reading) -> None:
    """What is here of it, and where its first page is. Raises FederationError."""
    reading.unlisted = await open_copies(neighbour.host)
    reading.room = MOST_COPIES - len(reading.unlisted)
    if reading.room <= 0:
        log.warning("a hub has too much that is open", extra={"host": neighbour.host})
    actor = await ask(neighbour.actor.uri, Budget())
    collection = properties.uri((actor or {}).get("lavoir:open"))
    if collection is None:
        raise InvalidDocument("hub does not say what is open", actor=neighbour.actor.uri)
    listed = await _ask(neighbour, collection)
    reading.page = properties.uri(listed.get("first")) or collection


async def _read_pages(neighbour: Neighbour, reading: _Reading) -> None:
    """At most PAGES_AT_ONCE; behind the last there is none. Raises FederationError."""
    budget, most = Budget(PAGES_AT_ONCE * 2), MOST_PAGES_OF_REGION if neighbour.is_region else MOST_PAGES
    met: set[str] = set()
    while reading.page and len(met) < PAGES_AT_ONCE:
        if reading.read >= most:
            reading.page, reading.is_cut = "", True
            return
        met.add(reading.page)
        found = _Page.of(await _ask(neighbour, reading.page))
        await _take(found, neighbour, reading, budget=budget)
        listed = await _ids_of(found.uris, neighbour)
        reading.unlisted = [number for number in reading.unlisted if number not in listed]
        reading.read, reading.page = reading.read + 1, found.following if found.following not in met else ""


@dataclass(frozen=True)
class _Page:
    items: list[Json]
    uris: list[str]
    following: str

    @classmethod
    def of(cls, document: Json) -> "_Page":
        listed = properties.listed(document.get("orderedItems", document.get("items")), PAGE_ITEMS)
        uris = [uri for uri in map(properties.uri, listed) if uri is not None]
        items = [item for item in listed if isinstance(item, dict)]
        return cls(items, uris, properties.uri(document.get("next")) or "")


async def _ask(neighbour: Neighbour, uri: str) -> Json:
    """A document of the hub itself. Raises FederationError."""
    if not same_origin(uri, neighbour.actor.uri):
        raise InvalidDocument("page of another origin", uri=uri)
    document = await ask(uri, Budget())
    if document is None:
        raise InvalidDocument("page cannot be had", uri=uri)
    return document


async def _take(page: _Page, neighbour: Neighbour, reading: _Reading, *, budget: Budget) -> None:
    """What is odd about one thing does not keep us from the others."""
    said: list[Activity] = []
    for item in page.items:
        with _going_on(neighbour):
            found = parse(item, now=datetime.now(UTC))
            if isinstance(found, Document) and _is_theirs(found, neighbour):
                await _keep(found, reading, budget)
            elif isinstance(found, Activity):
                said.append(found)
    for take in takers:
        with _going_on(neighbour):
            await take(said, neighbour)


@contextmanager
def _going_on(neighbour: Neighbour) -> Iterator[None]:
    try:
        yield
    except FederationError as error:
        log.warning("listed thing cannot be had", extra={**error.facts, "host": neighbour.host})


def _is_theirs(document: Document, neighbour: Neighbour) -> bool:
    """A hub speaks for its own things only; parse() has seen that each is at home where its author is."""
    is_at_home = bool(document.id) and same_origin(document.id, neighbour.actor.uri)
    return is_at_home and interests.recognise(document)


async def _keep(document: Document, reading: _Reading, budget: Budget) -> None:
    is_new, uri = not await Publication.exists(uri=document.id), document.attributed_to
    if uri is None or (is_new and reading.room <= 0):
        return
    author = await Actor.get_or_none(uri=uri) or await fetch_actor(uri, budget)
    if author is None or author.is_local or author.suspended_at or author.deleted_at:
        return
    async with transaction():
        await keep_own(document, author, at=datetime.now(UTC))
    reading.room -= is_new


async def _ids_of(uris: Sequence[str], neighbour: Neighbour) -> set[int]:
    listed = Publication.filter(uri__in=list(uris), author__host=neighbour.host)
    return {int(str(number)) for number in await listed.values_list("id", flat=True)} if uris else set()


# ------------------------------------------------------------ afterwards


async def _end(neighbour: Neighbour, reading: _Reading) -> None:
    """Of what comes behind a cut we know nothing."""
    done: dict[str, Any] = {"caught_up_at": datetime.now(UTC), "reading_since": None}
    if not reading.is_cut:
        done["complete_since"] = datetime.fromisoformat(reading.begun)
    async with transaction():
        if not await _row(neighbour.id, reading).update(**done) or reading.is_cut:
            return
        if doubtful := random.sample(reading.unlisted, min(MOST_CHECKED, len(reading.unlisted))):
            await enqueue(check_copies, publications=doubtful)
        for tell in readers:
            await tell(neighbour)


async def _be_told(neighbour: Neighbour, gone: Gone) -> None:
    """410 at what is open there: the agreement is over, and we were away when that was said."""
    if gone.remote_status != 410:
        return
    async with transaction():
        ours = await Neighbour.select_for_update().get(id=neighbour.id)
        if ours.state is AgreementState.AGREED:
            ours.actor = neighbour.actor
            await ended_by_them(ours, AgreementState.ENDED)


async def _check(publication: Publication) -> None:
    """Raises FederationError where its server does not answer."""
    try:
        document = await ask(publication.uri, Budget())
        found = parse(document, now=datetime.now(UTC)) if document is not None else None
        is_gone = isinstance(found, Tombstone)
    except Gone:
        is_gone, found = True, None
    async with transaction():
        if is_gone:
            await interests.remove(publication, at=datetime.now(UTC))
        elif isinstance(found, Document) and found.attributed_to == publication.author.uri:
            await keep_own(found, publication.author, at=datetime.now(UTC))
