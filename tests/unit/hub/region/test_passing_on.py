"""A region passes on what is public in its villages: by id, once, and takes it back when its reason goes."""

from datetime import UTC, datetime, timedelta

import pytest_asyncio

from federation.vocabulary import PUBLIC
from hub.actors.models import Actor, Role
from hub.app import use_slices
from hub.db import transaction
from hub.exchange.models import Proposal
from hub.fediverse import serving
from hub.fediverse.models import AgreementState, Delivery, Neighbour
from hub.fediverse.serving import serve
from hub.jobs import Job
from hub.moderation.actions import hide
from hub.neighbours import copies, opening
from hub.network import hosts
from hub.publications.models import Deed, Publication, Reaction
from hub.region import passing_on
from hub.region.passing_on import settle, settle_host
from hub.village.models import Village
from tests import factories
from tests.others import activity, create, note, sent, somebody
from tests.unit.hub.exchange.next_door import hear, newer, their_need
from tests.unit.hub.neighbours.around import follow, hub, village_of
from tests.unit.hub.projects.conftest import ORIGIN
from tests.unit.hub.projects.conftest import village as village

US = f"{ORIGIN}/actor"


@pytest_asyncio.fixture(autouse=True)
async def drome(village):
    """We are a region; its actor, which somebody follows."""
    use_slices()
    await Village.all().update(is_region=True)
    actor = await Actor.of_role(Role.VILLAGE)
    await follow(await somebody(), actor)
    return actor


@pytest_asyncio.fixture
async def val(drome):
    return await village_of(await hub())


@pytest_asyncio.fixture
async def isere(drome):
    """The actor of a region that we follow; its server follows ours."""
    region = await hub("isere.example", is_region=True)
    await follow(region.actor, await Actor.of_role(Role.SERVER))
    return await village_of(region, "isere", kind="Service")


async def settled():
    """All that waits is done, what comes of it included."""
    while await factories.do_jobs(settle, settle_host, copies.remove_of):
        pass


async def came(author, **facts):
    need = their_need(author, **facts)
    await hear(create(author, need))
    await settled()
    return need


async def is_over(host):
    await Neighbour.filter(host=host).update(state=AgreementState.ENDED)
    await copies.remove_of(host)
    await settled()


async def passed_on(**facts):
    """What stands: URIs of things, with the way that they came."""
    said = Reaction.filter(actor__role=Role.VILLAGE, deed=Deed.ANNOUNCE, **facts)
    return {one.publication.uri: one.through for one in await said.select_related("publication")}


async def test_what_comes_from_a_village_is_passed_on_by_its_id_and_never_written_anew(drome, val):
    need = await came(val)
    [announced] = await sent("Announce")
    assert (announced["actor"], announced["object"]) == (drome.uri, need["id"])
    assert announced["to"] == [PUBLIC]
    assert "lavoir:through" not in announced
    assert await sent("Create") == []
    assert {one.host for one in await Delivery.all()} == {"social.example", "val.example"}
    assert (await Publication.get(uri=need["id"])).author_id == val.id


async def test_once_however_often_it_comes_and_changes(val):
    need = await came(val)
    await hear(
        create(val, need), activity("Update", val, newer(need, 5)), activity("Update", val, newer(need, 9))
    )
    await settled()
    await settle((await Publication.get(uri=need["id"])).id)
    assert len(await sent("Announce")) == 1


async def test_only_needs_offers_events_and_projects_that_everybody_may_read(val):
    server = await Actor.get(uri="https://val.example/actor")
    await came(val, to=[server.followers_uri], cc=[])
    await hear(create(val, note(val, "<p>Bonjour</p>")))
    stranger = await somebody("roc", "roc.example", kind="Organization")
    await follow(await Actor.of_role(Role.VILLAGE), stranger)
    await came(stranger)
    await settled()
    assert await passed_on() == {}
    assert await sent("Announce") == []


async def test_in_a_village_nothing_of_the_neighbours_is_passed_on(val):
    await Village.all().update(is_region=False)
    await came(val)
    assert await sent("Announce") == []
    assert not await Job.filter(name__startswith="region.").exists()


