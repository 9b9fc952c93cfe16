"""Who takes part: join, leave, yes and no of carriers."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from tortoise.expressions import Q

from hub import limits
from hub.errors import InvalidInput, NotFound
from hub.exchange.mine_pages import by_key, mine, private
from hub.exchange.pledge_pages import spend
from hub.organisations.home import spoken_for
from hub.participants.actions import key_for_form
from hub.participants.forms import new_form_code, parse_form_code
from hub.participants.models import Participant
from hub.participants.people import is_them, person_here, somebody
from hub.projects import invitations, invite_pages, membership
from hub.projects.carriers import carriers_of
from hub.projects.mine import act_as_contributor
from hub.projects.models import Contributor, Invited, Part, Project
from hub.projects.people_forms import (
    parse_carrier,
    parse_join,
    parse_reason,
)
from hub.projects.showing import find_seen
from hub.projects.within import Within, find_carrying
from hub.projects.words import SORT_NAMES
from hub.text import N_
from hub.web.fields import parse_id
from hub.web.templates import render, see_other
from hub.web.viewer import Access, Page

said = {
    "joined-project": N_("Welcome! You take part in this project."),
    "asked-to-join": N_("Thank you. Those who carry the project answer you; you will hear."),
    "left-project": N_("You do not take part any more. Thank you for what you gave."),
    "stepped-back": N_("You still take part, but do not carry the project any more."),
    "admitted": N_("They take part from now on, and are told so."),
    "declined-in-project": N_("They are told kindly."),
    "carries-too": N_("They carry the project with you, and are told so."),
    "call-closed": N_("Nobody else can join for now."),
    "call-open": N_("Others can join again."),
    **invite_pages.said,
}


async def ask_join(request: Request) -> Response:
    return await _join_form(request, await _joinable(request))


async def _joinable(request: Request) -> Project:
    """Also another hub's: one joins it from here, in the name of the village."""
    return await find_seen(request)


async def _join_form(request: Request, project: Project, problem: InvalidInput | None = None) -> Response:
    """One screen: name, contact, a word."""
    own = await membership.of_person(project, person_here(request))
    return render(
        request,
        "projects/join.html",
        status=422 if problem else 200,
        project=project,
        publication=project.publication,
        carriers=await carriers_of(project),
        own=own if own is not None and own.part in membership.HOLDING else None,
        speaks=await spoken_for(request.state.viewer),
        values=request.state.form if problem else {"code": new_form_code()},
        errors=problem.by_field if problem else {},
    )


async def join(request: Request) -> Response:
    project, form, who = await _joinable(request), request.state.form, somebody(request)
    try:
        speaks = await spoken_for(request.state.viewer)
        draft, person = parse_join(form, speaks, who=who, locale=request.state.locale)
        await spend(request, limits.JOINS_PER_ADDRESS)
        made = await membership.join(project, draft, person, code=parse_form_code(form))
    except InvalidInput as problem:
        return await _join_form(request, project, problem)
    done = "asked-to-join" if made.part is Part.ASKED else "joined-project"
    if who is not None:
        return see_other(f"/{project.publication.code}", said=done)
    return private(see_other(f"/mine/{await key_for_form(made.participant_id, person)}", said=done))


async def people(request: Request) -> Response:
    return await _people_page(request, await find_carrying(request))


async def _people_page(
    request: Request, within: Within, problem: InvalidInput | None = None, **context: Any
) -> Response:
    """For carriers: who asks, who takes part and how to reach them, who was asked."""
    project = within.project
    listed = await membership.people_of(project, Part.ASKED, Part.MEMBER, Part.CARRIER)
    page = render(
        request,
        "projects/people.html",
        status=422 if problem else 200,
        within=within,
        project=project,
        publication=project.publication,
        asking=[one for one in listed if one.part is Part.ASKED],
        carrying=[one for one in listed if one.part is Part.CARRIER],
        taking_part=[one for one in listed if one.part is Part.MEMBER],
        invited=await Invited.filter(project_id=project.id).order_by("sort", "name"),
        asked=await invitations.asked_by(project),
        rights=within.rights,
        errors=problem.by_field if problem else {},
        **LOOKS,
        **context,
    )
    return within.answer(page)


LOOKS = {"sort_names": SORT_NAMES, "name_of": membership.name_of}


async def act(request: Request) -> Response:
    """A button of that page."""
    within, form = await find_carrying(request), request.state.form
    project, deed = within.project, str(request.state.form.get("do", ""))
    if deed in ("open", "close"):
        await membership.open_call(project, is_open=deed == "open")
        return within.see("/people", "call-open" if deed == "open" else "call-closed")
    found = await Contributor.get_or_none(id=parse_id(form, "contributor") or 0, project_id=project.id)
    if found is None or deed not in DEEDS:
        raise NotFound
    try:
        done = await DEEDS[deed](found, form)
    except InvalidInput as problem:
        return await _people_page(request, within, problem, values=form, wrong=found.id)
    return within.see("/people", done)


async def _admit(contributor: Contributor, form: Mapping[str, Any]) -> str:
    await membership.admit(contributor)
    return "admitted"


async def _decline(contributor: Contributor, form: Mapping[str, Any]) -> str:
    await membership.decline(contributor, parse_reason(form))
    return "declined-in-project"


async def _make_carrier(contributor: Contributor, form: Mapping[str, Any]) -> str:
    contact, role = parse_carrier(form)
    await membership.make_carrier(contributor, contact, role=role)
    return "carries-too"


DEEDS: dict[str, Callable[[Contributor, Mapping[str, Any]], Awaitable[str]]] = {
    "admit": _admit,
    "decline": _decline,
    "make-carrier": _make_carrier,
}


async def act_as_member(request: Request) -> Response:
    """A button of a member or a guest, beside one of the projects in which they are."""
    who = somebody(request)
    assert who is not None, "the page is for nobody else"
    theirs = is_them(who, "participant__")
    try:
        done = await act_as_contributor(theirs, request.state.form)
    except InvalidInput as problem:
        return await mine(request, problem)
    return see_other("/mine", said=done)


async def act_by_key(request: Request) -> Response:
    """The same for who holds a link."""
    key = request.path_params["key"]
    holder = await Participant.of_key(key)
    if holder is None:
        return private(render(request, "exchange/key_spent.html", status=410))
    try:
        done = await act_as_contributor(Q(participant_id=holder.id), request.state.form)
    except InvalidInput as problem:
        return await by_key(request, problem)
    return private(see_other(f"/mine/{key}", said=done))


HERE, KEY = "/{code:code}", "/mine/{key}/{code:code}"
routes: list[Page] = [
    Page(f"{HERE}/join", ask_join, access=Access.VISITOR),
    Page(f"{HERE}/join", join, access=Access.VISITOR, methods=["POST"]),
    Page(f"{HERE}/people", people, access=Access.MEMBER),
    Page(f"{HERE}/people", act, access=Access.MEMBER, methods=["POST"], name="act_on_people"),
    Page(f"{KEY}/people", people, access=Access.ALWAYS, name="people_by_key"),
    Page(f"{KEY}/people", act, access=Access.ALWAYS, methods=["POST"], name="act_on_people_by_key"),
    *invite_pages.routes,
    Page("/mine/projects", act_as_member, access=Access.GUEST, methods=["POST"]),
    Page("/mine/{key}/projects", act_by_key, access=Access.ALWAYS, methods=["POST"], name="act_in_projects"),
]
