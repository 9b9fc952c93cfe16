"""The page of a project: its story, its people, the needs it answers, what is missing."""

from starlette.requests import Request
from starlette.responses import Response

from hub.errors import NotFound
from hub.projects import change_pages, closing_pages, coverage_pages, new_pages, people_pages, work_pages
from hub.publications.models import Kind
from hub.web.viewer import Handler, Page


async def show(request: Request) -> Response:
    raise NotFound


shows: dict[Kind, Handler] = {Kind.PROJECT: show}

said: dict[str, str] = {
    **new_pages.said,
    **change_pages.said,
    **people_pages.said,
    **work_pages.said,
    **coverage_pages.said,
    **closing_pages.said,
}

routes: list[Page] = [
    *new_pages.routes,
    *change_pages.routes,
    *people_pages.routes,
    *work_pages.routes,
    *coverage_pages.routes,
    *closing_pages.routes,
]
