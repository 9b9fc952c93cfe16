"""What people do about an event: I am coming, I cannot after all, I was there.

Who finds no place waits in the order of the list, and is told when one gets free.
"""

from datetime import UTC, datetime

from tortoise.exceptions import IntegrityError

from hub.actors.minting import activity_uri
from hub.actors.models import Actor
from hub.agenda import notices, wire
from hub.agenda.actions import holders
from hub.agenda.models import (
    HOLDING,
    Attendance,
    Contribution,
    Event,
    JoinDraft,
    JoinMode,
    Presence,
    Shift,
    Standing,
)
from hub.agenda.publishing import send_changes
from hub.agenda.settling import has_room, locked, settle
from hub.db import transaction
from hub.errors import Conflict, InvalidInput, NotFound
from hub.participants.actions import participant_from, participant_of
from hub.participants.models import Participant, Person
from hub.publications.models import Publication
from hub.text import N_

NOT_PLANNED = N_("This does not take place any more.")
OVER = N_("This is over already.")
ELSEWHERE = N_("One signs up for this on another site.")
WHICH_SHIFT = N_("Choose one of these.")
EACH_ELSEWHERE = 50  # people of one other server at one event


async def join(event: Event, draft: JoinDraft, person: Person, *, code: str = "") -> Attendance:
    """ "I am coming": a place, or one on the waiting list. The same member, or the same form, comes once.

    Raises Conflict where it is over or cancelled, InvalidInput where the shift is none of its.
    """
    try:
        async with transaction():
            known = await Attendance.get_or_none(code=code) if code else None
            if known is not None:
                return known
            ours = await locked(event)
            _check_open(ours)
            known = await _of_person(ours, person)
            if known is not None:
                return await _rejoin(ours, known, draft)
            made = await _add(ours, draft, await participant_of(person), code=code or None)
            if ours.owner is None:
                village = await wire.village_actor()
                made.uri = activity_uri(village.uri, "joins")
                await made.save(update_fields=["uri"])
                await wire.send_join(made)
            await _bring(ours, draft, made)
            await notices.joined(made)
            return made
    except IntegrityError:  # the same form, a moment ago
        return await Attendance.get(code=code)


async def receive_join(event: Event, actor: Actor, *, uri: str, name: str = "") -> Attendance | None:
    """The Join of somebody elsewhere, in the caller's transaction; None where it came before.

    `name` is who comes, where `actor` speaks for several. Raises Conflict, whose words go back with a Reject.
    """
    if await Attendance.exists(uri=uri):
        return None
    ours = await locked(event)
    _check_open(ours)
    theirs = Attendance.filter(event=ours, participant__actor_id=actor.id, presence__in=list(HOLDING))
    known = None if name else await theirs.select_related("participant__actor", "shift", "reply").first()
    if known is not None:
        known.event = ours
        return known
    if await Attendance.filter(event=ours, participant__actor__host=actor.host).count() >= EACH_ELSEWHERE:
        raise Conflict(OVER)
    return await _add(ours, JoinDraft(), await participant_from(actor, name=name), uri=uri)


async def count_as_coming(event: Event, reply: Publication) -> Attendance:
    """An answer from the open network says "I am coming": its writer is asked in private whether they do."""
    async with transaction():
        ours = await locked(event)
        _check_open(ours)
        known = await Attendance.filter(event=ours, reply=reply).order_by("-id").first()
        if known is not None:
            return known
        who = await participant_from(reply.author)
        made = await _add(ours, JoinDraft(), who, presence=Presence.ASKED, reply=reply)
        await wire.ask_for_yes(made)
        return made


async def confirm(attendance: Attendance) -> None:
    """Who was asked says yes: a place, or one on the waiting list. Raises Conflict where it is over."""
    async with transaction():
        ours = await locked_attendance(attendance)
        if ours.presence is not Presence.ASKED:
            return
        _check_open(ours.event)
        await _seat(ours)
        await wire.say_coming(ours)


async def leave(attendance: Attendance, *, by_team: bool = False, reason: str = "") -> None:
    """They cannot after all, or the team takes them off the list; who waits longest moves up."""
    async with transaction():
        ours = await locked_attendance(attendance)
        if ours.presence in (Presence.LEFT, Presence.DECLINED):
            return
        ours.presence = Presence.DECLINED if by_team else Presence.LEFT
        ours.decided_at = datetime.now(UTC)
        await ours.save(update_fields=["presence", "decided_at"])
        await Contribution.filter(event_id=ours.event_id, brought_by_id=ours.participant_id).update(
            brought_by_id=None
        )
        if ours.event.owner is None:
            await wire.send_leave(ours)
            return
        if by_team:
            await _tell_declined(ours, reason)
        await _settled(ours.event)


