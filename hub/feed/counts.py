"""How many needs and offers hang in each place: counted as far as it matters, and kept for a moment.

Few are counted anew with each change. Of many it is enough to know them to the half minute: beside its pages
each process counts them, once for all readers. Where choices leave more than MOST, and where many are not
counted yet, it is said that there are more.
"""

import asyncio
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, NamedTuple

from hub.cache import Cache
from hub.db import dialect, rows
from hub.db.conditions import quoted
from hub.exchange.cards import Here
from hub.exchange.models import LIVING as HANGING
from hub.feed import board
from hub.feed.choices import LIVING, URGENT, Choice
from hub.loop import Loop
from hub.places.distance import Point, km_between, point_of, square_km
from hub.publications.models import Kind
from hub.publications.visibility import Reader, scopes

MOST = 300  # are counted of what choices leave
FEW = 2000  # on the whole board: so few are counted again at once
SECONDS = 10  # that counts may be old, where nothing was hung up or taken down meanwhile
KEPT = 600  # seconds that the count of many is good at the very longest
AGAIN = 30  # seconds after which many are counted again
SHARE = 30  # a count may take a thirtieth of the time


@dataclass(frozen=True, kw_only=True)
class Place:
    """How much hangs on the board from here; `km` None: not known, or everywhere."""

    name: str
    km: int | None
    at_distance: bool
    here: bool
    needs: int
    offers: int

    @property
    def key(self) -> tuple[str, bool, bool]:
        """As on the cards."""
        return self.name, self.at_distance, self.here


@dataclass(frozen=True, kw_only=True)
class Counted:
    """`more`: there are more than these, and no places are told.

    `ids`: what was counted, where it was looked up this very moment, and is all there is.
    """

    places: list[Place]
    needs: int
    offers: int
    more: bool = False
    ids: tuple[int, ...] | None = None

    @property
    def total(self) -> int:
        return self.needs + self.offers


class Group(NamedTuple):
    """So many of the same kind, for the same readers, from the same point."""

    kind: str
    scope: str
    hidden: int
    area: str
    afar: bool
    ours: int
    latitude: float | None
    longitude: float | None
    number: int


class Census(NamedTuple):
    """All that hangs there; `at` is the board's version, `found` and `took` are seconds.

    `more`: they are many, and were not all counted; then there are no groups.
    """

    groups: list[Group]
    total: int
    at: int
    found: float
    took: float
    more: bool = False

    @property
    def age(self) -> float:
        return time.monotonic() - self.found


_census: Cache[str, Census] = Cache(seconds=KEPT, most=1)
_kept: Cache[tuple[object, ...], Counted] = Cache(seconds=SECONDS, most=200)
_of_census: Cache[tuple[object, ...], Counted] = Cache(seconds=KEPT, most=200)


async def counted(choice: Choice, reader: Reader, here: Here, *, at: int) -> Counted:
    """How many of what was chosen, and where; `at`: the board's version."""
    key = (replace(choice, page=1), scopes(reader), reader.agent)
    if _is_in_census(choice) and not (census := await _current(at)).more:
        kept = _of_census.get((*key, census.found))
        found = kept or _summed(_chosen(census, choice, reader, middle=choice.near or here.point), here.point)
        return _of_census.put((*key, census.found), found)
    if (kept := _kept.get((*key, at))) is not None:
        return kept
    listed = await _few(choice, reader, here)
    if len(listed) > MOST:
        return _kept.put((*key, at), _more_than(listed))
    found = _kept.put((*key, at), _summed((Group(number=1, **row) for _, row in listed), here.point))
    return replace(found, ids=tuple(number for number, _ in listed))


def _is_in_census(choice: Choice) -> bool:
    """Whether it asks for what hangs there, by kind and place alone."""
    by_place = Choice(kind=choice.kind, near=choice.near, within=choice.within, area=choice.area)
    return replace(choice, page=1) == by_place


async def _current(at: int) -> Census:
    """What is known of the whole board. Nobody waits while many are counted: see count_again()."""
    kept = _census.get("")
    if kept is not None and (kept.total > FEW or (kept.at == at and kept.age < SECONDS)):
        return kept
    return await _count(at, most=FEW)


async def keep_counting(stop: asyncio.Event) -> None:
    """Until `stop`, in each process that has pages: it keeps what is counted, wherever jobs are done."""
    await Loop(count_again, "counts").run(stop)


async def count_again() -> bool:
    """What somebody asked for, where it is too much to be counted while they wait."""
    kept = _census.get("")
    if kept is not None and (kept.more or (kept.total > FEW and kept.age > max(AGAIN, SHARE * kept.took))):
        await _count(await board.version())
    return False  # nothing more to do for now


