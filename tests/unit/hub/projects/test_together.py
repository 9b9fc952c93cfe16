"""From a need that several want to look after to a project of theirs (S33)."""

from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio

from hub.exchange.actions import support
from hub.exchange.models import Wish
from hub.exchange.templates import establish_templates
from hub.members.models import Member
from hub.participants.models import Participant, Person
from hub.projects import ageing
from hub.projects.invitations import answer
from hub.projects.models import Answer, Contributor, HeardNeed, Invited, Part, Project
from hub.publications.models import Kind, Publication
from hub.web.page_cache import forget_pages
from tests import factories
from tests.unit.hub.exchange.conftest import need
from tests.unit.hub.projects.conftest import project
from tests.unit.hub.village.visitors import errors, sent_again, words
from tests.unit.hub.village.visitors import visitors as visitors


@pytest.fixture(autouse=True)
def _forget():
    forget_pages()


@pytest_asyncio.fixture
async def ines(visitors, village):
    await establish_templates()
    return await visitors.browser(await factories.member("Inès"))


@pytest_asyncio.fixture
async def shuttle(ines):
    """Two want to look after it, Inès among them."""
    shuttle = await need(title="Une navette le jeudi", text="Depuis les Aires.")
    member = await Member.get(name="Inès")
    await support(shuttle, Person(name="Inès", member_id=member.id), Wish.TAKE_CHARGE)
    await support(shuttle, Person(name="Lucie", mail="lucie@example.fr"), Wish.TAKE_CHARGE)
    return shuttle


async def one_more(shuttle):
    await support(shuttle, Person(name="Noé", mail="noe@example.fr"), Wish.TAKE_CHARGE)


def path(shuttle, deed=""):
    return f"/{shuttle.publication.code}{deed}"


async def test_before_they_are_enough_there_is_no_such_page(ines, shuttle):
    assert (await ines.get(path(shuttle, "/together"))).status_code == 404
    assert path(shuttle, "/together") not in (await ines.get(path(shuttle))).text
    await one_more(shuttle)
    forget_pages()
    assert path(shuttle, "/together") in (await ines.get(path(shuttle))).text


async def test_one_of_them_begins_the_project_and_the_others_are_asked(ines, shuttle):
    await one_more(shuttle)
    form = sent_again(await ines.get(path(shuttle, "/together")))
    assert (form["title"], form["text"]) == ("Une navette le jeudi", "Depuis les Aires.")
    refused = await ines.post(path(shuttle, "/together"), **form | {"title": ""})
    assert refused.status_code == 422
    assert errors(refused) == {"title", "contact_shown"}
    form |= {"contact_shown": "ines@example.fr"}
    sent = [await ines.post(path(shuttle, "/together"), **form) for _ in range(2)]
    assert {one.status_code for one in sent} == {303}
    made = await Project.get().select_related("publication")
    assert made.publication.kind is Kind.PROJECT
    assert {one.name for one in await Invited.all()} == {"Lucie", "Noé"}
    assert await Contributor.filter(part=Part.CARRIER).count() == await Contributor.all().count() == 1
    shown = words(await ines.get(sent[0].headers["location"]))
    assert "Une navette le jeudi" in shown
    assert "lucie@example.fr" not in (await ines.get(f"{path(made)}/people")).text


async def test_the_contact_of_who_did_not_want_to_goes_after_thirty_days(ines, shuttle):
    await one_more(shuttle)
    form = sent_again(await ines.get(path(shuttle, "/together"))) | {"contact_shown": "ines@example.fr"}
    await ines.post(path(shuttle, "/together"), **form)
    lucie, noe = await Invited.all().order_by("name")
    await answer(lucie, Answer.YES)
    await answer(noe, Answer.NO)
    await ageing.forget_contacts(datetime.now(UTC) + timedelta(days=29))
    assert (await Participant.get(id=noe.participant_id)).mail == "noe@example.fr"
    await ageing.forget_contacts(datetime.now(UTC) + timedelta(days=31))
    assert (await Participant.get(id=noe.participant_id)).mail is None
    assert (await Participant.get(id=lucie.participant_id)).mail == "lucie@example.fr"


async def test_somebody_else_is_asked_to_say_first_that_they_want_to(visitors, ines, shuttle):
    await one_more(shuttle)
    paul = await visitors.browser(await factories.member("Paul"))
    shown = await paul.get(path(shuttle, "/together"))
    assert "Dites-le d’abord" in words(shown)
    sent = await paul.post(path(shuttle, "/together"), title="x", text="y", contact_shown="z")
    assert sent.status_code == 403
    assert not await Publication.filter(kind=Kind.PROJECT).exists()
    visitor = await visitors.browser()
    assert (await visitor.get(path(shuttle, "/together"))).status_code in (303, 401)


async def test_with_the_public_code_of_something_else_a_project_of_its_own_begins(ines, shuttle):
    await one_more(shuttle)
    theirs = await project(approves=True)
    form = sent_again(await ines.get(path(shuttle, "/together"))) | {"contact_shown": "ines@example.fr"}
    for number, taken in enumerate((theirs.publication.code, shuttle.publication.code), start=1):
        sent = await ines.post(path(shuttle, "/together"), **form | {"code": taken})
        assert sent.status_code == 303
        assert not sent.headers["location"].startswith(f"/{taken}")
        assert await Project.all().count() == number + 1
    assert not await HeardNeed.filter(project_id=theirs.id).exists()
    assert not await Invited.filter(project_id=theirs.id).exists()
