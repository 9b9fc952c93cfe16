"""How what came in is worked through: all of it, once, and one bad message holds up nobody."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from hub.actors.hosts import policies_changed
from hub.actors.minting import use_origin
from hub.actors.models import Actor, Host, Policy, Role
from hub.db import rows, transaction
from hub.fediverse.inbox import handlers
from hub.fediverse.jobs import forget_old
from hub.fediverse.models import Activity, Received, Seen
from hub.fediverse.receiving import ATTEMPTS, BATCH, handle_batch, run_receiver, wake
from hub.jobs import Job
from hub.publications.models import Gone, Publication, Reaction
from tests import factories
from tests.others import activity, announcement, create, handle, hear, note, receive, somebody
from tests.waiting import GUARD

NOW = datetime(2027, 1, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
async def village(database):
    use_origin("https://bourg.example")
    await factories.village(handle="bourg", name="Bourg")
    yield await Actor.of_role(Role.VILLAGE)
    use_origin("http://localhost:8000")
    policies_changed()


@pytest.fixture
async def ana(village):
    return await somebody("ana")


async def test_the_oldest_come_first_a_batch_at_a_time(village, ana):
    news = await announcement(village)
    likes = [activity("Like", await somebody(f"p{number}"), news) for number in range(BATCH + 2)]
    await receive(*likes)
    assert await handle_batch(now=NOW) == BATCH
    assert {row.uri for row in await Received.all()} == {like["id"] for like in likes[BATCH:]}
    assert await handle_batch(now=NOW) == 2
    assert await handle_batch(now=NOW) == 0
    assert (await Publication.get(id=news.id)).likes == BATCH + 2


async def test_messages_of_one_batch_see_each_other(village, ana):
    news = await announcement(village)
    answer = note(ana, inReplyTo=news.uri)
    below = note(ana, inReplyTo=answer["id"], cc=[village.uri])
    await receive(
        create(ana, below), create(ana, answer), activity("Delete", ana, answer["id"]), create(ana, answer)
    )
    assert await handle_batch(now=NOW) == 4
    assert (await Publication.get(uri=below["id"])).root_id == news.id
    assert (await Publication.get(uri=answer["id"])).deleted_at is not None


async def test_answers_of_one_batch_are_counted_each_once_also_where_one_is_taken_back_in_it(village, ana):
    news, other = await announcement(village), await announcement(village)
    to_news = [note(ana, inReplyTo=news.uri) for _ in range(3)]
    to_other, below = note(ana, inReplyTo=other.uri), note(ana, inReplyTo=to_news[0]["id"])
    await receive(
        *(create(ana, answer) for answer in (*to_news, to_other, below)),
        activity("Delete", ana, to_news[1]["id"]),
        create(ana, to_news[2]),
    )
    assert await handle_batch(now=NOW) == 7
    replies = [(await Publication.get(uri=uri)).replies for uri in (news.uri, other.uri, to_news[0]["id"])]
    assert replies == [2, 1, 0]


async def test_one_that_cannot_be_handled_is_put_off_and_the_others_go_on(village, ana):
    """DOS-23"""

    async def broken(received, actor, known):
        await Gone.create(uri="https://half.example/done", by=actor.uri)
        raise RuntimeError("poison")

    news = await announcement(village)
    await receive(activity("Like", ana, news), activity("Listen", ana, news), activity("Announce", ana, news))
    now = NOW
    for attempt in range(1, ATTEMPTS + 1):
        await handle_batch({**handlers, "Listen": broken}, now=now)
        (left,) = await Received.all()
        assert left.attempts == attempt
        assert left.last_error == "RuntimeError: poison"
        assert await handle_batch({**handlers, "Listen": broken}, now=now) == 0
        now += timedelta(hours=12)
    assert left.failed_at is not None
    assert await handle_batch(now=now) == 0
    assert not await Gone.exists()
    told = await Publication.get(id=news.id)
    assert (told.likes, told.shares) == (1, 1)


@pytest.mark.parametrize("kind", ["Foo", "Arrive", "__delete", ["Foo", "Bar"]])
async def test_what_nobody_knows_is_left_alone(village, ana, kind):
    """INB-28, INB-31"""
    await hear({**activity("Foo", ana, village), "type": kind, "job": "fediverse.verify_gone"})
    assert not await Received.exists()
    assert not await Job.exists()


async def test_a_message_of_somebody_unknown_waits_until_their_server_was_asked(village):
    stranger = Actor(uri="https://new.example/u/eva")
    message = activity("Follow", stranger, village)
    await receive(message)
    await handle_batch(now=NOW)
    assert (await Received.get()).not_before > NOW
    assert (await Job.get()).name == "fediverse.refresh_actor"
    await somebody("eva", "new.example", uri=stranger.uri)
    await handle_batch(now=NOW + timedelta(minutes=2))
    assert not await Received.exists()
    assert (await Activity.get()).type == "Accept"


async def test_nobody_waits_for_a_server_for_ever(village):
    await receive(activity("Follow", Actor(uri="https://new.example/u/eva"), village))
    for hours in range(ATTEMPTS):
        await handle_batch(now=NOW + timedelta(hours=hours))
    assert (await Received.get()).failed_at is not None


async def test_of_who_is_refused_only_what_takes_away_is_heard(village, ana):
    """ADM-02"""
    news = await announcement(village)
    answer = note(ana, inReplyTo=news.uri)
    await hear(create(ana, answer), activity("Like", ana, news))
    await Actor.filter(id=ana.id).update(suspended_at=NOW)
    await hear(create(ana, note(ana, inReplyTo=news.uri)), activity("Announce", ana, news))
    await hear(activity("Delete", ana, answer["id"]))
    assert (await Publication.get(uri=answer["id"])).deleted_at is not None
    assert (await Publication.get(id=news.id)).shares == 0


async def test_a_host_that_was_blocked_meanwhile_is_not_heard(village, ana):
    await receive(activity("Follow", ana, village))
    await Host.filter(name=ana.host).update(policy=Policy.BLOCKED)
    async with transaction():
        policies_changed()
    await handle()
    assert not await Received.exists()
    assert not await Activity.exists()


async def test_what_cannot_be_read_any_more_is_dropped(village, ana):
    await receive({**activity("Follow", ana, village), "object": 5})
    assert await handle_batch(now=NOW) == 1
    assert not await Received.exists()


async def test_the_receiver_works_when_it_is_woken_and_ends_when_told(village, ana):
    stop = asyncio.Event()
    receiver = asyncio.create_task(run_receiver(stop))
    await receive(activity("Follow", ana, village))
    async with asyncio.timeout(GUARD):
        while await Received.exists():
            wake()
            await asyncio.sleep(0.01)
        stop.set()
        await receiver
    assert (await Activity.get()).type == "Accept"


async def test_two_receivers_never_handle_the_same_message(village):
    news = await announcement(village)
    likes = [activity("Like", await somebody(f"p{number}"), news) for number in range(40)]
    await receive(*likes)
    taken = await asyncio.gather(*(handle_batch(now=NOW) for _ in range(4)))
    while number := await handle_batch(now=NOW):
        taken.append(number)
    assert sum(taken) == 40
    assert (await Publication.get(id=news.id)).likes == 40


async def test_old_memories_go_and_what_is_still_needed_stays(village, ana):
    await hear(activity("Follow", ana, village))
    now = datetime.now(UTC)
    for days in (10, 100):
        at = now - timedelta(days=days)
        await Seen.create(uri=f"https://a.example/{days}", at=at)
        gone = await Gone.create(uri=f"https://a.example/{days}", by=ana.uri)
        await Gone.filter(uri=gone.uri).update(at=at)
    await Activity.all().update(made_at=now - timedelta(days=100))
    await forget_old()
    assert await Activity.exists()  # its delivery still waits
    await rows("DELETE FROM delivery")
    await forget_old()
    assert not await Activity.exists()
    assert (
        [one.uri for one in await Seen.all()]
        == [one.uri for one in await Gone.all()]
        == ["https://a.example/10"]
    )


async def test_a_message_that_ends_the_program_each_time_is_set_aside(village, ana):
    """A crash leaves no exception behind: each start counts as a try (DOS-23, FLT-31)."""
    news = await announcement(village)
    await receive(activity("Like", ana, news))
    stop = asyncio.Event()
    stop.set()
    for _ in range(ATTEMPTS + 1):
        await run_receiver(stop)
    row = await Received.get()
    assert row.failed_at is not None
    assert await handle_batch(now=NOW) == 0


async def test_actors_whose_page_is_for_members_cannot_be_followed(village, ana):
    club = await Actor.filter(role=Role.BOARD).first()
    await Actor.filter(id=club.id).update(hidden=True)
    await receive(activity("Follow", ana, club.uri))
    await handle()
    assert not await Activity.exists()


async def test_old_posts_of_others_go_unless_something_of_ours_hangs_on_them(village, ana):
    kept, gone = [note(ana), note(ana)]
    facts = {"kind": "post", "type": "Note", "scope": "public", "published_at": NOW, "author": ana}
    for each in (kept, gone):
        await Publication.create(uri=each["id"], **facts)
    await Publication.all().update(received_at=datetime.now(UTC) - timedelta(days=91))
    liked = await Publication.get(uri=kept["id"])
    await Reaction.create(deed="like", uri="x", actor=village, publication=liked)
    await forget_old()
    assert [each.uri for each in await Publication.all()] == [kept["id"]]
