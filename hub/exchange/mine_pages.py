"""What I asked and what I promised: of members at /mine, of people without an account behind their link."""

from collections.abc import Awaitable, Callable, Mapping, Sequence

from starlette.requests import Request
from starlette.responses import Response
from tortoise.expressions import Q
from tortoise.queryset import QuerySet

from hub.actors.models import Actor
from hub.errors import InvalidInput, NotFound
from hub.exchange import pledges
from hub.exchange.models import Pledge, PledgeState, Proposal, Voice
from hub.exchange.pledge_forms import parse_delivered, parse_words
from hub.exchange.pledge_pages import LOOKS, act_as_author, count_reply, show_manage
from hub.exchange.showing import Sheet
from hub.organisations.models import Spokesperson
from hub.participants.mine import sections_for
from hub.participants.models import Participant
from hub.participants.people import is_them, somebody
from hub.text import N_
from hub.web.fields import parse_id
from hub.web.templates import render, see_other
from hub.web.viewer import Access, Page

MOST = 100

said = {
    "pledge-withdrawn": N_("It is taken back. Thank you for saying so in time."),
    "pledge-confirmed": N_("Thank you: now it counts."),
}


async def mine(request: Request, problem: InvalidInput | None = None) -> Response:
    """The own page of a member or a guest."""
    who = somebody(request)
    assert who is not None, "the page is for nobody else"
    return await _show(
        request,
        [] if isinstance(who, Actor) else await _asked_by(who.member_id),
        Pledge.filter(is_them(who, "participant__")),
        who=is_them(who),
        action="/mine",
        problem=problem,
    )


async def _asked_by(member_id: int) -> Sequence[Proposal]:
    """By them, or in the name of an organisation for which they speak."""
    speaks = await Spokesperson.filter(member_id=member_id).values_list("organisation_id", flat=True)
    theirs = Q(owner__member_id=member_id)
    if speaks:
        theirs |= Q(voice=Voice.ORGANISATION, organisation_id__in=list(speaks))
    asked = Proposal.filter(theirs, publication__deleted_at=None).order_by("-id").limit(MOST)
    return await asked.select_related("publication__author", "owner", "organisation")


async def _show(
    request: Request,
    asked: Sequence[Proposal],
    promised: QuerySet[Pledge],
    *,
    who: Q,
    action: str,
    holder: Participant | None = None,
    problem: InvalidInput | None = None,
) -> Response:
    """Both lists, each with what is to be done, the newest first; `holder`: of a link."""
    given = (
        await promised.select_related(
            "participant",
            "slot",
            "proposal__publication__author",
            "proposal__owner",
            "proposal__organisation",
        )
        .order_by("-id")
        .limit(MOST)
    )

    def sheet_for(proposal: Proposal) -> Sheet:
        """As far as these lists show it."""
        return Sheet(
            proposal=proposal, pledges=(), slots=(), template=None, timezone=request.state.site.timezone
        )

    return render(
        request,
        "exchange/mine.html",
        status=422 if problem else 200,
        asked=asked,
        waiting=await _waiting(asked),
        promised=[(each, sheet_for(each.proposal)) for each in given],
        sheet_for=sheet_for,
        holder=holder,
        action=action,
        errors=problem.by_field if problem else {},
        sections=await sections_for(request, who, action),
        **LOOKS,
    )


async def _waiting(proposals: Sequence[Proposal]) -> dict[int, int]:
    """How many answers wait for each author."""
    if not proposals:
        return {}
    found = Pledge.filter(proposal_id__in=[each.id for each in proposals], state=PledgeState.PROPOSED)
    numbers = [pledge.proposal_id for pledge in await found.only("id", "proposal_id")]
    return {number: numbers.count(number) for number in numbers}


async def act(request: Request) -> Response:
    """A button of a member or a guest, on what they promised."""
    who = somebody(request)
    assert who is not None, "the page is for nobody else"
    theirs = Pledge.filter(is_them(who, "participant__"))
    try:
        done = await act_as_helper(theirs, request.state.form)
    except InvalidInput as problem:
        return await mine(request, problem)
    return see_other("/mine", said=done)


async def by_key(request: Request, problem: InvalidInput | None = None) -> Response:
    """What the holder of a link asked or promised. The link is the key: nobody signs in."""
    key = request.path_params["key"]
    holder = await Participant.of_key(key)
    if holder is None:
        return private(render(request, "exchange/key_spent.html", status=410))
    asked = await _asked(holder)
    if asked is not None:
        return private(await show_manage(request, asked, problem, key=key))
    promised = Pledge.filter(participant_id=holder.id)
    page = await _show(
        request, (), promised, who=Q(id=holder.id), action=f"/mine/{key}", holder=holder, problem=problem
    )
    return private(page)


async def act_by_key(request: Request) -> Response:
    key, form = request.path_params["key"], request.state.form
    holder = await Participant.of_key(key)
    if holder is None:
        return private(render(request, "exchange/key_spent.html", status=410))
    asked = await _asked(holder)
    try:
        if asked is not None and form.get("do") == "count":
            done = await count_reply(request, asked)
        elif asked is not None:
            done = await act_as_author(asked, form)
        else:
            done = await act_as_helper(Pledge.filter(participant_id=holder.id), form)
    except InvalidInput as problem:
        return await by_key(request, problem)
    return private(see_other(f"/mine/{key}", said=done))


async def _asked(holder: Participant) -> Proposal | None:
    """What the holder asked or offers, if this is what the link is for."""
    own = Proposal.filter(owner_id=holder.id, publication__deleted_at=None)
    return await own.select_related("publication__author", "owner", "organisation").first()


def private(response: Response) -> Response:
    """The address is a key: no copy is kept, and no other page is told where one came from.

    `strict-origin` and not `no-referrer`: with the latter, browsers without Sec-Fetch-Site name no origin for
    a form, and it would be taken for another site's.
    """
    response.headers["cache-control"] = "private, no-store"
    response.headers["referrer-policy"] = "strict-origin"
    response.headers["x-robots-tag"] = "noindex"
    return response


async def act_as_helper(theirs: QuerySet[Pledge], form: Mapping[str, object]) -> str:
    """What the pressed button says, on one of `theirs`; returns the sentence to show afterwards.

    Raises InvalidInput, NotFound, Conflict.
    """
    pledge = await theirs.filter(id=parse_id(form, "pledge") or 0).first()
    deed = HELPER_DEEDS.get(str(form.get("do", "")))
    if pledge is None or deed is None:
        raise NotFound
    return await deed(pledge, form)


async def _withdraw(pledge: Pledge, form: Mapping[str, object]) -> str:
    await pledges.withdraw(pledge, parse_words(form, "reason"))
    return "pledge-withdrawn"


async def _confirm(pledge: Pledge, form: Mapping[str, object]) -> str:
    await pledges.confirm(pledge)
    return "pledge-confirmed"


async def _done(pledge: Pledge, form: Mapping[str, object]) -> str:
    await pledges.confirm_done(pledge, by_owner=False, delivered=parse_delivered(form))
    return "pledge-done"


HELPER_DEEDS: dict[str, Callable[[Pledge, Mapping[str, object]], Awaitable[str]]] = {
    "withdraw": _withdraw,
    "confirm": _confirm,
    "done": _done,
}

routes = [
    Page("/mine", mine, access=Access.GUEST),
    Page("/mine", act, access=Access.GUEST, methods=["POST"]),
    Page("/mine/{key}", by_key, access=Access.ALWAYS),
    Page("/mine/{key}", act_by_key, access=Access.ALWAYS, methods=["POST"]),
]
