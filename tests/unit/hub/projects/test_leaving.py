"""A project never stays without somebody whom one can ask; who leaves takes their name and contact along."""

import json
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio

from hub.errors import Conflict
from hub.members.actions import erase, suspend
from hub.members.models import Member, Role
from hub.organisations.actions import list_organisation
from hub.organisations.models import OrganisationDraft
from hub.participants.models import Key, Participant, Person
from hub.projects import ageing, membership, work
from hub.projects.actions import close, delete_project, refuse, rewrite, tell
from hub.projects.export import export
from hub.projects.invitations import invite
from hub.projects.models import (
    Chapter,
    ChapterDraft,
    Closing,
    Contributor,
    ContributorDraft,
    Invited,
    Part,
    Project,
    ProjectDraft,
    Remains,
    Sort,
    Stage,
    Task,
    Version,
)
from hub.village.models import Village
from tests import factories
from tests.unit.hub.projects.conftest import INES, PAUL, project
from tests.unit.hub.village.visitors import visitors as visitors

LATER = timedelta(days=31)


@pytest_asyncio.fixture
async def rosa(visitors, village):
    """With the site running, whose composition says what leaving means."""
    await Village.all().update(mail="mairie@saint-martin.example")
    return await factories.member("Rosa")


@pytest_asyncio.fixture
async def comptoir(rosa):
    return await project(person=Person(name="Rosa", member_id=rosa.id))


async def carriers(project):
    return await membership.people_of(project, Part.CARRIER)


async def test_the_town_hall_carries_what_a_member_carried_alone_and_erases(rosa, comptoir):
    await membership.join(comptoir, ContributorDraft(), PAUL)
    await erase(rosa.id)
    [hall] = await carriers(comptoir)
    assert (hall.sort, hall.contact, hall.participant.name) == (
        Sort.TOWN_HALL,
        "mairie@saint-martin.example",
        "La mairie",
    )
    assert (await Project.get(id=comptoir.id)).stage is Stage.OBSERVED
    left = await Contributor.get(part=Part.LEFT).select_related("participant")
    assert (left.contact, left.participant.name) == ("", "un ancien membre")
    assert "Rosa" not in [one.by for one in await Version.all()]
    assert "Rosa" not in [one.by for one in await Chapter.all()]


async def test_a_project_that_was_taken_down_holds_nobody(rosa, comptoir):
    await delete_project(comptoir)
    await erase(rosa.id)
    assert not await Contributor.filter(sort=Sort.TOWN_HALL).exists()
    assert not await Participant.filter(mail=rosa.mail).exists()


async def test_another_carrier_goes_on_without_the_town_hall(rosa, comptoir):
    paul = await membership.join(comptoir, ContributorDraft(), PAUL)
    await membership.make_carrier(paul, "paul@example.fr")
    await erase(rosa.id)
    assert [one.participant.name for one in await carriers(comptoir)] == ["Paul"]


async def test_the_town_hall_hands_on_once_somebody_else_carries_it(rosa, comptoir):
    paul = await membership.join(comptoir, ContributorDraft(), PAUL)
    await erase(rosa.id)
    [hall] = await carriers(comptoir)
    with pytest.raises(Conflict):
        await membership.decline(hall)
    await membership.make_carrier(paul, "paul@example.fr")
    await membership.decline(hall)
    assert [one.participant.name for one in await carriers(comptoir)] == ["Paul"]


async def test_a_closed_account_carries_nothing_alone(rosa, comptoir):
    administrator = await factories.member("Claire", role=Role.ADMINISTRATOR)
    paul = await membership.join(comptoir, ContributorDraft(), PAUL)
    await ageing.hand_over_orphans()
    assert [one.participant.name for one in await carriers(comptoir)] == ["Rosa"]
    await suspend(rosa.id, administrator)
    for _ in range(2):
        await ageing.hand_over_orphans()
    assert [one.participant.name for one in await carriers(comptoir)] == ["Rosa", "La mairie"]
    await membership.make_carrier(paul, "paul@example.fr")
    assert await part_of(paul) is Part.CARRIER


async def test_who_alone_can_be_asked_does_not_leave_it_to_a_closed_account(rosa, comptoir):
    administrator = await factories.member("Claire", role=Role.ADMINISTRATOR)
    paul = await membership.join(comptoir, ContributorDraft(), PAUL)
    await membership.make_carrier(paul, "paul@example.fr")
    await suspend(rosa.id, administrator)
    with pytest.raises(Conflict):
        await membership.leave(paul)


async def part_of(contributor):
    return (await Contributor.get(id=contributor.id)).part


