"""What people do with events: announce, change, cancel, take down; the town hall reads what is new.

Each act may come twice (a button pressed twice, a page loaded anew): the second time nothing happens.
"""

from datetime import UTC, datetime, timedelta
from secrets import token_hex

from tortoise.exceptions import IntegrityError

from hub.actors.minting import object_uri
from hub.agenda import notices
from hub.agenda.models import (
    HOLDING,
    Attendance,
    Contribution,
    Event,
    EventDraft,
    Presence,
    Shift,
    ShiftDraft,
    Standing,
)
from hub.agenda.publishing import send_changes, send_out, take_down
from hub.agenda.settling import locked, settle
from hub.db import transaction
from hub.errors import Conflict, NotFound
from hub.exchange.models import Voice
from hub.exchange.speaking import author_for, speaks_for
from hub.journal import Doer, record
from hub.media.photos import hang_photos
from hub.participants.actions import participant_of
from hub.participants.models import Person
from hub.publications.documents import new_code, page_url
from hub.publications.markup import html_of
from hub.publications.models import Kind, Publication
from hub.text import N_
from hub.village.models import Village

OVER = N_("This is over already.")
TOO_SMALL = N_("More people are coming already. Write a larger number, or ask some of them first.")

SENT_AHEAD = timedelta(days=14)  # events of a series: others are told of each so long before


async def publish_event(
    draft: EventDraft,
    person: Person,
    *,
    voice: Voice = Voice.SELF,
    organisation_id: int | None = None,
    code: str = "",
    trusted: bool = False,
) -> Event:
    """Put it into the agenda; of newcomers and of people without an account an agent reads it first.

    `code` is the form's: sent twice, it makes one. Raises Conflict where the person may not speak for the
    organisation.
    """
    try:
        async with transaction():
            known = await _made_before(code)
            return known or await _add(
                draft,
                person,
                voice=voice,
                organisation_id=organisation_id,
                code=code or new_code(),
                trusted=trusted,
            )
    except IntegrityError:  # the same form, a moment ago
        known = await _made_before(code)
        if known is None:
            raise
        return known


async def approve(event: Event, *, by: str, member_id: int | None = None) -> None:
    """An agent has read it: now everybody may. `by` is shown."""
    async with transaction():
        ours = await own(event)
        if ours.standing is not Standing.REVIEW:
            return
        publication = ours.publication
        publication.hidden_at, publication.published_at = None, datetime.now(UTC)
        ours.standing, ours.changed_at, ours.sent_at = Standing.PLANNED, datetime.now(UTC), datetime.now(UTC)
        await ours.save()
        await record("approved", f"/{publication.code}", by=Doer(member_id, by))
        await send_out(ours)
        await notices.approved(ours)


async def refuse(event: Event, reason: str, *, by: str, member_id: int | None = None) -> None:
    """The town hall does not announce it, and says why."""
    async with transaction():
        ours = await own(event)
        if ours.standing is Standing.REVIEW:
            await _stand(ours, Standing.REFUSED, reason)
            await record("refused", f"/{ours.publication.code}", by=Doer(member_id, by), why=reason)
            await notices.refused(ours, reason)


async def change_event(event: Event, draft: EventDraft) -> None:
    """New words and facts; scope and voice stay. Who comes is told where day, hour or place are others.

    Raises Conflict once it is over, or where the capacity is smaller than those who come.
    """
    async with transaction():
        ours = await own(event)
        if not is_open(ours):
            raise Conflict(OVER)
        if draft.capacity is not None and draft.capacity < ours.coming:
            raise Conflict(TOO_SMALL)
        before = (ours.starts_at, ours.ends_at, ours.place, ours.address)
        _take_over(ours, draft)
        _take_words(ours.publication, draft)
        await _hang_photos(ours.publication, draft)
        await ours.save()
        await settle(ours)
        await send_changes(ours)
        if before != (ours.starts_at, ours.ends_at, ours.place, ours.address):
            await notices.moved(ours, await holders(ours))


async def cancel(event: Event, reason: str = "") -> None:
    """It does not take place; the page stays and says so, and who wanted to come is told."""
    async with transaction():
        ours = await own(event)
        if ours.standing is not Standing.PLANNED or ours.ends_at <= datetime.now(UTC):
            return
        await _stand(ours, Standing.CANCELLED, reason)
        await notices.cancelled(ours, await holders(ours))
        await send_changes(ours)


