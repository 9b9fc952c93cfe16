"""Which other servers are neighbours: hubs that exchange what is meant for hubs alone."""

from hub.actors.models import Role
from hub.fediverse.models import AgreementState, Follow, Neighbour


async def is_neighbour(host: str) -> bool:
    """The server actors follow each other, both have accepted, and nobody has paused it; never a region."""
    accepted = Follow.filter(accepted_at__not_isnull=True)
    following = accepted.filter(follower__role=Role.SERVER, followed__host=host)
    followed = accepted.filter(followed__role=Role.SERVER, follower__host=host)
    if not (await following.exists() and await followed.exists()):
        return False
    agreement = await Neighbour.get_or_none(host=host)
    return agreement is None or (agreement.state is AgreementState.AGREED and not agreement.is_region)
