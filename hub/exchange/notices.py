"""Who is told what about needs, offers and pledges; in the transaction of what happened.

How to reach somebody stands only in what agreed(), accepted() and tomorrow() say. People elsewhere are told
by hub.exchange.wire, never from here.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta

from hub.actors.minting import origin
from hub.exchange.models import Pledge, PledgeState, Proposal, Slot, State, Support, Voice
from hub.exchange.speaking import speaker_name
from hub.exchange.words import count_words, slot_words, when_words, where_words
from hub.notifications.actions import Act, Message, Recipient, tell, tell_agents
from hub.participants.models import Participant
from hub.participants.telling import line, marked, recipient_of, short_title, town_hall_words
from hub.publications.models import Kind
from hub.text import DEFAULT_LOCALE, N_, capital, day_name, gettext, local_day, speaking
from hub.village.models import Village

SOON = timedelta(days=2)  # what begins by then is told at once, whatever somebody's rhythm

_ON_THE_BOARD = (
    N_("“%(title)s” is on the board"),
    N_(
        "It hangs there until %(until)s.\n\n"
        "When somebody answers, you get a message and say yes or no. "
        "Nobody learns how to reach you before you have said yes."
    ),
)
_READ_FIRST = (
    N_("The town hall has received “%(title)s”"),
    N_(
        "Somebody at the town hall reads it first, as with everything that comes for the first time.\n\n"
        "You get a message as soon as it hangs on the board."
    ),
)


async def received(proposal: Proposal) -> None:
    """To an author without an account: it hangs, or it is read first; how to come back to it.

    Members have just read the same on the page, and find it again there.
    """
    if proposal.owner is None or proposal.owner.member_id is not None:
        return
    subject, text = _READ_FIRST if proposal.state is State.REVIEW else _ON_THE_BOARD
    message = Message(kind="received", subject=subject, text=text, call=False, awake=True)
    await tell_owner(proposal, message)


async def to_be_read(proposal: Proposal) -> None:
    """To agents: somebody new wrote something."""
    message = Message(
        kind="to-be-read",
        subject=N_("To be read: “%(title)s”"),
        text=N_("%(author)s wrote it. It shows once one of you has read it.\n\n%(words)s"),
        values={
            "author": proposal.owner.name if proposal.owner else "",
            "words": marked(proposal.publication.source),
        },
        path="/moderation",
    )
    await _tell_agents(proposal, message)


async def approved(proposal: Proposal) -> None:
    """To its author: it hangs on the board."""
    subject, text = _ON_THE_BOARD
    await tell_owner(proposal, Message(kind="approved", subject=subject, text=text))


async def refused(proposal: Proposal, reason: str) -> None:
    """To its author: it does not, because."""
    message = Message(
        kind="refused",
        subject=N_("“%(title)s” does not hang on the board"),
        text=N_(
            "The town hall has read it and decided so. This is why:\n\n%(reason)s\n\n"
            "You do not agree, or want to write it differently? %(town_hall)s"
        ),
        values={"reason": marked(reason)},
    )
    await tell_owner(proposal, message)


async def closed(proposal: Proposal, pledges: Sequence[Pledge]) -> None:
    """To who had promised or offered: nobody has to come."""
    for pledge in pledges:
        promised = pledge.state is PledgeState.ACCEPTED
        message = Message(
            kind="closed",
            subject=N_("“%(title)s”: nobody is needed any more"),
            text=N_("You had promised to help. It is no longer needed: you do not have to come. Thank you!")
            if promised
            else N_("You had offered to help. It is no longer needed. Thank you all the same!"),
        )
        await _tell_helper(pledge, message, proposal)


async def thanked(proposal: Proposal, pledges: Sequence[Pledge]) -> None:
    """To who helped: the author's thanks."""
    for pledge in pledges:
        await _tell_helper(pledge, _thanks(proposal.thanks), proposal)


async def thanked_in_person(pledge: Pledge) -> None:
    """To one helper."""
    await _tell_helper(pledge, _thanks(pledge.thanks))


def _thanks(words: str) -> Message:
    return Message(
        kind="thanked",
        subject=N_("%(owner)s thanks you: “%(title)s”"),
        text=N_("It is done, and you were part of it. Thank you!\n\n%(words)s"),
        values={"words": marked(words)},
        call=bool(words),
    )


