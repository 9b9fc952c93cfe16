"""What every form asks of who takes part: who they are, and that it comes once."""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from hub.participants.models import Person
from hub.participants.people import Somebody, known_person
from hub.web.fields import Form
from hub.web.viewer import Site

_CODE = re.compile("[0-9a-f]{32}")


@dataclass(frozen=True, kw_only=True)
class HereAndNow:
    """The village and the moment against which days and hours in a form are read."""

    site: Site
    now: datetime

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.site.timezone)

    @property
    def today(self) -> date:
        return self.now.astimezone(self.zone).date()

    def at(self, day: date, hour: time) -> datetime:
        """That moment in the village, as UTC."""
        return datetime.combine(day, hour, self.zone).astimezone(UTC)


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
