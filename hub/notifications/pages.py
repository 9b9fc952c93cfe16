"""`/notices`: what I was told. `/act/TOKEN`, `/stop/TOKEN`: links of mails, which need no sign-in."""

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from hub import limits
from hub.errors import LinkSpent
from hub.notifications import actions
from hub.notifications.models import STOP_DIGEST, Notice
from hub.text import gettext
from hub.web.fields import page_number
from hub.web.templates import render, see_other
from hub.web.viewer import Access, Page
from hub.web.visit import visitor_network

PER_PAGE = 30


async def list_notices(request: Request) -> Response:
    """The newest first; to look at them is to have seen them."""
    member_id, page = request.state.viewer.member_id, page_number(request.query_params)
    found = Notice.filter(member_id=member_id).order_by("-made_at", "-id")
    notices = await found.offset((page - 1) * PER_PAGE).limit(PER_PAGE + 1)
    response = render(
        request,
        "notifications/notices.html",
        notices=notices[:PER_PAGE],
        more=len(notices) > PER_PAGE,
        page=page,
    )
    if any(notice.seen_at is None for notice in notices):
        await actions.mark_seen(member_id)
    return response


async def show_act(request: Request) -> Response:
    """A mail scanner may open this: nothing happens before the button is pressed."""
    await limits.spend(limits.TOKENS_PER_ADDRESS, visitor_network(request))
    try:
        link = await actions.find_link(request.path_params["token"])
    except LinkSpent:
        return _spent(request)
    notice, values = link.notice, link.notice.values if link.notice else {}
    explains = gettext(link.explains) % values
    return render(request, "notifications/act.html", notice=notice, label=link.label, explains=explains)


async def do_act(request: Request) -> Response:
    await limits.spend(limits.TOKENS_PER_ADDRESS, visitor_network(request))
    try:
        notice, done = await actions.use_link(request.path_params["token"])
    except LinkSpent:
        return _spent(request)
    return render(request, "notifications/act_done.html", notice=notice, done=done)


def _spent(request: Request) -> Response:
    return render(request, "notifications/act_spent.html", status=LinkSpent.status)


async def show_stop(request: Request) -> Response:
    link = await actions.find_stop(request.path_params["token"])
    if link is None:
        return _spent(request)
    return render(
        request,
        "notifications/stop.html",
        digest=link.name == STOP_DIGEST,
        member=link.member_id is not None,
        stopped=link.used_at is not None,
    )


async def do_stop(request: Request) -> Response:
    """From our page, or from a mail program by itself (RFC 8058), which knows no form of ours: so this one
    asks for nothing but the token, which only the mail has. It is not told where else to go, either.
    """
    async with request.form(max_files=0, max_fields=limits.FORM_FIELDS) as form:
        by_program = "List-Unsubscribe" in form
    stopped = await actions.stop(request.path_params["token"])
    if by_program:
        return PlainTextResponse("", 200 if stopped else LinkSpent.status)
    return see_other(request.url.path)


routes = [
    Page("/notices", list_notices, access=Access.MEMBER),
    Page("/act/{token}", show_act, access=Access.ALWAYS),
    Page("/act/{token}", do_act, access=Access.ALWAYS, methods=["POST"]),
    Page("/stop/{token}", show_stop, access=Access.ALWAYS),
]

# Outside of what checks forms.
open_routes = [Route("/stop/{token}", do_stop, methods=["POST"])]
