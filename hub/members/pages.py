"""Pages to come in: sign in, sign up, accept an invitation, sign out."""

from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from hub import limits
from hub.errors import InvalidInput, LinkSpent, NotAllowed
from hub.members import actions, forms, sessions
from hub.members.models import Invitation, Link, Member, Purpose, hash_of
from hub.members.viewer import find_viewer
from hub.observations import Observation, Seen
from hub.text import N_
from hub.village.pages import charter
from hub.web.cookies import drop_cookie, set_cookie
from hub.web.fields import local_path
from hub.web.templates import render, see_other
from hub.web.viewer import Access, Page
from hub.web.visit import visitor_network

said = {
    "signed-out": N_("You are signed out."),
    "signed-in": N_("You are signed in."),
    "welcome": N_("Welcome. You are signed in."),
}


def browser(request: Request) -> str:
    return request.headers.get("user-agent", "")


async def enter(request: Request, cookie: str, path: str, *, said: str = "signed-in") -> Response:
    """Give the browser its session and go on: to the second step of signing in, if there is one."""
    viewer = await find_viewer(cookie)
    if viewer is not None and viewer.awaits_second_factor:
        response = see_other(f"/sign-in/second-factor?next={quote(local_path(path))}")
    else:
        response = see_other(local_path(path), said=said)
    set_cookie(request, response, name="session", value=cookie, seconds=limits.SESSION_DAYS * 86400)
    drop_cookie(request, response, "form")
    return response


async def sign_in(request: Request) -> Response:
    if request.state.halfway is not None:
        next_path = local_path(request.query_params.get("next"))
        return see_other(f"/sign-in/second-factor?next={quote(next_path)}")
    return render(request, "members/sign_in.html", next=local_path(request.query_params.get("next")))


async def ask_sign_in_link(request: Request) -> Response:
    form = request.state.form
    try:
        mail = forms.parse_mail(form)
    except InvalidInput as problem:
        next_path = local_path(form.get("next"))
        return render(
            request, "members/sign_in.html", status=422, next=next_path, values=form, errors=problem.by_field
        )
    await actions.ask_sign_in_link(
        mail, address=visitor_network(request), next_path=local_path(form.get("next"))
    )
    return see_other("/sign-in/sent")


async def link_sent(request: Request) -> Response:
    seen = await Observation.of(Seen.MAIL)
    return render(
        request,
        "members/link_sent.html",
        in_folder=request.state.config.smtp_url is None,
        mails_wait=seen is not None and not seen.well,
        minutes=limits.LINK_MINUTES,
    )


async def show_sign_in_link(request: Request) -> Response:
    """A mail scanner may open this: nothing happens before the button is pressed."""
    await limits.spend(limits.TOKENS_PER_ADDRESS, visitor_network(request))
    link = await Link.living(request.path_params["token"], Purpose.SIGN_IN).select_related("member").first()
    if link is None:
        return spent(request)
    return render(request, "members/use_link.html", name=link.member.name)


async def use_sign_in_link(request: Request) -> Response:
    await limits.spend(limits.TOKENS_PER_ADDRESS, visitor_network(request))
    try:
        cookie, path = await actions.sign_in(request.path_params["token"], browser=browser(request))
    except LinkSpent:
        return spent(request)
    return await enter(request, cookie, path)


def spent(request: Request, template: str = "members/link_spent.html") -> Response:
    """This link cannot be used; here is how to get another."""
    return render(request, template, status=LinkSpent.status)


async def sign_out(request: Request) -> Response:
    viewer = request.state.viewer
    member = await Member.get_or_none(id=viewer.member_id) if viewer else None
    return render(request, "members/sign_out.html", by_mail=member is None or member.mail is not None)


async def do_sign_out(request: Request) -> Response:
    viewer = request.state.viewer or request.state.halfway
    if viewer is not None:
        await sessions.end(viewer.session_id, viewer.member_id)
    response = see_other("/", said="signed-out")
    drop_cookie(request, response, "session")
    return response


