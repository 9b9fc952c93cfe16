"""What pages show of the group of a project, and of projects of other villages."""

from datetime import UTC, datetime

import pytest

from hub.app import HANDLERS, use_slices
from hub.fediverse.receiving import handle_batch
from hub.members.models import Role
from hub.projects.actions import approve
from hub.projects.models import Contributor, Part, Project
from hub.publications.models import Publication
from tests import factories
from tests.others import activity, create, note, receive, sent, somebody
from tests.unit.hub.projects.conftest import project
from tests.unit.hub.projects.test_elsewhere import their_project
from tests.unit.hub.projects.test_elsewhere import val as val
from tests.unit.hub.village.visitors import engine as engine  # forms and words
from tests.unit.hub.village.visitors import visitors as visitors
from tests.unit.hub.village.visitors import words


@pytest.fixture(autouse=True)
def slices(village):
    use_slices()


async def hear(*messages):
    for message in messages:
        await receive(message)
        while await handle_batch(HANDLERS, now=datetime.now(UTC)):
            pass


async def test_the_handle_of_the_group_leads_to_the_page_of_the_project(visitors):
    four = await project(trusted=False)
    browser = await visitors.browser()
    path = f"/@{four.actor.name}"
    assert (await browser.get(path)).status_code == 404
    await approve(four, by="Claire")
    answer = await browser.get(path)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/{four.publication.code}")
    assert (await browser.get(f"{path}/follow")).status_code == 200


async def test_what_is_written_to_the_group_stands_on_its_page_and_agents_can_hide_it(visitors):
    four, zoe = await project(), await somebody("zoe", display_name="Zoé")
    post = note(zoe, "<p>Je prête ma bétonnière.</p>", audience=four.actor.uri)
    below = note(zoe, "<p>Bravo !</p>", inReplyTo=four.publication.uri)
    private = note(zoe, "<p>Entre nous.</p>", to=[four.actor.uri], cc=[])
    await hear(create(zoe, post), create(zoe, below), create(zoe, private))
    visitor = await visitors.browser()
    shown = words(await visitor.get(f"/{four.publication.code}"))
    assert "Je prête ma bétonnière." in shown
    assert "Bravo !" in shown
    assert "Entre nous." not in shown
    stored = await Publication.get(uri=post["id"])
    path = f"/{four.publication.code}/report?answer={stored.id}"
    assert path in (await visitor.get(f"/{four.publication.code}")).text
    assert (await visitor.get(path)).status_code == 200
    unseen = await Publication.get(uri=private["id"])
    assert (await visitor.get(f"/{four.publication.code}/report?answer={unseen.id}")).status_code == 404
    agent = await visitors.browser(await factories.member("Marie", role=Role.AGENT))
    page = (await agent.get(f"/{four.publication.code}")).text
    assert "/hide" in page


async def test_one_joins_a_project_next_door_from_here_without_an_account(visitors, val):
    document = their_project(val)
    await hear(create(val, document))
    there = await Project.get(publication__uri=document["id"]).select_related("publication")
    visitor, path = await visitors.browser(), f"/{there.publication.code}"
    assert f'href="{path}/join"' in (await visitor.get(path)).text
    page = await visitor.get(f"{path}/join")
    assert "Ce projet est de Val." in words(page)
    assert (await visitor.get(f"{path}/report")).status_code == 200
    form = {"name": "Paul", "contact": "06 12 34 56 78", "message": "J’arrive.", "code": "abcdef"}
    answer = await visitor.post(f"{path}/join", **form)
    assert answer.status_code == 303
    [asked] = await sent("Join")
    assert "06 12 34 56 78" not in str(asked)
    mine = answer.headers["location"]
    assert "Le four banal" in words(await visitor.get(mine))
    await hear(activity("Accept", val, asked["id"]))
    paul = await Contributor.get(uri=asked["id"])
    assert paul.part is Part.MEMBER
    left = await visitor.post(f"{mine.partition('?')[0]}/projects", contributor=str(paul.id), do="leave")
    assert left.status_code == 303
    assert [one["object"]["id"] for one in await sent("Undo")] == [asked["id"]]


async def test_of_a_project_next_door_nobody_here_changes_anything(visitors, val):
    document = their_project(val)
    await hear(create(val, document))
    there = await Project.get(publication__uri=document["id"]).select_related("publication")
    agent = await visitors.browser(await factories.member("Marie", role=Role.AGENT))
    for path in ("change", "stage", "people", "invite", "closing", "chapters/new", "remove", "work"):
        assert (await agent.get(f"/{there.publication.code}/{path}")).status_code == 404, path
