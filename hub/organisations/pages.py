"""The directory, the page of each organisation, and the tables that the town hall takes over."""

from typing import Any, NamedTuple, Self
from urllib.parse import urlsplit

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from hub.actors.models import SHAPE, Actor, Role
from hub.errors import InvalidInput, NotFound
from hub.fediverse.profiles import WHAT_IT_IS, Profile, profile_of
from hub.organisations import actions, forms, import_pages
from hub.organisations.home import spoken_for
from hub.organisations.models import (
    KIND_HEADINGS,
    KIND_NAMES,
    Claim,
    Kind,
    Organisation,
    Spokesperson,
    kinds_for,
    manages,
    words_key,
)
from hub.organisations.parts import parts_for
from hub.publications.showing import reader_of
from hub.text import N_, gettext
from hub.village.actors import page_of_board
from hub.web.alternate import asks_for_document, point_to_document
from hub.web.fields import page_number, plain_text
from hub.web.page_cache import remembered
from hub.web.templates import render, see_other
from hub.web.viewer import Access, Page

PER_PAGE = 60

said = {
    "association-added": N_("It is in the list."),
    "association-changed": N_("The page is changed."),
    "association-removed": N_("It is no longer in the list."),
    "associations-imported": N_("The table is imported."),
    "claim-sent": N_("The town hall has your words. It answers you by mail or by phone."),
    "claim-answered": N_("It is done. They are told by mail."),
    "claim-answered-call": N_("It is done. They have no mail address: please call them."),
    "spokesperson-added": N_("This person can speak here from now on."),
    "spokesperson-changed": N_("It is changed."),
    "spokesperson-removed": N_("This person no longer speaks here."),
}


async def _organisation(request: Request) -> Organisation:
    handle = request.path_params["handle"].lower()
    organisation = await Organisation.get_or_none(handle=handle) if SHAPE.fullmatch(handle) else None
    if organisation is None:
        raise NotFound
    return organisation


async def _managed(request: Request) -> Organisation:
    """The organisation, for those who look after its page and for agents; for others it has no such page."""
    organisation = await _organisation(request)
    if not await manages(request.state.viewer, organisation):
        raise NotFound
    return organisation


def _address(organisation: Organisation) -> str:
    return f"/@{organisation.handle}"


class Search(NamedTuple):
    """Which part of the directory somebody wants to see."""

    words: str
    kind: str
    page: int

    @classmethod
    def of(cls, query: QueryParams) -> Self:
        return cls(plain_text(query.get("q", ""))[:80], query.get("kind", ""), page_number(query))

    def finds(self, organisation: Organisation) -> bool:
        return self.kind in ("", organisation.kind) and organisation.has_words(self.words)


async def directory(request: Request) -> Response:
    listed, viewer = await Organisation.listed(), request.state.viewer
    search = Search.of(request.query_params)
    found = [organisation for organisation in listed if search.finds(organisation)]
    found.sort(key=lambda each: each.kind_rank)
    first = (search.page - 1) * PER_PAGE
    return render(
        request,
        "organisations/directory.html",
        search=search,
        headings=KIND_HEADINGS,
        total=len(listed),
        found=len(found),
        shown=found[first : first + PER_PAGE],
        more=len(found) > first + PER_PAGE,
        activities=sorted({each.activity for each in listed if each.activity}, key=words_key)[:24],
        mine=await spoken_for(viewer),
        claims=await Claim.waiting().count() if viewer and viewer.is_agent else 0,
    )


async def show(request: Request) -> Response:
    """Whoever lives here: an organisation, the village itself, one of its boards."""
    actor = await _actor(request)
    if actor is None:
        return await _show_organisation(request, await _organisation(request), None)
    if actor.role in (Role.SERVER, Role.RELAY):
        return see_other("/about")
    if actor.role is Role.PROJECT and not asks_for_document(request):
        return see_other(urlsplit(actor.url).path)  # its page is the project's
    profile = await profile_of(actor, reader_of(request.state.viewer))
    if profile.uri and asks_for_document(request):
        return RedirectResponse(profile.uri, 303, headers={"vary": "Accept"})
    if actor.role is Role.ORGANISATION:
        response = await _show_organisation(request, await _organisation(request), profile)
    else:
        response = _show_profile(request, profile)
    return point_to_document(response, profile.uri) if profile.uri else response