async def delete_event(event: Event) -> None:
    """Take it down everywhere, with its words; who wanted to come is told."""
    async with transaction():
        ours = await own(event)
        if is_open(ours):
            await notices.cancelled(ours, await holders(ours))
        if ours.standing is not Standing.REFUSED:
            await _stand(ours, Standing.CANCELLED, "")
        await take_down(ours)


def is_open(event: Event, now: datetime | None = None) -> bool:
    """Whether it is still to come, as far as we know."""
    ahead = event.ends_at > (now or datetime.now(UTC))
    return ahead and event.standing in (Standing.PLANNED, Standing.REVIEW)


async def own(event: Event) -> Event:
    """Of ours, locked; raises NotFound for another hub's."""
    ours = await locked(event)
    if ours.owner is None:
        raise NotFound
    return ours


async def holders(event: Event) -> list[Attendance]:
    """Who comes or waits, in their order, with all that a notice needs."""
    found = Attendance.filter(event_id=event.id, presence__in=[*HOLDING, Presence.ASKED])
    listed = await found.select_related("participant__actor", "shift", "reply").order_by("id")
    for one in listed:
        one.event = event
    return listed


async def _made_before(code: str) -> Event | None:
    if not code:
        return None
    return await Event.filter(publication__code=code).select_related("publication__author").first()


async def _add(
    draft: EventDraft,
    person: Person,
    *,
    voice: Voice,
    organisation_id: int | None,
    code: str,
    trusted: bool,
) -> Event:
    organisation = await speaks_for(person, organisation_id) if voice is Voice.ORGANISATION else None
    now = datetime.now(UTC)
    publication = Publication(
        uri=object_uri(),
        code=code,
        author=await author_for(organisation),
        kind=Kind.EVENT,
        type="Event",
        scope=draft.scope,
        published_at=now,
        received_at=now,
        hidden_at=None if trusted else now,
    )
    publication.url = page_url(publication)
    _take_words(publication, draft)
    await publication.save()
    await _hang_photos(publication, draft)
    event = Event(
        publication=publication,
        owner=await participant_of(person),
        organisation=organisation,
        voice=voice,
        standing=Standing.PLANNED if trusted else Standing.REVIEW,
        changed_at=now,
        check_in=token_hex(16),
    )
    _take_over(event, draft)
    await _place(event)
    await event.save()
    await _add_lines(event, draft)
    if trusted:
        event.sent_at = now
        await event.save(update_fields=["sent_at"])
        await send_out(event)
    else:
        await notices.to_be_read(event)
    await notices.received(event)
    return event


async def _add_lines(event: Event, draft: EventDraft) -> None:
    for position, shift in enumerate(draft.shifts):
        await Shift.create(
            event=event,
            position=position,
            name=shift.name,
            wanted=shift.wanted,
            starts_at=shift.starts_at,
            ends_at=shift.ends_at,
            private_place=shift.private_place,
        )
    for what in draft.contributions:
        await Contribution.create(event=event, what=what)


def _take_words(publication: Publication, draft: EventDraft) -> None:
    publication.title, publication.source, publication.language = draft.title, draft.text, draft.language
    publication.html = html_of(draft.text)


async def _hang_photos(publication: Publication, draft: EventDraft) -> None:
    if draft.photos is not None:
        await hang_photos(publication.id, draft.photos)


def _take_over(event: Event, draft: EventDraft) -> None:
    for name in _FACTS:
        setattr(event, name, getattr(draft, name))


_FACTS = (
    "category starts_at ends_at all_day timezone place address online_url join_mode join_url capacity method"
    " project_id"
).split()


async def _place(event: Event) -> None:
    """Of the village: where exactly stands in words."""
    village = await Village.current()
    if village is not None and not event.online_url and village.latitude is not None:
        event.latitude, event.longitude = round(village.latitude, 2), round(village.longitude or 0, 2)


async def _stand(event: Event, standing: Standing, reason: str) -> None:
    event.standing, event.changed_at, event.reason = standing, datetime.now(UTC), reason
    await event.save()


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
        shifts=tuple(
            ShiftDraft(
                name=one.name,
                wanted=one.wanted,
                starts_at=one.starts_at,
                ends_at=one.ends_at,
                private_place=one.private_place,
            )
            for one in shifts
        ),
        contributions=tuple(one.what for one in lines),
        **{name: getattr(event, name) for name in _FACTS},
    )
