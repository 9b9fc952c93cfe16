"""What projects taught: written by who carried them, read by everybody, a start for other villages."""

from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from hub import limits
from hub.errors import InvalidInput, NotFound
from hub.exchange.showing import is_out
from hub.exchange.typed import counted
from hub.projects.experiences import (
    cost_value,
    credit_of,
    experience_of,
    facts_of,
    is_shown,
    publish_experience,
    withdraw_experience,
)
from hub.projects.models import CLOSED, CostBand, Experience, ExperienceDraft, Project
from hub.projects.rights import rights_of
from hub.projects.showing import find_carried
from hub.projects.words import COST_NAMES
from hub.publications.models import Kind, Publication
from hub.publications.showing import reader_of
from hub.publications.visibility import Reader, may_know_gone, may_see, visible_to
from hub.text import N_, gettext
from hub.web.alternate import asks_for_document, point_to_document
from hub.web.fields import Form, page_number
from hub.web.templates import render, see_other
from hub.web.viewer import Access, Page

PER_PAGE = 24
NOT_A_NUMBER = N_("Write a number, like 12.")

said: dict[str, str] = {
    "experience-published": N_("Other villages can read it, and begin from it. Thank you for sharing."),
    "experience-withdrawn": N_("It is withdrawn. Others who received it are asked to erase it."),
}


async def list_experiences(request: Request) -> Response:
    """Ours and those of others, the newest first."""
    number, reader = page_number(request.query_params), reader_of(request.state.viewer)
    seen = Publication.filter(visible_to(reader), kind=Kind.EXPERIENCE).order_by("-published_at", "-id")
    listed = await seen.offset((number - 1) * PER_PAGE).limit(PER_PAGE + 1).values_list("id", flat=True)
    shown = [int(str(each)) for each in listed][:PER_PAGE]
    found = await Experience.filter(publication_id__in=shown).select_related("publication__author")
    by_id = {one.publication_id: one for one in found}
    return render(
        request,
        "projects/experiences.html",
        experiences=[(by_id[each], facts_of(by_id[each])) for each in shown if each in by_id],
        page=number,
        more=len(listed) > PER_PAGE,
    )


async def show(request: Request) -> Response:
    publication = await Publication.of_code(request.path_params["code"])
    reader = reader_of(request.state.viewer)
    if publication is None:
        raise NotFound
    if may_know_gone(publication, reader):
        return render(request, "projects/experience_gone.html", status=410)
    experience = await _experience(publication)
    if experience is None or not may_see(publication, reader):
        raise NotFound
    public = is_out(publication)
    if public and asks_for_document(request):
        return RedirectResponse(publication.uri, 303, headers={"vary": "Accept"})
    response = render(
        request,
        "projects/experience.html",
        experience=experience,
        publication=publication,
        facts=[fact for fact in facts_of(experience) if fact],
        credit=credit_of(experience),
        project=await _page_of(experience, reader),
        may_withdraw=await _carries(request, experience),
        photos=(),
        public=public,
        origin=request.state.config.origin,
    )
    return point_to_document(response, publication.uri) if public else response


async def _experience(publication: Publication) -> Experience | None:
    """With its project, where that is of ours."""
    listed = Experience.filter(publication_id=publication.id)
    found = await listed.select_related("project__publication__author").first()
    if found is not None:
        found.publication = publication
    return found


async def _page_of(experience: Experience, reader: Reader) -> Publication | None:
    """Of its project, where that is known here and this reader may see it; never of another server's."""
    if not experience.project_uri:
        return None
    named = Publication.filter(uri=experience.project_uri, kind=Kind.PROJECT, code__not_isnull=True)
    found = await named.select_related("author").first()
    if found is None or not may_see(found, reader):
        return None
    return found if found.author.host == experience.publication.author.host else None


async def _carries(request: Request, experience: Experience) -> bool:
    """Whether the viewer carries the project that taught it, and so may take it down."""
    if experience.project is None:
        return False
    return (await rights_of(experience.project, request.state.viewer)).carries


async def ask_withdraw(request: Request) -> Response:
    experience = await _carried(request)
    return render(request, "projects/remove_experience.html", publication=experience.publication)


async def withdraw(request: Request) -> Response:
    await withdraw_experience(await _carried(request))
    return see_other("/experiences", said="experience-withdrawn")


async def _carried(request: Request) -> Experience:
    """For whoever carries its project; for anybody else it does not exist."""
    publication = await Publication.of_code(request.path_params["code"])
    if publication is None or publication.deleted_at is not None:
        raise NotFound
    experience = await _experience(publication)
    if experience is None or not await _carries(request, experience):
        raise NotFound
    return experience


async def write(request: Request) -> Response:
    project = await _find(request)
    known = await experience_of(project)
    return _form(request, project, values=_values(known, project), known=known)


async def publish(request: Request) -> Response:
    project = await _find(request)
    known = await experience_of(project)
    try:
        experience = await publish_experience(project, _parse(request.state.form))
    except InvalidInput as problem:
        return _form(request, project, values=request.state.form, known=known, problem=problem)
    return see_other(f"/{experience.publication.code}", said="experience-published")


async def _find(request: Request) -> Project:
    project, _ = await find_carried(request)
    if project.stage not in CLOSED or not is_shown(project):
        raise NotFound
    return project


def _parse(data: Any) -> ExperienceDraft:
    """Raises InvalidInput."""
    form = Form(data)
    draft = ExperienceDraft(
        context=form.text("context", max_length=limits.TEXT_LENGTH, lines=True),
        steps=form.text("steps", max_length=limits.TEXT_LENGTH, required=False, lines=True),
        pitfalls=form.text("pitfalls", max_length=limits.TEXT_LENGTH, required=False, lines=True),
        cost=form.choice("cost", [None, *CostBand], default=None) if form.data.get("cost") else None,
        months=_number(form, "months"),
        people=form.parsed("people", counted(1, limits.WANTED), NOT_A_NUMBER, required=False),
    )
    form.check()
    return draft


def _number(form: Form, name: str) -> int | None:
    text = form.text(name, max_length=6, required=False)
    if not text:
        return None
    if not text.isdecimal() or not 0 < int(text) <= limits.WANTED:
        form.wrong(name, NOT_A_NUMBER)
        return None
    return int(text)


def _values(known: Experience | None, project: Project) -> dict[str, str]:
    """What stands there; or, to begin with, what the project says of itself."""
    if known is None:
        return {"context": project.publication.source, "people": str(project.members or "")}
    return {
        "context": known.context,
        "steps": known.steps,
        "pitfalls": known.pitfalls,
        "cost": cost_value(known.cost),
        "months": str(known.months or ""),
        "people": str(known.people or ""),
    }


def _form(
    request: Request,
    project: Project,
    *,
    values: Any,
    known: Experience | None,
    problem: InvalidInput | None = None,
) -> Response:
    return render(
        request,
        "projects/write_experience.html",
        status=422 if problem else 200,
        project=project,
        publication=project.publication,
        known=known,
        costs=[(band.value, gettext(words)) for band, words in COST_NAMES.items()],
        values=values,
        errors=problem.by_field if problem else {},
    )


routes: list[Page] = [
    Page("/experiences", list_experiences, access=Access.VISITOR),
    Page("/{code:code}/experience", write, access=Access.MEMBER),
    Page("/{code:code}/experience", publish, access=Access.MEMBER, methods=["POST"]),
    Page("/{code:code}/remove", ask_withdraw, access=Access.MEMBER, name="ask_withdraw_experience"),
    Page("/{code:code}/remove", withdraw, access=Access.MEMBER, methods=["POST"], name="withdraw_experience"),
]
