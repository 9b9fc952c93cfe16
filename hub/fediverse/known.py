"""What a batch of activities speaks of, looked up at once: a few statements for many messages.

Handlers add what they make, so that the next message of the batch sees it; after the transaction it is
thrown away.
"""

from collections import Counter
from collections.abc import Collection, Iterable
from datetime import datetime

from federation.documents import Activity, Document, thing_id
from hub.actors.minting import origin
from hub.actors.models import Actor, Role
from hub.db import places, rows
from hub.fediverse.models import Follow
from hub.fediverse.neighbours import is_neighbour, is_read
from hub.publications import receiving
from hub.publications.models import Kind, Publication
from hub.publications.receiving import ANYBODY


class Known:
    """The rows of one batch, by URI. `gone`: who deleted or undid what."""

    def __init__(self) -> None:
        self.actors: dict[str, Actor] = {}
        self.publications: dict[str, Publication] = {}
        self.gone: dict[str, str] = {}
        self._awaited: set[str] = set()
        self._answers: Counter[str] = Counter()
        self._followed: dict[int, bool] = {}
        self._near: dict[str, bool] = {}
        self._read: dict[str, bool] = {}

    @classmethod
    async def of(cls, activities: Collection[Activity]) -> "Known":
        """All that these activities name, as far as it can matter here."""
        things = {uri for activity in activities for uri in _things(activity)}
        known = cls()
        await known.load(things, actors={uri for activity in activities for uri in _actors(activity)})
        return known

    async def load(self, uris: Collection[str], *, actors: Collection[str] = ()) -> None:
        """Actors, publications and what is gone of `uris`, and further `actors`."""
        wanted = [*{*uris, *actors}]
        self.actors |= {actor.uri: actor for actor in await Actor.filter(uri__in=wanted)}
        if not uris:
            return
        found = Publication.filter(uri__in=[*uris]).select_related("author")
        self.publications |= {publication.uri: publication for publication in await found}
        among = f"IN ({places(len(uris))})"
        gone = await rows(f"SELECT uri, by FROM gone WHERE uri {among}", *uris)
        self.gone |= {row["uri"]: row["by"] for row in gone}
        waiting = f"SELECT in_reply_to FROM publication WHERE in_reply_to {among} AND root_id IS NULL"
        self._awaited |= {row["in_reply_to"] for row in await rows(waiting, *uris)}

    def ours(self, uri: str | None) -> Actor | None:
        """An actor of ours that exists for others."""
        actor = self.actors.get(uri or "")
        exists = actor is not None and actor.is_local and actor.deleted_at is None and not actor.hidden
        return actor if exists else None

    def has_of_ours(self, uri: str | None) -> bool:
        """Whether it is a publication of ours."""
        publication = self.publications.get(uri or "")
        return publication is not None and publication.author.is_local

    def named(self, uris: Iterable[str]) -> bool:
        """Whether one of ours is among them."""
        return any(self.ours(uri) is not None for uri in uris)

    async def addressed_by(self, asked: Activity) -> Actor | None:
        """Who answers for what is not there: whom of ours it was sent to, or the village."""
        ours = (self.ours(uri) for uri in (*asked.to, *asked.cc))
        found = next((one for one in ours if one is not None), None)
        return found or await Actor.of_role(Role.VILLAGE)

    def is_gone(self, uri: str, *, by: str) -> bool:
        return self.gone.get(uri) in (by, ANYBODY)

    async def remember_gone(self, uri: str, *, by: str, at: datetime) -> None:
        await receiving.remember_gone(uri, by=by, at=at)
        self.gone[uri] = by if self.gone.get(uri, by) == by else ANYBODY

    def add(self, publication: Publication) -> None:
        self.publications[publication.uri] = publication
        if publication.in_reply_to is not None and publication.root_id is None:
            self._awaited.add(publication.in_reply_to)
        if publication.in_reply_to is not None and receiving.is_counted(publication):
            self._answers[publication.in_reply_to] += 1

    async def count_answers(self) -> None:
        """Those that were added: a batch has many to few things, so once for each thing, at the end."""
        for uri, number in sorted(self._answers.items()):  # so that two batches never wait for each other
            if self.has_of_ours(uri):
                await receiving.count_answers(uri, by=number)
        self._answers.clear()

    def is_awaited(self, uri: str) -> bool:
        """Whether answers to it came before it."""
        return uri in self._awaited

    def join(self, uris: Iterable[str], parent: Publication) -> None:
        """These answers hang below the same thing of ours as `parent`."""
        for publication in (self.publications[uri] for uri in uris if uri in self.publications):
            publication.root_id, publication.kind = parent.root_id, Kind.ANSWER

    async def is_followed(self, actor: Actor) -> bool:
        """By an actor of ours, and accepted."""
        if (followed := self._followed.get(actor.id)) is None:
            follows = Follow.filter(followed_id=actor.id, accepted_at__not_isnull=True, follower__host="")
            followed = self._followed[actor.id] = await follows.exists()
        return followed

    async def is_near(self, actor: Actor) -> bool:
        """Of a neighbour hub, which sends us what it has for everybody and what it has for hubs."""
        if (near := self._near.get(actor.host)) is None:
            near = self._near[actor.host] = await is_neighbour(actor.host)
        return near

    async def is_read(self, actor: Actor) -> bool:
        """Of a hub whose server ours follows, also of a region: for what everybody may read."""
        if (read := self._read.get(actor.host)) is None:
            read = self._read[actor.host] = await is_read(actor.host)
        return read

    async def is_for_neighbours(self, actor: Actor, to: Collection[str]) -> bool:
        """Whether `to` is the followers of the server of `actor`, a neighbour of ours."""
        if not to or not await self.is_near(actor):
            return False
        servers = Actor.filter(host=actor.host, followed_by__follower__role=Role.SERVER)
        return await servers.filter(followers_uri__in=[*to]).exists()

    def follows_changed(self) -> None:
        self._followed.clear()
        self._near.clear()
        self._read.clear()


async def forget_waiting(signer: str) -> None:
    """Messages of `signer` that waited to know who it is may be handled now."""
    await rows("UPDATE received SET not_before = NULL WHERE signer = $1 AND failed_at IS NULL", signer)


def _things(activity: Activity) -> Iterable[str]:
    yield activity.id
    for thing in activity.objects:
        if (uri := thing_id(thing)) is not None:
            yield uri
        if isinstance(thing, Document) and thing.in_reply_to is not None:
            yield thing.in_reply_to
        if isinstance(thing, Activity) and thing.object_id is not None:
            yield thing.object_id


def _actors(activity: Activity) -> Iterable[str]:
    """Who acts, and whom of ours it names."""
    yield activity.actor
    thing = activity.object
    named = [*activity.to, *activity.cc]
    if isinstance(thing, Document):
        named += [*thing.to, *thing.cc, *thing.mentions, thing.audience or ""]
    if isinstance(thing, Activity):
        named.append(thing.actor)
    here = f"{origin()}/"
    yield from (uri for uri in named if uri.startswith(here))
