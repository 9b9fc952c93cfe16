"""Forms about the village: what was sent -> a draft, or messages by field."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from decimal import Decimal
from typing import Any

from federation.errors import InvalidDocument
from federation.origin import parse_host
from hub import limits
from hub.places.distance import parse_latitude, parse_longitude
from hub.text import LOCALES, N_
from hub.village.models import Colours, Conformity, SignUp, VillageDraft, Visibility
from hub.web.fields import Form

NOT_A_CODE = N_("A commune's code has five signs, for example 26046 or 2A004.")
NOT_A_HOST = N_("One of these is no address of a site. Write them like www.saint-martin.fr, one a line.")
TOO_MANY_HOSTS = N_("These are more than 20 sites. Keep those that really show the board.")
BOTH_DEGREES = N_("Give both latitude and longitude, or none of them.")


def read_place(form: Form) -> dict[str, Any]:
    """`insee`, `latitude` and `longitude`, all optional, degrees only together."""
    insee = form.parsed("insee", _insee, NOT_A_CODE, required=False)
    latitude = form.parsed("latitude", parse_latitude, required=False)
    longitude = form.parsed("longitude", parse_longitude, required=False)
    if (latitude is None) != (longitude is None):
        form.wrong("longitude" if longitude is None else "latitude", BOTH_DEGREES)
    return {"insee": insee, "latitude": latitude, "longitude": longitude}


def _insee(text: str) -> str:
    code = text.upper()
    if len(code) != 5 or not (code[0].isdigit() and code[2:].isdigit() and code[1] in "0123456789AB"):
        raise ValueError(text)
    return code


def read_village(form: Form, *, handle: str) -> VillageDraft:
    """All that the page of settings asks."""
    return VillageDraft(
        name=form.text("name", max_length=120),
        handle=handle,
        locale=form.choice("locale", LOCALES),
        publisher=form.text("publisher", max_length=120),
        visibility=form.choice("visibility", Visibility),
        sign_up=form.choice("sign_up", SignUp),
        colours=form.choice("colours", Colours),
        conformity=form.choice("conformity", Conformity),
        is_region=form.ticked("is_region"),
        embed_hosts=_read_hosts(form),
        address=form.text("address", max_length=500, required=False, lines=True),
        hours=form.text("hours", max_length=500, required=False, lines=True),
        phone=form.phone("phone", required=False) or "",
        mail=form.mail("mail", required=False) or "",
        host=form.text("host", max_length=500, required=False, lines=True),
        **read_place(form),
    )


def _read_hosts(form: Form) -> str | None:
    """Other sites, one a line: their hosts, once each; whole addresses are taken too."""
    lines = form.text("embed_hosts", max_length=4000, required=False, lines=True).split()
    if len(lines) > limits.EMBED_HOSTS:
        form.wrong("embed_hosts", TOO_MANY_HOSTS)
    try:
        return "\n".join(dict.fromkeys(_host(line) for line in lines)) or None
    except InvalidDocument:
        form.wrong("embed_hosts", NOT_A_HOST)
        return None


def _host(text: str) -> str:
    """Raises InvalidDocument. A name without a dot is a slip, but for `localhost`."""
    host = parse_host(text.partition("://")[2].partition("/")[0] if "://" in text else text.rstrip("/"))
    if "." not in host and host.partition(":")[0] != "localhost":
        raise InvalidDocument("not a host")
    return host


def parse_village(data: Mapping[str, Any], *, handle: str) -> VillageDraft:
    """The facts of the village; its handle cannot change."""
    form = Form(data)
    draft = read_village(form, handle=handle)
    form.check()
    return draft


def as_typed(value: object) -> str:
    """A fact as its field shows it: small degrees without an exponent, which no field takes; `yes` a tick."""
    if isinstance(value, float):
        return f"{Decimal(repr(value)):f}"
    if isinstance(value, bool):
        return "yes" if value else ""
    return "" if value is None else str(value)


def values_of(draft: VillageDraft) -> dict[str, str]:
    """The fields of the form, as they are shown and sent again."""
    return {name: as_typed(value) for name, value in asdict(draft).items()}


def changed_in(data: Mapping[str, Any], now: Mapping[str, str]) -> dict[str, Any]:
    """What the facts are to be: what somebody changed in the form, and the rest as it is `now`.

    `was` in the form are the fields as it showed them, in JSON: what somebody else has changed since then,
    and this person has not touched, stays. Without it all of the form counts.
    """
    shown = _shown(data)
    kept = {name: now[name] for name, value in shown.items() if name in now and _same(data, name, value)}
    return {**data, **kept}


def _shown(data: Mapping[str, Any]) -> dict[str, Any]:
    try:
        shown = json.loads(str(data.get("was", "{}")))
    except (ValueError, RecursionError):
        return {}
    return shown if isinstance(shown, dict) else {}


def _same(data: Mapping[str, Any], name: str, value: object) -> bool:
    """Browsers send lines with \r\n."""
    return str(data.get(name, "")).replace("\r\n", "\n") == value


def parse_text(data: Mapping[str, Any]) -> str:
    """The words of a page, in Markdown; may be empty."""
    form = Form(data)
    text = form.text("text", max_length=limits.TEXT_LENGTH * 4, required=False, lines=True)
    form.check()
    return text
