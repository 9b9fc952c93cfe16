"""Answers to GETs, made once and given often: bytes, ETag and headers, and the short memory of them."""

import json
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256

from starlette.types import Scope, Send

from federation.limits import ANSWER_BYTES_REMEMBERED, ANSWER_SECONDS, ANSWERS_REMEMBERED, PUBLIC_SECONDS
from federation.vocabulary import Json

Header = tuple[bytes, bytes]

# Pages of other sites may ask with a script: nothing here depends on who is signed in.
CORS: tuple[Header, ...] = (
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", b"etag, link, retry-after"),
)
_VARY: Header = (b"vary", b"accept, signature")
_PUBLIC: Header = (b"cache-control", f"public, max-age={PUBLIC_SECONDS}".encode())
_PRIVATE: Header = (b"cache-control", b"private, no-store")


@dataclass(frozen=True)
class Answer:
    """Ready to be sent; `etag` is b"" where caches may keep nothing."""

    status: int
    headers: tuple[Header, ...]
    body: bytes = b""
    etag: bytes = b""

    async def send(self, scope: Scope, send: Send) -> None:
        """Without its body to HEAD; 304 to who has it already."""
        status, body = self.status, self.body
        if self.etag and status == 200 and _has(scope, self.etag):
            kept = [
                header for header in self.headers if header[0] not in (b"content-type", b"content-length")
            ]
            await send({"type": "http.response.start", "status": 304, "headers": kept})
            body = b""
        else:
            await send({"type": "http.response.start", "status": status, "headers": list(self.headers)})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})


def ready(body: bytes, media_type: str, *, status: int = 200, public: bool = True) -> Answer:
    etag = (
        b'"' + sha256(media_type.encode() + b"\0" + body).hexdigest()[:32].encode() + b'"' if public else b""
    )
    headers = (
        (b"content-type", media_type.encode()),
        (b"content-length", str(len(body)).encode()),
        _VARY,
        _PUBLIC if public else _PRIVATE,
        *CORS,
    )
    return Answer(status, (*headers, (b"etag", etag)) if etag else headers, body, etag)


def ready_json(document: Json, media_type: str, *, status: int = 200, public: bool = True) -> Answer:
    return ready(to_bytes(document), media_type, status=status, public=public)


def to_bytes(document: Json) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def redirect(page: str, *, public: bool) -> Answer:
    """To the page for people."""
    location = page.encode("ascii", "backslashreplace")
    headers = ((b"location", location), (b"content-length", b"0"), _VARY, _PUBLIC if public else _PRIVATE)
    return Answer(303, (*headers, *CORS))


def refusal(status: int, reason: str, headers: Mapping[str, str] | None = None) -> Answer:
    """`reason` is for the other server's operator."""
    more = tuple((name.encode(), value.encode()) for name, value in (headers or {}).items())
    body = to_bytes({"error": reason})
    plain = (
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        _VARY,
        _PRIVATE,
        *CORS,
    )
    return Answer(status, (*plain, *more), body)


MISSING = refusal(404, "not found")
ACCEPTED = Answer(202, ((b"content-length", b"0"), _PRIVATE))


def not_allowed(methods: Iterable[str]) -> Answer:
    return refusal(405, "method not allowed", {"allow": ", ".join(methods)})


def preflight(methods: Iterable[str]) -> Answer:
    """To a browser that asks whether a script may ask."""
    listed = ", ".join(methods).encode()
    return Answer(
        204,
        (
            (b"allow", listed),
            (b"access-control-allow-origin", b"*"),
            (b"access-control-allow-methods", listed),
            (b"access-control-allow-headers", b"*"),
            (b"access-control-max-age", b"86400"),
        ),
    )


def _has(scope: Scope, etag: bytes) -> bool:
    """If-None-Match (RFC 9110, 13.1.2), compared weakly."""
    for name, value in scope["headers"]:
        if name == b"if-none-match":
            known = [tag.strip().removeprefix(b"W/") for tag in value.split(b",")]
            if etag in known or b"*" in known:
                return True
    return False


class Memory:
    """A few answers for a few seconds: bounded in number and in bytes."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._kept: OrderedDict[Hashable, tuple[float, Answer]] = OrderedDict()
        self._bytes = 0
        self.cleared = 0

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, key: Hashable) -> Answer | None:
        until, answer = self._kept.get(key, (0, None))
        return answer if until > self._monotonic() else None

    def keep(self, key: Hashable, answer: Answer, *, asked_at: int) -> None:
        """`asked_at` is `cleared` as it was before the answer was looked up: is it old now, forget it."""
        if asked_at != self.cleared:
            return
        self._drop(key)
        self._kept[key] = self._monotonic() + ANSWER_SECONDS, answer
        self._bytes += len(answer.body)
        while len(self._kept) > ANSWERS_REMEMBERED or self._bytes > ANSWER_BYTES_REMEMBERED:
            self._drop(next(iter(self._kept)))

    def clear(self) -> None:
        self._kept.clear()
        self._bytes = 0
        self.cleared += 1

    def _drop(self, key: Hashable) -> None:
        if (kept := self._kept.pop(key, None)) is not None:
            self._bytes -= len(kept[1].body)
