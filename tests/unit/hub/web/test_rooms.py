"""Pages for strangers have a room of their own: while it is full, people who are known here get theirs."""

import asyncio
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route, Router

from federation.room import Room
from hub.config import Config
from hub.web.rooms import Rooms


class Slow:
    """A page that is made only once it may."""

    def __init__(self) -> None:
        self.free = asyncio.Event()
        self.made = 0

    async def show_to_somebody(self, request: Request) -> Response:
        """As behind a session that was found."""
        request.state.viewer = "Rosa" if request.cookies.get("session") == "hers" else None
        return PlainTextResponse("hers")

    async def show(self, request: Request) -> Response:
        self.made += 1
        await self.free.wait()
        return PlainTextResponse("made")


@pytest.fixture
def slow() -> Slow:
    return Slow()


@pytest.fixture
def visitor(slow: Slow, tmp_path: Path) -> httpx.AsyncClient:
    pages = [Route("/", slow.show, methods=["GET", "POST"]), Route("/me", slow.show_to_somebody)]
    rooms = Rooms(Router(pages), Config(origin="http://localhost", data=tmp_path))
    rooms._strangers = Room(inside=2, line=3, seconds=60)
    app = Starlette(routes=[Mount("", rooms)])
    app.state.said = {}
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://localhost")


async def test_strangers_who_find_no_place_are_told_to_come_back_and_people_of_here_get_their_page(
    visitor: httpx.AsyncClient, slow: Slow
) -> None:
    hers = {"cookie": "session=hers"}
    assert (await visitor.get("/me", headers=hers)).status_code == 200
    strangers = [asyncio.create_task(visitor.get("/")) for _ in range(9)]
    while sum(one.done() for one in strangers) < 4:
        await asyncio.sleep(0.01)
    assert slow.made == 2
    busy = next(one.result() for one in strangers if one.done())
    assert (busy.status_code, busy.headers["retry-after"]) == (503, "10")
    assert "503," not in busy.text, "it is the same page for all, and names no request"
    in_english = await visitor.get("/", headers={"cookie": "lang=en"})
    assert [busy.headers["content-language"], in_english.headers["content-language"]] == ["fr", "en"]
    assert "Very many people" in in_english.text
    assert "Very many people" not in busy.text
    known = asyncio.create_task(visitor.get("/", headers=hers))
    made_up = {"cookie": "session=whoever; form=x"}
    assert (await visitor.get("/", headers=made_up)).status_code == 503, "anybody can send a cookie"
    sent = asyncio.create_task(visitor.post("/", data={"a": "form"}))
    while slow.made < 4:
        await asyncio.sleep(0.01)
    slow.free.set()
    assert [(await known).text, (await sent).text] == ["made", "made"]
    assert sum(answer.status_code == 200 for answer in await asyncio.gather(*strangers)) == 5
    assert (await visitor.get("/")).status_code == 200
