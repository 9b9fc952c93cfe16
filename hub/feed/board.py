"""The board of needs and offers: what a reader may see of it, in an order that is nobody's merit.

Whatever hangs there, a page asks the database the same few questions: which ones, what about them, and how
many there are in each place.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

from hub.cache import Cache
from hub.db import rows
from hub.db.conditions import Conditions
from hub.exchange.cards import Card, Here, cards_by_id
from hub.exchange.models import LIVING, State
from hub.feed.choices import DONE, URGENT, Choice
from hub.places.distance import Point, distance_km, square_sql
from hub.publications import search
from hub.publications.models import Kind
from hub.publications.visibility import Reader, scopes, visible_sql

PER_PAGE = 12
MOST_PLACES = 40
SECONDS = 10  # that counts may be old, where nothing was hung up or taken down meanwhile
PRESSING = timedelta(days=7)  # what is due by then presses

FROM = "FROM proposal JOIN publication ON publication.id = proposal.publication_id"
_DONE = (State.COVERED, State.THANKED)
# Its next beginning or end: needs with several times have these apart.
_DUE = (
    "proposal.id IN (SELECT id FROM proposal WHERE starts_at > {now} AND starts_at <= {soon}"
    " UNION SELECT id FROM proposal WHERE ends_at > {now} AND ends_at <= {soon}"
    " UNION SELECT proposal_id FROM slot WHERE starts_at > {now} AND starts_at <= {soon})"
)
_PRIME = 2_147_483_647


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


def conditions(choice: Choice, reader: Reader, here: Here, *, values: list[Any] | None = None) -> Conditions:
    """What this reader may see, and wants to."""
    found, now = Conditions(FROM, values), here.now or datetime.now(UTC)
    found.add(visible_sql(reader))
    kinds = [choice.kind] if choice.kind else [Kind.NEED, Kind.OFFER]
    found.add(f"publication.kind IN ({_listed(kind.value for kind in kinds)})")
    _add_state(found, choice, now)
    if query := search.Query(choice.words):
        found.parts.append(search.found(found.hold(query.expression())))
    elif choice.words:
        found.add("1 = 0")
    for column, value in (("category", choice.category), ("area", choice.area)):
        if value:
            found.add(f"proposal.{column} = {{value}}", value=value)
    if choice.minutes is not None:
        found.add("proposal.minutes <= {minutes}", minutes=choice.minutes)
    _add_dates(found, choice, ZoneInfo(here.timezone))
    _add_distance(found, choice, here.point)
    return found


def _add_state(found: Conditions, choice: Choice, now: datetime) -> None:
    if choice.state == DONE:
        found.add(f"proposal.state IN ({_listed(_DONE)})")
    elif choice.state and choice.state != URGENT:
        found.add("proposal.state = {state}", state=choice.state)
    else:
        found.add(f"proposal.state IN ({_listed(LIVING)})")
        found.add("proposal.expires_at > {now}", now=now)
    if choice.state == URGENT:
        found.add("publication.kind = 'need'")
        now_at, soon_at = found.hold(now), found.hold(now + PRESSING)
        found.parts.append(_DUE.format(now=now_at, soon=soon_at))


def _add_dates(found: Conditions, choice: Choice, zone: ZoneInfo) -> None:
    """Possible at some time between two days; what has no date always is."""
    if choice.starts is not None:
        last = "coalesce(proposal.ends_at, proposal.starts_at)"
        found.add(f"({last} IS NULL OR {last} >= {{first}})", first=_midnight(choice.starts, zone))
    if choice.ends is not None and choice.ends < date.max:
        after = _midnight(choice.ends + timedelta(days=1), zone)
        found.add("(proposal.starts_at IS NULL OR proposal.starts_at < {after})", after=after)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    day = min(max(day, date(2000, 1, 1)), date(9000, 1, 1))
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _add_distance(found: Conditions, choice: Choice, village: Point | None) -> None:
    """Within so many km as the crow flies, or from afar; 0: what hangs here first."""
    middle = choice.near or village
    if choice.within is None or (choice.within == 0 and choice.near is None):
        if choice.within == 0:
            found.add("proposal.owner_id IS NOT NULL")
        return
    if middle is None:
        return
    square = square_sql("proposal", middle)
    near = f"(proposal.at_distance = {{afar}} OR {square} <= {{most}})"
    found.add(near, afar=True, most=float(choice.within) ** 2)


def _listed(words: Iterable[str]) -> str:
    return ", ".join(f"'{word}'" for word in sorted(words))


def shuffled(day: date, who: int) -> str:
    """An order for a day and a person, as SQL: the same on each page, another tomorrow, and no rank."""
    digest = sha256(f"{day} {who}".encode()).digest()
    factor, shift = (int.from_bytes(digest[at : at + 8], "big") % _PRIME for at in (0, 8))
    mixed = f"((proposal.id * {factor or 1} + {shift}) % {_PRIME})"
    return f"({mixed} * {mixed}) % {_PRIME}, proposal.id"


LATEST = "publication.published_at DESC, publication.id DESC"
LATEST_CHANGE = "proposal.changed_at DESC, proposal.id DESC"
SOONEST = "coalesce(proposal.starts_at, proposal.ends_at), proposal.id"


async def found_ids(found: Conditions, order: str, *, limit: int, skip: int = 0) -> list[int]:
    statement = f"SELECT proposal.id {found.where} ORDER BY {order} LIMIT {limit} OFFSET {skip}"
    return [row["id"] for row in await rows(statement, *found.values)]


def lately_done(choice: Choice, reader: Reader, here: Here, *, values: list[Any], limit: int) -> str:
    """A query for the latest that went well, each state in the order of its own index."""
    parts = []
    for state in _DONE:
        found = conditions(replace(choice, state=state.value), reader, here, values=values)
        latest = f"SELECT proposal.id AS id, proposal.changed_at AS at {found.where}"
        parts.append(
            f"SELECT * FROM ({latest} ORDER BY proposal.changed_at DESC LIMIT {limit}) AS {state.value}"
        )
    return f"SELECT id FROM ({' UNION ALL '.join(parts)}) AS lately ORDER BY at DESC, id DESC LIMIT {limit}"


async def lately_done_ids(choice: Choice, reader: Reader, here: Here, *, limit: int) -> list[int]:
    values: list[Any] = []
    statement = lately_done(choice, reader, here, values=values, limit=limit)
    return [row["id"] for row in await rows(statement, *values)]


async def cards(ids: Sequence[int], reader: Reader, here: Here) -> list[Card]:
    """In this order; two questions to the database, whatever their number."""
    by_id = await cards_by_id(ids, reader, here)
    return [by_id[each] for each in ids if each in by_id]


_kept: Cache[tuple[object, ...], list[Place]] = Cache(seconds=SECONDS, most=200)


async def version() -> int:
    """A number that grows with all that is hung up, covered or taken down."""
    [row] = await rows("SELECT max(id) AS number FROM step")
    return int(row["number"] or 0)


async def places(choice: Choice, reader: Reader, here: Here, *, at: int) -> list[Place]:
    """Where what was chosen is, the nearest first; `at`: the board's version, until which it may be kept."""
    key = (replace(choice, page=1), scopes(reader), reader.agent, at)
    kept = _kept.get(key)
    return _kept.put(key, await _places(choice, reader, here)) if kept is None else kept


