"""What the group does among itself: tasks, dates, agreements. For those inside alone."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import Response

from hub import limits
from hub.errors import InvalidInput, NotAllowed, NotFound
from hub.limits import DATES_PER_POLL
from hub.projects import membership, mine, work
from hub.projects.models import Contributor, DateOption, DatePoll, Project, Task
from hub.projects.rights import Rights
from hub.projects.within import Within, find_within
from hub.projects.work_forms import parse_agreements, parse_dates, parse_place, parse_task
from hub.text import N_
from hub.web.fields import parse_id
from hub.web.templates import render
from hub.web.viewer import Access, Page

MOST_DONE = 10

said = {
    "task-added": N_("It stands on the list."),
    "task-taken": N_("You take it on. Thank you!"),
    "task-given-back": N_("It is free for others again."),
    "task-done": N_("Done. Well done!"),
    "task-removed": N_("It is off the list."),
    "dates-asked": N_("Everybody is asked when they can."),
    "dates-answered": N_("Your dates are noted. You can still change them."),
    "dates-dropped": N_("Nobody is asked for these dates any more."),
    "date-chosen": N_("That day it is. It stands in the agenda, and all are told."),
    "agreed": N_("It is written down for everybody who takes part."),
}


async def show_work(request: Request) -> Response:
    return await _page(request, await find_within(request))


async def _page(request: Request, within: Within, problem: InvalidInput | None = None) -> Response:
    project, rights = within.project, within.rights
    tasks = Task.filter(project_id=project.id).select_related(
        "taken_by__participant", "taken_by__organisation"
    )
    done = tasks.exclude(done_at=None).order_by("-done_at").limit(MOST_DONE)
    own = [rights.mine.id] if rights.mine is not None else []
    page = render(
        request,
        "projects/work.html",
        status=422 if problem else 200,
        within=within,
        project=project,
        publication=project.publication,
        rights=rights,
        own=rights.mine,
        people=await membership.people_of(project),
        name_of=membership.name_of,
        open_tasks=await tasks.filter(done_at=None).order_by("due", "id"),
        done_tasks=await done,
        polls=await mine.polls_of([project.id], own, request.state.site.timezone),
        lines=range(1, DATES_PER_POLL + 1),
        values=request.state.form if problem else {},
        wrong=str(request.state.form.get("do", "")) if problem else "",
        errors=problem.by_field if problem else {},
    )
    return within.answer(page)


@dataclass(frozen=True, kw_only=True)
class Doing:
    """Who presses which button where."""

    within: Within
    form: Mapping[str, Any]
    now: datetime  # in the village's time zone
    trusted: bool

    @property
    def project(self) -> Project:
        return self.within.project

    @property
    def carries(self) -> bool:
        return self.within.rights.carries


async def act(request: Request) -> Response:
    """A button of that page."""
    within, viewer = await find_within(request), request.state.viewer
    doing = Doing(
        within=within,
        form=request.state.form,
        now=datetime.now(ZoneInfo(request.state.site.timezone)),
        trusted=not within.key and viewer.trusted,
    )
    deed = str(doing.form.get("do", ""))
    try:
        if deed in mine.DEEDS:
            done = await mine.DEEDS[deed](_own(within.rights), doing.form)
        elif deed in DEEDS:
            done = await DEEDS[deed](doing)
        else:
            raise NotFound
    except InvalidInput as problem:
        return await _page(request, within, problem)
    return within.see("/work", done)


def _own(rights: Rights) -> Contributor:
    if rights.mine is None:
        raise NotFound
    return rights.mine


async def _add_task(doing: Doing) -> str:
    title, due = parse_task(doing.form, doing.now.date())
    await work.add_task(doing.project, title, due)
    return "task-added"


async def _remove_task(doing: Doing) -> str:
    task = await Task.get_or_none(id=parse_id(doing.form, "task_id") or 0, project_id=doing.project.id)
    if task is None or not doing.carries:
        raise NotFound
    await work.remove_task(task)
    return "task-removed"


async def _ask_dates(doing: Doing) -> str:
    title, dates = parse_dates(doing.form, doing.now)
    _check_known(doing)
    await limits.spend(limits.POLLS_PER_PROJECT, f"project {doing.project.id}")
    await work.ask_dates(doing.project, title, dates, by=doing.within.rights.mine)
    return "dates-asked"


async def _choose_date(doing: Doing) -> str:
    option = await DateOption.get_or_none(
        id=parse_id(doing.form, "option") or 0, poll__project_id=doing.project.id
    )
    if option is None or not doing.carries:
        raise NotFound
    place = parse_place(doing.form)
    await work.choose_date(option, doing.within.person, place=place, trusted=doing.trusted)
    return "date-chosen"


async def _drop_dates(doing: Doing) -> str:
    poll = await DatePoll.get_or_none(id=parse_id(doing.form, "poll") or 0, project_id=doing.project.id)
    if poll is None or not doing.carries:
        raise NotFound
    await work.drop_dates(poll)
    return "dates-dropped"


async def _agree(doing: Doing) -> str:
    text, review = parse_agreements(doing.form, doing.now.date())
    _check_known(doing)
    await work.agree(doing.project, text, review)
    return "agreed"


def _check_known(doing: Doing) -> None:
    """What goes to the whole group is for who carries it, and for members whom the town hall knows."""
    if not doing.within.rights.improves:
        raise NotAllowed


DEEDS: dict[str, Callable[[Doing], Awaitable[str]]] = {
    "add-task": _add_task,
    "remove-task": _remove_task,
    "ask-dates": _ask_dates,
    "choose-date": _choose_date,
    "drop-dates": _drop_dates,
    "agree": _agree,
}

HERE, KEY = "/{code:code}", "/mine/{key}/{code:code}"
routes: list[Page] = [
    Page(f"{HERE}/work", show_work, access=Access.MEMBER),
    Page(f"{HERE}/work", act, access=Access.MEMBER, methods=["POST"], name="act_on_work"),
    Page(f"{KEY}/work", show_work, access=Access.ALWAYS, name="work_by_key"),
    Page(f"{KEY}/work", act, access=Access.ALWAYS, methods=["POST"], name="act_on_work_by_key"),
]
