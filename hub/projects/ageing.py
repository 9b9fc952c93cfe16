"""What time does to projects: agreements are looked at again, none is left without a carrier, contacts go.

Every function takes `now`, and may come again: each row is dealt with once, in its own transaction.
"""

from datetime import UTC, datetime, timedelta

from tortoise.expressions import Q, Subquery
from tortoise.queryset import QuerySet

from hub.db import transaction
from hub.notifications.actions import forget_about
from hub.participants.ageing import CONTACTS_KEPT, each_row, first_word, forget_people, village_zone
from hub.projects import notices
from hub.projects.locking import own
from hub.projects.membership import carrying, hand_over
from hub.projects.models import ACTIVE, INSIDE, Answer, Contributor, Invited, Part, Project

AGAIN_AFTER = timedelta(days=10)  # before the links of the first mail are over


async def review_agreements(now: datetime | None = None) -> None:
    """On the day that they chose, all who take part are asked whether it still holds; once."""
    today = (now or datetime.now(UTC)).astimezone(await village_zone()).date()
    due = _ours().filter(agreements_review__lte=today)
    async for project in each_row(due.exclude(agreements="").filter(reminded_on=None)):
        async with transaction():
            ours = await own(project)
            if ours.reminded_on is None:
                ours.reminded_on = today
                await ours.save(update_fields=["reminded_on"])
                await notices.review_agreements(ours)


async def hand_over_orphans(now: datetime | None = None) -> None:
    """Where all who carry a project had their account closed, the town hall does for now."""
    carried = Subquery(carrying().values("project_id"))
    async for project in each_row(_ours().exclude(id__in=carried)):
        async with transaction():
            ours = await own(project)
            if ours.is_active and not await carrying().filter(project_id=ours.id).exists():
                await hand_over(ours)


async def ask_again(now: datetime | None = None) -> None:
    """Once more, ten days later, who said maybe or nothing; with links that work again."""
    now = now or datetime.now(UTC)
    before = now - AGAIN_AFTER
    waits = Q(answer=None, made_at__lte=before) | Q(answer=Answer.MAYBE, answered_at__lte=before)
    goes_on = Q(project__stage__in=list(ACTIVE), project__publication__deleted_at=None)
    found = Invited.filter(waits, goes_on, asked_again_at=None, project__is_reviewed=True)
    async for one in each_row(found.select_related("project", "organisation", "participant")):
        async with transaction():
            one.project = await own(one.project)
            if await Invited.filter(id=one.id, asked_again_at=None).update(asked_again_at=now):
                await notices.asked_again(one)


async def forget_contacts(now: datetime | None = None) -> None:
    """Thirty days after: no way to reach anybody. Who carried a project to its end keeps that credit."""
    now = now or datetime.now(UTC)
    cutoff = now - CONTACTS_KEPT
    over = Q(project__closed_at__lte=cutoff) | Q(project__publication__deleted_at__lte=cutoff)
    gone = Q(part__in=[Part.LEFT, Part.DECLINED], decided_at__lte=cutoff)
    known = Q(participant__erased_at=None, participant__actor_id=None)
    found = Contributor.filter(known, over | gone).select_related("project")
    async for one in each_row(found):
        async with transaction():
            await forget_people([one.participant_id], now, keep_names=one.part is Part.CARRIER)
            await Contributor.filter(id=one.id).update(contact="", message="")
            if one.part in INSIDE:
                await forget_about([one.project.publication_id], before=cutoff)
    await _forget_invited(cutoff, now)


async def _forget_invited(cutoff: datetime, now: datetime) -> None:
    """Persons who were asked by their own contact and are not in the group: their links are over, too."""
    over = Q(project__closed_at__lte=cutoff) | Q(project__publication__deleted_at__lte=cutoff)
    gone = Q(answer=Answer.NO, answered_at__lte=cutoff) | Q(asked_again_at__lte=cutoff)
    known = Q(participant__erased_at=None, participant__actor_id=None, participant_id__not_isnull=True)
    in_group = Subquery(Contributor.all().values("participant_id"))
    found = Invited.filter(known, over | gone).exclude(participant_id__in=in_group)
    async for one in each_row(found):
        async with transaction():
            await forget_people([one.participant_id or 0], now)
            await Invited.filter(id=one.id).update(name=first_word(one.name))


def _ours() -> QuerySet[Project]:
    """Of this village, that go on and are shown or read."""
    return Project.filter(stage__in=list(ACTIVE), publication__author__host="", publication__deleted_at=None)
