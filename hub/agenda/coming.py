"""What people do about an event: I am coming, I cannot after all, I was there.

Who finds no place waits in the order of the list, and is told when one gets free.
"""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from tortoise.exceptions import IntegrityError
from tortoise.expressions import Q

from hub.actors.minting import activity_uri, object_uri
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
from hub.errors import Conflict, InvalidInput
from hub.participants.actions import participant_from, participant_of
from hub.participants.models import Participant, Person
from hub.publications.models import Publication
from hub.text import N_

NOT_PLANNED = N_("This does not take place any more.")
OVER = N_("This is over already.")
ELSEWHERE = N_("One signs up for this on another site.")
GO_THERE = N_("This is of another village. Say it on its own page.")
WHICH_SHIFT = N_("Choose one of these.")
NO_ROOM = N_("There are not so many places left. You keep those that you have.")
MANY = N_("Many of your server come already. Please write to us, so that we can expect you.")
TAKEN_OFF = N_("There is no place for you this time. Please speak with those who invite.")
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
            if person.actor_id is not None:
                return await _join_as_guest(ours, draft, person, code=code or None)
            await _check_not_taken_off(ours, participant__member_id=person.member_id)
            made = await _add(ours, draft, await participant_of(person), code=code or None)
            if ours.owner is None:
                village = await Actor.village()
                made.uri = activity_uri(village.uri, "joins")
                await made.save(update_fields=["uri"])
                await wire.send_join(made)
            await _bring(ours, draft, made)
            await notices.joined(made)
            return made
    except IntegrityError:  # the same form, a moment ago
        return await Attendance.get(code=code)


async def _join_as_guest(event: Event, draft: JoinDraft, person: Person, *, code: str | None) -> Attendance:
    """Somebody elsewhere, who came in here: they are told in private, and can say no there."""
    if event.owner is None:
        raise Conflict(GO_THERE)
    await _check_welcome(event, await Actor.get(id=person.actor_id))
    made = await _add(event, draft, await participant_of(person), code=code)
    made.question_uri = object_uri()  # the thread of what is said about it
    await made.save(update_fields=["question_uri"])
    await _bring(event, draft, made)
    await wire.say_coming(made)
    return made


async def receive_join(
    event: Event, actor: Actor, *, uri: str, name: str = "", people: int = 1, note: str = ""
) -> Attendance | None:
    """The Join of somebody elsewhere, in the caller's transaction; None where it came before.

    `name` is who comes, where `actor` speaks for several. Raises Conflict, whose words go back with a Reject.
    """
    if await Attendance.exists(uri=uri):
        return None
    ours = await locked(event)
    _check_open(ours)
    if not name and (known := await _of_actor(ours, actor)) is not None:
        known.uri = uri
        await known.save(update_fields=["uri"])
        if known.presence is Presence.ASKED:  # this is their yes
            await _seat(known)
        return known
    await _check_welcome(ours, actor, name=name)
    draft = JoinDraft(people=people, note=note)
    return await _add(ours, draft, await participant_from(actor, name=name), uri=uri)


async def count_as_coming(event: Event, reply: Publication, *, by_team: bool = False) -> Attendance:
    """An answer from the open network says "I am coming": its writer is asked in private whether they do.

    Raises Conflict where it is over, and for whom only the team may ask.
    """
    async with transaction():
        ours = await locked(event)
        _check_open(ours)
        theirs = Attendance.filter(event=ours, participant__actor_id=reply.author_id)
        again = Q(reply_id=reply.id) | Q(presence__in=[*HOLDING, Presence.ASKED])
        known = await theirs.filter(again).order_by("-id").first()
        if known is not None:
            return known
        if not by_team:
            await _check_welcome(ours, reply.author)
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


async def change_coming(attendance: Attendance, *, people: int, note: str) -> None:
    """They come with more or fewer, or say something else to the team.

    Raises Conflict where it is over, InvalidInput where there is no room for so many.
    """
    async with transaction():
        ours = await locked_attendance(attendance)
        _check_open(ours.event)
        if ours.event.owner is None:
            raise Conflict(ELSEWHERE)
        if ours.presence in HOLDING:
            draft = JoinDraft(people=people, shift_id=ours.shift_id, note=note)
            await _take_over(ours.event, ours, draft)


