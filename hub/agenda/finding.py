"""What stands in the agenda for a reader, by day: which ones and how many in one question to the database."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hub.agenda.choices import Choice
from hub.agenda.models import Standing
from hub.db import rows
from hub.db.conditions import Conditions
from hub.exchange.cards import Here
from hub.places.distance import Point, near_sql
from hub.publications import search
from hub.publications.visibility import Reader, visible_sql

PER_PAGE = 20
MOST_IN_MONTH = 250
MOST_IN_CALENDAR = 1000
MOST = 300  # are counted, or shown as going on
KEPT = timedelta(days=60)  # so long what was stays in a calendar that programs fetch

_FROM = "FROM event JOIN publication ON publication.id = event.publication_id"
SHOWN = (Standing.PLANNED, Standing.CANCELLED)  # who wanted to come must read that it is off


def conditions(choice: Choice, reader: Reader, here: Here, *, values: list[Any] | None = None) -> Conditions:
    """What this reader may see, and wants to, whenever it is."""
    found = Conditions(_FROM, values)
    found.add(visible_sql(reader))
    found.add(f"event.standing IN ({', '.join(repr(standing.value) for standing in SHOWN)})")
    if query := search.Query(choice.words):
        found.parts.append(search.found(found.hold(query.expression())))
    elif choice.words:
        found.add("1 = 0")
    if choice.category:
        found.add("event.category = {category}", category=choice.category)
    _add_distance(found, choice, here.point)
    return found


def _add_distance(found: Conditions, choice: Choice, village: Point | None) -> None:
    """Whose it is, or within so many km as the crow flies; what is held online is everywhere."""
    middle = choice.near or village
    if choice.neighbours:
        found.add("event.owner_id IS NULL")
    elif choice.within == 0 and choice.near is None:
        found.add("event.owner_id IS NOT NULL")
    elif choice.within is not None and middle is not None:
        near = near_sql("event", middle, choice.within)
        online = "(event.online_url <> '' AND event.place = '' AND event.address = '')"
        found.add(f"({online} OR {near})")


async def to_come(choice: Choice, reader: Reader, here: Here, *, limit: int = PER_PAGE) -> list[int]:
    """The page's events, the soonest first."""
    now, skip = here.now or datetime.now(UTC), (choice.page - 1) * limit
    return await _ids(choice, reader, here, first=now, limit=limit, skip=skip)


async def in_days(choice: Choice, reader: Reader, here: Here, *, days: tuple[date, date]) -> list[int]:
    """All that takes place from the first to the last day, also in the past.

    Among them may be whole days of another time zone that are the day before or after.
    """
    zone = ZoneInfo(here.timezone)
    first, after = midnight(days[0], zone), midnight(days[1] + timedelta(days=1), zone)
    return await _ids(choice, reader, here, first=first, after=after, limit=MOST_IN_MONTH)


async def of_calendar(choice: Choice, reader: Reader, here: Here) -> list[int]:
    """What a calendar program gets: what is to come, and what was lately."""
    return await _ids(choice, reader, here, first=datetime.now(UTC) - KEPT, limit=MOST_IN_CALENDAR)


async def of_project(publication_id: int, reader: Reader) -> list[int]:
    """All events of a project, by its publication."""
    found = conditions(Choice(), reader, Here(timezone="UTC"))
    found.add("event.project_id = {project}", project=publication_id)
    listed = f"SELECT event.id {found.where} ORDER BY event.starts_at, event.id LIMIT {MOST_IN_CALENDAR}"
    return [row["id"] for row in await rows(listed, *found.values)]


@dataclass(frozen=True, kw_only=True)
class Count:
    """How many stand in the list: MOST + 1 says that there are more; of these, `off` are cancelled."""

    listed: int
    off: int

    @property
    def planned(self) -> int:
        return self.listed - self.off


async def count_to_come(choice: Choice, reader: Reader, here: Here) -> Count:
    found = conditions(choice, reader, here)
    found.add("event.ends_at > {now}", now=here.now or datetime.now(UTC))
    listed = f"SELECT event.standing {found.where} ORDER BY event.ends_at DESC LIMIT {MOST + 1}"
    off = f"count(CASE WHEN standing = '{Standing.CANCELLED.value}' THEN 1 END)"
    [row] = await rows(f"SELECT count(*) AS listed, {off} AS off FROM ({listed}) AS first", *found.values)
    return Count(listed=int(row["listed"]), off=int(row["off"]))


async def _ids(
    choice: Choice,
    reader: Reader,
    here: Here,
    *,
    first: datetime,
    limit: int,
    after: datetime | None = None,
    skip: int = 0,
) -> list[int]:
    """What ends after `first` and begins before `after`, the soonest first.

    What has begun before is looked for by itself, so that each part has the order of an index.
    """
    values: list[Any] = []
    parts: list[str] = []
    for has_begun in (True, False):
        found = conditions(choice, reader, here, values=values)
        found.add("event.ends_at > {first}", first=first)
        found.add(f"event.starts_at {'<=' if has_begun else '>'} {{first}}", first=first)
        if after is not None:
            found.add("event.starts_at < {after}", after=after)
        one = f"SELECT event.id AS id, event.starts_at AS at {found.where}"
        order, most = ("event.ends_at", MOST) if has_begun else ("event.starts_at, event.id", skip + limit)
        parts.append(f"SELECT * FROM ({one} ORDER BY {order} LIMIT {most}) AS part_{len(parts)}")
    listed = (
        f"SELECT id FROM ({' UNION ALL '.join(parts)}) AS found ORDER BY at, id LIMIT {limit} OFFSET {skip}"
    )
    return [row["id"] for row in await rows(listed, *values)]


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """When a day begins there, in UTC."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def next_month(month: date) -> date:
    """Its first day."""
    return (month.replace(day=1) + timedelta(days=32)).replace(day=1)


def month_before(month: date) -> date:
    return (month.replace(day=1) - timedelta(days=1)).replace(day=1)
