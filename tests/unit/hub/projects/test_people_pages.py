"""Joining a project from its page, without an account too; what carriers do about who wants to take part."""

from datetime import UTC, datetime

import pytest
import pytest_asyncio

from hub.members.models import Member, Role
from hub.organisations.actions import list_organisation
from hub.organisations.models import Kind, Organisation, OrganisationDraft, Spokesperson
from hub.participants.models import Participant, Person
from hub.projects.membership import join, make_carrier, of_member, people_of
from hub.projects.models import Contributor, ContributorDraft, Invited, Part, Project, Sort
from hub.publications.models import Publication, Scope
from hub.web.page_cache import forget_pages
from tests import factories
from tests.unit.hub.agenda.conftest import event
from tests.unit.hub.projects.conftest import PAUL, project
from tests.unit.hub.village.visitors import errors, page, sent_again, words
from tests.unit.hub.village.visitors import visitors as visitors


@pytest.fixture(autouse=True)
def _forget():
    forget_pages()


@pytest_asyncio.fixture
async def visitor(visitors, village):
    return await visitors.browser()


@pytest_asyncio.fixture
async def ines(visitors, village):
    """Who carries the project, signed in."""
    return await visitors.browser(await factories.member("Inès"))


@pytest_asyncio.fixture
async def comptoir(ines):
    member = await Member.get(name="Inès")
    return await project(person=Person(name="Inès", member_id=member.id))


def path(project, deed=""):
    return f"/{project.publication.code}{deed}"


async def fill_in(browser, project, **fields):
    form = sent_again(await browser.get(path(project, "/join")))
    return await browser.post(path(project, "/join"), **form | fields)


LUCIE = {"name": "Lucie", "contact": "lucie@example.fr", "message": "Je sais poser des étagères."}


async def test_somebody_without_an_account_joins_with_a_name_and_one_contact_and_gets_a_link(
    visitor, comptoir
):
    sent = await fill_in(visitor, comptoir, **LUCIE)
    assert sent.status_code == 303
    assert sent.headers["location"].startswith("/mine/")
    made = await Contributor.get(part=Part.MEMBER).select_related("participant")
    assert (made.participant.name, made.participant.mail) == ("Lucie", "lucie@example.fr")
    assert (made.sort, made.message) == (Sort.RESIDENT, "Je sais poser des étagères.")
    own = await visitor.get(sent.headers["location"])
    assert "Le Comptoir du lavoir" in words(own)
    assert "no-store" in own.headers["cache-control"]
    assert (await Project.get(id=comptoir.id)).members == 2


async def test_the_same_form_twice_makes_one_member_of_the_group(visitor, comptoir):
    form = sent_again(await visitor.get(path(comptoir, "/join"))) | LUCIE
    sent = [await visitor.post(path(comptoir, "/join"), **form) for _ in range(2)]
    assert {one.status_code for one in sent} == {303}
    assert await Contributor.filter(part=Part.MEMBER).count() == 1
    other = await visitor.post(path(comptoir, "/join"), **form | {"contact": "x@example.fr"})
    assert other.status_code == 409  # nobody gets the link of somebody else's form


async def test_a_form_with_gaps_comes_back_filled(visitor, comptoir):
    refused = await fill_in(visitor, comptoir, name="", contact="nowhere", message="À midi")
    assert refused.status_code == 422
    assert errors(refused) == {"name", "contact"}
    assert "À midi" in refused.text
    assert not await Contributor.filter(part=Part.MEMBER).exists()


async def test_a_member_joins_in_one_click_and_leaves_in_another(visitors, comptoir):
    paul = await visitors.browser(member := await factories.member("Paul"))
    assert (await fill_in(paul, comptoir)).headers["location"].startswith(path(comptoir))
    made = await of_member(comptoir, member.id)
    assert made.part is Part.MEMBER
    assert "Vous participez" in words(await paul.get(path(comptoir)))
    assert "Vous participez déjà" in words(await paul.get(path(comptoir, "/join")))
    assert "Le Comptoir du lavoir" in words(await paul.get("/mine"))
    left = await paul.post("/mine/projects", contributor=str(made.id), do="leave")
    assert left.headers["location"] == "/mine?said=left-project"
    assert (await of_member(comptoir, member.id)).part is Part.LEFT
    assert (await fill_in(paul, comptoir)).status_code == 303  # and may come back
    assert (await of_member(comptoir, member.id)).part is Part.MEMBER


