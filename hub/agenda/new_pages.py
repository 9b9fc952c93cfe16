"""An event is announced: one form, once or every week, and what happens next."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from hub import limits
from hub.actors.models import Actor
from hub.agenda import actions, forms
from hub.agenda.cards import EventCard, card_of
from hub.agenda.forms import Setting
from hub.agenda.making import FACTS
from hub.agenda.methods import offered
from hub.agenda.models import Event, EventDraft, JoinMode, Rhythm, Standing
from hub.agenda.words import RHYTHM_NAMES
from hub.errors import Conflict, InvalidInput
from hub.exchange import speaking
from hub.exchange.cards import Here
from hub.exchange.categories import CATEGORIES
from hub.exchange.forms import Speaker, parse_speaker, parse_sure
from hub.exchange.models import Voice, words_in
from hub.exchange.new_pages import count_writing, free_code, scopes, uploader
from hub.exchange.screening import Found
from hub.exchange.speaking import speak
from hub.media.forms import Photos, no_photos, take_photos
from hub.organisations.home import spoken_for
from hub.publications.documents import new_code, parse_code
from hub.publications.groups import projects_of
from hub.publications.markup import html_of
from hub.publications.models import Kind, Publication
from hub.text import N_, current_locale, gettext
from hub.web.templates import render, see_other
from hub.web.viewer import Access, Page

said = {
    "event-published": N_("It is in the agenda."),
}

FEWEST_ROWS, MORE_ROWS = 2, 3  # of tasks
_PREFILLED = ("title", "text", "category", "place", "project", "method", "starts")
JOIN_NAMES = {
    JoinMode.FREE: N_("People sign up here, without an account"),
    JoinMode.NONE: N_("People simply come"),
    JoinMode.EXTERNAL: N_("People sign up on another site"),
}


@dataclass(frozen=True, kw_only=True)
class Sent:
    """A form as it arrived, and what it is read against."""

    request: Request
    setting: Setting
    values: dict[str, str]
    photos: Photos


async def new_event(request: Request) -> Response:
    asked = {name: request.query_params.get(name, "")[: limits.TEXT_LENGTH] for name in _PREFILLED}
    values = {name: value for name, value in asked.items() if value} | {"code": new_code()}
    setting = await setting_of(request)
    return await _form(Sent(request=request, setting=setting, values=values, photos=no_photos()))


async def write_event(request: Request) -> Response:
    """The form came back: show more rows, or how it will look, or put it into the agenda."""
    form, sent = request.state.form, await _sent(request)
    if form.get("go") == "more":
        return await _form(sent, more=True)
    try:
        draft, speaker = await _checked(sent, look=form.get("go") == "look")
        if form.get("go") == "look":
            return await _form(sent, draft=draft)
        return await _publish(sent, draft, speaker)
    except InvalidInput as problem:
        return await _form(sent, problem)


async def _sent(request: Request) -> Sent:
    """Photos are kept at once, whatever else is wrong."""
    form = request.state.form
    code = parse_code(form)
    before = await Publication.get_or_none(code=code) if code else None  # the same form, a moment ago
    photos = await take_photos(form, uploader(request, before.id if before is not None else None))
    values = forms.known_fields(form)
    return Sent(request=request, setting=await setting_of(request), values=values, photos=photos)


async def _checked(sent: Sent, *, look: bool) -> tuple[EventDraft, Speaker]:
    """Every problem of the whole form at once."""
    form, problems = sent.request.state.form, dict(sent.photos.problems)
    draft = speaker = None
    try:
        draft = forms.parse_event(form, sent.setting)
        if not look:
            parse_sure(form, forms.found_in(draft))
    except InvalidInput as problem:
        problems |= problem.by_field
    try:
        speaker = await _speaker(sent.request)
    except InvalidInput as problem:
        problems |= problem.by_field
    if draft is None or speaker is None or problems:
        raise InvalidInput(problems)
    return replace(draft, scope=speaker.scope, photos=sent.photos.drafts), speaker


async def _publish(sent: Sent, draft: EventDraft, speaker: Speaker) -> Response:
    request = sent.request
    await count_writing(request)
    try:
        event = await actions.publish_event(
            draft,
            speaker.person,
            voice=speaker.voice,
            organisation_id=speaker.organisation_id,
            code=await free_code(request.state.form, Kind.EVENT),
            trusted=_is_trusted(request, speaker.voice),
        )
    except Conflict as problem:
        raise InvalidInput({"as" if problem.message == speaking.NOT_YOURS else "": problem.message}) from None
    return _after(request, event, speaker)


def _after(request: Request, event: Event, speaker: Speaker) -> Response:
    """To its page, or to what happens next."""
    if event.standing is not Standing.REVIEW:
        return see_other(f"/{event.publication.code}", said="event-published")
    by = "member" if request.state.viewer else "mail" if speaker.person.mail else "phone"
    return see_other(f"/new/event/sent?by={by}")


async def sent_page(request: Request) -> Response:
    """What happens next with what is read first; the same for everybody, so that it tells nothing."""
    return render(request, "agenda/new_sent.html", by=request.query_params.get("by", ""))


async def setting_of(request: Request, known: Event | None = None, **more: Any) -> Setting:
    viewer = request.state.viewer
    return Setting(
        site=request.state.site,
        now=datetime.now(UTC),
        projects=await projects_of(viewer.member_id if viewer is not None else None),
        methods=await offered(),
        known=known,
        **more,
    )


def _is_trusted(request: Request, voice: Voice = Voice.SELF) -> bool:
    """Whether it is in the agenda at once; in the town hall's name only what it wrote."""
    viewer = request.state.viewer
    if viewer is None or not viewer.trusted:
        return False
    return viewer.is_agent or voice is not Voice.TOWN_HALL


