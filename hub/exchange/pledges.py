"""What people do with pledges: "I can help", yes, no, I cannot after all, it is done, thank you.

A pledge binds only once both sides have said yes; until then nobody learns how to reach the other.
"""

from contextlib import suppress
from datetime import UTC, datetime, timedelta

from tortoise.exceptions import IntegrityError

from hub.actors.minting import object_uri
from hub.actors.models import Actor
from hub.db import transaction
from hub.errors import Conflict, InvalidInput, NotFound
from hub.exchange import notices, wire
from hub.exchange.models import COMMITTED, LIVING, PENDING, Pledge, PledgeDraft, PledgeState, Proposal, Slot
from hub.exchange.publishing import send_changes
from hub.exchange.settling import free_nights, locked, settle
from hub.exchange.words import nights_between
from hub.jobs import enqueue
from hub.participants.actions import participant_from, participant_of
from hub.participants.models import Participant, Person
from hub.publications.models import Publication
from hub.text import N_

PENDING_EACH = 20  # open pledges of one other server for one need
CONTACT_COMES = timedelta(minutes=5)  # after our yes, from another hub; its author is told once, with it

NOT_OPEN = N_("Nobody else is needed any more. Thank you all the same.")
TOO_MANY = N_("Fewer are still needed. Write a smaller number.")
SLOT_FULL = N_("This time is full. Choose another one.")
NIGHTS_FULL = N_("One of these nights is full. Choose others.")
WHICH_NIGHTS = N_("Say from which night to which, between the dates of the offer.")
GO_THERE = N_("This is of another village. Answer on its own page.")
WHICH_SLOT = N_("Choose one of the times.")
FULL = N_("There is no room for this one any more.")
DECIDED = N_("This was decided already.")


async def pledge(proposal: Proposal, draft: PledgeDraft, person: Person, *, code: str = "") -> Pledge:
    """ "I can help". Raises Conflict where nobody is needed any more, InvalidInput where it does not fit."""
    try:
        async with transaction():
            known = await Pledge.get_or_none(code=code) if code else None
            if known is not None:
                return known
            ours = await locked(proposal)
            await _check_fits(ours, draft)
            if person.actor_id is not None:
                return await _of_guest(ours, draft, person, code=code or None)
            made = await _add(ours, draft, await participant_of(person), code=code or None)
            if ours.owner is None:
                made.uri = object_uri()
                await made.save(update_fields=["uri"])
                await wire.send_offer(made)
            else:
                await notices.pledged(made)
            await notices.pledge_received(made)
            return made
    except IntegrityError:  # the same form, a moment ago
        return await Pledge.get(code=code)


async def receive_pledge(
    proposal: Proposal, draft: PledgeDraft, actor: Actor, *, uri: str, name: str = ""
) -> Pledge | None:
    """The Offer of another hub, in the caller's transaction; None where it came before.

    `name` is who helps, where `actor` speaks for several. Raises Conflict and InvalidInput, whose words go
    back with a Reject.
    """
    if await Pledge.exists(uri=uri):
        return None
    ours = await locked(proposal)
    await _check_not_many(ours, actor)
    await _check_fits(ours, draft)
    made = await _add(ours, draft, await participant_from(actor, name=name), uri=uri)
    await notices.pledged(made)
    return made


async def _of_guest(proposal: Proposal, draft: PledgeDraft, person: Person, *, code: str | None) -> Pledge:
    """Somebody elsewhere, who came in here: they hear of it in private, and can say no there."""
    if proposal.owner is None:
        raise Conflict(GO_THERE)
    helper = await participant_of(person)
    await _check_not_many(proposal, await Actor.get(id=person.actor_id))
    made = await _add(proposal, draft, helper, code=code)
    made.question_uri = object_uri()  # the thread of what is said about it
    await made.save(update_fields=["question_uri"])
    await notices.pledged(made)
    return made


async def _check_not_many(proposal: Proposal, actor: Actor) -> None:
    """Of one other server only so many wait for an answer."""
    theirs = Pledge.filter(proposal=proposal, participant__actor__host=actor.host, state__in=list(PENDING))
    if await theirs.count() >= PENDING_EACH:
        raise Conflict(NOT_OPEN)


