"""Events between hubs and with people on the open network: Join, Leave and their answers, private questions.

Everything here runs in the caller's transaction and only queues what is to be sent. An attendance with a
`uri` is another server's, or went to one; all others of actors elsewhere are of people, who are told in
private notes.

Residents have no actor, so the village joins for them. Another hub knows each by name; on all other servers
one Join stands for all of them, and who comes later is told there in words.
"""

from datetime import UTC, datetime

from federation import activities
from federation.documents import Activity as AskedActivity
from federation.documents import parse_activity
from federation.vocabulary import Json
from hub.actors.minting import activity_uri, new_ulid, object_uri
from hub.actors.models import Actor
from hub.agenda.models import HOLDING, Attendance, Event, Presence
from hub.agenda.words import shift_words, when_within, where_words
from hub.fediverse.actions import Reach, publish, say_no
from hub.participants.messages import Message, language_among, send_message, was_sent
from hub.text import N_, gettext, ngettext, speaking
from hub.village.models import Village

WHO = N_("%(name)s, from %(village)s")
ASK = N_(
    "Hello! You answered “%(title)s”. Are you coming: %(facts)s? Please answer this message with YES or NO."
)
ASK_AGAIN = N_("I did not understand. Please answer only YES or NO. Are you coming: %(facts)s?")
COMING = N_("It is noted, see you there: %(facts)s. If you cannot come after all, answer NO here.")
WAITING = N_(
    "Thank you! All the places of “%(title)s” are taken for now. You are on the waiting list, and hear from"
    " me as soon as one gets free. If you no longer want to come, answer NO here."
)
MOVED_UP = N_("A place has become free for you: %(facts)s. If you cannot come after all, answer NO here.")
TOO_LATE = N_("Thank you! “%(title)s” is over, or does not take place any more.")
DECLINED = N_("Thank you for your answer to “%(title)s”. It does not work out this time.")
CANCELLED = N_("“%(title)s” does not take place. You need not come.")
MOVED = N_("“%(title)s” has changed: %(facts)s. If you cannot come then, answer NO here.")
UNDERSTOOD_NO = N_("It is noted: you are not coming. Thank you for telling.")
COMES_TOO = N_("%(name)s comes too to “%(title)s”.")
CANNOT = N_("%(name)s cannot come to “%(title)s” after all.")


async def send_join(attendance: Attendance) -> None:
    """To the author of another server's event: somebody here comes (`Join`)."""
    event, village = attendance.event, await Actor.village()
    before = None if event.is_from_hub else await _of_ours(attendance)
    if before is not None:  # its server knows already that the village comes
        attendance.presence, attendance.decided_at = before.presence, datetime.now(UTC)
        await attendance.save(update_fields=["presence", "decided_at"])
        await _tell_author(attendance, COMES_TOO)
        return
    await publish(await _join(attendance, village), author=village, reach=_to_author(event))


async def send_leave(attendance: Attendance) -> None:
    """Somebody here cannot come after all (`Leave`; to a hub `Undo{Join}`, which says who)."""
    event, village = attendance.event, await Actor.village()
    if event.is_from_hub:
        undone = activities.undo(await _join(attendance, village))
    elif await _of_ours(attendance) is not None:
        await _tell_author(attendance, CANNOT)
        return
    else:
        undone = activities.leave(
            f"{attendance.uri}/leave",
            actor=village.uri,
            to=event.publication.author.uri,
            target=event.publication.uri,
            at=datetime.now(UTC),
        )
    await publish(undone, author=village, reach=_to_author(event))


async def send_accept(attendance: Attendance) -> None:
    """A place, to who joined from elsewhere (`Accept{Join}`), or, to a person, a private word."""
    if attendance.uri is None:
        await _say(attendance, MOVED_UP)
        return
    await accept_join(attendance, attendance.uri)


async def accept_join(attendance: Attendance, uri: str) -> None:
    """`uri` is the Join that is answered: some come twice under two of them."""
    author, guest = attendance.event.publication.author, _actor(attendance)
    accepted = activities.accept(
        _asked(uri, guest), uri=activity_uri(author.uri, "accepts"), actor=author.uri
    )
    await publish(accepted, author=author, reach=Reach(named=(guest,)))


async def send_reject(attendance: Attendance, reason: str = "") -> None:
    """No place, or no longer, with the reason (`Reject{Join}`)."""
    guest = _actor(attendance)
    if attendance.uri is None:
        await _say(attendance, DECLINED, further=reason)
        return
    await say_no(_asked(attendance.uri, guest), author=attendance.event.publication.author, why=reason)


async def ignore_join(asked: AskedActivity, author: Actor) -> None:
    """To this one simply comes, or one signs up elsewhere (FEP-8a8e)."""
    guest = await Actor.get(uri=asked.actor)
    ignored = activities.ignore(asked, uri=activity_uri(author.uri, "ignores"), actor=author.uri)
    await publish(ignored, author=author, reach=Reach(named=(guest,)))


async def say_waiting(attendance: Attendance) -> None:
    """To who joined from elsewhere: on the list. In words, for an Accept would promise a place."""
    await _say(attendance, WAITING, kind="waiting")


async def ask_for_yes(attendance: Attendance) -> None:
    """In private: did you mean it? Only a yes commits."""
    attendance.question_uri = object_uri()
    await attendance.save(update_fields=["question_uri"])
    await _say(attendance, ASK, uri=attendance.question_uri)


async def ask_again(attendance: Attendance) -> None:
    """Once, whatever they answer."""
    await _say(attendance, ASK_AGAIN, kind="again")


