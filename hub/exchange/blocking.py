"""The town hall has blocked somebody elsewhere: nobody here waits for them any more, nor they for anybody.

What was agreed stays agreed, for somebody counts on it: its author may call it off.
"""

from typing import Any

from tortoise.expressions import Subquery
from tortoise.queryset import QuerySet

from hub.actors.models import Actor
from hub.exchange import notices, pledges
from hub.exchange.models import Pledge, PledgeState
from hub.text import N_, gettext, speaking
from hub.village.models import Village

WHY = N_("The town hall has blocked this account.")
_WAITING = (PledgeState.ASKED, PledgeState.PROPOSED)


async def stop_waiting(**who: Any) -> None:
    """`who` finds the actors; in the transaction that blocks them. They are told nothing."""
    there, reason = Subquery(Actor.filter(**who).exclude(host="").values("id")), await _why()
    ours = Pledge.filter(proposal__owner_id__not_isnull=True, participant__actor_id__in=there)
    for pledge in await _waiting(ours):
        await pledges.withdraw(pledge, reason)
    theirs = Pledge.filter(proposal__owner_id=None, proposal__publication__author_id__in=there)
    for pledge in await _waiting(theirs):
        locked = await pledges.locked_pledge(pledge)
        locked.state, locked.reason = PledgeState.DECLINED, reason
        await locked.save(update_fields=["state", "reason"])
        await notices.declined(locked)


async def _waiting(some: QuerySet[Pledge]) -> list[Pledge]:
    shown = some.filter(state__in=list(_WAITING), proposal__publication__deleted_at=None)
    return await shown.order_by("id")


async def _why() -> str:
    """In the language of the village: it becomes part of a text."""
    village = await Village.current()
    with speaking(village.locale if village is not None else "fr"):
        return gettext(WHY)
