"""What people do with events: announce, change, cancel, take down; the town hall reads what is new.

Each act may come twice (a button pressed twice, a page loaded anew): the second time nothing happens.
"""

from datetime import UTC, datetime

from tortoise.exceptions import IntegrityError

from hub.agenda import notices, series, wire
from hub.agenda.making import Maker, make_event, take_over, write_lists
from hub.agenda.making import draft_of as draft_of
from hub.agenda.models import HOLDING, Attendance, Event, EventDraft, Presence, Standing
from hub.agenda.publishing import send_changes, send_out, take_down
from hub.agenda.settling import locked, settle
from hub.db import hold, transaction
from hub.errors import Conflict, NotFound
from hub.exchange.models import Voice
from hub.exchange.speaking import author_for, speaks_for
from hub.fediverse.publishing import show
from hub.journal import Doer, record
from hub.media.photos import hang_photos
from hub.participants.actions import participant_of
from hub.participants.models import Person
from hub.publications.documents import code_of_form
from hub.publications.markup import take_words
from hub.text import N_

OVER = N_("This is over already.")
TOO_SMALL = N_("More people are coming already. Write a larger number, or ask some of them first.")


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
            known = await _made_before(code, draft)
            return known or await _add(
                draft,
                person,
                voice=voice,
                organisation_id=organisation_id,
                code=await code_of_form(code),
                trusted=trusted,
            )
    except IntegrityError:  # the same form, a moment ago
        known = await _made_before(code, draft)
        if known is None:
            raise
        return known


async def approve(event: Event, *, by: str, member_id: int | None = None) -> None:
    """An agent has read it: now everybody may. `by` is shown."""
    async with transaction():
        ours = await own(event)
        if ours.standing is not Standing.REVIEW:
            return
        await show(ours.publication)
        ours.standing, ours.changed_at, ours.sent_at = Standing.PLANNED, datetime.now(UTC), datetime.now(UTC)
        await ours.save()
        await record("approved", f"/{ours.publication.code}", by=Doer(member_id, by))
        await send_out(ours)
        await notices.approved(ours)
        if ours.series_id is not None:
            await series.extend(ours.series_id)


async def refuse(event: Event, reason: str, *, by: str, member_id: int | None = None) -> None:
    """The town hall does not announce it, and says why."""
    async with transaction():
        ours = await own(event)
        if ours.standing is Standing.REVIEW:
            await _stand(ours, Standing.REFUSED, reason)
            if ours.series_id is not None:
                await series.end(ours.series_id)
            await record("refused", f"/{ours.publication.code}", by=Doer(member_id, by), why=reason)
            await notices.refused(ours, reason)


async def change_event(event: Event, draft: EventDraft, *, following: bool = False) -> None:
    """New words and facts; scope and voice stay. Who comes is told where day, hour or place are others.

    `following`: also those that come after it in its series, each on its own day. Raises Conflict once it is
    over, or where the capacity is smaller than those who come.
    """
    async with transaction():
        ours = await _own(event, following)
        if ours.series_id is None or not following:
            ours.is_exception = ours.series_id is not None
            await _change(ours, draft)
            return
        later = await series.following(ours)
        drafts = await series.drafts_like(draft, later)
        for one, each in zip(later, drafts, strict=True):
            mine = await own(one)
            mine.is_exception = False
            await _change(mine, each)
        await series.follow(ours, draft)


async def _change(ours: Event, draft: EventDraft) -> None:
    if not is_open(ours):
        raise Conflict(OVER)
    if draft.capacity is not None and draft.capacity < ours.coming:
        raise Conflict(TOO_SMALL)
    before = (ours.starts_at, ours.ends_at, ours.place, ours.address)
    take_over(ours, draft)
    take_words(ours.publication, draft)
    if draft.photos is not None:
        await hang_photos(ours.publication.id, draft.photos)
    await ours.save()
    await write_lists(ours, draft)
    await _move_up(ours)
    await send_changes(ours)
    if before != (ours.starts_at, ours.ends_at, ours.place, ours.address):
        await Attendance.filter(event_id=ours.id).update(reminded_at=None)  # of another day
        await notices.moved(await holders(ours))
        await wire.say_moved(await holders(ours))


async def _move_up(event: Event) -> None:
    """There may be more places now."""
    for one in await settle(event):
        await one.fetch_related("participant__actor", "shift", "reply")
        one.event = event
        if one.participant.actor is not None:
            await wire.send_accept(one)
        await notices.moved_up(one)


async def cancel(event: Event, reason: str = "", *, following: bool = False) -> None:
    """It does not take place; the page stays and says so, and who wanted to come is told.

    `following`: its series ends with it, and what was only planned for later goes without a word.
    """
    async with transaction():
        ours = await _own(event, following)
        if ours.standing is not Standing.PLANNED or ours.ends_at <= datetime.now(UTC):
            return
        for one in await _meant(ours, following):
            if one.id != ours.id and await _is_unknown(one):
                await take_down(one)
            else:
                await _cancel(one, reason)


async def _cancel(event: Event, reason: str) -> None:
    await _stand(event, Standing.CANCELLED, reason)
    await notices.cancelled(event, await holders(event))
    await wire.say_cancelled(event, await holders(event))
    await send_changes(event)


async def delete_event(event: Event, *, following: bool = False) -> None:
    """Take it down everywhere, with its words; who wanted to come is told."""
    async with transaction():
        for one in await _meant(await _own(event, following), following):
            if is_open(one):
                await notices.cancelled(one, await holders(one))
                await wire.say_cancelled(one, await holders(one))
            if one.standing is not Standing.REFUSED:
                await _stand(one, Standing.CANCELLED, "")
            await take_down(one)


async def _own(event: Event, following: bool) -> Event:
    """As own(); where those after it in its series are meant as well, these are held with it."""
    if following and event.series_id is not None:
        later = Event.filter(series_id=event.series_id, starts_at__gte=event.starts_at)
        await hold(Event, await later.values_list("id", flat=True))
    return await own(event)


async def _meant(event: Event, following: bool) -> list[Event]:
    """Each locked; a series that is not followed any more ends."""
    if event.series_id is None or not (following or event.standing is Standing.REVIEW):
        return [event]
    await series.end(event.series_id)
    return [await own(one) for one in await series.following(event, also_alone=True)]


async def _is_unknown(event: Event) -> bool:
    """Nobody was told of it, and nobody wants to come."""
    return event.sent_at is None and not await holders(event)


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


async def _made_before(code: str, draft: EventDraft) -> Event | None:
    """By the same form. Who goes back to it and writes something else there means something else."""
    if not code:
        return None
    words = {"publication__title": draft.title, "publication__source": draft.text}
    found = Event.filter(publication__code=code, starts_at=draft.starts_at, **words)
    return await found.select_related("publication__author").first()


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
    by = Maker(
        owner=await participant_of(person),
        author=await author_for(organisation),
        voice=voice,
        organisation=organisation,
    )
    event = await make_event(draft, by, code=code, trusted=trusted)
    if draft.repeats is not None:
        await series.begin(event, draft)
    if trusted:
        event.sent_at = event.changed_at
        await event.save(update_fields=["sent_at"])
        await send_out(event)
    else:
        await notices.to_be_read(event)
    await notices.received(event)
    if trusted and event.series_id is not None:
        await series.extend(event.series_id)
    return event


async def _stand(event: Event, standing: Standing, reason: str) -> None:
    event.standing, event.changed_at, event.reason = standing, datetime.now(UTC), reason
    await event.save()
