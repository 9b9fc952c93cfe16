"""All that is open at another hub is read, page by page: at the beginning, each day, and after an outage.

What came by itself meanwhile changes nothing. Of what is here and no longer listed there, its own server is
asked. Nothing waits for the network inside a transaction; each page is bounded, and so are their number and
what one hub can have us ask for.
"""

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from federation import properties
from federation.client import Budget
from federation.documents import Activity, Document, parse
from federation.errors import FederationError, Gone, InvalidDocument
from federation.origin import same_origin
from federation.vocabulary import Json
from hub.actors.models import Actor, Role
from hub.actors.peers import is_on
from hub.db import rows, transaction
from hub.fediverse import interests
from hub.fediverse.asking import ask, fetch_actor
from hub.fediverse.fetching import keep_own
from hub.fediverse.models import AgreementState, Follow, Neighbour
from hub.jobs import enqueue
from hub.neighbours.opening import HANGING_SQL
from hub.publications.models import Publication

log = logging.getLogger(__name__)

PAGES_AT_ONCE = 10  # then it is another job's turn
PAGE_ITEMS = 100
MOST_PAGES = 300  # of one hub, in one reading
MOST_PAGES_OF_REGION = 1_000
MOST_COPIES = 5_000  # of one hub: who shows more than that floods us
CHECKED_AT_ONCE = 20
MOST_CHECKED = 400  # of what is no longer listed, in one day
EVERY = timedelta(days=1)
AGAIN = timedelta(hours=1)  # after a reading that did not come to its end
AT_ONCE = 20  # readings that are begun together


async def catch_up(
    neighbour_id: int, *, page: str = "", read: int = 0, unlisted: Sequence[int] | None = None
) -> None:
    """Read some pages, from `page` on; `read`: how many pages so far; `unlisted`: copies not met so far."""
    neighbour = await Neighbour.get_or_none(id=neighbour_id).select_related("actor")
    if neighbour is None or not await _may_read(neighbour):
        return
    copies = await open_copies(neighbour.host)
    if len(copies) >= MOST_COPIES:
        log.warning("a hub has too much that is open", extra={"host": neighbour.host})
        return
    missing = set(copies if unlisted is None else unlisted)
    try:
        page = page or await _begin(neighbour)
        page, read = await _read_pages(neighbour, page, read=read, missing=missing)
    except Gone as gone:
        await _be_told(neighbour, gone)
        return
    except FederationError as error:  # it is begun again before long
        log.warning("catching up stopped", extra={**error.facts, "host": neighbour.host})
        return
    if page:
        await enqueue(catch_up, neighbour_id=neighbour.id, page=page, read=read, unlisted=sorted(missing))
        return
    await _end(neighbour, missing)


async def catch_up_with_all() -> None:
    """Begin with those that were not read for a day, and with those that are back after an outage."""
    if not is_on():
        return
    now = datetime.now(UTC)
    behind = await rows(
        "SELECT neighbour.id FROM neighbour LEFT JOIN host ON host.name = neighbour.host"
        " WHERE neighbour.state = $1"
        " AND (reading_since IS NULL OR reading_since < $2 OR host.revived_at > reading_since)"
        " AND (caught_up_at IS NULL OR caught_up_at < $3 OR host.revived_at > caught_up_at)"
        f" ORDER BY caught_up_at LIMIT {AT_ONCE}",
        *(AgreementState.AGREED.value, now - AGAIN, now - EVERY),
    )
    for row in behind:
        async with transaction():
            await Neighbour.filter(id=row["id"]).update(reading_since=now)
            await enqueue(catch_up, neighbour_id=row["id"])


async def check_unlisted(publications: Sequence[int]) -> None:
    """Copies that their hub lists no longer: its own word about each is what counts."""
    now, later = publications[:CHECKED_AT_ONCE], publications[CHECKED_AT_ONCE:]
    for publication in await Publication.filter(id__in=now, deleted_at=None).select_related("author"):
        try:
            await _check(publication)
        except FederationError as error:
            log.warning("copy cannot be checked", extra=error.facts)
            return  # tomorrow
    if later:
        await enqueue(check_unlisted, publications=list(later))


