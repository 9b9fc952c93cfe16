"""What goes when a member leaves: their words at once, what others counted on in an orderly way."""

from hub.db import hold
from hub.exchange.actions import delete_proposal
from hub.exchange.models import Pledge, Proposal, Support, Voice
from hub.exchange.pledges import withdraw


async def forget_member(member_id: int) -> None:
    """In the transaction that erases the account; who counted on them is told as if they had said so.

    What hangs in the name of an organisation stays with it. A promise that was kept stays counted, without
    a name.
    """
    own = Proposal.filter(owner__member_id=member_id, publication__deleted_at=None)
    own = own.exclude(voice=Voice.ORGANISATION)
    made = Pledge.filter(participant__member_id=member_id, proposal__publication__deleted_at=None)
    await hold(
        Proposal, [*await own.values_list("id", flat=True), *await made.values_list("proposal_id", flat=True)]
    )
    for proposal in await own.order_by("id"):
        await delete_proposal(proposal)
    for pledge in await made.order_by("id"):
        await withdraw(pledge)
    await Support.filter(participant__member_id=member_id).delete()
    theirs = await Pledge.filter(participant__member_id=member_id).only("id")
    await Pledge.filter(id__in=[one.id for one in theirs]).update(message="", reason="")
