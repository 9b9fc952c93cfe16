"""Projects on the page of somebody: what they are in, the dates they are asked for, tasks; also by a link."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from starlette.requests import Request
from tortoise.expressions import Q, Subquery

from hub.agenda.words import span_words
from hub.errors import NotFound
from hub.participants.mine import Section
from hub.participants.models import Participant
from hub.projects import membership, work
from hub.projects.models import (
    ACTIVE,
    INSIDE,
    Answer,
    Contributor,
    DateAnswer,
    DateOption,
    DatePoll,
    Part,
    Task,
)
from hub.projects.work_forms import parse_answers
from hub.text import N_
from hub.web.fields import parse_id

MOST = 50
PART_NAMES = {
    Part.ASKED: N_("Waits for a yes"),
    Part.MEMBER: N_("You take part"),
    Part.CARRIER: N_("You carry it"),
    Part.DECLINED: N_("Not for now"),
    Part.LEFT: N_("You have left"),
}
# Look of the pill, and its icon.
PART_LOOKS = {
    Part.ASKED: ("", "clock"),
    Part.MEMBER: ("ok", "done"),
    Part.CARRIER: ("ok", "people"),
    Part.DECLINED: ("", "stop"),
    Part.LEFT: ("", "stop"),
}


@dataclass(frozen=True, kw_only=True)
class Choice:
    """A date to choose, with how many said what, and what one said oneself."""

    option: DateOption
    timezone: str
    counts: Mapping[Answer, int]
    own: Answer | None

    @property
    def when(self) -> str:
        zone = ZoneInfo(self.timezone)
        return span_words(self.option.starts_at.astimezone(zone), self.option.ends_at.astimezone(zone))


@dataclass(frozen=True, kw_only=True)
class Poll:
    poll: DatePoll
    choices: Sequence[Choice]

    @property
    def is_answered(self) -> bool:
        return any(one.own is not None for one in self.choices)

    @property
    def best(self) -> int | None:
        """Number of the date that suits most; of a yes and a maybe the yes counts more."""
        ranked = [
            (one.counts.get(Answer.YES, 0), one.counts.get(Answer.MAYBE, 0), -one.option.id)
            for one in self.choices
        ]
        return -max(ranked)[2] if ranked and max(ranked)[0] else None


@dataclass(frozen=True, kw_only=True)
class Taking:
    """What somebody is in a project, and what waits for them there."""

    contributor: Contributor
    polls: Sequence[Poll]
    tasks: Sequence[Task]

    @property
    def is_in(self) -> bool:
        return self.contributor.part in INSIDE

    @property
    def holds(self) -> bool:
        return self.contributor.part in membership.HOLDING


async def section(request: Request, participants: Q, action: str) -> Section | None:
    """Nothing where they are in no project."""
    who = Subquery(Participant.filter(participants).values("id"))
    shown = Contributor.filter(participant_id__in=who, project__publication__deleted_at=None)
    listed = (
        await shown.exclude(part=Part.LEFT)
        .select_related("participant", "project__publication__author")
        .order_by("-id")
        .limit(MOST)
    )
    if not listed:
        return None
    return Section(
        template="projects/_mine.html",
        facts={
            "taking": await takings_of(listed, request.state.site.timezone),
            "action": f"{action}/projects",
            "base": "" if action == "/mine" else action,
            "part_names": PART_NAMES,
            "part_looks": PART_LOOKS,
        },
    )


async def takings_of(listed: Sequence[Contributor], timezone: str) -> list[Taking]:
    """Polls and tasks of all of them in a few questions."""
    inside = [one for one in listed if one.part in INSIDE and one.project.stage in ACTIVE]
    polls = await polls_of([one.project_id for one in inside], [one.id for one in inside], timezone)
    tasks = await Task.filter(
        Q(taken_by_id=None) | Q(taken_by_id__in=[one.id for one in inside]),
        project_id__in=[one.project_id for one in inside],
        done_at=None,
    ).order_by("due", "id")
    return [
        Taking(
            contributor=one,
            polls=[poll for poll in polls if one in inside and poll.poll.project_id == one.project_id],
            tasks=[
                task
                for task in tasks
                if one in inside and task.project_id == one.project_id and task.taken_by_id in (None, one.id)
            ],
        )
        for one in listed
    ]


async def polls_of(project_ids: Sequence[int], own: Sequence[int], timezone: str) -> list[Poll]:
    """Those where no date was chosen yet; `own`: numbers of the contributors who look."""
    if not project_ids:
        return []
    polls = await DatePoll.filter(project_id__in=list(project_ids), closed_at=None).order_by("id")
    options = await DateOption.filter(poll_id__in=[one.id for one in polls]).order_by("starts_at", "id")
    answers = await DateAnswer.filter(
        option_id__in=[one.id for one in options], contributor__part__in=list(INSIDE)
    )
    said: dict[int, list[DateAnswer]] = {}
    for answer in answers:
        said.setdefault(answer.option_id, []).append(answer)
    return [
        Poll(
            poll=poll,
            choices=[
                _choice(option, said.get(option.id, []), own=own, timezone=timezone)
                for option in options
                if option.poll_id == poll.id
            ],
        )
        for poll in polls
    ]


def _choice(
    option: DateOption, answers: Sequence[DateAnswer], *, own: Sequence[int], timezone: str
) -> Choice:
    said = [one.answer for one in answers]
    mine = [one.answer for one in answers if one.contributor_id in own]
    return Choice(
        option=option,
        timezone=timezone,
        counts={value: said.count(value) for value in Answer},
        own=mine[0] if mine else None,
    )


async def act_as_contributor(theirs: Q, form: Mapping[str, Any]) -> str:
    """What the pressed button says, as one of `theirs`; what to say afterwards.

    `theirs` is a condition on Contributor. Raises InvalidInput, NotFound, Conflict.
    """
    found = Contributor.filter(
        theirs, id=parse_id(form, "contributor") or 0, part__in=list(membership.HOLDING)
    )
    contributor = await found.select_related("project__publication").first()
    deed = DEEDS.get(str(form.get("do", "")))
    if contributor is None or deed is None:
        raise NotFound
    return await deed(contributor, form)


async def _leave(contributor: Contributor, form: Mapping[str, Any]) -> str:
    await membership.leave(contributor)
    return "left-project"


async def _step_back(contributor: Contributor, form: Mapping[str, Any]) -> str:
    await membership.step_back(contributor)
    return "stepped-back"


async def _dates(contributor: Contributor, form: Mapping[str, Any]) -> str:
    _check_inside(contributor)
    poll = await DatePoll.get_or_none(id=parse_id(form, "poll") or 0, project_id=contributor.project_id)
    if poll is None:
        raise NotFound
    await work.answer_dates(poll, contributor, parse_answers(form))
    return "dates-answered"


async def _take(contributor: Contributor, form: Mapping[str, Any]) -> str:
    await work.take_task(await _task(contributor, form), contributor)
    return "task-taken"


async def _give_back(contributor: Contributor, form: Mapping[str, Any]) -> str:
    await work.give_back(await _task(contributor, form), contributor)
    return "task-given-back"


async def _done(contributor: Contributor, form: Mapping[str, Any]) -> str:
    await work.finish_task(await _task(contributor, form), contributor)
    return "task-done"


async def _task(contributor: Contributor, form: Mapping[str, Any]) -> Task:
    _check_inside(contributor)
    task = await Task.get_or_none(id=parse_id(form, "task_id") or 0, project_id=contributor.project_id)
    if task is None:
        raise NotFound
    return task


def _check_inside(contributor: Contributor) -> None:
    if contributor.part not in INSIDE:
        raise NotFound


DEEDS: dict[str, Callable[[Contributor, Mapping[str, Any]], Awaitable[str]]] = {
    "leave": _leave,
    "step-back": _step_back,
    "dates": _dates,
    "take": _take,
    "give-back": _give_back,
    "done": _done,
}
