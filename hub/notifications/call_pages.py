"""`/calls`: whom an agent calls, because no mail reaches them. Nobody is forgotten."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import Response

from hub.notifications import actions
from hub.notifications.models import Notice, to_call
from hub.notifications.people import Holder
from hub.notifications.rhythm import MORNING
from hub.text import N_, ngettext
from hub.web.templates import render, see_other
from hub.web.viewer import Access, Page

MOST = 100

said = {
    "call-done": N_("Noted: they know."),
    "call-missed": N_("Noted: nobody answered. They are on the list again in three hours."),
    "call-later": N_("Noted: they are on the list again tomorrow morning."),
    "call-act-done": N_("Done, as they said on the telephone."),
}


async def list_calls(request: Request) -> Response:
    now = datetime.now(UTC)
    later = Notice.filter(call_after__gt=now).order_by("call_after", "id")
    return render(
        request,
        "notifications/calls.html",
        calls=await to_call(now).limit(MOST),
        count=await to_call(now).count(),
        later=await later.limit(MOST),
        old=now - timedelta(days=1),
    )


async def mark_called(request: Request) -> Response:
    await actions.called(request.path_params["notice_id"], by=request.state.viewer.name)
    return see_other("/calls", said="call-done")


async def mark_missed(request: Request) -> Response:
    await actions.call_missed(request.path_params["notice_id"])
    return see_other("/calls", said="call-missed")


async def put_off(request: Request) -> Response:
    """To the next morning."""
    zone = ZoneInfo(request.state.site.timezone)
    tomorrow = datetime.now(zone).date() + timedelta(days=1)
    morning = datetime.combine(tomorrow, time(MORNING.hour), zone).astimezone(UTC)
    await actions.call_later(request.path_params["notice_id"], morning)
    return see_other("/calls", said="call-later")


async def do_as_told(request: Request) -> Response:
    """What they said on the telephone: yes, no, take it down."""
    viewer, which = request.state.viewer, request.path_params
    by = Holder(name=viewer.name, member_id=viewer.member_id)
    await actions.act_by_call(which["notice_id"], which["number"], by=by)
    return see_other("/calls", said="call-act-done")


async def waiting() -> list[tuple[str, str]]:
    """How many are to be called: a sentence, and the page."""
    count = await to_call().count()
    if not count:
        return []
    sentence = ngettext("%(count)s person to call", "%(count)s people to call", count)
    return [(sentence % {"count": count}, "/calls")]


CALL = "/calls/{notice_id:id}"
routes = [
    Page("/calls", list_calls, access=Access.AGENT),
    Page(f"{CALL}/done", mark_called, access=Access.AGENT, methods=["POST"]),
    Page(f"{CALL}/missed", mark_missed, access=Access.AGENT, methods=["POST"]),
    Page(f"{CALL}/later", put_off, access=Access.AGENT, methods=["POST"]),
    Page(f"{CALL}/acts/{{number:id}}", do_as_told, access=Access.AGENT, methods=["POST"]),
]
