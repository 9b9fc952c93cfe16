"""By which regions something came, and on to whom it may go: so that nothing turns in circles.

What a region passes on names the server actors of the regions that it came through, the last one first; who
finds itself among them leaves it. What a region has of the village itself came through nobody.
"""

from collections.abc import Mapping

from federation import activities, properties
from federation.outgoing import wire_time
from federation.vocabulary import Json
from hub.actors.minting import server_uri
from hub.actors.models import Actor
from hub.publications.models import Reaction

Way = tuple[str, ...]

LONGEST = 5  # hubs in a row
THROUGH = "lavoir:through"


def read_way(said: Mapping[str, object]) -> Way | None:
    """As an Announce tells it; None where it was here already, or came too far."""
    listed = properties.listed(said.get(THROUGH), LONGEST + 1)
    found = tuple(uri for uri in map(properties.uri, listed) if uri is not None)
    return None if len(found) >= LONGEST or server_uri() in found else found


def way_of(reaction: Reaction) -> Way:
    """As it was written down."""
    return tuple((reaction.through or "").split())


def written(way: Way) -> str | None:
    return " ".join(way) or None


def announce_document(reaction: Reaction, actor: Actor) -> Json:
    """What one of ours passes on, as it is sent; the publication must be loaded with its author.

    `updated` is of the thing: who has it by us alone does not hear of a change otherwise.
    """
    announced = activities.announce(
        reaction.publication.uri,
        uri=reaction.uri,
        actor=actor.uri,
        followers=actor.followers_uri or f"{actor.uri}/followers",
        author=reaction.publication.author.uri,
        at=reaction.at,
    )
    changed_at, way = reaction.publication.updated_at, way_of(reaction)
    updated = {} if changed_at is None else {"updated": wire_time(changed_at)}
    return {**announced, **updated, **({THROUGH: list(way)} if way else {})}
