"""A million notes of a hundred thousand people, ten thousand of whom follow the village (LD-14).

It starts, shows its pages, is copied and forgets what is old, while members read.
"""

import asyncio
import time
from collections.abc import Coroutine
from datetime import UTC, datetime
from itertools import cycle
from statistics import quantiles

import uvloop

from hub.actors.models import Actor
from hub.db import close_database, open_database, rows
from hub.fediverse.models import Follow
from hub.publications.models import Publication
from tests.bench import report
from tests.bench.engines import Engine
from tests.bench.machine import cpu_seconds, memory, pin_hub
from tests.bench.options import Options
from tests.bench.village import Hub, running_hub
from tests.bench.villages import at, insert, numbers

NOTES = {"sqlite": 100_000, "postgres": 1_000_000, "several": 1_000_000}
HOSTS, AT_ONCE = 2000, 50_000
PATIENCE = 120
PAGES = (
    "/",
    "/board",
    "/agenda",
    "/search?q=bois",
    "/network",
    "/admin/network/followers",
    "/me",
    "/associations",
)
POSTS = "SELECT count(*) FROM publication WHERE kind = 'post'"


def measure(engine: Engine, options: Options) -> None:
    with running_hub(engine, options) as hub:
        number = options.of(NOTES[engine.name])
        asyncio.run(_fill(hub, number))
        report.line("LD-14: notes of others", number, "rows")
        _measure_start(hub)
        for path in PAGES:
            _measure_page(hub, path)
        report.line("memory after that (RSS)", memory(*hub.pids), "MB", goal="at most 200 MB", digits=1)
        uvloop.run(_measure_meanwhile(hub, "backup", _back_up(hub)))
        uvloop.run(_measure_meanwhile(hub, "what is old is forgotten", _forget(hub, (number + 1) // 2)))


async def _fill(hub: Hub, number: int) -> None:
    people = number // 10
    await open_database(hub.config)
    await insert(Actor, _actor(), source=numbers(people))
    [first] = await rows("SELECT min(id) AS id FROM actor WHERE uri LIKE 'bench:%'")
    [village] = await rows("SELECT id FROM actor WHERE role = 'village'")
    await insert(Follow, _follow(first["id"], village["id"]), source=numbers(people // 10))
    for start in range(0, number, AT_ONCE):
        end = min(start + AT_ONCE, number)
        await insert(Publication, _note(first["id"], people), source=numbers(end, first=start))
    await rows("ANALYZE")
    await close_database()


def _actor() -> dict[str, str]:
    host = f"'server-' || (i % {HOSTS}) || '.example'"
    uri = "'bench:person/' || i"
    return {"uri": uri, "host": host, "name": "'person-' || i", "kind": "'Person'", "inbox": uri}


def _follow(first: int, village: int) -> dict[str, str]:
    return {
        "uri": "'bench:follow/' || i",
        "follower_id": f"{first} + i * 10",
        "followed_id": str(village),
        "accepted_at": at("-1000"),
    }


def _note(first: int, people: int) -> dict[str, str]:
    """Every second one is older than such notes are kept."""
    html = "'<p>Numéro ' || i || ' : on parle du marché, de la pluie, et de la chorale du village.</p>'"
    return {
        "uri": "'bench:note/' || i",
        "author_id": f"{first} + i % {people}",
        "kind": "'post'",
        "type": "'Note'",
        "scope": "'public'",
        "html": html,
        "language": "'fr'",
        "published_at": at("-(i % 2) * 200000 - i % 1440"),
        "received_at": at("-(i % 2) * 200000 - i % 1440"),
    }


def _measure_start(hub: Hub) -> None:
    """Until somebody gets the first page."""
    hub.site.stop()
    began = time.perf_counter()
    hub.site.launch()
    while time.perf_counter() - began < PATIENCE:
        try:
            hub.ask("/")
            break
        except OSError:
            time.sleep(0.02)
    report.line(
        "from the start to the first answer", time.perf_counter() - began, "s", goal="under 3 s", digits=2
    )
    report.line("of the processor until then", cpu_seconds(hub.pid), "s", digits=2)
    report.line("memory then (RSS)", memory(hub.pid), "MB", goal="at most 110 MB", digits=1)
    pin_hub(hub.pid)


def _measure_page(hub: Hub, path: str) -> None:
    times = []
    for _ in range(4):
        began = time.perf_counter()
        answer = hub.ask(path, cookie=hub.session)
        times.append((time.perf_counter() - began) * 1000)
        if answer.status not in (200, 303):
            report.remark(f"{path} answers {answer.status}")
    report.line(f"{path}, signed in", sorted(times)[1], "ms", digits=1)


async def _measure_meanwhile(hub: Hub, name: str, work: Coroutine[None, None, None]) -> None:
    """How long it takes, and what members notice of it."""
    began, working = time.perf_counter(), asyncio.create_task(work)
    times, paths = [0.0], cycle(PAGES)
    while not working.done():
        asked_at = time.perf_counter()
        await asyncio.to_thread(hub.ask, next(paths), cookie=hub.session)
        times.append((time.perf_counter() - asked_at) * 1000)
        await asyncio.sleep(0.05)
    await working
    report.line(name, time.perf_counter() - began, "s", digits=1)
    p95 = quantiles(times, n=20)[-1] if len(times) > 1 else 0
    report.line("members' pages meanwhile, p95", p95, "ms", goal="under 1000 ms", digits=1)


async def _back_up(hub: Hub) -> None:
    file = hub.site.data / "bench.backup"
    done = await asyncio.to_thread(hub.site.command, "backup", str(file), within=PATIENCE)
    if done.returncode:
        report.remark(f"no backup: {done.stderr.strip()}")
    file.unlink(missing_ok=True)


async def _forget(hub: Hub, kept: int) -> None:
    """As the program does by itself every few hours; half of the notes are too old."""
    end = time.monotonic() + PATIENCE
    await open_database(hub.config)
    await rows("UPDATE job SET due_at = $1 WHERE name = 'fediverse.forget_old'", datetime.now(UTC))
    await close_database()
    async with hub.reading() as asked:
        while (left := await asked(POSTS)) > kept and time.monotonic() < end:
            await asyncio.sleep(0.2)
    if left > kept:
        report.remark(f"{left - kept} that are too old are still there after {PATIENCE} s")
