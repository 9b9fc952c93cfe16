"""Where several slices answer at one address, the first that knows the thing does."""

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse

from hub.errors import NotFound
from hub.publications.addresses import in_turn
from hub.web.viewer import Access, Page, Site


def knows(*codes, says):
    async def handler(request):
        if request.path_params["code"] not in codes:
            raise NotFound
        return PlainTextResponse(says)

    return handler


class Anybody:
    """A visitor of a village that is open."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        scope["state"] = {"viewer": None, "guest": None, "site": Site(set_up=True)}
        await self.app(scope, receive, send)


def pages(access=Access.VISITOR):
    return in_turn(
        [
            Page("/{code}/change", knows("event", "both", says="an event"), access=access, uploads=True),
            Page("/other", knows(says=""), access=Access.AGENT),
            Page("/{code}/change", knows("project", "both", says="a project"), access=Access.VISITOR),
            Page("/{code}/change", knows("event", says="saved"), access=access, methods=["POST"]),
        ]
    )


async def get(path):
    async def gone(request, error):
        return PlainTextResponse("", 404)

    app = Starlette(routes=pages(), middleware=[Middleware(Anybody)], exception_handlers={NotFound: gone})
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://hub") as client:
        return await client.get(path)


def test_each_address_is_one_page_that_asks_what_the_widest_of_them_asks():
    found = pages(access=Access.MEMBER)
    assert [(page.path, sorted(page.methods or ()), page.access, page.uploads) for page in found] == [
        ("/{code}/change", ["GET", "HEAD"], Access.VISITOR, True),
        ("/other", ["GET", "HEAD"], Access.AGENT, False),
        ("/{code}/change", ["POST"], Access.MEMBER, False),
    ]


@pytest.mark.parametrize(
    ("code", "says"), [("event", "an event"), ("project", "a project"), ("both", "an event")]
)
async def test_the_first_that_knows_it_answers(code, says):
    assert (await get(f"/{code}/change")).text == says


async def test_what_nobody_knows_is_not_found():
    assert (await get("/nothing/change")).status_code == 404
