"""Projects of other villages hang here, people here join them, and only their own side decides."""

from datetime import UTC, date, datetime

import pytest
import pytest_asyncio

from federation.documents import parse_document
from hub.actors.models import Actor, Role
from hub.agenda.models import Event
from hub.app import HANDLERS, use_slices
from hub.db import transaction
from hub.exchange.models import Proposal
from hub.fediverse import actions as fediverse
from hub.fediverse.models import Follow
from hub.fediverse.receiving import handle_batch
from hub.notifications.models import Notice
from hub.participants.models import Person
from hub.projects import membership
from hub.projects.models import Chapter, Contributor, ContributorDraft, Part, Project, Stage
from hub.projects.reading import read
from hub.publications.models import Kind, Publication, Scope
from tests import factories
from tests.others import activity, agree_with, create, new_uri, note, receive, sent, somebody
from tests.unit.hub.projects.conftest import PAUL, project


@pytest.fixture(autouse=True)
def slices(village):
    use_slices()


@pytest_asyncio.fixture
async def val(village):
    """The village next door, whose actor ours follows."""
    actor = await somebody("val", "val.example", kind="Organization", display_name="Val")
    async with transaction():
        ours = await fediverse.follow(await Actor.of_role(Role.VILLAGE), actor)
    await Follow.filter(id=ours.id).update(accepted_at=datetime.now(UTC))
    return actor


@pytest_asyncio.fixture
async def oven(village):
    """The group of the project next door."""
    return await somebody("four", "val.example", kind="Group", display_name="Le four")


async def hear(*messages):
    for message in messages:
        await receive(message)
        while await handle_batch(HANDLERS, now=datetime.now(UTC)):
            pass


def their_project(val, **facts):
    usual = {
        "name": "Projet : Le four banal",
        "source": {"content": "Remettre le four *en route*.", "mediaType": "text/markdown"},
        "lavoir:kind": "project",
        "lavoir:status": "running",
        "lavoir:stage": "decided",
        "lavoir:members": "7",
        "lavoir:project": "https://val.example/users/four",
        "lavoir:call": "Des maçons.",
        "joinMode": "free",
        "due": "2027-06-30T00:00:00Z",
        "resourceClassifiedAs": ["https://w3id.org/lavoir/category/works"],
        "location": {"type": "Place", "name": "Place du Four, Val"},
    }
    words = "<p><strong>Projet : Le four banal</strong></p><p>Remettre le four en route.</p>"
    return note(val, words, **{**usual, **facts})


async def hung(document):
    return await Project.get(publication__uri=document["id"]).select_related("publication__author")


async def joined(there, person=PAUL, code="abcdef", message="Avec ma truelle."):
    return await membership.join(there, ContributorDraft(message=message), person, code=code)


async def fresh(row):
    return await Contributor.get(id=row.id)


def newer(document, day, **facts):
    return {**document, "updated": f"2026-11-{day}T10:00:00Z", **facts}


# ------------------------------------------------------------ read


async def test_a_project_of_a_village_that_we_follow_hangs_here(val):
    document = their_project(val)
    await hear(create(val, document))
    four = await hung(document)
    assert (four.publication.kind, four.publication.title) == (Kind.PROJECT, "Le four banal")
    assert four.publication.html == "<p>Remettre le four <em>en route</em>.</p>"
    assert four.publication.code
    assert (four.stage, four.members, four.category, four.due) == (
        Stage.DECIDED,
        7,
        "works",
        date(2027, 6, 30),
    )
    assert (four.area, four.call, four.is_open, four.approves) == (
        "Place du Four, Val",
        "Des maçons.",
        True,
        False,
    )
    assert four.group_uri == "https://val.example/users/four"
    assert four.actor_id is None


async def test_its_timeline_here_is_the_stages_that_we_heard_of(val):
    document = their_project(val)
    await hear(create(val, document))
    later = newer(document, 21, **{"lavoir:stage": "running", "lavoir:members": "9"})
    done = newer(document, 22, **{"lavoir:stage": "done", "lavoir:status": "done", "joinMode": "none"})
    await hear(activity("Update", val, later), activity("Update", val, later), activity("Update", val, done))
    await hear(activity("Update", val, later))  # older words after newer ones
    four = await hung(document)
    assert (four.stage, four.members, four.is_open) == (Stage.DONE, 7, False)
    told = await Chapter.filter(project_id=four.id).order_by("id")
    assert [one.stage for one in told] == [Stage.DECIDED, Stage.RUNNING, Stage.DONE]
    assert [one.by for one in told] == ["Val"] * 3