async def say_coming(attendance: Attendance) -> None:
    """They said yes: a place, or one on the waiting list."""
    await _say(attendance, COMING if attendance.presence is Presence.COMING else WAITING)


async def say_too_late(attendance: Attendance) -> None:
    """They said yes, and came too late."""
    await _say(attendance, TOO_LATE)


async def say_understood_no(attendance: Attendance) -> None:
    await _say(attendance, UNDERSTOOD_NO)


async def say_cancelled(event: Event, attendances: list[Attendance]) -> None:
    """To people elsewhere, who may overlook an edit; servers read it in the event itself."""
    for one in attendances:
        if one.participant.actor is not None and one.uri is None:
            await _say(one, CANCELLED, further=event.reason)


async def say_moved(attendances: list[Attendance]) -> None:
    """To people elsewhere: another day, hour or place."""
    for one in attendances:
        if one.participant.actor is not None and one.uri is None and one.presence in HOLDING:
            await _say(one, MOVED)


# ------------------------------------------------------------ words


async def _say(
    attendance: Attendance, sentence: str, *, further: str = "", uri: str | None = None, kind: str = ""
) -> None:
    """`kind`: once of each; `further`: words that somebody wrote."""
    event = attendance.event
    uri = uri or f"{_thread(attendance)}/{kind or new_ulid()}"
    if kind and await was_sent(uri):
        return
    with speaking(await _language(attendance)):
        facts = {"title": event.publication.title, "facts": await _facts(attendance)}
        text = gettext(sentence) % facts
    await _send(attendance, _actor(attendance), f"{text} {further}".strip(), uri=uri)


async def _tell_author(attendance: Attendance, sentence: str) -> None:
    """Who comes, or cannot, in words for the server of another's event."""
    with speaking(await _language(attendance)):
        facts = {"name": await _guest(attendance), "title": attendance.event.publication.title}
        text = gettext(sentence) % facts
    await _send(attendance, attendance.event.publication.author, text, uri=object_uri())


async def _send(attendance: Attendance, reader: Actor, text: str, *, uri: str) -> None:
    publication = attendance.event.publication
    message = Message(
        uri=uri,
        text=text,
        about=publication.url,
        in_reply_to=_answers(attendance),
        language=await _language(attendance),
        own={"lavoir:join": attendance.uri} if attendance.uri is not None else {},
    )
    author = publication.author if attendance.event.owner is not None else await Actor.village()
    await send_message(message, author=author, reader=reader)


async def _facts(attendance: Attendance) -> str:
    """`2 personnes, samedi 12 décembre, de 14 h à 17 h, salle des fêtes`, in the language of the moment."""
    village = await Village.current()
    timezone = village.timezone if village is not None else "Europe/Paris"
    event, number = attendance.event, attendance.people
    people = ngettext("%(count)s person", "%(count)s people", number) % {"count": number}
    shift = shift_words(attendance.shift, timezone) if attendance.shift is not None else ""
    parts = (people if number > 1 else "", when_within(event, timezone), where_words(event), shift)
    return ", ".join(part for part in parts if part)


async def _language(attendance: Attendance) -> str:
    """Of who reads it, where they wrote in one that we speak; else that of the event."""
    reply = attendance.reply
    said = reply.language if reply is not None else None
    theirs = attendance.participant.locale
    return await language_among(said, theirs, attendance.event.publication.language)


async def _guest(attendance: Attendance) -> str:
    """`Paul, de Saint-Martin`."""
    village = await Village.current()
    assert village is not None, "only a village that is set up has people who come"
    return gettext(WHO) % {"name": attendance.participant.name, "village": village.name}


def _answers(attendance: Attendance) -> str:
    """What it is a reply to: their last word, or what it is all about."""
    if attendance.answer_uri is not None:
        return attendance.answer_uri
    reply = attendance.reply
    return reply.uri if reply is not None else attendance.event.publication.uri


def _thread(attendance: Attendance) -> str:
    """A URI of ours below which the notes about this attendance have theirs."""
    return attendance.question_uri or f"{attendance.event.publication.uri}/guests/{attendance.id}"


# ------------------------------------------------------------ documents


async def _join(attendance: Attendance, village: Actor) -> Json:
    """With the name of who comes, for other hubs, and in words, for Mobilizon."""
    assert attendance.uri is not None, "what goes to another server has its URI"
    publication = attendance.event.publication
    joined = activities.join(
        attendance.uri,
        actor=village.uri,
        to=publication.author.uri,
        target=publication.uri,
        at=attendance.made_at,
    )
    with speaking(await _language(attendance)):
        who = await _guest(attendance)
    named: Json = {"participationMessage": f"{who} : {attendance.note}" if attendance.note else who}
    if attendance.event.is_from_hub:
        named["name"] = attendance.participant.name
    if attendance.people > 1:
        named["lavoir:people"] = attendance.people
    return joined | named


async def _of_ours(attendance: Attendance) -> Attendance | None:
    """Somebody else from here who has joined the same event of another server."""
    others = Attendance.filter(event_id=attendance.event_id, presence__in=list(HOLDING))
    return await others.exclude(id=attendance.id).order_by("id").first()


def _to_author(event: Event) -> Reach:
    return Reach(named=(event.publication.author,))


def _asked(uri: str, guest: Actor) -> AskedActivity:
    """The Join as it came in, as far as an answer needs it."""
    return parse_activity({"id": uri, "type": "Join", "actor": guest.uri}, now=datetime.now(UTC))


def _actor(attendance: Attendance) -> Actor:
    actor = attendance.participant.actor
    assert actor is not None, "who comes from elsewhere has an actor"
    return actor