async def count_as_pledge(proposal: Proposal, reply: Publication, *, quantity: int = 1) -> Pledge:
    """An answer from the open network is meant as help, says the author: its writer is asked in private."""
    async with transaction():
        ours = await locked(proposal)
        known = await Pledge.filter(proposal=ours, reply=reply).order_by("-id").first()
        if known is not None and known.state not in (PledgeState.WITHDRAWN, PledgeState.DECLINED):
            return known
        draft = PledgeDraft(quantity=quantity)
        await _check_fits(ours, draft, any_slot=True)
        who = await participant_from(reply.author)
        made = await _add(ours, draft, who, state=PledgeState.ASKED, reply=reply)
        await wire.ask_for_yes(made)
        return made


async def confirm(pledge: Pledge) -> None:
    """Who was asked says yes: it counts, if there is still room. Raises Conflict if not."""
    async with transaction():
        ours = await locked_pledge(pledge)
        if ours.state is PledgeState.ASKED:
            await _commit(ours)


async def accept(pledge: Pledge) -> None:
    """The author says yes: both learn how to reach each other. Raises Conflict where it is full by now."""
    async with transaction():
        ours = await locked_pledge(pledge)
        if ours.state in COMMITTED:
            return
        if ours.state is not PledgeState.PROPOSED:
            raise Conflict(DECIDED)
        await _commit(ours)


async def _commit(pledge: Pledge) -> None:
    proposal = pledge.proposal
    if not await _has_room(proposal, pledge):
        raise Conflict(FULL)
    await _decide(pledge, PledgeState.ACCEPTED)
    await settle(proposal)
    if pledge.participant.actor is not None:
        await wire.send_accept(pledge)
    await notices.accepted(pledge)
    if pledge.uri is not None and not pledge.participant.contact:
        await enqueue(tell_agreed, due_at=datetime.now(UTC) + CONTACT_COMES, pledge_id=pledge.id)
    else:
        await notices.agreed(pledge)
    await send_changes(proposal)


async def tell_agreed(pledge_id: int) -> None:
    """Agreed with who offered from another hub, which has not said how to reach them: by their handle."""
    with suppress(NotFound):  # deleted in the meantime
        async with transaction():
            ours = await locked_pledge(await Pledge.get(id=pledge_id))
            if ours.state is PledgeState.ACCEPTED and not ours.participant.contact:
                await notices.agreed(ours)


async def decline(pledge: Pledge, reason: str = "") -> None:
    """The author says no, or no longer."""
    async with transaction():
        ours = await locked_pledge(pledge)
        if ours.state in (PledgeState.DECLINED, PledgeState.WITHDRAWN, PledgeState.DONE):
            return
        had_counted = ours.state in COMMITTED
        ours.reason = reason
        if ours.participant.actor is not None:
            await (wire.take_back_accept(ours) if had_counted else wire.send_reject(ours))
        await _decide(ours, PledgeState.DECLINED)
        await notices.declined(ours)
        if had_counted:
            await settle(ours.proposal)
            await send_changes(ours.proposal)


async def withdraw(pledge: Pledge, reason: str = "") -> None:
    """The helper cannot after all: the need is open again for others."""
    async with transaction():
        ours = await locked_pledge(pledge)
        if ours.state in (PledgeState.DECLINED, PledgeState.WITHDRAWN, PledgeState.DONE):
            return
        had_counted = ours.state in COMMITTED
        ours.reason = reason
        await _decide(ours, PledgeState.WITHDRAWN)
        if ours.proposal.owner is None:
            await wire.take_back_offer(ours)
            return
        await notices.withdrawn(ours)
        if had_counted:
            await settle(ours.proposal)
            await send_changes(ours.proposal)


async def confirm_done(pledge: Pledge, *, by_owner: bool, delivered: int | None = None) -> None:
    """One side says that it was done; `delivered`: how many of what was promised."""
    async with transaction():
        ours = await locked_pledge(pledge)
        if ours.state not in COMMITTED:
            raise Conflict(DECIDED)
        now = datetime.now(UTC)
        if by_owner:
            ours.owner_done_at = ours.owner_done_at or now
        else:
            ours.helper_done_at = ours.helper_done_at or now
        if by_owner or ours.owner_done_at is None:  # who received it counts; the helper does not count again
            ours.delivered = ours.quantity if delivered is None else max(0, min(delivered, ours.quantity))
        ours.state = PledgeState.DONE if ours.owner_done_at else ours.state
        await ours.save()
        if ours.proposal.owner is not None:
            await settle(ours.proposal)
            if by_owner and ours.participant.actor is not None:
                await wire.send_done(ours)
            await send_changes(ours.proposal)
        elif not by_owner:
            await wire.send_done(ours)


