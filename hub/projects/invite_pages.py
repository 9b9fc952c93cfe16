"""Whom a project asks to take part: from the directory, or who wanted to look after a need."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from hub import limits
from hub.errors import InvalidInput, NotAllowed, NotFound
from hub.exchange.actions import GROUP
from hub.exchange.models import Proposal, Support, Wish
from hub.exchange.new_pages import free_code
from hub.exchange.showing import find_seen as find_need
from hub.organisations.models import KIND_HEADINGS, Kind, words_key
from hub.participants.models import Person
from hub.projects import invitations
from hub.projects.people_forms import Choice, parse_choice, parse_invitation, parse_together
from hub.projects.within import Within, find_carrying
from hub.publications.documents import new_code
from hub.publications.models import Kind as PublicationKind
from hub.text import N_
from hub.web.templates import render, see_other
from hub.web.viewer import Access, Page, Viewer

said = {
    "invitations-sent": N_("They are asked. Their answers come to you by mail, and stand here."),
    "begun-together": N_("The project has begun. Whoever wanted to look after it is asked to take part."),
}


async def choose_invited(request: Request) -> Response:
    """First kinds and themes, then the list of those whom they mean, all of them ticked."""
    return await _invite_form(request, await find_carrying(request), parse_choice(request.query_params))


async def _invite_form(
    request: Request, within: Within, choice: Choice, *, problem: InvalidInput | None = None
) -> Response:
    page = render(
        request,
        "projects/invite.html",
        status=422 if problem else 200,
        within=within,
        project=within.project,
        publication=within.project.publication,
        choice=choice,
        kinds=[(kind, KIND_HEADINGS[kind]) for kind in Kind],
        themes=[(words_key(theme), theme) for theme in await invitations.themes()],
        found=await invitations.candidates(choice.kinds, choice.themes) if choice.is_made else [],
        known=await invitations.known(within.project),
        ticked=request.state.form.getlist("organisation") if problem else None,
        values=request.state.form if problem else {},
        errors=problem.by_field if problem else {},
    )
    return within.answer(page)


async def invite(request: Request) -> Response:
    within, form = await find_carrying(request), request.state.form
    try:
        chosen, words = parse_invitation(form)
        await limits.spend(limits.ASKED_PER_PROJECT, f"project {within.project.id}")
        by = within.person
        await invitations.invite(within.project, chosen, by=by.name, member_id=by.member_id, words=words)
    except InvalidInput as problem:
        return await _invite_form(request, within, parse_choice(form), problem=problem)
    return within.see("/people", "invitations-sent")


async def ask_together(request: Request) -> Response:
    """From a need with enough people who want to look after it, to a project."""
    need = await _shared_need(request)
    publication = need.publication
    if not await _may_begin(need, request.state.viewer):
        return await _together_form(request, need, may_begin=False)
    values = {"title": publication.title, "text": publication.source, "code": new_code()}
    return await _together_form(request, need, values=values)


async def _together_form(
    request: Request, need: Proposal, problem: InvalidInput | None = None, **context: Any
) -> Response:
    return render(
        request,
        "projects/together.html",
        status=422 if problem else 200,
        need=need,
        publication=need.publication,
        eager=await invitations.eager(need),
        errors=problem.by_field if problem else {},
        **{"may_begin": True, **context},
    )


async def begin_together(request: Request) -> Response:
    need, form, viewer = await _shared_need(request), request.state.form, request.state.viewer
    if not await _may_begin(need, viewer):
        raise NotAllowed
    try:
        draft = parse_together(form, scope=need.publication.scope, category=need.category)
    except InvalidInput as problem:
        return await _together_form(request, need, problem, values=form)
    await limits.spend(limits.PROPOSALS_PER_MEMBER, str(viewer.member_id))
    project = await invitations.begin_together(
        draft,
        Person(name=viewer.name, member_id=viewer.member_id, locale=request.state.locale),
        proposal=need,
        code=await free_code(form, PublicationKind.PROJECT),
        trusted=viewer.trusted,
    )
    return see_other(f"/{project.publication.code}", said="begun-together")


async def _shared_need(request: Request) -> Proposal:
    """A need of this village that enough people want to look after."""
    need = await find_need(request)
    if need.owner is None or need.publication.kind is not PublicationKind.NEED:
        raise NotFound
    if await Support.filter(proposal_id=need.id, wish=Wish.TAKE_CHARGE).count() < GROUP:
        raise NotFound
    return need


async def _may_begin(need: Proposal, viewer: Viewer) -> bool:
    """One of those who want to look after it, its author, or an agent."""
    if viewer.is_agent or (need.owner is not None and need.owner.member_id == viewer.member_id):
        return True
    wishes = Support.filter(proposal_id=need.id, wish=Wish.TAKE_CHARGE)
    return await wishes.filter(participant__member_id=viewer.member_id).exists()


HERE, KEY = "/{code:code}", "/mine/{key}/{code:code}"
routes: list[Page] = [
    Page(f"{HERE}/invite", choose_invited, access=Access.MEMBER),
    Page(f"{HERE}/invite", invite, access=Access.MEMBER, methods=["POST"], name="invite_to_project"),
    Page(f"{KEY}/invite", choose_invited, access=Access.ALWAYS, name="choose_invited_by_key"),
    Page(f"{KEY}/invite", invite, access=Access.ALWAYS, methods=["POST"], name="invite_by_key"),
    Page(f"{HERE}/together", ask_together, access=Access.MEMBER),
    Page(f"{HERE}/together", begin_together, access=Access.MEMBER, methods=["POST"]),
]
