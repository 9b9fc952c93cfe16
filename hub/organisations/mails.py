"""Mails about organisations. Each is a job, so that a mail server that is down fails no page."""

from hub.notifications.mail import send
from hub.organisations.models import Claim


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
