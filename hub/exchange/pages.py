"""The page of a need or an offer: what it is, who answered, and how to help."""

from starlette.requests import Request
from starlette.responses import Response

from hub.publications.models import Kind
from hub.web.templates import render
from hub.web.viewer import Page

said: dict[str, str] = {}


async def show(request: Request) -> Response:
    return render(request, "exchange/show.html")


shows = {Kind.NEED: show, Kind.OFFER: show}

routes: list[Page] = []
