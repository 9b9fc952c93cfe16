"""Events as iCalendar (RFC 5545), for the calendars that people have on their telephones.

The UID of an event is its URI, whatever calendar it once came from: no other calendar can take its place.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from html import unescape
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import hub
from hub.actors.minting import origin
from hub.agenda.models import Attendance, Event, Presence, Shift, Standing
from hub.agenda.words import where_words
from hub.exchange.categories import CATEGORIES
from hub.text import current_locale, gettext

if TYPE_CHECKING:
    import icalendar

MEDIA_TYPE = "text/calendar"
FETCHED_EVERY = timedelta(hours=6)
_ENDS = re.compile(r"<br\s*/?>|</(?:p|li|div|h\d|blockquote|tr)>", re.IGNORECASE)
_TAGS = re.compile(r"<[^>]*>")


@dataclass(frozen=True, kw_only=True)
class Feed:
    """`mine`: how its reader takes part, by the key of the event; it is nobody's where that is None."""

    name: str
    path: str
    events: Sequence[Event]
    timezone: str
    mine: dict[int, Attendance] | None = field(default=None)

    @property
    def changed_at(self) -> datetime:
        return max((changed_at(each) for each in self.events), default=_LONG_AGO)

    @property
    def facts(self) -> bytes:
        """All that the file says, and much faster to have: whether somebody has it already."""
        parts = [hub.__version__, current_locale(), self.name, self.path]
        for event in self.events:
            taken = (self.mine or {}).get(event.id)
            parts += [str(getattr(event, name)) for name in _SAID]
            parts += [event.publication.uri, event.publication.title, str(changed_at(event))]
            parts += [str(event.publication.edits), f"{taken.presence} {taken.shift_id}" if taken else ""]
        return "\n".join([*parts, str(self.mine is None)]).encode()


_SAID = "standing starts_at ends_at all_day timezone place address online_url category reason".split()
_LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


def changed_at(event: Event) -> datetime:
    return event.publication.updated_at or event.publication.published_at


def calendar_of(feed: Feed) -> bytes:
    """The file; publications of the events must be loaded, of `mine` the shifts."""
    import icalendar

    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//Lavoir//lavoir.dev//FR")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("name", feed.name)
    calendar.add("x-wr-calname", feed.name)
    calendar.add("x-wr-timezone", feed.timezone)
    calendar.add("url", origin() + feed.path)
    calendar.add("refresh-interval", FETCHED_EVERY, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", f"PT{FETCHED_EVERY.total_seconds() // 3600:.0f}H")
    for event in feed.events:
        calendar.add_component(_event(event, feed.mine))
    _add_timezones(calendar, feed.events)
    body: bytes = calendar.to_ical()
    return body


def _add_timezones(calendar: "icalendar.Calendar", events: Sequence[Event]) -> None:
    """The rules of each, for the years that are in it."""
    years = {moment.year for each in events for moment in (each.starts_at, each.ends_at)}
    if years:
        calendar.add_missing_timezones(date(min(years) - 1, 1, 1), date(min(max(years) + 2, 9999), 1, 1))


def _event(event: Event, mine: dict[int, Attendance] | None) -> "icalendar.Event":
    import icalendar

    publication, attendance = event.publication, (mine or {}).get(event.id)
    shift = attendance.shift if attendance is not None else None
    entry = icalendar.Event()
    entry.add("uid", publication.uri)
    entry.add("dtstamp", changed_at(event).astimezone(UTC))
    entry.add("created", publication.published_at.astimezone(UTC))
    entry.add("last-modified", changed_at(event).astimezone(UTC))
    entry.add("sequence", publication.edits)
    entry.add("summary", f"{publication.title} ({shift.name})" if shift is not None else publication.title)
    _add_times(entry, event, shift)
    entry.add("status", _status(event, attendance))
    if where := where_words(event):
        entry.add("location", where)
    entry.add("description", _description(event, attendance))
    entry.add("url", publication.url)
    if event.category in CATEGORIES:
        entry.add("categories", [gettext(CATEGORIES[event.category].name)])
    if mine is not None:
        entry.add("transp", "OPAQUE" if attendance is not None else "TRANSPARENT")
    return entry


def _add_times(entry: "icalendar.Event", event: Event, shift: Shift | None) -> None:
    """In the time zone of the event; of whole days the end is the day after the last."""
    zone = _zone(event.timezone)
    starts, ends = event.starts_at.astimezone(zone), event.ends_at.astimezone(zone)
    if isinstance(shift, Shift) and shift.starts_at is not None and shift.ends_at is not None:
        starts, ends = shift.starts_at.astimezone(zone), shift.ends_at.astimezone(zone)
    elif event.all_day:
        first = starts.date()
        entry.add("dtstart", first)
        entry.add("dtend", max(ends.date(), first + timedelta(days=1)))
        return
    entry.add("dtstart", starts)
    entry.add("dtend", max(starts, ends))


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ValueError, OSError):  # of another server, which may say anything
        return ZoneInfo("UTC")


def _status(event: Event, attendance: Attendance | None) -> str:
    if event.standing in (Standing.CANCELLED, Standing.REFUSED):
        return "CANCELLED"
    waits = attendance is not None and attendance.presence is Presence.WAITING
    return "TENTATIVE" if waits or event.standing is Standing.REVIEW else "CONFIRMED"


def _description(event: Event, attendance: Attendance | None) -> str:
    """What it is, how the reader takes part, why it is off, and the page that says it as it is now."""
    publication, parts = event.publication, []
    if event.standing is Standing.CANCELLED:
        parts.append(" ".join([gettext("It does not take place."), event.reason]).strip())
    if attendance is not None:
        waits = attendance.presence is Presence.WAITING
        parts.append(gettext("You are on the waiting list.") if waits else gettext("You are coming."))
    parts += [text_of(publication.html), event.online_url, publication.url]
    return "\n\n".join(part for part in parts if part)


def text_of(html: str) -> str:
    """Clean HTML as lines of text."""
    lines = unescape(_TAGS.sub("", _ENDS.sub("\n", html))).splitlines()
    return "\n".join(line.strip() for line in lines if line.strip())
