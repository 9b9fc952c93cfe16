"""Who added what to the words of a project, old versions of them, and what the first author says to it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from hub.errors import Conflict, InvalidInput, NotFound
from hub.exchange.forms import SAY_WHY
from hub.journal import Doer
from hub.projects import actions, forms
from hub.projects.change_pages import person_of, values_of
from hub.projects.comparing import Part, compare
from hub.projects.forms import setting_of
from hub.projects.models import CLOSED, Project, Version
from hub.projects.rights import is_first_author, rights_of
from hub.projects.showing import find_carried, find_seen
from hub.publications.markup import html_of
from hub.text import N_, gettext
from hub.web.fields import Form, page_number
from hub.web.templates import render, see_other
from hub.web.viewer import Access, Page

PER_PAGE = 10
REASON_LENGTH = 300

said: dict[str, str] = {
    "version-contested": N_("Your words stand beside that version, for everybody."),
    "version-back": N_("These words are on the page again, as a new version."),
    "version-taken-out": N_("Nobody reads these words any more, only why they were taken out."),
}
SAY_WHAT_IS_WRONG = N_("Say what you do not agree with: everybody reads it there.")


@dataclass(frozen=True, kw_only=True)
class Change:
    """A version, and what it changed of the one before; nothing for the first, and beside a blank one."""

    version: Version
    parts: Sequence[Part]
    title_before: str = ""

    @property
    def link(self) -> str:
        return self.version.source_link


async def show_versions(request: Request) -> Response:
    """The newest first."""
    project = await find_seen(request)
    page = page_number(request.query_params)
    listed = Version.filter(project_id=project.id).order_by("-number").offset((page - 1) * PER_PAGE)
    found = await listed.limit(PER_PAGE + 1)
    return render(
        request,
        "projects/versions.html",
        project=project,
        publication=project.publication,
        changes=[_change(one, _before(one, found)) for one in found[:PER_PAGE]],
        total=await Version.filter(project_id=project.id).count(),
        first=await Version.get_or_none(project_id=project.id, number=1),
        page=page,
        more=len(found) > PER_PAGE,
    )


def _before(version: Version, found: Sequence[Version]) -> Version | None:
    return next((one for one in found if one.number == version.number - 1), None)


def _change(version: Version, before: Version | None) -> Change:
    if before is None or before.is_taken_out or version.is_taken_out:
        return Change(version=version, parts=())
    title = before.title if before.title != version.title else ""
    return Change(version=version, parts=compare(before.text, version.text), title_before=title)


async def show_version(request: Request, problem: InvalidInput | None = None) -> Response:
    """The words as they were."""
    project = await find_seen(request)
    version, viewer = await _version(request, project), request.state.viewer
    rights = await rights_of(project, viewer)
    last = await Version.filter(project_id=project.id).count()
    is_old = version.number < last and not version.is_taken_out
    return render(
        request,
        "projects/version.html",
        status=422 if problem else 200,
        project=project,
        publication=project.publication,
        version=version,
        html=html_of(version.text),
        last=last,
        may_contest=version.number > 1 and await is_first_author(project, viewer),
        may_bring_back=rights.carries and is_old and project.stage not in CLOSED,
        may_take_out=rights.is_agent and is_old,
        values=request.state.form if problem else {"words": version.contested},
        errors=problem.by_field if problem else {},
    )


async def contest(request: Request) -> Response:
    """For the first author alone; for anybody else there is nothing here."""
    project = await find_seen(request)
    version = await _version(request, project)
    if version.number == 1 or not await is_first_author(project, request.state.viewer):
        raise NotFound
    try:
        words = forms.parse_words(request.state.form, "words", missing=SAY_WHAT_IS_WRONG)
    except InvalidInput as problem:
        return await show_version(request, problem)
    await actions.contest(project, version.number, words)
    return see_other(f"/{project.publication.code}/versions/{version.number}", said="version-contested")


async def bring_back(request: Request) -> Response:
    project, _ = await find_carried(request)
    if project.stage in CLOSED:
        raise Conflict(actions.CLOSED_ALREADY)
    version = await _version(request, project)
    if version.is_taken_out:
        raise NotFound
    known = forms.parse_project(
        {**await values_of(project), "title": version.title, "text": version.text},
        setting_of(request.state.site, kept=project.due),
        known=project.publication.scope,
    )
    language = project.publication.language or known.language
    await actions.rewrite(
        project,
        replace(known, language=language),
        person_of(request.state.viewer, request.state.locale),
        change=gettext("The words of version %(number)s again") % {"number": version.number},
        source=(version.source_name, version.source_link),
    )
    return see_other(f"/{project.publication.code}/versions", said="version-back")


async def take_out(request: Request) -> Response:
    project, viewer = await find_seen(request), request.state.viewer
    version = await _version(request, project)
    try:
        reason = _parse_reason(request.state.form)
    except InvalidInput as problem:
        return await show_version(request, problem)
    by = Doer(viewer.member_id, viewer.name)
    await actions.take_words_out(project, version.number, reason, by=by)
    return see_other(f"/{project.publication.code}/versions/{version.number}", said="version-taken-out")


def _parse_reason(data: Mapping[str, Any]) -> str:
    """Raises InvalidInput."""
    form = Form(data)
    reason = form.text("reason", max_length=REASON_LENGTH, required=False)
    if not reason:
        form.wrong("reason", SAY_WHY)
    form.check()
    return reason


async def _version(request: Request, project: Project) -> Version:
    found = await Version.get_or_none(project_id=project.id, number=request.path_params["number"])
    if found is None:
        raise NotFound
    return found


routes: list[Page] = [
    Page("/{code:code}/versions", show_versions, access=Access.VISITOR),
    Page("/{code:code}/versions/{number:id}", show_version, access=Access.VISITOR),
    Page("/{code:code}/versions/{number:id}/contest", contest, access=Access.MEMBER, methods=["POST"]),
    Page("/{code:code}/versions/{number:id}/bring-back", bring_back, access=Access.MEMBER, methods=["POST"]),
    Page("/{code:code}/versions/{number:id}/take-out", take_out, access=Access.AGENT, methods=["POST"]),
]