async def thank_helper(pledge: Pledge, words: str) -> None:
    """In words, to this one person."""
    async with transaction():
        ours = await locked_pledge(pledge)
        if ours.state not in COMMITTED or words in ("", ours.thanks):
            return
        ours.thanks = words
        await ours.save(update_fields=["thanks"])
        if ours.participant.actor is not None:
            await wire.send_thanks(ours, words)
        await notices.thanked_in_person(ours)


async def locked_pledge(pledge: Pledge) -> Pledge:
    """The row as it is now, with its proposal locked until the transaction ends, and what acts need."""
    proposal = await Proposal.get(id=pledge.proposal_id)
    proposal = await locked(proposal)
    ours = await Pledge.get(id=pledge.id)
    await ours.fetch_related("participant__actor", "slot", "reply")
    ours.proposal = proposal
    return ours


async def _add(
    proposal: Proposal,
    draft: PledgeDraft,
    participant: Participant,
    *,
    state: PledgeState = PledgeState.PROPOSED,
    code: str | None = None,
    uri: str | None = None,
    reply: Publication | None = None,
) -> Pledge:
    made = await Pledge.create(
        proposal=proposal,
        participant=participant,
        slot_id=draft.slot_id,
        state=state,
        quantity=draft.quantity,
        first_night=draft.first_night,
        last_night=draft.last_night,
        message=draft.message,
        code=code,
        uri=uri,
        reply=reply,
    )
    await made.fetch_related("participant__actor", "slot", "reply")
    made.proposal = proposal
    return made


async def _decide(pledge: Pledge, state: PledgeState) -> None:
    pledge.state, pledge.decided_at = state, datetime.now(UTC)
    await pledge.save()


async def _check_fits(proposal: Proposal, draft: PledgeDraft, *, any_slot: bool = False) -> None:
    """Whether there is room for it, as far as one can know before the author decides."""
    if proposal.state not in LIVING or not proposal.takes_pledges:
        raise Conflict(NOT_OPEN)
    slots = await Slot.filter(proposal_id=proposal.id)
    if slots and not any_slot:
        slot = next((slot for slot in slots if slot.id == draft.slot_id), None)
        if slot is None:
            raise InvalidInput({"slot": WHICH_SLOT})
        if slot.missing < draft.quantity:
            raise InvalidInput({"slot": SLOT_FULL})
    elif proposal.nights:
        await _check_nights(proposal, draft)
    elif proposal.missing is not None and draft.quantity > proposal.missing:
        raise InvalidInput({"quantity": TOO_MANY})


async def _check_nights(proposal: Proposal, draft: PledgeDraft) -> None:
    if draft.first_night is None or draft.last_night is None or draft.last_night < draft.first_night:
        raise InvalidInput({"first_night": WHICH_NIGHTS})
    free = free_nights(proposal, await _counted(proposal))
    inside = [proposal.starts_at, proposal.ends_at]
    if any(at is None for at in inside):
        raise InvalidInput({"first_night": WHICH_NIGHTS})
    wanted = nights_between(draft.first_night, draft.last_night)[:400]
    assert proposal.starts_at is not None
    assert proposal.ends_at is not None
    if wanted[0] < proposal.starts_at.date() or wanted[-1] > proposal.ends_at.date():
        raise InvalidInput({"first_night": WHICH_NIGHTS})
    if any(free.get(night, 0) < draft.quantity for night in wanted):
        raise InvalidInput({"first_night": NIGHTS_FULL})


async def _has_room(proposal: Proposal, pledge: Pledge) -> bool:
    """Of two for the last place, the second comes too late, for the proposal is locked (GRP-13)."""
    if proposal.state not in LIVING:
        return False
    counted = await _counted(proposal)
    if pledge.slot_id is not None:
        slot = await Slot.get(id=pledge.slot_id)
        taken = sum(one.quantity for one in counted if one.slot_id == slot.id)
        return taken + pledge.quantity <= slot.wanted
    if proposal.nights:
        if pledge.first_night is None or pledge.last_night is None:
            return True
        free = free_nights(proposal, counted)
        return all(
            free.get(night, 0) >= pledge.quantity
            for night in nights_between(pledge.first_night, pledge.last_night)
        )
    taken = sum(one.quantity for one in counted)
    return proposal.wanted is None or taken + pledge.quantity <= proposal.wanted


async def _counted(proposal: Proposal) -> list[Pledge]:
    return await Pledge.filter(proposal_id=proposal.id, state__in=list(COMMITTED))
