"""What time does wherever people take part: the day of the village, rows one by one, and who is forgotten."""

from collections.abc import AsyncIterator, Collection
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tortoise.queryset import QuerySet

from hub import limits
from hub.participants.models import Key, Participant
from hub.village.models import Village

PAGE = 100  # rows read at a time

CONTACTS_KEPT = timedelta(days=limits.CONTACT_DAYS)
MORNING = time(10)  # of what is said on a certain day, for who reads mails over the day


async def each_row(found: QuerySet[Any]) -> AsyncIterator[Any]:
    """Row by row, read a page at a time: what is done with one may take it out of the query."""
    last = 0
    while page := await found.filter(id__gt=last).order_by("id").limit(PAGE):
        for row in page:
            yield row
        last = page[-1].id


async def village_zone() -> ZoneInfo:
    village = await Village.current()
    return ZoneInfo(village.timezone if village else "UTC")


def start_of(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(0), zone).astimezone(UTC)


async def forget_people(participant_ids: Collection[int], now: datetime, *, keep_names: bool = False) -> None:
    """Contact, keys and all but the first name, of people here; `keep_names`: their name is public credit."""
    people = Participant.filter(id__in=list(participant_ids), erased_at=None, actor_id=None)
    for person in await people:
        short = person.name if keep_names else first_word(person.name)
        await Participant.filter(id=person.id).update(mail=None, phone=None, name=short, erased_at=now)
        await Key.filter(participant_id=person.id).delete()


def first_word(name: str) -> str:
    return name.split(" ", 1)[0]
