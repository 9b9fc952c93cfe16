"""What every form asks of who takes part: who they are, and that it comes once."""

import re
import secrets
from collections.abc import Mapping
from typing import Any

from hub.participants.models import Person
from hub.participants.people import Somebody, known_person
from hub.web.fields import Form

_CODE = re.compile("[0-9a-f]{32}")


def new_form_code() -> str:
    """For a form that makes one pledge however often it is sent; nobody guesses another's."""
    return secrets.token_hex(16)


def parse_form_code(data: Mapping[str, Any]) -> str:
    code = str(data.get("code", ""))
    return code if _CODE.fullmatch(code) else ""


def person_of(form: Form, who: Somebody | None, locale: str) -> Person:
    """A member or a guest is known; anybody else leaves a name and one way to reach them."""
    if who is not None:
        return known_person(who, locale)
    name = form.text("name", max_length=80)
    mail, phone = form.contact("contact")
    return Person(name=name, mail=mail, phone=phone, locale=locale)
