"""What is open here as one collection, the newest change first, for whoever wants to catch up.

Whole documents, as they were sent; what a region passes on as its Announces, which name ids alone. For a hub
with which we agreed it is what our terms with it say; for everybody else what everybody may read.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

from tortoise.expressions import Q
from tortoise.queryset import QuerySet

from federation import collections, outgoing
from federation.local import Served
from federation.vocabulary import Json
from hub.actors.models import Actor, Role
from hub.db import rows
from hub.db.conditions import Conditions
from hub.exchange.models import LIVING, State
from hub.fediverse.models import AgreementState, Neighbour
from hub.fediverse.neighbours import is_neighbour
from hub.neighbours.way import announce_document
from hub.neighbours.wire import KINDS
from hub.places.distance import Point, point_of, square_sql
from hub.publications.models import Deed, Kind, Publication, Reaction, Scope
from hub.publications.visibility import ANYBODY, Reader, told_sql
from hub.village.actors import BOARDS
from hub.village.models import Village

PAGE_ITEMS = 20  # whole documents: so a page stays well below federation.limits.JSON_BYTES
PAGE_ANNOUNCES = 100
LOOKED_AT = 1_000  # Announces, for one page: most of the old ones are of what is over

HANGING = frozenset({*LIVING, State.COVERED})
HANGING_SQL = ", ".join(f"'{state}'" for state in sorted(HANGING))

_FIRST = "first"
_EXCHANGED = (Kind.NEED, Kind.OFFER)
_OVER = (AgreementState.ENDED, AgreementState.REFUSED)


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What may be told to who asks: within so many km around a point, None: whatever the distance."""

    kinds: tuple[Kind, ...]
    reader: Reader = ANYBODY
    middle: Point | None = None
    within: int | None = None


async def collection_of(actor: Actor, query: str, host: str | None) -> Served | None:
    """`host`: whose server signed the question. One with which it is over is told so, by 410."""
    kinds = speaks_for(actor)
    if kinds is None:
        return None
    uri = f"{actor.uri}/open"
    neighbour = None if host is None else await Neighbour.get_or_none(host=host)
    if neighbour is None or actor.role is not Role.SERVER:
        found = await _read(actor, query, Wish(kinds=kinds))
        may_be_more = host is None and actor.role is Role.SERVER
        is_later = found is not None and found["id"] not in (uri, f"{uri}?after={_FIRST}")
        return None if found is None else Served(found, partial=may_be_more, endless=is_later)
    if neighbour.state in _OVER:
        return Served(outgoing.tombstone(uri, former_type="OrderedCollection"), gone=True, public=False)
    if neighbour.state is AgreementState.PAUSED:
        return None
    found = await _read(actor, query, await _wish(neighbour))
    return None if found is None else Served(found, public=False)


def speaks_for(actor: Actor) -> tuple[Kind, ...] | None:
    """What an actor of ours speaks for."""
    if actor.role is Role.SERVER:
        return KINDS
    if actor.role is Role.VILLAGE:
        return _EXCHANGED
    if actor.role is Role.BOARD:
        return next((kinds for names, kinds in _BOARDS if actor.name in names), None)
    return None


_BOARDS = [({names[at] for names in BOARDS.values()}, (kind,)) for at, kind in enumerate(_EXCHANGED)]


async def _wish(neighbour: Neighbour) -> Wish:
    """Before there is an agreement another hub is told what everybody is told."""
    if neighbour.state is not AgreementState.AGREED:
        return Wish(kinds=KINDS)
    return Wish(
        kinds=tuple(kind for kind in KINDS if kind in neighbour.kinds_sent),
        reader=Reader(neighbour=await is_neighbour(neighbour.host)),
        middle=point_of(neighbour),
        within=neighbour.within,
    )


async def _read(actor: Actor, query: str, wish: Wish) -> Json | None:
    """The collection, or the page that the query asks for; None: there is no such page."""
    uri, passes_on = f"{actor.uri}/open", await _passes_on(actor)
    after = parse_qs(query).get("after", [""])[0]
    if not after:
        return collections.collection(uri, first=f"{uri}?after={_FIRST}")
    cursor = _Cursor.read(after)
    if cursor is None or (cursor.is_passed_on and not passes_on):
        return None
    items, following = await (_passed_on if cursor.is_passed_on else _own)(wish, cursor)
    if following is None and passes_on and not cursor.is_passed_on:
        following = _Cursor(is_passed_on=True)
    behind = None if following is None else f"{uri}?after={following}"
    return collections.page(f"{uri}?after={after}", items, part_of=uri, following=behind)


async def _passes_on(actor: Actor) -> bool:
    """Whether behind what is ours comes what we pass on, as a region."""
    return actor.role is Role.SERVER and await Village.exists(is_region=True)


@dataclass(frozen=True)
class _Cursor:
    """What a page comes behind: of ours a change and its row, of what is passed on the Announce's row."""

    id: int = 10**18 - 1  # more than any row has
    changed_at: datetime | None = None
    is_passed_on: bool = False

    @classmethod
    def read(cls, text: str) -> "_Cursor | None":
        if text == _FIRST:
            return cls()
        if (own := _OWN.fullmatch(text)) is not None:
            return cls(int(own[2]), _EPOCH + timedelta(microseconds=int(own[1])))
        passed_on = _PASSED_ON.fullmatch(text)
        return None if passed_on is None else cls(int(passed_on[1]), is_passed_on=True)

    def __str__(self) -> str:
        if self.changed_at is None:
            return f"p{self.id}"
        return f"o{(self.changed_at - _EPOCH) // timedelta(microseconds=1)}-{self.id}"


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_OWN, _PASSED_ON = re.compile(r"o([0-9]{1,17})-([0-9]{1,18})"), re.compile(r"p([0-9]{1,18})")

