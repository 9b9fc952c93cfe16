"""The relay: what everybody may read is announced, by its id, to the servers that subscribed.

They hear of edits and deletions as all who follow somebody that announced it do (recipients.py).
"""

from datetime import UTC, datetime

from federation import activities
from federation.vocabulary import Json
from hub.actors.minting import activity_uri
from hub.actors.models import Actor, Role
from hub.fediverse.actions import Reach, publish
from hub.publications.models import Deed, Publication, Reaction, Scope
from hub.publications.receiving import react, take_back


async def relay(publication: Publication) -> None:
    """Pass it on, once, in the caller's transaction; nothing is done where nobody has subscribed.

    Its author hears nothing of it: to be relayed is no applause.
    """
    is_shown = publication.hidden_at is None and publication.deleted_at is None
    if publication.scope is not Scope.PUBLIC or not is_shown:
        return
    subscribed = Actor.filter(role=Role.RELAY, deleted_at=None, followed_by__accepted_at__not_isnull=True)
    actor, now = await subscribed.first(), datetime.now(UTC)
    if actor is None:
        return
    uri = activity_uri(actor.uri, "announces")
    if await react(Deed.ANNOUNCE, publication, actor=actor, uri=uri, at=now):
        announced = await _announced(publication, actor, uri=uri, at=now)
        await publish(announced, author=actor, reach=Reach(followers_of=(actor,)))


async def relay_no_more(publication: Publication) -> None:
    """It is gone, or no longer for everybody: take the announcement back."""
    relayed = Reaction.filter(publication_id=publication.id, deed=Deed.ANNOUNCE, actor__role=Role.RELAY)
    for said in await relayed.select_related("actor"):
        if await take_back(said.actor, uri=said.uri, deed=Deed.ANNOUNCE):
            announced = await _announced(publication, said.actor, uri=said.uri, at=said.at)
            undone = {**activities.undo(announced), "id": activity_uri(said.actor.uri, "undos")}
            await publish(undone, author=said.actor, reach=Reach(followers_of=(said.actor,)))


async def _announced(publication: Publication, actor: Actor, *, uri: str, at: datetime) -> Json:
    author = await Actor.get(id=publication.author_id)
    return activities.announce(
        publication.uri,
        uri=uri,
        actor=actor.uri,
        followers=f"{actor.uri}/followers",
        author=author.uri,
        at=at,
    )
