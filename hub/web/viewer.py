"""Who looks at a page, and what each page asks of them."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any

from starlette.convertors import Convertor, register_url_convertor
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub.db import gave_way
from hub.errors import ConfirmRequired, NotFound, SignInRequired

TRIES = 3  # of a page that had to give way to another

Handler = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, kw_only=True)
class Viewer:
    """A signed-in person, as far as pages care. Absent: a visitor."""

    member_id: int
    session_id: int
    name: str
    locale: str | None = None
    trusted: bool = False
    is_agent: bool = False
    is_administrator: bool = False
    awaits_second_factor: bool = False
    renewed: bool = False
    confirmed: bool = False


@dataclass(frozen=True, kw_only=True)
class Site:
    """What every page shows of the village; `set_up` is False before the first minute is over."""

    set_up: bool = False
    is_region: bool = False
    open_to_visitors: bool = True
    open_sign_up: bool = False
    name: str = "Lavoir"
    handle: str = ""
    locale: str = "fr"
    timezone: str = "Europe/Paris"
    point: tuple[float, float] | None = None  # latitude, longitude
    colours: str = "water"
    conformity: str = "none"
    address: str = ""
    hours: str = ""
    phone: str = ""
    mail: str = ""
    takes_guests: bool = False  # people who are at home on other servers can come in


class _Id(Convertor[int]):
    """`{member_id:id}`: a key that both databases can hold; a longer number is no page at all."""

    regex = "[0-9]{1,9}"

    def convert(self, value: str) -> int:
        return int(value)

    def to_string(self, value: int) -> str:
        return str(value)


class _Code(Convertor[str]):
    """`{code:code}`: the short address of a publication; on paper it may be read in capitals."""

    regex = "(?i:[23456789bcdfghjkmnpqrstvwxz]{6})"

    def convert(self, value: str) -> str:
        return value.lower()

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("id", _Id())
register_url_convertor("code", _Code())


class Access(Enum):
    """Who may open a page. Each level includes those below it in the list."""

    ALWAYS = "always"  # anyone, also on a site that only members see
    VISITOR = "visitor"  # anyone, unless only members see the site
    GUEST = "guest"  # a member, or somebody who is at home on another server
    MEMBER = "member"
    TRUSTED = "trusted"  # a member whom the town hall or a neighbour knows
    AGENT = "agent"
    ADMINISTRATOR = "administrator"


class Page(Route):
    """A route that says who may open it; there is no other kind of page.

    `confirmed`: the person showed again who they are in the last minutes (a dangerous act).
    `uploads`: its form has photos, so it may be larger (limits.PHOTOS_FORM_BYTES).
    Who may not open a page is told that it does not exist, unless signing in could help.
    """

    def __init__(
        self,
        path: str,
        handler: Handler,
        *,
        access: Access,
        confirmed: bool = False,
        uploads: bool = False,
        **options: Any,
    ) -> None:
        async def guarded(request: Request) -> Response:
            state = request.state
            check_access(state.viewer, state.site, access, is_guest=state.guest is not None)
            if confirmed and not request.state.viewer.confirmed:
                raise ConfirmRequired
            return await _answer(handler, request)

        super().__init__(path, guarded, name=options.pop("name", handler.__name__), **options)
        self.answer = guarded
        self.access = access
        self.confirmed = confirmed
        self.uploads = uploads


async def _answer(handler: Handler, request: Request) -> Response:
    """Asked again where the database let somebody else go first, as if the button were pressed once more."""
    for _ in range(TRIES - 1):
        try:
            return await handler(request)
        except Exception as error:
            if not gave_way(error):
                raise
        await _rewind(request)
    return await handler(request)


async def _rewind(request: Request) -> None:
    """Files of its form that were read already."""
    for sent in getattr(request.state, "form", {}).values():
        if isinstance(sent, UploadFile):
            await sent.seek(0)


def check_access(viewer: Viewer | None, site: Site, access: Access, *, is_guest: bool = False) -> None:
    """Raises SignInRequired for visitors, NotFound for members whose role is too small."""
    if access is Access.ALWAYS or (access is Access.VISITOR and site.open_to_visitors):
        return
    if access is Access.GUEST and is_guest and site.open_to_visitors:
        return
    if viewer is None:
        raise SignInRequired
    enough = {
        Access.TRUSTED: viewer.trusted,
        Access.AGENT: viewer.is_agent,
        Access.ADMINISTRATOR: viewer.is_administrator,
    }
    if not enough.get(access, True):
        raise NotFound
