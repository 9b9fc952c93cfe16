"""What a link in a mail does, once, without signing in: the name of an Act and its function.

Each runs in the transaction that spends the link, and answers what was done.
"""

from collections.abc import Mapping

from hub.exchange import actions, pledges
from hub.exchange.models import Pledge, Proposal
from hub.notifications.people import ActFunction, Holder
from hub.text import N_


async def accept_pledge(holder: Holder, pledge: int) -> str:
    await pledges.accept(await Pledge.get(id=pledge))
    return N_("It is agreed. You both get a message that says how to reach each other.")


async def decline_pledge(holder: Holder, pledge: int) -> str:
    await pledges.decline(await Pledge.get(id=pledge))
    return N_("It is said, kindly: not this time.")


async def withdraw_pledge(holder: Holder, pledge: int) -> str:
    await pledges.withdraw(await Pledge.get(id=pledge))
    return N_("Your promise is taken back, and the other side is told. Thank you for saying so.")


async def confirm_pledge(holder: Holder, pledge: int) -> str:
    await pledges.confirm(await Pledge.get(id=pledge))
    return N_("It is confirmed. You both get a message that says how to reach each other.")


async def done_by_owner(holder: Holder, pledge: int) -> str:
    await pledges.confirm_done(await Pledge.get(id=pledge), by_owner=True)
    return N_("It is noted as done. You can also say thank you, on the page.")


async def done_by_helper(holder: Holder, pledge: int) -> str:
    await pledges.confirm_done(await Pledge.get(id=pledge), by_owner=False)
    return N_("It is noted as done. Thank you.")


async def renew_proposal(holder: Holder, proposal: int) -> str:
    await actions.renew(await Proposal.get(id=proposal))
    return N_("It stays on the board. Nobody asks you again for two weeks.")


async def close_proposal(holder: Holder, proposal: int) -> str:
    await actions.close(await Proposal.get(id=proposal))
    return N_("It is taken off the open ones, and whoever had offered is told.")


ACTS: Mapping[str, ActFunction] = {
    "accept-pledge": accept_pledge,
    "decline-pledge": decline_pledge,
    "withdraw-pledge": withdraw_pledge,
    "confirm-pledge": confirm_pledge,
    "done-by-owner": done_by_owner,
    "done-by-helper": done_by_helper,
    "renew-proposal": renew_proposal,
    "close-proposal": close_proposal,
}
