"""Which needs a project answers, with what, and which are still uncovered: written by who carries it."""

import re
from collections.abc import Mapping
from dataclasses import replace

from starlette.requests import Request
from starlette.responses import Response

from hub.errors import Conflict, InvalidInput, NotFound
from hub.projects import coverage, forms
from hub.projects.coverage import MOST_COMPONENTS
from hub.projects.models import Component, HeardNeed, HeardNeedDraft, Project, Sort
from hub.projects.showing import coverage_of, find_carried
from hub.projects.words import SORT_PLURALS
from hub.publications.models import Kind, Publication
from hub.publications.showing import reader_of
from hub.publications.visibility import may_see
from hub.text import N_, gettext
from hub.web.templates import render, see_other
from hub.web.viewer import Access, Page

said: dict[str, str] = {
    "parts-saved": N_("The parts are saved. Now say which needs they answer."),
    "need-heard": N_("The need is in the table."),
    "need-dropped": N_("The need is no longer in the table."),
}
NO_SUCH_NEED = N_("There is no need with this address on our board.")
MORE_PARTS = 2  # empty fields, beyond those that are filled in

_ADDRESS = re.compile(r"(?:https?://[^/\s]+)?/?([23456789bcdfghjkmnpqrstvwxz]{6})/?", re.IGNORECASE)


async def show_coverage(request: Request, problem: InvalidInput | None = None) -> Response:
    project, _ = await find_carried(request)
    found = await coverage_of(project, reader_of(request.state.viewer))
    names = {f"part{row}": one.name for row, one in enumerate(found.components, start=1)}
    return render(
        request,
        "projects/coverage.html",
        status=422 if problem else 200,
        project=project,
        publication=project.publication,
        coverage=found,
        rows=range(1, min(max(len(names) + MORE_PARTS, 3), MOST_COMPONENTS) + 1),
        values=request.state.form if problem else names,
        errors=problem.by_field if problem else {},
    )


async def name_parts(request: Request) -> Response:
    project, _ = await find_carried(request)
    try:
        names = forms.parse_components(request.state.form, most=MOST_COMPONENTS)
    except InvalidInput as problem:
        return await show_coverage(request, problem)
    await coverage.name_components(project, names)
    return see_other(f"/{project.publication.code}/coverage", said="parts-saved")


async def new_heard(request: Request) -> Response:
    project, _ = await find_carried(request)
    return await _form(request, project, None)


async def hear(request: Request) -> Response:
    project, _ = await find_carried(request)
    try:
        draft = await _draft(request, project)
        await coverage.hear(project, draft)
    except InvalidInput as problem:
        return await _form(request, project, None, problem=problem)
    except Conflict as problem:
        return await _form(request, project, None, problem=InvalidInput({"": problem.message}))
    return see_other(f"/{project.publication.code}/coverage", said="need-heard")


async def edit_heard(request: Request) -> Response:
    project, _ = await find_carried(request)
    return await _form(request, project, await _heard(request, project))


async def change_heard(request: Request) -> Response:
    project, _ = await find_carried(request)
    heard = await _heard(request, project)
    try:
        await coverage.hear_again(heard, await _draft(request, project))
    except InvalidInput as problem:
        return await _form(request, project, heard, problem=problem)
    return see_other(f"/{project.publication.code}/coverage", said="need-heard")


async def drop_heard(request: Request) -> Response:
    project, _ = await find_carried(request)
    await coverage.drop(await _heard(request, project))
    return see_other(f"/{project.publication.code}/coverage", said="need-dropped")


async def _heard(request: Request, project: Project) -> HeardNeed:
    asked = HeardNeed.filter(id=request.path_params["need_id"], project_id=project.id)
    found = await asked.select_related("need").first()
    if found is None:
        raise NotFound
    return found


async def _draft(request: Request, project: Project) -> HeardNeedDraft:
    """Every problem at once."""
    form, problems, draft = request.state.form, dict[str, str](), None
    components = [one.id for one in await Component.filter(project_id=project.id)]
    try:
        draft = forms.parse_heard(form, components)
    except InvalidInput as problem:
        problems |= problem.by_field
    need = await _need(request, form)
    if form.get("need") and need is None:
        problems["need"] = NO_SUCH_NEED
    if draft is None or problems:
        raise InvalidInput(problems)
    return replace(draft, need_id=need.id if need is not None else None)


async def _need(request: Request, form: Mapping[str, object]) -> Publication | None:
    """On our board, as far as who writes here may see it."""
    address = _ADDRESS.fullmatch(str(form.get("need", "")).strip())
    need = await Publication.of_code(address[1].lower()) if address else None
    seen = need is not None and need.kind is Kind.NEED and may_see(need, reader_of(request.state.viewer))
    return need if seen else None


async def _form(
    request: Request, project: Project, heard: HeardNeed | None, *, problem: InvalidInput | None = None
) -> Response:
    return render(
        request,
        "projects/heard.html",
        status=422 if problem else 200,
        project=project,
        publication=project.publication,
        heard=heard,
        components=await Component.filter(project_id=project.id).order_by("position", "id"),
        sorts=[(sort.value, gettext(SORT_PLURALS[sort])) for sort in Sort],
        values=request.state.form if problem else _values(heard),
        errors=problem.by_field if problem else {},
    )


def _values(heard: HeardNeed | None) -> dict[str, str]:
    if heard is None:
        return {"covered": "no"}
    need = heard.need
    return {
        "title": heard.title,
        "covered": {True: "yes", False: "part", None: "no"}[heard.is_covered],
        "need": f"/{need.code}" if need is not None else "",
        **{f"said_{sort}": str(count) for sort, count in heard.said_by.items()},
        **{f"by_{number}": "yes" for number in heard.covered_by},
    }


routes: list[Page] = [
    Page("/{code:code}/coverage", show_coverage, access=Access.MEMBER),
    Page("/{code:code}/coverage", name_parts, access=Access.MEMBER, methods=["POST"]),
    Page("/{code:code}/coverage/new", new_heard, access=Access.MEMBER),
    Page("/{code:code}/coverage/new", hear, access=Access.MEMBER, methods=["POST"]),
    Page("/{code:code}/coverage/{need_id:id}", edit_heard, access=Access.MEMBER),
    Page("/{code:code}/coverage/{need_id:id}", change_heard, access=Access.MEMBER, methods=["POST"]),
    Page("/{code:code}/coverage/{need_id:id}/remove", drop_heard, access=Access.MEMBER, methods=["POST"]),
]
