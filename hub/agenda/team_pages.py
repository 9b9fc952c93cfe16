"""What only the team of an event sees: who comes, who does what, notes, lists to print, the door.

By its address for who signed in; by /mine/KEY/CODE for somebody without an account, whose link it is.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from hub.agenda import coming, team
from hub.agenda.coming_forms import (
    LINE_LENGTH,
    REASON_LENGTH,
    parse_note,
    parse_person,
    parse_text,
    parse_ticks,
)
from hub.agenda.models import HOLDING, Attendance, Contribution, Event, Presence, Shift, TeamNote
from hub.agenda.places import PRESENCE_LOOKS, coming_of
from hub.agenda.rights import is_team
from hub.agenda.showing import find_any
from hub.errors import InvalidInput, NotFound
from hub.exchange.mine_pages import private
from hub.participants.forms import new_form_code, parse_form_code
from hub.text import N_
from hub.web.fields import page_number, parse_id
from hub.web.qr import qr_svg
from hub.web.templates import render, see_other
from hub.web.viewer import Access, Page

PER_PAGE = 100
EMPTY_ROWS = 12  # of a sheet to sign, for who comes unannounced
EMPTY_LINES = 6  # of who brings what, to be filled in by hand

said = {
    "team-ticked": N_("It is noted who was there."),
    "team-added": N_("They are on the list."),
    "team-off": N_("They are off the list, and are told so."),
    "team-line": N_("It is on the list of what to bring."),
    "team-unline": N_("It is off the list of what to bring."),
    "team-note": N_("The team reads it, and nobody else."),
    "team-unnote": N_("The note is deleted."),
}


@dataclass(frozen=True, kw_only=True)
class Team:
    """An event whose team looks at it, and by which way they came; `key` is that of their link."""

    event: Event
    key: str = ""

    @property
    def page(self) -> str:
        return f"{f'/mine/{self.key}' if self.key else ''}/{self.event.publication.code}/team"


async def find_team(request: Request) -> Team:
    """What this address names, for its team. Raises NotFound, also for what is not theirs."""
    key = request.path_params.get("key", "")
    event = await find_any(request)
    if not await is_team(event, None if key else request.state.viewer, key):
        raise NotFound
    return Team(event=event, key=key)


async def show_team(request: Request) -> Response:
    return await _roster(request, await find_team(request))


async def _roster(request: Request, ours: Team, problem: InvalidInput | None = None) -> Response:
    event, number = ours.event, page_number(request.query_params)
    shown = await coming_of(event, None, request.state.site.timezone)
    listed = await _listed(event, number)
    page = render(
        request,
        "agenda/team.html",
        status=422 if problem else 200,
        team=ours,
        event=event,
        publication=event.publication,
        coming=replace(shown, mine=listed[:PER_PAGE]),
        there=await team.people_there(event),
        notes=await TeamNote.filter(event_id=event.id).order_by("-id"),
        bringing=await _bringing(event),
        presence_looks=PRESENCE_LOOKS,
        page=number,
        more=len(listed) > PER_PAGE,
        values=request.state.form if problem else {"code": new_form_code()},
        errors=problem.by_field if problem else {},
    )
    return private(page)


async def _listed(event: Event, number: int) -> list[Attendance]:
    """Who comes, in the order in which they said so; one more than a page has."""
    found = Attendance.filter(event_id=event.id, presence__in=[*HOLDING, Presence.ASKED])
    ordered = found.select_related("participant__actor", "shift").order_by("presence", "id")
    return await ordered.offset((number - 1) * PER_PAGE).limit(PER_PAGE + 1)


async def _bringing(event: Event) -> list[Contribution]:
    return await Contribution.filter(event_id=event.id).select_related("brought_by").order_by("id")


async def act(request: Request) -> Response:
    """A button of the team's page."""
    ours = await find_team(request)
    deed = DEEDS.get(str(request.state.form.get("do", "")))
    if deed is None:
        raise NotFound
    try:
        done = await deed(request, ours.event)
    except InvalidInput as problem:
        return await _roster(request, ours, problem)
    return private(see_other(ours.page, said=done))