async def group_possible(proposal: Proposal, eager: Sequence[Support]) -> None:
    """To those who want to look after it: there are enough for a group.

    Each learns how to reach those who agreed to it, and nobody else.
    """
    count = {"count": str(len(eager))}
    for support in eager:
        others = [one.participant for one in eager if one.id != support.id and one.shares_contact]
        message = Message(
            kind="group-possible",
            subject=N_("You are %(count)s who want to look after “%(title)s”"),
            text=N_(
                "That is enough for a group.\n\n%(contacts)s\n\n"
                "One of you can begin a project from its page; the others are asked whether they take part. "
                "The town hall helps you to meet. %(town_hall)s"
            ),
            values={**count, "contacts": "\n".join(f"- {one.name}, {one.contact}" for one in others)},
        )
        if support.participant.actor_id is None:
            await _tell(support.participant, proposal, message)
    message = Message(
        kind="group-possible",
        subject=N_("%(count)s people want to look after “%(title)s”"),
        text=N_("They were told so. A word from you, a day and a room, and there is a group."),
        values=count,
    )
    await _tell_agents(proposal, message)


async def pledged(pledge: Pledge) -> None:
    """To the author: somebody can help; yes or no."""
    number = {"pledge": pledge.id}
    yes = N_("If you press the button, %(helper)s is told yes, and you both learn how to reach each other.")
    no = N_("If you press the button, %(helper)s is told kindly that it is not for this time.")
    offer = pledge.proposal.publication.kind is Kind.OFFER
    message = Message(
        kind="pledged",
        subject=N_("%(helper)s would like it: “%(title)s”")
        if offer
        else N_("%(helper)s can help: “%(title)s”"),
        text=N_(
            "%(facts)s\n\n%(words)s\n\n"
            "Yes or no? Once you have said yes, you both learn how to reach each other, not before."
        ),
        acts=(
            Act(name="accept-pledge", label=N_("Yes, thank you"), arguments=number, explains=yes),
            Act(name="decline-pledge", label=N_("No, not this time"), arguments=number, explains=no),
        ),
    )
    await tell_owner(pledge.proposal, message, pledge)


async def pledge_received(pledge: Pledge) -> None:
    """To a helper without an account: what happens next; how to take it back."""
    if pledge.participant.member_id is not None:
        return
    message = Message(
        kind="pledge-received",
        subject=N_("Thank you: your answer to “%(title)s” has arrived"),
        text=N_(
            "%(owner)s reads it and says yes or no; you get a message then. "
            "Until then you have promised nothing, and nobody learns how to reach you.\n\n%(facts)s"
        ),
        acts=(_withdraw(pledge),),
        call=False,
        awake=True,
    )
    await _tell_helper(pledge, message)


async def agreed(pledge: Pledge) -> None:
    """To the author: how to reach who helps."""
    message = Message(
        kind="accepted",
        subject=N_("Agreed with %(helper)s: “%(title)s”"),
        text=N_(
            "You can reach %(helper)s directly:\n%(contact)s\n\n%(facts)s\n\n%(count)s\n\n"
            "This contact is shown to you alone, and erased here 30 days after the end."
        ),
        values={"contact": pledge.participant.contact or _handle(pledge.participant)},
    )
    await tell_owner(pledge.proposal, message, pledge)


async def accepted(pledge: Pledge) -> None:
    """To the helper: how to reach the author, and where exactly."""
    message = Message(
        kind="accepted",
        subject=N_("%(owner)s says yes: “%(title)s”"),
        text=N_(
            "Thank you! You can reach %(owner_name)s directly:\n%(contact)s\n\n%(facts)s\n\n%(place)s\n\n"
            "Something comes up? Say so early, so that others can help."
        ),
        values=await _ways_to_owner(pledge),
        acts=(_withdraw(pledge),),
    )
    await _tell_helper(pledge, message)


async def declined(pledge: Pledge) -> None:
    """To the helper: not this time."""
    message = Message(
        kind="declined",
        subject=N_("“%(title)s”: not this time"),
        text=N_(
            "%(owner)s thanks you for your offer. It will not be this time: you do not have to come.\n\n"
            "%(reason)s"
        ),
        values={"reason": marked(pledge.reason)},
    )
    await _tell_helper(pledge, message)


async def withdrawn(pledge: Pledge) -> None:
    """To the author: somebody cannot after all."""
    message = Message(
        kind="withdrawn",
        subject=N_("%(helper)s cannot after all: “%(title)s”"),
        text=N_("%(reason)s\n\nThe place is free again for others, and the board says so."),
        values={"reason": marked(pledge.reason)},
    )
    await tell_owner(pledge.proposal, message, pledge)


async def still_relevant(proposal: Proposal) -> None:
    """To the author of what nobody has touched for long."""
    await tell_owner(proposal, _still_relevant(proposal))


