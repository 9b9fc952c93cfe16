"""What a group does among itself: tasks, a date that suits most, agreements that are looked at again.

Each act may come twice; whoever is not inside is turned away by the pages.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from hub.agenda.actions import publish_event
from hub.agenda.models import Event, EventDraft, Standing
from hub.agenda.words import span_words
from hub.db import transaction
from hub.errors import Conflict
from hub.limits import TASKS_PER_PROJECT
from hub.participants.models import Person
from hub.projects import notices
from hub.projects.actions import CLOSED_ALREADY
from hub.projects.locking import own
from hub.projects.membership import of_member
from hub.projects.models import Answer, Contributor, DateAnswer, DateOption, DatePoll, Project, Task
from hub.text import N_, gettext, speaking
from hub.village.models import Village

TAKEN = N_("Somebody else has taken it on already.")
TOO_MANY_TASKS = N_("The list is full. Take out what is done.")
DATE_CHOSEN = N_("A date was chosen already.")
MEETING = N_("A meeting of the project “%(title)s”.")


async def add_task(project: Project, title: str, due: date | None = None) -> Task:
    """Raises Conflict once the project is closed, or where the list is full."""
    async with transaction():
        ours = await _open(project)
        if await Task.filter(project_id=ours.id, done_at=None).count() >= TASKS_PER_PROJECT:
            raise Conflict(TOO_MANY_TASKS)
        known = await Task.filter(project_id=ours.id, title=title, done_at=None, taken_by_id=None).first()
        return known or await Task.create(project=ours, title=title, due=due)


async def take_task(task: Task, contributor: Contributor) -> None:
    """At most one person. Raises Conflict for the second."""
    async with transaction():
        found = await _locked(task)
        if found.taken_by_id not in (None, contributor.id):
            raise Conflict(TAKEN)
        found.taken_by_id = contributor.id
        await found.save(update_fields=["taken_by_id"])


async def give_back(task: Task, contributor: Contributor) -> None:
    """It is free for others."""
    await Task.filter(id=task.id, taken_by_id=contributor.id, done_at=None).update(taken_by_id=None)


async def finish_task(task: Task, contributor: Contributor) -> None:
    """Done, by whoever had it, or else by who says so."""
    async with transaction():
        found = await _locked(task)
        if found.done_at is None:
            found.done_at = datetime.now(UTC)
            found.taken_by_id = found.taken_by_id or contributor.id
            await found.save(update_fields=["done_at", "taken_by_id"])


async def remove_task(task: Task) -> None:
    await Task.filter(id=task.id).delete()


async def ask_dates(
    project: Project,
    title: str,
    dates: Sequence[tuple[datetime, datetime]],
    *,
    by: Contributor | None = None,
) -> DatePoll:
    """When can you? All who take part are asked; the same question twice is one. Raises Conflict."""
    async with transaction():
        ours = await _open(project)
        known = await DatePoll.filter(project_id=ours.id, title=title, closed_at=None).first()
        if known is not None:
            return known
        poll = await DatePoll.create(project=ours, title=title)
        for starts_at, ends_at in sorted(set(dates)):
            await DateOption.create(poll=poll, starts_at=starts_at, ends_at=ends_at)
        await notices.date_asked(ours, poll, by)
        return poll


async def answer_dates(poll: DatePoll, contributor: Contributor, answers: Mapping[int, Answer]) -> None:
    """Of one of the group, by number of the date; the last word counts. Raises Conflict if too late."""
    async with transaction():
        ours = await DatePoll.select_for_update().get(id=poll.id)
        if ours.closed_at is not None:
            raise Conflict(DATE_CHOSEN)
        own = [one.id for one in await DateOption.filter(poll_id=ours.id)]
        rows = [
            DateAnswer(option_id=number, contributor_id=contributor.id, answer=said)
            for number, said in answers.items()
            if number in own
        ]
        await DateAnswer.bulk_create(
            rows, on_conflict=["option_id", "contributor_id"], update_fields=["answer", "at"]
        )


async def choose_date(
    option: DateOption, person: Person, *, place: str = "", trusted: bool = False
) -> Event | None:
    """That day it is: an event of the project, and all are told. None where another was chosen before."""
    async with transaction():
        found = await DatePoll.get(id=option.poll_id)
        project = await _open(await Project.get(id=found.project_id))
        poll = await DatePoll.select_for_update().get(id=option.poll_id)
        if poll.closed_at is not None:
            return None
        event = await publish_event(await _draft(project, poll, option, place=place), person, trusted=trusted)
        poll.closed_at, poll.event = datetime.now(UTC), event
        await poll.save(update_fields=["closed_at", "event_id"])
        await _tell(project, poll, event, by=await of_member(project, person.member_id))
        return event


async def drop_dates(poll: DatePoll) -> None:
    """No date after all; nobody is asked any more."""
    await DatePoll.filter(id=poll.id, closed_at=None).update(closed_at=datetime.now(UTC))


async def agree(project: Project, text: str, review: date | None = None) -> None:
    """What the group agreed on among itself, and when it looks at it again. Raises Conflict."""
    async with transaction():
        ours = await _open(project)
        ours.agreements, ours.agreements_review = text, review if text else None
        ours.reminded_on = None
        await ours.save(update_fields=["agreements", "agreements_review", "reminded_on"])


async def _draft(project: Project, poll: DatePoll, option: DateOption, *, place: str) -> EventDraft:
    village = await Village.current()
    publication = project.publication
    with speaking(publication.language or "fr"):
        text = gettext(MEETING) % {"title": publication.title}
    return EventDraft(
        title=poll.title,
        text=text,
        starts_at=option.starts_at,
        ends_at=option.ends_at,
        language=publication.language or "fr",
        scope=publication.scope,
        category=project.category,
        timezone=village.timezone if village is not None else "Europe/Paris",
        place=place,
        project_id=publication.id,
    )


async def _tell(project: Project, poll: DatePoll, event: Event, *, by: Contributor | None) -> None:
    zone = ZoneInfo(event.timezone)
    span = event.starts_at.astimezone(zone), event.ends_at.astimezone(zone)
    path = f"/{event.publication.code}" if event.standing is Standing.PLANNED else "/work"
    await notices.date_found(project, poll, when=lambda: span_words(*span), path=path, by=by)


async def _open(project: Project) -> Project:
    ours = await own(project)
    if not ours.is_active:
        raise Conflict(CLOSED_ALREADY)
    return ours


async def _locked(task: Task) -> Task:
    await own(await Project.get(id=task.project_id))
    return await Task.get(id=task.id)
