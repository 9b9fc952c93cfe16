"""The board of needs and offers: what a reader may see of it, in an order that is nobody's merit.

Whatever hangs there, a page asks the database the same few questions: which ones, and what about them; how
many there are in each place is counted in hub/feed/counts.py.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hub.db import among, rows
from hub.db.conditions import Conditions, quoted
from hub.exchange.cards import Card, Here, cards_by_id
from hub.exchange.models import LIVING, State
from hub.feed.choices import DONE, URGENT, Choice
from hub.feed.lots import Lots
from hub.places.distance import Point, near_sql
from hub.publications import search
from hub.publications.models import Kind
from hub.publications.visibility import Reader, visible_sql

PER_PAGE = 12
MOST_PLACES = 40
SECONDS = 10  # that what was counted may be old, where nothing was hung up or taken down meanwhile
FIRST_DRAW = 400  # lots; of a full board a page needs few of them
FRONT = 8  # a page in the first eighth of all is drawn; for the others it is quicker to put all in order
PRESSING = timedelta(days=7)  # what is due by then presses

FROM = "FROM proposal JOIN publication ON publication.id = proposal.publication_id"
# Times come first: CROSS JOIN is in this order for SQLite, and an ordinary JOIN for PostgreSQL.
_FROM_SLOTS = "FROM slot CROSS JOIN proposal CROSS JOIN publication"
_DONE = (State.COVERED, State.THANKED)


def conditions(choice: Choice, reader: Reader, here: Here, *, values: list[Any] | None = None) -> Conditions:
    """What this reader may see, and wants to; of what presses see also pressing()."""
    found, now = Conditions(FROM, values), here.now or datetime.now(UTC)
    found.add(visible_sql(reader))
    kinds = [choice.kind] if choice.kind else [Kind.NEED, Kind.OFFER]
    found.add(f"publication.kind IN ({quoted(kind.value for kind in kinds)})")
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
        found.add(f"proposal.state IN ({quoted(_DONE)})")
    elif choice.state and choice.state != URGENT:
        found.add("proposal.state = {state}", state=choice.state)
    else:
        found.add(f"proposal.state IN ({quoted(LIVING)})")
        found.add("proposal.expires_at > {now}", now=now)
    if choice.state == URGENT:
        found.add("publication.kind = 'need'")


def _add_dates(found: Conditions, choice: Choice, zone: ZoneInfo) -> None:
    """Possible at some time between two days; what has no date always is."""
    if choice.starts is not None:
        open_ended = (
            "proposal.ends_at IS NULL AND (proposal.starts_at IS NULL OR proposal.starts_at >= {first})"
        )
        first = found.hold(_midnight(choice.starts, zone))
        found.parts.append(f"(proposal.ends_at >= {first} OR ({open_ended.format(first=first)}))")
    if choice.ends is not None and choice.ends < date.max:
        after = _midnight(choice.ends + timedelta(days=1), zone)
        found.add("(proposal.starts_at IS NULL OR proposal.starts_at < {after})", after=after)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    day = min(max(day, date(2000, 1, 1)), date(9000, 1, 1))
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _add_distance(found: Conditions, choice: Choice, village: Point | None) -> None:
    """Within so many km as the crow flies, or from afar; 0: what hangs here first."""
    middle = choice.near or village
    if choice.within == 0 and choice.near is None:
        found.add("proposal.owner_id IS NOT NULL")
    elif choice.within is not None and middle is not None:
        near = near_sql("proposal", middle, choice.within)
        found.add(f"(proposal.at_distance = true OR (proposal.at_distance = false AND {near}))")


LATEST = "publication.published_at DESC, publication.id DESC"
LATEST_CHANGE = "proposal.changed_at DESC, proposal.id DESC"


async def ids_of_page(
    choice: Choice, reader: Reader, here: Here, *, lots: Lots, many: bool = False, total: int = 0
) -> list[int]:
    """In the order of its state; `many`: there are more than a database should put in order.

    `total`: how many, where that is known, so that enough of them are drawn at once.
    """
    skip = (choice.page - 1) * PER_PAGE
    if choice.state == URGENT:
        return await _ids_of(choice, reader, here, query=pressing, limit=PER_PAGE, skip=skip)
    if choice.state == DONE:
        return await _ids_of(choice, reader, here, query=lately_done, limit=PER_PAGE, skip=skip)
    found = conditions(choice, reader, here)
    is_in_front = not total or FRONT * (skip + PER_PAGE) < total
    if many and is_in_front and choice.state not in _DONE:
        return await drawn_ids(found, lots, limit=PER_PAGE, skip=skip, total=total)
    order = LATEST_CHANGE if choice.state in _DONE else f"{lots.sql('proposal.id')}, proposal.id"
    return await found_ids(found, order, limit=PER_PAGE, skip=skip)


async def drawn_ids(found: Conditions, lots: Lots, *, limit: int, skip: int = 0, total: int = 0) -> list[int]:
    """The same as found_ids() in the order of the lots, of very many: only those in front are looked up."""
    hang: list[int] = []
    asked, more, share = 0, FIRST_DRAW, total / lots.size
    if total:  # not so many at once that PostgreSQL would rather read them all
        more = _still_to_draw(skip + limit, share=share, most=lots.size // 64)
    while asked + more < lots.size // 2:
        drawn = lots.drawn(more, after=asked)
        there = set(await _among(found, drawn))
        hang += [each for each in drawn if each in there]
        if len(hang) >= skip + limit:
            return hang[skip : skip + limit]
        asked += more
        share = share if total else len(hang) / asked
        more = _still_to_draw(skip + limit - len(hang), share=share, most=8 * asked)
    return await found_ids(found, f"{lots.sql('proposal.id')}, proposal.id", limit=limit, skip=skip)


def _still_to_draw(missing: int, *, share: float, most: int) -> int:
    """Lots, where such a share of those before hangs there: a few more, so that it is the last time."""
    return max(FIRST_DRAW, min(most, round(1.25 * missing / max(share, 1e-9))))


async def _among(found: Conditions, ids: Sequence[int]) -> list[int]:
    condition, value = among("proposal.id", len(found.values) + 1, ids)
    statement = f"SELECT proposal.id {found.where} AND {condition}"
    return [row["id"] for row in await rows(statement, *found.values, value)]


def drawn_of(ids: Iterable[int], choice: Choice, lots: Lots) -> list[int]:
    """Those of one page, of all that hang there, in the order of the lots."""
    skip = (choice.page - 1) * PER_PAGE
    return sorted(ids, key=lambda each: (lots.lot(each), each))[skip : skip + PER_PAGE]


async def found_ids(found: Conditions, order: str, *, limit: int, skip: int = 0) -> list[int]:
    statement = f"SELECT proposal.id {found.where} ORDER BY {order} LIMIT {limit} OFFSET {skip}"
    return [row["id"] for row in await rows(statement, *found.values)]


def lately_done(
    choice: Choice, reader: Reader, here: Here, *, values: list[Any], limit: int, skip: int = 0
) -> str:
    """A query for the latest that went well, each state in the order of its own index."""
    parts = []
    for state in _DONE:
        found = conditions(replace(choice, state=state.value), reader, here, values=values)
        latest = f"SELECT proposal.id AS id, proposal.changed_at AS at {found.where}"
        parts.append(f"{latest} ORDER BY proposal.changed_at DESC LIMIT {skip + limit}")
    return (
        f"SELECT id FROM ({_together(parts)}) AS lately ORDER BY at DESC, id DESC LIMIT {limit} OFFSET {skip}"
    )


def pressing(
    choice: Choice,
    reader: Reader,
    here: Here,
    *,
    values: list[Any],
    limit: int,
    skip: int = 0,
    more: str = "",
) -> str:
    """A query for needs that are due soon, by their next moment: of each sort in the order of its index."""
    now = here.now or datetime.now(UTC)
    parts = []
    for moment in ("proposal.starts_at", "proposal.ends_at", "slot.starts_at"):
        found = conditions(replace(choice, state=URGENT), reader, here, values=values)
        if moment.startswith("slot."):
            found.source = _FROM_SLOTS
            found.parts += ["proposal.id = slot.proposal_id", "publication.id = proposal.publication_id"]
        found.add(f"{moment} > {{now}} AND {moment} <= {{soon}}", now=now, soon=now + PRESSING)
        found.parts += [more] if more else []
        soonest = f"SELECT proposal.id AS id, {moment} AS at {found.where}"
        parts.append(f"{soonest} ORDER BY {moment} LIMIT {skip + limit}")
    soonest = f"SELECT id, min(at) AS at FROM ({_together(parts)}) AS moments GROUP BY id"
    return f"SELECT id FROM ({soonest}) AS due ORDER BY at, id LIMIT {limit} OFFSET {skip}"


def _together(parts: Sequence[str]) -> str:
    """Of several sorted queries, as SQLite wants them."""
    return " UNION ALL ".join(f"SELECT * FROM ({part}) AS part_{number}" for number, part in enumerate(parts))


async def lately_done_ids(choice: Choice, reader: Reader, here: Here, *, limit: int) -> list[int]:
    return await _ids_of(choice, reader, here, query=lately_done, limit=limit, skip=0)


async def _ids_of(
    choice: Choice, reader: Reader, here: Here, *, query: Callable[..., str], limit: int, skip: int = 0
) -> list[int]:
    values: list[Any] = []
    statement = query(choice, reader, here, values=values, limit=limit, skip=skip)
    return [row["id"] for row in await rows(statement, *values)]


async def cards(ids: Sequence[int], reader: Reader, here: Here) -> list[Card]:
    """In this order; two questions to the database, whatever their number."""
    by_id = await cards_by_id(ids, reader, here)
    return [by_id[each] for each in ids if each in by_id]


async def version() -> int:
    """A number that grows with all that is hung up, covered or taken down."""
    [row] = await rows("SELECT max(id) AS number FROM step")
    return int(row["number"] or 0)
