"""What was said and decided at an event, written down by its team; what is printed before a workshop."""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from hub import limits
from hub.agenda.methods import sheet_of_event
from hub.agenda.minutes import (
    MOST_DECISIONS,
    MinutesDraft,
    Overtaken,
    check_was_held,
    decisions_of,
    record_minutes,
    version_of,
)
from hub.agenda.models import Event
from hub.agenda.rights import is_team
from hub.agenda.showing import event_of
from hub.agenda.team import people_there
from hub.agenda.words import when_words, where_words
from hub.errors import Conflict, InvalidInput, NotFound
from hub.exchange.typed import counted
from hub.publications.models import Kind, Publication
from hub.text import N_
from hub.web.fields import Form
from hub.web.qr import qr_svg
from hub.web.templates import render, see_other
from hub.web.viewer import Access, Page

MINUTES_LENGTH = 20_000
DECISION_LENGTH = 300
TOO_MANY = N_("These are too many decisions for one meeting: twenty at most.")
TOO_LONG = N_("Each decision is one line of at most 300 characters.")
NOT_A_NUMBER = N_("Write a number, like 12.")
EMPTY_ROWS = 20

said = {"minutes-written": N_("Everybody who sees this event can read it now.")}


async def write(request: Request) -> Response:
    """Not a form for what has not been. Raises Conflict."""
    event = await _find(request)
    check_was_held(event)
    return await _form(request, event)


async def record(request: Request) -> Response:
    event = await _find(request)
    try:
        form = request.state.form
        await record_minutes(event, parse_minutes(form), seen=str(form.get("seen", "")))
    except InvalidInput as problem:
        return await _form(request, event, problem)
    except Overtaken as problem:
        request.state.form = {**form, "seen": await version_of(await _find(request))}
        return await _form(request, event, InvalidInput({"minutes": problem.message}))
    except Conflict as problem:
        return await _form(request, event, InvalidInput({"minutes": problem.message}))
    return see_other(f"/{event.publication.code}", said="minutes-written")


def parse_minutes(data: Mapping[str, Any]) -> MinutesDraft:
    """One decision on each line. Raises InvalidInput."""
    form = Form(data)
    draft = MinutesDraft(
        text=form.text("minutes", max_length=MINUTES_LENGTH, lines=True),
        decisions=_decisions(form),
        next_step=form.text("next_step", max_length=300, required=False),
        came=form.parsed("came", counted(0, limits.WANTED), NOT_A_NUMBER, required=False),
    )
    form.check()
    return draft


def _decisions(form: Form) -> tuple[str, ...]:
    text = form.text("decisions", max_length=MINUTES_LENGTH, required=False, lines=True)
    lines = tuple(line.strip(" -•*") for line in text.splitlines() if line.strip(" -•*"))
    if len(lines) > MOST_DECISIONS:
        form.wrong("decisions", TOO_MANY)
    if any(len(line) > DECISION_LENGTH for line in lines):
        form.wrong("decisions", TOO_LONG)
    return lines


async def _form(request: Request, event: Event, problem: InvalidInput | None = None) -> Response:
    sheet = await sheet_of_event(event)
    values = request.state.form if problem else await _values(event)
    if not values["minutes"] and not problem and sheet is not None:
        values["minutes"] = "\n\n\n".join(f"## {heading}" for heading in sheet.report)
    return render(
        request,
        "agenda/minutes.html",
        status=422 if problem else 200,
        event=event,
        publication=event.publication,
        sheet=sheet,
        when=when_words(event, request.state.site.timezone),
        values=values,
        errors=problem.by_field if problem else {},
    )


async def _values(event: Event) -> dict[str, str]:
    came = event.came if event.came is not None else await people_there(event)
    return {
        "seen": await version_of(event),
        "minutes": event.minutes,
        "decisions": "\n".join(await decisions_of(event)),
        "next_step": event.next_step,
        "came": str(came) if came or event.came is not None else "",
    }


async def kit(request: Request) -> Response:
    """On paper before a workshop: a poster, how one works, a sheet to sign."""
    event = await _find(request)
    url = event.publication.url
    return render(
        request,
        "agenda/kit.html",
        event=event,
        publication=event.publication,
        when=when_words(event, event.timezone),
        where=where_words(event),
        method=await sheet_of_event(event),
        qr=qr_svg(url),
        short=url.partition("://")[2],
        rows=EMPTY_ROWS,
    )


async def _find(request: Request) -> Event:
    """For its team. Raises NotFound, also for what is not theirs."""
    publication = await Publication.of_code(request.path_params["code"])
    if publication is None or publication.kind is not Kind.EVENT or publication.deleted_at is not None:
        raise NotFound
    event = await event_of(publication)
    if not await is_team(event, request.state.viewer):
        raise NotFound
    return event


routes = [
    Page("/{code:code}/minutes", write, access=Access.MEMBER),
    Page("/{code:code}/minutes", record, access=Access.MEMBER, methods=["POST"]),
    Page("/{code:code}/kit", kit, access=Access.MEMBER),
]
