"""For the town hall: what was reported, what was decided, whom one reads first, and the journal."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from hub.actors.models import Actor
from hub.errors import InvalidInput, NotFound
from hub.fediverse.models import Follow
from hub.journal import Entry
from hub.members.models import Member
from hub.members.viewer import member_of
from hub.moderation import actions, forms, report_pages, silencing
from hub.moderation.models import Case, Complaint, Decision
from hub.moderation.notices import authors_of, basis_words
from hub.moderation.words import ACTS, BASES, GROUNDS, about_of, outcomes_of, title_of
from hub.publications.models import Publication
from hub.publications.showing import around
from hub.text import N_, ago, gettext, ngettext
from hub.village.pages import CHARTER
from hub.web.fields import page_number
from hub.web.templates import render, see_other
from hub.web.viewer import Access, Page

PER_PAGE = 30
SHOWN = 20

said = {
    "case-taken": N_("You look after it. The others at the town hall see that."),
    "case-hidden": N_("It is hidden. Decide later, with a reason."),
    "case-shown": N_("It shows again."),
    "case-decided": N_("Decided. The author and those who reported it are told."),
    "case-settled": N_("Decided once more. Those concerned are told."),
    "case-passed-on": N_("The report is on its way to the other server."),
    "actor-silenced": N_("Done: what they write here is read by the town hall first."),
    "actor-heard": N_("Done: what they write here shows at once again."),
    "actor-blocked": N_("Blocked. Nothing of theirs is shown or taken any more."),
    "actor-unblocked": N_("The block is undone. What it had hidden shows again."),
    "member-silenced": N_("Done: what this person publishes is read first. They are told why."),
    **report_pages.said,
}

_SHOWN = {
    "open": (N_("To decide"), Case.undecided, "opened_at"),
    "contested": (N_("Contested"), Case.contested, "contested_at"),
    "decided": (N_("Decided"), lambda: Case.exclude(decided_at=None), "-decided_at"),
}


async def cases(request: Request) -> Response:
    page = page_number(request.query_params)
    show = request.query_params.get("show", "open")
    show = show if show in _SHOWN else "open"
    _, query, order = _SHOWN[show]
    found = query().select_related("publication__author", "actor").order_by(order, "id")
    listed = await found.offset((page - 1) * PER_PAGE).limit(PER_PAGE + 1)
    ids = [case.id for case in listed]
    return render(
        request,
        "moderation/cases.html",
        cases=listed[:PER_PAGE],
        complaints=await _by_case(Complaint.filter(case_id__in=ids).order_by("id")),
        decisions=await _by_case(Decision.filter(case_id__in=ids).order_by("id")),
        tabs=[(key, words) for key, (words, _, _) in _SHOWN.items()],
        counts={"open": await Case.undecided().count(), "contested": await Case.contested().count()},
        show=show,
        page=page,
        more=len(listed) > PER_PAGE,
        grounds=GROUNDS,
        outcomes_of=outcomes_of,
        title_of=title_of,
    )


async def _by_case(query: Any) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    for each in await query:
        found.setdefault(each.case_id, []).append(each)
    return found


async def show_case(request: Request) -> Response:
    return await _show_case(request, await _case(request))


async def _show_case(request: Request, case: Case, problem: InvalidInput | None = None) -> Response:
    by = await member_of(request)
    publication = case.publication
    decisions = await Decision.filter(case=case).order_by("id")
    return render(
        request,
        "moderation/case.html",
        status=422 if problem else 200,
        case=case,
        title=title_of(case),
        about=about_of(case),
        authors=await authors_of(publication) if publication is not None else [],
        remote=await actions.remote_author(case),
        complaints=await Complaint.filter(case=case).order_by("id").limit(100),
        decisions=decisions,
        before=await Case.filter(thing=case.thing, id__lt=case.id).order_by("-id").limit(SHOWN),
        outcomes=outcomes_of(case),
        outcomes_in_words=[(key.value, gettext(words)) for key, words in outcomes_of(case).items()],
        bases_in_words=[(key.value, gettext(words)) for key, words in BASES.items()],
        basis_words=basis_words,
        grounds=GROUNDS,
        charter=CHARTER,
        may_settle=await actions.may_settle(case, by),
        alone=not await actions.others_than(by.id),
        around=await around([publication]) if publication is not None else None,
        values=request.state.form if problem else {},
        errors=problem.by_field if problem else {},
    )


async def _case(request: Request) -> Case:
    case = await Case.get_or_none(id=request.path_params["case_id"])
    if case is None:
        raise NotFound
    await case.fetch_related("publication__author", "actor")
    return case


async def take(request: Request) -> Response:
    case = await _case(request)
    await actions.take(case, by=await member_of(request))
    return see_other(f"/moderation/cases/{case.id}", said="case-taken")


async def hide(request: Request) -> Response:
    case = await _case(request)
    if case.publication is None:
        raise NotFound
    await actions.hide(case.publication, by=await member_of(request))
    return see_other(f"/moderation/cases/{case.id}", said="case-hidden")


async def show_again(request: Request) -> Response:
    case = await _case(request)
    await actions.show_again(case, by=await member_of(request))
    return see_other(f"/moderation/cases/{case.id}", said="case-shown")


async def decide(request: Request) -> Response:
    """The first decision, or the second one where the first is contested."""
    case = await _case(request)
    try:
        verdict = forms.parse_verdict(request.state.form, outcomes_of(case))
    except InvalidInput as problem:
        return await _show_case(request, case, problem)
    if case.waits_for_second_look:
        await actions.settle(case, verdict, by=await member_of(request))
        return see_other(f"/moderation/cases/{case.id}", said="case-settled")
    await actions.decide(case, verdict, by=await member_of(request))
    return see_other(f"/moderation/cases/{case.id}", said="case-decided")


async def pass_on(request: Request) -> Response:
    case = await _case(request)
    try:
        words = forms.parse_words(request.state.form, "words")
    except InvalidInput as problem:
        return await _show_case(request, case, problem)
    await actions.pass_on(case, words, by=await member_of(request))
    return see_other(f"/moderation/cases/{case.id}", said="case-passed-on")


async def show_actor(request: Request) -> Response:
    return await _show_actor(request, await _actor(request))


async def _show_actor(request: Request, actor: Actor, problem: InvalidInput | None = None) -> Response:
    written = Publication.filter(author=actor, deleted_at=None)
    return render(
        request,
        "moderation/actor.html",
        status=422 if problem else 200,
        actor=actor,
        around=await around([Publication(author=actor)]),
        written=await written.count(),
        newest=await written.order_by("-id").limit(5),
        follows_us=await Follow.filter(follower=actor).count(),
        followed=await Follow.filter(followed=actor).count(),
        cases=await Case.filter(publication__author_id=actor.id).order_by("-id").limit(SHOWN),
        entries=await Entry.filter(about=actor.full_handle[:300]).order_by("-id").limit(SHOWN),
        acts=ACTS,
        values=request.state.form if problem else {},
        errors=problem.by_field if problem else {},
    )


async def _actor(request: Request) -> Actor:
    """Somebody elsewhere."""
    actor = await Actor.get_or_none(id=request.path_params["actor_id"], deleted_at=None)
    if actor is None or actor.is_local:
        raise NotFound
    return actor


Restrain = Callable[[Actor, str, Member], Awaitable[None]]


def _restrain(name: str, act: Restrain, said: str, *, reason: bool = True) -> Page:
    """A button about somebody elsewhere, with a reason for the journal."""

    async def press(request: Request) -> Response:
        actor = await _actor(request)
        try:
            why = forms.parse_words(request.state.form, "why") if reason else ""
        except InvalidInput as problem:
            return await _show_actor(request, actor, problem)
        await act(actor, why, await member_of(request))
        return see_other(f"/moderation/actors/{actor.id}", said=said)

    press.__name__ = f"{name}_actor"
    path = f"/moderation/actors/{{actor_id:id}}/{name}"
    return Page(path, press, access=Access.AGENT, methods=["POST"])


async def silence_member(request: Request) -> Response:
    member = await Member.get_or_none(id=request.path_params["member_id"])
    if member is None:
        raise NotFound
    why = forms.parse_words(request.state.form, "why")
    await silencing.silence_member(member, why, by=await member_of(request))
    return see_other(f"/members/{member.id}", said="member-silenced")


async def journal(request: Request) -> Response:
    page = page_number(request.query_params)
    found = await Entry.all().order_by("-id").offset((page - 1) * PER_PAGE).limit(PER_PAGE + 1)
    return render(
        request,
        "moderation/journal.html",
        entries=found[:PER_PAGE],
        acts=ACTS,
        page=page,
        more=len(found) > PER_PAGE,
    )


async def waiting() -> list[tuple[str, str]]:
    """Reports and contests that nobody has decided, with the age of the oldest: a sentence, and the page."""
    sentences = []
    count = await Case.undecided().count()
    if count:
        words = ngettext("%(count)s report to decide", "%(count)s reports to decide", count)
        sentences.append((words % {"count": count} + await _age(), "/moderation/cases"))
    contested = await Case.contested().count()
    if contested:
        words = ngettext("%(count)s contested decision", "%(count)s contested decisions", contested)
        sentences.append((words % {"count": contested}, "/moderation/cases?show=contested"))
    return sentences


async def _age() -> str:
    """Of the oldest that nobody has read yet; empty where all were read."""
    oldest = await Case.undecided().filter(read_at=None).order_by("opened_at").first()
    if oldest is None:
        return ""
    words = gettext(N_(", the oldest unread one came %(ago)s"))
    return words % {"ago": ago(oldest.opened_at, datetime.now(UTC))}


CASE = "/moderation/cases/{case_id:id}"
POST = ["POST"]
routes = [
    *report_pages.routes,
    Page("/moderation/cases", cases, access=Access.AGENT),
    Page(CASE, show_case, access=Access.AGENT),
    *(
        Page(f"{CASE}/{name}", act, access=Access.AGENT, methods=POST)
        for name, act in (
            *(("take", take), ("hide", hide), ("show", show_again)),
            *(("decide", decide), ("pass-on", pass_on)),
        )
    ),
    Page("/moderation/actors/{actor_id:id}", show_actor, access=Access.AGENT),
    _restrain("silence", lambda actor, why, by: silencing.silence_actor(actor, why, by=by), "actor-silenced"),
    _restrain("hear", lambda actor, _, by: silencing.hear_actor(actor, by=by), "actor-heard", reason=False),
    _restrain("block", lambda actor, why, by: silencing.block_actor(actor, why, by=by), "actor-blocked"),
    _restrain(
        "unblock",
        lambda actor, _, by: silencing.unblock_actor(actor, by=by),
        "actor-unblocked",
        reason=False,
    ),
    Page("/moderation/members/{member_id:id}/silence", silence_member, access=Access.AGENT, methods=POST),
    Page("/moderation/journal", journal, access=Access.ADMINISTRATOR),
]