async def mark_came(attendance: Attendance, *, came: bool = True) -> None:
    """They were there, or were ticked by mistake."""
    await Attendance.filter(id=attendance.id).update(came_at=datetime.now(UTC) if came else None)


async def locked_attendance(attendance: Attendance) -> Attendance:
    """The row as it is now, with its event locked until the transaction ends, and what acts need."""
    event = await locked(await Event.get(id=attendance.event_id))
    ours = await Attendance.get(id=attendance.id)
    await ours.fetch_related("participant__actor", "shift", "reply")
    ours.event = event
    return ours


async def _rejoin(event: Event, known: Attendance, draft: JoinDraft) -> Attendance:
    """The same person again: another number or shift; a second time changes nothing."""
    known.people, known.shift_id, known.note = draft.people, draft.shift_id, draft.note or known.note
    await _check_shift(event, draft)
    await known.save(update_fields=["people", "shift_id", "note"])
    await _bring(event, draft, known)
    if event.owner is not None:
        await _seat(known)
    return known


async def _add(
    event: Event,
    draft: JoinDraft,
    participant: Participant,
    *,
    presence: Presence = Presence.WAITING,
    code: str | None = None,
    uri: str | None = None,
    reply: Publication | None = None,
) -> Attendance:
    await _check_shift(event, draft)
    made = await Attendance.create(
        event=event,
        participant=participant,
        shift_id=draft.shift_id,
        presence=presence,
        people=draft.people,
        note=draft.note,
        code=code,
        uri=uri,
        reply=reply,
    )
    await made.fetch_related("participant__actor", "shift", "reply")
    made.event = event
    if presence is Presence.WAITING and event.owner is not None:
        await _seat(made)
    return made


async def _seat(attendance: Attendance) -> None:
    """A place where there is one, else one on the waiting list."""
    others = [one for one in await holders(attendance.event) if one.id != attendance.id]
    coming = [one for one in others if one.presence is Presence.COMING]
    shifts = {one.id: one for one in await Shift.filter(event_id=attendance.event_id)}
    fits = has_room(attendance.event, attendance, coming=coming, shifts=shifts)
    attendance.presence = Presence.COMING if fits else Presence.WAITING
    attendance.decided_at = datetime.now(UTC)
    await attendance.save(update_fields=["presence", "decided_at"])
    await _settled(attendance.event)


async def _settled(event: Event) -> None:
    """Counts, who moved up is told, and others learn how many places are left."""
    for one in await settle(event):
        await one.fetch_related("participant__actor", "shift", "reply")
        one.event = event
        if one.participant.actor is not None:
            await wire.send_accept(one)
        await notices.moved_up(one)
    await send_changes(event)


async def _tell_declined(attendance: Attendance, reason: str) -> None:
    if attendance.participant.actor is not None:
        await wire.send_reject(attendance, reason)
    await notices.declined(attendance, reason)


async def _bring(event: Event, draft: JoinDraft, attendance: Attendance) -> None:
    """Lines of "who brings what" that nobody else has taken."""
    free = Contribution.filter(event_id=event.id, id__in=list(draft.contributions), brought_by_id=None)
    await free.update(brought_by_id=attendance.participant_id)


async def _of_person(event: Event, person: Person) -> Attendance | None:
    """The place that a member has already; people without an account come back by their link."""
    if person.member_id is None:
        return None
    theirs = Attendance.filter(event=event, participant__member_id=person.member_id)
    known = await theirs.filter(presence__in=list(HOLDING)).order_by("id").first()
    return None if known is None else await locked_attendance(known)


def _check_open(event: Event) -> None:
    if event.standing is not Standing.PLANNED:
        raise Conflict(NOT_PLANNED)
    if event.ends_at <= datetime.now(UTC):
        raise Conflict(OVER)
    if event.join_mode is not JoinMode.FREE:
        raise Conflict(ELSEWHERE)


async def _check_shift(event: Event, draft: JoinDraft) -> None:
    if draft.shift_id is None:
        return
    if not await Shift.exists(id=draft.shift_id, event_id=event.id):
        raise InvalidInput({"shift": WHICH_SHIFT})


async def of_uri(uri: str) -> Attendance:
    """By its Join. Raises NotFound."""
    found = await Attendance.get_or_none(uri=uri)
    if found is None:
        raise NotFound
    return found
