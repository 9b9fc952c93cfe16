"""The form of an event: one page of fields -> a draft, or messages by field."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hub import limits
from hub.agenda.models import Event, EventDraft, JoinMode, Method, Rhythm, Shift, ShiftDraft
from hub.agenda.series import STEPS
from hub.exchange.categories import CATEGORIES
from hub.exchange.forms import AT_LEAST_ONE, ENDS_FIRST, PAST_DAY, PAST_HOUR, TOO_FAR, TOO_MANY
from hub.exchange.screening import STREET, Found, screen
from hub.exchange.typed import count_of, day_of, hour_of
from hub.participants.forms import HereAndNow
from hub.publications.groups import NOT_IN_PROJECT
from hub.publications.models import Publication
from hub.text import N_
from hub.web.fields import MISSING, Form

SHIFT_PARTS = ("id", "name", "wanted", "day", "from", "to", "place")
FIELDS = frozenset(
    (
        "title text category starts ends all_day from to place address online join join_url capacity"
        " contributions repeats until method project as name contact scope code sure following"
    ).split()
)
_OWN = re.compile(
    rf"shift[0-9]{{1,2}}_(?:{'|'.join(SHIFT_PARTS)})"
    r"|photo[1-9]-(?:kept|alt|decorative)|photo-consent"
)
_TITLE_LENGTH, _LINE_LENGTH = 120, 120

ENDS_BEFORE = N_("This is before the beginning. If it ends on a later day, write that day, too.")
NOT_ENDED = N_("Say until when it comes again: a day, at most a year from now.")
NOT_REPEATED = N_("It is to come again until this day: say how often.")
NOT_TWICE = N_("Before this day it does not come again. Choose a later one.")
TOO_LONG_TO_REPEAT = N_("It would begin again before it has ended.")
SAY_WHERE = N_("Say where it is, or give the page on which one takes part online.")
NEEDS_SIGN_UP = N_("Who takes a task or brings something signs up here. Choose that, or empty these lists.")
TOO_MANY_LINES = N_("That is too long a list: at most 40 lines, of 120 letters each.")
TAKEN_BY = N_("More people have taken this already. Write a larger number, or ask them first.")
STILL_TAKEN = N_("Somebody has taken this. Ask them first, then take them off the list.")
OUTSIDE = N_("This is not while the event is on.")


@dataclass(frozen=True, kw_only=True)
class Setting(HereAndNow):
    """What a form is read against: `projects` of the member who writes, `known`: what is being changed."""

    projects: Sequence[Publication] = ()
    methods: Sequence[Method] = ()
    known: Event | None = None
    shifts: Sequence[Shift] = ()  # of what is being changed


@dataclass(frozen=True, kw_only=True)
class Span:
    """When it is."""

    starts_at: datetime
    ends_at: datetime
    all_day: bool
    first: date


def known_fields(data: Mapping[str, Any]) -> dict[str, str]:
    """Every answer that was sent, as it was written."""
    return {
        name: value
        for name, value in data.items()
        if isinstance(value, str) and value and (name in FIELDS or _OWN.fullmatch(name))
    }


def parse_event(data: Mapping[str, Any], setting: Setting) -> EventDraft:
    """All but who speaks and for whom. Raises InvalidInput with every problem."""
    form = Form(data)
    title = form.text("title", max_length=_TITLE_LENGTH)
    text = form.text("text", max_length=limits.TEXT_LENGTH, required=False, lines=True)
    span = _span(form, setting)
    repeats, until = _repeats(form, setting, span)
    facts: dict[str, Any] = {**_where(form), **_joining(form)}
    shifts, lines = _shifts(form, setting, span), _lines(form)
    if (shifts or lines) and facts["join_mode"] is not JoinMode.FREE:
        form.wrong("join", NEEDS_SIGN_UP)
    facts |= {
        "category": form.choice("category", ["", *CATEGORIES], default=""),
        "method": _method(form, setting),
        "project_id": _project(form, setting),
    }
    form.check()
    assert span is not None, "what is missing was noted"
    return EventDraft(
        title=title,
        text=text,
        language=setting.site.locale,
        starts_at=span.starts_at,
        ends_at=span.ends_at,
        all_day=span.all_day,
        timezone=setting.site.timezone,
        repeats=repeats,
        until=until,
        shifts=shifts,
        contributions=lines,
        **facts,
    )


def _span(form: Form, setting: Setting) -> Span | None:
    """From a day and hour to another; what is under way or over while it is changed may stay so."""
    first = _day(form, "starts", setting, required=True)
    last = _day(form, "ends", setting) if form.text("ends", required=False) else first
    all_day = form.ticked("all_day")
    hours = (time(0), time(0)) if all_day else _hours(form, "from", "to")
    if first is None or last is None or hours is None:
        return None
    ends = setting.at(last + timedelta(days=1 if all_day else 0), hours[1])
    span = Span(starts_at=setting.at(first, hours[0]), ends_at=ends, all_day=all_day, first=first)
    _check_span(form, span, last=last, setting=setting)
    return span


def _check_span(form: Form, span: Span, *, last: date, setting: Setting) -> None:
    if last < span.first:
        form.wrong("ends", ENDS_FIRST)
    elif span.ends_at <= span.starts_at:
        form.wrong("to", ENDS_BEFORE)
    elif span.ends_at <= setting.now:
        form.wrong("to", PAST_HOUR)
    elif span.starts_at <= setting.now and not span.all_day and not _began(setting, span.starts_at):
        form.wrong("from", PAST_HOUR)


def _began(setting: Setting, starts_at: datetime) -> bool:
    return setting.known is not None and setting.known.starts_at == starts_at


def _hours(form: Form, first: str, last: str) -> tuple[time, time] | None:
    starts, ends = form.parsed(first, hour_of), form.parsed(last, hour_of)
    return None if starts is None or ends is None else (starts, ends)


def _day(form: Form, name: str, setting: Setting, *, required: bool = False) -> date | None:
    day = form.parsed(name, lambda text: day_of(text, setting.today), required=required)
    if day is None:
        return None
    if day < setting.today and day not in _known_days(setting):
        form.wrong(name, PAST_DAY)
    elif day > setting.today + timedelta(days=limits.DAYS_AHEAD):
        form.wrong(name, TOO_FAR)
    else:
        return day
    return None


def _known_days(setting: Setting) -> list[date]:
    known = setting.known
    kept = [] if known is None else [known.starts_at, known.ends_at]
    return [at.astimezone(setting.zone).date() for at in kept]


def _repeats(form: Form, setting: Setting, span: Span | None) -> tuple[Rhythm | None, date | None]:
    """A rhythm always comes with its end: what comes again for ever is nobody's promise."""
    chosen = form.choice("repeats", ["", *Rhythm], default="")
    rhythm = Rhythm(chosen) if chosen else None
    if not form.text("until", required=False):
        if rhythm is not None:
            form.wrong("until", NOT_ENDED)
        return None, None
    until = _day(form, "until", setting)
    if rhythm is None:
        form.wrong("repeats", NOT_REPEATED)
    elif span is not None and until is not None:
        _check_repeats(form, span, rhythm=rhythm, until=until)
    return rhythm, until


