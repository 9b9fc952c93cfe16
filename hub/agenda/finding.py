"""What stands in the agenda for a reader, by day: which ones and how many in one question to the database."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hub.agenda.choices import Choice
from hub.agenda.models import Standing
from hub.db import rows
from hub.db.conditions import Conditions
from hub.exchange.cards import Here
from hub.places.distance import Point, square_sql
from hub.publications import search
from hub.publications.visibility import Reader, visible_sql

PER_PAGE = 20
MOST_IN_MONTH = 400
MOST_IN_CALENDAR = 1000
KEPT = timedelta(days=60)  # so long what was stays in a calendar that programs fetch

_FROM = "FROM event JOIN publication ON publication.id = event.publication_id"
SHOWN = (Standing.PLANNED, Standing.CANCELLED)  # who wanted to come must read that it is off


def conditions(choice: Choice, reader: Reader, here: Here) -> Conditions:
    """What this reader may see, and wants to, whenever it is."""
    found = Conditions(_FROM)
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
        square = square_sql("event", middle)
        online = "(event.online_url <> '' AND event.place = '' AND event.address = '')"
        found.add(f"({online} OR {square} <= {{most}})", most=float(choice.within) ** 2)


async def to_come(
    choice: Choice, reader: Reader, here: Here, *, limit: int = PER_PAGE
) -> tuple[list[int], int]:
    """The page's events, the soonest first, and how many there are."""
    found, now = conditions(choice, reader, here), here.now or datetime.now(UTC)
    found.add("event.ends_at > {now}", now=now)
    return await _ids(found, limit=limit, skip=(choice.page - 1) * limit)


async def in_days(choice: Choice, reader: Reader, here: Here, *, days: tuple[date, date]) -> list[int]:
    """All that takes place from the first to the last day, also in the past.

    Among them may be whole days of another time zone that are the day before or after.
    """
    found, zone = conditions(choice, reader, here), ZoneInfo(here.timezone)
    found.add("event.starts_at < {after}", after=midnight(days[1] + timedelta(days=1), zone))
    found.add("event.ends_at > {first}", first=midnight(days[0], zone))
    return (await _ids(found, limit=MOST_IN_MONTH))[0]


async def of_calendar(choice: Choice, reader: Reader, here: Here) -> list[int]:
    """What a calendar program gets: what is to come, and what was lately."""
    found = conditions(choice, reader, here)
    found.add("event.ends_at > {lately}", lately=datetime.now(UTC) - KEPT)
    return (await _ids(found, limit=MOST_IN_CALENDAR))[0]


async def of_project(publication_id: int, reader: Reader) -> list[int]:
    """All events of a project, by its publication."""
    found = conditions(Choice(), reader, Here(timezone="UTC"))
    found.add("event.project_id = {project}", project=publication_id)
    return (await _ids(found, limit=MOST_IN_CALENDAR))[0]


async def count_to_come(choice: Choice, reader: Reader, here: Here) -> int:
    found = conditions(choice, reader, here)
    found.add("event.ends_at > {now}", now=here.now or datetime.now(UTC))
    [row] = await rows(f"SELECT count(*) AS number {found.where}", *found.values)
    return int(row["number"])


async def _ids(found: Conditions, *, limit: int, skip: int = 0) -> tuple[list[int], int]:
    listed = await rows(
        f"SELECT event.id AS id, count(*) OVER () AS total {found.where}"
        f" ORDER BY event.starts_at, event.id LIMIT {limit} OFFSET {skip}",
        *found.values,
    )
    return [row["id"] for row in listed], int(listed[0]["total"]) if listed else 0


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """When a day begins there, in UTC."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def next_month(month: date) -> date:
    """Its first day."""
    return (month.replace(day=1) + timedelta(days=32)).replace(day=1)


def month_before(month: date) -> date:
    return (month.replace(day=1) - timedelta(days=1)).replace(day=1)
