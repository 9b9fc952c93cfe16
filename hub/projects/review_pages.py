"""What the town hall reads before it shows, of projects: the oldest first, with all that decides it."""

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from tortoise.queryset import QuerySet

from hub.errors import InvalidInput, NotFound
from hub.exchange.forms import SAY_WHY
from hub.exchange.screening import Found, screen
from hub.media.models import Photo
from hub.media.photos import photos_by_publication
from hub.projects import actions, forms
from hub.projects.carriers import Carrier, carrier_of
from hub.projects.models import Chapter, Contributor, Part, Project, Stage
from hub.projects.showing import find_any
from hub.text import N_, ngettext
from hub.web.templates import render, see_other
from hub.web.viewer import Access, Page

MOST = 50  # on one page; the others come up as these are decided

said: dict[str, str] = {
    "project-shown": N_("Everybody sees the project. Its carrier is told."),
    "project-set-aside": N_("It is set aside. Its carrier reads why."),
}


@dataclass(frozen=True, kw_only=True)
class Unread:
    """A project that waits, with what its reader should look at."""

    project: Project
    carriers: Sequence[Carrier]
    member_ids: Sequence[int]
    planned: Sequence[Chapter]
    photos: Sequence[Photo]
    found: Sequence[Found]


async def to_be_read() -> list[Unread]:
    """Four questions to the database, however much it is."""
    waiting = _waiting().order_by("id").limit(MOST).select_related("publication__author")
    projects = await waiting
    ids = [one.id for one in projects]
    carriers = await Contributor.filter(project_id__in=ids, part=Part.CARRIER).select_related(
        "participant__actor", "organisation"
    )
    planned = await Chapter.filter(project_id__in=ids, planned=True).order_by("on", "id")
    photos = await photos_by_publication(one.publication_id for one in projects)
    return [
        _unread(
            one,
            carriers=[each for each in carriers if each.project_id == one.id],
            planned=[each for each in planned if each.project_id == one.id],
            photos=photos.get(one.publication_id, []),
        )
        for one in projects
    ]


def _unread(
    project: Project, *, carriers: list[Contributor], planned: list[Chapter], photos: list[Photo]
) -> Unread:
    publication = project.publication
    told = [words for one in planned for words in (one.title, one.text)]
    texts = [publication.title, publication.source, project.call, *told, *(photo.alt for photo in photos)]
    return Unread(
        project=project,
        carriers=[carrier_of(one) for one in carriers],
        member_ids=[one.participant.member_id for one in carriers if one.participant.member_id is not None],
        planned=planned,
        photos=photos,
        found=screen(texts, project.area),
    )


def _waiting() -> QuerySet[Project]:
    return Project.filter(is_reviewed=False, publication__deleted_at=None).exclude(stage=Stage.ENDED)


async def waiting() -> list[tuple[str, str]]:
    """What waits for an agent: a sentence, and the page where to do it."""
    count = await _waiting().count()
    if not count:
        return []
    sentence = ngettext("%(count)s project is to be read", "%(count)s projects are to be read", count)
    return [(sentence % {"count": count}, "/moderation/projects")]


async def read_projects(request: Request, problem: InvalidInput | None = None) -> Response:
    return render(
        request,
        "projects/review.html",
        status=422 if problem else 200,
        unread=await to_be_read(),
        values=request.state.form if problem else {},
        errors=problem.by_field if problem else {},
    )


async def show_project(request: Request) -> Response:
    viewer = request.state.viewer
    await actions.approve(await _unread_one(request), by=viewer.name, member_id=viewer.member_id)
    return see_other("/moderation/projects", said="project-shown")


async def set_project_aside(request: Request) -> Response:
    project = await _unread_one(request)
    name = f"reason-{project.publication.code}"
    try:
        reason = forms.parse_words(request.state.form, name, missing=SAY_WHY)
    except InvalidInput as problem:
        return await read_projects(request, problem)
    viewer = request.state.viewer
    await actions.refuse(project, reason, by=viewer.name, member_id=viewer.member_id)
    return see_other("/moderation/projects", said="project-set-aside")


async def _unread_one(request: Request) -> Project:
    """Of ours; what somebody else has decided a moment ago stays decided."""
    project = await find_any(request)
    if not project.publication.author.is_local:
        raise NotFound
    return project


routes: list[Page] = [
    Page("/moderation/projects", read_projects, access=Access.AGENT),
    Page("/{code:code}/hang-up", show_project, access=Access.AGENT, methods=["POST"]),
    Page("/{code:code}/set-aside", set_project_aside, access=Access.AGENT, methods=["POST"]),
]
