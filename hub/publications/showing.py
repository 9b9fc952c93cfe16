"""What pages show around publications: faces, what we did with them, where they are read here."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from hub.actors.models import Actor
from hub.media.actions import picture_addresses
from hub.publications.documents import new_code
from hub.publications.models import Deed, Publication, Reaction
from hub.publications.visibility import Reader
from hub.web.viewer import Viewer


def reader_of(viewer: Viewer | None) -> Reader:
    """Who looks at a page, as far as publications care."""
    return Reader(member=viewer is not None, agent=viewer is not None and viewer.is_agent)


@dataclass(frozen=True)
class Around:
    """`pictures`: an address of ours by that of a face; `liked`, `boosted`: publications, by number."""

    pictures: dict[str, str] = field(default_factory=dict)
    liked: frozenset[int] = frozenset()
    boosted: frozenset[int] = frozenset()


async def around(publications: Iterable[Publication], *, ours: Actor | None = None) -> Around:
    """For publications with their authors; `ours`: the actor in whose name the viewer acts, if any."""
    shown = list(publications)
    pictures = await picture_addresses(each.author.icon_url for each in shown)
    if ours is None or not shown:
        return Around(pictures)
    deeds = await Reaction.filter(actor_id=ours.id, publication_id__in=[each.id for each in shown])
    by_deed = {deed: frozenset(one.publication_id for one in deeds if one.deed is deed) for deed in Deed}
    return Around(pictures, liked=by_deed[Deed.LIKE], boosted=by_deed[Deed.ANNOUNCE])


async def give_codes(publications: Iterable[Publication]) -> None:
    """A page here for each of these posts of others, so that agents can answer them."""
    for each in publications:
        if each.code is None:
            await Publication.filter(id=each.id, code=None).update(code=new_code())
            each.code = (await Publication.get(id=each.id)).code
