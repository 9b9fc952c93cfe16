"""What the page of an actor of ours shows beside its name: how to follow it, what it published."""

from dataclasses import dataclass

from hub.actors.models import Actor, Role
from hub.actors.peers import is_on
from hub.fediverse.models import Follow
from hub.publications.models import Kind, Publication
from hub.publications.visibility import Reader, visible_to
from hub.text import N_

SHOWN = 10

WHAT_IT_IS = {
    Role.VILLAGE: N_("The village itself: the news of the town hall."),
    Role.BOARD: N_("A board of the village: it passes on what is published there."),
    Role.ORGANISATION: N_("An association or organisation of the village."),
}


@dataclass(frozen=True)
class Profile:
    """`open`: whether others may follow it from their own servers."""

    actor: Actor
    followers: int
    publications: list[Publication]
    open: bool

    @property
    def uri(self) -> str | None:
        """Where its document is, for those who may have it."""
        return self.actor.uri if self.open else None


async def profile_of(actor: Actor, reader: Reader) -> Profile:
    """Pinned publications come first, then the newest."""
    published = Publication.filter(visible_to(reader), author_id=actor.id, kind=Kind.ANNOUNCEMENT)
    latest = await published.order_by("-published_at", "-id").limit(SHOWN)
    pinned = [each for each in latest if each.pinned_at is not None]
    if len(latest) == SHOWN:  # else all of them are here
        pinned = await published.exclude(pinned_at=None)
    pinned.sort(key=lambda each: each.pinned_at or each.published_at, reverse=True)
    shown = {each.id: each for each in [*pinned, *latest]}
    followers = await Follow.filter(followed_id=actor.id).exclude(accepted_at=None).count()
    return Profile(actor, followers, list(shown.values()), is_on() and not actor.hidden)
