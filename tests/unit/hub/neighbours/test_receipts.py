"""A Delete between hubs is a contract: each says that it is gone there too, or is told again."""

from datetime import UTC, datetime, timedelta

import pytest

from hub.actors.models import Actor, Role
from hub.app import HANDLERS, use_slices
from hub.db import transaction
from hub.fediverse import publishing
from hub.fediverse.models import AgreementState, Delivery, Receipt
from hub.fediverse.receiving import handle_batch
from hub.neighbours import receipts
from hub.publications.models import Kind, Publication, Scope
from tests.others import activity, announcement, note, receive, sent, somebody
from tests.unit.hub.neighbours.around import hub, village_of
from tests.unit.hub.projects.conftest import village as village

AGREED = {"agreed_at": datetime(2026, 1, 1, tzinfo=UTC)}


@pytest.fixture(autouse=True)
def slices(village):
    use_slices()


async def hear(*messages):
    for message in messages:
        await receive(message)
        while await handle_batch(HANDLERS, now=datetime.now(UTC)):
            pass


async def taken_down(**facts):
    """Something of ours that was published and is deleted; the Delete."""
    author = await Actor.of_role(Role.VILLAGE)
    thing = await announcement(author, **facts)
    await Publication.filter(id=thing.id).update(kind=Kind.NEED)
    thing.kind = Kind.NEED
    async with transaction():
        await publishing.send_out(thing, dict(thing.document) | {"@context": []})
        await publishing.take_down(thing, dict(thing.document))
    (gone,) = await sent("Delete")
    return gone


async def test_every_hub_that_may_have_it_is_asked_for_its_word(village):
    await hub("agreed.example", **AGREED)
    await hub("paused.example", state=AgreementState.PAUSED, **AGREED)
    since = await hub("since.example", state=AgreementState.ENDED, followed=False, **AGREED)
    since.changed_at = datetime.now(UTC) + timedelta(minutes=1)
    await since.save()
    await hub("never.example", state=AgreementState.ASKED, followed=False)
    await hub("region.example", is_region=True, **AGREED)
    old = await hub("before.example", state=AgreementState.ENDED, followed=False, **AGREED)
    old.changed_at = datetime(2026, 2, 1, tzinfo=UTC)
    await old.save()
    gone = await taken_down(scope=Scope.NEIGHBOURS)
    asked = await Receipt.all().order_by("id").values_list("neighbour__host", "uri", "times")
    hosts = ("agreed.example", "paused.example", "since.example")
    assert asked == [(host, gone["id"], 1) for host in hosts]
    told = Delivery.filter(activity__uri=gone["id"])
    assert sorted(await told.values_list("host", flat=True)) == sorted(hosts)


async def test_their_word_is_written_down_and_nobody_else_s_counts(village):
    val, other = await hub("val.example", **AGREED), await hub("other.example", **AGREED)
    gone = await taken_down()
    eve = await somebody("eve", "val.example")
    await hear(activity("Accept", eve, gone["id"]))
    assert await Receipt.filter(acknowledged_at__not_isnull=True).count() == 0
    theirs = await Actor.get(id=val.actor_id)
    await hear(activity("Accept", theirs, gone["id"]), activity("Accept", theirs, f"{gone['id']}/3"))
    assert (await Receipt.get(neighbour=val)).acknowledged_at is not None
    assert (await Receipt.get(neighbour=other)).acknowledged_at is None


async def test_who_says_nothing_for_a_day_is_told_again_seven_times_in_all(village):
    val, done = await hub("val.example", **AGREED), await hub("done.example", **AGREED)
    gone = await taken_down()
    await Receipt.filter(neighbour=done).update(acknowledged_at=datetime.now(UTC))
    await receipts.send_again()
    assert len(await sent("Delete")) == 1  # not yet
    for number in range(2, 9):
        await Delivery.all().delete()  # it was taken
        await Receipt.all().update(sent_at=datetime.now(UTC) - timedelta(days=2))
        await receipts.send_again()
        assert (await Receipt.get(neighbour=val)).times == min(number, 7)
    again = (await sent("Delete"))[1:]
    assert [one["id"] for one in again] == [f"{gone['id']}/{number}" for number in range(2, 8)]
    assert all(one["object"] == gone["object"] for one in again)
    assert await Delivery.filter(host="done.example").count() == 0


async def test_what_is_on_its_way_still_is_not_sent_twice(village):
    await hub("val.example", **AGREED)
    await taken_down()
    await Receipt.all().update(sent_at=datetime.now(UTC) - timedelta(days=2))
    await receipts.send_again()
    assert (await Receipt.get()).times == 1
    assert len(await sent("Delete")) == 1


async def test_we_say_so_when_theirs_is_gone_here(village):
    val = await hub("val.example", **AGREED)
    author = await village_of(val)
    document = note(author)
    deleted = activity("Delete", author, {"id": document["id"], "type": "Tombstone"})
    stranger = await somebody("ana")
    await hear(deleted, activity("Delete", stranger, f"{stranger.uri}/1"))
    (word,) = await sent("Accept")
    theirs = await Actor.get(id=val.actor_id)
    assert (word["object"], word["actor"]) == (deleted["id"], "https://bourg.example/actor")
    assert word["to"] == [theirs.uri]
    assert await Delivery.filter(inbox=theirs.inbox).count() == 1


async def test_of_another_s_thing_nobody_is_told_that_it_is_gone(village):
    """INB-14: a neighbour that forges the withdrawal of somebody else's need."""
    val, other = await hub("val.example", **AGREED), await hub("other.example", **AGREED)
    author, forger = await village_of(other), await village_of(val)
    thing = await Publication.create(
        uri=f"{author.uri}/1",
        author=author,
        kind=Kind.NEED,
        type="Note",
        scope=Scope.PUBLIC,
        published_at=datetime.now(UTC),
    )
    await hear(activity("Delete", forger, thing.uri))
    assert await sent("Accept") == []
    assert (await Publication.get(id=thing.id)).deleted_at is None
