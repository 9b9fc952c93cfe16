"""The report of another server joins the list of what people here report."""

from federation.local import Received
from hub.actors.models import Actor
from hub.fediverse import inbox
from hub.fediverse.inbox import Claim
from hub.fediverse.known import Known
from hub.fediverse.models import Report
from hub.moderation.actions import take_in


async def flag(received: Received, actor: Actor, known: Known) -> bool:
    await inbox.flag(received, actor, known)
    report = await Report.get_or_none(uri=received.activity.id, actor=actor.uri, settled_at=None)
    if report is not None:
        await take_in(report)
    return True


claims: dict[str, Claim] = {"Flag": flag}
