"""Guests: people who are at home on another server come in by a number that is sent to them there."""

from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from federation.errors import InvalidDocument
from federation.handles import parse_handle
from hub import limits
from hub.actors.minting import origin
from hub.errors import InvalidInput, NotFound
from hub.participants import guests
from hub.participants.guest_forms import parse_address, parse_number
from hub.text import N_
from hub.web.cookies import cookie_name, drop_cookie, set_cookie
from hub.web.fields import local_path
from hub.web.templates import render, see_other
from hub.web.viewer import Access, Page
from hub.web.visit import visitor_network

said: dict[str, str] = {
    "guest-in": N_("Welcome! You are here with your own address, until you leave."),
    "guest-out": N_("You have left. See you soon!"),
}


async def ask_address(request: Request) -> Response:
    _check_taken(request)
    return _address_form(request)


def _address_form(request: Request, problem: InvalidInput | None = None) -> Response:
    sent = request.state.form if problem else request.query_params
    return _private(
        render(
            request,
            "participants/guest.html",
            status=422 if problem else 200,
            next=local_path(sent.get("next")),
            values=sent if problem else {},
            errors=problem.by_field if problem else {},
        )
    )


async def send_number(request: Request) -> Response:
    """Whoever it is: the same answer, at once."""
    _check_taken(request)
    form = request.state.form
    try:
        handle = parse_address(form)
    except InvalidInput as problem:
        return _address_form(request, problem)
    await limits.spend(limits.PINS_PER_ADDRESS, visitor_network(request))
    token = await guests.ask(handle, locale=request.state.locale)
    there = f"/guest/number?to={quote(str(handle))}&next={quote(local_path(form.get('next')))}"
    response = see_other(there)
    set_cookie(request, response, name="pin", value=token, seconds=limits.PIN_MINUTES * 60)
    return _private(response)


async def ask_number(request: Request) -> Response:
    _check_taken(request)
    return _number_form(request)


def _number_form(request: Request, problem: InvalidInput | None = None) -> Response:
    sent = request.state.form if problem else request.query_params
    return _private(
        render(
            request,
            "participants/number.html",
            status=422 if problem else 200,
            to=_handle(str(sent.get("to", ""))),
            village=f"@{request.state.site.handle}@{origin().partition('://')[2]}",
            next=local_path(sent.get("next")),
            minutes=limits.PIN_MINUTES,
            values=sent if problem else {},
            errors=problem.by_field if problem else {},
        )
    )


async def come_in(request: Request) -> Response:
    _check_taken(request)
    form = request.state.form
    try:
        number = parse_number(form)
        await limits.spend(limits.PIN_TRIES_PER_ADDRESS, visitor_network(request))
        token = await guests.come_in(_cookie(request, "pin"), number)
    except InvalidInput as problem:
        return _number_form(request, problem)
    response = see_other(local_path(form.get("next")), said="guest-in")
    set_cookie(request, response, name="guest", value=token, seconds=limits.GUEST_DAYS * 86400)
    drop_cookie(request, response, "pin")
    return _private(response)


async def leave(request: Request) -> Response:
    await guests.go(_cookie(request, "guest"))
    response = see_other("/", said="guest-out")
    drop_cookie(request, response, "guest")
    return _private(response)


def _check_taken(request: Request) -> None:
    """Where nothing is exchanged with others nobody of them can come in. Raises NotFound."""
    if not request.state.site.takes_guests:
        raise NotFound


def _cookie(request: Request, name: str) -> str:
    return request.cookies.get(cookie_name(request.state.config, name), "")


def _handle(text: str) -> str:
    """What was typed before, if it is an address; it stands in the query, where anybody can write."""
    try:
        return str(parse_handle(text))
    except InvalidDocument:
        return ""


def _private(response: Response) -> Response:
    """Who comes in is nobody else's business."""
    response.headers["cache-control"] = "private, no-store"
    response.headers["x-robots-tag"] = "noindex"
    return response


routes: list[Page] = [
    Page("/guest", ask_address, access=Access.VISITOR),
    Page("/guest", send_number, access=Access.VISITOR, methods=["POST"], name="send_guest_number"),
    Page("/guest/number", ask_number, access=Access.VISITOR),
    Page("/guest/number", come_in, access=Access.VISITOR, methods=["POST"], name="guest_comes_in"),
    Page("/guest/leave", leave, access=Access.VISITOR, methods=["POST"], name="guest_leaves"),
]
