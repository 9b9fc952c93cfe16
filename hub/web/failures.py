"""From what was raised to the page that says so: one table, both languages, never a trace."""

import math
from collections.abc import Callable, Coroutine, Mapping
from typing import Any
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Match, Route

from hub import text
from hub.cache import Cache
from hub.db import is_transient
from hub.errors import ConfirmRequired, HubError, SignInRequired, TooMany
from hub.text import N_
from hub.web.fields import lenient_split, local_path
from hub.web.templates import render
from hub.web.viewer import Site

BUSY_SECONDS = 10  # until whoever found no place may come back

# status: what happened, and what to do now
WORDS: Mapping[int, tuple[str, str]] = {
    400: (
        N_("This request cannot be read"),
        N_("Something was lost or changed on the way. Go back and try once more."),
    ),
    403: (N_("This cannot be done from here"), N_("Nothing was changed.")),
    404: (
        N_("This notice is no longer on the board"),
        N_("It was taken down, or the address has one letter too many. It does not matter."),
    ),
    405: (
        N_("This page does not take what was sent"),
        N_("Nothing was changed. Go back to the page before, and use its buttons."),
    ),
    409: (
        N_("This cannot be done now"),
        N_("Something changed in the meantime. Look at it again, then decide."),
    ),
    413: (
        N_("This is too big"),
        N_("What you sent is larger than this site can take: one megabyte at the most."),
    ),
    422: (N_("Something in this form does not fit"), N_("Go back: what you wrote is still there.")),
    429: (N_("A little patience"), N_("Too many tries in a short time, from here or for this address.")),
    500: (
        N_("Something broke on our side"),
        N_("It is not your fault, and it was written down. Try again in a few minutes."),
    ),
    503: (N_("The wash-house is closed for a moment"), N_("It will be back in a few minutes.")),
}


async def show_hub_error(request: Request, error: Exception) -> Response:
    """HubError has one answer for each class."""
    assert isinstance(error, HubError)
    here = quote(_page_at_hand(request))
    if isinstance(error, ConfirmRequired) and request.method == "POST":
        here += quote("?said=not-done-yet")
    if isinstance(error, SignInRequired):
        return RedirectResponse(f"/sign-in?next={here}", 303)
    if isinstance(error, ConfirmRequired):
        return RedirectResponse(f"/confirm?next={here}", 303)
    if isinstance(error, TooMany):
        response = _page(request, error.status, error.message, after=error.after)
        response.headers["retry-after"] = str(math.ceil(error.after))
        return response
    return _page(request, error.status, error.message)


def _page_at_hand(request: Request) -> str:
    """Where to come back to: this page, or the one whose form was sent."""
    if request.method in ("GET", "HEAD"):
        return request.url.path
    return local_path(lenient_split(request.headers.get("referer", "")).path)


async def show_http_exception(request: Request, error: Exception) -> Response:
    """What Starlette raises: no such page, no such method, a body that cannot be parsed."""
    assert isinstance(error, HTTPException)
    response = _page(request, error.status_code)
    response.headers.update(error.headers or {})
    if error.status_code == 405:
        response.headers["allow"] = ", ".join(sorted(_methods_of(request)))
    return response


def _methods_of(request: Request) -> set[str]:
    """All methods of this path: a page and its form are two routes."""
    routes: list[Route] = request.app.state.pages
    return {
        method
        for route in routes
        if route.matches(request.scope)[0] is not Match.NONE
        for method in route.methods or ()
    }


async def show_unexpected(request: Request, error: Exception) -> Response:
    """Our fault: the server logs the trace, the page has the id under which to find it.

    A database that is busy or away for a moment is no fault: try again in some seconds.
    """
    if is_transient(error):
        response = _page(request, 503)
        response.headers["retry-after"] = "5"
        return response
    return _page(request, 500)


MANY = N_("Very many people are looking at it right now. Try again in a few seconds.")
_busy: Cache[str, bytes] = Cache(seconds=600, most=len(text.LOCALES))


def busy(request: Request, locale: str) -> Response:
    """More people ask than can be answered: one page for all of them, for it must cost nearly nothing."""
    body = _busy.get(locale)
    if body is None:
        nobody = Request({**request.scope, "path": "/", "query_string": b"", "headers": [], "state": {}})
        with text.speaking(locale):
            body = _busy.put(locale, bytes(_page(nobody, 503, MANY).body))
    headers = {"content-language": locale, "retry-after": str(BUSY_SECONDS)}
    return HTMLResponse(body, 503, headers=headers)


def _page(request: Request, status: int, message: str = "", *, after: float = 0) -> Response:
    """The page of this status; it must not fail itself, so it asks nothing of the database."""
    state = request.state
    for name, absent in (
        ("site", Site(set_up=False)),
        ("viewer", None),
        ("halfway", None),
        ("guest", None),
        ("locale", text.current_locale()),
    ):
        if not hasattr(state, name):
            setattr(state, name, absent)
    title, remedy = WORDS.get(status, WORDS[500] if status >= 500 else WORDS[400])
    return render(
        request,
        "error.html",
        status=status,
        code=status,
        title=title,
        remedy=message or remedy,
        request_id=getattr(state, "request_id", ""),
        minutes=math.ceil(after / 60),
        back=_page_at_hand(request) if request.method == "POST" else "",
    )


Handler = Callable[[Request, Exception], Coroutine[Any, Any, Response]]
HANDLERS: Mapping[Any, Handler] = {
    HubError: show_hub_error,
    HTTPException: show_http_exception,
    Exception: show_unexpected,
}