async def _actor(request: Request) -> Actor | None:
    handle = request.path_params["handle"].lower()
    actor = await Actor.here(handle) if SHAPE.fullmatch(handle) else None
    if actor is None or actor.deleted_at is not None:
        return None
    # the group of a project that nobody may see is not there; an association's page is for members then
    return None if actor.role is Role.PROJECT and actor.hidden else actor


def _show_profile(request: Request, profile: Profile) -> Response:
    """The village itself, and its boards."""
    role = profile.actor.role
    assert role is not None
    return render(
        request,
        "network/profile.html",
        profile=profile,
        what=WHAT_IT_IS[role],
        board=page_of_board(profile.actor) if role is Role.BOARD else "",
        origin=request.state.config.origin,
    )


async def _show_organisation(
    request: Request, organisation: Organisation, profile: Profile | None
) -> Response:
    viewer = request.state.viewer
    people = await Spokesperson.of(organisation)
    asked = Claim.waiting().filter(organisation=organisation, member_id=viewer.member_id) if viewer else None
    return render(
        request,
        "organisations/show.html",
        organisation=organisation,
        profile=profile,
        people=people,
        managed=any(each.manages for each in people),
        may_manage=viewer is not None and await manages(viewer, organisation),
        asked=await asked.first() if asked is not None else None,
        signed_in=viewer is not None,
        parts=await parts_for(request, organisation),
    )


def _form(
    request: Request, organisation: Organisation | None, problem: InvalidInput | None = None
) -> Response:
    """The form of a new organisation, or of one that is listed."""
    return render(
        request,
        "organisations/edit.html",
        status=422 if problem else 200,
        organisation=organisation,
        kinds=[
            (kind.value, gettext(KIND_NAMES[kind])) for kind in kinds_for(request.state.viewer, organisation)
        ],
        values=request.state.form if problem else (vars(organisation) if organisation else {}),
        errors=problem.by_field if problem else {},
    )


async def new(request: Request) -> Response:
    return _form(request, None)


async def add(request: Request) -> Response:
    form = request.state.form
    try:
        draft, handle = forms.parse_organisation(form, Kind), forms.parse_handle(form)
        organisation = await actions.list_organisation(draft, handle)
    except InvalidInput as problem:
        return _form(request, None, problem)
    return see_other(_address(organisation), said="association-added")


async def edit(request: Request) -> Response:
    return _form(request, await _managed(request))


async def change(request: Request) -> Response:
    organisation = await _managed(request)
    try:
        draft = forms.parse_organisation(request.state.form, kinds_for(request.state.viewer, organisation))
        await actions.change_organisation(organisation, draft)
    except InvalidInput as problem:
        return _form(request, organisation, problem)
    return see_other(_address(organisation), said="association-changed")


async def ask_removal(request: Request) -> Response:
    return render(request, "organisations/remove.html", organisation=await _organisation(request))


async def remove(request: Request) -> Response:
    await actions.remove_organisation(await _organisation(request))
    return see_other("/associations", said="association-removed")


async def ask_claim(request: Request) -> Response:
    return await _claim_form(request, await _organisation(request))


async def _claim_form(
    request: Request, organisation: Organisation, problem: InvalidInput | None = None
) -> Response:
    mine = Claim.waiting().filter(organisation=organisation, member=request.state.viewer.member_id)
    return render(
        request,
        "organisations/claim.html",
        status=422 if problem else 200,
        organisation=organisation,
        managed=await Spokesperson.managing().filter(organisation=organisation).exists(),
        waiting=await mine.first(),
        values=request.state.form if problem else {},
        errors=problem.by_field if problem else {},
    )


async def claim(request: Request) -> Response:
    organisation = await _organisation(request)
    try:
        message = forms.parse_claim(request.state.form)
    except InvalidInput as problem:
        return await _claim_form(request, organisation, problem)
    await actions.claim_organisation(organisation, request.state.viewer.member_id, message)
    return see_other(_address(organisation), said="claim-sent")


async def claims(request: Request) -> Response:
    waiting = await Claim.waiting().select_related("member", "organisation")
    return render(request, "organisations/claims.html", claims=waiting)


async def show_claim(request: Request) -> Response:
    return await _decision_form(request)


