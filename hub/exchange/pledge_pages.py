"""To answer a need or an offer, to say "me too", and what its author does about the answers."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from hub import limits
from hub.errors import Conflict, InvalidInput, NotFound
from hub.exchange import actions, pledges
from hub.exchange.asides import asides_for
from hub.exchange.models import Pledge, Proposal
from hub.exchange.pledge_forms import parse_delivered, parse_help, parse_quantity, parse_wish, parse_words
from hub.exchange.rights import may_change
from hub.exchange.showing import (
    PLEDGE_LOOKS,
    PLEDGE_NAMES,
    find_any,
    find_known,
    find_seen,
    first_name,
    is_author,
    is_whole,
    sheet_of,
    stages,
)
from hub.participants.actions import key_for_form
from hub.participants.forms import new_form_code, parse_form_code
from hub.participants.people import somebody
from hub.publications.models import Publication
from hub.publications.showing import around, reader_of
from hub.publications.visibility import visible_to
from hub.text import N_
from hub.web.fields import parse_id
from hub.web.templates import render, see_other
from hub.web.viewer import Access, Page
from hub.web.visit import visitor_network

said = {
    "pledge-sent": N_("Thank you. Your answer is on its way; you will hear soon."),
    "support-sent": N_("It is written down. Thank you."),
    "reply-counted": N_("They are asked in private whether they mean it. It counts once they say yes."),
    "pledge-accepted": N_("Accepted. Both of you know now how to reach each other."),
    "pledge-declined": N_("Declined. They hear it in kind words."),
    "pledge-done": N_("Written down: it was done."),
    "pledge-thanked": N_("Your thanks are on their way."),
    "proposal-closed": N_("It is closed. Those who had answered are told."),
    "proposal-renewed": N_("It stays on the board."),
    "proposal-thanked": N_("It is finished, and everybody is thanked."),
}


async def ask_help(request: Request) -> Response:
    return await _help_form(request, await find_known(request))


async def _help_form(request: Request, proposal: Proposal, problem: InvalidInput | None = None) -> Response:
    """One screen: name, contact, how many, when, a word."""
    return render(
        request,
        "exchange/help.html",
        status=422 if problem else 200,
        sheet=await sheet_of(proposal, request.state.site.timezone),
        proposal=proposal,
        publication=proposal.publication,
        is_whole=is_whole(request, proposal),
        values=request.state.form if problem else {"code": new_form_code()},
        errors=problem.by_field if problem else {},
    )


async def offer_help(request: Request) -> Response:
    proposal, form, who = await find_known(request), request.state.form, somebody(request)
    sheet = await sheet_of(proposal, request.state.site.timezone)
    try:
        draft, person = parse_help(form, proposal, sheet.slots, who=who, locale=request.state.locale)
        await spend(request, limits.PLEDGES_PER_ADDRESS)
        made = await pledges.pledge(proposal, draft, person, code=parse_form_code(form))
    except InvalidInput as problem:
        return await _help_form(request, proposal, problem)
    if who is not None:
        return see_other(f"/{proposal.publication.code}", said="pledge-sent")
    return see_other(f"/mine/{await key_for_form(made.participant_id, person)}", said="pledge-sent")


async def ask_support(request: Request) -> Response:
    proposal = await _shared(request)
    return _support_form(request, proposal, values={"wish": request.query_params.get("wish", "")})


async def _shared(request: Request) -> Proposal:
    """One of this village; who shares another's says so there."""
    proposal = await find_seen(request)
    if proposal.owner is None:
        raise NotFound
    return proposal


def _support_form(
    request: Request, proposal: Proposal, problem: InvalidInput | None = None, **context: Any
) -> Response:
    return render(
        request,
        "exchange/support.html",
        status=422 if problem else 200,
        proposal=proposal,
        publication=proposal.publication,
        errors=problem.by_field if problem else {},
        **context,
    )


async def support(request: Request) -> Response:
    proposal, form = await _shared(request), request.state.form
    try:
        wish, person, shares = parse_wish(form, who=somebody(request), locale=request.state.locale)
    except InvalidInput as problem:
        return _support_form(request, proposal, problem, values=form)
    await spend(request, limits.SUPPORTS_PER_ADDRESS)
    await actions.support(proposal, person, wish, shares_contact=shares)
    return see_other(f"/{proposal.publication.code}", said="support-sent")


async def spend(request: Request, rate: limits.Rate) -> None:
    """Members by themselves, others by the network that they come from: accounts elsewhere cost nothing."""
    viewer = request.state.viewer
    await limits.spend(rate, f"member {viewer.member_id}" if viewer else visitor_network(request))


async def count(request: Request) -> Response:
    """An answer from the open network is meant as help, says the author."""
    proposal = await _changed(request)
    return see_other(f"/{proposal.publication.code}", said=await count_reply(request, proposal))


