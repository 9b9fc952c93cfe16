"""Who is told what about projects; in the transaction of what happened.

People elsewhere are told by hub.projects.wire, never from here.
"""

from hub.projects.models import Contributor, Invited, Project, Version


async def to_be_read(project: Project) -> None:
    """To agents: somebody new began a project."""


async def approved(project: Project) -> None:
    """To its carriers: everybody sees it now."""


async def refused(project: Project, reason: str) -> None:
    """To its carriers: it is not shown, because."""


async def asks_to_join(contributor: Contributor) -> None:
    """To the carriers: somebody asks to take part; yes and no stand in the mail."""


async def joined(contributor: Contributor) -> None:
    """To the carriers, and to who joined without an account: how to come back."""


async def admitted(contributor: Contributor) -> None:
    """To who asked: welcome."""


async def declined(contributor: Contributor, reason: str) -> None:
    """To who asked or took part: no, because."""


async def left(contributor: Contributor) -> None:
    """To the carriers."""


async def carries(contributor: Contributor) -> None:
    """To the new carrier."""


async def contested(project: Project, version: Version) -> None:
    """To the carriers: the first author does not agree, in their words."""


async def stage_reached(project: Project) -> None:
    """To all who take part: the project moved on."""


async def closed(project: Project) -> None:
    """To all who took part: how it ended, and thanks."""


async def taken_down(project: Project) -> None:
    """To all who take part: it is no longer shown."""


async def invited(invitation: Invited, token: str) -> None:
    """The mail with yes, no and maybe, to who needs no account."""


async def invitation_answered(invitation: Invited) -> None:
    """To the carriers."""
