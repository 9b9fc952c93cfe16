"""What goes when a member leaves, of projects: what others counted on in an orderly way."""

from tortoise.expressions import Q

from hub.db import hold
from hub.participants.actions import FORMER
from hub.participants.models import Participant
from hub.projects.membership import HOLDING, forget
from hub.projects.models import Chapter, Contributor, DateAnswer, Invited, Project, Task, Version
from hub.text import gettext, speaking
from hub.village.models import Village


async def forget_member(member_id: int) -> None:
    """In the transaction that erases the account.

    A project that they carried alone is handed to the town hall, which is told. What they added to a
    project stays, without their name.
    """
    ids = [one.id for one in await Participant.filter(member_id=member_id).only("id")]
    await _hold_projects(member_id, ids)
    former = await _former()
    await Chapter.filter(by_member_id=member_id).update(by=former, by_member_id=None)
    await Invited.filter(by_member_id=member_id).update(asked_by=former, by_member_id=None)
    await Version.filter(by_participant_id__in=ids).update(by=former)
    await Invited.filter(participant_id__in=ids).update(name=former)
    await _leave_projects(ids)


async def _hold_projects(member_id: int, participant_ids: list[int]) -> None:
    """All in which something is theirs."""
    theirs = (
        Contributor.filter(participant_id__in=participant_ids),
        Version.filter(by_participant_id__in=participant_ids),
        Invited.filter(Q(participant_id__in=participant_ids) | Q(by_member_id=member_id)),
        Chapter.filter(by_member_id=member_id),
    )
    await hold(
        Project, [number for each in theirs for number in await each.values_list("project_id", flat=True)]
    )


async def _leave_projects(participant_ids: list[int]) -> None:
    found = Contributor.filter(participant_id__in=participant_ids).select_related("project__publication")
    theirs = await found.order_by("id")
    for contributor in theirs:
        if contributor.part in HOLDING and contributor.project.publication.deleted_at is None:
            await forget(contributor)
    numbers = [one.id for one in theirs]
    await Task.filter(taken_by_id__in=numbers, done_at=None).update(taken_by_id=None)
    await DateAnswer.filter(contributor_id__in=numbers).delete()
    await Contributor.filter(id__in=numbers).update(message="", role="", contact="")


async def _former() -> str:
    """Where their name stands as credit, or as who told of something."""
    village = await Village.current()
    with speaking(village.locale if village is not None else "fr"):
        return gettext(FORMER)
