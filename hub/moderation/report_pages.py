"""For everybody: say that something should not be here, see how it stands, contest, read the numbers."""

from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import Response

from hub import limits
from hub.actors.models import Actor
from hub.errors import InvalidInput, NotFound
from hub.members.models import Member
from hub.moderation import actions, forms
from hub.moderation.counting import months
from hub.moderation.models import (
    Case,
    Complaint,
    Decision,
    Ground,
    Thing,
    contest_until,
    new_number,
    read_number,
)
from hub.moderation.notices import basis_words
from hub.moderation.words import GROUNDS, HEADINGS, name_of, outcomes_of, title_of
from hub.publications.models import Deed, Kind, Publication, Reaction
from hub.publications.showing import reader_of
from hub.publications.visibility import may_have, may_see
from hub.text import N_, gettext, month_name
from hub.web.fields import plain_text
from hub.web.templates import render, see_other
from hub.web.viewer import Access, Page
from hub.web.visit import visitor_network

said = {
    "complaint-sent": N_("Thank you. Your report has arrived."),
    "contest-sent": N_("It has arrived. Somebody at the town hall looks at it once more."),
}


async def ask_about(request: Request) -> Response:
    """The form about one publication, or an answer below it."""
    return await _form(request, await _publication(request), values=await _known(request))


async def complain_about(request: Request) -> Response:
    return await _complain(request, await _publication(request))


async def ask(request: Request) -> Response:
    """The form about any page of the site."""
    what = plain_text(request.query_params.get("what", ""))[:300]
    return await _form(request, None, values={**await _known(request), "what": what})


async def complain(request: Request) -> Response:
    return await _complain(request, None)


async def _complain(request: Request, thing: Thing | None) -> Response:
    form, viewer = request.state.form, request.state.viewer
    given = form if thing is None else {**form, "what": thing.path}
    try:
        draft, path = forms.parse_complaint(
            given,
            locale=request.state.locale,
            member_id=None if viewer is None else viewer.member_id,
            origin=request.state.config.origin,
        )
    except InvalidInput as problem:
        return await _form(request, thing, values=form, problem=problem)
    await limits.spend(limits.COMPLAINTS_PER_ADDRESS, visitor_network(request))
    about = thing or await _thing_at(request, path)
    complaint = await actions.complain(about, draft, number=forms.parse_form_number(form))
    return see_other(f"/report/{complaint.number}", said="complaint-sent")


async def _form(
    request: Request, thing: Thing | None, *, values: object, problem: InvalidInput | None = None
) -> Response:
    publication = None if thing is None else thing.publication
    return render(
        request,
        "moderation/report.html",
        status=422 if problem else 200,
        thing=thing,
        title="" if publication is None else name_of(publication),
        grounds_in_words=[(ground.value, gettext(words)) for ground, words in GROUNDS.items()],
        number=forms.parse_form_number(request.state.form) if problem else new_number(),
        values=values,
        errors=problem.by_field if problem else {},
    )


async def _known(request: Request) -> dict[str, str]:
    """What a member need not type again."""
    viewer = request.state.viewer
    member = None if viewer is None else await Member.get_or_none(id=viewer.member_id)
    return {} if member is None else {"name": member.name, "contact": member.mail or member.phone or ""}


async def _publication(request: Request) -> Thing:
    """What stands at this address; `?answer=` is one below it. Raises NotFound for what one may not see."""
    code, reader = request.path_params["code"], reader_of(request.state.viewer)
    publication = await Publication.of_code(code)
    if publication is None or not may_have(publication, reader):
        raise NotFound
    if not (_has_a_page(publication) or reader.agent):
        raise NotFound
    number = str(request.query_params.get("answer", ""))
    if not (number.isascii() and number.isdigit() and len(number) <= 18):
        return Thing(path=f"/{code}", publication=publication)
    below = await Publication.filter(id=int(number)).select_related("author").first()
    if below is not None and below.root_id != publication.id and not await _is_written_to(publication, below):
        raise NotFound
    if below is None or not may_see(below, reader):
        raise NotFound
    return Thing(path=f"/{code}", publication=below)


async def _is_written_to(publication: Publication, post: Publication) -> bool:
    """To the group of a project, whose page shows what it passed on."""
    passed_on = Reaction.filter(publication_id=post.id, deed=Deed.ANNOUNCE)
    return await passed_on.filter(actor__projects__publication_id=publication.id).exists()


