"""For administrators: which servers take what the relay passes on."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response

from hub.actors.hosts import OPEN, federation_mode
from hub.actors.minting import relay_uri
from hub.actors.models import Actor, Role
from hub.errors import NotFound
from hub.fediverse.models import Activity
from hub.members.viewer import member_of
from hub.network import relay
from hub.text import N_
from hub.web.fields import page_number
from hub.web.templates import render, see_other
from hub.web.viewer import Access, Page

PER_PAGE = 50

said = {
    "relay-accepted": N_("Accepted: this server gets what is published from now on."),
    "relay-refused": N_("Done: this server gets nothing more from the relay, and is told."),
    "relay-forgiven": N_("Done: this server may ask again."),
    "relay-saved": N_("Saved."),
}


async def show(request: Request) -> Response:
    """Who asks, who takes it, who was refused."""
    actor, page = await Actor.of_role(Role.RELAY), page_number(request.query_params)
    if actor is None:
        raise NotFound
    listed = relay.subscriptions().filter(accepted_at__not_isnull=True).select_related("follower")
    found = await listed.order_by("-id").offset((page - 1) * PER_PAGE).limit(PER_PAGE + 1)
    refused = relay.subscriptions().filter(refused_at__not_isnull=True).select_related("follower")
    return render(
        request,
        "network/admin_relay.html",
        inbox=f"{relay_uri()}/inbox",
        asks=actor.approves_followers,
        is_open=federation_mode() == OPEN,
        waiting=await relay.requests().select_related("follower").order_by("id").limit(PER_PAGE),
        subscribed=found[:PER_PAGE],
        refused=await refused.order_by("-id").limit(PER_PAGE),
        passed_on=await Activity.filter(actor=actor, type="Announce").count(),
        page=page,
        more=len(found) > PER_PAGE,
        values={},
        errors={},
    )


async def save(request: Request) -> Response:
    await relay.ask_first(asks=request.state.form.get("asks") == "yes")
    return see_other("/admin/network/relay", said="relay-saved")


def _decide(act: Callable[..., Awaitable[None]], sentence: str) -> Callable[[Request], Awaitable[Response]]:
    """One click about one server."""

    async def decide(request: Request) -> Response:
        by = await member_of(request)
        await act(request.path_params["follow_id"], by=by)
        return see_other("/admin/network/relay", said=sentence)

    decide.__name__ = f"{act.__name__}_subscriber"
    return decide


RELAY = "/admin/network/relay"

routes = [
    Page(RELAY, show, access=Access.ADMINISTRATOR, confirmed=True, name="show_relay"),
    Page(RELAY, save, access=Access.ADMINISTRATOR, confirmed=True, methods=["POST"], name="change_relay"),
    *(
        Page(
            f"{RELAY}/{{follow_id:id}}/{act.__name__}",
            _decide(act, sentence),
            access=Access.ADMINISTRATOR,
            confirmed=True,
            methods=["POST"],
        )
        for act, sentence in (
            (relay.accept, "relay-accepted"),
            (relay.refuse, "relay-refused"),
            (relay.forgive, "relay-forgiven"),
        )
    ),
]