async def leave(attendance: Attendance, *, by_team: bool = False, reason: str = "") -> None:
    """They cannot after all, or the team takes them off the list; who waits longest moves up."""
    async with transaction():
        ours = await locked_attendance(attendance)
        if ours.presence in (Presence.LEFT, Presence.DECLINED):
            return
        if not by_team and ours.event.ends_at <= datetime.now(UTC):
            return  # it was
        had_place = ours.presence is Presence.COMING
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
        elif had_place:
            await notices.left(ours)
        await settled(ours.event)


async def locked_attendance(attendance: Attendance) -> Attendance:
    """The row as it is now, with its event locked until the transaction ends, and what acts need."""
    event = await locked(await Event.get(id=attendance.event_id))
    ours = await Attendance.get(id=attendance.id)
    await ours.fetch_related("participant__actor", "shift", "reply")
    ours.event = event
    return ours


async def _rejoin(event: Event, known: Attendance, draft: JoinDraft) -> Attendance:
    """The same person again: another number or shift; a second time changes nothing."""
    await _check_shift(event, draft)
    await _take_over(event, known, replace(draft, note=draft.note or known.note))
    await _bring(event, draft, known)
    return known


async def _take_over(event: Event, known: Attendance, draft: JoinDraft) -> None:
    """Who has a place keeps it: more people than there are places for are refused."""
    before = known.presence
    known.people, known.shift_id, known.note = draft.people, draft.shift_id, draft.note
    if event.owner is not None and before is Presence.COMING and not await _fits(known):
        raise InvalidInput({"people": NO_ROOM})
    await known.save(update_fields=["people", "shift_id", "note"])
    if event.owner is not None:
        await _seat(known)


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
    attendance.presence = Presence.COMING if await _fits(attendance) else Presence.WAITING
    attendance.decided_at = datetime.now(UTC)
    await attendance.save(update_fields=["presence", "decided_at"])
    await settled(attendance.event)


async def _fits(attendance: Attendance) -> bool:
    """Whether there is room for these people beside all others."""
    others = [one for one in await holders(attendance.event) if one.id != attendance.id]
    coming = [one for one in others if one.presence is Presence.COMING]
    shifts = {one.id: one for one in await Shift.filter(event_id=attendance.event_id)}
    return has_room(attendance.event, attendance, coming=coming, shifts=shifts)


async def settled(event: Event) -> None:
    """Counts, who moved up is told, and others learn how many places are left, where that is new."""
    before = (event.coming, event.free_places)
    for one in await settle(event):
        await one.fetch_related("participant__actor", "shift", "reply")
        one.event = event
        if one.participant.actor is not None:
            await wire.send_accept(one)
        await notices.moved_up(one)
    if (event.coming, event.free_places) != before:
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
    """The place that a member or a guest has already; others come back by their link."""
    if person.actor_id is not None:
        return await _of_actor(event, await Actor.get(id=person.actor_id))
    if person.member_id is None:
        return None
    theirs = Attendance.filter(event=event, participant__member_id=person.member_id)
    known = await theirs.filter(presence__in=list(HOLDING)).order_by("id").first()
    return None if known is None else await locked_attendance(known)


async def _of_actor(event: Event, actor: Actor) -> Attendance | None:
    """The place that somebody elsewhere has already, or is asked about."""
    theirs = Attendance.filter(event=event, participant__actor_id=actor.id)
    known = await theirs.filter(presence__in=[*HOLDING, Presence.ASKED]).order_by("id").first()
    return None if known is None else await locked_attendance(known)


async def _check_welcome(event: Event, actor: Actor, *, name: str = "") -> None:
    """Of those elsewhere whom nobody here knows, only so many of one server, and none whom the team took off.

    `name`: one of several for whom `actor` speaks.
    """
    mine = {"participant__name": name} if name else {}
    await _check_not_taken_off(event, participant__actor_id=actor.id, **mine)
    held = Attendance.filter(event=event, presence__in=[*HOLDING, Presence.ASKED])
    if await held.filter(participant__actor__host=actor.host).count() >= EACH_ELSEWHERE:
        raise Conflict(MANY)


async def _check_not_taken_off(event: Event, **who: Any) -> None:
    """Whom the team took off the list does not come back by themselves; on another server it decides anew."""
    if event.owner is None or None in who.values():
        return
    if await Attendance.filter(event=event, presence=Presence.DECLINED, **who).exists():
        raise Conflict(TAKEN_OFF)


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
