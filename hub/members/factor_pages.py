"""Pages about showing who one is: second factor, once more before dangerous acts, codes, passkeys."""

from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from hub import limits
from hub.errors import InvalidInput, SignInRequired
from hub.members import actions, passkeys, second_factor, sessions
from hub.members.models import Member, Passkey
from hub.members.pages import browser, enter
from hub.text import N_
from hub.web.cookies import set_cookie
from hub.web.fields import local_path, plain_text
from hub.web.qr import qr_svg
from hub.web.templates import render, see_other
from hub.web.viewer import Access, Page, Viewer
from hub.web.visit import form_key, visitor_network

said = {
    "not-done-yet": N_("It is you. Nothing was done yet: press the button once more."),
    "confirm-sent": N_("A link is on its way to your mailbox. Open it in this browser."),
    "codes-on": N_("From now on your account asks for a code. Your other browsers are signed out."),
    "codes-off": N_("Your account no longer asks for a code."),
    "passkey-added": N_("The passkey is added. Next time, come in with it."),
    "passkey-removed": N_("The passkey is removed. Your other browsers are signed out."),
}


def person(request: Request) -> Viewer:
    """Who shows who they are: signed in, or on the way."""
    found: Viewer | None = request.state.viewer or request.state.halfway
    if found is None:
        raise SignInRequired
    return found


async def show_second_factor(request: Request) -> Response:
    if request.state.halfway is None:
        return RedirectResponse("/sign-in" if request.state.viewer is None else next_path(request), 303)
    return await _ask(request, "members/second_factor.html")


async def use_second_factor(request: Request) -> Response:
    if request.state.halfway is None:
        return RedirectResponse("/sign-in" if request.state.viewer is None else next_path(request), 303)
    try:
        cookie = await _prove(request)
    except InvalidInput as problem:
        return await _ask(request, "members/second_factor.html", problem.by_field)
    return await enter(request, cookie, next_path(request))


async def confirm(request: Request) -> Response:
    return await _ask(request, "members/confirm.html")


async def use_confirm(request: Request) -> Response:
    try:
        cookie = await _prove(request)
    except InvalidInput as problem:
        return await _ask(request, "members/confirm.html", problem.by_field)
    response = see_other(next_path(request))
    set_cookie(request, response, name="session", value=cookie, seconds=limits.SESSION_DAYS * 86400)
    return response


async def ask_confirm_link(request: Request) -> Response:
    """The other way to show who one is: to read one's mail."""
    member, path = await _member(request), next_path(request)
    if member.mail is not None:
        await actions.ask_sign_in_link(member.mail, address=visitor_network(request), next_path=path)
    return see_other(f"/confirm?next={quote(path)}", said="confirm-sent")


def next_path(request: Request) -> str:
    """Where to go on to afterwards, as the form or the address says."""
    carried = request.state.form if request.method == "POST" else request.query_params
    path = carried.get("next")
    return local_path(path if isinstance(path, str) else None)


async def _member(request: Request) -> Member:
    return await Member.get(id=person(request).member_id)


async def _ask(request: Request, template: str, errors: dict[str, str] | None = None) -> Response:
    """The page that offers what this member can show: a code, a passkey, or a mailbox."""
    member = await _member(request)
    return render(
        request,
        template,
        status=422 if errors else 200,
        next=next_path(request),
        codes=member.totp_secret is not None,
        passkeys=await Passkey.exists(member_id=member.id),
        mail=None if await sessions.has_second_factor(member) else member.mail,
        errors=errors or {},
    )


async def _prove(request: Request) -> str:
    """A code or a passkey makes the session a confirmed one, under another cookie: its value.

    Raises InvalidInput, NotAllowed, TooMany.
    """
    viewer = person(request)
    if answer := _text(request, "credential"):
        await passkeys.recognise(_ceremony(request), answer, member_id=viewer.member_id)
    else:
        await second_factor.use_code(viewer.member_id, _text(request, "code"))
    await sessions.confirm(viewer.session_id)
    return await sessions.rotate(viewer.session_id)


def _text(request: Request, name: str) -> str:
    value = request.state.form.get(name)
    return value if isinstance(value, str) else ""


def _ceremony(request: Request) -> passkeys.Ceremony:
    return passkeys.Ceremony(origin=request.state.config.origin, browser_key=form_key(request) or "")


async def ask_passkey(request: Request) -> Response:
    """What a passkey must sign to sign in, or to show once more who is there."""
    await limits.spend(limits.TOKENS_PER_ADDRESS, visitor_network(request))
    known = request.state.viewer or request.state.halfway
    options = await passkeys.ask_signature(_ceremony(request), member_id=known and known.member_id)
    return Response(options, media_type="application/json")


