"""Who comes and who waits, counted anew with each change; a free place goes to who waits longest."""

from hub.agenda.models import HOLDING, Attendance, Event, Presence, Shift
from hub.errors import NotFound


async def locked(event: Event) -> Event:
    """The row as it is now, locked until the transaction ends, with what acts need; also another hub's."""
    found = await Event.select_for_update(no_key=True).get_or_none(id=event.id)
    if found is None:
        raise NotFound
    await found.fetch_related("publication__author", "owner", "organisation")
    if found.publication.deleted_at is not None:
        raise NotFound
    return found


async def settle(event: Event) -> list[Attendance]:
    """Count, and let those who wait move up, in the caller's transaction; who moved up."""
    held = await Attendance.filter(event_id=event.id, presence__in=list(HOLDING)).order_by("id")
    shifts = {one.id: one for one in await Shift.filter(event_id=event.id)}
    coming = [one for one in held if one.presence is Presence.COMING]
    moved = []
    for one in held:
        if one.presence is Presence.WAITING and has_room(event, one, coming=coming, shifts=shifts):
            one.presence = Presence.COMING
            await one.save(update_fields=["presence"])
            coming.append(one)
            moved.append(one)
    event.coming = sum(one.people for one in coming)
    event.waiting = sum(one.people for one in held) - event.coming
    await event.save(update_fields=["coming", "waiting"])
    await _count_shifts(coming, shifts)
    return moved


def has_room(event: Event, one: Attendance, *, coming: list[Attendance], shifts: dict[int, Shift]) -> bool:
    """Whether these people still fit, into the event and into their shift."""
    shift = shifts.get(one.shift_id or 0)
    if shift is not None:
        taken = sum(other.people for other in coming if other.shift_id == shift.id)
        if taken + one.people > shift.wanted:
            return False
    taken = sum(other.people for other in coming)
    return event.capacity is None or taken + one.people <= event.capacity


async def _count_shifts(coming: list[Attendance], shifts: dict[int, Shift]) -> None:
    for shift in shifts.values():
        taken = sum(one.people for one in coming if one.shift_id == shift.id)
        if taken != shift.taken:
            shift.taken = taken
            await shift.save(update_fields=["taken"])
