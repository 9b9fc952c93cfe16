"""A project is rewritten, moves on, tells its story, is deleted; each on a page of its own."""

from dataclasses import replace
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from hub.errors import Conflict, InvalidInput, NotFound
from hub.exchange.new_pages import uploader
from hub.media.forms import Photos, known_photos, take_photos
from hub.participants.models import Person
from hub.projects import actions, forms
from hub.projects.forms import Setting, setting_of
from hub.projects.models import CLOSED, Chapter, Project, ProjectDraft, Version
from hub.projects.new_pages import choices, count
from hub.projects.rights import Rights, rights_of
from hub.projects.showing import find_carried, find_seen
from hub.text import N_
from hub.web.templates import render, see_other
from hub.web.viewer import Access, Page, Viewer

said: dict[str, str] = {
    "project-changed": N_("The new words are on the page. Who added what stays written."),
    "project-moved": N_("The project has moved on. Those who take part are told."),
    "chapter-told": N_("It stands in the story."),
    "chapter-taken-out": N_("It is no longer in the story."),
    "project-removed": N_("It is deleted. Other servers are asked to delete it, too."),
}

SOMEBODY_WAS_FASTER = N_(
    "Somebody else changed these words a moment ago. What you wrote is here: compare it with the page, and"
    " send it again."
)


def person_of(viewer: Viewer, locale: str) -> Person:
    return Person(name=viewer.name, member_id=viewer.member_id, locale=locale)


# ------------------------------------------------------------------ its words


async def edit(request: Request) -> Response:
    project, rights = await _improvable(request)
    photos = await known_photos(project.publication_id)
    values = await values_of(project)
    return await _form(request, project, rights=rights, values=values, photos=photos)


async def change(request: Request) -> Response:
    project, rights = await _improvable(request)
    form = request.state.form
    photos = await take_photos(form, uploader(request, project.publication_id))
    try:
        draft = await _draft(request, project, rights)
        _check(form, project, draft=draft, photos=photos)
        await _check_seen(form, project)
        words, source = forms.parse_change(form)
        await count(request)
        await actions.rewrite(
            project,
            replace(draft, photos=photos.drafts if rights.carries else None),
            person_of(request.state.viewer, request.state.locale),
            change=words,
            source=source,
        )
    except InvalidInput as problem:
        values = forms.known_fields(form) | {"seen": await _seen(form, project, problem)}
        return await _form(request, project, rights=rights, values=values, photos=photos, problem=problem)
    return see_other(f"/{project.publication.code}", said="project-changed")


async def _improvable(request: Request) -> tuple[Project, Rights]:
    project = await find_seen(request)
    rights = await rights_of(project, request.state.viewer)
    if not rights.improves:
        raise NotFound
    return _open(project), rights


def _open(project: Project) -> Project:
    if project.stage in CLOSED:
        raise Conflict(actions.CLOSED_ALREADY)
    return project


async def values_of(project: Project) -> dict[str, str]:
    """The fields of the form, as they would be sent again; `seen`: the version that was read."""
    values = {
        "title": project.publication.title,
        "text": project.publication.source,
        "category": project.category,
        "area": project.area,
        "due": project.due.strftime("%d/%m/%Y") if project.due else "",
        "call": project.call,
        "approves": "yes" if project.approves else "",
        "seen": str(await _number(project)),
    }
    return {name: value for name, value in values.items() if value}


async def _number(project: Project) -> int:
    return await Version.filter(project_id=project.id).count()


async def _draft(request: Request, project: Project, rights: Rights) -> ProjectDraft:
    """New words; who only takes part changes nothing else."""
    form = dict(request.state.form)
    if not rights.carries:
        form = {**await values_of(project), **{name: form.get(name, "") for name in ("title", "text")}}
    setting = setting_of(request.state.site, kept=project.due)
    draft = forms.parse_project(form, setting, known=project.publication.scope)
    return replace(draft, language=project.publication.language or draft.language)


def _check(form: Any, project: Project, *, draft: ProjectDraft, photos: Photos) -> None:
    """Photos, and what everybody would read there now and could not before."""
    publication = project.publication
    known = " ".join([publication.title, publication.source, project.call, project.area])
    found = [one for one in forms.found_in(draft) if one.words not in known]
    problems = dict(photos.problems)
    try:
        forms.parse_sure(form, found)
    except InvalidInput as problem:
        problems |= problem.by_field
    if problems:
        raise InvalidInput(problems)


async def _check_seen(form: Any, project: Project) -> None:
    """Two people who improve the same words: the second reads first what the first has written."""
    if str(form.get("seen", "")) != str(await _number(project)):
        raise InvalidInput({"": SOMEBODY_WAS_FASTER})


async def _seen(form: Any, project: Project, problem: InvalidInput) -> str:
    """The version that was read: the newest only where it was said that there is one."""
    was_told = problem.by_field.get("") == SOMEBODY_WAS_FASTER
    return str(await _number(project)) if was_told else str(form.get("seen", ""))