def _has_a_page(publication: Publication) -> bool:
    """For everybody: ours, and what hangs here of other villages."""
    return publication.author.is_local or publication.kind in _HANGING


_HANGING = frozenset({Kind.NEED, Kind.OFFER, Kind.EVENT, Kind.PROJECT, Kind.EXPERIENCE})


async def _thing_at(request: Request, path: str) -> Thing:
    """What a path shows this visitor; what they may not see is for them a page like any other."""
    reader = reader_of(request.state.viewer)
    publication = await Publication.of_code(path[1:])
    if publication is not None and _has_a_page(publication) and may_have(publication, reader):
        return Thing(path=path, publication=publication)
    actor = await Actor.here(path[2:]) if path.startswith("/@") else None
    if actor is not None and actor.deleted_at is None and (not actor.hidden or reader.member):
        return Thing(path=path, actor=actor)
    return Thing(path=path)


async def show_complaint(request: Request) -> Response:
    """How a report stands, for who has its number; nothing about the author, and no names."""
    number = read_number(request.path_params["number"])
    complaint = await Complaint.get_or_none(number=number, report_id=None) if number else None
    if complaint is None:
        raise NotFound
    case = await Case.get(id=complaint.case_id).select_related("publication", "actor")
    decisions = await Decision.filter(case=case).order_by("id")
    return render(
        request,
        "moderation/complaint.html",
        complaint=complaint,
        case=case,
        about=_shown_title(case, request),
        ground=GROUNDS[complaint.ground],
        minor=complaint.ground is Ground.MINOR,
        decisions=decisions,
        outcomes=outcomes_of(case),
        basis_words=basis_words,
    )


def _shown_title(case: Case, request: Request) -> str:
    """Of what who looks may see: words that were taken away do not come back here."""
    publication = case.publication
    if publication is None or not may_see(publication, reader_of(request.state.viewer)):
        return ""
    return name_of(publication)


async def show_contest(request: Request) -> Response:
    return await _contest(request, await _contested(request))


async def contest(request: Request) -> Response:
    case = await _contested(request)
    try:
        words = forms.parse_words(request.state.form, "words", max_length=limits.TEXT_LENGTH)
    except InvalidInput as problem:
        return await _contest(request, case, problem)
    await actions.contest(case, words)
    return see_other(f"/contest/{case.key}", said="contest-sent")


async def _contested(request: Request) -> Case:
    """By the key in the author's notice."""
    case = await Case.get_or_none(key=request.path_params["key"][:64]).select_related("publication", "actor")
    if case is None or case.decided_at is None:
        raise NotFound
    return case


async def _contest(request: Request, case: Case, problem: InvalidInput | None = None) -> Response:
    decisions = await Decision.filter(case=case).order_by("id")
    first = decisions[0]
    assert case.decided_at is not None
    until = contest_until(case.decided_at)
    return render(
        request,
        "moderation/contest.html",
        status=422 if problem else 200,
        case=case,
        title=title_of(case),
        decisions=decisions,
        outcomes=outcomes_of(case),
        basis_words=basis_words,
        until=until,
        over=datetime.now(UTC) > until,
        somebody_else=first.by_id is None or await actions.others_than(first.by_id),
        values=request.state.form if problem else {},
        errors=problem.by_field if problem else {},
    )


async def transparency(request: Request) -> Response:
    """How many reports and decisions there were, month by month: numbers alone."""
    counted = await months(request.state.site.timezone)
    headings = [(outcome, gettext(words)) for outcome, words in HEADINGS.items()]
    named = [(month_name(month.first.date()), month) for month in counted]
    return render(request, "moderation/transparency.html", months=named, headings=headings)


POST = ["POST"]
routes = [
    Page("/report", ask, access=Access.ALWAYS),
    Page("/report", complain, access=Access.ALWAYS, methods=POST),
    Page("/report/{number}", show_complaint, access=Access.ALWAYS),
    Page("/{code:code}/report", ask_about, access=Access.VISITOR),
    Page("/{code:code}/report", complain_about, access=Access.VISITOR, methods=POST),
    Page("/contest/{key}", show_contest, access=Access.ALWAYS),
    Page("/contest/{key}", contest, access=Access.ALWAYS, methods=POST),
    Page("/transparency", transparency, access=Access.ALWAYS),
]
