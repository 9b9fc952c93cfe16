"""Whether the other side of an agreement is still who it was: its keys changed, perhaps with its owner."""

from collections.abc import Sequence

from federation.origin import parse_uri
from hub.fediverse.models import AgreementState, Neighbour
from hub.neighbours import notices


async def hear_of_new_keys(owners: Sequence[str]) -> None:
    """A server gave other keys than we knew of one of its actors; in the transaction that keeps them."""
    hosts = {parse_uri(owner).netloc for owner in owners}
    standing = [AgreementState.AGREED, AgreementState.PAUSED]
    for neighbour in await Neighbour.filter(host__in=hosts, state__in=standing).order_by("id"):
        await notices.changed_keys(neighbour)
