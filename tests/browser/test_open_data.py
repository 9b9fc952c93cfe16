"""Somebody takes the village's data along; the town hall's own site shows a part of the board."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from hub.exchange.templates import establish_templates
from hub.village.models import Village
from tests.browser.conftest import Visit
from tests.browser.test_board import SET_UP, database_of, fill_board, fr
from tests.browser.visitor import DESKTOP, PHONE, Visitor
from tests.site import Site
from tests.waiting import GUARD

Inspect = Callable[[Visitor], Awaitable[None]]


@contextmanager
def page_with(frame: str) -> Iterator[str]:
    """Another site on this machine, with a frame of ours in its page: host and port."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = f'<!doctype html><title>Mairie</title><iframe src="{frame}" width="390"></iframe>'
            self.send_response(200)
            self.send_header("content-type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *facts: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()


@dataclass(frozen=True)
class Valley:
    """A village, its town hall's own site, and one that it does not know: both want to show its board."""

    site: Site
    town_hall: str
    stranger: str


@pytest_asyncio.fixture(loop_scope="session")
async def valley(tmp_path: Path) -> AsyncIterator[Valley]:
    site = Site(tmp_path / "data")
    assert site.command("setup", *SET_UP).returncode == 0
    frame = f"{site.url}/embed"
    with page_with(frame) as town_hall, page_with(frame) as stranger:
        async with database_of(site):
            await establish_templates()
            await fill_board()
            await Village.filter(id=1).update(embed_hosts=town_hall)
        with site:
            yield Valley(site, town_hall, stranger)


@pytest.mark.parametrize("way", [PHONE, DESKTOP], indirect=True, ids=lambda way: way.name)
async def test_the_files_are_found_and_the_frame_stands_only_where_it_may(
    valley: Valley, visit: Visit, inspect: Inspect, browser: Browser
) -> None:
    visitor = await visit(valley.site.url)
    await files_written(valley.site)
    await visitor.go("/open-data/")
    await expect(visitor.page.get_by_role("heading", level=1)).to_have_text(fr("Open data"))
    await visitor.page.locator("summary").first.click()
    await inspect(visitor)
    await visitor.picture("open-data")
    await visitor.go("/embed")
    await inspect(visitor)
    await visitor.picture("embed")
    if visitor.way is PHONE:
        await look_at_the_town_hall(valley, browser)


async def files_written(village: Site) -> None:
    """They are, soon after a site has started."""
    async with asyncio.timeout(GUARD):
        while not (village.data / "open-data" / "datapackage.json").exists():
            await asyncio.sleep(0.1)


async def look_at_the_town_hall(valley: Valley, browser: Browser) -> None:
    page = await browser.new_page()
    await page.goto(f"http://{valley.stranger}/")
    await expect(page.frame_locator("iframe").get_by_role("link")).to_have_count(0)
    await page.goto(f"http://{valley.town_hall}/")
    first = page.frame_locator("iframe").get_by_role("link").first
    title = await first.inner_text()
    async with page.expect_navigation():
        await first.click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text(title)
    assert page.url.startswith(valley.site.url)
    await page.close()
