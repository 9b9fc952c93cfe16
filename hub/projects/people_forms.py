"""Forms about the people of a project: what was sent -> checked values, or messages by field."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.datastructures import FormData, QueryParams

from hub.organisations.models import Kind, Spokesperson, words_key
from hub.participants.forms import person_of
from hub.participants.models import Person
from hub.participants.people import Somebody
from hub.projects.models import ContributorDraft, ProjectDraft
from hub.publications.models import Scope
from hub.web.fields import Form

MESSAGE_LENGTH = 1000
CONTACT_LENGTH = 300
ROLE_LENGTH = 120
TITLE_LENGTH = 120
TEXT_LENGTH = 5000


def parse_join(
    data: Mapping[str, Any], speaks: Sequence[Spokesperson], *, who: Somebody | None, locale: str
) -> tuple[ContributorDraft, Person]:
    """ "I take part", for oneself (`self`) or for an organisation (its number)."""
    form = Form(data)
    person = person_of(form, who, locale)
    voices = ["self", *[str(one.organisation_id) for one in speaks]]
    voice = form.choice("as", voices, default="self") if speaks else "self"
    draft = ContributorDraft(
        message=form.text("message", max_length=MESSAGE_LENGTH, required=False, lines=True),
        organisation_id=None if voice == "self" else int(voice),
    )
    form.check()
    return draft, person


def parse_carrier(data: Mapping[str, Any]) -> tuple[str, str]:
    """How everybody reaches a carrier, and what they are in words."""
    form = Form(data)
    contact = form.text("contact_shown", max_length=CONTACT_LENGTH)
    role = form.text("role", max_length=ROLE_LENGTH, required=False)
    form.check()
    return contact, role


def parse_reason(data: Mapping[str, Any]) -> str:
    form = Form(data)
    reason = form.text("reason", max_length=MESSAGE_LENGTH, required=False, lines=True)
    form.check()
    return reason


@dataclass(frozen=True, kw_only=True)
class Choice:
    """Of whom the directory is asked for: none of a sort means any."""

    kinds: tuple[Kind, ...] = ()
    themes: tuple[str, ...] = ()  # as words_key() makes them

    @property
    def is_made(self) -> bool:
        return bool(self.kinds or self.themes)


def parse_choice(data: QueryParams | FormData) -> Choice:
    """What is not a kind is left out: it comes from an address."""
    wanted = data.getlist("kind")
    themes = [words_key(str(one)) for one in data.getlist("theme") if str(one).strip()]
    return Choice(kinds=tuple(kind for kind in Kind if kind.value in wanted), themes=tuple(themes))


def parse_invitation(data: FormData) -> tuple[list[int], str]:
    """Numbers of organisations, and a word to them."""
    form = Form(data)
    words = form.text("words", max_length=MESSAGE_LENGTH, required=False, lines=True)
    form.check()
    texts = [str(one) for one in data.getlist("organisation")]
    return [int(text) for text in texts if text.isdecimal() and len(text) < 10], words


def parse_together(data: Mapping[str, Any], *, scope: Scope, category: str) -> ProjectDraft:
    """A project that comes of a need; who sees it is as with the need."""
    form = Form(data)
    draft = ProjectDraft(
        title=form.text("title", max_length=TITLE_LENGTH),
        text=form.text("text", max_length=TEXT_LENGTH, lines=True),
        contact=form.text("contact_shown", max_length=CONTACT_LENGTH),
        scope=scope,
        category=category,
    )
    form.check()
    return draft
