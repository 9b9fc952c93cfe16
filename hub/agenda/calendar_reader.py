"""Reads a calendar of strangers (RFC 5545): a program of its own, from stdin to stdout.

    python -m hub.agenda.calendar_reader '{"now": …, "timezone": …, "until": …, "rounds_until": …, "most": …}'

What comes out is JSON: the calendar's name, its dates to come, those that cannot be taken over, and why. It
knows nothing of the hub. A rule that never ends, or never fits, ends with its time; what takes too long
altogether, or too much memory, ends this process. Status 2: no calendar at all, 3: too many dates.
"""

from __future__ import annotations

import json
import re
import signal
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import cache
from hashlib import sha256
from html import unescape
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, available_timezones

from hub.contained import give_up_power

if TYPE_CHECKING:
    import icalendar

MIB = 1_048_576
BYTES = 5 * MIB
MEMORY = 512 * MIB
SECONDS = 4  # of the processor, for all of it
RULE_SECONDS = 0.5  # of the processor, for the dates of one rule
BLOCKS = 10_000  # dates in one file, past ones included
BLOCK_CHARS = 65_536
TIMEZONES = 20
LONGEST = timedelta(days=366)
USUAL = timedelta(hours=1)  # where no end is said
NOT_A_CALENDAR, TOO_MANY = 2, 3
PRIVATE = "private"  # a reason: then it is to go
UID_CHARS = 200

_FOLD = re.compile(r"\r?\n[ \t]")
_EVENT = re.compile(r"^BEGIN:VEVENT\s*$.*?^END:VEVENT\s*$", re.MULTILINE | re.DOTALL)
_ALARM = re.compile(r"^BEGIN:VALARM\s*$.*?^END:VALARM\s*$\n?", re.MULTILINE | re.DOTALL)
_TIMEZONE = re.compile(r"^BEGIN:VTIMEZONE\s*$.*?^END:VTIMEZONE\s*$", re.MULTILINE | re.DOTALL)
_TZID = re.compile(r"^TZID:(.*)$", re.MULTILINE)
_UID = re.compile(r"^UID[^:\n]*:(.*)$", re.MULTILINE)
# What a round was moved from matters as much as where it went.
_DAYS = re.compile(r"^(?:DTSTART|DTEND|RECURRENCE-ID)[^:\n]*:(\d{8})", re.MULTILINE)
_LASTS = re.compile(r"^(?:RRULE|RDATE|DURATION)", re.MULTILINE)
_TOO_OFTEN = frozenset({"SECONDLY", "MINUTELY", "HOURLY"})
_TAG = re.compile(r"<[^<>]{1,500}>")
_BREAK = re.compile(r"<(?:br|/p|/li|/div)\b[^<>]{0,100}>", re.IGNORECASE)


@dataclass(frozen=True)
class Question:
    """`until`: of dates that come once, `rounds_until`: of those that come again; `timezone`: the village's,
    of whole days, and where none is said. `most` dates come back, the soonest first.
    """

    now: datetime
    timezone: str
    until: datetime
    rounds_until: datetime
    most: int


@dataclass(frozen=True)
class Zones:
    """Of hours that name none, as the calendar says; of whole days."""

    hours: tzinfo
    days: tzinfo


@dataclass
class Entry:
    """A date; `starts` and `ends` are ISO 8601 in UTC. `uid` is that of the one occurrence."""

    uid: str
    title: str
    text: str
    place: str
    url: str
    starts: str
    ends: str
    all_day: bool
    timezone: str
    cancelled: bool


@dataclass
class Reading:
    """`left_out`: title and reason, a key; `unread`: the UIDs of what is there, but cannot be understood;
    `further`: dates that are more than were asked for.
    """

    name: str = ""
    entries: list[Entry] = field(default_factory=list)
    left_out: list[tuple[str, str]] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    further: int = 0
    known: int = 0  # dates in the file, past ones too

    def leave_out(self, uid: str, title: str, reason: str) -> None:
        self.left_out.append((title, reason))
        if uid and reason != PRIVATE:
            self.unread.append(uid)


