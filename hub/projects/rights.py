"""Who may do what in a project of this village: the one place that says it.

Everybody who sees a project reads its story, who carries it, and how many take part. Those inside (members
and carriers) also read the names, attach needs and events, and improve its words once the town hall knows
them. Who carries it, who speaks for an organisation that does, and agents look after the rest. In another
hub's project nobody changes anything here.
"""

from dataclasses import dataclass

from tortoise.queryset import QuerySet

from hub.participants.models import Participant
from hub.projects.membership import parts_of
from hub.projects.models import INSIDE, Contributor, Part, Project, Version
from hub.web.viewer import Viewer


@dataclass(frozen=True, kw_only=True)
class Rights:
    """Of one person in one project. `mine`: what they are in it themselves, or for their organisation."""

    mine: Contributor | None = None
    is_agent: bool = False
    is_trusted: bool = False

    @property
    def is_inside(self) -> bool:
        """Reads the names of those who take part; writes needs and events of the project."""
        return self.is_agent or self.mine is not None

    @property
    def carries(self) -> bool:
        """Moves it on, tells its story, says yes and no, closes it."""
        return self.is_agent or (self.mine is not None and self.mine.part is Part.CARRIER)

    @property
    def improves(self) -> bool:
        """Writes a new version of its words."""
        return self.carries or (self.mine is not None and self.is_trusted)

    def sees_hidden(self, project: Project) -> bool:
        """Those inside before the town hall has read it; carriers also what an agent hid later."""
        return self.carries or (self.mine is not None and not project.is_reviewed)


NOBODY = Rights()


async def rights_of(project: Project, viewer: Viewer | None, key: str = "") -> Rights:
    """Of a member, or of who holds a link of somebody without an account (`key`)."""
    if not project.publication.author.is_local:
        return NOBODY
    if viewer is None:
        holder = await Participant.of_key(key) if key else None
        if holder is None:
            return NOBODY
        return Rights(mine=await _within(project, Contributor.filter(participant_id=holder.id)))
    theirs = await parts_of(viewer.member_id)
    return Rights(mine=await _within(project, theirs), is_agent=viewer.is_agent, is_trusted=viewer.trusted)


async def is_first_author(project: Project, viewer: Viewer | None) -> bool:
    """Whose idea it was: they may contest what later versions made of it."""
    if viewer is None:
        return False
    first = Version.filter(project_id=project.id, number=1, by_participant__member_id=viewer.member_id)
    return await first.exists()


async def _within(project: Project, theirs: QuerySet[Contributor]) -> Contributor | None:
    """What they are that may do most."""
    inside = theirs.filter(project_id=project.id, part__in=list(INSIDE))
    found = await inside.select_related("participant", "organisation").order_by("id")
    carriers = [one for one in found if one.part is Part.CARRIER]
    return next(iter([*carriers, *found]), None)