async def sign_up(request: Request) -> Response:
    if not request.state.site.open_sign_up:
        return render(request, "members/sign_up_closed.html", status=403)
    return render(request, "members/sign_up.html", charter=await charter(request))


async def ask_to_join(request: Request) -> Response:
    if not request.state.site.open_sign_up:
        raise NotAllowed
    try:
        joining = forms.parse_joining(request.state.form, request.state.locale)
    except InvalidInput as problem:
        return render(
            request,
            "members/sign_up.html",
            status=422,
            charter=await charter(request),
            values=request.state.form,
            errors=problem.by_field,
        )
    await actions.ask_to_join(joining, address=visitor_network(request))
    return see_other("/sign-in/sent")


async def show_sign_up_link(request: Request) -> Response:
    await limits.spend(limits.TOKENS_PER_ADDRESS, visitor_network(request))
    link = await Link.living(request.path_params["token"], Purpose.SIGN_UP).first()
    if link is None:
        return spent(request, "members/sign_up_spent.html")
    return render(request, "members/use_link.html", name=link.details["name"])


async def use_sign_up_link(request: Request) -> Response:
    await limits.spend(limits.TOKENS_PER_ADDRESS, visitor_network(request))
    try:
        cookie = await actions.join(request.path_params["token"], browser=browser(request))
    except LinkSpent:
        return spent(request, "members/sign_up_spent.html")
    return await enter(request, cookie, "/", said="welcome")


async def show_invitation(request: Request) -> Response:
    await limits.spend(limits.TOKENS_PER_ADDRESS, visitor_network(request))
    return await _invitation_page(request)


async def _invitation_page(request: Request, errors: dict[str, str] | None = None) -> Response:
    token_hash = hash_of(request.path_params["token"])
    place = await Invitation.open().filter(token_hash=token_hash).select_related("invited_by").first()
    if place is None:
        return spent(request, "members/invitation_spent.html")
    values = getattr(request.state, "form", {})
    status = 422 if errors else 200
    return render(
        request,
        "members/invitation.html",
        status=status,
        place=place,
        charter=await charter(request),
        values=values,
        errors=errors or {},
    )


async def accept_invitation(request: Request) -> Response:
    await limits.spend(limits.TOKENS_PER_ADDRESS, visitor_network(request))
    token, locale = request.path_params["token"], request.state.locale
    try:
        name = forms.parse_name(request.state.form)
        cookie = await actions.accept_invitation(token, name=name, locale=locale, browser=browser(request))
    except InvalidInput as problem:
        return await _invitation_page(request, problem.by_field)
    except LinkSpent:
        return spent(request, "members/invitation_spent.html")
    return await enter(request, cookie, "/", said="welcome")


routes = [
    Page("/sign-in", sign_in, access=Access.ALWAYS),
    Page("/sign-in", ask_sign_in_link, access=Access.ALWAYS, methods=["POST"]),
    Page("/sign-in/sent", link_sent, access=Access.ALWAYS),
    Page("/sign-in/{token}", show_sign_in_link, access=Access.ALWAYS),
    Page("/sign-in/{token}", use_sign_in_link, access=Access.ALWAYS, methods=["POST"]),
    Page("/sign-out", sign_out, access=Access.ALWAYS),
    Page("/sign-out", do_sign_out, access=Access.ALWAYS, methods=["POST"]),
    Page("/sign-up", sign_up, access=Access.ALWAYS),
    Page("/sign-up", ask_to_join, access=Access.ALWAYS, methods=["POST"]),
    Page("/sign-up/{token}", show_sign_up_link, access=Access.ALWAYS),
    Page("/sign-up/{token}", use_sign_up_link, access=Access.ALWAYS, methods=["POST"]),
    Page("/invitation/{token}", show_invitation, access=Access.ALWAYS),
    Page("/invitation/{token}", accept_invitation, access=Access.ALWAYS, methods=["POST"]),
]
