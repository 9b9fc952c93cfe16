"""What the team of an event writes: who is there, who brings what, notes that delete themselves."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta

from tortoise.exceptions import IntegrityError

from hub.agenda.coming import NOT_PLANNED, join, locked_attendance, settled
from hub.agenda.models import (
    HOLDING,
    Attendance,
    Contribution,
    Event,
    JoinDraft,
    Presence,
    Standing,
    TeamNote,
)
from hub.agenda.places import OPENS_BEFORE, SHUTS_AFTER
from hub.agenda.settling import locked
from hub.db import transaction
from hub.errors import Conflict
from hub.participants.actions import participant_of
from hub.participants.models import Participant, Person
from hub.publications.search import fold
from hub.text import N_

NOTE_KEPT = timedelta(days=14)
MOST_LINES = 60
MOST_NOTES = 200
NOT_NOW = N_("The door is not open: it opens two hours before, and shuts half a day after.")
TOO_MANY = N_("There are too many of these already.")


async def arrive(event: Event, name: str, *, member_id: int | None = None, code: str = "") -> None:
    """Somebody at the door says who they are: found on the list, or written on it.

    What they are shown is the same either way, so nobody learns who is on the list. Raises Conflict
    before and after the hours.
    """
    try:
        async with transaction():
            ours = await locked(event)
            _check_door(ours)
            if code and await Attendance.exists(code=code):
                return
            known = await _known(ours, name, member_id)
            if known is None:
                await _add(ours, JoinDraft(), Person(name=name, member_id=member_id), code=code)
            elif known.came_at is None:
                await _mark(ours, known)
    except IntegrityError:  # the same form, a moment ago
        return


async def arrive_with(attendance: Attendance) -> None:
    """Who has a place says that they are there. Raises Conflict before and after the hours."""
    async with transaction():
        ours = await locked_attendance(attendance)
        _check_door(ours.event)
        if ours.presence in HOLDING and ours.came_at is None:
            await _mark(ours.event, ours)


async def tick(event: Event, came: Collection[int], before: Collection[int]) -> None:
    """Who was there: attendances ticked on a list, and those that were ticked when it was shown.

    What somebody else ticked meanwhile stays.
    """
    held = Attendance.filter(event_id=event.id, presence__in=list(HOLDING))
    async with transaction():
        ours = await locked(event)
        fresh, wrong = set(came) - set(before), set(before) - set(came)
        here = {"came_at": datetime.now(UTC), "presence": Presence.COMING}
        await held.filter(id__in=list(fresh), came_at=None).update(**here)
        await held.filter(id__in=list(wrong)).update(came_at=None)
        await settled(ours)


async def people_there(event: Event) -> int:
    """As far as somebody ticked them, or they said so themselves."""
    came = Attendance.filter(event_id=event.id, came_at__not_isnull=True)
    return sum([one.people for one in await came.only("id", "people")])


async def write_down(
    event: Event, draft: JoinDraft, person: Person, *, there: bool = False, code: str = ""
) -> Attendance:
    """Somebody said by telephone that they come, or stands at the door (`there`).

    Once it is over the list on paper is typed in: whoever stands on it was there. Raises Conflict where it
    does not take place.
    """
    async with transaction():
        ours = await locked(event)
        if not there and ours.ends_at > datetime.now(UTC):
            return await join(ours, draft, person, code=code)
        if ours.standing is not Standing.PLANNED:
            raise Conflict(NOT_PLANNED)
        known = await Attendance.get_or_none(code=code) if code else None
        if known is None:
            return await _add(ours, draft, person, code=code)
        if known.came_at is None:
            await _mark(ours, known)
        return known


async def add_line(event: Event, what: str) -> None:
    """One more thing that somebody may bring. Raises Conflict where there are too many."""
    async with transaction():
        ours = await locked(event)
        if await Contribution.filter(event_id=ours.id).count() >= MOST_LINES:
            raise Conflict(TOO_MANY)
        if not await Contribution.exists(event_id=ours.id, what=what):
            await Contribution.create(event=ours, what=what)


async def remove_line(event: Event, line_id: int) -> None:
    await Contribution.filter(id=line_id, event_id=event.id).delete()


async def add_note(event: Event, text: str, *, by: str) -> None:
    """For the team alone, for two weeks. Raises Conflict where there are too many."""
    now = datetime.now(UTC)
    async with transaction():
        ours = await locked(event)
        if await TeamNote.filter(event_id=ours.id).count() >= MOST_NOTES:
            raise Conflict(TOO_MANY)
        last = await TeamNote.filter(event_id=ours.id).order_by("-id").first()
        if last is None or (last.text, last.author) != (text, by):  # a button pressed twice
            await TeamNote.create(event=ours, author=by, text=text, goes_at=now + NOTE_KEPT)


async def remove_note(event: Event, note_id: int) -> None:
    await TeamNote.filter(id=note_id, event_id=event.id).delete()


async def _known(event: Event, name: str, member_id: int | None) -> Attendance | None:
    """Of a member their own place; else that of this name, first of those who are not there yet."""
    held = Attendance.filter(event_id=event.id, presence__in=list(HOLDING)).select_related("participant")
    listed = await held.order_by("id")
    if member_id is not None:
        return next((one for one in listed if one.participant.member_id == member_id), None)
    asked = _folded(name)
    awaited = [one for one in listed if one.came_at is None]
    exact = [one for one in awaited if _folded(one.participant.name) == asked]
    short = [one for one in awaited if _folded(one.participant.name).split(" ")[0] == asked]
    if exact or len(short) == 1:
        return [*exact, *short][0]
    there = [one for one in listed if one.came_at is not None]
    return next((one for one in there if _folded(one.participant.name) == asked), None)


async def _mark(event: Event, attendance: Attendance) -> None:
    """Who waited and came all the same has come."""
    attendance.came_at, attendance.presence = datetime.now(UTC), Presence.COMING
    await attendance.save(update_fields=["came_at", "presence"])
    await settled(event)


async def _add(event: Event, draft: JoinDraft, person: Person, *, code: str) -> Attendance:
    """They have come, so there is a place for them."""
    participant: Participant = await participant_of(person)
    now = datetime.now(UTC)
    made = await Attendance.create(
        event=event,
        participant=participant,
        shift_id=draft.shift_id,
        people=draft.people,
        presence=Presence.COMING,
        code=code or None,
        decided_at=now,
        came_at=now,
    )
    await settled(event)
    return made


def _check_door(event: Event) -> None:
    now = datetime.now(UTC)
    if event.standing is not Standing.PLANNED or event.owner is None:
        raise Conflict(NOT_PLANNED)
    if not event.starts_at - OPENS_BEFORE <= now <= event.ends_at + SHUTS_AFTER:
        raise Conflict(NOT_NOW)


def _folded(name: str) -> str:
    """Small letters without accents, one space between words."""
    return " ".join(fold(name).split())
