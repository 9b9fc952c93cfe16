"""The calendar of an organisation is read into the agenda: a file or an address, what it will do, a yes."""

from typing import Any
from zoneinfo import ZoneInfo

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response

from hub import limits
from hub.actors.models import SHAPE
from hub.agenda import importing
from hub.agenda.calendar_sources import NO_FILE, REASONS, Reading, parse_address, read_address, read_file
from hub.agenda.models import Calendar, Event
from hub.agenda.words import span_words
from hub.errors import InvalidInput, NotFound
from hub.exchange.categories import CATEGORIES
from hub.organisations.models import Organisation, Spokesperson
from hub.participants.models import Person
from hub.publications.models import Scope
from hub.text import N_
from hub.web.fields import Form
from hub.web.templates import render, see_other
from hub.web.viewer import Access, Page, Viewer

said: dict[str, str] = {
    "calendar-read": N_("The dates are in the agenda."),
    "calendar-again": N_("The calendar was read again."),
    "calendar-stopped": N_("The calendar is read no more."),
}

SCOPES = (Scope.PUBLIC, Scope.NEIGHBOURS, Scope.VILLAGE)
OUTCOME_NAMES = {
    importing.Outcome.ADDED: N_("Comes into the agenda"),
    importing.Outcome.CHANGED: N_("Changes"),
    importing.Outcome.CANCELLED: N_("Is called off"),
    importing.Outcome.GONE: N_("Goes: not in the calendar any more"),
    importing.Outcome.HERE: N_("Stands in the agenda already"),
    importing.Outcome.SAME: N_("Stays as it is"),
}
MOST_SHOWN = 100


async def _organisation(request: Request) -> Organisation:
    """For those who speak for it, and for agents; for others it has no such page."""
    handle, viewer = request.path_params["handle"].lower(), request.state.viewer
    organisation = await Organisation.get_or_none(handle=handle) if SHAPE.fullmatch(handle) else None
    if organisation is None or not await _may_import(viewer, organisation):
        raise NotFound
    return organisation


async def _may_import(viewer: Viewer, organisation: Organisation) -> bool:
    mine = Spokesperson.filter(organisation=organisation, member_id=viewer.member_id)
    return viewer.is_agent or (viewer.trusted and await mine.exists())


async def calendars(request: Request) -> Response:
    return await _calendars(request, await _organisation(request))


async def _calendars(
    request: Request, organisation: Organisation, problem: InvalidInput | None = None
) -> Response:
    read = Calendar.filter(organisation=organisation, read_at__isnull=False, stopped_at=None)
    listed = await read.exclude(url="").order_by("id")
    return render(
        request,
        "agenda/import.html",
        status=422 if problem else 200,
        organisation=organisation,
        calendars=[(one, await Event.filter(calendar_id=one.id).count()) for one in listed],
        categories=CATEGORIES,
        values=request.state.form if problem else {"scope": Scope.PUBLIC.value},
        errors=problem.by_field if problem else {},
        kept=True,
    )


async def look(request: Request) -> Response:
    """Read it, and show what it will do; nothing stands in the agenda before somebody says yes."""
    organisation, viewer = await _organisation(request), request.state.viewer
    try:
        url, facts = _parse(request.state.form)
        await limits.spend(limits.CALENDARS_PER_MEMBER, str(viewer.member_id))
        reading = await _read(request, url)
        person = Person(name=viewer.name, member_id=viewer.member_id, locale=request.state.locale)
        calendar = await importing.look_at(organisation, reading, person, url=url, **facts)
    except InvalidInput as problem:
        return await _calendars(request, organisation, problem)
    return see_other(f"/@{organisation.handle}/calendars/{calendar.id}")


def _parse(data: Any) -> tuple[str, dict[str, Any]]:
    """The address, empty where a file was chosen, and how its dates will stand in the agenda."""
    form = Form(data)
    url = form.parsed("url", parse_address, required=False) or ""
    scope = form.choice("scope", SCOPES, default=Scope.PUBLIC)
    category = form.choice("category", ["", *CATEGORIES], default="")
    form.check()
    return url, {"scope": scope, "category": category}


