"""Who is told what about events; in the transaction of what happened.

People elsewhere are told by hub.agenda.wire, never from here. A private place stands only in what tomorrow()
says.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from hub.agenda.models import Attendance, Contribution, Event, Presence, Shift, Standing
from hub.agenda.words import shift_words, when_words, where_words
from hub.exchange.models import Voice
from hub.exchange.speaking import speaker_name
from hub.notifications.actions import Act, Message, tell, tell_agents
from hub.participants.models import Participant
from hub.participants.telling import line, marked, recipient_of, short_title, town_hall_words
from hub.text import DEFAULT_LOCALE, N_, ngettext, speaking
from hub.village.models import Village

TOMORROW = "event-tomorrow"  # a kind: private places stand in it alone
SOON = timedelta(days=2)  # what begins by then is told at once, whatever somebody's rhythm

_IN_THE_AGENDA = (
    N_("“%(title)s” is in the agenda"),
    N_(
        "%(facts)s\n\n"
        "Whoever wants to come can say so there. On your page you see who comes, and print the list."
    ),
)
_READ_FIRST = (
    N_("The town hall has received “%(title)s”"),
    N_(
        "%(facts)s\n\n"
        "Somebody at the town hall reads it first, as with everything that comes for the first time.\n\n"
        "You get a message as soon as it is in the agenda."
    ),
)


async def received(event: Event) -> None:
    """To an author without an account: it stands in the agenda, or is read first; how to come back to it.

    Members have just read the same on the page, and find it again there.
    """
    if event.owner is None or event.owner.member_id is not None:
        return
    subject, text = _READ_FIRST if event.standing is Standing.REVIEW else _IN_THE_AGENDA
    message = Message(kind="event-received", subject=subject, text=text, call=False, awake=True)
    await _tell_owner(event, message)


async def to_be_read(event: Event) -> None:
    """To agents: somebody new wrote something."""
    message = Message(
        kind="event-to-be-read",
        subject=N_("To be read: “%(title)s”"),
        text=N_("%(author)s wrote it. It shows once one of you has read it.\n\n%(words)s"),
        values={
            "title": _title(event),
            "author": event.owner.name if event.owner else "",
            "words": marked(event.publication.source),
        },
        path="/moderation/events",
        about=event.publication_id,
    )
    await tell_agents(message)


async def approved(event: Event) -> None:
    """To its author: it stands in the agenda."""
    subject, text = _IN_THE_AGENDA
    await _tell_owner(event, Message(kind="event-approved", subject=subject, text=text))


async def refused(event: Event, reason: str) -> None:
    """To its author: it does not, because."""
    message = Message(
        kind="event-refused",
        subject=N_("“%(title)s” does not go into the agenda"),
        text=N_(
            "The town hall has read it and decided so. This is why:\n\n%(reason)s\n\n"
            "You do not agree, or want to write it differently? %(town_hall)s"
        ),
        values={"reason": marked(reason)},
    )
    await _tell_owner(event, message)


async def moved(attendances: Sequence[Attendance]) -> None:
    """To who comes: another day, hour or place."""
    for each in attendances:
        message = Message(
            kind="event-moved",
            subject=N_("Another time or place: “%(title)s”"),
            text=N_(
                "From now on it is:\n\n%(facts)s\n\nYou cannot come then? Say so, so that others can come."
            ),
            acts=(_leave(each),),
            urgent=True,
        )
        await _tell_guest(each, message)


async def cancelled(event: Event, attendances: Sequence[Attendance]) -> None:
    """To who comes or waits: it does not take place, because."""
    message = Message(
        kind="event-cancelled",
        subject=N_("It does not take place: “%(title)s”"),
        text=N_("You do not have to come.\n\n%(facts)s\n\n%(reason)s"),
        values={"reason": marked(event.reason)},
        urgent=True,
    )
    for each in attendances:
        await _tell_guest(each, message)


async def joined(attendance: Attendance) -> None:
    """To who said "I am coming" without an account: a place, or the list, and how to come back to it."""
    if attendance.participant.member_id is not None:
        return
    seated = attendance.presence is Presence.COMING
    waits = N_("You are on the waiting list: “%(title)s”")
    if attendance.event.owner_id is None:
        waits = N_("It is asked for: “%(title)s”")
    message = Message(
        kind="event-joined",
        subject=N_("You have a place: “%(title)s”") if seated else waits,
        text=N_("%(facts)s\n\nSomething comes up? Say so early, so that others can come.")
        if seated
        else N_(
            "%(facts)s\n\nYou get a message as soon as there is a place. Nobody expects you before that."
        ),
        acts=(_leave(attendance),),
        call=False,
        awake=True,
    )
    await _tell_guest(attendance, message)


async def moved_up(attendance: Attendance) -> None:
    """To who waited: there is a place now."""
    message = Message(
        kind="event-moved-up",
        subject=N_("There is a place for you: “%(title)s”"),
        text=N_(
            "Somebody cannot come, so you can:\n\n%(facts)s\n\nYou cannot any more? Say so, others wait."
        ),
        acts=(_leave(attendance),),
    )
    await _tell_guest(attendance, message)


async def declined(attendance: Attendance, reason: str) -> None:
    """To who was taken off the list by the team, because."""
    message = Message(
        kind="event-declined",
        subject=N_("“%(title)s”: not this time"),
        text=N_(
            "%(owner)s has no place for you this time: you do not have to come.\n\n%(facts)s\n\n%(reason)s"
        ),
        values={"reason": marked(reason)},
    )
    await _tell_guest(attendance, message)


async def without_list(attendance: Attendance) -> None:
    """To who wanted to come: its own server keeps no list of who does."""
    message = Message(
        kind="event-without-list",
        subject=N_("“%(title)s”: one does not sign up from here"),
        text=N_("Simply come, or look at its own page for how to sign up.\n\n%(facts)s"),
    )
    await _tell_guest(attendance, message)


async def left(attendance: Attendance) -> None:
    """To its author, where it is soon or a role is free again: somebody cannot come."""
    event, shift = attendance.event, attendance.shift
    if not isinstance(shift, Shift) and not _is_soon(event, None):
        return
    message = Message(
        kind="event-left",
        subject=N_("%(guest)s cannot come: “%(title)s”"),
        text=N_("%(facts)s\n\nThe place is free again for others, and the page says so."),
        values={"guest": attendance.participant.name},
    )
    await _tell_owner(event, message, attendance)


async def tomorrow(attendance: Attendance, before: datetime | None = None) -> None:
    """To who comes, the day before: when and where, of their shift also the private place.

    `before`: midnight, after which it is of no use.
    """
    shift = attendance.shift if isinstance(attendance.shift, Shift) else None
    message = Message(
        kind=TOMORROW,
        subject=N_("Tomorrow: “%(title)s”"),
        text=N_("%(owner)s counts on you.\n\n%(facts)s\n\n%(place)s\n\nSomething comes up? Say so now."),
        values={"place": shift.private_place if shift is not None else ""},
        acts=(_leave(attendance),),
        urgent=True,
        before=before,
    )
    await _tell_guest(attendance, message)


def _leave(attendance: Attendance) -> Act:
    return Act(
        name="leave-event",
        label=N_("I cannot come after all"),
        arguments={"attendance": attendance.id},
        explains=N_("If you press the button, your place is free again, and others can come."),
    )


async def _tell_owner(event: Event, message: Message, attendance: Attendance | None = None) -> None:
    """And agents, where the town hall speaks for somebody."""
    owner = event.owner
    if owner is None:
        return
    filled = await _filled(owner, event, message, attendance=attendance)
    if owner.erased_at is None:
        await tell(recipient_of(owner), filled)
    if event.voice is Voice.TOWN_HALL:
        await tell_agents(filled, but=[owner.member_id])


async def _tell_guest(attendance: Attendance, message: Message) -> None:
    guest = attendance.participant
    if guest.actor_id is None and guest.erased_at is None:
        filled = await _filled(guest, attendance.event, message, attendance=attendance)
        await tell(recipient_of(guest), filled)


async def _filled(
    participant: Participant, event: Event, message: Message, *, attendance: Attendance | None = None
) -> Message:
    """The message with what any message about this may say, in the language of whom it goes to."""
    village = await Village.current()
    brings = [] if attendance is None else await _lines(attendance)
    with speaking(participant.locale or (village.locale if village else DEFAULT_LOCALE)):
        values = _Facts(event, attendance, brings, village).values() | dict(message.values)
        if "place" in values:
            values["place"] = line(N_("Where exactly: %(words)s"), values["place"])
    urgent = message.urgent or _is_soon(event, attendance)
    path = f"/{event.publication.code}" if message.path == "/" else message.path
    return replace(message, values=values, path=path, about=event.publication_id, urgent=urgent)


async def _lines(attendance: Attendance) -> list[str]:
    found = Contribution.filter(
        event_id=attendance.event_id, brought_by_id=attendance.participant_id
    ).order_by("id")
    return [line.what for line in await found]


@dataclass(frozen=True)
class _Facts:
    """What can be said of an event, and of one who comes, in the language of the moment."""

    event: Event
    attendance: Attendance | None
    brings: Sequence[str]
    village: Village | None

    def values(self) -> dict[str, str]:
        timezone = self.village.timezone if self.village else "UTC"
        shift = self.attendance.shift if self.attendance is not None else None
        people = self.attendance.people if self.attendance is not None else 1
        lines = (
            line(N_("When: %(words)s"), when_words(self.event, timezone)),
            line(N_("Where: %(words)s"), where_words(self.event)),
            line(N_("What you take on: %(words)s"), shift_words(shift, timezone) if shift else ""),
            line(
                N_("How many: %(words)s"),
                ngettext("%(count)s person", "%(count)s people", people) % {"count": people}
                if people > 1
                else "",
            ),
            line(N_("What you bring: %(words)s"), ", ".join(self.brings)),
        )
        return {
            "title": _title(self.event),
            "owner": speaker_name(self.event),
            "facts": "\n".join(one for one in lines if one),
            "town_hall": town_hall_words(self.village),
        }


def _is_soon(event: Event, attendance: Attendance | None) -> bool:
    """Whether it begins in a moment: then nothing about it waits for the end of a week."""
    shift = attendance.shift if attendance is not None else None
    starts_at = (shift.starts_at if shift is not None else None) or event.starts_at
    now = datetime.now(UTC)
    return now < starts_at < now + SOON


def _title(event: Event) -> str:
    return short_title(event.publication.title)
