"""What goes when a member leaves, of projects: what others counted on in an orderly way."""

from hub.participants.actions import FORMER
from hub.participants.models import Participant
from hub.projects.membership import HOLDING, forget
from hub.projects.models import Chapter, Contributor, DateAnswer, Invited, Task, Version
from hub.text import gettext, speaking
from hub.village.models import Village


async def forget_member(member_id: int) -> None:
    """In the transaction that erases the account.

    A project that they carried alone is handed to the town hall, which is told. What they added to a
    project stays, without their name.
    """
    participants = Participant.filter(member_id=member_id)
    ids = [one.id for one in await participants.only("id")]
    if not ids:
        return
    found = Contributor.filter(participant_id__in=ids).select_related("project__publication")
    theirs = await found.order_by("id")
    for contributor in theirs:
        if contributor.part in HOLDING and contributor.project.publication.deleted_at is None:
            await forget(contributor)
    numbers = [one.id for one in theirs]
    await Task.filter(taken_by_id__in=numbers, done_at=None).update(taken_by_id=None)
    await DateAnswer.filter(contributor_id__in=numbers).delete()
    await Contributor.filter(id__in=numbers).update(message="", role="", contact="")
    await _take_out_names(ids, [one.project_id for one in theirs])


async def _take_out_names(participant_ids: list[int], project_ids: list[int]) -> None:
    """Where their name stands as credit, or as who told of something."""
    village = await Village.current()
    with speaking(village.locale if village is not None else "fr"):
        former = gettext(FORMER)
    names = {one.name for one in await Participant.filter(id__in=participant_ids).only("id", "name")}
    await Version.filter(by_participant_id__in=participant_ids).update(by=former)
    await Chapter.filter(project_id__in=project_ids, by__in=list(names)).update(by=former)
    await Invited.filter(participant_id__in=participant_ids).update(name=former)
    await Invited.filter(project_id__in=project_ids, asked_by__in=list(names)).update(asked_by=former)
