"""`/notices`: what I was told. `/act/TOKEN`, `/stop/TOKEN`: links of mails, which need no sign-in."""

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from hub import limits
from hub.errors import LinkSpent
from hub.notifications import actions
from hub.notifications.models import STOP_DIGEST, MailLink, Notice
from hub.publications.models import Publication
from hub.publications.showing import reader_of
from hub.publications.visibility import visible_to
from hub.text import gettext
from hub.tokens import hash_of
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
        return await _spent(request)
    notice, values = link.notice, link.notice.values if link.notice else {}
    explains = gettext(link.explains) % values
    return render(request, "notifications/act.html", notice=notice, label=link.label, explains=explains)


async def do_act(request: Request) -> Response:
    await limits.spend(limits.TOKENS_PER_ADDRESS, visitor_network(request))
    try:
        notice, done = await actions.use_link(request.path_params["token"])
    except LinkSpent:
        return await _spent(request)
    about = await _about(request, notice)
    return render(request, "notifications/act_done.html", notice=notice, done=done, about=about)


async def _spent(request: Request) -> Response:
    """With the way to what it was about, as far as one may see that; the link itself opens nothing."""
    link = await MailLink.get_or_none(hash=hash_of(request.path_params["token"])).select_related("notice")
    about = await _about(request, link.notice) if link and link.notice else None
    return render(request, "notifications/act_spent.html", status=LinkSpent.status, about=about)


async def _about(request: Request, notice: Notice) -> Publication | None:
    """What it was about, where whoever looks may see that."""
    if request.state.viewer is None and not request.state.site.open_to_visitors:
        return None
    seen = Publication.filter(visible_to(reader_of(request.state.viewer)), code__not_isnull=True)
    return await seen.get_or_none(id=notice.publication_id)


async def show_stop(request: Request) -> Response:
    link = await actions.find_stop(request.path_params["token"])
    if link is None:
        return await _spent(request)
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
