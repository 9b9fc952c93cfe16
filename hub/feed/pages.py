"""Home, and the boards as long as nothing hangs on them."""

from starlette.requests import Request
from starlette.responses import Response

from hub.announcements.pages import news
from hub.organisations.models import Organisation
from hub.publications.showing import reader_of
from hub.web.templates import render
from hub.web.viewer import Access, Handler, Page


async def home(request: Request) -> Response:
    organisations = await Organisation.all().order_by("-added_at").limit(6)
    return render(
        request,
        "feed/home.html",
        organisations=organisations,
        announcements=await news(reader_of(request.state.viewer)).limit(3),
        origin=request.state.config.origin,
    )


def board(kind: str) -> Handler:
    """A board on which nothing hangs yet, and what to do meanwhile."""

    async def show(request: Request) -> Response:
        return render(request, "feed/board.html", kind=kind)

    show.__name__ = kind
    return show


routes = [
    Page("/", home, access=Access.VISITOR),
    Page("/needs", board("needs"), access=Access.VISITOR),
    Page("/offers", board("offers"), access=Access.VISITOR),
    Page("/agenda", board("agenda"), access=Access.VISITOR),
]
