"""Who may do what in a project of this village: the one place that says it.

Everybody who sees a project reads its story, who carries it, and how many take part. Those inside (members
and carriers) also read the names, attach needs and events, and improve its words once the town hall knows
them. Who carries it, who speaks for an organisation that does, and agents look after the rest. In another
hub's project nobody changes anything here.
"""

from dataclasses import dataclass

from tortoise.expressions import Q

from hub.organisations.models import Spokesperson
from hub.participants.models import Participant
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


NOBODY = Rights()


async def rights_of(project: Project, viewer: Viewer | None, key: str = "") -> Rights:
    """Of a member, or of who holds a link of somebody without an account (`key`)."""
    if not project.publication.author.is_local:
        return NOBODY
    if viewer is None:
        holder = await Participant.of_key(key) if key else None
        return NOBODY if holder is None else Rights(mine=await _within(project, Q(participant_id=holder.id)))
    who = Q(participant__member_id=viewer.member_id)
    speaks = await Spokesperson.filter(member_id=viewer.member_id).values_list("organisation_id", flat=True)
    if speaks:
        who |= Q(organisation_id__in=list(speaks))
    return Rights(mine=await _within(project, who), is_agent=viewer.is_agent, is_trusted=viewer.trusted)


async def is_first_author(project: Project, viewer: Viewer | None) -> bool:
    """Whose idea it was: they may contest what later versions made of it."""
    if viewer is None:
        return False
    first = Version.filter(project_id=project.id, number=1, by_participant__member_id=viewer.member_id)
    return await first.exists()


async def _within(project: Project, who: Q) -> Contributor | None:
    """What they are that may do most."""
    theirs = Contributor.filter(who, project_id=project.id, part__in=list(INSIDE))
    found = await theirs.select_related("participant", "organisation").order_by("id")
    carriers = [one for one in found if one.part is Part.CARRIER]
    return next(iter([*carriers, *found]), None)