def _check_repeats(form: Form, span: Span, *, rhythm: Rhythm, until: date) -> None:
    step = STEPS[rhythm]
    if until < span.first + step:
        form.wrong("until", NOT_TWICE)
    elif span.ends_at - span.starts_at > step:
        form.wrong("repeats", TOO_LONG_TO_REPEAT)


def _where(form: Form) -> dict[str, str]:
    found = {
        "place": form.text("place", max_length=160, required=False),
        "address": form.text("address", max_length=300, required=False),
        "online_url": form.page("online", required=False) or "",
    }
    if not any(found.values()) and "online" not in form.problems:
        form.wrong("place", SAY_WHERE)
    return found


def _joining(form: Form) -> dict[str, Any]:
    """How one says that one comes; a number of places only where that is said here."""
    mode = form.choice("join", list(JoinMode), default=JoinMode.FREE)
    found: dict[str, Any] = {"join_mode": mode, "join_url": "", "capacity": None}
    if mode is JoinMode.EXTERNAL:
        found["join_url"] = form.page("join_url") or ""
    elif mode is JoinMode.FREE:
        found["capacity"] = _number(form, "capacity")
    return found


def _number(form: Form, name: str) -> int | None:
    text = form.text(name, max_length=200, required=False)
    if not text:
        return None
    number = count_of(text) or 0
    if number < 1:
        form.wrong(name, AT_LEAST_ONE)
    elif number > limits.WANTED:
        form.wrong(name, TOO_MANY)
    return number