async def _speaker(request: Request) -> Speaker:
    return parse_speaker(
        request.state.form,
        request.state.viewer,
        speaks_for=await spoken_for(request.state.viewer),
        scopes=scopes(),
        locale=request.state.locale,
    )


async def _form(
    sent: Sent,
    problem: InvalidInput | None = None,
    *,
    draft: EventDraft | None = None,
    more: bool = False,
) -> Response:
    errors = problem.by_field if problem else {}
    return render(
        sent.request,
        "agenda/new.html",
        status=422 if problem else 200,
        values=sent.values,
        errors=errors,
        photos=sent.photos,
        found=_found(sent) if "sure" in errors or draft is not None else [],
        speaks_for=await spoken_for(sent.request.state.viewer),
        scopes=[scope.value for scope in scopes()],
        at_once=_is_trusted(sent.request),
        preview=None if draft is None else await _preview(sent, draft),
        html=None if draft is None else html_of(draft.text),
        **form_context(sent.setting, sent.values, more=more),
    )


def _found(sent: Sent) -> list[Found]:
    return forms.found_in(forms.parse_event(sent.request.state.form, sent.setting))


def form_context(setting: Setting, values: Mapping[str, str], *, more: bool = False) -> dict[str, Any]:
    """What the fields need, also where something is changed; `more`: some more rows for tasks."""
    return {
        "example": (setting.today + timedelta(days=7)).strftime("%d/%m/%Y"),
        "example_until": (setting.today + timedelta(days=90)).strftime("%d/%m/%Y"),
        "rows": rows_of(values, more=more),
        "categories": [(one.key, gettext(one.name)) for one in CATEGORIES.values()],
        "joins": [(mode.value, gettext(words)) for mode, words in JOIN_NAMES.items()],
        "rhythms": [("", gettext(N_("Once")))]
        + [(each.value, gettext(RHYTHM_NAMES[each])) for each in Rhythm],
        "projects": [(one.code, one.title) for one in setting.projects],
        "methods": [(one.key, words_in(one.names, current_locale())) for one in setting.methods],
    }


def rows_of(values: Mapping[str, str], *, more: bool = False) -> list[int]:
    """Which rows of tasks are shown: those with something in them, and some empty ones."""
    last = max(forms.rows_used(values), default=0)
    shown = max(FEWEST_ROWS, last + 1)
    return list(range(1, min(shown + (MORE_ROWS if more else 0), limits.SHIFTS_PER_EVENT) + 1))


async def _preview(sent: Sent, draft: EventDraft) -> EventCard:
    """As the agenda will show it, made of what is written so far."""
    event = Event(standing=Standing.PLANNED, **{name: getattr(draft, name) for name in FACTS})
    event.publication = Publication(
        code="", author=await Actor.village(), kind=Kind.EVENT, title=draft.title, language=draft.language
    )
    viewer = sent.request.state.viewer
    name = sent.values.get("name", "") if viewer is None else viewer.name
    speak(event, sent.values.get("as", ""), name=name, speaks_for=await spoken_for(viewer))
    return card_of(event, Here(timezone=draft.timezone))


routes = [
    Page("/new/event", new_event, access=Access.VISITOR),
    Page("/new/event", write_event, access=Access.VISITOR, methods=["POST"], uploads=True),
    Page("/new/event/sent", sent_page, access=Access.VISITOR),
]