_Page = tuple[Sequence[Json], _Cursor | None]


# ------------------------------------------------------------ what is ours


async def _own(wish: Wish, cursor: _Cursor) -> _Page:
    """Whole documents."""
    found = await _open_here(wish, cursor) if wish.kinds else []
    by_id = {one.id: one for one in await Publication.filter(id__in=found)} if found else {}
    publications = [by_id[number] for number in found if number in by_id]
    items = [dict(one.document or {}) for one in publications]
    if len(found) < PAGE_ITEMS or not publications:
        return items, None
    last = publications[-1]
    return items, _Cursor(last.id, last.updated_at or last.published_at)


async def _open_here(wish: Wish, cursor: _Cursor) -> list[int]:
    """Rows of the index, at most a page of them, the newest change first."""
    values: list[Any] = []
    placed = Conditions("", values)
    village = await Village.current()
    latitude, longitude = (None, None) if village is None else (village.latitude, village.longitude)
    placed.source = _PLACED.format(latitude=placed.hold(latitude), longitude=placed.hold(longitude))
    placed.add(_OPEN, now=datetime.now(UTC))
    kinds = ", ".join(placed.hold(kind.value) for kind in wish.kinds)
    placed.parts += [_OURS, f"publication.kind IN ({kinds})", told_sql(wish.reader)]
    shown = Conditions(f"FROM ({placed.where}) AS placed", values)
    shown.parts.append(_near(wish))
    if cursor.changed_at is not None:
        shown.add("(changed_at, id) < ({at}, {id})", at=cursor.changed_at, id=cursor.id)
    newest = f"ORDER BY changed_at DESC, id DESC LIMIT {PAGE_ITEMS}"
    return [row["id"] for row in await rows(f"SELECT id {shown.where} {newest}", *values)]


# As what is new goes out (hub.fediverse.recipients): what has no place of its own is where the village is.
# A region has few things of its own among many: so the actors come first, whatever SQLite thinks best.
_PLACED = (
    "SELECT publication.id, COALESCE(publication.updated_at, publication.published_at) AS changed_at,"
    " COALESCE(proposal.latitude, event.latitude, CAST({latitude} AS DOUBLE PRECISION)) AS latitude,"
    " COALESCE(proposal.longitude, event.longitude, CAST({longitude} AS DOUBLE PRECISION)) AS longitude"
    " FROM actor CROSS JOIN publication"
    " LEFT JOIN proposal ON proposal.publication_id = publication.id"
    " LEFT JOIN event ON event.publication_id = publication.id"
)
_OURS = (
    "actor.host = '' AND actor.deleted_at IS NULL AND publication.author_id = actor.id"
    " AND publication.document IS NOT NULL"
)
_OPEN = (
    f"((proposal.state IN ({HANGING_SQL}) AND proposal.expires_at > {{now}}"
    " AND proposal.owner_id IS NOT NULL)"
    " OR (event.standing = 'planned' AND event.ends_at > {now} AND event.sent_at IS NOT NULL)"
    f" OR publication.kind IN ('{Kind.PROJECT}', '{Kind.EXPERIENCE}'))"
)


def _near(wish: Wish) -> str:
    if wish.within is None or wish.middle is None:
        return "true"
    square = square_sql("placed", wish.middle)
    return f"(latitude IS NULL OR longitude IS NULL OR {square} <= {int(wish.within) ** 2})"


# ------------------------------------------------------------ what a region passes on


async def _passed_on(wish: Wish, cursor: _Cursor) -> _Page:
    """The Announces of its actor that stand, the newest first, of what everybody may read and is open."""
    service = await Actor.of_role(Role.VILLAGE)
    if service is None or not wish.kinds:
        return [], None
    said = Reaction.filter(actor_id=service.id, deed=Deed.ANNOUNCE, id__lt=cursor.id).order_by("-id")
    last = await said.offset(LOOKED_AT - 1).first()
    found = await _standing(said if last is None else said.filter(id__gte=last.id), wish)
    items = [announce_document(each, service) for each in found if not each.publication.author.is_local]
    last = found[-1] if len(found) == PAGE_ANNOUNCES else last
    return items, None if last is None else _Cursor(last.id, is_passed_on=True)


async def _standing(said: QuerySet[Reaction], wish: Wish) -> list[Reaction]:
    """At most a page of them; with what they name, and its author."""
    now = datetime.now(UTC)
    standing = said.filter(
        Q(publication__proposal__id=None)
        | Q(publication__proposal__state__in=list(HANGING), publication__proposal__expires_at__gt=now),
        Q(publication__event__id=None) | Q(publication__event__ends_at__gt=now),
        publication__kind__in=list(wish.kinds),
        publication__scope=Scope.PUBLIC,
        publication__deleted_at=None,
        publication__hidden_at=None,
    )
    return await standing.limit(PAGE_ANNOUNCES).select_related("publication__author")