async def test_of_whom_nobody_here_follows_nothing_hangs(village):
    eve = await somebody("eve", "evil.example")
    ours = await Actor.of_role(Role.VILLAGE)
    await hear(create(eve, their_project(eve)), create(eve, their_project(eve, cc=[ours.uri])))
    assert await Project.all().count() == 0


async def test_a_group_of_another_server_is_not_taken_for_its_own(val):
    document = their_project(val, **{"lavoir:project": "https://evil.example/a/four"})
    await hear(create(val, document))
    assert (await hung(document)).group_uri == ""


async def test_a_project_that_is_deleted_there_is_gone_here_and_who_joined_is_in_it_no_more(val):
    document = their_project(val)
    await hear(create(val, document))
    rosa = await factories.member("Rosa")
    made = await joined(await hung(document), Person(name="Rosa", member_id=rosa.id))
    await hear(activity("Accept", val, made.uri))
    await hear(activity("Delete", val, {"id": document["id"], "type": "Tombstone"}))
    assert (await fresh(made)).part is Part.LEFT
    assert (await Publication.get(uri=document["id"])).deleted_at is not None
    told = await Notice.get(kind="project-taken-down")
    assert told.values["title"] == "Le four banal"


@pytest.mark.parametrize(
    ("facts", "stage"),
    [
        ({"lavoir:stage": None, "lavoir:status": "planned"}, Stage.DECIDED),
        ({"lavoir:stage": "flying", "lavoir:status": "withdrawn"}, Stage.ENDED),
        ({"lavoir:stage": 7, "lavoir:status": ["done"]}, Stage.RUNNING),
        ({"lavoir:stage": None, "lavoir:status": None, "finished": True}, Stage.DONE),
    ],
)
async def test_a_stage_that_is_not_ours_is_read_as_well_as_it_can_be(val, facts, stage):
    document = {name: value for name, value in their_project(val, **facts).items() if value is not None}
    assert read(parse_document(document, now=datetime.now(UTC))).stage is stage


async def test_a_plan_of_fep_3264_is_a_project_and_a_need_is_none(val):
    plan = {
        "id": new_uri(val),
        "type": ["Plan", "Note"],
        "attributedTo": val.uri,
        "name": "Repair the well",
        "content": "<p>Before winter.</p>",
        "to": ["https://www.w3.org/ns/activitystreams#Public"],
        "planIncludes": [{"id": f"{val.uri}/p#1", "type": "Process", "name": "Dig"}],
    }
    reading = read(parse_document(plan, now=datetime.now(UTC)))
    assert (reading.title, reading.stage, reading.is_open, reading.text) == (
        "Repair the well",
        Stage.RUNNING,
        False,
        None,
    )
    need = note(val, name="Besoin", **{"lavoir:kind": "need", "planIncludes": []})
    assert read(parse_document(need, now=datetime.now(UTC))) is None


@pytest.mark.parametrize("bad", [None, 7, [], {}, "x" * 9_000, [{"id": 3}], {"type": "Place"}])
async def test_nonsense_in_any_property_is_left_out(val, bad):
    usual = their_project(val)
    for name in [*usual, "planIncludes", "finished"]:
        if name in ("id", "type", "attributedTo"):
            continue
        document = parse_document({**usual, name: bad}, now=datetime.now(UTC))
        reading = read(document)
        assert reading is None or (len(reading.title) <= 160 and len(reading.area) <= 80)


# ------------------------------------------------------------ joined from here


async def test_people_here_join_there_in_the_name_of_the_village(val, oven):
    document = their_project(val)
    await hear(create(val, document))
    four = await hung(document)
    made = await joined(four)
    assert (await joined(four)).id == made.id
    ours = await Actor.of_role(Role.VILLAGE)
    [asked] = await sent("Join")
    assert (asked["actor"], asked["object"], asked["to"]) == (ours.uri, document["id"], [val.uri])
    assert (asked["id"], asked["name"]) == (made.uri, "Paul")
    assert asked["content"] == "Paul, de Saint-Martin : Avec ma truelle."
    assert "proof" not in asked
    assert "06 12 34 56 78" not in str(asked)
    assert made.part is Part.ASKED
    await hear(activity("Accept", oven, made.uri))
    assert (await fresh(made)).part is Part.MEMBER
    assert await sent("Update") == []  # what is not ours is not ours to change


