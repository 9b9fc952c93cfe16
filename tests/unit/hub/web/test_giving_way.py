"""A form whose transaction the database ended, so that another one can go on, is done all the same."""

import asyncio
from datetime import UTC, datetime

import httpx
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Mount

from hub.config import Config
from hub.db import dialect, hold, rows, transaction
from hub.jobs import Job
from hub.web import failures
from hub.web.viewer import Access, Page
from hub.web.visit import Csrf, Visit, new_form_key, token_of
from tests.unit.hub.web.test_visit import ORIGIN, cookie, find_site, find_viewer

FIRST, LAST = 1, 2


async def write_both(request: Request) -> PlainTextResponse:
    """Its file is read before the rows are asked for."""
    file = (await request.state.form["file"].read()).decode()
    async with transaction():
        await hold(Job, [FIRST])
        await hold(Job, [LAST])
        await Job.filter(id=LAST).update(last_error=file)
    return PlainTextResponse(file)


async def post(path: str) -> httpx.Response:
    config, key = Config(origin=ORIGIN), new_form_key()
    middleware = [
        Middleware(Visit, config=config, find_site=find_site, find_viewer=find_viewer),
        Middleware(Csrf, config=config),
    ]
    page = Page(path, write_both, access=Access.ALWAYS, methods=["POST"])
    app = Starlette(
        routes=[Mount("", routes=[page], middleware=middleware)],
        exception_handlers=dict(failures.HANDLERS),
    )
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url=ORIGIN) as client:
        return await client.post(
            path,
            data={"_token": token_of(key)},
            files={"file": b"Rosa"},
            headers=cookie(form=key) | {"origin": ORIGIN},
        )


async def take_the_other_way_round(has_begun: asyncio.Event) -> None:
    """The last row, and once somebody waits for it, the first."""
    async with transaction():
        if dialect() == "postgres":
            await rows("SET LOCAL deadlock_timeout = '1h'")  # the other one is ended, not this
        await hold(Job, [LAST])
        has_begun.set()
        while dialect() == "postgres" and not await rows("SELECT 1 FROM pg_locks WHERE NOT granted"):
            await asyncio.sleep(0.01)
        await hold(Job, [FIRST])


async def test_a_form_that_gave_way_is_done_with_its_file_once_the_other_is(database):
    for number in (FIRST, LAST):
        await Job.create(id=number, name="none", arguments="{}", due_at=datetime.now(UTC))
    has_begun = asyncio.Event()
    other = asyncio.create_task(take_the_other_way_round(has_begun))
    await has_begun.wait()
    answer = await post("/both")
    await other
    assert (answer.status_code, answer.text) == (200, "Rosa")
    assert (await Job.get(id=LAST)).last_error == "Rosa"
