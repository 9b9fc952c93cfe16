"""Which other servers are neighbours: hubs that exchange what is meant for hubs alone."""

from hub.actors.models import Role
from hub.fediverse.models import AgreementState, Follow, Neighbour


async def is_neighbour(host: str) -> bool:
    """Both have agreed, and nobody here has paused it; never a region, which shows villages and is none."""
    return await Neighbour.exists(host=host, state=AgreementState.AGREED, is_region=False)


async def is_read(host: str) -> bool:
    """Its server is followed by ours, by agreement: a neighbour's, or, of a region, another region's."""
    ours = Follow.filter(follower__role=Role.SERVER, accepted_at__not_isnull=True, followed__host=host)
    agreed = Neighbour.filter(host=host, state=AgreementState.AGREED)
    return await agreed.exists() and await ours.exists()