async def test_nobody_but_its_author_and_its_group_says_yes_or_no(val, oven):
    document = their_project(val)
    await hear(create(val, document))
    made = await joined(await hung(document))
    eve, neighbour = await somebody("eve", "evil.example"), await somebody("eve", "val.example")
    for one in (eve, neighbour):
        await hear(activity("Accept", one, made.uri), activity("Reject", one, made.uri))
    assert (await fresh(made)).part is Part.ASKED
    await hear(
        activity("Reject", val, made.uri, content="<p>Complet.</p>"), activity("Accept", oven, made.uri)
    )
    assert (await fresh(made)).part is Part.DECLINED


async def test_who_leaves_takes_the_join_back_once(val, oven):
    document = their_project(val)
    await hear(create(val, document))
    made = await joined(await hung(document))
    await hear(activity("Accept", oven, made.uri))
    await membership.leave(made)
    await membership.leave(made)
    [undone] = await sent("Undo")
    assert (undone["object"]["id"], undone["object"]["type"]) == (made.uri, "Join")
    await hear(activity("Accept", oven, made.uri))
    assert (await fresh(made)).part is Part.LEFT
    assert await sent("Update") == []


async def test_two_people_of_one_village_are_two_members_and_leave_each_for_themselves(village):
    ours = await project()
    val = await somebody("val", "val.example", kind="Organization", display_name="Val")
    paul = activity("Join", val, ours.publication.uri, name="Paul", content="Paul, de Val : J’arrive.")
    anna = activity("Join", val, ours.publication.uri, name="Anna", content="Anna, de Val")
    await hear(paul, anna)
    found = await Contributor.filter(uri__not_isnull=True).order_by("id").select_related("participant__actor")
    assert [(one.participant.name, one.message) for one in found] == [("Paul", "J’arrive."), ("Anna", "")]
    assert membership.name_of(found[0].participant) == "Paul (@val@val.example)"
    await hear(activity("Undo", val, paul))
    assert [(await fresh(one)).part for one in found] == [Part.LEFT, Part.MEMBER]


async def test_a_person_cannot_join_under_another_name(village):
    ours, zoe = await project(), await somebody("zoe", display_name="Zoé")
    await hear(activity("Join", zoe, ours.publication.uri, name="Le maire"))
    made = await Contributor.get(uri__not_isnull=True).select_related("participant")
    assert made.participant.name == "Zoé"


async def test_what_is_for_neighbours_hangs_here_for_members(val):
    server = await somebody("server", "val.example", kind="Application")
    await agree_with(server)
    document = their_project(val, to=[server.followers_uri], cc=[])
    await hear(create(val, document))
    assert (await hung(document)).publication.scope is Scope.NEIGHBOURS


async def test_needs_and_events_of_a_project_there_hang_below_it_here(val):
    document = their_project(val)
    need = note(
        val,
        name="Besoin : Des maçons",
        purpose="request",
        publishes={"type": "Intent", "action": "deliverService", "plannedWithin": document["id"]},
        **{"lavoir:kind": "need"},
    )
    event = note(
        val,
        type="Event",
        name="Atelier enduit",
        startTime="2099-12-12T13:00:00Z",
        endTime="2099-12-12T15:00:00Z",
        plannedWithin=document["id"],
    )
    await hear(create(val, document), create(val, need), create(val, event))
    four = await hung(document)
    found = [await Proposal.get(publication__uri=need["id"]), await Event.get(publication__uri=event["id"])]
    assert [one.project_id for one in found] == [four.publication_id] * 2


async def test_nobody_elsewhere_puts_something_into_a_project_of_ours(val):
    ours = await project()
    need = note(
        val,
        name="Besoin : Des maçons",
        purpose="request",
        publishes={"type": "Intent", "plannedWithin": ours.publication.uri},
        **{"lavoir:kind": "need", "lavoir:project": ours.actor.uri},
    )
    await hear(create(val, need))
    assert (await Proposal.get(publication__uri=need["id"])).project_id is None