async def _read(request: Request, url: str) -> Reading:
    timezone = request.state.site.timezone
    if url:
        return await read_address(url, timezone=timezone)
    file = request.state.form.get("file")
    if not isinstance(file, UploadFile) or not file.size:
        raise InvalidInput({"url": NO_FILE})
    return await read_file(await file.read(limits.CALENDAR_BYTES + 1), timezone=timezone)


async def _waiting(request: Request) -> tuple[Organisation, Calendar]:
    """One that was read and nobody has agreed to yet."""
    organisation = await _organisation(request)
    return organisation, await _calendar(request, organisation, read_at=None, stopped_at=None)


async def _living(request: Request) -> tuple[Organisation, Calendar]:
    organisation = await _organisation(request)
    found = await _calendar(request, organisation, read_at__isnull=False, stopped_at=None)
    return organisation, found


async def _calendar(request: Request, organisation: Organisation, **facts: Any) -> Calendar:
    known = Calendar.filter(id=request.path_params["calendar_id"], organisation=organisation, **facts)
    calendar = await known.first()
    if calendar is None:
        raise NotFound
    return calendar


async def preview(request: Request) -> Response:
    organisation, calendar = await _waiting(request)
    assert calendar.waiting is not None, "nobody has agreed to it"
    reading = Reading.of_json(calendar.waiting)
    changes = await importing.compare(calendar, reading)
    outcomes = [change.outcome for change in changes]
    zone = ZoneInfo(request.state.site.timezone)
    return render(
        request,
        "agenda/import_preview.html",
        organisation=organisation,
        calendar=calendar,
        reading=reading,
        changes=changes[:MOST_SHOWN],
        hidden=max(0, len(changes) - MOST_SHOWN),
        counts={outcome.value: outcomes.count(outcome) for outcome in importing.Outcome},
        names=OUTCOME_NAMES,
        reasons=REASONS,
        when=lambda entry: span_words(
            entry.starts_at.astimezone(zone), entry.ends_at.astimezone(zone), all_day=entry.all_day
        ),
    )


async def agree(request: Request) -> Response:
    """A second press of the button finds it done."""
    organisation = await _organisation(request)
    try:
        await importing.agree(await _calendar(request, organisation, stopped_at=None))
    except InvalidInput as problem:
        return await _calendars(request, organisation, problem)
    return see_other(f"/@{organisation.handle}/calendars", said="calendar-read")


async def read_now(request: Request) -> Response:
    organisation, calendar = await _living(request)
    await limits.spend(limits.CALENDARS_PER_MEMBER, str(request.state.viewer.member_id))
    await importing.read_again(calendar.id)
    failed = (await Calendar.get(id=calendar.id)).problem
    return see_other(f"/@{organisation.handle}/calendars", said=None if failed else "calendar-again")


async def stop(request: Request) -> Response:
    organisation, calendar = await _living(request)
    await importing.stop(calendar, remove=request.state.form.get("dates") == "remove")
    return see_other(f"/@{organisation.handle}/calendars", said="calendar-stopped")


_ALL = "/@{handle}/calendars"
_ONE = "/@{handle}/calendars/{calendar_id:id}"

routes: list[Page] = [
    Page(_ALL, calendars, access=Access.MEMBER),
    Page(_ALL, look, access=Access.MEMBER, methods=["POST"], uploads=True, name="look_at_calendar"),
    Page(_ONE, preview, access=Access.MEMBER, name="calendar_preview"),
    Page(_ONE, agree, access=Access.MEMBER, methods=["POST"], name="agree_to_calendar"),
    Page(f"{_ONE}/read", read_now, access=Access.MEMBER, methods=["POST"], name="read_calendar"),
    Page(f"{_ONE}/stop", stop, access=Access.MEMBER, methods=["POST"], name="stop_calendar"),
]
