"""What a scripted host can answer: each is a function from a request to a response, made by one of these."""

import asyncio
import gzip
import json as stdlib_json
import zlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import cache
from typing import Any

from aiohttp import web
from multidict import CIMultiDict

Answer = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]
Headers = Sequence[tuple[str, str]]

ACTIVITY_JSON = "application/activity+json"
MEBIBYTE = 1_048_576


def document(value: Any, *, kind: str | None = ACTIVITY_JSON) -> Answer:
    return body(stdlib_json.dumps(value).encode(), kind=kind)


def body(
    content: bytes, *, kind: str | None = ACTIVITY_JSON, status: int = 200, headers: Headers = ()
) -> Answer:
    """`headers` in pairs, so that one may come twice."""
    sent = CIMultiDict(headers)
    if kind is not None:
        sent.add("Content-Type", kind)

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        return web.Response(body=content, status=status, headers=sent)

    return answer


def status(code: int, *, retry_after: str | None = None) -> Answer:
    headers = [] if retry_after is None else [("Retry-After", retry_after)]
    return body(b"", status=code, headers=headers)


def redirect(location: str, *, code: int = 302) -> Answer:
    return body(b"", status=code, headers=[("Location", location)])


def in_turn(*answers: Answer) -> Answer:
    """The first request gets the first, and so on; the last one stays."""
    waiting = list(answers)

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        return await (waiting.pop(0) if len(waiting) > 1 else waiting[0])(request)

    return answer


def after(seconds: float, then: Answer) -> Answer:
    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        await asyncio.sleep(seconds)
        return await then(request)

    return answer


def silence() -> Answer:
    """The request is read, nothing ever comes."""

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        await asyncio.Event().wait()
        return web.Response()

    return answer


def endless(piece: bytes = b" " * 65_536, *, pause: float = 0, kind: str = ACTIVITY_JSON) -> Answer:
    """A body without end and without length: fast to be too big, or with a pause to be too slow."""

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": kind})
        await response.prepare(request)
        while True:
            await response.write(piece)
            await asyncio.sleep(pause)

    return answer


def endless_headers(line: bytes = b"X-More: and more\r\n", *, pause: float = 0) -> Answer:
    return _endless_bytes(b"HTTP/1.1 200 OK\r\n", line, pause)


def endless_early_hints(*, pause: float = 0) -> Answer:
    """Interim answers (1xx) for ever, never the answer itself."""
    return _endless_bytes(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n", pause)


def bomb(encoding: str = "gzip", *, mebibytes: int = 64, kind: str = ACTIVITY_JSON) -> Answer:
    """Blanks that pack well. `gzip, gzip` is packed twice; an encoding we cannot pack is sent as it is."""
    return body(_blanks(encoding, mebibytes), kind=kind, headers=[("Content-Encoding", encoding)])


def packed(content: bytes, encoding: str, *, kind: str = ACTIVITY_JSON) -> Answer:
    return body(_pack(content, encoding), kind=kind, headers=[("Content-Encoding", encoding)])


def reset() -> Answer:
    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    return answer


def raw(content: bytes) -> Answer:
    """Bytes that no HTTP server would send, then the end."""

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.write(content)
        request.transport.close()
        return web.Response()

    return answer


def _endless_bytes(start: bytes, piece: bytes, pause: float) -> Answer:
    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        transport = request.transport
        assert transport is not None
        transport.write(start)
        while not transport.is_closing():
            transport.write(piece)
            await asyncio.sleep(pause)
        return web.Response()

    return answer


@cache
def _blanks(encoding: str, mebibytes: int) -> bytes:
    return _pack(b"{" + b" " * (mebibytes * MEBIBYTE), encoding)


def _pack(content: bytes, encoding: str) -> bytes:
    packers: Mapping[str, Callable[[bytes], bytes]] = {"gzip": gzip.compress, "deflate": zlib.compress}
    for name in encoding.split(", "):
        content = packers.get(name, bytes)(content)
    return content
