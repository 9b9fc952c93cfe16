"""Who visits, in which language, and whether a form really comes from our own page.

These two middlewares run inside Starlette's error handling, so what they raise becomes a page.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Awaitable, Callable

from starlette.datastructures import FormData, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hub import limits, text
from hub.config import Config
from hub.errors import NotAllowed, NotFound
from hub.text import N_
from hub.web.cookies import cookie_name, set_cookie
from hub.web.fields import lenient_split
from hub.web.page_cache import forget_pages
from hub.web.viewer import Site, Viewer

UTF_8 = re.compile(r"^(?!.*charset=)|charset=\"?utf-8\"?", re.IGNORECASE)
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
OPEN_BEFORE_SET_UP = ("/setup", "/language")


class Visit:
    """Put config, site, viewer, halfway (who awaits their second factor), guest and locale on the state.

    A guest, who is at home on another server, is never a viewer: what members may do is not theirs.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        config: Config,
        find_site: Callable[[], Awaitable[Site]],
        find_viewer: Callable[[str], Awaitable[Viewer | None]],
        find_guest: Callable[[str], Awaitable[object | None]] | None = None,
    ) -> None:
        self.app = app
        self.config = config
        self.find_site = find_site
        self.find_viewer = find_viewer
        self.find_guest = find_guest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if "\0" in scope["path"] or b"%00" in scope["query_string"]:
            raise NotFound  # PostgreSQL refuses to look for it, and nothing here is named so
        request = Request(scope)
        state = request.state
        state.config, state.site = self.config, await self.find_site()
        token = request.cookies.get(cookie_name(self.config, "session"), "")
        found = await self.find_viewer(token) if token else None
        halfway = found is not None and found.awaits_second_factor
        # Two names, so that no page can take a half-done sign-in for a whole one.
        state.viewer, state.halfway = (None, found) if halfway else (found, None)
        state.guest = None if found is not None else await self._guest(request)
        state.locale = self._locale(request)
        text.set_locale(state.locale)
        if not state.site.set_up and not request.url.path.startswith(OPEN_BEFORE_SET_UP):
            return await RedirectResponse("/setup", 303)(scope, receive, send)
        await self.app(
            scope, receive, self._renewing(request, send, token) if found and found.renewed else send
        )

    async def _guest(self, request: Request) -> object | None:
        token = request.cookies.get(cookie_name(self.config, "guest"), "")
        return await self.find_guest(token) if token and self.find_guest is not None else None

    @staticmethod
    def _renewing(request: Request, send: Send, token: str) -> Send:
        """The cookie lives as long as its session, which each visit makes longer."""
        cookie = Response()
        set_cookie(request, cookie, name="session", value=token, seconds=limits.SESSION_DAYS * 86400)

        async def renewed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if "set-cookie" not in headers:  # a page that sets one itself knows better
                    headers["set-cookie"] = cookie.headers["set-cookie"]
            await send(message)

        return renewed

    @staticmethod
    def _locale(request: Request) -> str:
        """The member's choice, or the browser's, or the village's; who installs it may be from elsewhere."""
        state = request.state
        wanted = (state.viewer and state.viewer.locale) or request.cookies.get(
            cookie_name(state.config, "lang"), ""
        )
        if not wanted and not state.site.set_up:
            wanted = request.headers.get("accept-language", "")[:2]
        return wanted if wanted in text.LOCALES else str(state.site.locale)


class Csrf:
    """Refuse a form that another site sent; put the parsed form on `request.state.form`.

    Two checks, both needed: the browser's word on where the request comes from
    (Sec-Fetch-Site, else Origin), and a token that only our own page could have shown.
    """

    def __init__(self, app: ASGIApp, config: Config) -> None:
        self.app = app
        self.config = config

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] in SAFE_METHODS:
            return await self.app(scope, receive, send)
        request = Request(scope, receive)
        if not self._comes_from_us(request):
            raise NotAllowed(FOREIGN_FORM)
        if not UTF_8.search(request.headers.get("content-type", "")):
            raise HTTPException(400)
        if self._is_large(request):
            await self._count_upload(request)
        async with request.form(
            max_files=limits.FORM_FILES, max_fields=limits.FORM_FIELDS, max_part_size=limits.FIELD_BYTES
        ) as form:
            if not self._has_token(request, form):
                raise NotAllowed(STALE_FORM)
            request.state.form = form
            await self.app(scope, receive, send)
        forget_pages()  # a form may have changed any of them

    @staticmethod
    def _is_large(request: Request) -> bool:
        """A form with files, of which parts go to the disk while it is read.

        What is more than its page takes is none: whoever begins to read it is told so.
        """
        most = request.scope.get("body_limit", limits.FORM_BYTES)
        if most <= limits.FORM_BYTES:
            return False
        declared = request.headers.get("content-length", "")
        return not declared.isdecimal() or limits.FORM_BYTES < int(declared[:20]) <= most

    @staticmethod
    async def _count_upload(request: Request) -> None:
        """Before it is read: from a browser that was here, and not too often. Raises NotAllowed, TooMany."""
        if form_key(request) is None:
            raise NotAllowed(STALE_FORM)
        await limits.spend(limits.UPLOADS_PER_ADDRESS, visitor_network(request))

    def _comes_from_us(self, request: Request) -> bool:
        site = request.headers.get("sec-fetch-site")
        if site is not None:
            return site in ("same-origin", "none")
        origin = request.headers.get("origin")
        if origin is None:
            return True
        return origin == self.config.origin or lenient_split(origin).netloc == request.headers.get("host")

    def _has_token(self, request: Request, form: FormData) -> bool:
        key, sent = form_key(request), form.get("_token")
        return (
            key is not None
            and isinstance(sent, str)
            and hmac.compare_digest(token_of(key).encode(), sent.encode())
        )


FOREIGN_FORM = N_("This form came from another site, so nothing was done.")
STALE_FORM = N_(
    "This form was open for too long, so nothing was done. Go back, reload the page and send it again."
)


def form_key(request: Request) -> str | None:
    """The secret that this browser holds: its session cookie, or the one set with a first form."""
    config, known = request.state.config, request.state.viewer or request.state.halfway
    for name in ("session", "form") if known else ("form",):
        if key := request.cookies.get(cookie_name(config, name)):
            return key
    return None


def visitor_network(request: Request) -> str:
    """The network of the visitor, for the rates."""
    return limits.network_of(request.client.host if request.client else "")


def token_of(key: str) -> str:
    """The value of the hidden field `_token` in the forms of the browser that holds `key`."""
    return hmac.new(key.encode(), b"csrf", hashlib.sha256).hexdigest()


def new_form_key() -> str:
    return secrets.token_urlsafe(32)
