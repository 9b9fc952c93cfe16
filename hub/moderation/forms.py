"""Forms of reports and decisions: what was sent -> checked values, or messages by field."""

import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from hub import limits
from hub.moderation.models import Basis, ComplaintDraft, Ground, Outcome, Verdict, read_number
from hub.publications.documents import CODE
from hub.text import N_
from hub.web.fields import Form, lenient_split

NOT_HERE = N_("This is not an address of this site. Copy it from the bar at the top of your browser.")
IN_GOOD_FAITH = N_("Tick this: without it the report cannot be sent.")


def parse_complaint(
    data: Mapping[str, Any], *, locale: str, member_id: int | None = None, origin: str = ""
) -> tuple[ComplaintDraft, str]:
    """The report, and the path that it is about; where a minor is in danger nobody has to say their name."""
    form = Form(data)
    path = form.parsed("what", lambda text: read_address(text, origin=origin)) or ""
    ground = form.choice("ground", Ground)
    explanation = form.text("explanation", max_length=limits.TEXT_LENGTH, lines=True)
    free = ground is Ground.MINOR and "ground" not in form.problems
    name = form.text("name", max_length=80, required=not free)
    mail, phone = _contact(form, required=not free)
    if not form.ticked("good_faith"):
        form.wrong("good_faith", IN_GOOD_FAITH)
    form.check()
    draft = ComplaintDraft(
        ground=ground,
        explanation=explanation,
        name=name,
        mail=mail,
        phone=phone,
        locale=locale,
        member_id=member_id,
    )
    return draft, path


def _contact(form: Form, *, required: bool) -> tuple[str | None, str | None]:
    if required or str(form.data.get("contact", "")).strip():
        return form.contact("contact")
    return None, None


def read_address(text: str, *, origin: str) -> str:
    """The path of an address of this site, of a code, or of a @NAME. Raises ValueError."""
    text = text.strip()
    if CODE.fullmatch(text.lower()):
        return f"/{text.lower()}"
    if re.fullmatch(r"@[A-Za-z0-9_-]{1,40}", text):
        return f"/{text.lower()}"
    if not text.startswith("/"):
        parts, ours = lenient_split(text if "://" in text else f"https://{text}"), urlsplit(origin)
        if parts.netloc.lower() != ours.netloc or parts.scheme not in ("http", "https"):
            raise ValueError(NOT_HERE)
        text = parts.path or "/"
    path = text.partition("?")[0].partition("#")[0]
    if not re.fullmatch(r"/(?!/)[\x21-\x7e]{0,298}", path):
        raise ValueError(NOT_HERE)
    return path


def parse_form_number(data: Mapping[str, Any]) -> str:
    """The number that the form was given, so that it makes one report however often it is sent."""
    return read_number(str(data.get("number", "")))


def parse_verdict(data: Mapping[str, Any], outcomes: Iterable[Outcome]) -> Verdict:
    """A decision with its ground and its reason."""
    form = Form(data)
    verdict = Verdict(
        outcome=form.choice("outcome", outcomes),
        basis=form.choice("basis", Basis),
        rule=form.text("rule", max_length=200, required=False),
        reason=form.text("reason", max_length=1000, lines=True),
    )
    form.check()
    return verdict


def parse_words(data: Mapping[str, Any], name: str, *, max_length: int = 1000) -> str:
    """Some lines that somebody has to write."""
    form = Form(data)
    words = form.text(name, max_length=max_length, lines=True)
    form.check()
    return words