async def test_who_speaks_for_an_association_joins_in_its_name(visitors, comptoir):
    member = await factories.member("Odile")
    club = await list_organisation(OrganisationDraft(name="Club des Tilleuls"))
    await Spokesperson.create(organisation=club, member=member)
    odile = await visitors.browser(member)
    await fill_in(odile, comptoir, **{"as": str(club.id)})
    made = await of_member(comptoir, member.id)
    assert (made.organisation_id, made.sort) == (club.id, Sort.ASSOCIATION)
    foreign = await list_organisation(OrganisationDraft(name="Menuiserie Faure", kind=Kind.COMPANY))
    refused = await fill_in(odile, await project(), **{"as": str(foreign.id)})
    assert refused.status_code == 422


async def test_nobody_leaves_for_somebody_else(visitors, visitor, comptoir):
    paul = await join(comptoir, ContributorDraft(), PAUL)
    other = await visitors.browser(await factories.member("Noé"))
    assert (await other.post("/mine/projects", contributor=str(paul.id), do="leave")).status_code == 404
    assert (await Contributor.get(id=paul.id)).part is Part.MEMBER
    assert (
        await visitor.post("/mine/wrong/projects", contributor=str(paul.id), do="leave")
    ).status_code == 410


async def test_the_last_carrier_reads_why_they_cannot_leave(ines, comptoir):
    [carrier] = await people_of(comptoir)
    refused = await ines.post("/mine/projects", contributor=str(carrier.id), do="leave")
    assert refused.status_code == 409
    assert "dernière personne" in refused.text
    refused = await ines.post("/mine/projects", contributor=str(carrier.id), do="step-back")
    assert refused.status_code == 409
    assert (await Contributor.get(id=carrier.id)).part is Part.CARRIER


async def test_carriers_see_how_to_reach_who_takes_part_and_nobody_else_does(
    visitors, visitor, ines, comptoir
):
    await fill_in(visitor, comptoir, **LUCIE)
    assert "lucie@example.fr" in (await ines.get(path(comptoir, "/people"))).text
    paul = await visitors.browser(await factories.member("Paul"))
    await fill_in(paul, comptoir)
    assert (await paul.get(path(comptoir, "/people"))).status_code == 404
    agent = await visitors.browser(await factories.member("Marie", role=Role.AGENT))
    assert (await agent.get(path(comptoir, "/people"))).status_code == 200
    for one in (visitor, paul):
        for address in (path(comptoir), path(comptoir, "/join")):
            assert "lucie@example.fr" not in (await one.get(address)).text


async def test_where_carriers_say_yes_first_nobody_is_in_before(visitors, visitor, ines, comptoir):
    await Project.filter(id=comptoir.id).update(approves=True)
    await fill_in(visitor, comptoir, **LUCIE)
    lucie = await Contributor.get(part=Part.ASKED)
    assert (await Project.get(id=comptoir.id)).members == 1
    shown = await ines.get(path(comptoir, "/people"))
    assert "Je sais poser des étagères." in words(shown)
    yes = await ines.post(path(comptoir, "/people"), contributor=str(lucie.id), do="admit")
    assert yes.status_code == 303
    assert (await Contributor.get(id=lucie.id)).part is Part.MEMBER
    no = await ines.post(
        path(comptoir, "/people"), contributor=str(lucie.id), do="decline", reason="Plus tard"
    )
    assert no.status_code == 303
    assert (await Contributor.get(id=lucie.id)).part is Part.DECLINED


async def test_another_carrier_has_a_contact_that_everybody_sees(ines, visitor, comptoir):
    paul = await join(comptoir, ContributorDraft(), PAUL)
    form = {"contributor": str(paul.id), "do": "make-carrier"}
    refused = await ines.post(path(comptoir, "/people"), **form, contact_shown="")
    assert refused.status_code == 422
    assert errors(refused) == {"contact_shown"}
    done = await ines.post(
        path(comptoir, "/people"), **form, contact_shown="paul@example.fr", role="trésorier"
    )
    assert done.status_code == 303
    shown = words(await visitor.get(path(comptoir)))
    assert "paul@example.fr" in shown
    assert "06 12 34 56 78" not in shown.replace("\N{NO-BREAK SPACE}", " ")


