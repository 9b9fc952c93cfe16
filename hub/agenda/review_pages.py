"""What the town hall reads before it shows, of events: oldest first, with all that is needed to decide.

Where a task stays private is none of it: nobody else reads that anyway.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from hub.agenda import actions
from hub.agenda.cards import EventCard, card_of
from hub.agenda.models import Contribution, Event, Shift, Standing
from hub.agenda.showing import find_any
from hub.agenda.words import RHYTHM_NAMES, shift_words, when_words
from hub.errors import InvalidInput, NotFound
from hub.exchange.cards import Here
from hub.exchange.forms import SAY_WHY, parse_words
from hub.exchange.screening import STREET, Found, screen
from hub.media.models import Photo
from hub.media.photos import photos_by_publication
from hub.text import N_, gettext, ngettext
from hub.web.templates import render, see_other
from hub.web.viewer import Access, Page

MOST = 50  # on one page; the others come up as these are decided

said: dict[str, str] = {
    "event-hung-up": N_("It stands in the agenda. Who announced it is told."),
    "event-set-aside": N_("It is set aside. Who announced it reads why."),
}


@dataclass(frozen=True, kw_only=True)
class Unread:
    """Something that waits, with what its reader should look at."""

    event: Event
    card: EventCard
    when: str
    rhythm: str
    shifts: list[str]
    lines: list[str]
    photos: list[Photo]
    found: list[Found]


async def to_be_read(timezone: str) -> list[Unread]:
    """What waits, the oldest first; asks as often for many as for one."""
    waiting = Event.filter(standing=Standing.REVIEW, publication__deleted_at=None).order_by("id").limit(MOST)
    found = await waiting.select_related("publication__author", "owner__member", "organisation", "series")
    numbers = [one.id for one in found]
    shifts = await Shift.filter(event_id__in=numbers).order_by("position", "id")
    lines = await Contribution.filter(event_id__in=numbers).order_by("id")
    photos = await photos_by_publication(one.publication_id for one in found)
    return [
        _unread(
            one,
            timezone,
            shifts=[shift for shift in shifts if shift.event_id == one.id],
            lines=[line.what for line in lines if line.event_id == one.id],
            photos=photos.get(one.publication_id, []),
        )
        for one in found
    ]


def _unread(
    event: Event, timezone: str, *, shifts: list[Shift], lines: list[str], photos: list[Photo]
) -> Unread:
    texts = [event.publication.title, event.publication.source, *lines, *(shift.name for shift in shifts)]
    return Unread(
        event=event,
        card=card_of(event, Here(timezone=timezone)),
        when=when_words(event, timezone),
        rhythm=_rhythm(event),
        shifts=[f"{shift_words(shift, timezone)} ({shift.wanted})" for shift in shifts],
        lines=lines,
        photos=photos,
        found=_found([*texts, *(photo.alt for photo in photos)]),
    )


def _rhythm(event: Event) -> str:
    return gettext(RHYTHM_NAMES[event.series.rhythm]) if event.series_id and event.series else ""


def _found(texts: Iterable[str]) -> list[Found]:
    return [one for one in screen(texts) if one.what is not STREET]


async def waiting() -> list[tuple[str, str]]:
    """A sentence, and the page where to do it."""
    count = await Event.filter(standing=Standing.REVIEW, publication__deleted_at=None).count()
    if not count:
        return []
    sentence = ngettext("%(count)s event is to be read", "%(count)s events are to be read", count)
    return [(sentence % {"count": count}, "/moderation/events")]


async def moderation_of_events(request: Request, problem: InvalidInput | None = None) -> Response:
    return render(
        request,
        "agenda/review.html",
        status=422 if problem else 200,
        unread=await to_be_read(request.state.site.timezone),
        values=request.state.form if problem else {},
        errors=problem.by_field if problem else {},
    )


async def announce(request: Request) -> Response:
    viewer = request.state.viewer
    await actions.approve(await _of_ours(request), by=viewer.name, member_id=viewer.member_id)
    return see_other("/moderation/events", said="event-hung-up")


async def set_aside(request: Request) -> Response:
    event = await _of_ours(request)
    try:
        name = f"reason-{event.publication.code}"
        reason = parse_words(request.state.form, name, missing=SAY_WHY)
    except InvalidInput as problem:
        return await moderation_of_events(request, problem)
    viewer = request.state.viewer
    await actions.refuse(event, reason, by=viewer.name, member_id=viewer.member_id)
    return see_other("/moderation/events", said="event-set-aside")


async def _of_ours(request: Request) -> Event:
    """What somebody else has decided a moment ago stays decided."""
    event = await find_any(request)
    if event.owner_id is None:
        raise NotFound
    return event


routes: list[Page] = [
    Page("/moderation/events", moderation_of_events, access=Access.AGENT),
    Page("/{code:code}/hang-up", announce, access=Access.AGENT, methods=["POST"], name="announce_event"),
    Page("/{code:code}/set-aside", set_aside, access=Access.AGENT, methods=["POST"], name="refuse_event"),
]