async def test_what_is_deleted_there_is_taken_back(drome, val):
    need = await came(val)
    [announced] = await sent("Announce")
    await hear(activity("Delete", val, {"id": need["id"], "type": "Tombstone"}))
    [undone] = await sent("Undo")
    assert undone["object"]["id"] == announced["id"]
    assert await passed_on() == {}


async def test_what_an_agent_hides_is_taken_back_by_night_and_said_again_when_it_shows(val):
    need = await came(val)
    publication = await Publication.get(uri=need["id"])
    await hide(publication, by=None)
    await passing_on.sweep()
    assert await passed_on() == {}
    await Publication.filter(id=publication.id).update(hidden_at=None)
    await passing_on.sweep()
    assert set(await passed_on()) == {need["id"]}


async def test_a_village_that_pauses_or_leaves_is_passed_on_no_more(val):
    need, neighbour = await came(val), await Neighbour.get(host="val.example")
    neighbour.state, neighbour.changed_at = AgreementState.PAUSED, datetime.now(UTC)
    await neighbour.save()
    async with transaction():
        await copies.hide(neighbour)
    await settled()
    assert await passed_on() == {}
    async with transaction():
        await copies.show(await Neighbour.get(id=neighbour.id))
        await Neighbour.filter(id=neighbour.id).update(state=AgreementState.AGREED)
    await settled()
    assert set(await passed_on()) == {need["id"]}
    await is_over("val.example")
    assert await passed_on() == {}
    assert not await Publication.exists(uri=need["id"])
    assert [len(await sent(kind)) for kind in ("Announce", "Undo")] == [2, 2]


async def test_a_village_that_is_blocked_is_passed_on_no_more(val):
    need = await came(val)
    await hosts.block({"val.example": ""})
    await settled()
    assert await passed_on() == {}
    assert not await Publication.exists(uri=need["id"])
    assert len(await sent("Undo")) == 1


async def test_an_actor_that_is_gone_for_ever_takes_all_with_it(val):
    await came(val), await came(val)
    await hear(activity("Delete", val, val.uri))
    await settled()
    assert len(await sent("Undo")) == 2


async def test_who_floods_a_region_waits_its_turn(val, monkeypatch):
    rate = passing_on.PASSED_ON_PER_VILLAGE
    monkeypatch.setattr(passing_on, "PASSED_ON_PER_VILLAGE", type(rate)("test", 3, 600))
    for _ in range(8):
        await hear(create(val, their_need(val)))
    await factories.do_jobs(settle)
    assert len(await passed_on()) == 3
    waiting = await Job.filter(name="region.settle")
    assert len(waiting) == 5
    assert all(job.due_at > datetime.now(UTC) + timedelta(minutes=5) for job in waiting)


# ------------------------------------------------------------ regions that follow regions


def announces(teller, need, *, through=(), **facts):
    way = {"lavoir:through": list(through)} if through else {}
    return activity("Announce", teller, need["id"], **way, **facts)


async def test_what_a_region_passes_on_is_passed_on_with_its_way(val, isere):
    """Once, although it also comes from the village itself."""
    near, far = await came(val), their_need(await somebody("roc", "roc.example", kind="Organization"))
    await known(far)
    await hear(announces(isere, near), announces(isere, far, through=["https://alpes.example/actor"]))
    await settled()
    ways = "https://isere.example/actor https://alpes.example/actor"
    assert await passed_on() == {near["id"]: None, far["id"]: ways}
    [_, announced] = await sent("Announce")
    assert announced["lavoir:through"] == ways.split()
    assert "isere.example" in {one.host for one in await Delivery.all()}


async def test_what_nobody_passes_on_any_more_goes(isere):
    need = their_need(await somebody("roc", "roc.example", kind="Organization"))
    await known(need)
    said = announces(isere, need)
    await hear(said)
    await settled()
    await hear(activity("Undo", isere, said))
    await settled()
    assert await passed_on() == {}
    assert not await Publication.exists(uri=need["id"])


async def test_what_has_been_here_is_no_reason(isere):
    need = their_need(await somebody("roc", "roc.example", kind="Organization"))
    await known(need)
    await hear(announces(isere, need))
    await settled()
    await hear(announces(isere, need, through=["https://alpes.example/actor", US]))
    await settled()
    assert await passed_on() == {}
    too_far = [f"https://r{number}.example/actor" for number in range(5)]
    await hear(
        announces(isere, await known(their_need(await somebody("bas", "bas.example"))), through=too_far)
    )
    await settled()
    assert await passed_on() == {}