async def _tick(request: Request, event: Event) -> str:
    came, before = parse_ticks(request.state.form)
    await team.tick(event, came, before)
    return "team-ticked"


async def _add(request: Request, event: Event) -> str:
    form, shifts = request.state.form, await Shift.filter(event_id=event.id)
    draft, person, there = parse_person(form, shifts, locale=request.state.site.locale)
    await team.write_down(event, draft, person, there=there, code=parse_form_code(form))
    return "team-added"


async def _off(request: Request, event: Event) -> str:
    form = request.state.form
    reason = parse_text(form, "reason", most=REASON_LENGTH, required=False)
    found = await Attendance.get_or_none(id=parse_id(form, "who") or 0, event_id=event.id)
    if found is None:
        raise NotFound
    await coming.leave(found, by_team=True, reason=reason)
    return "team-off"


async def _line(request: Request, event: Event) -> str:
    await team.add_line(event, parse_text(request.state.form, "what", most=LINE_LENGTH))
    return "team-line"


async def _unline(request: Request, event: Event) -> str:
    await team.remove_line(event, parse_id(request.state.form, "line") or 0)
    return "team-unline"


async def _note(request: Request, event: Event) -> str:
    viewer = request.state.viewer
    by = viewer.name if viewer is not None else event.owner.name if event.owner is not None else ""
    await team.add_note(event, parse_note(request.state.form), by=by)
    return "team-note"


async def _unnote(request: Request, event: Event) -> str:
    await team.remove_note(event, parse_id(request.state.form, "note") or 0)
    return "team-unnote"


DEEDS: dict[str, Callable[[Request, Event], Awaitable[str]]] = {
    "tick": _tick,
    "add": _add,
    "off": _off,
    "line": _line,
    "unline": _unline,
    "note": _note,
    "unnote": _unnote,
}


async def show_paper(request: Request) -> Response:
    """A page to print: the sheet to sign, who brings what, the code for the door."""
    ours = await find_team(request)
    paper = PAPERS.get(request.path_params["paper"])
    if paper is None:
        raise NotFound
    facts: dict[str, Any] = {
        "team": ours,
        "event": ours.event,
        "publication": ours.event.publication,
        "coming": await coming_of(ours.event, None, request.state.site.timezone),
    }
    return private(await paper(request, ours.event, facts))


async def _sheet(request: Request, event: Event, facts: dict[str, Any]) -> Response:
    found = Attendance.filter(event_id=event.id, presence=Presence.COMING)
    listed = await found.select_related("participant", "shift").order_by("participant__name", "id")
    return render(request, "agenda/sheet.html", listed=listed, empty=EMPTY_ROWS, **facts)


async def _brings(request: Request, event: Event, facts: dict[str, Any]) -> Response:
    return render(request, "agenda/brings.html", bringing=await _bringing(event), empty=EMPTY_LINES, **facts)


async def _door(request: Request, event: Event, facts: dict[str, Any]) -> Response:
    if not event.check_in:
        raise NotFound
    url = f"{request.state.config.origin}/{event.publication.code}/door/{event.check_in}"
    return render(request, "agenda/door_sheet.html", qr=qr_svg(url), url=url, **facts)


PAPERS: dict[str, Callable[[Request, Event, dict[str, Any]], Awaitable[Response]]] = {
    "sheet": _sheet,
    "brings": _brings,
    "door": _door,
}

HERE, BY_KEY = "/{code:code}/team", "/mine/{key}/{code:code}/team"
routes: list[Page] = [
    Page(HERE, show_team, access=Access.MEMBER),
    Page(HERE, act, access=Access.MEMBER, methods=["POST"], name="act_as_team"),
    Page(f"{HERE}/{{paper}}", show_paper, access=Access.MEMBER),
    Page(BY_KEY, show_team, access=Access.ALWAYS, name="show_team_by_key"),
    Page(BY_KEY, act, access=Access.ALWAYS, methods=["POST"], name="act_as_team_by_key"),
    Page(f"{BY_KEY}/{{paper}}", show_paper, access=Access.ALWAYS, name="show_paper_by_key"),
]
