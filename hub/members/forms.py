"""Forms about accounts: what was sent -> checked values, or messages by field."""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from hub.members.actions import Joining
from hub.members.models import Rhythm, Role
from hub.notifications.rhythm import OF_DIGEST, OF_NOTICES
from hub.text import LOCALES, N_
from hub.web.fields import Form

PHONE_LIKE = re.compile(r"[+0-9 .()/-]{3,}")
PHONE_HERE = N_(
    "This is a phone number. Without a mail address one comes in with a slip: ask the town hall for one."
)
ACCEPT_CHARTER = N_("Tick the box if you agree with the charter.")


class Profile(NamedTuple):
    """What a member says about themself."""

    name: str
    locale: str
    rhythm: Rhythm
    notices: Rhythm


class Guest(NamedTuple):
    """Somebody to invite."""

    name: str
    mail: str | None
    phone: str | None
    role: Role


def parse_mail(data: Mapping[str, Any]) -> str:
    """The address of `contact`."""
    form = Form(data)
    if "@" not in form.text("contact") and PHONE_LIKE.fullmatch(form.text("contact")):
        form.wrong("contact", PHONE_HERE)
    mail = form.mail("contact")
    form.check()
    assert mail is not None
    return mail


def parse_joining(data: Mapping[str, Any], locale: str) -> Joining:
    """Name, mail and a yes to the charter."""
    form = Form(data)
    name, mail = form.text("name", max_length=80), form.mail("contact")
    if not form.ticked("charter"):
        form.wrong("charter", ACCEPT_CHARTER)
    form.check()
    assert mail is not None
    return Joining(name=name, mail=mail, locale=locale)


def parse_name(data: Mapping[str, Any]) -> str:
    """`name`, and a yes to the charter."""
    form = Form(data)
    name = form.text("name", max_length=80)
    if not form.ticked("charter"):
        form.wrong("charter", ACCEPT_CHARTER)
    form.check()
    return name


def parse_profile(data: Mapping[str, Any]) -> Profile:
    """Name, language, how often to hear from the village."""
    form = Form(data)
    profile = Profile(
        form.text("name", max_length=80),
        form.choice("locale", LOCALES),
        form.choice("rhythm", OF_DIGEST),
        form.choice("notices", OF_NOTICES, default=Rhythm.AT_ONCE),
    )
    form.check()
    return profile


def parse_guest(data: Mapping[str, Any]) -> Guest:
    """Name, one contact, and the role, which only administrators may choose."""
    form = Form(data)
    name, (mail, phone) = form.text("name", max_length=80), form.contact("contact")
    role = form.choice("role", Role, default=Role.RESIDENT)
    form.check()
    return Guest(name, mail, phone, role)


def parse_role(data: Mapping[str, Any]) -> Role:
    """The role to give."""
    form = Form(data)
    role = form.choice("role", Role)
    form.check()
    return role
