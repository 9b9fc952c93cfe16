"""A browser without a window, in front of the whole site in this process."""

from collections.abc import AsyncIterator

import httpx
import pytest_asyncio

from hub.app import build_app
from hub.config import Config
from hub.members import sessions
from hub.members.models import Member, Session
from hub.village.models import Visibility
from hub.web.cookies import cookie_name
from hub.web.visit import token_of
from tests import factories

SESSION, FORM = (cookie_name(Config(), name) for name in ("session", "form"))


class Browser:
    """It keeps cookies, and sends forms as the site's own pages do."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    async def sign_in(self, member: Member, *, strong: bool = False) -> None:
        cookie = await sessions.open_session(member, "Firefox/140", strong=strong)
        self.client.cookies.set(SESSION, cookie, domain="localhost.local")

    async def session(self) -> Session | None:
        return await Session.find(self.client.cookies.get(SESSION, ""))

    async def get(self, path: str) -> httpx.Response:
        return await self.client.get(path)

    async def post(self, path: str, **fields: str) -> httpx.Response:
        cookies = self.client.cookies
        if SESSION not in cookies and FORM not in cookies:
            cookies.set(FORM, "a key for forms", domain="localhost.local")
        key = cookies.get(SESSION) or cookies[FORM]
        return await self.client.post(path, data={"_token": token_of(key), **fields})


@pytest_asyncio.fixture
async def browser(database: Config) -> AsyncIterator[Browser]:
    """It looks at a village that only members see."""
    await factories.village(locale="en", visibility=Visibility.MEMBERS)
    transport = httpx.ASGITransport(app=build_app(database))
    async with httpx.AsyncClient(transport=transport, base_url=database.origin) as client:
        yield Browser(client)