async def passkey_sign_in(request: Request) -> Response:
    answer = _text(request, "credential")
    cookie = await passkeys.sign_in(_ceremony(request), answer, browser=browser(request))
    return await enter(request, cookie, next_path(request))


async def show_passkeys(request: Request) -> Response:
    member = await _member(request)
    keys = await Passkey.filter(member=member).order_by("added_at", "id")
    return render(
        request,
        "members/passkeys.html",
        passkeys=keys,
        full=len(keys) >= limits.PASSKEYS_PER_MEMBER,
        only_way_in=passkeys.is_only_way_in(member, len(keys)),
        this_browser=sessions.browser_of(browser(request)),
    )


async def ask_new_passkey(request: Request) -> Response:
    """What a new passkey must sign."""
    await limits.spend(limits.TOKENS_PER_ADDRESS, visitor_network(request))
    options = await passkeys.ask_new_key(
        _ceremony(request), member=await _member(request), village=request.state.site.name
    )
    return Response(options, media_type="application/json")


async def add_passkey(request: Request) -> Response:
    # The device has made the key already, so a name that is absent or too long must not stop it.
    viewer, name = request.state.viewer, plain_text(_text(request, "name"))
    await passkeys.add(
        _ceremony(request),
        _text(request, "credential"),
        member_id=viewer.member_id,
        session_id=viewer.session_id,
        name=name or sessions.browser_of(browser(request)),
    )
    return see_other("/me/passkeys", said="passkey-added")


async def remove_passkey(request: Request) -> Response:
    viewer = request.state.viewer
    passkey_id = request.path_params["passkey_id"]
    await passkeys.remove(passkey_id, member_id=viewer.member_id, session_id=viewer.session_id)
    return see_other("/me/passkeys", said="passkey-removed")


async def show_codes(request: Request) -> Response:
    return await _codes(request, second_factor.new_secret())


async def turn_codes_on(request: Request) -> Response:
    viewer, secret = request.state.viewer, _text(request, "secret")
    try:
        await second_factor.turn_on(
            viewer.member_id, secret, code=_text(request, "code"), session_id=viewer.session_id
        )
    except InvalidInput as problem:
        kept = secret if second_factor.is_secret(secret) else second_factor.new_secret()
        return await _codes(request, kept, problem.by_field)
    return see_other("/me/codes", said="codes-on")


async def turn_codes_off(request: Request) -> Response:
    await second_factor.turn_off(request.state.viewer.member_id)
    return see_other("/me/codes", said="codes-off")


async def _codes(request: Request, secret: str, errors: dict[str, str] | None = None) -> Response:
    """The page travels with a secret that nobody keeps before a code proves that an app has it."""
    member, village = await _member(request), request.state.site.name
    address = second_factor.address_for_app(secret, name=member.name, village=village)
    return render(
        request,
        "members/codes.html",
        status=422 if errors else 200,
        on=member.totp_secret is not None,
        alone=member.is_administrator and await Member.count_administrators() == 1,
        secret=secret,
        groups=[secret[start : start + 4] for start in range(0, len(secret), 4)],
        address=address,
        qr=qr_svg(address),
        errors=errors or {},
    )


routes = [
    Page("/sign-in/second-factor", show_second_factor, access=Access.ALWAYS),
    Page("/sign-in/second-factor", use_second_factor, access=Access.ALWAYS, methods=["POST"]),
    Page("/sign-in/passkey", passkey_sign_in, access=Access.ALWAYS, methods=["POST"]),
    Page("/passkeys/challenge", ask_passkey, access=Access.ALWAYS, methods=["POST"]),
    Page("/confirm", confirm, access=Access.MEMBER),
    Page("/confirm", use_confirm, access=Access.MEMBER, methods=["POST"]),
    Page("/confirm/link", ask_confirm_link, access=Access.MEMBER, methods=["POST"]),
    Page("/me/passkeys", show_passkeys, access=Access.MEMBER),
    Page("/me/passkeys", add_passkey, access=Access.MEMBER, confirmed=True, methods=["POST"]),
    Page("/me/passkeys/challenge", ask_new_passkey, access=Access.MEMBER, confirmed=True, methods=["POST"]),
    Page(
        "/me/passkeys/{passkey_id:id}/remove",
        remove_passkey,
        access=Access.MEMBER,
        confirmed=True,
        methods=["POST"],
    ),
    Page("/me/codes", show_codes, access=Access.AGENT, confirmed=True),
    Page("/me/codes", turn_codes_on, access=Access.AGENT, confirmed=True, methods=["POST"]),
    Page("/me/codes/off", turn_codes_off, access=Access.AGENT, confirmed=True, methods=["POST"]),
]