def rows_used(data: Mapping[str, Any]) -> list[int]:
    """The rows of tasks in which something stands."""
    rows = range(1, limits.SHIFTS_PER_EVENT + 1)
    parts = [part for part in SHIFT_PARTS if part != "id"]
    return [row for row in rows if any(str(data.get(f"shift{row}_{part}") or "").strip() for part in parts)]


def _shifts(form: Form, setting: Setting, span: Span | None) -> tuple[ShiftDraft, ...]:
    found = [_shift(form, row, setting=setting, span=span) for row in rows_used(form.data)]
    _check_taken(form, setting, {one.id for one in found})
    return tuple(found)


def _check_taken(form: Form, setting: Setting, kept: set[int | None]) -> None:
    """What somebody has taken is not wiped out by emptying its row."""
    rows = {form.data.get(f"shift{row}_id"): row for row in range(1, limits.SHIFTS_PER_EVENT + 1)}
    for shift in setting.shifts:
        row = rows.get(str(shift.id))
        if shift.taken and shift.id not in kept and row is not None:
            form.wrong(f"shift{row}_name", STILL_TAKEN)


def _shift(form: Form, row: int, *, setting: Setting, span: Span | None) -> ShiftDraft:
    prefix = f"shift{row}_"
    name = form.text(f"{prefix}name", max_length=80)
    wanted = _number(form, f"{prefix}wanted") or 1
    known = _known_shift(form, prefix, setting)
    if known is not None and wanted < known.taken:
        form.wrong(f"{prefix}wanted", TAKEN_BY)
    starts_at, ends_at = _shift_hours(form, prefix, setting=setting, span=span)
    return ShiftDraft(
        id=None if known is None else known.id,
        name=name,
        wanted=wanted,
        starts_at=starts_at,
        ends_at=ends_at,
        private_place=form.text(f"{prefix}place", max_length=500, required=False, lines=True),
    )


def _known_shift(form: Form, prefix: str, setting: Setting) -> Shift | None:
    number = form.text(f"{prefix}id", max_length=20, required=False)
    return next((one for one in setting.shifts if str(one.id) == number), None)


def _shift_hours(
    form: Form, prefix: str, *, setting: Setting, span: Span | None
) -> tuple[datetime | None, datetime | None]:
    """Both, or neither: then it is the whole time. Without a day it is the first one."""
    written = [form.text(f"{prefix}{part}", max_length=40, required=False) for part in ("from", "to")]
    day_name = f"{prefix}day"
    day = _day(form, day_name, setting)
    if not any(written):
        if day is not None:
            form.wrong(f"{prefix}from", MISSING)
        return None, None
    hours = _hours(form, f"{prefix}from", f"{prefix}to")
    if hours is None or span is None or day_name in form.problems:
        return None, None
    first = day or span.first
    starts = setting.at(first, hours[0])
    ends = setting.at(first + timedelta(days=1 if hours[1] <= hours[0] else 0), hours[1])
    if hours[1] <= hours[0] and ends - starts > _NIGHT:
        form.wrong(f"{prefix}to", ENDS_FIRST)
    elif not _near(span, starts, ends):
        form.wrong(f"{prefix}from", OUTSIDE)
    return starts, ends