async def test_the_call_is_closed_and_opened_again(ines, visitor, comptoir):
    await ines.post(path(comptoir, "/people"), do="close")
    closed = await visitor.get(path(comptoir, "/join"))
    assert "pour le moment" in words(closed)
    assert page(closed).select_one("[name=contact]") is None
    refused = await visitor.post(path(comptoir, "/join"), **LUCIE)
    assert refused.status_code == 409
    await ines.post(path(comptoir, "/people"), do="open")
    assert (await fill_in(visitor, comptoir, **LUCIE)).status_code == 303


async def test_a_project_of_the_village_alone_is_joined_by_its_members_alone(visitors, ines, comptoir):
    inside = await project(scope=Scope.VILLAGE)
    visitor = await visitors.browser()
    assert (await visitor.get(path(inside, "/join"))).status_code == 404
    assert (await visitor.post(path(inside, "/join"), **LUCIE)).status_code == 404


async def test_the_directory_is_asked_by_kind_and_theme(ines, comptoir):
    for name, kind, activity, mail in (
        ("Chorale", Kind.ASSOCIATION, "Culture", "chorale@example.fr"),
        ("Boules", Kind.ASSOCIATION, "Sport", "boules@example.fr"),
        ("Menuiserie Faure", Kind.COMPANY, "culture", ""),
    ):
        await list_organisation(OrganisationDraft(name=name, kind=kind, activity=activity, mail=mail))
    nobody = await ines.get(path(comptoir, "/invite"))
    assert "Chorale" not in words(nobody)
    found = await ines.get(path(comptoir, "/invite?kind=association&theme=Culture&kind=nonsense"))
    assert "Chorale" in words(found)
    assert "Boules" not in words(found)
    companies = await ines.get(path(comptoir, "/invite?kind=company"))
    assert page(companies).select_one("input[name=organisation]").has_attr("disabled")
    refused = await ines.post(path(comptoir, "/invite"), kind="association")
    assert refused.status_code == 422
    assert errors(refused) == {"organisation"}
    chorale = await Organisation.get(name="Chorale")
    for _ in range(2):
        sent = await ines.post(path(comptoir, "/invite"), organisation=str(chorale.id), words="Venez !")
        assert sent.status_code == 303
    assert await Invited.all().count() == 1
    assert "Chorale" in words(await ines.get(path(comptoir, "/people")))
    assert "0 oui, 0 peut-être, 0 non" in words(await ines.get(path(comptoir)))


async def test_only_who_takes_part_sees_the_work_of_the_group(visitors, comptoir):
    paul = await visitors.browser(await factories.member("Paul"))
    assert (await paul.get(path(comptoir, "/work"))).status_code == 404
    await fill_in(paul, comptoir)
    assert (await paul.get(path(comptoir, "/work"))).status_code == 200


async def test_only_carriers_invite(visitors, comptoir):
    paul = await visitors.browser(await factories.member("Paul"))
    await fill_in(paul, comptoir)
    assert (await paul.get(path(comptoir, "/invite"))).status_code == 404
    assert (await paul.post(path(comptoir, "/invite"), organisation="1")).status_code == 404


async def test_by_their_link_somebody_steps_back_and_leaves(visitor, comptoir):
    sent = await fill_in(visitor, comptoir, **LUCIE)
    key = sent.headers["location"].partition("?")[0]
    lucie = await Contributor.get(part=Part.MEMBER)
    await make_carrier(lucie, "lucie@example.fr")
    back = await visitor.post(f"{key}/projects", contributor=str(lucie.id), do="step-back")
    assert back.headers["location"].startswith(key)
    left = await visitor.post(f"{key}/projects", contributor=str(lucie.id), do="leave")
    assert left.status_code == 303
    assert (await Contributor.get(id=lucie.id)).part is Part.LEFT
    assert await Participant.filter(name="Lucie").exists()