class LeftOut(Exception):
    """str() is the reason, a key of hub.agenda.importing."""


class _TimeIsUp(Exception):
    pass


def main() -> None:
    give_up_power(memory=MEMORY, seconds=SECONDS, nice=5)
    facts = json.loads(sys.argv[1])
    moments = {name: datetime.fromisoformat(facts[name]) for name in ("now", "until", "rounds_until")}
    question = Question(timezone=facts["timezone"], most=facts["most"], **moments)
    content = sys.stdin.buffer.read(BYTES + 1)
    print(json.dumps(asdict(read(content, question))))  # noqa: T201 (its answer)


def read(content: bytes, question: Question) -> Reading:
    """All that can be taken over; exits with a status of its own where nothing can."""
    if len(content) > BYTES:
        sys.exit(TOO_MANY)
    text = _FOLD.sub("", _decoded(content))
    if not re.match(r"\s*BEGIN:VCALENDAR\s*$", text, re.MULTILINE):
        sys.exit(NOT_A_CALENDAR)
    if text.count("\nBEGIN:VEVENT") > BLOCKS:
        sys.exit(TOO_MANY)
    reading = Reading()
    blocks = list(_blocks(text, question, reading))
    calendar = _parsed(text, blocks)
    reading.name = " ".join(str(calendar.get("X-WR-CALNAME") or calendar.get("NAME") or "").split())[:160]
    days = _zone(question.timezone) or UTC
    zones = Zones(hours=_zone(str(calendar.get("X-WR-TIMEZONE") or "")) or days, days=days)
    found: list[Entry] = []
    for of_one in _by_uid(calendar).values():
        found += _dates_of(of_one, zones=zones, question=question, reading=reading)
    found.sort(key=lambda entry: (entry.starts, entry.uid))
    reading.entries, reading.further = found[: question.most], max(0, len(found) - question.most)
    return reading


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig").replace("\r\n", "\n").replace("\x00", "")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace").replace("\r\n", "\n").replace("\x00", "")


def _blocks(text: str, question: Question, reading: Reading) -> Iterator[str]:
    """Of what may still come; long calendars are mostly past, and that is dear to read."""
    yesterday = f"{question.now - timedelta(days=2):%Y%m%d}"
    for found in _EVENT.finditer(text):
        reading.known += 1
        if len(found[0]) > BLOCK_CHARS:
            reading.leave_out(_uid(found[0]), "", "broken")
            continue
        block = _ALARM.sub("", found[0])
        days = _DAYS.findall(block)
        if days and max(days) < yesterday and not _LASTS.search(block):
            continue
        if block.count("\nBEGIN:"):  # a date inside a date
            reading.leave_out(_uid(block), "", "broken")
            continue
        yield block


def _uid(block: str) -> str:
    """As it is written there."""
    found = _UID.search(block)
    return _short(found[1].strip()) if found else ""


def _parsed(text: str, blocks: list[str]) -> icalendar.Calendar:
    """The calendar with these dates alone, and the time zones that nobody else knows."""
    import icalendar

    head = text[: text.find("\nBEGIN:")] if "\nBEGIN:" in text else text.rpartition("\nEND:VCALENDAR")[0]
    zones = [zone[0] for zone in _TIMEZONE.finditer(text) if not _is_known(zone[0])][:TIMEZONES]
    calendar = icalendar.Calendar.from_ical("\n".join([head, *zones, *blocks, "END:VCALENDAR", ""]))
    assert isinstance(calendar, icalendar.Calendar)
    return calendar


_known_zones = cache(available_timezones)  # each time the system is asked, it reads hundreds of files


def _is_known(block: str) -> bool:
    name = _TZID.search(block)
    return name is not None and name[1].strip() in _known_zones()


def _zone(name: str) -> tzinfo | None:
    try:
        return ZoneInfo(name) if name else None
    except (ValueError, OSError):
        return None


