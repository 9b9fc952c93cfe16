"""200 members are there at once, 20 of their notices are published each minute, and some search (LD-10)."""

import asyncio
import threading
import time
from datetime import UTC, datetime, timedelta
from statistics import median

import uvloop

from hub.db import close_database, open_database, transaction
from hub.members.models import Member, Session, hash_of
from tests.bench import report
from tests.bench.engines import Engine
from tests.bench.load import pace
from tests.bench.machine import Watch, forget_peak, memory
from tests.bench.options import Options
from tests.bench.rush import page_of
from tests.bench.village import Hub, running_hub
from tests.bench.villages import WORDS, fill

MEMBERS, PAGE_EVERY, PUBLISH_EVERY, SECONDS = 200, 8.0, 3.0, 15
NOTICES, VILLAGES = 2000, 6
PATHS = ("/", "/needs", "/board", "/agenda", "/search?q={word}", "/me", "/projects", "/needs?q={word}")


def measure(engine: Engine, options: Options) -> None:
    with running_hub(engine, options) as hub:
        asyncio.run(_fill(hub))
        rest, seconds = memory(*hub.pids), max(4, SECONDS * options.size)
        forget_peak(*hub.pids)
        took = _Publishing(hub, seconds)
        watch, here = Watch(*hub.pids), Watch.here()
        with hub.sampled(), took:
            rate = MEMBERS / PAGE_EVERY
            pages = pace(hub.addresses, _pages(hub), rate=rate, seconds=seconds, connections=64)
            answers = uvloop.run(pages)
        spent = watch.spent()
        report.line("LD-10: pages of 200 members", answers.good / seconds, "/s")
        report.line("p95", answers.p95, "ms", goal="under 500 ms", digits=1)
        report.line("publishing meanwhile, median", median(took.times), "ms", digits=1)
        report.others("members", answers)
        report.busy(hub=spent, generator=here.spent())
        report.memory_under_load(hub.pids, rest)


async def _fill(hub: Hub) -> None:
    await open_database(hub.config)
    await fill(NOTICES, villages=VILLAGES)
    async with transaction():
        names = [f"Membre {number}" for number in range(MEMBERS)]
        await Member.bulk_create([Member(name=name, trusted_at=datetime.now(UTC)) for name in names])
        members = await Member.filter(name__startswith="Membre ").order_by("id")
        await Session.bulk_create([_session(one, number) for number, one in enumerate(members)])
    await close_database()


def _session(member: Member, number: int) -> Session:
    ends_at = datetime.now(UTC) + timedelta(days=9)
    return Session(token_hash=hash_of(f"bench-{number}"), member=member, browser="Firefox", ends_at=ends_at)


def _pages(hub: Hub) -> list[bytes]:
    """Everybody asks for another page than the one before them."""
    name = hub.session.partition("=")[0]
    return [
        page_of(hub, path.format(word=WORDS[number % len(WORDS)]), cookie=f"{name}=bench-{number % MEMBERS}")
        for number, path in enumerate(PATHS * MEMBERS)
    ]


class _Publishing:
    """While the block runs."""

    def __init__(self, hub: Hub, seconds: float) -> None:
        self.times: list[float] = []
        self._hub = hub
        self._thread = threading.Thread(target=self._publish, args=(seconds,))

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._thread.join()

    def _publish(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            began = time.perf_counter()
            self._hub.publish(f"Une nouvelle de {len(self.times)}")
            self.times.append((time.perf_counter() - began) * 1000)
            time.sleep(max(0.0, PUBLISH_EVERY - (time.perf_counter() - began)))
