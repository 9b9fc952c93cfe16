"""For administrators: with which servers the village exchanges, how that goes, and what was decided."""

from collections.abc import Mapping

from starlette.convertors import Convertor, register_url_convertor
from starlette.requests import Request
from starlette.responses import Response

from hub.actors.hosts import NEIGHBOURS, federation_mode
from hub.actors.models import Actor, Host
from hub.errors import InvalidInput, NotFound
from hub.fediverse.models import Delivery, Follow
from hub.members.viewer import member_of
from hub.moderation.models import Case
from hub.network import block_list_pages, follower_pages, hosts, relay, relay_pages, standing
from hub.text import N_
from hub.web.fields import Form, page_number, plain_text
from hub.web.templates import render, see_other
from hub.web.viewer import Access, Page

SHOWN = 50  # people of one server


class _Host(Convertor[str]):
    """The name of a server, as long as one can be."""

    regex = "[^/]{1,255}"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("host", _Host())

said = {
    "host-blocked": N_("Blocked. Follows with this server are ended, and what came from there is hidden."),
    "host-silenced": N_("Done: what comes from there is read by the town hall first."),
    "host-released": N_("Done: nothing is decided about this server any more."),
    "host-tried": N_("What waits is being sent now. Look again in a minute."),
    **block_list_pages.said,
    **follower_pages.said,
    **relay_pages.said,
}


async def servers(request: Request) -> Response:
    return await _servers(request)


async def _servers(request: Request, problem: InvalidInput | None = None) -> Response:
    query = request.query_params
    words, page = plain_text(query.get("q", "")).lower()[:80], page_number(query)
    show = next((each for each in standing.Show if each == query.get("show")), standing.Show.ALL)
    lines, more = await standing.listed(words, show, page=page)
    return render(
        request,
        "network/admin.html",
        status=422 if problem else 200,
        mode=federation_mode(),
        figures=await standing.figures(),
        requests=await standing.requests().count(),
        relay_requests=await relay.requests().count(),
        reports=await Case.undecided().count(),
        lines=lines,
        words=words,
        show=show.value,
        page=page,
        more=more,
        values=request.state.form if problem else {},
        errors=problem.by_field if problem else {},
    )


async def decide(request: Request) -> Response:
    """About a server that perhaps nobody here has ever met."""
    form = Form(request.state.form)
    try:
        name = form.parsed("name", hosts.read_name)
        note = form.text("note", max_length=hosts.NOTE_LENGTH, required=False)
        form.check()
    except InvalidInput as problem:
        return await _servers(request, problem)
    assert name is not None
    await hosts.block({name: note}, by=await member_of(request))
    return _decided(name, "host-blocked")


async def server(request: Request) -> Response:
    return await _server(request)


async def _server(request: Request, errors: Mapping[str, str] | None = None) -> Response:
    host = await _host(request)
    followers = Follow.filter(follower__host=host.name, followed__host="").select_related(
        "follower", "followed"
    )
    followed = Follow.filter(followed__host=host.name, follower__host="").select_related(
        "follower", "followed"
    )
    return render(
        request,
        "network/admin_server.html",
        status=422 if errors else 200,
        host=host,
        line=await standing.line_of(host),
        above=await standing.decided_above(host),
        only_neighbours=federation_mode() == NEIGHBOURS,
        oldest=await Delivery.filter(host=host.name).order_by("id").first(),
        people=await Actor.filter(host=host.name, deleted_at=None).count(),
        followers=await followers.order_by("-id").limit(SHOWN),
        followed=await followed.order_by("-id").limit(SHOWN),
        values=request.state.form if errors else {"note": host.note},
        errors=errors or {},
    )


async def _host(request: Request) -> Host:
    host = await Host.get_or_none(name=request.path_params["name"])
    if host is None:
        raise NotFound
    return host


async def block(request: Request) -> Response:
    host, form = await _host(request), Form(request.state.form)
    try:
        note = form.text("note", max_length=hosts.NOTE_LENGTH, required=False)
        form.check()
    except InvalidInput as problem:
        return await _server(request, problem.by_field)
    await hosts.block({host.name: note}, by=await member_of(request))
    return _decided(host.name, "host-blocked")


async def silence(request: Request) -> Response:
    host, form = await _host(request), Form(request.state.form)
    try:
        note = form.text("note", max_length=hosts.NOTE_LENGTH, required=False)
        form.check()
    except InvalidInput as problem:
        return await _server(request, problem.by_field)
    await hosts.silence(host.name, note, by=await member_of(request))
    return _decided(host.name, "host-silenced")


async def release(request: Request) -> Response:
    host = await _host(request)
    await hosts.release(host.name, by=await member_of(request))
    still_known = await Host.exists(name=host.name)
    return (
        _decided(host.name, "host-released") if still_known else see_other("/admin/network", "host-released")
    )


async def try_now(request: Request) -> Response:
    host = await _host(request)
    await hosts.try_now(host.name)
    return _decided(host.name, "host-tried")


def _decided(name: str, sentence: str) -> Response:
    return see_other(f"/admin/network/hosts/{name}", said=sentence)


HOST = "/admin/network/hosts/{name:host}"

routes = [
    Page("/admin/network", servers, access=Access.ADMINISTRATOR, confirmed=True),
    Page("/admin/network/hosts", decide, access=Access.ADMINISTRATOR, confirmed=True, methods=["POST"]),
    Page(HOST, server, access=Access.ADMINISTRATOR, confirmed=True),
    *(
        Page(f"{HOST}/{name}", act, access=Access.ADMINISTRATOR, confirmed=True, methods=["POST"])
        for name, act in (
            *(("block", block), ("silence", silence)),
            *(("release", release), ("try", try_now)),
        )
    ),
    *block_list_pages.routes,
    *follower_pages.routes,
    *relay_pages.routes,
]
