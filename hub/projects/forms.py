"""Forms about projects: fields -> drafts, or messages by field."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from hub import limits
from hub.exchange.categories import CATEGORIES
from hub.exchange.forms import parse_sure as parse_sure
from hub.exchange.forms import parse_words as parse_words
from hub.exchange.screening import Found, screen
from hub.exchange.typed import counted, day_of
from hub.organisations.models import Spokesperson
from hub.participants.forms import HereAndNow
from hub.projects.models import ACTIVE, ChapterDraft, HeardNeedDraft, ProjectDraft, Sort, Stage
from hub.publications.models import Scope
from hub.text import N_
from hub.web.fields import Form
from hub.web.viewer import Site

STEPS = 10  # that can be planned when a project begins
TITLE_LENGTH, SHORT, CALL_LENGTH = 120, 80, 500
_STEP = re.compile(r"step[0-9]{1,2}_(?:on|title|text)|photo[1-9]-(?:kept|alt|decorative)|photo-consent")
_NAMES = frozenset(
    "title text category area due call approves scope as stage contact_shown source_name source_link sure"
    " change code template experience".split()
)

NOT_YET = N_("That day has not come yet. Choose today or earlier.")
PAST_DAY = N_("That day is past. Choose today or later.")
TOO_FAR = N_("That is more than five years away. Choose an earlier day.")
WHICH_DAY = N_("Say which day, too.")
WHAT_IS_PLANNED = N_("Say what is planned for that day.")
A_NUMBER = N_("Write a number, or nothing.")
_FIRST, _AHEAD = date(1900, 1, 1), 5 * 366


@dataclass(frozen=True, kw_only=True)
class Setting(HereAndNow):
    """What a form is read against. `kept`: a day that is there already, which may be past."""

    scopes: Sequence[Scope] = ()
    kept: date | None = None


def setting_of(site: Site, **facts: Any) -> Setting:
    return Setting(site=site, now=datetime.now(UTC), **facts)


def known_fields(data: Mapping[str, Any]) -> dict[str, str]:
    """Every answer that was sent, as it was written."""
    return {
        name: value
        for name, value in data.items()
        if isinstance(value, str) and value and (name in _NAMES or _STEP.fullmatch(name))
    }


def parse_project(data: Mapping[str, Any], setting: Setting, *, known: Scope | None = None) -> ProjectDraft:
    """A project that begins, or, where its scope is `known`, its new words. Raises InvalidInput."""
    form = Form(data)
    facts: dict[str, Any] = {
        "title": form.text("title", max_length=TITLE_LENGTH),
        "text": form.text("text", max_length=limits.TEXT_LENGTH, lines=True),
        "category": form.choice("category", list(CATEGORIES), default="other"),
        "area": form.text("area", max_length=SHORT, required=False),
        "due": _day_ahead(form, "due", setting),
        "call": form.text("call", max_length=CALL_LENGTH, required=False, lines=True),
        "approves": form.ticked("approves"),
    }
    if known is None:
        facts |= _beginning(form, setting)
    form.check()
    return ProjectDraft(language=setting.site.locale, **{"scope": known, **facts})


def _beginning(form: Form, setting: Setting) -> dict[str, Any]:
    """What is asked once: for whom, how to reach who carries it, where it comes from, what is planned."""
    mail, phone = form.contact("contact_shown")
    return {
        "contact": mail or phone or "",
        "scope": form.choice("scope", list(setting.scopes), default=setting.scopes[-1]),
        "stage": form.choice("stage", [stage for stage in Stage if stage in ACTIVE], default=Stage.OBSERVED),
        "inspired_by_name": form.text("source_name", max_length=200, required=False),
        "inspired_by": form.page("source_link", required=False) or "",
        "chapters": tuple(_steps(form, setting)),
    }


def _steps(form: Form, setting: Setting) -> Iterable[ChapterDraft]:
    """Rows in which somebody wrote anything."""
    for row in used_steps(form.data):
        prefix = f"step{row}_"
        title = form.text(f"{prefix}title", max_length=160, required=False)
        text = form.text(f"{prefix}text", max_length=1000, required=False, lines=True)
        on = _day_ahead(form, f"{prefix}on", setting)
        if not title:
            form.wrong(f"{prefix}title", WHAT_IS_PLANNED)
        if on is None:
            form.wrong(f"{prefix}on", WHICH_DAY)
        else:
            yield ChapterDraft(on=on, title=title, text=text)


def used_steps(data: Mapping[str, Any]) -> list[int]:
    """A step without a title is taken out: its day and its words came with the process."""
    return [row for row in range(1, STEPS + 1) if _has(data, f"step{row}_title") or _is_new(data, row)]


def _is_new(data: Mapping[str, Any], row: int) -> bool:
    return _has(data, f"step{row}_on") and not _has(data, "template")


def _has(data: Mapping[str, Any], name: str) -> bool:
    return bool(str(data.get(name) or "").strip())


def parse_organisation(data: Mapping[str, Any], speaks_for: Sequence[Spokesperson]) -> int | None:
    """In whose name: None for oneself. Raises InvalidInput."""
    form = Form(data)
    handles = {f"@{one.organisation.handle}": one.organisation_id for one in speaks_for}
    voice = form.choice("as", ["self", *handles], default="self")
    form.check()
    return handles.get(voice)


def found_in(draft: ProjectDraft) -> list[Found]:
    """What everybody would read there and perhaps should not."""
    chapters = [words for chapter in draft.chapters for words in (chapter.title, chapter.text)]
    return screen([draft.title, draft.text, draft.call, *chapters], draft.area)


def parse_change(data: Mapping[str, Any]) -> tuple[str, tuple[str, str]]:
    """What was added, in words, and the example that it comes from: name and link. Raises InvalidInput."""
    form = Form(data)
    change = form.text("change", max_length=300, required=False)
    name = form.text("source_name", max_length=200, required=False)
    link = form.page("source_link", required=False) or ""
    form.check()
    return change, (name, link)


@dataclass(frozen=True, kw_only=True)
class Move:
    """To another stage: since when, under which title, with what to tell."""

    stage: Stage
    on: date
    title: str
    text: str


def parse_move(data: Mapping[str, Any], setting: Setting) -> Move:
    """Raises InvalidInput."""
    form = Form(data)
    stage = form.choice("stage", [stage for stage in Stage if stage in ACTIVE])
    on = _day(form, "on", setting) or setting.today
    if on > setting.today:
        form.wrong("on", NOT_YET)
    title = form.text("title", max_length=160, required=False)
    text = form.text("text", max_length=limits.TEXT_LENGTH, required=False, lines=True)
    form.check()
    return Move(stage=stage, on=on, title=title, text=text)


def parse_chapter(data: Mapping[str, Any], setting: Setting) -> ChapterDraft:
    """Of the past or to come. Raises InvalidInput."""
    form = Form(data)
    on = _day(form, "on", setting, required=True)
    draft = ChapterDraft(
        on=on or setting.today,
        title=form.text("title", max_length=160),
        text=form.text("text", max_length=limits.TEXT_LENGTH, required=False, lines=True),
        link=form.page("link", required=False) or "",
    )
    form.check()
    return draft


def parse_components(data: Mapping[str, Any], *, most: int) -> list[str]:
    """Names of parts, in their order. Raises InvalidInput."""
    form = Form(data)
    names = [form.text(f"part{row}", max_length=SHORT, required=False) for row in range(1, most + 1)]
    form.check()
    return [name for name in names if name]


def parse_heard(data: Mapping[str, Any], components: Iterable[int]) -> HeardNeedDraft:
    """A need that was heard; its link to the board is looked for by the page. Raises InvalidInput."""
    form = Form(data)
    title = form.text("title", max_length=160)
    how_many = counted(0, 999_999)
    said_by = {
        sort.value: form.parsed(f"said_{sort.value}", how_many, A_NUMBER, required=False) for sort in Sort
    }
    covered = {"yes": True, "part": False, "no": None}[form.choice("covered", ["yes", "part", "no"], "no")]
    form.check()
    return HeardNeedDraft(
        title=title,
        said_by={sort: count for sort, count in said_by.items() if count},
        covered_by=[number for number in components if form.ticked(f"by_{number}")],
        is_covered=covered,
    )


def _day(form: Form, name: str, setting: Setting, *, required: bool = False) -> date | None:
    """Of this century or the last one, and no further ahead than people plan."""
    day = form.parsed(name, lambda text: day_of(text, setting.today), required=required)
    if day is None:
        return None
    if day < _FIRST or (day - setting.today).days > _AHEAD:
        form.wrong(name, TOO_FAR)
        return None
    return day


def _day_ahead(form: Form, name: str, setting: Setting) -> date | None:
    day = _day(form, name, setting)
    if day is not None and day < setting.today and day != setting.kept:
        form.wrong(name, PAST_DAY)
        return None
    return day
