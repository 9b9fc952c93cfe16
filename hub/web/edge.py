"""What every request passes first: its id and log line, the security headers, the body limit."""

import logging
import secrets
import time
from collections.abc import Sequence

from starlette.datastructures import Headers, MutableHeaders
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hub import limits, log
from hub.db import is_transient
from hub.errors import TooLarge
from hub.text import N_

logger = logging.getLogger(__name__)

PHOTOS_TOO_LARGE = N_(
    "The photos are larger than this site can take: four of 12 megabytes at the most. Go back, choose smaller"
    " ones, and send it again."
)

CONTENT_POLICY = "; ".join(
    (
        "default-src 'none'",
        "style-src 'self'",
        "script-src 'self'",
        "img-src 'self'",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
SECURITY_HEADERS = {
    "content-security-policy": CONTENT_POLICY,
    "x-content-type-options": "nosniff",
    # same-origin keeps tokens in addresses to ourselves, and still lets the browser name the
    # origin of a form, which the CSRF check needs
    "referrer-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), publickey-credentials-get=(self)",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


class RequestId:
    """Name the request, in its answer and in each log line, and log that it was answered.

    The log has the pattern of the route, never the path, which may hold a token.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        identity = secrets.token_hex(6)
        log.request_id.set(identity)
        scope.setdefault("state", {})["request_id"] = identity
        started = time.perf_counter()
        status: int | None = None

        async def named(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["x-request-id"] = identity
            await send(message)

        try:
            await self.app(scope, receive, named)
        except Exception as error:  # the request edge: once a page was sent, the rest is for the log
            if status is None:
                raise
            if is_transient(error):
                logger.error("request failed for now", extra={"reason": str(error)})
            else:
                logger.error("request failed", exc_info=error)
        finally:
            _log_answer(scope, status or 500, time.perf_counter() - started)


def _log_answer(scope: Scope, status: int, seconds: float) -> None:
    route = scope.get("route")
    path = getattr(route, "path", None) or ("/static" if scope["path"].startswith("/static/") else "?")
    facts = {"method": scope["method"], "route": path, "status": status, "ms": round(seconds * 1000, 1)}
    logger.info("answered", extra=facts)


class SecurityHeaders:
    """Put SECURITY_HEADERS on every answer; `secure` also pins the site to TLS."""

    def __init__(self, app: ASGIApp, secure: bool) -> None:
        self.app = app
        headers = {**SECURITY_HEADERS, "cache-control": "private, no-store"}
        if secure:
            headers["strict-transport-security"] = "max-age=31536000"
        self.headers = [(name.encode(), value.encode()) for name, value in headers.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                there = list(message.get("headers", ()))
                names = {name for name, _ in there}
                message["headers"] = there + [header for header in self.headers if header[0] not in names]
            await send(message)

        await self.app(scope, receive, guarded)


class BodyLimit:
    """Stop reading a body that is larger than limits.FORM_BYTES, declared or not.

    Starlette's own limit answers in plain English text; this one raises, so that the
    person gets a page. `uploads`: the routes whose forms have photos.
    """

    def __init__(
        self, app: ASGIApp, max_bytes: int = limits.FORM_BYTES, *, uploads: Sequence[BaseRoute] = ()
    ) -> None:
        self.app = app
        self.max_bytes = max_bytes
        self.uploads = tuple(uploads)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        headers = Headers(scope=scope)
        declared = headers.get("content-length", "0")
        is_small = declared.isdecimal() and int(declared[:20]) <= self.max_bytes
        may_be_large = not is_small or "transfer-encoding" in headers
        takes_photos = may_be_large and any(route.matches(scope)[0] is Match.FULL for route in self.uploads)
        most = limits.PHOTOS_FORM_BYTES if takes_photos else self.max_bytes
        scope["body_limit"] = most
        problem = TooLarge(PHOTOS_TOO_LARGE if takes_photos else "")
        received = 0

        async def limited() -> Message:
            nonlocal received
            if not declared.isdecimal() or int(declared) > most:
                raise problem
            message = await receive()
            received += len(message.get("body", b""))
            if received > most:
                raise problem
            return message

        await self.app(scope, limited, send)
