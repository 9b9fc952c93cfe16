"""An event is made of a draft: its rows, in the caller's transaction; nobody is told here."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from secrets import token_hex

from hub.actors.minting import object_uri
from hub.actors.models import Actor
from hub.agenda.models import Contribution, Event, EventDraft, Shift, ShiftDraft, Standing
from hub.exchange.models import Voice
from hub.media.photos import hang_photos
from hub.organisations.models import Organisation
from hub.participants.models import Participant
from hub.publications.documents import page_url
from hub.publications.markup import take_words
from hub.publications.models import Kind, Publication
from hub.village.models import Village

FACTS = (
    "category starts_at ends_at all_day timezone place address online_url join_mode join_url capacity method"
    " project_id"
).split()


@dataclass(frozen=True, kw_only=True)
class Maker:
    """Who announces an event, and in whose name; `author` is its actor on other servers."""

    owner: Participant
    author: Actor
    voice: Voice
    organisation: Organisation | None


async def make_event(draft: EventDraft, by: Maker, *, code: str, trusted: bool) -> Event:
    """With its publication, tasks and lists; hidden until somebody reads it where `trusted` is false."""
    now = datetime.now(UTC)
    publication = Publication(
        uri=object_uri(),
        code=code,
        author=by.author,
        kind=Kind.EVENT,
        type="Event",
        scope=draft.scope,
        published_at=now,
        received_at=now,
        hidden_at=None if trusted else now,
    )
    publication.url = page_url(publication)
    take_words(publication, draft)
    await publication.save()
    if draft.photos is not None:
        await hang_photos(publication.id, draft.photos)
    event = Event(
        publication=publication,
        owner=by.owner,
        organisation=by.organisation,
        voice=by.voice,
        standing=Standing.PLANNED if trusted else Standing.REVIEW,
        changed_at=now,
        check_in=token_hex(16),
    )
    take_over(event, draft)
    await _place(event)
    await event.save()
    await write_lists(event, draft)
    return event


def take_over(event: Event, draft: EventDraft) -> None:
    for name in FACTS:
        setattr(event, name, getattr(draft, name))


async def write_lists(event: Event, draft: EventDraft) -> None:
    """Tasks and "who brings what", as the draft has them. What somebody has taken already never goes."""
    known = {one.id: one for one in await Shift.filter(event_id=event.id)}
    for position, shift in enumerate(draft.shifts):
        mine = known.pop(shift.id or 0, None) or Shift(event=event)
        await _write_shift(mine, shift, position)
    unwanted = [one.id for one in known.values() if not one.taken]
    await Shift.filter(id__in=unwanted, attendances__id__isnull=True).delete()
    await _write_lines(event, draft.contributions)


async def _write_shift(shift: Shift, draft: ShiftDraft, position: int) -> None:
    shift.position, shift.name, shift.wanted = position, draft.name, draft.wanted
    shift.starts_at, shift.ends_at, shift.private_place = draft.starts_at, draft.ends_at, draft.private_place
    await shift.save()


async def _write_lines(event: Event, lines: Sequence[str]) -> None:
    known = [one.what for one in await Contribution.filter(event_id=event.id).order_by("id")]
    await Contribution.filter(event_id=event.id, brought_by_id=None).exclude(what__in=list(lines)).delete()
    missing = list(lines)
    for what in known:
        if what in missing:
            missing.remove(what)
    for what in missing:
        await Contribution.create(event=event, what=what)


async def draft_of(event: Event) -> EventDraft:
    """What the form of an event says, for another one like it."""
    publication = event.publication
    shifts = await Shift.filter(event_id=event.id).order_by("position", "id")
    lines = await Contribution.filter(event_id=event.id).order_by("id")
    return EventDraft(
        title=publication.title,
        text=publication.source,
        language=publication.language or "fr",
        scope=publication.scope,
        shifts=tuple(shift_draft(one) for one in shifts),
        contributions=tuple(one.what for one in lines),
        **{name: getattr(event, name) for name in FACTS},
    )


def shift_draft(shift: Shift) -> ShiftDraft:
    return ShiftDraft(
        id=shift.id,
        name=shift.name,
        wanted=shift.wanted,
        starts_at=shift.starts_at,
        ends_at=shift.ends_at,
        private_place=shift.private_place,
    )


async def _place(event: Event) -> None:
    """Of the village: where exactly stands in words."""
    village = await Village.current()
    if village is not None and not event.online_url and village.latitude is not None:
        event.latitude, event.longitude = round(village.latitude, 2), round(village.longitude or 0, 2)