async def still_relevant_by_call(proposal: Proposal) -> None:
    """The same by a call: the mail was not answered, and there is a number."""
    owner = proposal.owner
    if owner is not None and owner.phone:
        by_phone = Recipient(name=owner.name, phone=owner.phone, locale=owner.locale)
        await tell(by_phone, await _filled(owner, proposal, _still_relevant(proposal)))


def _still_relevant(proposal: Proposal) -> Message:
    number = {"proposal": proposal.id}
    yes = N_("If you press the button, it stays on the board for at least another month.")
    no = N_("If you press the button, it is closed, and whoever had offered is told.")
    return Message(
        kind="still-relevant",
        subject=N_("Does “%(title)s” still hold?"),
        text=N_(
            "Nothing has moved there for two weeks. Does it still hold?\n\n"
            "If we hear nothing for a week, the town hall calls you; without a number it leaves the board."
        ),
        acts=(
            Act(name="renew-proposal", label=N_("Yes, it still holds"), arguments=number, explains=yes),
            Act(name="close-proposal", label=N_("No, take it down"), arguments=number, explains=no),
        ),
    )


async def expired(proposal: Proposal) -> None:
    """To the author: its time has passed."""
    message = Message(
        kind="expired",
        subject=N_("“%(title)s” has come to its end"),
        text=N_(
            "Its time on the board is over, so nobody can answer it any more. "
            "If it still holds, hang it up again: it takes two minutes."
        ),
        path="/new",
        call=False,
    )
    await tell_owner(proposal, message)


async def tomorrow(pledge: Pledge, before: datetime | None = None) -> None:
    """To the helper, the day before; `before`: midnight, after which it is of no use."""
    message = Message(
        kind="tomorrow",
        subject=N_("Tomorrow: “%(title)s”"),
        text=N_(
            "%(owner)s counts on you.\n\n%(facts)s\n\n%(place)s\n\nTo reach %(owner_name)s:\n%(contact)s"
        ),
        values=await _ways_to_owner(pledge),
        acts=(_withdraw(pledge),),
        urgent=True,
        before=before,
    )
    await _tell_helper(pledge, message)


async def was_it_done(pledge: Pledge) -> None:
    """To both, the day after, as far as they have not said so: whether it was done."""
    number, label = {"pledge": pledge.id}, N_("Yes, it is done")
    explains = N_("If you press the button, it is noted as done.")
    owner = Message(
        kind="was-it-done",
        subject=N_("Did it go well with %(helper)s? “%(title)s”"),
        text=N_("Say that it is done. On the page you can also thank %(helper)s in a word: it does good."),
        acts=(Act(name="done-by-owner", label=label, arguments=number, explains=explains),),
        call=False,
    )
    helper = Message(
        kind="was-it-done",
        subject=N_("Did it go well? “%(title)s”"),
        text=N_("Thank you for having been there. If all went as planned, say so with one click."),
        acts=(Act(name="done-by-helper", label=label, arguments=number, explains=explains),),
        call=False,
    )
    if pledge.owner_done_at is None:
        await tell_owner(pledge.proposal, owner, pledge)
    if pledge.helper_done_at is None:
        await _tell_helper(pledge, helper)


def _withdraw(pledge: Pledge) -> Act:
    return Act(
        name="withdraw-pledge",
        label=N_("I cannot come after all"),
        arguments={"pledge": pledge.id},
        explains=N_(
            "If you press the button, your promise is taken back. %(owner)s is told, and others can help."
        ),
    )


async def tell_owner(proposal: Proposal, message: Message, pledge: Pledge | None = None) -> None:
    """And agents, where the town hall speaks for somebody."""
    owner = proposal.owner
    if owner is None or owner.erased_at is not None:
        return
    filled = await _filled(owner, proposal, message, pledge=pledge)
    await tell(recipient_of(owner), filled)
    if proposal.voice is Voice.TOWN_HALL:
        await tell_agents(filled, but=[owner.member_id])


async def _tell_helper(pledge: Pledge, message: Message, proposal: Proposal | None = None) -> None:
    if pledge.participant.actor_id is None:
        await _tell(pledge.participant, proposal or pledge.proposal, message, pledge=pledge)


async def _tell(
    participant: Participant, proposal: Proposal, message: Message, *, pledge: Pledge | None = None
) -> None:
    if participant.erased_at is None:
        await tell(recipient_of(participant), await _filled(participant, proposal, message, pledge=pledge))


