"""What the servers of events elsewhere say of those who join from here.

Each function runs in the caller's transaction, may run twice and in any order, and answers whether it was
about somebody known here. `actor` is who said it, proven by the gate; an attendance is looked up by what is
stored. Once it is settled that somebody does not come, nothing that arrives late changes it.
"""

from datetime import UTC, datetime

from federation import properties
from federation.documents import Document
from federation.origin import same_origin
from hub.actors.models import Actor
from hub.agenda import coming, notices
from hub.agenda.models import HOLDING, Attendance, Event, JoinMode, Presence
from hub.cleaning import plain_text
from hub.errors import NotFound

REASON_CHARS = 500


async def be_accepted(actor: Actor, uri: str | None) -> bool:
    """A place, for whoever joined by this Join."""
    found = await _locked(actor, uri)
    for attendance in found or ():
        if attendance.presence is Presence.WAITING:
            await _decide(attendance, Presence.COMING)
            await notices.moved_up(attendance)
    return found is not None


async def be_rejected(actor: Actor, uri: str | None, *, reason: str) -> bool:
    """No place, or no longer."""
    found, words = await _locked(actor, uri), plain_text(reason)[:REASON_CHARS]
    for attendance in found or ():
        await _decide(attendance, Presence.DECLINED)
        await notices.declined(attendance, words)
    return found is not None


async def be_ignored(actor: Actor, uri: str | None) -> bool:
    """Its server keeps no list of who comes: nobody else is to ask."""
    found = await _locked(actor, uri)
    for attendance in found or ():
        event = attendance.event
        mode = JoinMode.EXTERNAL if event.join_url else JoinMode.NONE
        await Event.filter(id=event.id).update(join_mode=mode)
        await _decide(attendance, Presence.LEFT)
        await notices.without_list(attendance)
    return found is not None


async def is_about_a_join(actor: Actor, note: Document) -> bool:
    """A private word for software that knows no Joins: a hub has heard it already, or knows that it waits."""
    uri = properties.uri(note.raw.get("lavoir:join"))
    return uri is not None and await _locked(actor, uri) is not None


async def be_left(actor: Actor) -> None:
    """An actor elsewhere is gone for ever: it comes to nothing any more."""
    theirs = Attendance.filter(participant__actor_id=actor.id, presence__in=[*HOLDING, Presence.ASKED])
    for attendance in await theirs.filter(event__publication__deleted_at=None):
        await coming.leave(attendance)


async def _locked(actor: Actor, uri: str | None) -> list[Attendance] | None:
    """Those who join by this Join and still want to come; None where it is none of ours, or not theirs."""
    made = Attendance.filter(uri=uri or "", event__owner_id=None, participant__actor_id=None)
    found = await made.select_related("event__publication__author").first()
    if found is None or not _may_decide(actor, found.event):
        return None
    joined = Attendance.filter(event_id=found.event_id) if not found.event.is_from_hub else made
    held = await joined.filter(presence__in=list(HOLDING), participant__actor_id=None).order_by("id")
    try:
        return [await coming.locked_attendance(one) for one in held]
    except NotFound:
        return []


def _may_decide(actor: Actor, event: Event) -> bool:
    """Its author; elsewhere also who speaks for a group there: nobody else there knows the Join's id."""
    author = event.publication.author
    return actor.id == author.id or (not event.is_from_hub and same_origin(actor.uri, author.uri))


async def _decide(attendance: Attendance, presence: Presence) -> None:
    attendance.presence, attendance.decided_at = presence, datetime.now(UTC)
    await attendance.save(update_fields=["presence", "decided_at"])