def _by_uid(calendar: icalendar.Calendar) -> dict[str, list[icalendar.Event]]:
    """A date, and what was changed about some of its rounds; without a UID each is for itself."""
    found: dict[str, list[icalendar.Event]] = {}
    for event in calendar.events:
        uid = str(event.get("UID") or "").strip()
        if not uid:
            said = f"{event.get('SUMMARY')} {event.get('DTSTART') and event['DTSTART'].to_ical()!r}"
            uid = sha256(said.encode()).hexdigest()[:40]
        found.setdefault(_short(uid), []).append(event)
    return found


def _short(uid: str) -> str:
    return uid if len(uid) <= UID_CHARS else sha256(uid.encode()).hexdigest()


def _dates_of(
    events: list[icalendar.Event], *, zones: Zones, question: Question, reading: Reading
) -> list[Entry]:
    """All its dates to come. `events` are one of a UID and its exceptions."""
    uid = _short(str(events[0].get("UID") or "")) or sha256(events[0].to_ical()).hexdigest()[:40]
    changed = [event for event in events if event.get("RECURRENCE-ID") is not None]
    found: dict[str, Entry] = {}
    for event in [one for one in events if one.get("RECURRENCE-ID") is None] + changed:
        title = " ".join(str(event.get("SUMMARY") or "").split())[:120]
        try:
            for entry in _entries(event, uid, title=title, zones=zones, question=question):
                found[entry.uid] = entry
        except LeftOut as reason:
            reading.leave_out(uid, title, str(reason))
        except Exception:  # noqa: BLE001 (anything may be wrong in there; the others are fine)
            reading.leave_out(uid, title, "broken")
    until = question.until if uid in found else question.rounds_until
    # Not before: a round that was moved, to whatever time, takes the place of the one that was planned.
    return [one for one in found.values() if _iso(question.now) < one.ends and one.starts <= _iso(until)]


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()


def _entries(
    event: icalendar.Event, uid: str, *, title: str, zones: Zones, question: Question
) -> Iterator[Entry]:
    _check(event, title)
    starts, lasts, all_day = _times(event, zones)
    repeats = event.get("RRULE") is not None or event.get("RDATE") is not None
    at = event.get("RECURRENCE-ID")
    moments = _rounds(event, starts, lasts, question=question) if repeats and at is None else [starts]
    for moment in moments:
        first = _moment(at.dt, zones) if at is not None else moment
        yield Entry(
            uid=f"{uid}/{first.astimezone(UTC):%Y%m%dT%H%M%S}" if repeats or at is not None else uid,
            title=title,
            text=_text(str(event.get("DESCRIPTION") or "")),
            place=" ".join(str(event.get("LOCATION") or "").split())[:460],
            url=_url(str(event.get("URL") or "")),
            starts=_iso(moment),
            ends=_iso(_after(moment, lasts)),
            all_day=all_day,
            timezone=getattr(moment.tzinfo, "key", None) or question.timezone,
            cancelled=str(event.get("STATUS") or "").upper() == "CANCELLED",
        )


def _check(event: icalendar.Event, title: str) -> None:
    if not title:
        raise LeftOut("no-title")
    if str(event.get("CLASS") or "").upper() in ("PRIVATE", "CONFIDENTIAL"):
        raise LeftOut(PRIVATE)


def _times(event: icalendar.Event, zones: Zones) -> tuple[datetime, timedelta, bool]:
    """When it begins, how long it is on the clock, whether it is of whole days."""
    first = _dt(event, "DTSTART")
    if first is None:
        raise LeftOut("no-day")
    all_day = not isinstance(first, datetime)
    starts, last = _moment(first, zones), _dt(event, "DTEND")
    duration = _dt(event, "DURATION")
    if last is not None:
        lasts = _clock(_moment(last, zones).astimezone(starts.tzinfo)) - _clock(starts)
    else:
        lasts = duration if isinstance(duration, timedelta) else timedelta(days=1) if all_day else USUAL
    if lasts < timedelta(0):
        raise LeftOut("ends-before")
    if lasts > LONGEST:
        raise LeftOut("too-long")
    return starts, lasts or (timedelta(days=1) if all_day else USUAL), all_day


