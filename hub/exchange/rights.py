"""Who may act on a need or an offer of this village: the one place that says it."""

from hub.exchange.models import Proposal
from hub.organisations.models import Spokesperson
from hub.participants.models import Participant
from hub.web.viewer import Viewer


async def may_change(proposal: Proposal, viewer: Viewer | None, key: str | None = None) -> bool:
    """Its author, who speaks for its organisation, agents, and who holds the author's link (`key`).

    Of another hub's nobody: it is changed where it was written.
    """
    if proposal.owner_id is None:
        return False
    if viewer is not None and (viewer.is_agent or await _is_theirs(proposal, viewer.member_id)):
        return True
    holder = await Participant.of_key(key) if key else None
    return holder is not None and holder.id == proposal.owner_id


async def _is_theirs(proposal: Proposal, member_id: int) -> bool:
    if await Participant.filter(id=proposal.owner_id, member_id=member_id).exists():
        return True
    return await Spokesperson.filter(member_id=member_id, organisation_id=proposal.organisation_id).exists()