async def _places(choice: Choice, reader: Reader, here: Here) -> list[Place]:
    found = conditions(choice, reader, here)
    statement = (
        "SELECT proposal.area AS area, proposal.at_distance AS afar, publication.kind AS kind,"
        " CASE WHEN proposal.owner_id IS NULL THEN 0 ELSE 1 END AS ours, max(proposal.latitude) AS latitude,"
        f" max(proposal.longitude) AS longitude, count(*) AS number {found.where} GROUP BY 1, 2, 3, 4"
    )
    by_place: dict[tuple[str, bool, bool], dict[str, Any]] = {}
    for row in await rows(statement, *found.values):
        afar, ours = bool(row["afar"]), bool(row["ours"])
        key = ("" if afar else row["area"], afar, ours or afar)
        place = by_place.setdefault(key, {"need": 0, "offer": 0, "km": None})
        place[row["kind"]] += row["number"]
        if not ours and not afar:
            place["km"] = _km(here.point, row["latitude"], row["longitude"])
    listed = [
        Place(name=name, km=one["km"], at_distance=afar, here=ours, needs=one["need"], offers=one["offer"])
        for (name, afar, ours), one in by_place.items()
    ]
    return sorted(listed, key=lambda each: (each.at_distance, not each.here, each.km or 0, each.name))


def _km(here: Point | None, latitude: Any, longitude: Any) -> int | None:
    if here is None or latitude is None or longitude is None:
        return None
    return round(distance_km(here, (float(latitude), float(longitude))))


ORDERS = {URGENT: SOONEST, **dict.fromkeys((DONE, *map(str, _DONE)), LATEST_CHANGE)}
