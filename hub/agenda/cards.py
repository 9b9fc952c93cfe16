"""An event in a list: the leaf of its day, its title, and what one must know before one opens it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from hub.agenda.models import Event, JoinMode, Standing
from hub.agenda.words import span_words, when_words, where_words, zone_of
from hub.db import among, moment, rows
from hub.exchange.cards import Here
from hub.exchange.speaking import is_elsewhere, speaker
from hub.exchange.words import clock
from hub.places.distance import km_between, point_of
from hub.publications.visibility import Reader, may_see, visible_sql
from hub.text import capital, gettext, in_form, ngettext

FEW = 5  # places: more of them are said on the page of the event


@dataclass(frozen=True, kw_only=True)
class EventCard:
    """Words in the language of the moment, in the village's time zone.

    `weekday`, `number`, `month`: the leaf; `day` is that of its beginning, `days` the first and the last.
    `when` stands beside the leaf, `on` says it all.
    `pill`: look, icon and word, where there is something to say; `is_workshop` and `is_elsewhere` say what
    and whose it is, `is_off` that it does not take place.
    """

    weekday: str
    number: int
    month: str
    day: date
    days: tuple[date, date]
    starts: str
    title: str
    href: str
    publication_id: int
    language: str
    when: str
    on: str
    where: str
    who: str
    note: str
    pill: tuple[str, str, str] | None
    is_workshop: bool
    is_elsewhere: bool
    is_off: bool


async def cards_of(ids: Sequence[int], reader: Reader, here: Here) -> list[EventCard]:
    """In this order; one question to the database, whatever their number."""
    found = Event.filter(id__in=list(ids)).select_related("publication__author", "organisation", "owner")
    by_id = {one.id: one for one in await found if may_see(one.publication, reader)} if ids else {}
    return [card_of(by_id[each], here) for each in ids if each in by_id]


class Line(NamedTuple):
    """An event in the table of a month, which has room for no card; `days` are the first and the last."""

    title: str
    href: str
    language: str
    hour: str
    days: tuple[date, date]
    is_off: bool


async def lines_of(ids: Sequence[int], reader: Reader, here: Here) -> list[Line]:
    """In this order; a month may hold hundreds, so nothing is loaded that is not shown."""
    wanted, value = among("event.id", 1, ids)
    found = await rows(
        "SELECT event.id AS id, event.starts_at AS starts_at, event.ends_at AS ends_at,"
        " event.all_day AS all_day, event.timezone AS timezone, event.standing AS standing,"
        " publication.title AS title,"
        " publication.code AS code, publication.language AS language"
        " FROM event JOIN publication ON publication.id = event.publication_id"
        f" WHERE {wanted} AND {visible_sql(reader)}",
        value,
    )
    by_id = {row["id"]: row for row in found}
    return [_line_of(by_id[each], here) for each in ids if each in by_id]


def _line_of(row: dict[str, Any], here: Here) -> Line:
    zone = ZoneInfo(row["timezone"] if row["all_day"] else here.timezone)
    starts, ends = moment(row["starts_at"]).astimezone(zone), moment(row["ends_at"]).astimezone(zone)
    return Line(
        title=row["title"],
        href=f"/{row['code']}",
        language=row["language"] or "",
        hour="" if row["all_day"] else clock(starts),
        days=(starts.date(), last_day(starts, ends)),
        is_off=row["standing"] == Standing.CANCELLED,
    )


def card_of(event: Event, here: Here) -> EventCard:
    """Its publication with author, organisation and owner must be loaded."""
    zone, publication = zone_of(event, here.timezone), event.publication
    starts, ends = event.starts_at.astimezone(zone), event.ends_at.astimezone(zone)
    day = starts.date()
    return EventCard(
        weekday=in_form("EEEE", day),
        number=day.day,
        month=in_form("MMMM", day),
        day=day,
        days=(day, last_day(starts, ends)),
        starts=starts.isoformat(),
        title=publication.title,
        href=f"/{publication.code}",
        publication_id=publication.id,
        language=publication.language or "",
        when=_when(event, starts, ends),
        on=when_words(event, here.timezone),
        where=_where(event, here),
        who=speaker(event)[0],
        note=_note(event),
        pill=_pill(event),
        is_workshop=event.is_workshop,
        is_elsewhere=is_elsewhere(event),
        is_off=event.standing is Standing.CANCELLED,
    )


def last_day(starts: datetime, ends: datetime) -> date:
    """The last on which it takes place: what ends at midnight ends the day before."""
    return max(starts.date(), (ends - timedelta(microseconds=1)).date())


def _when(event: Event, starts: datetime, ends: datetime) -> str:
    """Beside a leaf that says the day: `de 9 h à 12 h`, or from when to when where it takes several days."""
    if last_day(starts, ends) != starts.date():
        words = span_words(starts, ends, all_day=event.all_day)
    elif event.all_day:
        words = gettext("all day")
    else:
        words = gettext("from %(start)s to %(end)s") % {"start": clock(starts), "end": clock(ends)}
    return capital(words)


def _where(event: Event, here: Here) -> str:
    """Of another village also how far it is, where both places are known."""
    where = where_words(event)
    km = km_between(here.point, point_of(event)) if is_elsewhere(event) else None
    if not km:
        return where
    place = where or event.publication.author.host
    return gettext("%(place)s, %(km)s km away") % {"place": place, "km": km}


def _note(event: Event) -> str:
    """What asks something of the reader: few places left, or none."""
    free = event.free_places
    if event.join_mode is not JoinMode.FREE or free is None or event.standing is not Standing.PLANNED:
        return ""
    if not free:
        return gettext("Full: one can be put on the list of those who wait")
    words = ngettext("%(count)s place is left", "%(count)s places are left", free) % {"count": free}
    return capital(words) if free <= FEW else ""


def _pill(event: Event) -> tuple[str, str, str] | None:
    if event.standing is Standing.CANCELLED:
        return "late", "stop", gettext("Cancelled")
    if event.starts_at <= datetime.now(UTC) < event.ends_at:
        return "go", "half", gettext("Going on now")
    return None
