"""Two who write in the same instant: on PostgreSQL one waits for the other, and never each for the other."""

import asyncio
from collections.abc import Awaitable
from dataclasses import replace
from datetime import timedelta

import pytest
import pytest_asyncio
from tortoise.models import Model

from hub.agenda import actions as agenda
from hub.agenda.coming import join
from hub.agenda.models import Attendance, Event, JoinDraft, Presence, Rhythm
from hub.agenda.series import make_ahead
from hub.db import dialect, hold, rows, transaction
from hub.errors import NotFound
from hub.exchange import pledges
from hub.exchange.models import Pledge
from hub.exchange.templates import establish_templates
from hub.members.actions import erase
from hub.members.models import Member, Role
from hub.moderation import actions as moderation
from hub.moderation.models import Basis, Case, Outcome, Verdict
from hub.participants.models import Participant, Person
from hub.publications.models import Publication
from tests import factories
from tests.unit.hub.agenda.conftest import event, in_days
from tests.unit.hub.exchange.conftest import hands, need
from tests.unit.hub.moderation.conftest import complaint
from tests.unit.hub.village.visitors import visitors as visitors


@pytest_asyncio.fixture
async def village(visitors):
    """With the site running, whose composition says what leaving means."""
    await establish_templates()
    return await factories.village()


def person(member):
    return Person(name=member.name, member_id=member.id)


async def until_waiting(count: int, last: asyncio.Task[object]) -> None:
    """Until so many wait for a row that somebody else holds, or the last one is done without having to.

    SQLite lets nobody else begin.
    """
    while dialect() == "postgres" and not last.done():
        [waiting] = await rows("SELECT count(*) AS number FROM pg_locks WHERE NOT granted")
        if waiting["number"] >= count:
            return
        await asyncio.sleep(0.01)


async def in_line(row: Model, *works: Awaitable[object]) -> None:
    """Let all of these wait for a row, in this order, and then go on."""
    held, free = asyncio.Event(), asyncio.Event()

    async def keep() -> None:
        async with transaction():
            await hold(type(row), [row.pk])
            held.set()
            await free.wait()

    tasks = [asyncio.ensure_future(keep())]
    await held.wait()
    for number, work in enumerate(works, 1):
        tasks.append(asyncio.ensure_future(work))
        await until_waiting(number, tasks[-1])
    free.set()
    await asyncio.gather(*tasks)


async def later(one: Event, *, following: bool = False) -> None:
    """An hour."""
    ours = await Event.get(id=one.id).select_related("publication")
    draft, hour = await agenda.draft_of(ours), timedelta(hours=1)
    again = replace(draft, starts_at=draft.starts_at + hour, ends_at=draft.ends_at + hour)
    await agenda.change_event(ours, again, following=following)


async def test_an_event_changes_while_two_who_come_erase_their_accounts(village):
    workshop = await event()
    members = [await factories.member(name) for name in ("Inès", "Luc")]
    for member in members:
        await join(workshop, JoinDraft(), person(member))
    await in_line(workshop, later(workshop), *[erase(member.id) for member in members])
    assert not await Member.exists()
    now = await Event.get(id=workshop.id)
    assert (now.starts_at, now.coming) == (workshop.starts_at + timedelta(hours=1), 0)


async def test_who_said_first_that_they_come_later_erases_their_account_while_the_series_moves(village):
    first = await event(repeats=Rhythm.WEEKLY, until=in_days(30).date())
    await make_ahead()
    rosa, last = await factories.member("Rosa"), await Event.all().order_by("-id").first()
    for each in (last, first):
        await join(each, JoinDraft(), person(rosa))
    await in_line(first, later(first, following=True), erase(rosa.id))
    assert {one.presence for one in await Attendance.all()} == {Presence.LEFT}
    assert (await Event.get(id=last.id)).starts_at == last.starts_at + timedelta(hours=1)


async def test_one_agent_hides_what_another_decides_about(village):
    wood = await Publication.get(id=(await need()).publication_id).select_related("author")
    await complaint(wood)
    marie, claire = [await factories.member(name, role=Role.AGENT) for name in ("Marie", "Claire")]
    verdict = Verdict(outcome=Outcome.HIDE, basis=Basis.CHARTER, rule="", reason="Il y a un nom.")
    decided = moderation.decide(await Case.get(), verdict, by=marie)
    await in_line(wood, moderation.hide(wood, by=claire), decided)
    assert (await Publication.get(id=wood.id)).hidden_at is not None
    assert (await Case.get()).decided_at is not None


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["postgres"])  # on SQLite they can begin nothing meanwhile
async def test_what_somebody_begins_while_their_account_is_erased_goes_with_it(village):
    workshop, wood = await event(), await need()
    luc = await factories.member("Luc")
    await join(workshop, JoinDraft(), person(luc))
    await in_line(workshop, erase(luc.id), pledges.pledge(wood, hands(message="Moi, Luc"), person(luc)))
    assert not await Pledge.filter(message__not="").exists()
    assert not await Participant.filter(mail="luc@example.fr").exists()


async def test_an_account_is_erased_once_by_a_button_that_is_pressed_twice(village, visitors):
    browser = await visitors.browser(await factories.member("Luc"))
    answers = await asyncio.gather(*(browser.post("/me/erase") for _ in range(2)))
    assert {answer.status_code for answer in answers} == {303}
    assert not await Member.exists()


async def test_who_goes_on_in_another_window_after_that_is_told_that_it_is_not_there(village):
    luc, workshop = await factories.member("Luc"), await event()
    await erase(luc.id)
    with pytest.raises(NotFound):
        await join(workshop, JoinDraft(), person(luc))
    assert not await Attendance.exists()


async def test_who_goes_on_in_the_instant_of_that_is_told_so_too(village):
    luc, workshop = await factories.member("Luc"), await event()
    deleted, free = asyncio.Event(), asyncio.Event()

    async def leave() -> None:
        async with transaction():
            await Member.filter(id=luc.id).delete()
            deleted.set()
            await free.wait()

    leaving = asyncio.create_task(leave())
    await deleted.wait()
    joining = asyncio.create_task(join(workshop, JoinDraft(), person(luc)))
    await until_waiting(1, joining)
    free.set()
    await leaving
    with pytest.raises(NotFound):
        await joining
