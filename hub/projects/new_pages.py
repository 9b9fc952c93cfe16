"""A project is begun: from nothing, from a process, or from what another village learnt. One form."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from hub import limits
from hub.errors import Conflict, InvalidInput, TooMany
from hub.exchange.categories import CATEGORIES
from hub.exchange.new_pages import WAIT_A_MOMENT, free_code, scopes, uploader
from hub.media.forms import Photos, no_photos, take_photos
from hub.organisations.home import spoken_for
from hub.participants.models import Person
from hub.projects import actions, forms
from hub.projects.experiences import credit_of
from hub.projects.forms import Setting, setting_of
from hub.projects.models import Experience, Project, ProjectDraft, Stage
from hub.projects.templates import Template, shipped
from hub.projects.words import STAGE_NAMES
from hub.publications.documents import new_code, parse_code
from hub.publications.models import Kind, Publication
from hub.publications.showing import reader_of
from hub.publications.visibility import may_see
from hub.text import N_, current_locale, gettext
from hub.web.templates import render, see_other
from hub.web.viewer import Access, Page

said = {
    "project-begun": N_("The project has its page. Now others can join."),
    "project-sent": N_("The town hall reads it first. You hear from it, and then everybody sees it."),
}

MORE_STEPS = 2  # empty rows, beyond those that are filled in


@dataclass(frozen=True, kw_only=True)
class Start:
    """What a form begins from: a process, an experience of another village, or neither."""

    template: Template | None = None
    experience: Experience | None = None

    def values(self, setting: Setting) -> dict[str, str]:
        """As if somebody had written them; all of it can be changed."""
        if self.experience is not None:
            return _of_experience(self.experience)
        if self.template is None:
            return {}
        locale = current_locale()
        steps = enumerate(self.template.chapters(setting.today, locale), start=1)
        return {
            "text": self.template.text(locale),
            "call": self.template.call(locale),
            "template": self.template.key,
            **{
                f"step{row}_{name}": words
                for row, step in steps
                for name, words in (
                    ("on", step.on.strftime("%d/%m/%Y")),
                    ("title", step.title),
                    ("text", step.text),
                )
            },
        }


async def new(request: Request) -> Response:
    start, setting = await _start(request, request.query_params), _setting(request)
    values = {"code": new_code(), **start.values(setting)}
    return await _form(request, start, values=values, photos=no_photos())


async def begin(request: Request) -> Response:
    """Photos are kept at once, whatever else is wrong."""
    form = request.state.form
    code = parse_code(form)
    before = await Publication.get_or_none(code=code) if code else None  # the same form, a moment ago
    photos = await take_photos(form, uploader(request, before.id if before is not None else None))
    start = await _start(request, form)
    try:
        draft = await _checked(request, photos)
        project = await _begin(request, _credited(draft, start, photos))
    except InvalidInput as problem:
        return await _again(request, start, photos=photos, problem=problem)
    except Conflict as problem:
        return await _again(request, start, photos=photos, problem=InvalidInput({"as": problem.message}))
    word = "project-begun" if project.is_reviewed else "project-sent"
    return see_other(f"/{project.publication.code}", said=word)


async def _begin(request: Request, draft: ProjectDraft) -> Project:
    viewer, form = request.state.viewer, request.state.form
    organisation_id = forms.parse_organisation(form, await spoken_for(request.state.viewer))
    await count(request)
    return await actions.begin(
        draft,
        Person(name=viewer.name, member_id=viewer.member_id, locale=request.state.locale),
        organisation_id=organisation_id,
        code=await free_code(form, Kind.PROJECT),
        trusted=viewer.trusted,
    )


async def _checked(request: Request, photos: Photos) -> ProjectDraft:
    """Every problem at once."""
    form, problems, draft = request.state.form, dict(photos.problems), None
    try:
        draft = forms.parse_project(form, _setting(request))
        forms.parse_sure(form, forms.found_in(draft))
    except InvalidInput as problem:
        problems |= problem.by_field
    if draft is None or problems:
        raise InvalidInput(problems)
    return draft


def _credited(draft: ProjectDraft, start: Start, photos: Photos) -> ProjectDraft:
    """Whose experience it begins from is not for who fills in the form to say."""
    draft = replace(draft, photos=photos.drafts, template=start.template.key if start.template else "")
    if start.experience is None:
        return draft
    credit = credit_of(start.experience)
    return replace(draft, inspired_by=start.experience.publication.uri, inspired_by_name=credit)


async def _start(request: Request, asked: Any) -> Start:
    """What makes no sense, or may not be seen, is left out."""
    code = str(asked.get("experience", "")).lower()
    publication = await Publication.of_code(code) if code else None
    if publication is not None and may_see(publication, reader_of(request.state.viewer)):
        found = await Experience.get_or_none(publication_id=publication.id)
        if found is not None:
            found.publication = publication
            return Start(experience=found)
    return Start(template=shipped().get(str(asked.get("template", ""))))


def _of_experience(experience: Experience) -> dict[str, str]:
    parts = (
        ("", experience.context),
        (gettext("What was done there"), experience.steps),
        (gettext("What to look out for"), experience.pitfalls),
    )
    text = "\n\n".join(f"**{title}**\n{words}" if title else words for title, words in parts if words)
    return {
        "title": experience.publication.title[: forms.TITLE_LENGTH],
        "text": text[: limits.TEXT_LENGTH],
        "experience": experience.publication.code or "",
    }


def _setting(request: Request) -> Setting:
    return setting_of(request.state.site, scopes=scopes())


async def count(request: Request) -> None:
    """Raises InvalidInput, so that nothing that was written is lost."""
    if request.state.viewer.is_agent:
        return
    try:
        await limits.spend(limits.PROPOSALS_PER_MEMBER, str(request.state.viewer.member_id))
    except TooMany:
        raise InvalidInput({"": WAIT_A_MOMENT}) from None


async def _again(request: Request, start: Start, *, photos: Photos, problem: InvalidInput) -> Response:
    values = forms.known_fields(request.state.form)
    return await _form(request, start, values=values, photos=photos, problem=problem)


async def _form(
    request: Request,
    start: Start,
    *,
    values: dict[str, str],
    photos: Photos,
    problem: InvalidInput | None = None,
) -> Response:
    return render(
        request,
        "projects/new.html",
        status=422 if problem else 200,
        start=start,
        credit=credit_of(start.experience) if start.experience else "",
        values=values,
        errors=problem.by_field if problem else {},
        photos=photos,
        found=_found(request, problem),
        speaks_for=await spoken_for(request.state.viewer),
        scopes=[scope.value for scope in scopes()],
        templates=[(one.key, one.name(current_locale()), one.hint(current_locale())) for one in _offered()],
        rows=rows_of(values),
        **choices(),
    )


def _offered() -> Sequence[Template]:
    return list(shipped().values())


def choices() -> dict[str, Any]:
    """What the fields of a project can be chosen from."""
    return {
        "categories": [(one.key, gettext(one.name)) for one in CATEGORIES.values()],
        "stages": [(stage.value, gettext(STAGE_NAMES[stage])) for stage in ACTIVE_STAGES],
    }


ACTIVE_STAGES = (Stage.OBSERVED, Stage.EXPLORED, Stage.DECIDED, Stage.RUNNING)


def rows_of(values: dict[str, str]) -> list[int]:
    """Of what is planned: those with something in them, and some empty ones."""
    used = [row for row in range(1, forms.STEPS + 1) if any(f"step{row}_{name}" in values for name in _STEP)]
    return list(range(1, min(max(used, default=0) + MORE_STEPS, forms.STEPS) + 1))


_STEP = ("on", "title", "text")


def _found(request: Request, problem: InvalidInput | None) -> list[Any]:
    """What was found in the words, where it must be said that it may stay."""
    if problem is None or "sure" not in problem.by_field:
        return []
    return forms.found_in(forms.parse_project(request.state.form, _setting(request)))


routes: list[Page] = [
    Page("/new/project", new, access=Access.MEMBER),
    Page("/new/project", begin, access=Access.MEMBER, methods=["POST"], uploads=True),
]
