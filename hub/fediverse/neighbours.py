"""Which other servers are neighbours: hubs that exchange what is meant for hubs alone."""

from hub.actors.models import Role
from hub.fediverse.models import Follow


async def is_neighbour(host: str) -> bool:
    """The server actors follow each other, and both have accepted."""
    accepted = Follow.filter(accepted_at__not_isnull=True)
    following = accepted.filter(follower__role=Role.SERVER, followed__host=host)
    followed = accepted.filter(followed__role=Role.SERVER, follower__host=host)
    return await following.exists() and await followed.exists()
