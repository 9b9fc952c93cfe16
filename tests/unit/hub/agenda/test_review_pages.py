"""The town hall reads what newcomers announce, and says yes, or no and why."""

import pytest

from hub.agenda.models import Event, Rhythm, ShiftDraft, Standing
from hub.fediverse.models import Activity
from hub.journal import Entry
from hub.members.models import Role
from hub.notifications.models import Notice
from tests import factories
from tests.unit.hub.agenda.conftest import PAUL, event, in_days
from tests.unit.hub.village.visitors import engine as engine  # forms and words
from tests.unit.hub.village.visitors import errors, page, statements, words
from tests.unit.hub.village.visitors import visitors as visitors


@pytest.fixture
async def marie(visitors, village):
    """Of the town hall."""
    return await visitors.browser(await factories.member("Marie", role=Role.AGENT))


async def unread(**facts):
    return await event(trusted=False, **facts)


async def test_all_that_is_needed_to_decide_stands_there(marie):
    await unread(
        capacity=12,
        text="Appelez le 06 12 34 56 78.",
        repeats=Rhythm.WEEKLY,
        until=in_days(60).date(),
        shifts=(ShiftDraft(name="Chauffeur", wanted=3, private_place="Rue Basse"),),
        contributions=("Un gâteau",),
    )
    said = words(await marie.get("/moderation/events"))
    for fact in ("Atelier vélo", "Chaque semaine", "Salle des fêtes", "12", "Chauffeur", "Un gâteau"):
        assert fact in said
    assert "Rue Basse" not in said
    for fact in ("Rosa", "rosa@example.fr", "sans compte", "un numéro de téléphone"):
        assert fact in said


async def test_it_goes_into_the_agenda_and_others_hear_of_it(marie, visitors):
    workshop = await unread()
    assert not await Activity.exists()
    sent = await marie.post(f"/{workshop.publication.code}/hang-up")
    assert sent.headers["location"] == "/moderation/events?said=event-hung-up"
    assert (await Event.get(id=workshop.id)).standing is Standing.PLANNED
    assert await Activity.filter(type="Create").count() == 1
    visitor = await visitors.browser()
    assert "Atelier vélo" in words(await visitor.get(f"/{workshop.publication.code}"))
    assert await Entry.filter(act="approved").exists()


async def test_pressed_twice_it_happens_once(marie):
    workshop = await unread(repeats=Rhythm.WEEKLY, until=in_days(30).date())
    for _ in range(2):
        await marie.post(f"/{workshop.publication.code}/hang-up")
    assert await Event.all().count() == 4
    assert await Notice.filter(kind="event-approved").count() <= 1


async def test_it_is_set_aside_with_a_reason(marie):
    workshop = await unread()
    address = f"/{workshop.publication.code}/set-aside"
    assert errors(await marie.post(address)) == {f"reason-{workshop.publication.code}"}
    reason = {f"reason-{workshop.publication.code}": "C’est une publicité."}
    sent = await marie.post(address, **reason)
    assert sent.headers["location"] == "/moderation/events?said=event-set-aside"
    after = await Event.get(id=workshop.id)
    assert (after.standing, after.reason) == (Standing.REFUSED, "C’est une publicité.")
    await marie.post(f"/{workshop.publication.code}/hang-up")
    assert (await Event.get(id=workshop.id)).standing is Standing.REFUSED


async def test_agents_are_told_how_many_wait_and_where(marie):
    assert "à relire" not in words(await marie.get("/me"))
    await unread()
    shown = await marie.get("/me")
    assert "1 rendez-vous est à relire" in words(shown)
    assert page(shown).select_one("a[href='/moderation/events']") is not None


async def test_agents_see_it_before_the_others_do(marie, visitors):
    workshop = await unread()
    shown = words(await marie.get(f"/{workshop.publication.code}"))
    assert "Seule la mairie voit cette page" in shown
    member = await visitors.browser(await factories.member("Paul"))
    assert (await member.get(f"/{workshop.publication.code}")).status_code == 404


async def test_nobody_else_reads_or_decides(visitors, village):
    workshop = await unread()
    member = await visitors.browser(await factories.member("Paul"))
    assert (await member.get("/moderation/events")).status_code == 404
    for deed in ("hang-up", "set-aside"):
        assert (await member.post(f"/{workshop.publication.code}/{deed}")).status_code == 404
    assert (await Event.get(id=workshop.id)).standing is Standing.REVIEW


async def test_many_cost_as_few_questions_as_one(marie):
    await unread(shifts=(ShiftDraft(name="Chauffeur"),))
    await marie.get("/moderation/events")
    with statements() as for_one:
        await marie.get("/moderation/events")
    for number in range(3):
        await unread(person=PAUL, title=f"Bal {number}", contributions=("Un gâteau",))
    with statements() as for_four:
        await marie.get("/moderation/events")
    assert len(for_four) == len(for_one)
