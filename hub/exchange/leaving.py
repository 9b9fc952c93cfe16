"""What goes when a member leaves: their words at once, what others counted on in an orderly way."""

from datetime import UTC, datetime

from hub.exchange.actions import delete_proposal
from hub.exchange.models import Key, Participant, Pledge, Proposal, Support, Voice
from hub.exchange.pledges import withdraw
from hub.text import N_, gettext, speaking
from hub.village.models import Village

FORMER = N_("a former member")


async def forget_member(member_id: int) -> None:
    """In the transaction that erases the account; who counted on them is told as if they had said so.

    What hangs in the name of an organisation stays with it. A promise that was kept stays counted, without
    a name.
    """
    own = Proposal.filter(owner__member_id=member_id, publication__deleted_at=None)
    for proposal in await own.exclude(voice=Voice.ORGANISATION).order_by("id"):
        await delete_proposal(proposal)
    for pledge in await Pledge.filter(participant__member_id=member_id).order_by("id"):
        await withdraw(pledge)
    await _forget([one.id for one in await Participant.filter(member_id=member_id).only("id")])


async def _forget(participants: list[int]) -> None:
    if not participants:
        return
    village = await Village.current()
    with speaking(village.locale if village is not None else "fr"):
        name = gettext(FORMER)
    await Support.filter(participant_id__in=participants).delete()
    await Key.filter(participant_id__in=participants).delete()
    await Pledge.filter(participant_id__in=participants).update(message="", reason="")
    await Participant.filter(id__in=participants).update(
        name=name, mail=None, phone=None, member_id=None, erased_at=datetime.now(UTC)
    )
