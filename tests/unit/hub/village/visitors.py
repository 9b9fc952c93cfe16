"""People in front of the whole site in this process; each has a browser of their own."""

import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from functools import lru_cache

import httpx
import pytest
import pytest_asyncio
from bs4 import BeautifulSoup

from hub.app import build_app
from hub.config import Config
from hub.members import sessions
from hub.members.models import Member, Role
from hub.web.cookies import cookie_name
from hub.web.visit import token_of
from tests import factories


class Browser:
    """It keeps cookies, and sends forms as the site's own pages do."""

    def __init__(self, client: httpx.AsyncClient, config: Config) -> None:
        self.client = client
        self.session, self.form = (cookie_name(config, name) for name in ("session", "form"))

    async def get(self, path: str) -> httpx.Response:
        return await self.client.get(path)

    async def post(self, path: str, **fields: str) -> httpx.Response:
        cookies = self.client.cookies
        if self.session not in cookies and self.form not in cookies:
            cookies.set(self.form, "a key for forms", domain="localhost.local")
        key = cookies.get(self.session) or cookies[self.form]
        return await self.client.post(path, data={"_token": token_of(key), **fields})

    async def open_link(self, link: str) -> httpx.Response:
        """Open the link of a mail, and press the button of its page."""
        path = httpx.URL(link).path
        assert (await self.get(path)).status_code == 200
        return await self.post(path)


class Visitors:
    """`await visitors.browser()` for somebody from the street, with a member for them."""

    def __init__(self, config: Config) -> None:
        self.origin, self.config = config.origin, config
        self.app = build_app(config)
        self.browsers: list[Browser] = []

    async def browser(self, member: Member | None = None) -> Browser:
        transport = httpx.ASGITransport(app=self.app)
        client = httpx.AsyncClient(transport=transport, base_url=self.origin)
        browser = Browser(client, self.config)
        if member is not None:
            cookie = await sessions.open_session(member, "Firefox/140")
            client.cookies.set(browser.session, cookie, domain="localhost.local")
        self.browsers.append(browser)
        return browser

    async def administrator(self) -> Browser:
        return await self.browser(await factories.member("Claire", role=Role.ADMINISTRATOR))


@pytest.fixture
def engine() -> str:
    """For modules that try forms and words: what these ask of a database is asked of both by the tests of the
    actions, and by tests/attacks/test_every_page.py.
    """
    return "sqlite"


@pytest_asyncio.fixture
async def visitors(database: Config) -> AsyncIterator[Visitors]:
    """Of a site without a village, as long as nobody makes one."""
    visitors = Visitors(database)
    yield visitors
    for browser in visitors.browsers:
        await browser.client.aclose()


def page(response: httpx.Response) -> BeautifulSoup:
    """To be read, not changed: several questions about one answer are asked of the same."""
    return _parsed(response.text)


@lru_cache(maxsize=4)
def _parsed(text: str) -> BeautifulSoup:
    return BeautifulSoup(text, "html.parser")


def words(response: httpx.Response) -> str:
    """What stands in the middle of the page, with plain spaces."""
    main = page(response).main
    assert main is not None, response.text
    return " ".join(main.get_text(" ").split())


def errors(response: httpx.Response) -> set[str]:
    """The fields that the summary of a refused form leads to; each also has its own message."""
    shown = page(response)
    fields = {str(link["href"]).removeprefix("#f-") for link in shown.select(".flash.no[role=alert] a")}
    at_fields = {str(note["id"]).removeprefix("f-").removesuffix("-e") for note in shown.select("p.err")}
    assert at_fields == fields
    return fields


def sent_again(response: httpx.Response) -> dict[str, str]:
    """What the form of a page would send if nothing in it were changed."""
    filled: dict[str, str] = {}
    for element in page(response).select("form[method=post] :is(input, textarea)"):
        if element.name == "textarea":
            filled[str(element["name"])] = element.text.removeprefix("\n")
        elif element.get("type") not in ("radio", "checkbox") or element.has_attr("checked"):
            filled[str(element["name"])] = str(element.get("value", ""))
    return filled


@contextmanager
def statements() -> Iterator[list[str]]:
    """The SQL that the database is asked inside the block."""
    asked: list[str] = []
    log, handler = logging.getLogger("tortoise.db_client"), logging.Handler()
    handler.emit = lambda record: asked.append(record.getMessage())  # type: ignore[method-assign]
    level = log.level
    log.addHandler(handler)
    log.setLevel(logging.DEBUG)
    try:
        yield asked
    finally:
        log.removeHandler(handler)
        log.setLevel(level)
