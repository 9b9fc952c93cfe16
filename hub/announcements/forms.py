"""Forms about announcements: what was sent -> checked values, or messages by field."""

from collections.abc import Mapping
from typing import Any

from hub import limits
from hub.announcements.actions import AnnouncementDraft
from hub.media.forms import Photos
from hub.publications.models import Scope
from hub.web.fields import Form

SCOPES = (Scope.PUBLIC, Scope.VILLAGE)


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
