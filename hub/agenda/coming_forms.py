"""Forms of who comes: what was sent -> checked values, or messages by field."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from hub import limits
from hub.agenda.models import Contribution, JoinDraft, Shift
from hub.exchange.screening import screen
from hub.exchange.typed import counted
from hub.participants.forms import person_of
from hub.participants.models import Person
from hub.participants.people import Somebody
from hub.text import N_
from hub.web.fields import Form

NOTE_LENGTH = 500
NAME_LENGTH = 80
LINE_LENGTH = 120
TEAM_NOTE_LENGTH = 2000
REASON_LENGTH = 1000
NO_BENEFICIARIES = N_("Leave out names, numbers and addresses of those whom you visit.")
NOT_SO_MANY = N_("Write a number from 1 to 20.")


def parse_join(
    data: Mapping[str, Any],
    shifts: Sequence[Shift],
    lines: Sequence[Contribution],
    *,
    who: Somebody | None,
    locale: str,
) -> tuple[JoinDraft, Person]:
    """ "I am coming": who, with how many, for what, and what they bring."""
    form = Form(data)
    person = person_of(form, who, locale)
    draft = JoinDraft(
        people=_people(form),
        shift_id=_shift(form, shifts),
        note=form.text("note", max_length=NOTE_LENGTH, required=False, lines=True),
        contributions=tuple(line.id for line in lines if form.ticked(f"brings-{line.id}")),
    )
    form.check()
    return draft, person


def parse_change(data: Mapping[str, Any]) -> tuple[int, str]:
    """Another number of people, another word for the team."""
    form = Form(data)
    found = _people(form), form.text("note", max_length=NOTE_LENGTH, required=False, lines=True)
    form.check()
    return found


def parse_name(data: Mapping[str, Any]) -> str:
    """Who is at the door."""
    form = Form(data)
    name = form.text("name", max_length=NAME_LENGTH)
    form.check()
    return name


def parse_person(
    data: Mapping[str, Any], shifts: Sequence[Shift], *, locale: str
) -> tuple[JoinDraft, Person, bool]:
    """Somebody whom the team writes down: what they come for, who they are, whether they are there."""
    form = Form(data)
    name = form.text("name", max_length=NAME_LENGTH)
    mail, phone = form.contact("contact") if form.data.get("contact") else (None, None)
    draft = JoinDraft(people=_people(form), shift_id=_shift(form, shifts))
    form.check()
    return draft, Person(name=name, mail=mail, phone=phone, locale=locale), form.ticked("there")


def parse_ticks(data: Mapping[str, Any]) -> tuple[set[int], set[int]]:
    """Attendances that are ticked now, and those that were when the list was shown."""
    came = {int(name[5:]) for name in data if re.fullmatch("came-[0-9]{1,18}", name)}
    before = {int(number) for number in re.findall("[0-9]{1,18}", str(data.get("before", "")))}
    return came, before


def parse_note(data: Mapping[str, Any]) -> str:
    """A word of the team among itself: nothing that says who somebody is or where they live."""
    form = Form(data)
    text = form.text("text", max_length=TEAM_NOTE_LENGTH, lines=True)
    if screen([text]):
        form.wrong("text", NO_BENEFICIARIES)
    form.check()
    return text


def parse_text(data: Mapping[str, Any], name: str, *, most: int, required: bool = True) -> str:
    """A line, a note, a reason."""
    form = Form(data)
    words = form.text(name, max_length=most, required=required, lines=most > LINE_LENGTH)
    form.check()
    return words


def _people(form: Form) -> int:
    return form.parsed("people", counted(1, limits.TOGETHER), NOT_SO_MANY, required=False) or 1


def _shift(form: Form, shifts: Sequence[Shift]) -> int | None:
    """None: no role, or the event has none."""
    if not shifts or not form.data.get("shift"):
        return None
    chosen: int = form.choice("shift", [shift.id for shift in shifts])
    return chosen