async def count_reply(request: Request, proposal: Proposal) -> str:
    """The answer that a button is about, if this viewer sees it below this need; returns what to say then."""
    form = request.state.form
    seen = Publication.filter(visible_to(reader_of(request.state.viewer)), root_id=proposal.publication_id)
    reply = await seen.filter(id=parse_id(form, "answer") or 0).select_related("author").first()
    if reply is None or reply.author.is_local:
        raise NotFound
    try:
        await pledges.count_as_pledge(proposal, reply, quantity=parse_quantity(form))
    except InvalidInput as problem:
        raise Conflict(next(iter(problem.by_field.values()))) from problem
    return "reply-counted"


async def _changed(request: Request) -> Proposal:
    """The need or offer of this address, for those who may act on it."""
    proposal = await find_any(request)
    if not await may_change(proposal, request.state.viewer):
        raise NotFound
    return proposal


async def manage(request: Request) -> Response:
    return await show_manage(request, await _changed(request))


async def show_manage(
    request: Request, proposal: Proposal, problem: InvalidInput | None = None, *, key: str = ""
) -> Response:
    """The author's page; `key`: of an author without an account."""
    viewer = request.state.viewer
    sheet = await sheet_of(proposal, request.state.site.timezone)
    taken = {each.reply_id for each in sheet.pledges if each.reply_id}
    below = Publication.filter(visible_to(reader_of(viewer)), root_id=proposal.publication_id)
    replies = await below.select_related("author").order_by("published_at", "id").limit(50)
    loose = [each for each in replies if each.id not in taken and not each.author.is_local]
    return render(
        request,
        "exchange/manage.html",
        status=422 if problem else 200,
        sheet=sheet,
        proposal=proposal,
        publication=proposal.publication,
        replies=loose,
        around=await around(loose),
        stages=await stages(proposal),
        is_author=bool(key) or await is_author(proposal, viewer),
        action=f"/mine/{key}" if key else f"/{proposal.publication.code}/manage",
        base=f"/mine/{key}" if key else f"/{proposal.publication.code}",
        key=key,
        asides=await asides_for(
            request, proposal, f"/mine/{key}" if key else f"/{proposal.publication.code}"
        ),
        errors=problem.by_field if problem else {},
        **LOOKS,
    )


LOOKS = {"pledge_names": PLEDGE_NAMES, "pledge_looks": PLEDGE_LOOKS, "first_name": first_name}


async def act(request: Request) -> Response:
    """A button of the author's page."""
    proposal = await _changed(request)
    try:
        done = await act_as_author(proposal, request.state.form)
    except InvalidInput as problem:
        return await show_manage(request, proposal, problem)
    return see_other(f"/{proposal.publication.code}/manage", said=done)


async def act_as_author(proposal: Proposal, form: Mapping[str, Any]) -> str:
    """What the pressed button says, on one of the answers; returns the sentence to show afterwards.

    Raises InvalidInput, NotFound where there is no such pledge or button, Conflict where it is too late.
    """
    deed = str(form.get("do", ""))
    if deed not in AUTHOR_DEEDS:
        raise NotFound
    pledge = await Pledge.get_or_none(id=parse_id(form, "pledge") or 0, proposal_id=proposal.id)
    if pledge is None:
        raise NotFound
    return await AUTHOR_DEEDS[deed](pledge, form)


async def _accept(pledge: Pledge, form: Mapping[str, Any]) -> str:
    await pledges.accept(pledge)
    return "pledge-accepted"


async def _decline(pledge: Pledge, form: Mapping[str, Any]) -> str:
    await pledges.decline(pledge, parse_words(form, "reason"))
    return "pledge-declined"


async def _done(pledge: Pledge, form: Mapping[str, Any]) -> str:
    await pledges.confirm_done(pledge, by_owner=True, delivered=parse_delivered(form))
    return "pledge-done"


async def _thank_one(pledge: Pledge, form: Mapping[str, Any]) -> str:
    await pledges.thank_helper(pledge, parse_words(form, "words", required=True))
    return "pledge-thanked"


AUTHOR_DEEDS: dict[str, Callable[[Pledge, Mapping[str, Any]], Awaitable[str]]] = {
    "accept": _accept,
    "decline": _decline,
    "done": _done,
    "thank": _thank_one,
}

HERE = "/{code:code}"
routes = [
    Page(f"{HERE}/help", ask_help, access=Access.VISITOR),
    Page(f"{HERE}/help", offer_help, access=Access.VISITOR, methods=["POST"]),
    Page(f"{HERE}/support", ask_support, access=Access.VISITOR),
    Page(f"{HERE}/support", support, access=Access.VISITOR, methods=["POST"]),
    Page(f"{HERE}/count", count, access=Access.MEMBER, methods=["POST"]),
    Page(f"{HERE}/manage", manage, access=Access.MEMBER),
    Page(f"{HERE}/manage", act, access=Access.MEMBER, methods=["POST"]),
]