def _dt(event: icalendar.Event, name: str) -> Any:
    """Its value; None where there is none, or none that makes sense."""
    value: Any = event.get(name)
    try:
        return None if value is None else value.dt
    except (ValueError, AttributeError):
        raise LeftOut("no-day") from None


def _moment(value: date | datetime, zones: Zones) -> datetime:
    """Aware: a day begins at its midnight in the village."""
    if not isinstance(value, datetime):
        return datetime.combine(value, time(), zones.days)
    return value if value.tzinfo is not None else value.replace(tzinfo=zones.hours)


def _clock(moment: datetime) -> datetime:
    return moment.replace(tzinfo=None)


def _after(moment: datetime, lasts: timedelta) -> datetime:
    """On the clock: what lasts a day ends at the same hour, also where that night is longer."""
    return (_clock(moment) + lasts).replace(tzinfo=moment.tzinfo)


def _rounds(
    event: icalendar.Event, starts: datetime, lasts: timedelta, *, question: Question
) -> list[datetime]:
    """The moments of a rule from now on, within the time that one rule may take."""
    signal.signal(signal.SIGVTALRM, _time_is_up)
    signal.setitimer(signal.ITIMER_VIRTUAL, RULE_SECONDS)
    try:
        return _rule_rounds(event, starts, lasts, question=question)
    except _TimeIsUp:
        raise LeftOut("endless") from None
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)


def _time_is_up(number: int, frame: object) -> None:
    raise _TimeIsUp


def _rule_rounds(
    event: icalendar.Event, starts: datetime, lasts: timedelta, *, question: Question
) -> list[datetime]:
    from dateutil.rrule import rruleset, rrulestr  # type: ignore[import-untyped]

    zone, rules = starts.tzinfo or UTC, rruleset()
    for rule in _all(event, "RRULE"):
        rules.rrule(rrulestr(_rule_text(rule, starts), dtstart=_clock(starts)))
    if not _all(event, "RRULE"):
        rules.rdate(_clock(starts))
    for name, add in (("RDATE", rules.rdate), ("EXDATE", rules.exdate)):
        for dates in _all(event, name):
            for each in dates.dts:
                moment = each.dt[0] if isinstance(each.dt, tuple) else each.dt
                add(_clock(_moment(moment, Zones(zone, zone)).astimezone(zone)))
    earliest = _clock(question.now.astimezone(zone)) - lasts
    found: list[datetime] = []
    for moment in rules.xafter(earliest, inc=True):
        if moment.replace(tzinfo=zone) > question.rounds_until or len(found) >= question.most:
            break
        found.append(moment.replace(tzinfo=zone))
    return found


def _rule_text(rule: Any, starts: datetime) -> str:
    """The rule on the clock of its time zone: its end is said in UTC."""
    if str((rule.get("FREQ") or [""])[0]).upper() in _TOO_OFTEN:
        raise LeftOut("too-often")
    parts = dict(rule)
    until = (parts.pop("UNTIL", None) or [None])[0]
    text: str = type(rule)(parts).to_ical().decode()
    if until is None:
        return text
    if not isinstance(until, datetime):
        until = datetime.combine(until, time(23, 59, 59))
    elif until.tzinfo is not None:
        until = _clock(until.astimezone(starts.tzinfo))
    return f"{text};UNTIL={until:%Y%m%dT%H%M%S}"


def _all(event: icalendar.Event, name: str) -> list[Any]:
    value = event.get(name)
    return [] if value is None else value if isinstance(value, list) else [value]


def _text(text: str) -> str:
    """Plain, also where the program that wrote it thinks in HTML."""
    if _BREAK.search(text) or "</" in text:
        text = unescape(_TAG.sub("", _BREAK.sub("\n", text)))
    return text.strip()[:4000]


def _url(text: str) -> str:
    return text.strip() if re.match(r"https?://\S{1,490}$", text.strip()) else ""


if __name__ == "__main__":
    main()
