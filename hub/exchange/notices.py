"""Who is told what about needs, offers and pledges; in the transaction of what happened."""

from collections.abc import Sequence

from hub.exchange.models import Pledge, Proposal, Support


async def received(proposal: Proposal) -> None:
    """To its author: it hangs, or it is read first; how to come back to it."""


async def to_be_read(proposal: Proposal) -> None:
    """To agents: somebody new wrote something."""


async def approved(proposal: Proposal) -> None:
    """To its author: it hangs on the board."""


async def refused(proposal: Proposal, reason: str) -> None:
    """To its author: it does not, because."""


async def closed(proposal: Proposal, pledges: Sequence[Pledge]) -> None:
    """To who had promised or offered: nobody has to come."""


async def thanked(proposal: Proposal, pledges: Sequence[Pledge]) -> None:
    """To who helped: the author's thanks."""


async def group_possible(proposal: Proposal, eager: Sequence[Support]) -> None:
    """To those who want to look after it: there are enough for a group."""


async def pledged(pledge: Pledge) -> None:
    """To the author: somebody can help; yes or no."""


async def pledge_received(pledge: Pledge) -> None:
    """To the helper: what happens next; how to take it back."""


async def accepted(pledge: Pledge) -> None:
    """To both: how to reach each other, and where exactly."""


async def declined(pledge: Pledge) -> None:
    """To the helper: not this time."""


async def withdrawn(pledge: Pledge) -> None:
    """To the author: somebody cannot after all."""


async def thanked_in_person(pledge: Pledge) -> None:
    """To one helper."""


async def still_relevant(proposal: Proposal) -> None:
    """To the author of what nobody has touched for long."""


async def expired(proposal: Proposal) -> None:
    """To the author: its time has passed."""


async def tomorrow(pledge: Pledge) -> None:
    """To the helper, the day before."""
