"""Who may call a host, and when: leases, numbers and times stand in the rows, for every process alike."""

import asyncio
from datetime import timedelta

from federation.signatures import Scheme
from hub.actors.models import Host
from hub.db import dialect, rows, transaction
from hub.fediverse import queue
from hub.fediverse.models import Delivery
from hub.fediverse.queue import LEASE, Closing, Ledger, Pause
from hub.fediverse.sending import Sender
from tests.unit.hub.fediverse.neighbourhood import (
    announce,
    answer_after,
    host,
    person,
    until,
    uris,
)

AHEAD = timedelta(hours=14)  # what a clock was wrong by
PEER = "h.example"


async def claim(clock, limit=1):
    return await queue.claim(limit, failing=False, slow=[], now=clock())


async def test_nobody_claims_more_than_there_are_slots_for_whatever_way_the_rows_are_found(village, clock):
    for number in range(12):
        await person(f"h{number}.example", follows=village)
    await announce(village)
    async with transaction():
        if dialect() == "postgres":  # the way that it goes by itself where it takes the table to be empty
            for other in ("hashjoin", "mergejoin", "hashagg", "sort", "material"):
                await rows(f"SET LOCAL enable_{other} = off")
        assert len(await claim(clock, 3)) == 3
    assert await Host.filter(lease_until__not_isnull=True).count() == 3


async def test_two_senders_never_call_one_host_at_once(village, peers, clock):
    gate = asyncio.Event()
    for number in range(6):
        await person(f"h{number}.example", follows=village)
        peers.on(f"h{number}.example", lambda _: answer_after(gate))
    await announce(village)
    one, other = Sender(peers, now=clock), Sender(peers, now=clock)
    await asyncio.gather(one.turn(), other.turn())
    await until(lambda: len(peers.posts) == 6)
    await other.turn()
    gate.set()
    await one.idle()
    await other.idle()
    assert len(peers.posts) == 6
    assert not await Delivery.exists()


async def test_the_hosts_of_a_dead_sender_are_taken_over_and_it_changes_nothing_any_more(
    village, peers, clock
):
    await person("h.example", follows=village)
    await announce(village)
    gate = asyncio.Event()
    peers.on("h.example", lambda _: answer_after(gate))
    lost = Sender(peers, now=clock)
    await lost.turn()
    await until(lambda: len(peers.posts) == 1)
    heir = Sender(peers, now=clock)
    await heir.turn()
    assert len(peers.posts) == 1
    clock.at += LEASE + timedelta(seconds=1)
    await heir.turn()
    await until(lambda: len(peers.posts) == 2)
    lease = (await host("h.example")).lease_until
    for task in [*lost._turns]:
        task.cancel()
    await lost.idle()
    assert (await host("h.example")).lease_until == lease
    gate.set()
    await heir.idle()
    assert len(set(uris(peers.bodies()))) == 1
    assert not await Delivery.exists()


async def test_flt_22_a_turn_that_ends_after_the_clock_was_set_right_does_not_put_off_what_came_since(
    village, clock
):
    await person(PEER, follows=village)
    await announce(village)
    clock.at += AHEAD
    [misled] = await claim(clock)
    await queue.drop_all(PEER)
    at, clock.at = clock(), clock() - AHEAD
    await announce(village)
    await Ledger().close(Closing(misled, at=at, due_at=at, scheme=Scheme.CAVAGE, answered=True))
    await queue.forget_the_future(clock())
    assert (await host(PEER)).next_at <= clock()


async def test_flt_22_nothing_is_written_by_a_turn_that_began_before_the_clock_was_set_right(village, clock):
    await person(PEER, follows=village)
    await announce(village)
    clock.at += AHEAD
    [misled] = await claim(clock)
    at, clock.at = clock(), clock() - AHEAD
    await queue.forget_the_future(clock())
    pause = Pause("answered 503", is_down=True, retry_after=None, jitter=0)
    await Ledger().close(Closing(misled, at=at, due_at=at, scheme=Scheme.CAVAGE, pause=pause))
    row = await host(PEER)
    assert (row.failing_since, row.lease_until, row.next_at <= clock()) == (None, None, True)


async def test_a_host_that_asked_for_time_keeps_it_when_the_program_starts_again(village, clock):
    await person(PEER, follows=village)
    await announce(village)
    [claimed] = await claim(clock)
    wish = clock() + timedelta(hours=3)
    pause = Pause("answered 429", is_down=False, retry_after=wish, jitter=0)
    await Ledger().close(Closing(claimed, at=clock(), due_at=clock(), scheme=Scheme.CAVAGE, pause=pause))
    await queue.forget_the_future(clock())
    assert (await host(PEER)).next_at == wish