async def _form(
    request: Request,
    project: Project,
    *,
    rights: Rights,
    values: dict[str, str],
    photos: Photos,
    problem: InvalidInput | None = None,
) -> Response:
    errors = problem.by_field if problem else {}
    return render(
        request,
        "projects/change.html",
        status=422 if problem else 200,
        project=project,
        publication=project.publication,
        rights=rights,
        values=values,
        errors=errors,
        photos=photos,
        found=forms.found_in(await _draft(request, project, rights)) if "sure" in errors else [],
        **choices(),
    )


# ------------------------------------------------------------------ its stages and chapters


async def ask_stage(request: Request, problem: InvalidInput | None = None) -> Response:
    project, _ = await find_carried(request)
    return render(
        request,
        "projects/stage.html",
        status=422 if problem else 200,
        project=_open(project),
        publication=project.publication,
        values=request.state.form if problem else {"stage": project.stage.value},
        errors=problem.by_field if problem else {},
        **choices(),
    )


async def move(request: Request) -> Response:
    project, _ = await find_carried(request)
    try:
        to = forms.parse_move(request.state.form, setting_of(request.state.site))
    except InvalidInput as problem:
        return await ask_stage(request, problem)
    viewer = request.state.viewer
    await actions.reach_stage(
        project,
        to.stage,
        by=viewer.name,
        member_id=viewer.member_id,
        title=to.title,
        text=to.text,
        on=to.on,
    )
    return see_other(f"/{project.publication.code}", said="project-moved")


async def new_chapter(request: Request, problem: InvalidInput | None = None) -> Response:
    project, _ = await find_carried(request)
    return await _chapter_form(request, project, values={}, problem=problem)


async def tell(request: Request) -> Response:
    project, _ = await find_carried(request)
    try:
        draft = forms.parse_chapter(request.state.form, setting_of(request.state.site))
        await count(request)
    except InvalidInput as problem:
        return await new_chapter(request, problem)
    viewer = request.state.viewer
    await actions.tell(project, draft, by=viewer.name, member_id=viewer.member_id)
    return see_other(f"/{project.publication.code}", said="chapter-told")


async def edit_chapter(request: Request, problem: InvalidInput | None = None) -> Response:
    project, chapter = await _chapter(request)
    values = {
        "on": chapter.on.strftime("%d/%m/%Y"),
        "title": chapter.title,
        "text": chapter.text,
        "link": chapter.link,
    }
    return await _chapter_form(request, project, values=values, problem=problem, chapter=chapter)


async def change_chapter(request: Request) -> Response:
    project, chapter = await _chapter(request)
    try:
        draft = forms.parse_chapter(request.state.form, setting_of(request.state.site))
    except InvalidInput as problem:
        return await edit_chapter(request, problem)
    await actions.tell_again(chapter, draft)
    return see_other(f"/{project.publication.code}", said="chapter-told")


async def remove_chapter(request: Request) -> Response:
    project, chapter = await _chapter(request)
    await actions.take_out(chapter)
    return see_other(f"/{project.publication.code}", said="chapter-taken-out")


async def _chapter(request: Request) -> tuple[Project, Chapter]:
    project, _ = await find_carried(request)
    found = await Chapter.get_or_none(id=request.path_params["chapter_id"], project_id=project.id)
    if found is None:
        raise NotFound
    return project, found


async def _chapter_form(
    request: Request,
    project: Project,
    *,
    values: dict[str, str],
    problem: InvalidInput | None = None,
    chapter: Chapter | None = None,
) -> Response:
    setting: Setting = setting_of(request.state.site)
    return render(
        request,
        "projects/chapter.html",
        status=422 if problem else 200,
        project=project,
        publication=project.publication,
        chapter=chapter,
        values=request.state.form if problem else values or {"on": setting.today.strftime("%d/%m/%Y")},
        errors=problem.by_field if problem else {},
    )


# ------------------------------------------------------------------ its end


async def ask_remove(request: Request) -> Response:
    project, _ = await find_carried(request)
    return render(request, "projects/remove.html", project=project, publication=project.publication)


async def remove(request: Request) -> Response:
    project, _ = await find_carried(request)
    await actions.delete_project(project)
    return see_other("/projects", said="project-removed")


routes: list[Page] = [
    Page("/{code:code}/change", edit, access=Access.MEMBER, name="edit_project"),
    Page(
        "/{code:code}/change",
        change,
        access=Access.MEMBER,
        methods=["POST"],
        uploads=True,
        name="change_project",
    ),
    Page("/{code:code}/stage", ask_stage, access=Access.MEMBER),
    Page("/{code:code}/stage", move, access=Access.MEMBER, methods=["POST"]),
    Page("/{code:code}/chapters/new", new_chapter, access=Access.MEMBER),
    Page("/{code:code}/chapters/new", tell, access=Access.MEMBER, methods=["POST"]),
    Page("/{code:code}/chapters/{chapter_id:id}", edit_chapter, access=Access.MEMBER),
    Page("/{code:code}/chapters/{chapter_id:id}", change_chapter, access=Access.MEMBER, methods=["POST"]),
    Page(
        "/{code:code}/chapters/{chapter_id:id}/remove",
        remove_chapter,
        access=Access.MEMBER,
        methods=["POST"],
    ),
    Page("/{code:code}/remove", ask_remove, access=Access.MEMBER, name="ask_remove_project"),
    Page("/{code:code}/remove", remove, access=Access.MEMBER, methods=["POST"], name="remove_project"),
]
