"""Everything that was published arrives, in order; whoever does not take it delays nobody else."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from federation.backoff import delay
from federation.documents import parse_activity
from federation.limits import GIVE_UP, LONGEST_WISH, PROBE
from federation.local import Received
from federation.signatures import Scheme
from hub.actors.actions import establish
from hub.actors.hosts import policies_changed
from hub.actors.keys import key_pair
from hub.actors.models import Actor, Host, Policy, Role
from hub.db import transaction
from hub.db.together import Together
from hub.fediverse.actions import Reach, rotate_keys
from hub.fediverse.asking import refresh_actor
from hub.fediverse.local import store
from hub.fediverse.models import Activity, Delivery
from hub.fediverse.sending import FULL_BATCH, Sender, Slots
from hub.jobs import Job, job_name
from tests.unit.hub.fediverse.neighbourhood import (
    ORIGIN,
    announce,
    answer_after,
    answered,
    host,
    person,
    until,
    uris,
)
from tests.waiting import GUARD

GONE_PEER, WELL_PEER = "gone.example", "well.example"


@pytest.fixture
async def sender(peers, clock):
    sender = Sender(peers, now=clock, jitter=lambda: 0)
    yield sender
    async with asyncio.timeout(GUARD):
        await sender.idle()


async def work(sender, *, turns=20):
    """Until nothing is due, or the turns are over."""
    for _ in range(turns):
        await sender.turn()
        async with asyncio.timeout(GUARD):
            await sender.idle()


async def test_everybody_gets_everything_in_order_and_nothing_remains(village, sender, peers):
    names = [f"h{number}.example" for number in range(70)]  # more than there are slots
    for name in names:
        await person(name, follows=village)
    published = [(await announce(village, number)).uri for number in range(3)]
    await work(sender)
    assert {name: uris(peers.bodies(name)) for name in names} == dict.fromkeys(names, published)
    assert max(peers.most_at_once.values()) == 1
    assert not await Delivery.exists()
    for row in await Host.all():
        assert (row.next_at, row.lease_until, row.failures) == (None, None, 0)
        assert row.succeeded_at is not None


async def test_the_exact_bytes_that_are_stored_are_sent(village, sender, peers):
    await person("social.example", follows=village)
    activity = await announce(village)
    await work(sender)
    assert peers.bodies() == [activity.body.encode()]


async def test_a_long_queue_is_sent_in_order_over_several_batches(village, sender, peers):
    await person("social.example", follows=village)
    published = [(await announce(village, number)).uri for number in range(FULL_BATCH + 5)]
    await work(sender)
    assert uris(peers.bodies()) == published


async def test_a_host_with_much_to_get_lets_others_go_first(village, peers, clock):
    sender = Sender(peers, now=clock, slots=Slots(well=1, turn=0))
    await person("much.example", follows=village)
    for number in range(4):
        await announce(village, number)
    other = await person("little.example", follows=village)
    await announce(village, reach=Reach(named=(other,)))
    await sender.turn()
    await sender.idle()
    assert await Delivery.filter(host="much.example").count() == 4  # its turn was over at once
    assert (await host("much.example")).next_at is not None


async def test_nobody_waits_for_those_who_never_answer(village, peers, clock):
    """Slow hosts fill the slots for slow hosts; those that find no slot any more have to come back."""
    slots = Slots(well=4, failing=2, patience=0.5)
    sender = Sender(peers, now=clock, jitter=lambda: 0, slots=slots)
    open_again = asyncio.Event()
    slow = [f"slow{number:02}.example" for number in range(12)]
    well = [f"well{number:02}.example" for number in range(12)]
    for name in slow:
        peers.on(name, lambda _: answer_after(open_again))
    for name in sorted([*slow, *well]):
        await person(name, follows=village)
    await announce(village)
    stop = asyncio.Event()
    running = asyncio.create_task(sender.run(stop))
    await until(lambda: {its for its, *_ in peers.posts} >= {*well, *slow})
    await until(lambda: sum(peers.at_once.values()) <= slots.failing)
    assert all(len(peers.bodies(name)) == 1 for name in well)
    held = [name for name in slow if peers.at_once[name]]
    assert len(held) == slots.failing
    failing = await Host.filter(failing_since__not_isnull=True).values_list("name", flat=True)
    assert set(failing) <= set(slow) - set(held)
    open_again.set()
    stop.set()
    await running
    assert await Delivery.filter(host__in=[*well, *held]).count() == 0
    assert await Delivery.all().count() == len(slow) - len(held)


async def test_those_that_fail_fill_their_own_slots_only(village, peers, clock):
    slots = Slots(well=2, failing=3, patience=GUARD)
    sender = Sender(peers, now=clock, slots=slots)
    open_again = asyncio.Event()
    failing = [f"f{number}.example" for number in range(10)]
    for name in failing:
        await person(name, follows=village)
        peers.on(name, lambda _: answer_after(open_again))
    for number in range(10):
        await person(f"well{number}.example", follows=village)
    earlier = clock() - timedelta(hours=1)
    await Host.filter(name__in=failing).update(failing_since=earlier, asked_at=earlier, failures=3)
    await announce(village)
    stop = asyncio.Event()
    running = asyncio.create_task(sender.run(stop))
    await until(lambda: len([one for one in peers.posts if one[0].startswith("well")]) == 10)
    await until(lambda: len([name for name in failing if peers.at_once[name]]) == slots.failing)
    open_again.set()
    stop.set()
    await running


async def test_a_dead_host_is_asked_less_and_less_and_after_a_day_once_a_day(village, sender, peers, clock):
    await person(GONE_PEER, follows=village)
    peers.on(GONE_PEER, None)
    begin, asked = clock(), []
    for number in range(5):
        await announce(village, number)
    for _ in range(6 * 24 * 4):  # six days, each quarter of an hour
        before = len(peers.posts)
        await work(sender, turns=2)
        asked += [clock() - begin] * (len(peers.posts) - before)
        clock.pass_(minutes=15)
    first_day = [when for when in asked if when < timedelta(days=1)]
    gaps = [later - earlier for earlier, later in pairwise(asked)]
    assert 8 <= len(first_day) <= 14
    assert sorted(gaps[: len(first_day) - 1]) == gaps[: len(first_day) - 1]
    assert all(PROBE <= gap <= PROBE + timedelta(minutes=15) for gap in gaps[len(first_day) :])
    assert len(asked) < len(first_day) + 6
    assert len(set(peers.bodies())) == 1, "one post is the probe for all"
    row = await host(GONE_PEER)
    assert (row.failing_since, row.failures) == (begin, len(asked))
    assert row.last_error == "no connection"
    assert await Delivery.all().count() == 5


async def test_what_waited_for_too_long_is_dropped(village, sender, peers, clock):
    await person(GONE_PEER, follows=village)
    peers.on(GONE_PEER, None)
    await announce(village)
    clock.pass_(days=GIVE_UP.days, minutes=1)
    fresh = await announce(village)
    await Delivery.filter(activity=fresh).update(queued_at=clock())
    await work(sender)
    assert [row.activity_id for row in await Delivery.all()] == [fresh.id]
    assert uris(peers.bodies()) == [fresh.uri]


async def test_a_post_that_fails_holds_its_author_s_and_nobody_else_s(village, sender, peers, clock):
    board = await establish(Role.BOARD, name="agenda", display_name="Agenda")
    ana = await person(WELL_PEER)
    to_ana = Reach(named=(ana,))
    first, second = [await announce(village, number, reach=to_ana) for number in range(2)]
    others = await announce(board, reach=to_ana)
    peers.on(WELL_PEER, lambda _: 500 if uris(peers.bodies())[-1] == first.uri else 202)
    await work(sender)
    assert uris(peers.bodies()) == [first.uri, others.uri]
    row = await host(WELL_PEER)
    assert (row.failing_since, row.failures) == (None, 0)
    assert row.next_at == clock() + delay(1, jitter=0)
    for failures in (1, 2):
        clock.at += delay(failures, jitter=0)
        await work(sender)
    assert uris(peers.bodies()) == [first.uri, others.uri, first.uri, first.uri, second.uri]
    peers.on(WELL_PEER, 202)
    clock.at += delay(3, jitter=0)
    await work(sender)
    assert not await Delivery.exists()


async def test_a_post_that_breaks_its_server_does_not_block_the_queue_for_ever(village, sender, peers, clock):
    await person("poor.example", follows=village)
    poison, good = [await announce(village, number) for number in range(2)]
    peers.on("poor.example", lambda _: 504 if uris(peers.bodies())[-1] == poison.uri else 202)
    for failures in range(1, 5):
        await work(sender)
        clock.at += delay(failures, jitter=0)
    assert uris(peers.bodies()) == [poison.uri] * 3 + [good.uri]
    assert [row.activity_id for row in await Delivery.all()] == [poison.id]


async def test_a_signature_of_the_other_kind_is_remembered(village, sender, peers):
    await person(WELL_PEER, follows=village)
    peers.on(WELL_PEER, lambda _: answered(202, Scheme.RFC9421))
    await announce(village)
    await work(sender)
    assert (await host(WELL_PEER)).scheme == "rfc9421"
    await announce(village)
    await work(sender)
    assert [scheme for *_, scheme in peers.posts] == ["cavage", "rfc9421"]


@pytest.mark.parametrize("status", [410, 404, 301])
async def test_an_inbox_without_anybody_makes_us_look_at_who_gave_it(village, sender, peers, status):
    one, other = [await person(GONE_PEER, shares=True, follows=village) for _ in range(2)]
    peers.on(GONE_PEER, status)
    for number in range(3):
        await announce(village, number)
    await work(sender)
    assert len(peers.posts) == 3
    assert not await Delivery.exists()
    jobs = await Job.filter(name=job_name(refresh_actor))
    assert sorted(json.loads(job.arguments)["uri"] for job in jobs) == sorted([one.uri, other.uri])
    assert (await host(GONE_PEER)).failing_since is None
    assert await Actor.filter(host=GONE_PEER, deleted_at=None).count() == 2


async def test_what_is_refused_is_dropped_and_the_rest_goes_on(village, sender, peers):
    await person(WELL_PEER, follows=village)
    first, second = [await announce(village, number) for number in range(2)]
    peers.on(WELL_PEER, lambda _: 403 if uris(peers.bodies())[-1] == first.uri else 202)
    await work(sender)
    assert uris(peers.bodies()) == [first.uri, second.uri]
    assert not await Delivery.exists()
    assert not await Job.exists()


@pytest.mark.parametrize("status", [429, 503])
async def test_a_host_that_asks_for_time_gets_it_and_is_not_called_dead(
    village, sender, peers, clock, status
):
    for _ in range(3):
        await person(WELL_PEER, follows=village)
    wish = clock() + timedelta(hours=5)
    peers.on(WELL_PEER, answered(status, retry_after=wish))
    await announce(village)
    await work(sender)
    assert len(peers.posts) == 1, "the whole host has to be left alone"
    row = await host(WELL_PEER)
    assert (row.next_at, row.failing_since) == (wish, None)
    clock.pass_(hours=4)
    await announce(village)
    await work(sender)
    assert len(peers.posts) == 1
    clock.pass_(hours=1)
    peers.on(WELL_PEER, 202)
    await work(sender)
    assert not await Delivery.exists()


async def test_nobody_can_ask_for_more_than_a_day_or_less_than_our_own_patience(
    village, sender, peers, clock
):
    for name, wish in (("years.example", timedelta(days=3650)), ("now.example", timedelta(seconds=1))):
        await person(name, follows=village)
        peers.on(name, answered(429, retry_after=clock() + wish))
    await announce(village)
    await work(sender)
    assert (await host("years.example")).next_at == clock() + LONGEST_WISH
    assert (await host("now.example")).next_at == clock() + delay(1, jitter=0)


async def test_a_host_that_came_back_gets_little_at_first(village, sender, peers, clock):
    await person("back.example", follows=village)
    published = [(await announce(village, number)).uri for number in range(30)]
    long_ago = clock() - timedelta(days=3)
    await Host.filter(name="back.example").update(failing_since=long_ago, asked_at=clock(), failures=9)
    got = []
    for _ in range(4 * 60):
        await work(sender, turns=1)
        got.append(len(peers.posts))
        clock.pass_(seconds=1)
        if got[-1] == len(published):
            break
    assert got[:3] == [1, 2, 3]
    assert uris(peers.bodies()) == published
    row = await host("back.example")
    assert (row.failing_since, row.failures) == (None, 0)
    assert row.revived_at is not None


@pytest.mark.parametrize("reached", [False, True])
async def test_who_was_offline_for_days_asks_all_hosts_as_soon_as_one_answers(
    village, sender, peers, clock, reached
):
    """Where others were reached meanwhile, those that sleep wait for their probe."""
    sleeping = [f"h{number}.example" for number in range(3)]
    for name in sleeping:
        await person(name, follows=village)
    await announce(village)
    long_ago = clock() - timedelta(days=3)
    await Host.filter(name__in=sleeping).update(
        failing_since=long_ago, asked_at=clock(), failures=9, succeeded_at=long_ago
    )
    await Host.filter(name__in=sleeping[1:]).update(next_at=clock() + timedelta(hours=20))
    if reached:
        await person(WELL_PEER)
        await Host.filter(name=WELL_PEER).update(succeeded_at=clock() - timedelta(hours=3))
    await work(sender, turns=4)
    assert sorted(peer for peer, *_ in peers.posts) == (sleeping[:1] if reached else sleeping)


async def test_a_host_that_was_started_anew_gets_one_and_then_all_that_waits(village, sender, peers, clock):
    await person("back.example", follows=village)
    peers.on("back.example", None)
    published = [(await announce(village, number)).uri for number in range(30)]
    await work(sender, turns=1)
    tried = len(peers.posts)
    peers.on("back.example", 202)
    clock.pass_(seconds=90)
    for _ in range(2):
        await work(sender, turns=1)
        clock.pass_(seconds=1)
    assert uris(peers.bodies())[tried:] == published
    assert (await host("back.example")).revived_at is None


async def test_a_host_that_was_revived_from_outside_is_asked_at_once(village, sender, peers, clock):
    await person("back.example", follows=village)
    peers.on("back.example", None)
    await announce(village)
    await work(sender)
    assert len(peers.posts) == 1
    peers.on("back.example", 202)
    await work(sender)
    assert len(peers.posts) == 1, "nobody knows yet that it is back"
    await Together(store).do(
        Received(
            _liked_by("https://back.example/users/ana"), f"{ORIGIN}/inbox", "https://back.example/users/ana"
        )
    )
    await work(sender)
    assert len(peers.posts) == 2
    assert not await Delivery.exists()


def _liked_by(uri):
    liked = {"id": f"{uri}/likes/1", "type": "Like", "actor": uri, "object": f"{ORIGIN}/o/1"}
    return parse_activity(liked, now=datetime.now(UTC))


async def test_what_waits_for_a_host_that_is_blocked_now_is_dropped(village, sender, peers):
    await person("bad.example", follows=village)
    await announce(village)
    await Host.filter(name="bad.example").update(policy=Policy.BLOCKED)
    policies_changed()
    await work(sender)
    assert peers.posts == []
    assert not await Delivery.exists()
    assert (await host("bad.example")).next_at is None


async def test_flt_35_posts_are_signed_when_they_are_sent_except_the_news_of_a_key(village, peers, clock):
    signed = []

    async def post(inbox, parcel, *, key, scheme, now):
        signed.append((json.loads(parcel.body)["type"], key.key.private_numbers()))
        return await peers(inbox, parcel, key=key, scheme=scheme, now=now)

    await person(follows=village)
    await announce(village)
    old = await key_pair(village)
    async with transaction():
        await rotate_keys(village)
    new = await key_pair(village)
    await announce(village)
    await work(Sender(post, now=clock))
    assert signed == [
        ("Create", new.rsa.key.private_numbers()),
        ("Update", old.rsa.key.private_numbers()),
        ("Create", new.rsa.key.private_numbers()),
    ]


async def test_a_sender_that_stops_ends_its_posts_and_gives_its_hosts_back(village, peers, clock):
    await person("h.example", follows=village)
    for number in range(3):
        await announce(village, number)
    stop, gate = asyncio.Event(), asyncio.Event()
    peers.on("h.example", lambda _: answer_after(gate))
    sender = Sender(peers, now=clock)
    running = asyncio.create_task(sender.run(stop))
    await until(lambda: len(peers.posts) == 1)
    stop.set()
    await until(lambda: sender._stopping)
    gate.set()
    async with asyncio.timeout(GUARD):
        await running
    assert len(peers.posts) == 1
    assert await Delivery.all().count() == 2
    row = await host("h.example")
    assert row.lease_until is None
    assert row.next_at is not None


async def test_a_running_sender_is_woken_by_what_is_published(village, peers):
    await person("h.example", follows=village)
    stop = asyncio.Event()
    running = asyncio.create_task(Sender(peers).run(stop))
    for number in range(3):
        await announce(village, number)
        await until(lambda: len(peers.posts) == number + 1)  # noqa: B023 (awaited at once)
    stop.set()
    await running


async def test_what_is_published_while_a_host_is_served_is_not_forgotten(village, sender, peers):
    await person("h.example", follows=village)

    async def publish_more(_):
        if len(peers.posts) < 20:
            await announce(village)
        return 202

    peers.on("h.example", publish_more)
    await announce(village)
    await work(sender, turns=30)
    assert len(peers.posts) == 20
    assert not await Delivery.exists()


async def test_a_post_that_cannot_even_be_tried_does_not_stop_the_others(village, sender, peers, caplog):
    await person("odd.example", follows=village)
    broken = await announce(village)
    await person("well.example", follows=village)
    await announce(village)

    def fail(_):
        raise ZeroDivisionError

    peers.on("odd.example", fail)
    await work(sender)
    assert len(peers.bodies("well.example")) == 1
    assert (await Delivery.filter(activity=broken).get()).attempts == 1
    assert "post failed" in caplog.text


async def test_no_post_is_lost_where_nobody_keeps_time(village, sender, peers, clock):
    """The clock jumps back: what is due then waits, and goes on when time has come again."""
    await person("h.example", follows=village)
    await announce(village)
    clock.pass_(hours=-2)
    await work(sender)
    assert peers.posts == []
    clock.pass_(hours=2, seconds=1)
    await work(sender)
    assert await Activity.all().count() == len(peers.posts) == 1
