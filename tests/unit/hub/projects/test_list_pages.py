"""The board of projects, the first page, and what is asked for a project by its members alone."""

import pytest

from hub.exchange.models import Proposal
from hub.exchange.templates import establish_templates
from hub.participants.models import Person
from hub.projects import actions, membership
from hub.projects.models import ContributorDraft, Project, Stage
from hub.publications.models import Scope
from tests import factories
from tests.unit.hub.projects.conftest import PAUL, project
from tests.unit.hub.village.visitors import page, sent_again, statements, words
from tests.unit.hub.village.visitors import visitors as visitors


def titles(response):
    return [one.text for one in page(response).select(".notice.project .title")]


async def test_those_under_way_by_what_moved_last(visitors, village):
    await project(title="Le four", code="bcdfgh")
    garden = await project(title="Le jardin", code="cdfghj", category="garden")
    done = await project(title="Le pont", code="dfghjk")
    await project(title="Pas encore lu", code="fghjkm", trusted=False)
    await project(title="Entre nous", code="ghjkmn", scope=Scope.VILLAGE)
    await Project.filter(id=done.id).update(stage=Stage.DONE)
    four = await Project.get(publication__code="bcdfgh")
    await actions.reach_stage(four, Stage.RUNNING, by="Inès")
    browser = await visitors.browser()
    assert titles(await browser.get("/projects")) == ["Le four", "Le jardin"]
    assert titles(await browser.get("/projects?stage=running")) == ["Le four"]
    assert titles(await browser.get("/projects?stage=closed")) == ["Le pont"]
    assert titles(await browser.get("/projects?category=garden")) == ["Le jardin"]
    assert titles(await browser.get("/projects?q=fours")) == ["Le four"]
    assert titles(await browser.get("/projects?q=inexistant")) == []
    assert titles(await browser.get("/projects?stage=nonsense&page=x")) == ["Le four", "Le jardin"]
    assert titles(await browser.get("/")) == ["Le four", "Le jardin"]
    member = await visitors.browser(await factories.member("Rosa"))
    assert "Entre nous" in titles(await member.get("/projects"))
    await membership.join(garden, ContributorDraft(), PAUL)
    assert "2 personnes participent" in words(await browser.get("/projects?category=garden"))


async def test_the_search_finds_it_as_a_card(visitors, village):
    await project(title="Le four à pain")
    await project(title="Un four entre nous", scope=Scope.VILLAGE)
    assert titles(await (await visitors.browser()).get("/search?q=fours")) == ["Le four à pain"]


async def test_an_empty_board_says_how_it_begins(visitors, village):
    assert "Aucun projet" in words(await (await visitors.browser()).get("/projects"))


async def test_it_asks_the_database_as_often_however_many_there_are(visitors, village):
    browser = await visitors.browser()
    await project(title="Projet 0")
    await browser.get("/projects")
    with statements() as before:
        await browser.get("/projects")
    for number in range(1, 14):
        await project(title=f"Projet {number}")
    with statements() as after:
        shown = await browser.get("/projects")
    assert len(titles(shown)) == 12
    assert len(after) <= len(before)
    assert titles(await browser.get("/projects?page=2")) == ["Projet 1", "Projet 0"]


# ------------------------------------------------------------------ needs of a project


@pytest.fixture
async def ines(village):
    await establish_templates()
    return await factories.member("Inès", mail="ines@example.fr")


async def written(browser, query=""):
    """A need, screen by screen, up to the last one."""
    form = sent_again(await browser.get(f"/new/need{query}")) | {
        "title": "Deux bricoleurs",
        "template": "hand",
    }
    form = sent_again(await browser.post("/new/need", **form))
    return await browser.post("/new/need", **form)


async def test_a_member_of_the_project_says_what_it_needs(visitors, ines):
    comptoir = await project(person=Person(name="Inès", member_id=ines.id))
    browser = await visitors.browser(ines)
    last = await written(browser, f"?project={comptoir.publication.code}")
    chosen = page(last).select_one("select[name=project] option[selected]")
    assert chosen.text == "Le Comptoir du lavoir"
    form = sent_again(last) | {
        "project": str(chosen["value"]),
        "scope": "public",
        "as": "self",
        "go": "publish",
    }
    assert (await browser.post("/new/need", **form)).status_code == 303
    need = await Proposal.get()
    assert need.project_id == comptoir.publication_id
    path = f"/{(await need.publication).code}/change"
    await browser.post(path, **sent_again(await browser.get(path)) | {"title": "Trois bricoleurs"})
    need = await Proposal.get().select_related("publication")
    assert (need.publication.title, need.project_id) == ("Trois bricoleurs", comptoir.publication_id)


async def test_nobody_else_writes_in_its_name(visitors, ines):
    comptoir = await project(person=Person(name="Inès", member_id=ines.id))
    rosa = await visitors.browser(await factories.member("Rosa"))
    code = comptoir.publication.code
    last = await written(rosa, f"?project={code}")
    assert page(last).select_one("select[name=project]") is None
    form = sent_again(last) | {"scope": "public", "as": "self", "go": "publish"}
    refused = await rosa.post("/new/need", **form | {"project": code})
    assert refused.status_code == 422
    assert not await Proposal.exists()
    assert (await rosa.post("/new/need", **form)).status_code == 303
    assert (await Proposal.get()).project_id is None
