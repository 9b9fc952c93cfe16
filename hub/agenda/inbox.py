"""What other servers say about events; all else is for others to claim.

An attendance is always looked up by what is stored here. Of what somebody may not see they hear the same as
of what does not exist.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from federation import properties
from federation.documents import Activity, Document
from federation.local import Received
from federation.origin import same_origin
from federation.vocabulary import ACTOR_TYPES
from hub.actors.minting import origin
from hub.actors.models import Actor
from hub.agenda import coming, dialogue, elsewhere, joining, reading, wire
from hub.agenda.models import HOLDING, Attendance, Event, JoinMode, Presence
from hub.cleaning import plain_text
from hub.db import transaction
from hub.errors import Conflict
from hub.fediverse.actions import say_no
from hub.fediverse.inbox import Claim
from hub.fediverse.interests import Interest
from hub.fediverse.keeping import is_held, may_meet
from hub.fediverse.known import Known
from hub.participants.messages import language_among
from hub.publications.models import Gone, Kind, Publication
from hub.text import N_, gettext, speaking

UNKNOWN = N_("There is nothing here that one could take part in.")

NAME_CHARS = 160
NOTE_CHARS = 500
_OF_SEVERAL = ACTOR_TYPES - {"Person"}  # such an actor may say in whose name it joins
OUT_OF_ORDER = timedelta(days=1)  # so much later a Join may come than its Leave
MOST_PEOPLE = 20  # by one Join


async def join(received: Received, actor: Actor, known: Known) -> bool:
    """Somebody elsewhere comes. Whatever is wrong with it is told; groups are for others to claim."""
    asked = received.activity
    if not await _is_for_us(asked, actor, known):
        return False
    if known.is_gone(asked.id, by=actor.uri) or not same_origin(asked.id, actor.uri) or await is_held(actor):
        return True
    event = await _find(known.publications.get(asked.object_id or ""), actor)
    if event is None:
        await _refuse(asked, actor, known, reason=UNKNOWN)
    elif event.owner_id is None or event.join_mode is not JoinMode.FREE:
        await wire.ignore_join(asked, event.publication.author)
    elif await _left_since(event, asked, actor):
        await _remember(asked.id, actor, known)
    else:
        await _take(asked, actor, known, event=event)
    return True


async def leave(received: Received, actor: Actor, known: Known) -> bool:
    """They cannot come after all; of several who come by one actor, all. It may arrive before the Join.

    Nothing is answered, so this holds for any event of ours, also one that they may not see any more.
    """
    activity = received.activity
    event = await _of_ours(known.publications.get(activity.object_id or ""))
    if event is None:
        return False
    if known.is_gone(activity.id, by=actor.uri):
        return True
    theirs = Attendance.filter(event_id=event.id, participant__actor_id=actor.id)
    held = await theirs.filter(presence__in=[*HOLDING, Presence.ASKED]).order_by("id")
    for attendance in held:
        await coming.leave(attendance)
    if not held:
        await _remember_left(event, activity, actor)
    await _remember(activity.id, actor, known)
    return True


async def undo(received: Received, actor: Actor, known: Known) -> bool:
    """Of a Join by its id: a hub says so who does not come. One that never came is remembered by all."""
    undone, uri = received.activity.object, received.activity.object_id
    kind = undone.type if isinstance(undone, Activity) else ""
    if uri is None or kind not in ("", "Join"):
        return False
    attendance = await Attendance.get_or_none(uri=uri, participant__actor_id=actor.id)
    if attendance is None:
        return False
    if not await _is_deleted(attendance):
        await coming.leave(attendance)
    await _remember(uri, actor, known)
    return True


async def accept(received: Received, actor: Actor, known: Known) -> bool:
    return await joining.be_accepted(actor, received.activity.object_id)


async def reject(received: Received, actor: Actor, known: Known) -> bool:
    activity = received.activity
    return await joining.be_rejected(actor, activity.object_id, reason=activity.content)


async def ignore(received: Received, actor: Actor, known: Known) -> bool:
    return await joining.be_ignored(actor, received.activity.object_id)


async def create(received: Received, actor: Actor, known: Known) -> bool:
    """Private words about who comes hang nowhere."""
    thing = received.activity.object
    if not isinstance(thing, Document):
        return False
    return await joining.is_about_a_join(actor, thing) or await dialogue.hear(thing, actor, known)


async def update(received: Received, actor: Actor, known: Known) -> bool:
    """Somebody may make a yes of what they wrote before."""
    thing = received.activity.object
    return isinstance(thing, Document) and await dialogue.hear(thing, actor, known)


claims: dict[str, Claim] = {
    "Accept": accept,
    "Create": create,
    "Ignore": ignore,
    "Join": join,
    "Leave": leave,
    "Reject": reject,
    "Undo": undo,
    "Update": update,
}


async def _be_left(actor: Actor) -> None:
    await joining.be_left(actor)
    await elsewhere.be_left(actor)


interest = Interest(
    recognises=lambda document: reading.recognises(document) or dialogue.is_meant(document),
    take=elsewhere.take,
    gone=elsewhere.be_gone,
    left=_be_left,
)


# ------------------------------------------------------------ Join


@dataclass(frozen=True)
class _Guest:
    """Who comes, as it is written; hubs name each, and say how many they are."""

    name: str
    people: int
    note: str

    @classmethod
    def of(cls, asked: Activity, actor: Actor) -> "_Guest":
        people = properties.count(asked.raw.get("lavoir:people")) or 1
        message = asked.raw.get("participationMessage") or asked.content
        name = properties.text(asked.raw.get("name"), NAME_CHARS) if actor.kind in _OF_SEVERAL else ""
        return cls(
            name=name,
            people=min(people, MOST_PEOPLE),
            note=plain_text(message)[:NOTE_CHARS] if isinstance(message, str) else "",
        )


async def _is_for_us(asked: Activity, actor: Actor, known: Known) -> bool:
    """Of an address of ours, unless it is an actor or a project that this actor may see."""
    uri = asked.object_id or ""
    if not uri.startswith(f"{origin()}/") or known.ours(uri) is not None:
        return False
    publication = known.publications.get(uri)
    if publication is None or publication.kind is not Kind.PROJECT:
        return True
    return not await may_meet(publication, actor)


async def _find(publication: Publication | None, actor: Actor) -> Event | None:
    """An event of ours that this actor can see."""
    if publication is None or not await may_meet(publication, actor):
        return None
    return await _of_ours(publication)


async def _of_ours(publication: Publication | None) -> Event | None:
    """An event of ours, unless it was deleted."""
    if publication is None or publication.kind is not Kind.EVENT or not publication.author.is_local:
        return None
    if publication.deleted_at is not None:
        return None
    event = await Event.get_or_none(publication_id=publication.id)
    if event is not None:
        event.publication = publication
    return event


async def _take(asked: Activity, actor: Actor, known: Known, *, event: Event) -> None:
    guest = _Guest.of(asked, actor)
    try:
        async with transaction():
            made = await coming.receive_join(
                event, actor, uri=asked.id, name=guest.name, people=guest.people, note=guest.note
            )
    except Conflict as error:
        await _refuse(asked, actor, known, reason=str(error), event=event)
        return
    if made is None:  # it came before
        return
    if made.presence is Presence.COMING:
        await wire.accept_join(made, asked.id)
    else:
        await wire.say_waiting(made)


async def _refuse(
    asked: Activity, actor: Actor, known: Known, *, reason: str, event: Event | None = None
) -> None:
    """Said once; in the language of who asks, or of the event where they can see it."""
    author = event.publication.author if event is not None else await known.addressed_by(asked)
    if author is None:
        return
    theirs = event.publication.language if event is not None else None
    with speaking(await language_among(properties.language(asked.raw), theirs)):
        await say_no(asked, author=author, why=gettext(reason))
    await _remember(asked.id, actor, known)


async def _remember_left(event: Event, left: Activity, actor: Actor) -> None:
    mark = Gone.filter(uri=_mark(event, actor))
    await mark.delete()
    at = left.published_at or datetime.now(UTC)
    await Gone.create(uri=_mark(event, actor), by=actor.uri, at=at)


async def _left_since(event: Event, asked: Activity, actor: Actor) -> bool:
    """Whether the Leave that ends this Join came before it; it counts for one Join, and not for ever."""
    mark = await Gone.get_or_none(uri=_mark(event, actor))
    if mark is None:
        return False
    await mark.delete()
    is_late = mark.at < datetime.now(UTC) - OUT_OF_ORDER
    return not is_late and (asked.published_at is None or asked.published_at <= mark.at)


def _mark(event: Event, actor: Actor) -> str:
    """Under which a Leave is remembered that came before its Join."""
    return f"{event.publication.uri}#left-by-{actor.id}"


async def _is_deleted(attendance: Attendance) -> bool:
    return await Publication.filter(event__id=attendance.event_id).exclude(deleted_at=None).exists()


async def _remember(uri: str, actor: Actor, known: Known) -> None:
    """It does not come again."""
    if same_origin(uri, actor.uri):
        await known.remember_gone(uri, by=actor.uri, at=datetime.now(UTC))
