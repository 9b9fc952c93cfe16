"""What links in mails can do about events, once, without signing in."""

from hub.agenda import coming
from hub.agenda.models import Attendance
from hub.notifications.people import ActFunction, Holder
from hub.text import N_


async def leave_event(holder: Holder, attendance: int) -> str:
    await coming.leave(await Attendance.get(id=attendance))
    return N_("Your place is free again for others. Thank you for saying so.")


ACTS: dict[str, ActFunction] = {"leave-event": leave_event}
