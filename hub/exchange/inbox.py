"""What other servers say about needs, offers and pledges; all else is for others to claim.

A pledge is always looked up by what is stored here, never by what a message claims of it. Of what somebody
may not see they hear the same as of what does not exist.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime

from federation import properties
from federation.documents import Activity, Document
from federation.local import Received
from federation.origin import same_origin
from federation.vocabulary import Json
from hub.actors.models import Actor
from hub.db import transaction
from hub.errors import Conflict, InvalidInput
from hub.exchange import agreeing, dialogue, elsewhere
from hub.exchange.models import LIVING, PledgeDraft, Proposal, Slot, State
from hub.exchange.pledges import NOT_OPEN, receive_pledge
from hub.exchange.reading import amount, first_mapping, get, kind_of, message_of
from hub.fediverse.actions import say_no
from hub.fediverse.inbox import Claim
from hub.fediverse.interests import Interest
from hub.fediverse.keeping import is_held, may_meet
from hub.fediverse.known import Known
from hub.participants.messages import language_among
from hub.text import N_, gettext, speaking

UNKNOWN = N_("There is no such need or offer here.")
HOW_MANY = N_("Say how many, as a whole number.")

NAME_CHARS = 160


async def offer(received: Received, actor: Actor, known: Known) -> bool:
    """`Offer{Agreement}` (FEP-0837): somebody elsewhere can help. Whatever is wrong with it is told."""
    asked = received.activity
    if known.is_gone(asked.id, by=actor.uri) or not same_origin(asked.id, actor.uri):
        return True
    offered = _Offered.of(asked)
    if offered is None or await is_held(actor):  # others offer other things, in other vocabularies
        return True
    proposal = await _find(offered.satisfies, actor)
    try:
        async with transaction():
            await _take(offered, proposal, actor, uri=asked.id)
    except (Conflict, InvalidInput) as error:
        await _refuse(asked, actor, known, proposal=proposal, reason=_reason(error))
    return True


async def accept(received: Received, actor: Actor, known: Known) -> bool:
    activity = received.activity
    if known.is_gone(activity.id, by=actor.uri):  # it was taken back before it came
        return True
    return await agreeing.be_accepted(actor, activity.object_id, activity.result)


async def reject(received: Received, actor: Actor, known: Known) -> bool:
    """By the author of a need, of an Offer; or by either side, of what was agreed."""
    activity, uri = received.activity, received.activity.object_id
    if await agreeing.be_declined(actor, uri, reason=activity.content):
        return True
    return await agreeing.be_withdrawn(actor, uri, reason=activity.content)


async def undo(received: Received, actor: Actor, known: Known) -> bool:
    """Of an Offer by its id, of an Accept by its Offer; either may come before what it takes back."""
    activity = received.activity
    is_offer = isinstance(activity.object, Activity) and activity.object.type == "Offer"
    if not await _is_taken_back(activity, actor) and not is_offer:
        return False
    await _remember(activity.object_id, actor, known)
    return True


async def create(received: Received, actor: Actor, known: Known) -> bool:
    """Receipts, and private words about a pledge, are for the two sides of it and hang nowhere."""
    return await _is_about_a_pledge(received.activity.object, actor, known)


async def update(received: Received, actor: Actor, known: Known) -> bool:
    """Somebody may make a yes of what they wrote before."""
    thing = received.activity.object
    return isinstance(thing, Document) and await dialogue.hear(thing, actor, known)


claims: dict[str, Claim] = {
    "Accept": accept,
    "Create": create,
    "Offer": offer,
    "Reject": reject,
    "Undo": undo,
    "Update": update,
}

interest = Interest(
    recognises=lambda document: kind_of(document) is not None,
    take=elsewhere.take,
    gone=elsewhere.be_gone,
    left=agreeing.be_left,
)


# ------------------------------------------------------------ Offer


@dataclass(frozen=True)
class _Offered:
    """What somebody offers, as it is written; `number` is None where it is no whole number above zero."""

    satisfies: str
    number: int | None
    name: str
    message: str
    starts: str
    ends: str

    @classmethod
    def of(cls, asked: Activity) -> "_Offered | None":
        agreement = asked.object.raw if isinstance(asked.object, Document) else {}
        commitment = first_mapping(get(agreement, "stipulates"))
        satisfies = properties.uri(get(commitment, "satisfies"))
        if satisfies is None:
            return None
        name = properties.text(commitment.get("name"), NAME_CHARS)
        return cls(
            satisfies,
            _number(commitment),
            name,
            message_of(asked.content, name),
            *(_text(get(commitment, key)) for key in ("hasBeginning", "hasEnd")),
        )


async def _find(satisfies: str, actor: Actor) -> Proposal | None:
    """A need or an offer of ours that this actor can see, by what it publishes or by itself."""
    found = Proposal.filter(owner_id__not_isnull=True).select_related("publication__author")
    proposal = (
        await found.filter(intent_uri=satisfies).first()
        or await found.filter(publication__uri=satisfies.partition("#")[0]).first()
    )
    if proposal is None or proposal.state in (State.REVIEW, State.REFUSED):
        return None
    return proposal if await may_meet(proposal.publication, actor) else None


async def _take(offered: _Offered, proposal: Proposal | None, actor: Actor, *, uri: str) -> None:
    """Raises Conflict and InvalidInput with the words that go back."""
    if proposal is None:
        raise Conflict(UNKNOWN)
    if proposal.state in LIVING and proposal.expires_at <= datetime.now(UTC):
        raise Conflict(NOT_OPEN)
    if offered.number is None:
        raise InvalidInput({"quantity": HOW_MANY})
    draft = PledgeDraft(
        quantity=offered.number,
        message=offered.message,
        slot_id=await _slot_id(proposal, offered),
        first_night=_day(offered.starts) if proposal.nights else None,
        last_night=_day(offered.ends) if proposal.nights else None,
    )
    await receive_pledge(proposal, draft, actor, uri=uri, name=offered.name)


async def _refuse(
    asked: Activity, actor: Actor, known: Known, *, proposal: Proposal | None, reason: str
) -> None:
    """Said once; in the language of who asks, or of the need where they can see it."""
    author = proposal.publication.author if proposal is not None else await known.addressed_by(asked)
    if author is None:
        return
    with speaking(await _language(asked, proposal)):
        await say_no(asked, author=author, why=gettext(reason))
    await _remember(asked.id, actor, known)


async def _language(asked: Activity, proposal: Proposal | None) -> str:
    theirs = proposal.publication.language if proposal is not None else None
    return await language_among(properties.language(asked.raw), theirs)


def _reason(error: Conflict | InvalidInput) -> str:
    if isinstance(error, InvalidInput):
        return str(next(iter(error.by_field.values())))
    return str(error)


def _number(commitment: Json) -> int | None:
    """One, where nobody says how many."""
    written = get(commitment, "resourceQuantity")
    return 1 if written is None else amount(written) or None


async def _slot_id(proposal: Proposal, offered: _Offered) -> int | None:
    starts, ends = properties.moment(offered.starts), properties.moment(offered.ends)
    if starts is None or ends is None:
        return None
    slot = await Slot.filter(proposal_id=proposal.id, starts_at=starts, ends_at=ends).first()
    return None if slot is None else slot.id


def _text(value: object) -> str:
    return value[:64] if isinstance(value, str) else ""


def _day(text: str) -> date | None:
    at = properties.moment(text)
    return None if at is None else at.date()


# ------------------------------------------------------------ all the rest


async def _is_taken_back(activity: Activity, actor: Actor) -> bool:
    undone = activity.object
    kind = undone.type if isinstance(undone, Activity) else ""
    if kind == "Accept" and isinstance(undone, Activity):
        return await agreeing.be_declined(actor, undone.object_id, reason=activity.content)
    if kind not in ("", "Offer"):
        return False
    return await agreeing.be_withdrawn(actor, activity.object_id, reason=activity.content)


async def _is_about_a_pledge(thing: object, actor: Actor, known: Known) -> bool:
    if not isinstance(thing, Document):
        return False
    if thing.type == "EconomicEvent":
        await agreeing.be_done(actor, thing)
        return True
    return await agreeing.be_told(actor, thing) or await dialogue.hear(thing, actor, known)


async def _remember(uri: str | None, actor: Actor, known: Known) -> None:
    """It does not come again."""
    if uri is not None and same_origin(uri, actor.uri):
        await known.remember_gone(uri, by=actor.uri, at=datetime.now(UTC))
