"""Pages for strangers and pages for people who are known here are made in rooms of their own.

When a notice spreads, thousands of servers and their readers look at it within a minute. As many as this
machine can bear get it, the others are told at once to come back; who lives here notices little of it. Forms
have the longest line of all.
"""

from collections.abc import Iterable

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from federation.room import Full, Room
from hub import text
from hub.cache import Cache
from hub.config import Config
from hub.courtesy import waiting
from hub.tokens import hash_of
from hub.web.cookies import cookie_name
from hub.web.failures import busy


class Rooms:
    """Before anything is asked of the database.

    A cookie is known once a page was made with it for somebody of here, in this process and of late: anybody
    can send one, and only its check tells.
    """

    def __init__(self, app: ASGIApp, config: Config) -> None:
        self.app = app
        self._cookies = tuple(cookie_name(config, name) for name in ("session", "guest"))
        self._lang = cookie_name(config, "lang")
        self._locale = text.DEFAULT_LOCALE  # the village's, once a page was made
        self._known: Cache[str, bool] = Cache(seconds=3600, most=5000)
        # Pages are made by one processor: more of them at once are not sooner done, they only hinder others.
        self._people = _Waited(inside=16, line=200, seconds=10)
        self._strangers = Room(inside=6, line=60, seconds=2)
        self._forms = _Waited(inside=32, line=300, seconds=20)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope)
        cookies = [request.cookies[name] for name in self._cookies if name in request.cookies]
        room = self._room_for(scope["method"], cookies)
        try:
            await room.enter()
        except Full:
            return await busy(request, self._locale_of(request))(scope, receive, send)
        leaving = _Leaving(room, send)
        try:
            await self.app(scope, receive, leaving)
            self._remember(request, cookies)
        finally:
            leaving.leave()

    def _remember(self, request: Request, cookies: Iterable[str]) -> None:
        state = request.state
        if (site := getattr(state, "site", None)) is not None:
            self._locale = site.locale
        if getattr(state, "viewer", None) or getattr(state, "guest", None):
            for cookie in cookies:
                self._known.put(hash_of(cookie), True)

    def _locale_of(self, request: Request) -> str:
        """As far as that can be told without the database."""
        wanted = request.cookies.get(self._lang, "")
        return wanted if wanted in text.LOCALES else self._locale

    def _room_for(self, method: str, cookies: Iterable[str]) -> Room:
        if method not in ("GET", "HEAD"):
            return self._forms
        return self._people if any(self._known.get(hash_of(each)) for each in cookies) else self._strangers


class _Waited(Room):
    """Those in it are people who wait for their answer: work of this process lets them go first."""

    async def enter(self) -> None:
        await super().enter()
        waiting.people += 1

    def leave(self) -> None:
        waiting.people -= 1
        super().leave()


class _Leaving:
    """The place is free once the answer begins: how fast somebody reads it is their own affair."""

    def __init__(self, room: Room, send: Send) -> None:
        self._room: Room | None = room
        self._send = send

    async def __call__(self, message: Message) -> None:
        self.leave()
        await self._send(message)

    def leave(self) -> None:
        room, self._room = self._room, None
        if room is not None:
            room.leave()
