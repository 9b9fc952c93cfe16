"""Forms about answers to needs and offers: what was sent -> checked values, or messages by field."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from hub import limits
from hub.exchange.models import PledgeDraft, Proposal, Slot, Wish
from hub.exchange.screening import MAIL, PHONE, screen
from hub.exchange.typed import counted
from hub.participants.forms import person_of
from hub.participants.models import Person
from hub.participants.people import Somebody
from hub.text import N_
from hub.web.fields import Form

MESSAGE_LENGTH = 1000
NOT_A_NIGHT = N_("Choose one of the nights.")
NOT_A_NUMBER = N_("Write a number, like 2.")
CONTACT_IN_MESSAGE = N_(
    "Leave out phone numbers and mail addresses: everybody can read these words once they are accepted."
)


def parse_help(
    data: Mapping[str, Any], proposal: Proposal, slots: Sequence[Slot], *, who: Somebody | None, locale: str
) -> tuple[PledgeDraft, Person]:
    """ "I can help": what of, and who."""
    form = Form(data)
    person = person_of(form, who, locale)
    draft = PledgeDraft(
        quantity=_number(form, "quantity", least=1) or 1,
        message=_message(form),
        slot_id=form.choice("slot", [slot.id for slot in slots]) if slots else None,
        first_night=form.parsed("first_night", date.fromisoformat, NOT_A_NIGHT) if proposal.nights else None,
        last_night=form.parsed("last_night", date.fromisoformat, NOT_A_NIGHT) if proposal.nights else None,
    )
    form.check()
    return draft, person


def parse_wish(data: Mapping[str, Any], *, who: Somebody | None, locale: str) -> tuple[Wish, Person, bool]:
    """ "Me too" or "I want to look after it", who, and whether the others may learn how to reach them."""
    form = Form(data)
    wish = form.choice("wish", list(Wish))
    person = person_of(form, who, locale)
    form.check()
    return wish, person, wish is Wish.TAKE_CHARGE and form.ticked("shares")


def parse_words(data: Mapping[str, Any], name: str, *, required: bool = False) -> str:
    """Thanks, or a reason."""
    form = Form(data)
    words = form.text(name, max_length=MESSAGE_LENGTH, required=required, lines=True)
    form.check()
    return words


def parse_delivered(data: Mapping[str, Any]) -> int | None:
    """How many of what was promised came; None: all."""
    form = Form(data)
    number = _number(form, "delivered", least=0)
    form.check()
    return number


def parse_quantity(data: Mapping[str, Any]) -> int:
    """How many an answer from the open network is meant for; one, unless the author said otherwise."""
    form = Form(data)
    number = _number(form, "quantity", least=1)
    form.check()
    return number or 1


def _number(form: Form, name: str, *, least: int) -> int | None:
    return form.parsed(name, counted(least, limits.WANTED), NOT_A_NUMBER, required=False)


def _message(form: Form) -> str:
    words = form.text("message", max_length=MESSAGE_LENGTH, required=False, lines=True)
    if any(one.what in (PHONE, MAIL) for one in screen([words])):
        form.wrong("message", CONTACT_IN_MESSAGE)
    return words
