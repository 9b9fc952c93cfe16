"""The state of a need follows from its pledges: covered by itself, open again when one withdraws."""

from datetime import UTC, date, datetime

from hub.errors import NotFound
from hub.exchange.models import (
    COMMITTED,
    LIVING,
    Pledge,
    Proposal,
    Slot,
    State,
    Step,
)
from hub.exchange.words import nights_between


async def locked(proposal: Proposal) -> Proposal:
    """The row as it is now, locked until the transaction ends, with what acts need; also another hub's."""
    found = await Proposal.select_for_update(no_key=True).get_or_none(id=proposal.id)
    if found is None:
        raise NotFound
    await found.fetch_related("publication__author", "owner", "organisation")
    if found.publication.deleted_at is not None:
        raise NotFound
    return found


async def own(proposal: Proposal) -> Proposal:
    """Of ours, locked; raises NotFound for another hub's."""
    ours = await locked(proposal)
    if ours.owner is None:
        raise NotFound
    return ours


async def set_state(proposal: Proposal, state: State, *, by: str = "", note: str = "") -> None:
    """Dated and shown. The caller has locked the row, and saves nothing else of it."""
    if proposal.state is state:
        return
    proposal.state, proposal.changed_at = state, datetime.now(UTC)
    await proposal.save()
    await Step.create(proposal=proposal, state=state, by=by, note=note)


async def settle(proposal: Proposal) -> bool:
    """Count anew what was promised and delivered, in the caller's transaction; whether the state changed."""
    pledges = [pledge for pledge in await Pledge.filter(proposal_id=proposal.id) if pledge.state in COMMITTED]
    proposal.promised = sum(pledge.quantity for pledge in pledges)
    proposal.delivered = sum(pledge.delivered for pledge in pledges)
    await proposal.save()
    slots = await _count_slots(proposal, pledges)
    if proposal.state not in {*LIVING, State.COVERED}:
        return False
    before = proposal.state
    await set_state(proposal, _state(proposal, pledges, slots))
    return proposal.state is not before


def _state(proposal: Proposal, pledges: list[Pledge], slots: list[Slot]) -> State:
    if _is_covered(proposal, pledges, slots):
        return State.COVERED
    return State.UNDER_WAY if pledges else State.OPEN


def _is_covered(proposal: Proposal, pledges: list[Pledge], slots: list[Slot]) -> bool:
    if slots:
        return all(slot.missing == 0 for slot in slots)
    if proposal.nights:
        return not free_nights(proposal, pledges)
    return proposal.wanted is not None and proposal.promised >= proposal.wanted


def free_nights(proposal: Proposal, pledges: list[Pledge]) -> dict[date, int]:
    """What is left of the capacity in each night that has some left."""
    if proposal.starts_at is None or proposal.ends_at is None:
        return {}
    taken = dict.fromkeys(nights_between(proposal.starts_at.date(), proposal.ends_at.date()), 0)
    for pledge in pledges:
        if pledge.first_night is not None and pledge.last_night is not None:
            for night in nights_between(pledge.first_night, pledge.last_night):
                if night in taken:
                    taken[night] += pledge.quantity
    capacity = proposal.wanted or 0
    return {night: capacity - count for night, count in taken.items() if count < capacity}


async def _count_slots(proposal: Proposal, pledges: list[Pledge]) -> list[Slot]:
    slots = await Slot.filter(proposal_id=proposal.id)
    for slot in slots:
        promised = sum(pledge.quantity for pledge in pledges if pledge.slot_id == slot.id)
        if slot.promised != promised:
            slot.promised = promised
            await slot.save(update_fields=["promised"])
    return slots
