"""What was published arrives, and what was answered 202 is handled, whatever dies and for however long.

FLT-02: `kill -9` in the middle of a fan-out. FLT-03: `kill -9` after a 202. FLT-11: a peer that is down for
a week, on the simulated clock of one process with real rows.
"""

import asyncio
import json
import random
import threading
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from hub.actors.models import Actor, Host, Role
from hub.config import Config
from hub.db import close_database, open_database
from hub.fediverse.models import Delivery
from hub.fediverse.sending import STRUCK_TOGETHER, Sender
from tests.attacks.database import Database
from tests.attacks.fediverse import Attacker, Fediverse, peers_settings
from tests.attacks.village import Village, running_village
from tests.bench.sink import ADDRESSES, Sink
from tests.evilpeer import running_evil_peer
from tests.faults.conftest import Seen
from tests.faults.points import Point, Trigger
from tests.faults.queues import assert_sound, await_end, release, waiting
from tests.unit.hub.fediverse.neighbourhood import (
    Clock,
    Peers,
    announce,
    close_village,
    host,
    open_village,
    person,
)
from tests.waiting import GUARD, wait_until

CHANCE = random.Random(2026)
INBOXES_EACH = 10  # on each of the sink's servers: 500 in all


# ---------------------------------------------------------------- FLT-02


def test_flt_02_a_kill_in_the_middle_of_a_fan_out_loses_no_inbox_and_changes_no_id(
    database: Database, tmp_path: Path, seen: Seen
) -> None:
    deaths = [a_post_in_the_middle() for _ in range(2)]
    with Sink() as sink:
        trigger = Trigger(tmp_path, deaths)
        network = {"LAVOIR_PEER_NETWORKS": "127.0.0.0/8", "LAVOIR_CA_FILE": str(sink.ca_file)}
        with running_village(database, settings=network | trigger.settings) as village:
            inboxes = gather_followers(village, sink)
            for number, death in enumerate(deaths):
                sink.forget()
                trigger.arm(death)
                publish(village, number)
                trigger.wait_for_death(village.site)
                sent = sink.count("Create")
                assert 0 < sent < inboxes
                assert_sound(database)
                release(database)
                village.site.start()
                wait_until(lambda: waiting(database) == "0")
                # the sink tells posts apart by inbox and by every byte of what came
                assert sink.count("Create") == inboxes
                assert sink.tally().doubles <= len(ADDRESSES) * STRUCK_TOGETHER
                seen(f"killed after {sent} of {inboxes}: all came, {sink.tally().doubles} twice, same bytes")
            assert database.value("SELECT count(*) FROM activity WHERE type = 'Create'") == "2"


def a_post_in_the_middle() -> Point:
    """One of hundreds; to most of the hosts others are under way then."""
    return Point("some were sent", "before federation.delivery:deliver", call=CHANCE.randrange(100, 300))


def gather_followers(village: Village, sink: Sink) -> int:
    """As if they had asked and were accepted; how many inboxes that makes."""
    return asyncio.run(write_followers(village.database, sink))


async def write_followers(database: Database, sink: Sink) -> int:
    await open_database(Config(data=database.data, database_url=database.url))
    try:
        ours = await Actor.get(role=Role.VILLAGE)
        for address in ADDRESSES:
            for number in range(INBOXES_EACH):
                origin = sink.origin(address).removeprefix("https://")
                await person(origin, name=f"ana{number}", follows=ours)
    finally:
        await close_database()
    return len(ADDRESSES) * INBOXES_EACH


def publish(village: Village, number: int) -> None:
    form = {"title": f"Nouvelle {number}", "text": "La fontaine coule.", "scope": "public"}
    with suppress(httpx.TransportError):
        village.administrator.post("/new/announcement", form)


# ---------------------------------------------------------------- FLT-03


