"""Tasks, a date that suits most, and agreements: what a group does among itself."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio

from hub.agenda.models import Event, Standing
from hub.errors import Conflict
from hub.members.models import Member, Role
from hub.notifications.models import Notice
from hub.participants.models import Person
from hub.projects import actions, ageing, membership, work
from hub.projects.mine import polls_of
from hub.projects.models import (
    Answer,
    Closing,
    Contributor,
    ContributorDraft,
    DateAnswer,
    DateOption,
    DatePoll,
    Part,
    Project,
    Remains,
    Stage,
    Task,
)
from hub.web.page_cache import forget_pages
from tests import factories
from tests.unit.hub.projects.conftest import INES, PAUL, project
from tests.unit.hub.projects.test_people_pages import LUCIE, path
from tests.unit.hub.projects.test_people_pages import fill_in as join_page
from tests.unit.hub.village.visitors import errors, page, statements, words
from tests.unit.hub.village.visitors import visitors as visitors


@pytest.fixture(autouse=True)
def _forget():
    forget_pages()


@pytest_asyncio.fixture
async def ines(visitors, village):
    return await visitors.browser(await factories.member("Inès"))


@pytest_asyncio.fixture
async def comptoir(ines):
    member = await Member.get(name="Inès")
    return await project(person=Person(name="Inès", member_id=member.id))


@pytest_asyncio.fixture
async def paul(visitors, comptoir):
    browser = await visitors.browser(await factories.member("Paul"))
    await join_page(browser, comptoir)
    return browser


def in_days(number, hour=18):
    day = datetime.now(UTC).replace(hour=hour, minute=0, second=0, microsecond=0) + timedelta(days=number)
    return day, day + timedelta(hours=2)


def written(number):
    return (datetime.now(UTC) + timedelta(days=number)).strftime("%d/%m/%Y")


async def ask(project):
    return await work.ask_dates(project, "Premier atelier", [in_days(7), in_days(9)])


async def test_a_date_is_found_in_three_taps(visitors, ines, paul, comptoir):
    sent = await paul.post(
        path(comptoir, "/work"),
        do="ask-dates",
        what="Premier atelier",
        d1_day=written(7),
        d1_from="18 h",
        d2_day=written(9),
        d2_from="9",
        d2_to="12 h 30",
    )
    assert sent.headers["location"] == path(comptoir, "/work?said=dates-asked")
    first, second = await DateOption.all().order_by("starts_at")
    assert first.ends_at - first.starts_at == timedelta(hours=2)
    assert second.ends_at - second.starts_at == timedelta(hours=3, minutes=30)
    visitor = await visitors.browser()
    key = (await join_page(visitor, comptoir, **LUCIE)).headers["location"].partition("?")[0]
    own = await visitor.get(key)
    form = page(own).select_one(f"form:has([name=date{first.id}])")
    answered = await visitor.post(
        form["action"],
        contributor=form.select_one("[name=contributor]")["value"],
        poll=form.select_one("[name=poll]")["value"],
        do="dates",
        **{f"date{first.id}": "no", f"date{second.id}": "yes"},
    )
    assert answered.headers["location"] == f"{key}?said=dates-answered"
    mine = await Contributor.get(participant__name="Paul")
    poll = await DatePoll.get()
    await paul.post(
        "/mine/projects",
        contributor=str(mine.id),
        poll=str(poll.id),
        do="dates",
        **{f"date{first.id}": "yes", f"date{second.id}": "maybe"},
    )
    [shown] = await polls_of([comptoir.id], [mine.id], "UTC")
    assert shown.best == second.id  # of a yes and a maybe each, the one that nobody refuses
    chosen = await ines.post(path(comptoir, "/work"), do="choose-date", option=str(second.id), place="École")
    assert chosen.status_code == 303
    event = await Event.get().select_related("publication")
    assert (event.starts_at, event.ends_at) == (second.starts_at, second.ends_at)
    assert (event.project_id, event.place) == (comptoir.publication_id, "École")
    assert event.standing is Standing.PLANNED
    assert "Premier atelier" in words(await visitor.get(path(comptoir)))
    assert (await DatePoll.get()).event_id == event.id


async def test_a_date_is_chosen_once(comptoir):
    poll = await ask(comptoir)
    first, second = await DateOption.filter(poll_id=poll.id)
    made = await asyncio.gather(
        *(work.choose_date(one, INES, trusted=True) for one in (first, second, first))
    )
    assert sum(one is not None for one in made) == 1
    assert await Event.all().count() == 1
    [ines] = await membership.people_of(comptoir)
    with pytest.raises(Conflict):
        await work.answer_dates(poll, ines, {first.id: Answer.YES})


async def test_the_same_question_is_asked_once_and_the_last_answer_counts(comptoir):
    poll = await ask(comptoir)
    assert (await ask(comptoir)).id == poll.id
    [ines] = await membership.people_of(comptoir)
    first = await DateOption.filter(poll_id=poll.id).first()
    await work.answer_dates(poll, ines, {first.id: Answer.YES})
    await work.answer_dates(poll, ines, {first.id: Answer.NO, 999_999: Answer.YES})
    assert [one.answer for one in await DateAnswer.all()] == [Answer.NO]


async def test_dates_that_make_no_sense_come_back_with_what_is_wrong(paul, comptoir):
    refused = await paul.post(
        path(comptoir, "/work"),
        do="ask-dates",
        what="",
        d1_day=written(-3),
        d1_from="18 h",
        d2_day=written(5),
        d2_from="18 h",
        d2_to="17 h",
        d3_day="bientôt",
        d4_from="9 h",
        d5_day=written(5),
    )
    assert refused.status_code == 422
    assert errors(refused) == {"what", "d1_day", "d2_to", "d3_day", "d4_day", "d5_from"}
    assert 'value="17 h"' in refused.text
    assert not await DatePoll.exists()
    empty = await paul.post(path(comptoir, "/work"), do="ask-dates", what="Visite")
    assert errors(empty) == {"d1_day"}


async def test_an_answer_without_any_date_says_so(paul, comptoir):
    poll, mine = await ask(comptoir), await Contributor.get(participant__name="Paul")
    fields = {"contributor": str(mine.id), "poll": str(poll.id), "do": "dates"}
    refused = await paul.post(path(comptoir, "/work"), **fields)
    assert refused.status_code == 422
    assert "au moins une des dates" in words(refused)
    assert (await paul.post("/mine/projects", **fields)).status_code == 422


async def test_who_left_does_not_count_and_is_not_asked(comptoir):
    paul = await membership.join(comptoir, ContributorDraft(), PAUL)
    poll = await ask(comptoir)
    first = await DateOption.filter(poll_id=poll.id).first()
    await work.answer_dates(poll, paul, {first.id: Answer.YES})
    await membership.leave(paul)
    [shown] = await polls_of([comptoir.id], [], "UTC")
    assert shown.best is None


async def test_only_carriers_choose_and_only_those_inside_ask(visitors, paul, comptoir):
    poll = await ask(comptoir)
    option = await DateOption.filter(poll_id=poll.id).first()
    for deed in ({"do": "choose-date", "option": str(option.id)}, {"do": "drop-dates", "poll": str(poll.id)}):
        assert (await paul.post(path(comptoir, "/work"), **deed)).status_code == 404
    other = await visitors.browser(await factories.member("Noé"))
    assert (await other.post(path(comptoir, "/work"), do="add-task", task="Peindre")).status_code == 404
    elsewhere = await project(title="Un four à pain")
    foreign = await paul.post(path(elsewhere, "/work"), do="choose-date", option=str(option.id))
    assert foreign.status_code == 404
    assert not await Event.exists()


async def test_who_just_came_writes_to_nobody_yet(visitors, comptoir):
    new = await visitors.browser(await factories.member("Noé", trusted=False))
    await join_page(new, comptoir)
    work_page = path(comptoir, "/work")
    assert "ask-dates" not in (await new.get(work_page)).text
    dates = {"do": "ask-dates", "what": "Achetez !", "d1_day": written(7), "d1_from": "18 h"}
    assert (await new.post(work_page, **dates)).status_code == 403
    agreed = {"do": "agree", "agreements": "Rien.", "review": written(7)}
    assert (await new.post(work_page, **agreed)).status_code == 403
    assert (await new.post(work_page, do="add-task", task="Peindre")).status_code == 303
    assert not await DatePoll.exists()


async def test_a_task_is_taken_by_one_given_back_and_done(ines, paul, comptoir):
    work_page = path(comptoir, "/work")
    await paul.post(work_page, do="add-task", task="Demander un devis", task_due=written(20))
    task = await Task.get()
    await paul.post(work_page, do="take", task_id=str(task.id))
    assert (await ines.post(work_page, do="take", task_id=str(task.id))).status_code == 409
    assert "Paul" in words(await ines.get(work_page))
    await ines.post(work_page, do="give-back", task_id=str(task.id))  # not hers
    assert (await Task.get()).taken_by_id is not None
    await paul.post(work_page, do="give-back", task_id=str(task.id))
    assert (await Task.get()).taken_by_id is None
    await ines.post(work_page, do="done", task_id=str(task.id))
    assert (await Task.get()).done_at is not None
    assert (await paul.post(work_page, do="remove-task", task_id=str(task.id))).status_code == 404
    await ines.post(work_page, do="remove-task", task_id=str(task.id))
    assert not await Task.exists()
    refused = await paul.post(work_page, do="add-task", task="", task_due="bientôt")
    assert errors(refused) == {"task", "task_due"}


async def test_two_who_take_the_same_task_at_once_are_not_both_told_yes(comptoir):
    task = await work.add_task(comptoir, "Peindre")
    [ines] = await membership.people_of(comptoir)
    paul = await membership.join(comptoir, ContributorDraft(), PAUL)
    said = await asyncio.gather(*(work.take_task(task, one) for one in (ines, paul)), return_exceptions=True)
    assert sum(isinstance(one, Conflict) for one in said) == 1


async def test_agreements_are_looked_at_again_on_the_day_that_the_group_chose(ines, paul, comptoir):
    work_page = path(comptoir, "/work")
    refused = await ines.post(work_page, do="agree", agreements="On décide à l’unanimité.", review="")
    assert errors(refused) == {"review"}
    await ines.post(work_page, do="agree", agreements="On décide à l’unanimité.", review=written(30))
    assert "unanimité" in words(await paul.get(work_page))
    await ageing.review_agreements()
    assert not await Notice.filter(kind="review-agreements").exists()
    later = datetime.now(UTC) + timedelta(days=31)
    for _ in range(2):
        await ageing.review_agreements(later)
    assert await Notice.filter(kind="review-agreements").count() == 2  # each of the two, once
    await work.agree(comptoir, "À la majorité.", (later + timedelta(days=30)).date())
    await ageing.review_agreements(later + timedelta(days=31))
    assert await Notice.filter(kind="review-agreements").count() == 4


async def test_a_closed_group_finds_no_more_dates(comptoir):
    await actions.close(comptoir, Closing(stage=Stage.ENDED, remains=Remains.NOTHING), by="Inès")
    with pytest.raises(Conflict):
        await ask(comptoir)
    with pytest.raises(Conflict):
        await work.add_task(comptoir, "Peindre")


async def test_agents_see_the_work_but_do_not_answer_for_the_group(visitors, comptoir):
    agent = await visitors.browser(await factories.member("Marie", role=Role.AGENT))
    poll = await ask(comptoir)
    assert "Premier atelier" in words(await agent.get(path(comptoir, "/work")))
    assert (await agent.post(path(comptoir, "/work"), do="dates", poll=str(poll.id))).status_code == 404


async def test_the_page_of_somebody_asks_the_same_few_questions_however_many_projects(ines, comptoir):
    member = await Member.get(name="Inès")

    async def asked():
        with statements() as found:
            assert (await ines.get("/mine")).status_code == 200
        return len(found)

    await ask(comptoir)
    few = await asked()
    for title in ("Un four à pain", "Un verger", "Une ressourcerie"):
        await ask(await project(title=title, person=Person(name="Inès", member_id=member.id)))
    assert await asked() <= few + 1
    assert await Project.all().count() == 4
    assert await Contributor.filter(part=Part.CARRIER).count() == 4
