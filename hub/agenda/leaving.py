"""What goes when a member leaves, of events: what others counted on in an orderly way."""

from datetime import UTC, datetime

from hub.agenda.actions import delete_event
from hub.agenda.coming import leave
from hub.agenda.models import HOLDING, Attendance, CalendarKey, Event, Presence
from hub.exchange.models import Voice


async def forget_member(member_id: int) -> None:
    """In the transaction that erases the account; who counted on them is told as if they had said so.

    What is announced in the name of an organisation or for a project stays with it, and what is over stays
    counted, without a name.
    """
    now = datetime.now(UTC)
    own = Event.filter(owner__member_id=member_id, publication__deleted_at=None, project_id=None)
    for event in await own.exclude(voice=Voice.ORGANISATION).order_by("id"):
        await delete_event(event)
    coming = Attendance.filter(participant__member_id=member_id, presence__in=[*HOLDING, Presence.ASKED])
    ahead = coming.filter(event__ends_at__gt=now, event__publication__deleted_at=None)
    for attendance in await ahead.order_by("id"):
        await leave(attendance)
    theirs = await Attendance.filter(participant__member_id=member_id).values_list("id", flat=True)
    await Attendance.filter(id__in=list(theirs)).update(note="")
    await CalendarKey.filter(member_id=member_id).delete()
