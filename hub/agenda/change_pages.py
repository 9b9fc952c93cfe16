"""An event is changed, cancelled or taken down by those who may; of a series, one of it or all that follow.

By its address for who signed in; by /mine/KEY/CODE for somebody without an account, whose link it is.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from hub.agenda import actions, forms, series
from hub.agenda.forms import Setting
from hub.agenda.models import Contribution, Event, EventDraft, Shift, Standing
from hub.agenda.new_pages import form_context, setting_of
from hub.agenda.rights import may_change
from hub.agenda.showing import find_any
from hub.agenda.words import when_words
from hub.errors import Conflict, InvalidInput, NotFound
from hub.exchange.forms import parse_sure, parse_words
from hub.exchange.mine_pages import private
from hub.exchange.new_pages import uploader
from hub.exchange.screening import Found
from hub.media.forms import Photos, known_photos, take_photos
from hub.participants.models import Participant
from hub.publications.models import Publication
from hub.publications.visibility import Reader, may_see
from hub.text import N_
from hub.web.templates import render, see_other
from hub.web.viewer import Access, Handler, Page

said = {
    "event-changed": N_("It is changed. Who comes is told where day, hour or place are others."),
    "event-cancelled": N_("It is cancelled, and who wanted to come is told."),
    "event-removed": N_("It is deleted. Other servers are asked to delete it, too."),
}


@dataclass(frozen=True, kw_only=True)
class Own:
    """What somebody may act on, and by which way they came; `key` is that of their link."""

    event: Event
    key: str = ""
    is_shown: bool = True  # to who came this way: without an account only what everybody sees
    later: int = 0  # how many of its series follow

    @property
    def base(self) -> str:
        """Before the deeds: /CODE, or /mine/KEY/CODE."""
        code = str(self.event.publication.code)
        return f"/mine/{self.key}/{code}" if self.key else f"/{code}"

    @property
    def home(self) -> str:
        """Where one goes afterwards."""
        if self.key:
            return f"/mine/{self.key}"
        return self.base if self.is_shown else "/mine"


async def find_own(request: Request) -> Own:
    """What this address names, if the viewer may act on it. Raises NotFound, also for what is not theirs."""
    key, event = request.path_params.get("key", ""), await find_any(request)
    viewer = request.state.viewer
    if not await may_change(event, None if key else viewer, key):
        raise NotFound
    reader = Reader(member=viewer is not None, agent=viewer is not None and viewer.is_agent)
    later = len(await series.following(event, also_alone=True)) - 1 if event.series_id is not None else 0
    return Own(event=event, key=key, is_shown=may_see(event.publication, reader), later=later)


async def edit(request: Request) -> Response:
    own = await _open(request)
    setting = await _setting(request, own.event)
    values = forms.values_of(own.event, setting.shifts, lines=await _lines(own.event))
    values["project"] = next(
        (str(one.code) for one in setting.projects if one.id == own.event.project_id), ""
    )
    photos = await known_photos(own.event.publication_id)
    return await _form(request, own, setting=setting, values=values, photos=photos)


async def change(request: Request) -> Response:
    own, form = await _open(request), request.state.form
    setting = await _setting(request, own.event)
    photos = await take_photos(form, uploader(request, own.event.publication_id))
    values = forms.known_fields(form)
    if form.get("go") == "more":
        return await _form(request, own, setting=setting, values=values, photos=photos, more=True)
    try:
        draft = _checked(form, own.event, setting=setting, photos=photos)
        await actions.change_event(own.event, draft, following=_follows(form))
    except InvalidInput as problem:
        return await _form(request, own, setting=setting, values=values, photos=photos, problem=problem)
    except Conflict as problem:
        field = "capacity" if problem.message == actions.TOO_SMALL else ""
        again = InvalidInput({field: problem.message})
        return await _form(request, own, setting=setting, values=values, photos=photos, problem=again)
    return see_other(own.home, said="event-changed")


async def _open(request: Request) -> Own:
    own = await find_own(request)
    if not actions.is_open(own.event):
        raise Conflict(actions.OVER)
    return own


def _follows(form: Mapping[str, Any]) -> bool:
    return form.get("following") == "yes"


async def _setting(request: Request, event: Event) -> Setting:
    shifts = await Shift.filter(event_id=event.id).order_by("position", "id")
    setting = await setting_of(request, event, shifts=shifts)
    if event.project_id is None or any(one.id == event.project_id for one in setting.projects):
        return setting
    project = await Publication.get_or_none(id=event.project_id)  # of others in it: it stays
    return replace(setting, projects=[*setting.projects, *([project] if project is not None else [])])


async def _lines(event: Event) -> list[str]:
    return [one.what for one in await Contribution.filter(event_id=event.id).order_by("id")]


def _checked(form: Mapping[str, Any], event: Event, *, setting: Setting, photos: Photos) -> EventDraft:
    """The new words and facts; what cannot change is as it was. Raises InvalidInput with every problem."""
    problems, draft = dict(photos.problems), None
    try:
        draft = forms.parse_event(_once(form), setting)
        parse_sure(form, _new_in(draft, event))
    except InvalidInput as problem:
        problems |= problem.by_field
    if draft is None or problems:
        raise InvalidInput(problems)
    known = event.publication
    return replace(draft, photos=photos.drafts, language=known.language or draft.language, scope=known.scope)


def _once(form: Mapping[str, Any]) -> dict[str, Any]:
    """How often it comes again is not changed here."""
    return {**form, "repeats": "", "until": ""}


def _new_in(draft: EventDraft, event: Event) -> list[Found]:
    """What everybody would read there now and could not before."""
    known = f"{event.publication.title} {event.publication.source} {event.place}"
    return [one for one in forms.found_in(draft) if one.words not in known]


async def _form(
    request: Request,
    own: Own,
    *,
    setting: Setting,
    values: dict[str, str],
    photos: Photos,
    problem: InvalidInput | None = None,
    more: bool = False,
) -> Response:
    errors = problem.by_field if problem else {}
    draft = forms.parse_event(_once(request.state.form), setting) if "sure" in errors else None
    return render(
        request,
        "agenda/change.html",
        status=422 if problem else 200,
        own=own,
        publication=own.event.publication,
        values=values,
        errors=errors,
        photos=photos,
        found=_new_in(draft, own.event) if draft is not None else [],
        taken={str(shift.id): shift.taken for shift in setting.shifts},
        **form_context(setting, values, more=more),
    )


async def ask_cancel(request: Request, problem: InvalidInput | None = None) -> Response:
    own = await _open(request)
    if own.event.standing is not Standing.PLANNED:
        raise Conflict(actions.OVER)
    return await _ask(request, own, "cancel", problem=problem)


async def do_cancel(request: Request) -> Response:
    own = await find_own(request)
    try:
        reason = parse_words(request.state.form, "reason", required=False)
    except InvalidInput as problem:
        return await ask_cancel(request, problem)
    await actions.cancel(own.event, reason, following=_follows(request.state.form))
    return see_other(own.home, said="event-cancelled")


async def ask_remove(request: Request) -> Response:
    return await _ask(request, await find_own(request), "remove")


async def do_remove(request: Request) -> Response:
    own = await find_own(request)
    await actions.delete_event(own.event, following=_follows(request.state.form))
    return see_other(f"/mine/{own.key}" if own.key else "/agenda", said="event-removed")


async def _ask(request: Request, own: Own, deed: str, *, problem: InvalidInput | None = None) -> Response:
    timezone = request.state.site.timezone
    return render(
        request,
        "agenda/change_ask.html",
        status=422 if problem else 200,
        own=own,
        deed=deed,
        publication=own.event.publication,
        when=when_words(own.event, timezone),
        values=request.state.form if problem else {},
        errors=problem.by_field if problem else {},
    )


def _both(name: str, ask: Handler, do: Handler, *, uploads: bool = False) -> list[Page]:
    """The page and its form, for who signed in and for who has a link."""
    ways = ((f"/{{code:code}}/{name}", Access.MEMBER), (f"/mine/{{key}}/{{code:code}}/{name}", Access.ALWAYS))
    return [
        page
        for path, access in ways
        for page in (
            Page(path, _kept_private(ask), access=access, name=f"ask_{name}_event"),
            Page(
                path,
                _kept_private(do),
                access=access,
                methods=["POST"],
                uploads=uploads,
                name=f"{name}_event",
            ),
        )
    ]


def _kept_private(handler: Handler) -> Handler:
    """Behind a link the address is a key."""

    async def show(request: Request) -> Response:
        key = request.path_params.get("key", "")
        if key and await Participant.of_key(key) is None:
            return private(render(request, "exchange/key_spent.html", status=410))
        response = await handler(request)
        return private(response) if key else response

    return show


routes: list[Page] = [
    *_both("change", edit, change, uploads=True),
    *_both("cancel", ask_cancel, do_cancel),
    *_both("remove", ask_remove, do_remove),
]
