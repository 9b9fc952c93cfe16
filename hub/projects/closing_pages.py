"""How a project ends: what remains, thanks, one photo."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from hub.errors import Conflict, InvalidInput
from hub.exchange.new_pages import uploader
from hub.media.forms import Photos, known_photos, take_photos
from hub.projects import actions
from hub.projects.experiences import is_shown
from hub.projects.models import CLOSED, Closing, Project, Remains, Stage
from hub.projects.showing import find_carried
from hub.projects.words import REMAINS_NAMES
from hub.text import N_, gettext
from hub.web.fields import Form
from hub.web.templates import render, see_other
from hub.web.viewer import Access, Page

ENDS = {
    Stage.DONE: N_("It is done"),
    Stage.KEPT_ALIVE: N_("It goes on, in another form"),
    Stage.ENDED: N_("It ends without a result"),
}

said: dict[str, str] = {
    "project-closed": N_("The project is closed, and its story stays. Now others can learn from it."),
}


async def closing(request: Request) -> Response:
    project = await _find(request)
    return await _form(request, project, values={}, photos=await known_photos(project.publication_id))


async def close(request: Request) -> Response:
    """Photos are kept at once, whatever else is wrong."""
    project, form, viewer = await _find(request), request.state.form, request.state.viewer
    photos = await take_photos(form, uploader(request, project.publication_id))
    try:
        closing = _parse(form, photos)
        await actions.close(project, closing, by=viewer.name, member_id=viewer.member_id)
    except InvalidInput as problem:
        return await _form(request, project, values=form, photos=photos, problem=problem)
    path = f"/{project.publication.code}"
    return see_other(f"{path}/experience" if is_shown(project) else path, said="project-closed")


async def _find(request: Request) -> Project:
    project, _ = await find_carried(request)
    if project.stage in CLOSED:
        raise Conflict(actions.CLOSED_ALREADY)
    return project


def _parse(data: Any, photos: Photos) -> Closing:
    """Every problem at once. Raises InvalidInput."""
    form = Form(data)
    draft = Closing(
        stage=form.choice("stage", list(ENDS)),
        remains=form.choice("remains", list(Remains)),
        remains_words=form.text("remains_words", max_length=1000, required=False, lines=True),
        remains_contact=form.text("remains_contact", max_length=300, required=False),
        thanks=form.text("thanks", max_length=300, required=False),
        photos=photos.drafts,
    )
    form.problems |= photos.problems
    form.check()
    return draft


async def _form(
    request: Request, project: Project, *, values: Any, photos: Photos, problem: InvalidInput | None = None
) -> Response:
    return render(
        request,
        "projects/closing.html",
        status=422 if problem else 200,
        project=project,
        publication=project.publication,
        ends=[(stage.value, gettext(words)) for stage, words in ENDS.items()],
        remains=[(one.value, gettext(words)) for one, words in REMAINS_NAMES.items()],
        values=values,
        errors=problem.by_field if problem else {},
        photos=photos,
    )


routes: list[Page] = [
    Page("/{code:code}/closing", closing, access=Access.MEMBER),
    Page("/{code:code}/closing", close, access=Access.MEMBER, methods=["POST"], uploads=True),
]
