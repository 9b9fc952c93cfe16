"""What goes when a member leaves, of events: what others counted on in an orderly way."""

from datetime import UTC, datetime

from tortoise.queryset import QuerySet

from hub.agenda import series
from hub.agenda.actions import delete_event
from hub.agenda.coming import leave
from hub.agenda.models import HOLDING, Attendance, CalendarKey, Event, Presence, Standing
from hub.db import hold
from hub.exchange.models import Voice
from hub.members.models import Member

_UNREAD = (Standing.REVIEW, Standing.REFUSED)  # nobody else has seen it


async def forget_member(member_id: int) -> None:
    """In the transaction that erases the account; who counted on them is told as if they had said so.

    What is announced in the name of an organisation, by an agent for the town hall, or for a project stays
    with it, and what is over stays, without a name.
    """
    now = datetime.now(UTC)
    coming = Attendance.filter(participant__member_id=member_id, presence__in=[*HOLDING, Presence.ASKED])
    ahead = coming.filter(event__ends_at__gt=now, event__publication__deleted_at=None)
    own = await _own_events(member_id)
    await hold(
        Event, [*await own.values_list("id", flat=True), *await ahead.values_list("event_id", flat=True)]
    )
    await _forget_events(await own.order_by("id"), now)
    for attendance in await ahead.order_by("id"):
        await leave(attendance)
    theirs = await Attendance.filter(participant__member_id=member_id).values_list("id", flat=True)
    await Attendance.filter(id__in=list(theirs)).update(note="")
    await CalendarKey.filter(member_id=member_id).delete()


async def _own_events(member_id: int) -> QuerySet[Event]:
    own = Event.filter(owner__member_id=member_id, publication__deleted_at=None, project_id=None)
    own = own.exclude(voice=Voice.ORGANISATION)
    if (await Member.get(id=member_id)).is_agent:
        own = own.exclude(voice=Voice.TOWN_HALL)
    return own


async def _forget_events(own: list[Event], now: datetime) -> None:
    """Their own that are still to come; no more are made of a series."""
    for event in own:
        if event.series_id is not None:
            await series.end(event.series_id)
        if event.ends_at > now or event.standing in _UNREAD:
            await delete_event(event)