async def _decision_form(request: Request, problem: InvalidInput | None = None) -> Response:
    waiting = Claim.waiting().select_related("member", "organisation")
    claim = await waiting.get_or_none(id=request.path_params["claim_id"])
    if claim is None:
        raise NotFound
    return render(
        request,
        "organisations/decide.html",
        status=422 if problem else 200,
        claim=claim,
        values=request.state.form if problem else {},
        errors=problem.by_field if problem else {},
    )


async def answer_claim(request: Request) -> Response:
    claim_id = request.path_params["claim_id"]
    try:
        granted, answer = forms.parse_decision(request.state.form)
    except InvalidInput as problem:
        return await _decision_form(request, problem)
    claim = await actions.answer_claim(claim_id, granted=granted, answer=answer)
    return see_other(
        "/associations/claims", said="claim-answered" if claim.member.mail else "claim-answered-call"
    )


async def people(request: Request) -> Response:
    return await _people(request, await _managed(request))


async def _people(
    request: Request, organisation: Organisation, problem: InvalidInput | None = None, **context: Any
) -> Response:
    return render(
        request,
        "organisations/people.html",
        status=422 if problem else 200,
        organisation=organisation,
        people=await Spokesperson.of(organisation),
        values=request.state.form if problem else {},
        errors=problem.by_field if problem and "leaving" not in context else {},
        **{"leaving": None, "warning": problem and problem.message, **context},
    )


async def add_person(request: Request) -> Response:
    organisation, by = await _managed(request), request.state.viewer.member_id
    try:
        mail, as_manager = forms.parse_spokesperson(request.state.form)
        await actions.add_spokesperson(organisation, mail, manages=as_manager, by=by)
    except InvalidInput as problem:
        return await _people(request, organisation, problem)
    return see_other(f"{_address(organisation)}/people", said="spokesperson-added")


async def change_person(request: Request) -> Response:
    organisation, member_id = await _managed(request), request.path_params["member_id"]
    form = request.state.form
    as_manager, sure = form.get("manages") == "yes", form.get("sure") == "yes"
    try:
        await actions.change_spokesperson(organisation, member_id, manages=as_manager, sure=sure)
    except InvalidInput as problem:
        return await _people(request, organisation, problem, leaving=member_id)
    return await _after_change(request, organisation, "spokesperson-changed")


async def remove_person(request: Request) -> Response:
    organisation, member_id = await _managed(request), request.path_params["member_id"]
    sure = request.state.form.get("sure") == "yes"
    try:
        await actions.remove_spokesperson(organisation, member_id, sure=sure)
    except InvalidInput as problem:
        return await _people(request, organisation, problem, leaving=member_id)
    return await _after_change(request, organisation, "spokesperson-removed")


async def _after_change(request: Request, organisation: Organisation, key: str) -> Response:
    """Back to the people, or to the page for somebody who just gave it out of their hands."""
    still = await manages(request.state.viewer, organisation)
    return see_other(_address(organisation) + ("/people" if still else ""), said=key)


HERE = "/@{handle}"
POST = ["POST"]
routes = [
    *import_pages.routes,
    Page("/associations", directory, access=Access.VISITOR),
    Page("/associations/new", new, access=Access.AGENT),
    Page("/associations/new", add, access=Access.AGENT, methods=POST),
    Page("/associations/claims", claims, access=Access.AGENT),
    Page("/associations/claims/{claim_id:id}", show_claim, access=Access.AGENT),
    Page("/associations/claims/{claim_id:id}", answer_claim, access=Access.AGENT, methods=POST),
    Page(HERE, remembered(show), access=Access.VISITOR),
    Page(HERE + "/edit", edit, access=Access.MEMBER),
    Page(HERE + "/edit", change, access=Access.MEMBER, methods=POST),
    Page(HERE + "/remove", ask_removal, access=Access.AGENT, confirmed=True),
    Page(HERE + "/remove", remove, access=Access.AGENT, confirmed=True, methods=POST),
    Page(HERE + "/claim", ask_claim, access=Access.TRUSTED),
    Page(HERE + "/claim", claim, access=Access.TRUSTED, methods=POST),
    Page(HERE + "/people", people, access=Access.MEMBER),
    Page(HERE + "/people", add_person, access=Access.MEMBER, methods=POST),
    Page(HERE + "/people/{member_id:id}", change_person, access=Access.MEMBER, methods=POST),
    Page(HERE + "/people/{member_id:id}/remove", remove_person, access=Access.MEMBER, methods=POST),
]
