"""A village with its people, and a browser for each of them, against the whole app without a network."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest_asyncio

from hub.app import build_app
from hub.config import Config
from hub.members.models import Member, Role, mail_key
from hub.members.sessions import open_session
from hub.village.actions import open_village
from hub.village.models import VillageDraft, Visibility
from hub.web.cookies import cookie_name
from hub.web.visit import token_of

ORIGIN = "http://localhost:8000"


class Browser:
    """What somebody sees and sends; forms carry the token of their own session."""

    def __init__(self, app: Any, session: str | None, locale: str) -> None:
        held = {"lang": locale, **({"session": session} if session else {"form": "a-key"})}
        cookies = {cookie_name(Config(), name): value for name, value in held.items()}
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=True)
        self.client = httpx.AsyncClient(transport=transport, base_url=ORIGIN, cookies=cookies)
        self.token = token_of(session or "a-key")

    async def get(self, path: str) -> httpx.Response:
        return await self.client.get(path)

    async def post(self, path: str, *, file: bytes | None = None, **fields: str) -> httpx.Response:
        files = {"file": ("table.csv", file, "text/csv")} if file is not None else None
        return await self.client.post(path, data={"_token": self.token, **fields}, files=files)


class Town:
    """The village: make its people, and look at it through their eyes."""

    def __init__(self, config: Config) -> None:
        self.app = build_app(config)
        self.browsers: list[Browser] = []

    async def member(self, name: str, *, role: Role = Role.RESIDENT, trusted: bool = True) -> Member:
        mail = f"{name.lower()}@example.org"
        since = datetime.now(UTC) if trusted else None
        return await Member.create(
            name=name, mail=mail, mail_key=mail_key(mail), role=role, trusted_at=since, locale="en"
        )

    async def browser(self, member: Member | None = None) -> Browser:
        session = await open_session(member, "Firefox") if member else None
        self.browsers.append(Browser(self.app, session, "en"))
        return self.browsers[-1]

    async def agent(self) -> Browser:
        return await self.browser(await self.member("Marie", role=Role.AGENT))


@pytest_asyncio.fixture
async def town(database: Config) -> AsyncIterator[Town]:
    draft = VillageDraft(
        name="Saint-Martin",
        handle="saint-martin",
        locale="en",
        insee=None,
        latitude=None,
        longitude=None,
        publisher="Claire Auzias",
        visibility=Visibility.PUBLIC,
        phone="04 65 71 20 14",
    )
    await open_village(draft)
    town = Town(database)
    yield town
    for browser in town.browsers:
        await browser.client.aclose()
