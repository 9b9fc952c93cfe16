"""Forms about organisations: what was sent -> checked values, or messages by field."""

from collections.abc import Iterable, Mapping
from typing import Any

from starlette.datastructures import UploadFile

from hub import limits
from hub.errors import InvalidInput
from hub.organisations.models import Kind, OrganisationDraft
from hub.text import N_
from hub.web.fields import TOO_LONG, Form

NO_FILE = N_("Choose a file first.")
SAY_WHY = N_("Say why: the person will read it.")


def parse_organisation(data: Mapping[str, Any], kinds: Iterable[Kind]) -> OrganisationDraft:
    """The facts of an organisation of one of these kinds; the first is the one if none is sent."""
    form = Form(data)
    draft = read_organisation(form, kinds)
    form.check()
    return draft


def read_organisation(form: Form, kinds: Iterable[Kind]) -> OrganisationDraft:
    """The same for a row of a table: problems stay on `form`."""
    kinds = list(kinds)
    website = form.page("website", required=False) or ""
    if len(website) > 300:
        form.wrong("website", TOO_LONG)
    return OrganisationDraft(
        name=form.text("name", max_length=120),
        kind=form.choice("kind", kinds, default=kinds[0]),
        activity=form.text("activity", max_length=80, required=False),
        text=form.text("text", max_length=limits.TEXT_LENGTH, required=False, lines=True),
        contact_name=form.text("contact_name", max_length=80, required=False),
        mail=form.mail("mail", required=False) or "",
        phone=form.phone("phone", required=False) or "",
        website=website,
        area=form.text("area", max_length=80, required=False),
    )


def parse_handle(data: Mapping[str, Any]) -> str:
    """The wished-for handle, or "" when it may be made of the name."""
    form = Form(data)
    handle = form.text("handle", max_length=60, required=False)
    form.check()
    return handle


def parse_claim(data: Mapping[str, Any]) -> str:
    """Who the claimant is in the organisation, in their words."""
    form = Form(data)
    message = form.text("message", max_length=1000, lines=True)
    form.check()
    return message


def parse_decision(data: Mapping[str, Any]) -> tuple[bool, str]:
    """Whether a claim is granted, and the town hall's words; a no needs some."""
    form = Form(data)
    granted = form.choice("decision", ("grant", "decline")) == "grant"
    answer = form.text("answer", max_length=1000, required=False, lines=True)
    if not granted and not answer:
        form.wrong("answer", SAY_WHY)
    form.check()
    return granted, answer


def parse_spokesperson(data: Mapping[str, Any]) -> tuple[str, bool]:
    """The mail address of a member, and whether they also manage the page."""
    form = Form(data)
    mail = form.mail("mail")
    form.check()
    assert mail is not None
    return mail, form.ticked("manages")


async def read_upload(data: Mapping[str, Any]) -> bytes:
    """The file that was sent."""
    file = data.get("file")
    content = await file.read() if isinstance(file, UploadFile) else b""
    if not content:
        raise InvalidInput({"file": NO_FILE})
    return content
