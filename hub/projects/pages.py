"""The page of a project: its story, its people, the needs it answers, what is missing."""

from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from hub.actors.models import Actor
from hub.exchange.showing import is_out
from hub.media.photos import photos_of
from hub.participants.people import person_here
from hub.projects import (
    change_pages,
    closing_pages,
    coverage_pages,
    experience_pages,
    list_pages,
    new_pages,
    people_pages,
    version_pages,
    work_pages,
)
from hub.projects.carriers import Carrier, carrier_of
from hub.projects.circle import circle_of
from hub.projects.groups import followers_of, posts_of
from hub.projects.membership import of_person, people_of
from hub.projects.models import Part, Project, Version
from hub.projects.rights import rights_of
from hub.projects.showing import facts_of, find, find_seen
from hub.projects.words import REMAINS_NAMES
from hub.publications.models import Kind
from hub.publications.showing import around, give_codes, reader_of
from hub.web.alternate import asks_for_document, point_to_document
from hub.web.page_cache import can_fill_in, remembered_without_form
from hub.web.templates import render
from hub.web.viewer import Access, Handler, Page, Viewer

MOST_VERSIONS = 50  # on paper


async def show(request: Request) -> Response:
    project = await find(request)
    if project is None:
        return render(request, "projects/gone.html", status=410)
    public = is_out(project.publication)
    if public and asks_for_document(request):
        return RedirectResponse(project.publication.uri, 303, headers={"vary": "Accept"})
    response = render(request, "projects/show.html", **await _facts(request, project), public=public)
    return point_to_document(response, project.publication.uri) if public else response


async def show_story(request: Request) -> Response:
    """All of it on paper, with the minutes in full: for the notice board, and for who has no screen."""
    project = await find_seen(request)
    return render(
        request,
        "projects/story.html",
        **await facts_of(project, request, whole=True),
        versions=await Version.filter(project_id=project.id).order_by("number").limit(MOST_VERSIONS),
        photos=await photos_of(project.publication_id),
        remains_names=REMAINS_NAMES,
        origin=request.state.config.origin,
    )


async def _facts(request: Request, project: Project) -> dict[str, Any]:
    """`mine`: what the viewer is in it, whatever became of it; `members`: for those inside."""
    viewer = request.state.viewer
    rights = await rights_of(project, viewer)
    return {
        **await facts_of(project, request),
        "rights": rights,
        "circle": await circle_of(project, rights),
        "mine": await of_person(project, person_here(request)) or rights.mine,
        "members": await _members(project) if rights.is_inside else [],
        **await _posts(project, viewer),
        "versions": await Version.filter(project_id=project.id).count(),
        "followers": await followers_of(project.actor) if project.actor is not None else 0,
        "photos": await photos_of(project.publication_id),
        "remains_names": REMAINS_NAMES,
        "origin": request.state.config.origin,
        "can_fill_in": can_fill_in(request),
    }


async def _posts(project: Project, viewer: Viewer | None) -> dict[str, Any]:
    """What others wrote to the group and below it; each has a page where agents can answer it."""
    reader = reader_of(viewer)
    written = await posts_of(project, reader)
    if reader.agent:
        await give_codes(written)
    ours = await Actor.village() if reader.agent else None
    return {"written": written, "around": await around(written, ours=ours)}


async def _members(project: Project) -> list[Carrier]:
    """By name, with what they are: those who do not carry it."""
    return [carrier_of(one) for one in await people_of(project, Part.MEMBER)]


shows: dict[Kind, Handler] = {
    Kind.PROJECT: remembered_without_form(show),
    Kind.EXPERIENCE: experience_pages.show,
}

said: dict[str, str] = {
    **new_pages.said,
    **change_pages.said,
    **version_pages.said,
    **people_pages.said,
    **work_pages.said,
    **coverage_pages.said,
    **closing_pages.said,
    **experience_pages.said,
}

routes: list[Page] = [
    Page("/{code:code}/story", show_story, access=Access.VISITOR),
    *list_pages.routes,
    *new_pages.routes,
    *change_pages.routes,
    *version_pages.routes,
    *people_pages.routes,
    *work_pages.routes,
    *coverage_pages.routes,
    *closing_pages.routes,
    *experience_pages.routes,
]
