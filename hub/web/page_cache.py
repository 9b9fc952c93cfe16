"""Pages for visitors who are nobody in particular, kept for a few seconds.

A post that is passed on is looked at by every server that has it, all within a minute. What a form changes is
forgotten at once, in every process; what jobs change after SECONDS.
"""

from functools import wraps

from starlette.requests import Request
from starlette.responses import Response

from hub.cache import Cache
from hub.db.signals import Signal
from hub.web.alternate import asks_for_document
from hub.web.viewer import Handler

SECONDS = 5
MOST = 200  # pages of some 20 kB

Kept = tuple[bytes, tuple[tuple[bytes, bytes], ...]]
_pages: Cache[tuple[str, str], Kept] = Cache(seconds=SECONDS, most=MOST)
_changes = 0


def remembered(handler: Handler) -> Handler:
    """For a page that is the same for everybody without a cookie, and sets none."""

    @wraps(handler)
    async def show(request: Request) -> Response:
        if request.cookies or request.url.query or asks_for_document(request):
            return await handler(request)
        key = (request.url.path, request.state.locale)
        if (kept := _pages.get(key)) is not None:
            return _copy(kept)
        seen = _changes
        response = await handler(request)
        is_whole = response.status_code == 200 and "set-cookie" not in response.headers
        if is_whole and seen == _changes:
            _pages.put(key, (bytes(response.body), tuple(response.raw_headers)))
        return response

    return show


def can_fill_in(request: Request) -> bool:
    """Whether the form stands on the page: for a person, who gets a cookie with it.

    Servers that fetch the page to preview it, all within a minute, share one without.
    """
    return bool(request.cookies) or request.headers.get("sec-fetch-mode") == "navigate"


def remembered_without_form(handler: Handler) -> Handler:
    """The page from the cache, for those who get no form with it."""
    kept = remembered(handler)

    @wraps(handler)
    async def show(request: Request) -> Response:
        return await (handler if can_fill_in(request) else kept)(request)

    return show


def forget_pages() -> None:
    """Something that they show has changed; a page that is being made now may be of before."""
    _CHANGED.send()


def _forget() -> None:
    global _changes  # noqa: PLW0603 (one process, one memory)
    _changes += 1
    _pages.clear()


_CHANGED = Signal("pages", _forget)


def _copy(kept: Kept) -> Response:
    """One of its own for each request, for what is around it writes into its headers."""
    body, headers = kept
    response = Response(body)
    response.raw_headers = list(headers)
    return response
