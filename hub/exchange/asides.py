"""What slices above show beside a need or an offer; the composition root lists them."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request

from hub.exchange.models import Proposal
from hub.participants.mine import Section

# The need or offer, and the address below which its author acts: /CODE, or /mine/KEY; empty for all others.
FindAside = Callable[[Request, Proposal, str], Awaitable[Section | None]]

asides: list[FindAside] = []


async def asides_for(request: Request, proposal: Proposal, base: str) -> list[Section]:
    """Those that have something to show."""
    found = [await find(request, proposal, base) for find in asides]
    return [one for one in found if one is not None]
