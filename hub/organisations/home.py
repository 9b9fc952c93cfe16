"""For whom one speaks, and what waits for an agent."""

from hub.organisations.models import Claim, Spokesperson
from hub.text import ngettext
from hub.web.viewer import Viewer


async def spoken_for(viewer: Viewer | None) -> list[Spokesperson]:
    """The organisations in whose name the viewer may speak."""
    return [] if viewer is None else await Spokesperson.of_member(viewer.member_id)


async def mine(member_id: int) -> list[tuple[str, str]]:
    """Name and page of each organisation that this member speaks for."""
    speaks = await Spokesperson.of_member(member_id)
    return [(each.organisation.name, f"/@{each.organisation.handle}") for each in speaks]


async def waiting() -> list[tuple[str, str]]:
    """Claims that nobody has decided: a sentence, and the page."""
    count = await Claim.waiting().count()
    if not count:
        return []
    sentence = ngettext(
        "%(count)s association page is asked for", "%(count)s association pages are asked for", count
    )
    return [(sentence % {"count": count}, "/associations/claims")]