class Writers:
    """People elsewhere who write to the village until it dies; `answered` are the notes that it took."""

    def __init__(self, attackers: list[Attacker]) -> None:
        self.answered: list[str] = []
        self._attackers = attackers
        self._killed = threading.Event()

    def write_until_killed(self, village: Village, after: int) -> None:
        threads = [threading.Thread(target=self._write, args=(one,), daemon=True) for one in self._attackers]
        for thread in threads:
            thread.start()
        wait_until(lambda: len(self.answered) >= after)
        village.site.kill()
        self._killed.set()  # another program of these tests may answer on the port that is free now
        for thread in threads:
            await_end(thread)

    def _write(self, attacker: Attacker) -> None:
        with suppress(OSError):  # what was killed answers no more
            while not self._killed.is_set():
                note = attacker.mention()
                if attacker.post(attacker.create(note)).status == 202:
                    self.answered.append(note["id"])


def test_flt_03_what_was_answered_202_is_handled_after_a_kill_and_once(
    database: Database, tmp_path: Path
) -> None:
    with (
        running_evil_peer() as peer,
        running_village(database, settings=peers_settings(peer, tmp_path)) as village,
    ):
        fediverse = Fediverse(village, peer)
        attackers = [fediverse.attacker() for _ in range(4)]
        for attacker in attackers:
            assert attacker.post(attacker.create(attacker.mention())).status == 202
        fediverse.settle()
        for number in range(2):
            writers = Writers(attackers)
            writers.write_until_killed(village, after=3 + 40 * number)
            release(database)
            village.site.start()
            fediverse.settle()
            kept = set(database.run("SELECT uri FROM publication WHERE kind <> 'announcement'"))
            assert set(writers.answered) <= kept
        assert database.value("SELECT count(*) FROM received") == "0"


# ---------------------------------------------------------------- FLT-11


@pytest.fixture
async def schema(schema_config: Config) -> AsyncIterator[None]:
    await open_database(schema_config)
    yield
    await close_database()


OTHERS = 40
EVERY = timedelta(hours=6)
STEP = timedelta(minutes=30)
DOWN = timedelta(days=7)


async def test_flt_11_12_a_peer_that_was_down_for_a_week_gets_everything_in_order_and_delayed_nobody(
    schema: None, seen: Seen
) -> None:
    """The clock is ours, the rows are real; nobody tells us that the peer is back."""
    village, clock, peers = await open_village(), Clock(), Peers()
    sender = Sender(peers, now=clock, jitter=CHANCE.random)
    others = [f"h{number}.example" for number in range(OTHERS)]
    for name in [*others, "down.example"]:
        await person(name, follows=village)
    peers.on("down.example", None)
    begin, published = clock(), []
    while clock() < begin + DOWN:
        if clock() >= begin + len(published) * EVERY:
            published.append((await announce(village, len(published))).uri)
            await work(sender)
            assert await Delivery.exclude(host="down.example").count() == 0, "nobody waits for the dead"
        else:
            await work(sender)
        clock.at += STEP
    assert {name: sent_to(peers, name) for name in others} == dict.fromkeys(others, published)
    tries = len(peers.bodies("down.example"))
    assert tries < 30, "a dead host costs next to nothing"
    assert await Delivery.all().count() == len(published)

    peers.on("down.example", 202)
    pace = await come_back(sender, peers, clock)
    assert sent_to(peers, "down.example")[tries:] == published
    assert pace[0] == 1, "one probe first"
    assert max(pace[:10]) <= 2, "then little"
    assert (await host("down.example")).failing_since is None
    close_village()
    seen(f"{len(published)} posts waited a week, {tries} tries; then all, in order, {pace[:9]} each second")


async def come_back(sender: Sender, peers: Peers, clock: Clock) -> list[int]:
    """Posts to the peer in each second, from the first one that it takes until all have come."""
    before, pace = len(peers.posts), []
    limit = clock() + timedelta(days=1)
    while await Delivery.exists():
        assert clock() < limit
        await work(sender)
        if pace or len(peers.posts) > before:
            pace.append(len(peers.posts) - before)
            before = len(peers.posts)
        clock.at += timedelta(seconds=1) if pace else STEP
    return pace


async def work(sender: Sender) -> None:
    """All that is due now, over as many turns as there are too many hosts for one."""
    for _ in range(OTHERS):
        await sender.turn()
        async with asyncio.timeout(GUARD):
            await sender.idle()
        if not await Host.filter(next_at__lte=sender._now()).exists():
            return


def sent_to(peers: Peers, name: str) -> list[str]:
    return [json.loads(body)["id"] for body in peers.bodies(name)]
