"""Forms of agreements: what was sent -> checked values, or messages by field."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from hub.neighbours.wire import KINDS, MOST_KM, WHY_CHARS, Terms
from hub.text import N_
from hub.web.fields import Form

NOTHING_SENT = N_("Tick at least one thing. To exchange nothing, refuse or pause the agreement.")
NOT_A_DISTANCE = N_("Write a number of kilometres, from 1 to 1000, or leave it empty.")
NOT_A_DAY = N_("Choose a day within the next six months.")
LONGEST_WAIT = timedelta(days=183)


def parse_terms(data: Mapping[str, Any], *, sends_nothing: bool = False) -> Terms:
    """What we send, how far around, and why; `sends_nothing`: this site shows villages and sends nothing."""
    form = Form(data)
    terms = _terms(form, sends_nothing=sends_nothing)
    form.check()
    return terms


def parse_proposal(data: Mapping[str, Any], *, sends_nothing: bool = False) -> tuple[str, Terms]:
    """The address of the other village, and the terms."""
    form = Form(data)
    address = form.text("address", max_length=300)
    terms = _terms(form, sends_nothing=sends_nothing)
    form.check()
    return address, terms


def _terms(form: Form, *, sends_nothing: bool) -> Terms:
    sends = tuple(kind.value for kind in KINDS if form.ticked(f"sends_{kind.value}"))
    if not sends and not sends_nothing:
        form.wrong("sends", NOTHING_SENT)
    return Terms(
        sends=() if sends_nothing else sends,
        within=form.parsed("within", parse_distance, required=False),
        why=form.text("why", max_length=WHY_CHARS, required=False),
    )


def parse_words(
    data: Mapping[str, Any], name: str, *, required: bool = True, most: int = WHY_CHARS, lines: bool = False
) -> str:
    """Some words that others read."""
    form = Form(data)
    words = form.text(name, max_length=most, required=required, lines=lines)
    form.check()
    return words


def parse_until(data: Mapping[str, Any], today: date) -> tuple[datetime, str]:
    """Until when the answer is put off, and a word about it."""
    form = Form(data)
    until = form.parsed("until", date.fromisoformat, NOT_A_DAY)
    word = form.text("word", max_length=WHY_CHARS, required=False)
    if until is not None and not today <= until <= today + LONGEST_WAIT:
        form.wrong("until", NOT_A_DAY)
    form.check()
    assert until is not None
    return datetime.combine(until, time(12), UTC), word


def parse_distance(text: str) -> int:
    """Whole kilometres; raises ValueError with a sentence for people."""
    digits = text.lower().removesuffix("km").strip()
    if not (digits.isascii() and digits.isdigit()) or len(digits) > 4 or not 0 < int(digits) <= MOST_KM:
        raise ValueError(NOT_A_DISTANCE)
    return int(digits)
