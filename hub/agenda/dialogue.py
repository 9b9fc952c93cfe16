""" "I am coming", in the words of people elsewhere: they are asked in private, and only a yes commits.

Whoever answers an event of ours with it plainly is asked at once; where it is less plain, the team may have
them asked. All else that somebody writes changes nothing.
"""

from datetime import UTC, datetime

from federation.documents import Document
from hub.actors.minting import origin
from hub.actors.models import Actor
from hub.agenda import coming, wire
from hub.agenda.models import Attendance, Event, Presence
from hub.cleaning import plain_text
from hub.db import transaction
from hub.errors import Conflict, NotFound
from hub.fediverse.known import Known
from hub.participants.answers import Said, says_coming, understand
from hub.participants.messages import asked
from hub.publications.models import Kind, Publication

_STANDS = frozenset({Presence.ASKED, Presence.COMING, Presence.WAITING})


def is_meant(note: Document) -> bool:
    """Whether this answers something of ours with "I am coming"."""
    answered = note.in_reply_to or ""
    return answered.startswith(f"{origin()}/") and says_coming(plain_text(note.content))


async def ask(answer: Publication) -> None:
    """Its author, where it says so below an event of ours; they are asked once for each event."""
    if answer.kind is not Kind.ANSWER or answer.author.is_local or answer.hidden_at is not None:
        return
    event = await Event.get_or_none(publication__uri=answer.in_reply_to, owner_id__not_isnull=True)
    if event is None:
        return
    try:
        async with transaction():
            await coming.count_as_coming(event, await _stored(answer))
    except (Conflict, NotFound):  # it is over, or one signs up elsewhere: the answer stands on the page
        return


async def _stored(answer: Publication) -> Publication:
    """With its author, as others can refer to it."""
    return await Publication.get(id=answer.id).select_related("author")


async def hear(note: Document, actor: Actor, known: Known) -> bool:
    """Whether it answered a question of ours and was understood; else it is for people to read."""
    if known.has_of_ours(note.in_reply_to):  # questions are asked in private, and are no publications
        return False
    attendance = await _asked(note, actor)
    if attendance is None:
        return False
    words = plain_text(note.content)
    said = understand(words) or (Said.YES if says_coming(words) else None)
    if said is None:
        if attendance.presence is Presence.ASKED:
            await wire.ask_again(attendance)
        return False
    if attendance.answer_uri != note.id:
        attendance.answer_uri = note.id
        await attendance.save(update_fields=["answer_uri"])
    await (_hear_yes(attendance) if said is Said.YES else _hear_no(attendance))
    return True


async def _hear_yes(attendance: Attendance) -> None:
    if attendance.presence is not Presence.ASKED:
        return
    try:
        async with transaction():
            await coming.confirm(attendance)
    except Conflict:
        await Attendance.filter(id=attendance.id).update(presence=Presence.DECLINED)
        await wire.say_too_late(attendance)


async def _hear_no(attendance: Attendance) -> None:
    if attendance.presence in _STANDS and attendance.event.ends_at > datetime.now(UTC):
        await coming.leave(attendance)
        await wire.say_understood_no(attendance)


async def _asked(note: Document, actor: Actor) -> Attendance | None:
    """The attendance whose thread this note continues, if we asked its author; locked."""
    number = await asked("attendance", note, actor)
    try:
        return None if number is None else await coming.locked_attendance(await Attendance.get(id=number))
    except NotFound:  # the event was deleted: people may read what they say
        return None
