"""Whom the village exchanges with, and why: for everybody, and for those who decide it."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import Response

from hub import limits
from hub.errors import InvalidInput, NotFound
from hub.fediverse.models import AgreementState, Neighbour
from hub.members.models import Member
from hub.members.viewer import member_of
from hub.neighbours import actions, objections, showing
from hub.neighbours.forms import parse_proposal, parse_terms, parse_until, parse_words
from hub.neighbours.models import Objection
from hub.participants.models import Person
from hub.text import N_, ngettext
from hub.web.fields import page_number, plain_text
from hub.web.templates import render, see_other
from hub.web.viewer import Access, Page

PAGE = "/neighbours"
ONE = "/neighbours/{neighbour_id:id}"

said = {
    "agreement-proposed": N_("Sent. When they have answered, you are told."),
    "agreement-made": N_("It is agreed. What is open there is being read, and shows here in some minutes."),
    "agreement-refused": N_("Done: they are told, with your reason."),
    "agreement-delayed": N_("Done: they know until when."),
    "agreement-changed": N_("Saved. They are told what you send from now on."),
    "agreement-paused": N_("Paused. Nothing is sent there, and what came from there is not shown."),
    "agreement-resumed": N_("It goes on. What was missed is being read."),
    "agreement-ended": N_("It is over: what came from there is removed, and what they have of yours too."),
    "agreement-withdrawn": N_("Taken back: they are told."),
    "objection-made": N_("Thank you. The town hall answers within 15 days, on this page."),
    "objection-answered": N_("Answered: whoever objected is told."),
}


async def neighbours(request: Request) -> Response:
    """With whom, what, and whether it goes well; the administrators also see what there is to do."""
    is_ours = _decides(request)
    page = page_number(request.query_params)
    lines, more = await showing.listed(page=page, own_point=request.state.site.point)
    waiting = await showing.waiting(request.state.site.point) if is_ours else []
    return render(
        request,
        "neighbours/neighbours.html",
        lines=lines,
        page=page,
        more=more,
        decides=is_ours,
        waiting=waiting,
        over=await showing.over() if is_ours else [],
        objected=await showing.unanswered(),
        form_values=showing.form_values(waiting[0].neighbour if waiting else None),
        kinds=showing.kinds_in_words(),
        until=_today(request) + timedelta(days=30),
        asked_terms=False,
        errors={},
        values={},
    )


async def agreement(request: Request) -> Response:
    return await _agreement(request, await _neighbour(request))


async def _agreement(
    request: Request, neighbour: Neighbour, problem: InvalidInput | None = None, *, answering: int = 0
) -> Response:
    if not _is_shown(neighbour, decides=_decides(request)):
        raise NotFound
    return render(
        request,
        "neighbours/agreement.html",
        status=422 if problem else 200,
        line=await showing.line_of(neighbour, own_point=request.state.site.point),
        decides=_decides(request),
        objected=await showing.objections_to(neighbour),
        answering=answering,
        deletes=await showing.deletes_of(neighbour) if _decides(request) else [],
        until=_today(request) + timedelta(days=30),
        kinds=showing.kinds_in_words(),
        form_values=showing.form_values(neighbour),
        asked_terms=problem is not None and not {"sends", "within", "why"}.isdisjoint(problem.by_field),
        values=request.state.form if problem else {},
        errors=problem.by_field if problem else {},
    )


async def ask(request: Request) -> Response:
    """The form of a proposal, with the address that was typed on the page before."""
    address = plain_text(request.query_params.get("address", ""))[:300]
    return _ask(request, {"address": address, **showing.form_values(None)})


def _ask(request: Request, values: Mapping[str, object], problem: InvalidInput | None = None) -> Response:
    errors = problem.by_field if problem else {}
    return render(
        request,
        "neighbours/new.html",
        status=422 if problem else 200,
        kinds=showing.kinds_in_words(),
        asked_terms=True,
        keys_changed=errors.get("address") == showing.KEYS_CHANGED,
        form_values=values,
        values=values,
        errors=errors,
    )


async def propose(request: Request) -> Response:
    form, by = request.state.form, await member_of(request)
    await limits.spend(limits.LOOK_UPS_PER_MEMBER, str(by.id))
    try:
        address, terms = parse_proposal(form, sends_nothing=request.state.site.is_region)
        neighbour = await actions.propose(
            address, terms, by=by, trusts_new_keys=form.get("trusts_new_keys") == "yes"
        )
    except InvalidInput as problem:
        return _ask(request, form, problem)
    agreed = neighbour.state is AgreementState.AGREED
    return see_other(PAGE, said="agreement-made" if agreed else "agreement-proposed")


async def object_to(request: Request) -> Response:
    neighbour, viewer = await _neighbour(request), request.state.viewer
    if not _is_shown(neighbour, decides=_decides(request)):
        raise NotFound
    try:
        reason = parse_words(request.state.form, "objection", most=objections.WORDS, lines=True)
    except InvalidInput as problem:
        return await _agreement(request, neighbour, problem)
    who = Person(name=viewer.name, member_id=viewer.member_id, locale=request.state.locale)
    await objections.object_to(neighbour, reason, who)
    return see_other(f"{PAGE}/{neighbour.id}", said="objection-made")


async def answer(request: Request) -> Response:
    found = Objection.filter(id=request.path_params["objection_id"]).select_related("neighbour")
    objection = await found.first()
    if objection is None:
        raise NotFound
    try:
        words = parse_words(request.state.form, "answer", most=objections.WORDS, lines=True)
    except InvalidInput as problem:
        return await _agreement(request, objection.neighbour, problem, answering=objection.id)
    await objections.answer(objection, words, by=await member_of(request), at=datetime.now(UTC))
    return see_other(f"{PAGE}/{objection.neighbour_id}", said="objection-answered")


async def waiting() -> list[tuple[str, str]]:
    """What waits for somebody at the town hall: a sentence, and the page."""
    lines = []
    if count := await Neighbour.filter(state=AgreementState.ASKS).count():
        sentence = ngettext(
            "%(count)s village proposes an agreement", "%(count)s villages propose one", count
        )
        lines.append((sentence % {"count": count}, PAGE))
    if count := await Objection.filter(answered_at=None).count():
        sentence = ngettext(
            "%(count)s objection to an agreement waits for an answer",
            "%(count)s objections to agreements wait for an answer",
            count,
        )
        lines.append((sentence % {"count": count}, PAGE))
    return lines


Act = Callable[[Request, Neighbour, Member], Awaitable[None]]


async def _accept(request: Request, neighbour: Neighbour, by: Member) -> None:
    terms = parse_terms(request.state.form, sends_nothing=request.state.site.is_region)
    await actions.accept(neighbour, terms, by=by)


async def _refuse(request: Request, neighbour: Neighbour, by: Member) -> None:
    await actions.refuse(neighbour, parse_words(request.state.form, "reason"), by=by)


async def _delay(request: Request, neighbour: Neighbour, by: Member) -> None:
    until, why = parse_until(request.state.form, _today(request))
    await actions.ask_for_time(neighbour, until, why, by=by)


async def _change(request: Request, neighbour: Neighbour, by: Member) -> None:
    terms = parse_terms(request.state.form, sends_nothing=request.state.site.is_region)
    await actions.change_terms(neighbour, terms, by=by)


async def _pause(request: Request, neighbour: Neighbour, by: Member) -> None:
    await actions.pause(neighbour, parse_words(request.state.form, "note", required=False), by=by)


async def _go_on(request: Request, neighbour: Neighbour, by: Member) -> None:
    await actions.go_on(neighbour, by=by)


async def _end(request: Request, neighbour: Neighbour, by: Member) -> None:
    await actions.end(neighbour, parse_words(request.state.form, "goodbye", required=False), by=by)


async def _withdraw(request: Request, neighbour: Neighbour, by: Member) -> None:
    await actions.withdraw(neighbour, by=by)


def _decide(act: Act, sentence: str, *, to: str = PAGE) -> Callable[[Request], Awaitable[Response]]:
    """A button about one agreement; what is wrong is said on its page."""

    async def decide(request: Request) -> Response:
        neighbour = await _neighbour(request)
        try:
            await act(request, neighbour, await member_of(request))
        except InvalidInput as problem:
            return await _agreement(request, neighbour, problem)
        return see_other(to, said=sentence)

    decide.__name__ = act.__name__.strip("_")
    return decide


def _today(request: Request) -> date:
    return datetime.now(ZoneInfo(request.state.site.timezone)).date()


def _decides(request: Request) -> bool:
    viewer = request.state.viewer
    return viewer is not None and viewer.is_administrator


async def _neighbour(request: Request) -> Neighbour:
    found = await Neighbour.get_or_none(id=request.path_params["neighbour_id"])
    if found is None:
        raise NotFound
    return found


def _is_shown(neighbour: Neighbour, *, decides: bool) -> bool:
    """Who only asks us may write what they like: nobody else reads it before there is an agreement."""
    return decides or neighbour.state in showing.SHOWN


_ACTS = {
    "accept": (_accept, "agreement-made"),
    "refuse": (_refuse, "agreement-refused"),
    "delay": (_delay, "agreement-delayed"),
    "terms": (_change, "agreement-changed"),
    "pause": (_pause, "agreement-paused"),
    "resume": (_go_on, "agreement-resumed"),
    "end": (_end, "agreement-ended"),
    "withdraw": (_withdraw, "agreement-withdrawn"),
}

routes = [
    Page(PAGE, neighbours, access=Access.VISITOR),
    Page(f"{PAGE}/new", ask, access=Access.ADMINISTRATOR, confirmed=True),
    Page(f"{PAGE}/new", propose, access=Access.ADMINISTRATOR, confirmed=True, methods=["POST"]),
    Page(ONE, agreement, access=Access.VISITOR),
    Page(f"{ONE}/object", object_to, access=Access.TRUSTED, methods=["POST"]),
    Page(f"{PAGE}/objections/{{objection_id:id}}/answer", answer, access=Access.AGENT, methods=["POST"]),
    *(
        Page(
            f"{ONE}/{name}",
            _decide(act, sentence),
            access=Access.ADMINISTRATOR,
            confirmed=True,
            methods=["POST"],
        )
        for name, (act, sentence) in _ACTS.items()
    ),
]
