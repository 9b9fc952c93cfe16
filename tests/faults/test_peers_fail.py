"""FLT-12, FLT-13, FLT-16, FLT-17, FLT-20, FLT-24: other servers are away, slow, unwell, or not who they say.

One village that publishes, and followers on servers that fail each in a way of its own; nothing is simulated.
"""

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.actors.models import Actor, Role
from hub.config import Config
from hub.db import close_database, open_database
from tests.attacks.database import Database
from tests.attacks.fediverse import Attacker, Fediverse, peers_settings
from tests.attacks.village import new_database, running_village
from tests.evilpeer import EvilPeer, answers, running_evil_peer
from tests.faults.conftest import Seen
from tests.site import free_port
from tests.unit.hub.fediverse.neighbourhood import person
from tests.waiting import wait_until

LISTENERS = ("expired", "of_another_host", "self_made", "silent")
LONG = 25.0  # seconds that the slow one takes: more than anybody waits for it


@pytest.fixture
def own_peer() -> Iterator[EvilPeer]:
    """Whose hosts nobody else makes fail."""
    with running_evil_peer() as peer:
        yield peer


def test_flt_12_13_16_17_20_24_who_fails_delays_nobody_and_gets_everything_once_well(
    own_peer: EvilPeer, tmp_path: Path, seen: Seen
) -> None:
    peer = own_peer
    settings = peers_settings(peer, tmp_path)
    with (
        new_database(tmp_path / "data", None) as database,
        running_village(database, settings=settings) as village,
    ):
        fediverse = Fediverse(village, peer)
        well, slow = fediverse.attacker(host="127.0.0.5"), fediverse.attacker(host="127.0.0.6")
        unwell = fediverse.attacker(host="127.0.0.7")
        for one in (well, slow, unwell):
            assert one.post(one.follow()).status == 202
        fediverse.settle()
        slow.on(f"{slow.uri}/inbox", answers.after(LONG, answers.status(202)))
        unwell.on(f"{unwell.uri}/inbox", answers.status(503, retry_after="3600"))
        others = {name: f"127.0.0.5:{peer.ports[name]}" for name in LISTENERS}
        others["down"] = f"127.0.0.5:{free_port()}"
        add_followers(database, *others.values())

        first = fediverse.announce(title="Premiere")
        wait_until(lambda: titles(well) == ["Premiere"])
        second = fediverse.announce(title="Seconde")
        wait_until(lambda: titles(well) == ["Premiere", "Seconde"])
        assert titles(slow) == ["Premiere"], "it still thinks about the first one"
        wait_until(lambda: failing(fediverse, slow.netloc, *others.values()))
        page = village.administrator.get("/admin/network?show=failing").text
        assert all(host in page for host in others.values())
        asked = fediverse.value(f"SELECT failing_since FROM host WHERE name = '{unwell.netloc}'")
        assert asked == "", "who asks for time is not called dead"
        for name, why in (("expired", "expired"), ("of_another_host", "mismatch"), ("self_made", "issuer")):
            told = village.administrator.get(f"/admin/network/hosts/{others[name]}").text
            assert re.search(rf"TLS: [^<]*{why}", told), f"agents are not told why of {name}"

        slow.on(f"{slow.uri}/inbox", answers.status(202))
        unwell.on(f"{unwell.uri}/inbox", answers.status(202))
        away = "failing_since = '2026-01-01', next_at = '2030-01-01'"
        database.run(f"UPDATE host SET {away} WHERE name = '{slow.netloc}'")
        assert slow.post(slow.create(slow.mention("me revoilà"))).status == 202  # nobody hurries it but this
        wait_until(lambda: titles(slow) == ["Premiere", "Seconde"])
        fediverse.hurry()
        wait_until(lambda: titles(unwell) == ["Premiere", "Seconde"])
        assert {ids(one, title) for one in (well, slow, unwell) for title in ("Premiere", "Seconde")} == {1}
        assert first.uri != second.uri
        waiting = fediverse.value("SELECT count(*) FROM delivery")
        seen(
            f"one after {LONG:.0f} s, one that asks for an hour, {len(others)} that cannot be reached: nobody"
            f" waited for another; {waiting} posts wait for those who are still away"
        )


def add_followers(database: Database, *hosts: str) -> None:
    """One at each, as if they had asked and were accepted while their servers were well."""
    asyncio.run(write_followers(database, hosts))


async def write_followers(database: Database, hosts: tuple[str, ...]) -> None:
    await open_database(Config(data=database.data, database_url=database.url))
    try:
        ours = await Actor.get(role=Role.VILLAGE)
        for host in hosts:
            await person(host, follows=ours)
    finally:
        await close_database()


def failing(fediverse: Fediverse, *hosts: str) -> bool:
    names = ", ".join(f"'{host}'" for host in hosts)
    found = f"SELECT count(*) FROM host WHERE failing_since IS NOT NULL AND name IN ({names})"
    return fediverse.value(found) == str(len(hosts))


def titles(follower: Attacker) -> list[str]:
    """In the order in which they came, each once."""
    return list(dict.fromkeys(each["object"]["name"] for each in follower.told("Create")))


def ids(follower: Attacker, title: str) -> int:
    return len({each["id"] for each in follower.told("Create") if each["object"]["name"] == title})
