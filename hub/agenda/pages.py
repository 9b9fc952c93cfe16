"""The page of an event: what, when, where, who comes, and how to."""

from starlette.requests import Request
from starlette.responses import Response

from hub.agenda import (
    calendar_pages,
    change_pages,
    coming_pages,
    import_pages,
    minutes_pages,
    new_pages,
    team_pages,
)
from hub.errors import NotFound
from hub.publications.models import Kind
from hub.web.viewer import Handler, Page


async def show(request: Request) -> Response:
    raise NotFound


shows: dict[Kind, Handler] = {Kind.EVENT: show}

said: dict[str, str] = {
    **new_pages.said,
    **change_pages.said,
    **coming_pages.said,
    **team_pages.said,
    **minutes_pages.said,
    **calendar_pages.said,
    **import_pages.said,
}

routes: list[Page] = [
    *new_pages.routes,
    *change_pages.routes,
    *coming_pages.routes,
    *team_pages.routes,
    *minutes_pages.routes,
    *calendar_pages.routes,
    *import_pages.routes,
]
