"""Pages for strangers and pages for people who are known here are made in rooms of their own.

When a notice spreads, thousands of servers and their readers look at it within a minute. As many as this
machine can bear get it, the others are told at once to come back; who lives here notices little of it. A form
that somebody filled in is never sent away.
"""

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from federation.room import Full, Room
from hub.config import Config
from hub.web.cookies import cookie_name
from hub.web.failures import busy


class Rooms:
    """Before anything is asked of the database. Whoever holds a cookie of ours has been here before."""

    def __init__(self, app: ASGIApp, config: Config) -> None:
        self.app = app
        self._cookies = tuple(cookie_name(config, name) for name in ("session", "guest", "form"))
        # Pages are made by one processor: more of them at once are not sooner done, they only hinder others.
        self._people = Room(inside=16, line=200, seconds=10)
        self._strangers = Room(inside=6, line=60, seconds=2)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] not in ("GET", "HEAD"):
            return await self.app(scope, receive, send)
        request = Request(scope)
        is_known = any(name in request.cookies for name in self._cookies)
        room = self._people if is_known else self._strangers
        try:
            await room.enter()
        except Full:
            return await busy(request)(scope, receive, send)
        leaving = _Leaving(room, send)
        try:
            await self.app(scope, receive, leaving)
        finally:
            leaving.leave()


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
