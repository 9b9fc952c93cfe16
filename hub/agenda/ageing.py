"""What time does to events: who comes is reminded, notes and private places go, contacts are forgotten.

Every function takes `now`, and may come again: each row is dealt with once, in its own transaction.
"""

from datetime import UTC, datetime, timedelta

from tortoise.expressions import Q, Subquery

from hub.agenda import notices
from hub.agenda.models import Attendance, Event, Presence, Shift, Standing, TeamNote
from hub.agenda.team import NOTE_KEPT
from hub.db import transaction
from hub.notifications.actions import forget_about
from hub.participants.ageing import (
    CONTACTS_KEPT,
    MORNING,
    each_row,
    forget_people,
    start_of,
    village_zone,
)
from hub.participants.models import Participant


async def remind(now: datetime | None = None) -> None:
    """Tell who comes the day before, from ten in the morning; who said yes today knows it."""
    now, zone = now or datetime.now(UTC), await village_zone()
    local = now.astimezone(zone)
    if local.time() < MORNING:
        return
    today, midnight = start_of(local.date(), zone), start_of(local.date() + timedelta(days=1), zone)
    after = start_of(local.date() + timedelta(days=2), zone)
    whole = Q(shift_id=None) | Q(shift__starts_at=None)
    begins = Q(shift__starts_at__gte=midnight, shift__starts_at__lt=after) | (
        whole & Q(event__starts_at__gte=midnight, event__starts_at__lt=after)
    )
    told = Attendance.filter(begins, presence=Presence.COMING, reminded_at=None, decided_at__lt=today)
    living = told.filter(event__standing=Standing.PLANNED, event__publication__deleted_at=None)
    found = living.select_related(
        "participant", "shift", "event__publication__author", "event__owner", "event__organisation"
    )
    async for one in each_row(found):
        async with transaction():
            if await Attendance.filter(id=one.id, reminded_at=None).update(reminded_at=now):
                await notices.tomorrow(one, before=midnight)


async def forget_notes(now: datetime | None = None) -> None:
    """Notes of the team whose two weeks are over, and private places as long after the end; who was told
    these reads them until the end alone.
    """
    now = now or datetime.now(UTC)
    told = Event.filter(ends_at__lte=now, publication__notices__kind=notices.TOMORROW)
    ended = await told.distinct().values_list("publication_id", flat=True)
    await forget_about([int(str(each)) for each in ended], kind=notices.TOMORROW)
    await TeamNote.filter(goes_at__lte=now).delete()
    over = Event.filter(ends_at__lte=now - NOTE_KEPT, owner_id__not_isnull=True)
    async for event in each_row(over.filter(shifts__private_place__not="").distinct()):
        await Shift.filter(event_id=event.id).update(private_place="")


async def forget_contacts(now: datetime | None = None) -> None:
    """Thirty days after all is over: no way to reach anybody, no word that was for the team."""
    now = now or datetime.now(UTC)
    cutoff = now - CONTACTS_KEPT
    over = Q(event__ends_at__lte=cutoff) | Q(event__publication__deleted_at__lte=cutoff)
    gone = Q(presence__in=[Presence.LEFT, Presence.DECLINED], decided_at__lte=cutoff)
    known = Q(participant__actor_id=None, participant__erased_at=None)
    async for one in each_row(Attendance.filter(over | gone, known | ~Q(note="")).select_related("event")):
        await _forget_guest(one, now)
    await _forget_owners(cutoff, now)


async def _forget_guest(attendance: Attendance, now: datetime) -> None:
    async with transaction():
        await Attendance.filter(id=attendance.id).update(note="")
        await forget_people({attendance.participant_id}, now)
        await forget_about([attendance.event.publication_id], before=now - CONTACTS_KEPT)


async def _forget_owners(cutoff: datetime, now: datetime) -> None:
    """Of a series one person announced many: forgotten after the last."""
    refused = Q(standing=Standing.REFUSED, changed_at__lte=cutoff)
    over = Event.filter(Q(ends_at__lte=cutoff) | Q(publication__deleted_at__lte=cutoff) | refused)
    theirs = Participant.filter(id__in=Subquery(over.values("owner_id")), erased_at=None, actor_id=None)
    async for owner in each_row(theirs):
        living = Event.filter(owner_id=owner.id).exclude(id__in=Subquery(over.values("id")))
        if await living.exists():
            continue
        async with transaction():
            await forget_people({owner.id}, now)
            events = await Event.filter(owner_id=owner.id).only("id", "publication_id")
            await forget_about([event.publication_id for event in events], before=cutoff)
