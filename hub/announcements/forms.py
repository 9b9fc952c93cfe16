"""Forms about announcements: what was sent -> checked values, or messages by field."""

import re
from collections.abc import Mapping
from typing import Any

from hub import limits
from hub.announcements.actions import AnnouncementDraft
from hub.media.forms import Photos
from hub.publications.documents import CODE_LENGTH, CODE_MARKS
from hub.publications.models import Scope
from hub.web.fields import Form

SCOPES = (Scope.PUBLIC, Scope.VILLAGE)
_CODE = re.compile(f"[{CODE_MARKS}]{{{CODE_LENGTH}}}")


def parse_announcement(
    data: Mapping[str, Any], *, language: str, photos: Photos | None = None
) -> AnnouncementDraft:
    """`language` is the village's: people write its news in it. `photos`: of the same form."""
    form = Form(data)
    draft = AnnouncementDraft(
        title=form.text("title", max_length=120),
        text=form.text("text", max_length=limits.TEXT_LENGTH, lines=True),
        scope=form.choice("scope", SCOPES, default=Scope.PUBLIC),
        language=language,
        photos=None if photos is None else photos.drafts,
    )
    for name, problem in ({} if photos is None else photos.problems).items():
        form.wrong(name, problem)
    form.check()
    return draft


def parse_answer(data: Mapping[str, Any]) -> str:
    """The words of an answer."""
    form = Form(data)
    text = form.text("text", max_length=limits.TEXT_LENGTH, lines=True)
    form.check()
    return text


def parse_code(data: Mapping[str, Any]) -> str:
    """The code that the form was given, so that it makes one publication however often it is sent."""
    code = str(data.get("code", ""))
    return code if _CODE.fullmatch(code) else ""


def parse_id(data: Mapping[str, Any], name: str) -> int | None:
    """The number of a row, as a button sends it; None where there is none."""
    text = str(data.get(name, ""))
    return int(text) if re.fullmatch("[0-9]{1,18}", text) else None