async def _count(at: int, *, most: int | None = None) -> Census:
    """Read no more than one more than `most`, in the order in which the board is read."""
    began = time.monotonic()
    limit = "" if most is None else f" ORDER BY proposal.expires_at DESC LIMIT {most + 1}"
    found = await rows(
        "SELECT kind, scope, hidden, area, afar, ours, latitude, longitude, count(*) AS number FROM ("
        "SELECT publication.kind, publication.scope,"
        " CASE WHEN publication.hidden_at IS NULL THEN 0 ELSE 1 END AS hidden, proposal.area,"
        " proposal.at_distance AS afar, CASE WHEN proposal.owner_id IS NULL THEN 0 ELSE 1 END AS ours,"
        f" proposal.latitude, proposal.longitude {board.FROM}"
        f" WHERE publication.deleted_at IS NULL AND proposal.state IN ({quoted(HANGING)})"
        f" AND proposal.expires_at > $1{limit}) AS hanging GROUP BY 1, 2, 3, 4, 5, 6, 7, 8",
        datetime.now(UTC),
    )
    groups = [Group(**row) for row in found]
    now = time.monotonic()
    total = sum(group.number for group in groups)
    more = most is not None and total > most
    return _census.put("", Census([] if more else groups, total, at, found=now, took=now - began, more=more))


def _chosen(census: Census, choice: Choice, reader: Reader, *, middle: Point | None) -> Iterable[Group]:
    seen = scopes(reader)
    for group in census.groups:
        if group.scope not in seen or (group.hidden and not reader.agent):
            continue
        if (choice.kind and group.kind != choice.kind) or (choice.area and group.area != choice.area):
            continue
        if _is_within(group, choice, middle):
            yield group


def _is_within(group: Group, choice: Choice, middle: Point | None) -> bool:
    """As the condition that the board puts to the database."""
    if choice.within == 0 and choice.near is None:
        return bool(group.ours)
    if choice.within is None or middle is None or group.afar:
        return True
    there = point_of(group)
    return there is not None and square_km(middle, there) <= float(choice.within) ** 2


async def _few(choice: Choice, reader: Reader, here: Here) -> list[tuple[int, dict[str, Any]]]:
    """Of the database, each by its id, and not more than one more than MOST."""
    columns = (
        "proposal.id AS id, publication.kind AS kind, publication.scope AS scope, 0 AS hidden,"
        " proposal.area AS area, proposal.at_distance AS afar,"
        " CASE WHEN proposal.owner_id IS NULL THEN 0 ELSE 1 END AS ours, proposal.latitude AS latitude,"
        " proposal.longitude AS longitude"
    )
    where, values = _first_of(choice, reader, here)
    return [(row.pop("id"), row) for row in await rows(f"SELECT {columns} {where}", *values)]


def _first_of(choice: Choice, reader: Reader, here: Here) -> tuple[str, list[Any]]:
    """Which ones these are, read so that a database can stop at one more than MOST."""
    if choice.state == URGENT:
        values: list[Any] = []
        ids = board.pressing(choice, reader, here, values=values, limit=MOST + 1)
        return f"{board.FROM} WHERE proposal.id IN ({ids})", values
    found = board.conditions(choice, reader, here)
    order = " ORDER BY proposal.expires_at DESC" if _is_read_in_order(choice) else ""
    return f"{found.where}{order} LIMIT {MOST + 1}", found.values


def _is_read_in_order(choice: Choice) -> bool:
    """Whether PostgreSQL should begin with what hangs there the longest, and leave out what is over.

    Where an index knows which ones are chosen it is quicker by that one, and SQLite is without any order.
    """
    is_in_an_index = choice.words or choice.category or choice.area or choice.within is not None
    return dialect() == "postgres" and choice.state == LIVING and not is_in_an_index


def _more_than(listed: Sequence[tuple[int, dict[str, Any]]]) -> Counted:
    needs = sum(row["kind"] == Kind.NEED for _, row in listed)
    return Counted(places=[], needs=needs, offers=len(listed) - needs, more=True)


def _summed(groups: Iterable[Group], here: Point | None) -> Counted:
    by_place: dict[tuple[str, bool, bool], dict[str, Any]] = {}
    for group in groups:
        afar, ours = bool(group.afar), bool(group.ours)
        key = ("" if afar else group.area, afar, ours or afar)
        place = by_place.get(key)
        if place is None:
            km = None if ours or afar else km_between(here, point_of(group))
            place = by_place[key] = {"need": 0, "offer": 0, "km": km}
        place[group.kind] += group.number
    places = [
        Place(name=name, km=one["km"], at_distance=afar, here=ours, needs=one["need"], offers=one["offer"])
        for (name, afar, ours), one in by_place.items()
    ]
    return Counted(
        places=sorted(places, key=lambda each: (each.at_distance, not each.here, each.km or 0, each.name)),
        needs=sum(place.needs for place in places),
        offers=sum(place.offers for place in places),
    )