async def _tell_agents(proposal: Proposal, message: Message) -> None:
    path = _path(proposal) if message.path == "/" else message.path
    values = {"title": _title(proposal), **message.values}
    await tell_agents(replace(message, path=path, values=values, about=proposal.publication.id))


async def _filled(
    participant: Participant, proposal: Proposal, message: Message, *, pledge: Pledge | None = None
) -> Message:
    """The message with what any message about this may say, in the language of whom it goes to."""
    village = await Village.current()
    slot = await Slot.get_or_none(id=pledge.slot_id) if pledge is not None and pledge.slot_id else None
    locale = participant.locale or (village.locale if village else DEFAULT_LOCALE)
    with speaking(locale):
        facts = _Facts(proposal, pledge, slot, village)
        values = facts.of_proposal() | facts.of_pledge() | dict(message.values)
        if "place" in values:
            values["place"] = line(N_("Where exactly: %(words)s"), values["place"])
    path = _path(proposal) if message.path == "/" else message.path
    urgent = message.urgent or facts.is_soon()
    return replace(message, values=values, path=path, about=proposal.publication.id, urgent=urgent)


@dataclass(frozen=True)
class _Facts:
    """What can be said of a need or offer, and of one promise, in the language of the moment."""

    proposal: Proposal
    pledge: Pledge | None
    slot: Slot | None
    village: Village | None

    @property
    def timezone(self) -> str:
        return self.village.timezone if self.village else "UTC"

    def of_proposal(self) -> dict[str, str]:
        return {
            "title": _title(self.proposal),
            "owner": speaker_name(self.proposal),
            "until": local_day(self.proposal.expires_at, self.timezone),
            "count": _sentence(count_words(self.proposal)),
            "town_hall": town_hall_words(self.village),
        }

    def of_pledge(self) -> dict[str, str]:
        if self.pledge is None:
            return {}
        lines = (
            line(N_("How many: %(words)s"), self.how_many(self.pledge)),
            line(N_("When: %(words)s"), self.when(self.pledge)),
            line(N_("Where: %(words)s"), where_words(self.proposal)),
        )
        words = marked(self.pledge.message)
        return {
            "helper": self.pledge.participant.name,
            "facts": "\n".join(one for one in lines if one),
            "words": f"{gettext('In their words:')}\n{words}" if words else "",
        }

    def is_soon(self) -> bool:
        """Whether it begins in a moment: then nothing about it waits for the end of a week."""
        starts_at = self.slot.starts_at if self.slot is not None else self.proposal.starts_at
        if self.pledge is not None and self.pledge.first_night is not None:
            starts_at = datetime.combine(self.pledge.first_night, time(12), UTC)
        now = datetime.now(UTC)
        return self.pledge is not None and starts_at is not None and now < starts_at < now + SOON

    def how_many(self, pledge: Pledge) -> str:
        return f"{pledge.quantity} {self.proposal.unit}".strip() if pledge.quantity > 1 else ""

    def when(self, pledge: Pledge) -> str:
        if self.slot is not None:
            return slot_words(self.slot, self.timezone)
        if pledge.first_night is None or pledge.last_night is None:
            return when_words(self.proposal, self.timezone)
        nights = {"first": day_name(pledge.first_night), "last": day_name(pledge.last_night)}
        return gettext("From %(first)s to %(last)s") % nights


async def _ways_to_owner(pledge: Pledge) -> dict[str, str]:
    """How to reach the author, and where exactly; of another hub's, as its server said it.

    Whom the town hall speaks for is reached through it, on the pages and on the wire alike.
    """
    owner, proposal = pledge.proposal.owner, pledge.proposal
    if owner is None:
        contact = pledge.owner_contact or proposal.publication.url
        return {"owner_name": speaker_name(proposal), "contact": contact, "place": pledge.owner_place}
    if proposal.voice is Voice.TOWN_HALL and (village := await Village.current()) is not None:
        contact = village.phone or village.mail or f"{origin()}/about"
        return {"owner_name": village.name, "contact": contact, "place": proposal.exact_place}
    return {"owner_name": owner.name, "contact": owner.contact, "place": proposal.exact_place}


def _handle(participant: Participant) -> str:
    """Of somebody elsewhere: their server is the way to reach them."""
    return participant.actor.full_handle if participant.actor is not None else ""


def _title(proposal: Proposal) -> str:
    return short_title(proposal.publication.title)


def _path(proposal: Proposal) -> str:
    return f"/{proposal.publication.code}"


def _sentence(words: str) -> str:
    return f"{capital(words)}." if words else ""
