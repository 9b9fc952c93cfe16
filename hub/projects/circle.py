"""Who is around a project, as its page shows them: who was asked, and what waits for whom."""

from dataclasses import dataclass

from hub.projects.invitations import Asked, asked_by
from hub.projects.models import Contributor, DatePoll, Part, Project
from hub.projects.rights import Rights


@dataclass(frozen=True, kw_only=True)
class Circle:
    """`waiting`: how many ask to join, for carriers; `polls`: for how many dates those inside are asked."""

    asked: Asked
    waiting: int = 0
    polls: int = 0


async def circle_of(project: Project, rights: Rights) -> Circle:
    """For `projects/_people.html`; numbers for some are counted for them alone."""
    asking = Contributor.filter(project_id=project.id, part=Part.ASKED)
    polls = DatePoll.filter(project_id=project.id, closed_at=None)
    return Circle(
        asked=await asked_by(project),
        waiting=await asking.count() if rights.carries else 0,
        polls=await polls.count() if rights.is_inside else 0,
    )
