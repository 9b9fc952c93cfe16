""" "I am coming": sign up, leave, find one's place again, without an account too."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from tortoise.expressions import Q

from hub import limits
from hub.agenda import coming, team
from hub.agenda.coming_forms import parse_change, parse_join, parse_name
from hub.agenda.models import Attendance, Event, Presence
from hub.agenda.places import Coming, coming_of
from hub.agenda.showing import find, find_any
from hub.errors import InvalidInput, NotFound
from hub.exchange.mine_pages import by_key, mine, private
from hub.exchange.pledge_pages import spend
from hub.participants.actions import key_for_form
from hub.participants.forms import new_form_code, parse_form_code
from hub.participants.models import Participant
from hub.participants.people import is_them, somebody
from hub.text import N_
from hub.web.fields import parse_id
from hub.web.templates import render, see_other
from hub.web.viewer import Access, Page

said = {
    "coming": N_("It is written down: you have a place. Thank you!"),
    "coming-waits": N_("You are on the waiting list. You are told as soon as there is a place."),
    "coming-asked": N_("Your word is on its way to them; you will hear soon."),
    "coming-changed": N_("It is changed."),
    "coming-left": N_("Your place is free again. Thank you for saying so in time."),
    "coming-here": N_("You are on the list of those who are there. Welcome!"),
}


async def coming_facts(request: Request, event: Event) -> dict[str, Any]:
    """What `agenda/_coming.html` shows on the page of an event."""
    who = somebody(request)
    mine = None if who is None else is_them(who, "participant__")
    return {
        "coming": await coming_of(event, mine, request.state.site.timezone),
        "values": {"code": new_form_code()},
    }


async def _seen(request: Request) -> Event:
    """The event of this address, as far as the viewer may see it. Raises NotFound."""
    event = await find(request)
    if event is None:
        raise NotFound
    return event


async def ask_coming(request: Request) -> Response:
    """The form alone."""
    event = await _seen(request)
    return _form(request, event, **await coming_facts(request, event))


def _form(request: Request, event: Event, problem: InvalidInput | None = None, **facts: Any) -> Response:
    return render(
        request,
        "agenda/coming.html",
        status=422 if problem else 200,
        event=event,
        publication=event.publication,
        errors=problem.by_field if problem else {},
        **facts,
    )


async def come(request: Request) -> Response:
    event, form, who = await _seen(request), request.state.form, somebody(request)
    facts = await coming_facts(request, event)
    shown: Coming = facts["coming"]
    try:
        draft, person = parse_join(
            form, shown.shifts, shown.contributions, who=who, locale=request.state.locale
        )
        await spend(request, limits.JOINS_PER_ADDRESS)
        made = await coming.join(event, draft, person, code=parse_form_code(form))
    except InvalidInput as problem:
        return _form(request, event, problem, **(facts | {"values": form}))
    if who is not None:
        return see_other(f"/{event.publication.code}", said=_said(event, made))
    key = await key_for_form(made.participant_id, person)
    return private(see_other(f"/mine/{key}", said=_said(event, made)))


def _said(event: Event, made: Attendance) -> str:
    if made.presence is Presence.COMING:
        return "coming"
    return "coming-asked" if event.owner_id is None else "coming-waits"


async def act(request: Request) -> Response:
    """A button of a member or a guest, beside one of their places."""
    who = somebody(request)
    assert who is not None, "the page is for nobody else"
    theirs = is_them(who, "participant__")
    try:
        done = await _do(request, theirs)
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
        done = await _do(request, Q(participant_id=holder.id))
    except InvalidInput as problem:
        return await by_key(request, problem)
    return private(see_other(f"/mine/{key}", said=done))


async def _do(request: Request, theirs: Q) -> str:
    """What the pressed button says; returns the sentence to show then. Raises InvalidInput, NotFound."""
    form = request.state.form
    found = await Attendance.filter(theirs, id=parse_id(form, "place") or 0).select_related("event").first()
    deed = str(form.get("do", ""))
    if found is None or deed not in ("leave", "change", "here"):
        raise NotFound
    if deed == "leave":
        await coming.leave(found)
        return "coming-left"
    if deed == "change":
        people, note = parse_change(form)
        await coming.change_coming(found, people=people, note=note)
        return "coming-changed"
    await team.arrive_with(found)
    return "coming-here"


async def ask_door(request: Request) -> Response:
    """Whoever reads the code at the door says that they are there; the address is all the key they need."""
    event = await _at_the_door(request)
    viewer = request.state.viewer
    return await _door(
        request, event, values={"code": new_form_code(), "name": viewer.name if viewer else ""}
    )


async def _door(
    request: Request, event: Event, problem: InvalidInput | None = None, **context: Any
) -> Response:
    page = render(
        request,
        "agenda/door.html",
        status=422 if problem else 200,
        event=event,
        publication=event.publication,
        coming=await coming_of(event, None, request.state.site.timezone),
        errors=problem.by_field if problem else {},
        **context,
    )
    return private(page)


async def enter(request: Request) -> Response:
    event, form, viewer = await _at_the_door(request), request.state.form, request.state.viewer
    try:
        name = parse_name(form)
        await spend(request, limits.ARRIVALS_PER_ADDRESS)
    except InvalidInput as problem:
        return await _door(request, event, problem, values=form)
    member_id = viewer.member_id if viewer else None
    await team.arrive(event, name, member_id=member_id, code=parse_form_code(form))
    return private(render(request, "agenda/door_in.html", event=event, publication=event.publication))


async def _at_the_door(request: Request) -> Event:
    """The event whose code hangs at this door; while it lasts. Raises NotFound."""
    event = await find_any(request)
    if not event.check_in or event.check_in != request.path_params["token"]:
        raise NotFound
    return event


HERE = "/{code:code}"
routes: list[Page] = [
    Page(f"{HERE}/coming", ask_coming, access=Access.VISITOR),
    Page(f"{HERE}/coming", come, access=Access.VISITOR, methods=["POST"]),
    Page(f"{HERE}/door/{{token}}", ask_door, access=Access.ALWAYS),
    Page(f"{HERE}/door/{{token}}", enter, access=Access.ALWAYS, methods=["POST"]),
    Page("/mine/events", act, access=Access.GUEST, methods=["POST"], name="act_on_places"),
    Page(
        "/mine/{key}/events", act_by_key, access=Access.ALWAYS, methods=["POST"], name="act_on_places_by_key"
    ),
]
