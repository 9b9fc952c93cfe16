"""Mails about organisations. Each is a job, so that a mail server that is down fails no page."""

from hub.members.models import Member
from hub.notifications.mail import send
from hub.organisations.models import Claim


async def claim_asked(claim_id: int) -> None:
    """Tell the agents that somebody asks for a page."""
    claim = await Claim.waiting().get_or_none(id=claim_id).select_related("member", "organisation")
    if claim is None:
        return
    for agent in await Member.agents():
        assert agent.mail is not None, "agents() gives those who can be written to"
        await send(
            agent.mail,
            locale=agent.locale,
            template="claim_asked",
            name=agent.name,
            by=claim.member.name,
            organisation=claim.organisation.name,
            path=f"/associations/claims/{claim.id}",
        )


async def claim_answer(claim_id: int) -> None:
    """Tell who asked for a page what the town hall decided."""
    claim = await Claim.get_or_none(id=claim_id).select_related("member", "organisation")
    if claim is None or claim.decided_at is None or claim.member.mail is None:
        return
    await send(
        claim.member.mail,
        locale=claim.member.locale,
        template="claim_answer",
        name=claim.member.name,
        organisation=claim.organisation.name,
        path=f"/@{claim.organisation.handle}",
        granted=claim.granted,
        answer=claim.answer,
    )
