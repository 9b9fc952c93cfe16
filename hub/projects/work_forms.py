"""Forms of a group: a task, dates to choose from, answers to them, agreements."""

import re
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from hub.errors import InvalidInput
from hub.exchange.typed import day_of, hour_of
from hub.limits import DATES_PER_POLL, DAYS_AHEAD
from hub.projects.models import Answer
from hub.text import N_
from hub.web.fields import MISSING, Form

TITLE_LENGTH = 160
PLACE_LENGTH = 160
AGREEMENTS_LENGTH = 5000
USUAL = timedelta(hours=2)  # where nobody said until when

PAST_DAY = N_("That day is past. Choose today or later.")
TOO_FAR = N_("That is more than a year away. Choose an earlier day.")
ENDS_FIRST = N_("This is before the beginning.")
SAY_WHEN = N_("Say from when, like 18 h 30.")
ONE_ANSWER = N_("Answer for at least one of the dates.")

Span = tuple[datetime, datetime]


def parse_task(data: Mapping[str, Any], today: date) -> tuple[str, date | None]:
    form = Form(data)
    title = form.text("task", max_length=TITLE_LENGTH)
    due = _day(form, "task_due", today, required=False)
    form.check()
    return title, due


def parse_dates(data: Mapping[str, Any], now: datetime) -> tuple[str, list[Span]]:
    """What for, and the dates; lines without a day are left out. `now` is in the village's time zone."""
    form = Form(data)
    title = form.text("what", max_length=TITLE_LENGTH)
    spans = [span for number in range(1, DATES_PER_POLL + 1) if (span := _span(form, number, now))]
    if not spans and "d1_day" not in form.problems:
        form.wrong("d1_day", MISSING)
    form.check()
    return title, spans


def _span(form: Form, number: int, now: datetime) -> Span | None:
    """A line of the form: day, from, to; two hours where nobody said until when."""
    names = [f"d{number}_{part}" for part in ("day", "from", "to")]
    day = _day(form, names[0], now.date(), required=False)
    begins = form.parsed(names[1], hour_of, required=False)
    ends = form.parsed(names[2], hour_of, required=False)
    if day is None:
        if (begins or ends) and names[0] not in form.problems:
            form.wrong(names[0], MISSING)
        return None
    if begins is None:
        form.wrong(names[1], SAY_WHEN)
        return None
    return _between(form, names, day=day, begins=begins, ends=ends, now=now)


def _between(
    form: Form, names: list[str], *, day: date, begins: time, ends: time | None, now: datetime
) -> Span | None:
    zone = now.tzinfo
    starts_at = datetime.combine(day, begins, zone)
    ends_at = starts_at + USUAL if ends is None else datetime.combine(day, ends, zone)
    if ends_at <= starts_at:
        form.wrong(names[2], ENDS_FIRST)
    if starts_at <= now:
        form.wrong(names[0], PAST_DAY)
    return starts_at, ends_at


def parse_answers(data: Mapping[str, Any]) -> dict[int, Answer]:
    """`date7=yes`: by number of the date. Raises InvalidInput where there is none."""
    said = {value.value: value for value in Answer}
    found = {
        int(name.removeprefix("date")): said[str(value)]
        for name, value in data.items()
        if re.fullmatch("date[0-9]{1,18}", name) and str(value) in said
    }
    if not found:
        raise InvalidInput({"dates": ONE_ANSWER})
    return found


def parse_place(data: Mapping[str, Any]) -> str:
    form = Form(data)
    place = form.text("place", max_length=PLACE_LENGTH, required=False)
    form.check()
    return place


def parse_agreements(data: Mapping[str, Any], today: date) -> tuple[str, date | None]:
    """None of them: there are none any more."""
    form = Form(data)
    text = form.text("agreements", max_length=AGREEMENTS_LENGTH, required=False, lines=True)
    review = _day(form, "review", today, required=bool(text))
    form.check()
    return text, review


def _day(form: Form, name: str, today: date, *, required: bool) -> date | None:
    day = form.parsed(name, lambda text: day_of(text, today), required=required)
    if day is not None and day < today:
        form.wrong(name, PAST_DAY)
    if day is not None and (day - today).days > DAYS_AHEAD:
        form.wrong(name, TOO_FAR)
    return day