takers: list[Callable[[Activity, Neighbour], Awaitable[None]]] = []
"""The composition root puts here who is told of what a region passes on."""


# ------------------------------------------------------------ reading


async def _may_read(neighbour: Neighbour) -> bool:
    if neighbour.state is not AgreementState.AGREED:
        return False
    ours = Follow.filter(follower__role=Role.SERVER, followed_id=neighbour.actor_id)
    return await ours.filter(accepted_at__not_isnull=True).exists()


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


async def _begin(neighbour: Neighbour) -> str:
    """The first page. Raises FederationError."""
    await Neighbour.filter(id=neighbour.id).update(reading_since=datetime.now(UTC))
    actor = await ask(neighbour.actor.uri, Budget())
    collection = properties.uri((actor or {}).get("lavoir:open"))
    if collection is None:
        raise InvalidDocument("hub does not say what is open", actor=neighbour.actor.uri)
    listed = await _ask(neighbour, collection)
    return properties.uri(listed.get("first")) or collection


async def _read_pages(neighbour: Neighbour, page: str, *, read: int, missing: set[int]) -> tuple[str, int]:
    """The page to go on with, and how many were read; empty at the end. Raises FederationError."""
    budget, most = Budget(PAGES_AT_ONCE * 2), MOST_PAGES_OF_REGION if neighbour.is_region else MOST_PAGES
    met: set[str] = set()
    for _ in range(PAGES_AT_ONCE):
        met.add(page)
        found = _Page.of(await _ask(neighbour, page))
        for item in found.items:
            await _take(item, neighbour, budget)
        missing -= await _ids_of(found.uris, neighbour)
        read, page = read + 1, found.following if found.following not in met else ""
        if not page:
            break
        if read >= most:
            missing.clear()  # of what comes behind we know nothing
            return "", read
    return page, read


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


async def _take(item: Json, neighbour: Neighbour, budget: Budget) -> None:
    """One thing of a page; what is odd about one does not keep us from the others."""
    try:
        found = parse(item, now=datetime.now(UTC))
        if isinstance(found, Document):
            await _keep(found, neighbour, budget)
        elif isinstance(found, Activity):
            for take in takers:
                await take(found, neighbour)
    except FederationError as error:
        log.warning("listed thing cannot be had", extra={**error.facts, "host": neighbour.host})


async def _keep(document: Document, neighbour: Neighbour, budget: Budget) -> None:
    """A hub speaks for its own things only; parse() has seen that each is at home where its author is."""
    uri = document.attributed_to
    if not document.id or uri is None or not same_origin(document.id, neighbour.actor.uri):
        return
    author = await Actor.get_or_none(uri=uri) or await fetch_actor(uri, budget)
    if author is None or author.is_local or author.suspended_at or author.deleted_at:
        return
    async with transaction():
        await keep_own(document, author, at=datetime.now(UTC))


async def _ids_of(uris: Sequence[str], neighbour: Neighbour) -> set[int]:
    listed = Publication.filter(uri__in=list(uris), author__host=neighbour.host)
    return {int(str(number)) for number in await listed.values_list("id", flat=True)} if uris else set()


# ------------------------------------------------------------ afterwards


async def _end(neighbour: Neighbour, missing: set[int]) -> None:
    now = datetime.now(UTC)
    async with transaction():
        still = Neighbour.filter(id=neighbour.id, state=AgreementState.AGREED)
        if await still.update(caught_up_at=now, reading_since=None) and missing:
            await enqueue(check_unlisted, publications=sorted(missing)[:MOST_CHECKED])


async def _be_told(neighbour: Neighbour, gone: Gone) -> None:
    """410 at what is open there: the agreement is over, and we were away when that was said."""
    from hub.neighbours.actions import ended_by_them  # there they begin what is above

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
    except Gone:
        async with transaction():
            await interests.remove(publication, at=datetime.now(UTC))
        return
    if isinstance(found, Document) and found.attributed_to == publication.author.uri:
        async with transaction():
            await keep_own(found, publication.author, at=datetime.now(UTC))