async def test_what_they_had_taken_on_is_free_and_what_they_improved_stays(rosa, visitors):
    comptoir = await project()
    member = Person(name="Rosa", member_id=rosa.id)
    mine = await membership.join(comptoir, ContributorDraft(message="Je peins."), member)
    task = await work.add_task(comptoir, "Peindre")
    await work.take_task(task, mine)
    await rewrite(comptoir, ProjectDraft(title="Le Comptoir", text="Avec un four.", contact="x"), member)
    given = json.loads(json.dumps(await export(rosa.id), default=str))
    assert [one["part"] for one in given["takes_part_in"]] == ["member"]
    assert given["takes_part_in"][0]["message"] == "Je peins."
    assert [one["text"] for one in given["words_written"]] == ["Avec un four."]
    assert [one["title"] for one in given["tasks"]] == ["Peindre"]
    await erase(rosa.id)
    assert (await Task.get()).taken_by_id is None
    assert (await Version.get(number=2)).text == "Avec un four."
    assert (await Version.get(number=2)).by == "un ancien membre"
    assert (await Version.get(number=1)).by == INES.name
    assert (await Project.get(id=comptoir.id)).members == 1


async def test_contacts_go_thirty_days_after_somebody_left(village):
    comptoir = await project()
    paul = await membership.join(comptoir, ContributorDraft(message="06…"), PAUL)
    await membership.leave(paul)
    await ageing.forget_contacts(datetime.now(UTC) + timedelta(days=29))
    assert (await Participant.get(id=paul.participant_id)).phone == PAUL.phone
    await ageing.forget_contacts(datetime.now(UTC) + LATER)
    gone = await Participant.get(id=paul.participant_id)
    assert (gone.phone, gone.erased_at is None) == (None, False)
    assert (await Contributor.get(id=paul.id)).message == ""
    [ines] = await carriers(comptoir)
    assert ines.participant.mail == INES.mail


async def test_after_the_end_names_of_carriers_stay_as_credit_and_nobody_can_be_reached(village):
    comptoir = await project()
    lucie = await membership.join(
        comptoir, ContributorDraft(), Person(name="Lucie Moulin", mail="lucie@example.fr")
    )
    closing = Closing(stage=Stage.DONE, remains=Remains.INFORMAL, remains_contact="Odile")
    await close(comptoir, closing, by="Inès")
    await ageing.forget_contacts(datetime.now(UTC) + LATER)
    names = [one.name for one in await Participant.all().order_by("id")]
    assert set(names) == {"Inès Cordier", "Lucie"}
    assert not await Participant.filter(mail__not_isnull=True).exists()
    assert not await Key.filter(participant_id=lucie.participant_id).exists()
    assert not await Contributor.exclude(contact="").exists()
    assert (await Project.get(id=comptoir.id)).remains_contact == "Odile"


async def test_names_of_who_told_or_invited_go_with_the_account_and_those_of_namesakes_stay(rosa, visitors):
    """Also of agents, who are in no project, and of who had another name then."""
    comptoir, namesake = await project(), await factories.member("Rosa", mail="rosa2@example.fr")
    club = await list_organisation(OrganisationDraft(name="Club", mail="club@example.fr"))
    draft = ChapterDraft(on=datetime.now(UTC).date(), title="Les murs")
    await tell(comptoir, draft, by="Rosa Martin", member_id=rosa.id)
    await tell(comptoir, draft, by="Rosa", member_id=namesake.id)
    await invite(comptoir, [club.id], by="Rosa Martin", member_id=rosa.id)
    await erase(rosa.id)
    told = await Chapter.filter(title="Les murs").order_by("id")
    assert [one.by for one in told] == ["un ancien membre", "Rosa"]
    assert (await Invited.get()).asked_by == "un ancien membre"
    assert await Member.exists(id=namesake.id)


async def test_pages_keep_who_told(visitors, rosa, comptoir):
    browser = await visitors.browser(rosa)
    code = comptoir.publication.code
    await browser.post(f"/{code}/chapters/new", on="01/02/2025", title="Les murs")
    await browser.post(f"/{code}/stage", stage="explored")
    told = await Chapter.filter(project_id=comptoir.id)
    assert len(told) == 3
    assert {one.by_member_id for one in told} == {rosa.id}


async def test_contacts_go_thirty_days_after_a_project_was_refused(village):
    comptoir = await project(trusted=False)
    await refuse(comptoir, "Non.", by="Marie")
    lucie = await Participant.create(name="Lucie Moulin", mail="lucie@example.fr")
    await Invited.create(project=comptoir, participant=lucie, sort=Sort.RESIDENT, name="Lucie Moulin")
    await ageing.forget_contacts(datetime.now(UTC) + timedelta(days=29))
    assert await Participant.filter(mail__not_isnull=True).count() == 2
    await ageing.forget_contacts(datetime.now(UTC) + LATER)
    assert not await Participant.filter(mail__not_isnull=True).exists()
