"""What a link in a mail does, once, without signing in; in the transaction that spends the link."""

from collections.abc import Mapping

from hub.exchange.models import Proposal
from hub.matching import widening
from hub.notifications.people import ActFunction, Holder
from hub.text import N_


async def stop_widening(holder: Holder, proposal: int) -> str:
    await widening.stop(await Proposal.get(id=proposal))
    return N_("Nobody further is asked.")


ACTS: Mapping[str, ActFunction] = {"stop-widening": stop_widening}