_NIGHT = timedelta(hours=18)  # the longest that goes on past midnight
_AROUND = timedelta(days=1)  # to set up the evening before, to tidy up the day after


def _near(span: Span, starts: datetime, ends: datetime) -> bool:
    return span.starts_at - _AROUND <= starts and ends <= span.ends_at + _AROUND


def _lines(form: Form) -> tuple[str, ...]:
    """What somebody might bring: one thing in each line, each once."""
    text = form.text("contributions", max_length=limits.TEXT_LENGTH, required=False, lines=True)
    lines = tuple(dict.fromkeys(line.strip(" -•*\t") for line in text.splitlines() if line.strip(" -•*\t")))
    if len(lines) > limits.LINES_PER_EVENT or any(len(line) > _LINE_LENGTH for line in lines):
        form.wrong("contributions", TOO_MANY_LINES)
        return ()
    return lines


def _project(form: Form, setting: Setting) -> int | None:
    """The publication of the project for which it is announced."""
    code = form.text("project", max_length=20, required=False)
    if not code:
        return None
    found = next((one for one in setting.projects if one.code == code), None)
    if found is None:
        form.wrong("project", NOT_IN_PROJECT)
        return None
    return int(found.id)


def _method(form: Form, setting: Setting) -> str:
    """The key of what a workshop follows; also of one that was withdrawn since it was chosen."""
    kept = [setting.known.method] if setting.known is not None else []
    return form.choice("method", ["", *kept, *(method.key for method in setting.methods)], default="")


def found_in(draft: EventDraft) -> list[Found]:
    """What everybody would read there and perhaps should not. The address of an event is for everybody."""
    texts = [draft.title, draft.text, *draft.contributions, *(shift.name for shift in draft.shifts)]
    return [one for one in screen([*texts, draft.place]) if one.what is not STREET]


def values_of(event: Event, shifts: Sequence[Shift], *, lines: Sequence[str]) -> dict[str, str]:
    """What the fields of the form say for an event that is in the agenda already."""
    zone, publication = ZoneInfo(event.timezone), event.publication
    starts, ends = event.starts_at.astimezone(zone), event.ends_at.astimezone(zone)
    last = ends - timedelta(days=1) if event.all_day else ends
    values = {
        "title": publication.title,
        "text": publication.source,
        "category": event.category,
        "starts": typed_day(starts),
        "ends": typed_day(last) if last.date() != starts.date() else "",
        "all_day": "yes" if event.all_day else "",
        "from": "" if event.all_day else typed_hour(starts),
        "to": "" if event.all_day else typed_hour(ends),
        "place": event.place,
        "address": event.address,
        "online": event.online_url,
        "join": event.join_mode.value,
        "join_url": event.join_url,
        "capacity": str(event.capacity or ""),
        "contributions": "\n".join(lines),
        "method": event.method,
    }
    for row, shift in enumerate(shifts, start=1):
        values |= {
            f"shift{row}_{part}": value for part, value in _shift_values(shift, starts.date(), zone).items()
        }
    return {name: value for name, value in values.items() if value}


def _shift_values(shift: Shift, first: date, zone: ZoneInfo) -> dict[str, str]:
    values = {
        "id": str(shift.id),
        "name": shift.name,
        "wanted": str(shift.wanted),
        "place": shift.private_place,
    }
    if shift.starts_at is not None and shift.ends_at is not None:
        starts = shift.starts_at.astimezone(zone)
        values |= {"from": typed_hour(starts), "to": typed_hour(shift.ends_at.astimezone(zone))}
        values["day"] = typed_day(starts) if starts.date() != first else ""
    return values


def typed_day(at: datetime) -> str:
    return at.strftime("%d/%m/%Y")


def typed_hour(at: datetime) -> str:
    return f"{at.hour} h {at.minute:02}" if at.minute else f"{at.hour} h"