async def test_when_a_village_leaves_it_is_said_anew_by_which_way_it_comes(val, isere):
    need = await came(val)
    await hear(announces(isere, need))
    await is_over("val.example")
    assert await passed_on() == {need["id"]: "https://isere.example/actor"}
    assert [len(await sent(kind)) for kind in ("Announce", "Undo")] == [2, 1]
    await is_over("isere.example")
    assert await passed_on() == {}
    assert not await Publication.exists(uri=need["id"])


async def test_what_a_region_did_not_name_when_it_was_read_is_no_reason(isere):
    unsaid = await known(their_need(await somebody("roc", "roc.example", kind="Organization")))
    said = await known(their_need(await somebody("bas", "bas.example", kind="Organization")))
    await hear(announces(isere, unsaid), announces(isere, said))
    await settled()
    region = await Neighbour.get(host="isere.example")
    await passing_on.forget_unsaid(region.id)
    assert set(await passed_on()) == {unsaid["id"], said["id"]}
    region.complete_since = datetime.now(UTC)
    await region.save()
    await Reaction.filter(actor=isere, publication__uri=said["id"]).update(at=datetime.now(UTC))
    async with transaction():
        await passing_on.read_through(region)
    while await factories.do_jobs(passing_on.forget_unsaid):
        await settled()
    assert set(await passed_on()) == {said["id"]}
    assert not await Publication.exists(uri=unsaid["id"])


async def test_others_cannot_take_back_what_a_region_says(isere):
    need = their_need(await somebody("roc", "roc.example", kind="Organization"))
    await known(need)
    said = announces(isere, need)
    await hear(said)
    await settled()
    await hear(activity("Undo", await village_of(await hub("ruse.example"), "ruse"), said))
    await settled()
    assert set(await passed_on()) == {need["id"]}


async def test_the_open_things_of_a_region_are_the_announces_that_stand(drome, val):
    open_one, closed = await came(val), await came(val)
    await Proposal.filter(publication__uri=closed["id"]).update(state="closed")
    first = (await serve(f"{US}/open", None)).document["first"]
    page = (await serve(first, None)).document
    assert page["orderedItems"] == []
    [listed] = (await serve(page["next"], None)).document["orderedItems"]
    [announced, _] = await sent("Announce")
    assert {name: listed[name] for name in ("id", "type", "actor", "object")} == {
        name: announced[name] for name in ("id", "type", "actor", "object")
    }
    assert listed["object"] == open_one["id"]


async def test_of_what_is_over_a_page_holds_nothing_and_each_page_looks_at_so_much(drome, val, monkeypatch):
    monkeypatch.setattr(opening, "LOOKED_AT", 4)
    monkeypatch.setattr(opening, "PAGE_ANNOUNCES", 2)
    needs = [await came(val) for _ in range(9)]
    over = [need["id"] for need in needs[1:6]]
    await Proposal.filter(publication__uri__in=over).update(state="closed")
    found, uri = [], f"{US}/open?after=p999999"
    while uri:
        page = (await serve(uri, None)).document
        assert len(page["orderedItems"]) <= 2
        found += [item["object"] for item in page["orderedItems"]]
        uri = page.get("next")
    assert found == [need["id"] for need in reversed(needs) if need["id"] not in over]


async def test_its_outbox_holds_the_newest_that_stand_and_is_not_counted_any_further(drome, val, monkeypatch):
    monkeypatch.setattr(serving, "LISTED", 4)
    needs = [await came(val) for _ in range(7)]
    await hide(await Publication.get(uri=needs[5]["id"]), by=None)
    assert (await serve(f"{drome.uri}/outbox", None)).document["totalItems"] == 3
    items = (await serve(f"{drome.uri}/outbox?page=1", None)).document["orderedItems"]
    assert [item["object"] for item in items] == [needs[number]["id"] for number in (6, 4, 3)]


async def known(need):
    """It is here already, by some way."""
    author = await Actor.get(uri=need["attributedTo"])
    followed = await follow(await Actor.of_role(Role.SERVER), author)
    await hear(create(author, need))
    await factories.do_jobs(settle)
    await followed.delete()
    return need
