"""The form of the first minute."""

from collections.abc import Mapping
from typing import Any

from hub.setup.actions import FirstMinute
from hub.text import LOCALES
from hub.village.forms import read_place
from hub.village.models import VillageDraft, Visibility
from hub.web.fields import Form


def parse_first_minute(data: Mapping[str, Any]) -> FirstMinute:
    """Only what must be known; everything else has a default that can be changed later."""
    form = Form(data)
    village = VillageDraft(
        name=form.text("name", max_length=120),
        handle=form.text("handle", max_length=40),
        locale=form.choice("locale", LOCALES),
        publisher=form.text("publisher", max_length=120),
        visibility=form.choice("visibility", Visibility, default=Visibility.PUBLIC),
        phone=form.phone("phone", required=False) or "",
        is_region=form.ticked("is_region"),
        **read_place(form),
    )
    name, mail = form.text("administrator", max_length=80), form.mail("contact")
    form.check()
    assert mail is not None
    return FirstMinute(village, name, mail)
