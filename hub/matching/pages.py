"""Suggestions and circles, on the pages of needs and offers, and those that nobody answers, for agents."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import Response

from hub.errors import NotFound
from hub.exchange.cards import Here, card_of
from hub.exchange.change_pages import find_own
from hub.exchange.models import LIVING, Proposal, State
from hub.exchange.rights import may_change
from hub.exchange.showing import find_any
from hub.matching import suggesting, widening
from hub.matching.explaining import reasons_words
from hub.matching.models import Suggestion
from hub.matching.notices import other_side
from hub.participants.mine import Section
from hub.publications.models import Scope
from hub.publications.showing import reader_of
from hub.text import N_
from hub.web.fields import parse_id
from hub.web.templates import render, see_other
from hub.web.viewer import Access, Handler, Page

said = {
    "suggestion-dismissed": N_("It is set aside, and does not come back. Nobody was told."),
    "suggestion-put": N_("Both sides are told, as far as they are from here. They decide."),
    "circle-agreed": N_("Agreed: where nobody answers, others are asked. You are told when."),
    "circle-stopped": N_("Nobody further is asked."),
}


# ------------------------------------------------------------ beside a need or an offer


async def suggestions_aside(request: Request, proposal: Proposal, base: str) -> Section | None:
    """What may suit, for who wrote it and for agents."""
    viewer = request.state.viewer
    if not base and (viewer is None or not viewer.is_agent):
        return None
    if proposal.state not in LIVING:
        return None
    reader = reader_of(viewer) if viewer is not None else suggesting.reader_for(proposal)
    found = await suggesting.suggested_for([proposal], reader)
    lines = _lines(found.get(proposal.id, []), proposal, _here(request))
    if not lines:
        return None
    publication = proposal.publication
    facts = {
        "lines": lines,
        "base": base or f"/{publication.code}",
        "may_put": _is_agent(request),
        "kind": publication.kind.value,
    }
    return Section(template="matching/_suggestions.html", facts=facts)


def _here(request: Request, now: datetime | None = None) -> Here:
    site = request.state.site
    return Here(timezone=site.timezone, point=site.point, now=now)


def _lines(found: list[Suggestion], proposal: Proposal, here: Here) -> list[tuple[Suggestion, object, str]]:
    """The suggestion, the card of the other side, and why."""
    return [(one, card_of(other_side(one, proposal), here), reasons_words(one.reasons)) for one in found]


async def circle_aside(request: Request, proposal: Proposal, base: str) -> Section | None:
    """How far a need asks, for its author and for agents, who can let it ask further or stop it."""
    if not base or proposal.state not in {*LIVING, State.REVIEW}:
        return None
    if widening.was_taken_back(proposal):
        return Section(template="matching/_taken_back.html", facts={})
    if not await widening.can_widen(proposal):
        return None
    circle, is_wider = await widening.circle_of(proposal), proposal.publication.told_to is not None
    if not circle.villages and not circle.regions and not is_wider:
        return None
    facts = {
        "circle": circle,
        "steps": _steps(circle),
        "proposal": proposal,
        "base": base,
        "is_wider": is_wider,
    }
    return Section(template="matching/_circle.html", facts=facts)


def _steps(circle: widening.Circle) -> list[tuple[str, Sequence[str], str]]:
    """Each circle with the names of who is in it, and whether it is done, now or next."""
    members = {Scope.VILLAGE: (), Scope.NEIGHBOURS: circle.villages, Scope.PUBLIC: circle.regions}
    order = list(members)
    reached = order.index(circle.reach)
    looks = ["done"] * reached + ["now"] + ["next"] * (len(order) - reached - 1)
    return [
        (scope.value, names, look)
        for (scope, names), look in zip(members.items(), looks, strict=True)
        if names or look != "next"
    ]


# ------------------------------------------------------------ buttons


async def decide(request: Request) -> Response:
    """A button of one suggestion."""
    proposal, home = await _acting(request)
    number = parse_id(request.state.form, "suggestion") or 0
    deed = request.state.form.get("do")
    if deed == "dismiss":
        await suggesting.dismiss(proposal, number)
        return see_other(_back(request, home), said="suggestion-dismissed")
    if deed != "put" or not _is_agent(request):
        raise NotFound
    await suggesting.put_to_both(number)
    return see_other(_back(request, home), said="suggestion-put")


async def _acting(request: Request) -> tuple[Proposal, str]:
    """The need or offer of this address, also another hub's for agents; and where to go back to."""
    if "key" in request.path_params:
        own = await find_own(request)
        return own.proposal, own.home
    proposal, viewer = await find_any(request), request.state.viewer
    if not viewer.is_agent and not await may_change(proposal, viewer):
        raise NotFound
    return proposal, f"/{proposal.publication.code}"


def _back(request: Request, home: str) -> str:
    return "/moderation/silent" if request.state.form.get("from") == "silent" else home


async def widen(request: Request) -> Response:
    """Its author lets it ask further, or stops it."""
    own, deed = await find_own(request), request.state.form.get("do")
    acts: dict[object, tuple[Callable[[Proposal], Awaitable[None]], str]] = {
        "agree": (widening.agree, "circle-agreed"),
        "stop": (widening.stop, "circle-stopped"),
    }
    if deed not in acts:
        raise NotFound
    act, words = acts[deed]
    await act(own.proposal)
    return see_other(own.home, said=words)


# ------------------------------------------------------------ for agents


async def silent(request: Request) -> Response:
    """Needs that nobody has answered, with what may suit."""
    now = datetime.now(UTC)
    needs, here = await suggesting.silent_needs(now), _here(request, now)
    found = await suggesting.suggested_for(needs, reader_of(request.state.viewer), most=3)
    listed = [(one, card_of(one, here), _lines(found.get(one.id, []), one, here)) for one in needs]
    return render(request, "matching/silent.html", listed=listed)


def _is_agent(request: Request) -> bool:
    viewer = request.state.viewer
    return viewer is not None and viewer.is_agent


def _both(name: str, handler: Handler) -> list[Page]:
    """For who signed in, and for who holds the author's link."""
    return [
        Page(f"/{{code:code}}/{name}", handler, access=Access.MEMBER, methods=["POST"]),
        Page(f"/mine/{{key}}/{name}", handler, access=Access.ALWAYS, methods=["POST"]),
    ]


routes: list[Page] = [
    Page("/moderation/silent", silent, access=Access.AGENT),
    *_both("suggestion", decide),
    *_both("circle", widen),
]