async def test_a_carrier_without_an_account_looks_after_it_all_behind_their_link(visitors, visitor, comptoir):
    key = (await fill_in(visitor, comptoir, **LUCIE)).headers["location"].partition("?")[0]
    code = comptoir.publication.code
    assert (await visitor.get(f"{key}/{code}/people")).status_code == 404
    assert (await visitor.get(f"{key}/{code}/work")).status_code == 200
    await make_carrier(await Contributor.get(part=Part.MEMBER), "lucie@example.fr")
    await Project.filter(id=comptoir.id).update(approves=True)
    await fill_in(visitor, comptoir, name="Noé", contact="noe@example.fr")
    shown = await visitor.get(f"{key}/{code}/people")
    assert "noe@example.fr" in words(shown)
    assert "no-store" in shown.headers["cache-control"]
    noe = await Contributor.get(part=Part.ASKED)
    done = await visitor.post(f"{key}/{code}/people", contributor=str(noe.id), do="admit")
    assert done.headers["location"] == f"{key}/{code}/people?said=admitted"
    assert (await Contributor.get(id=noe.id)).part is Part.MEMBER
    club = await list_organisation(OrganisationDraft(name="Club des Tilleuls", mail="club@example.fr"))
    sent = await visitor.post(f"{key}/{code}/invite", organisation=str(club.id))
    assert sent.status_code == 303
    assert (await Invited.get()).asked_by == "Lucie"
    asked = await visitor.post(f"{key}/{code}/work", do="add-task", task="Peindre")
    assert asked.headers["location"] == f"{key}/{code}/work?said=task-added"


async def test_a_link_opens_nothing_of_another_project_and_nothing_once_somebody_left(
    visitor, ines, comptoir
):
    key = (await fill_in(visitor, comptoir, **LUCIE)).headers["location"].partition("?")[0]
    other = await project(title="Un four à pain")
    lucie = await Contributor.get(part=Part.MEMBER)
    await make_carrier(lucie, "lucie@example.fr")
    for page_of in ("people", "work", "invite"):
        assert (await visitor.get(f"{key}/{other.publication.code}/{page_of}")).status_code == 404
        # also where a member's browser has the link of somebody else: the link counts, not the account
        assert (await ines.get(f"/mine/charter/{comptoir.publication.code}/{page_of}")).status_code == 404
    await visitor.post(f"{key}/projects", contributor=str(lucie.id), do="leave")
    assert (await visitor.get(f"{key}/{comptoir.publication.code}/work")).status_code == 404


async def test_a_link_does_not_open_what_an_agent_hid_unless_its_holder_carries_it(visitor, comptoir):
    key = (await fill_in(visitor, comptoir, **LUCIE)).headers["location"].partition("?")[0]
    inside = f"{key}/{comptoir.publication.code}/work"
    await Publication.filter(id=comptoir.publication_id).update(hidden_at=datetime.now(UTC))
    assert (await visitor.get(inside)).status_code == 404
    await make_carrier(await Contributor.get(part=Part.MEMBER), "lucie@example.fr")
    assert (await visitor.get(inside)).status_code == 200


async def test_the_kit_of_the_next_workshop_is_shown_to_who_may_open_it(visitors, ines, comptoir):
    club = await list_organisation(OrganisationDraft(name="Club des Tilleuls"))
    odile, rosa = await factories.member("Odile"), await factories.member("Rosa")
    for member in (odile, rosa):
        await Spokesperson.create(organisation=club, member=member)
    draft = ContributorDraft(organisation_id=club.id)
    hers = await join(comptoir, draft, Person(name="Odile", member_id=odile.id))
    workshop = await event(project_id=comptoir.publication_id)
    kit = f"/{workshop.publication.code}/kit"
    browser = await visitors.browser(rosa)  # speaks for it, too
    assert kit not in (await browser.get(path(comptoir))).text
    assert (await browser.get(kit)).status_code == 404
    await make_carrier(hers, "club@example.fr")
    assert kit in (await browser.get(path(comptoir))).text
    assert (await browser.get(kit)).status_code == 200
