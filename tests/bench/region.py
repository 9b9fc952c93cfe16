"""How long pages take where hundreds of villages put what they have: first with little, then with it all."""

import asyncio
import http.client
import subprocess
import sys
import time
from itertools import cycle, islice
from statistics import median, quantiles
from urllib.parse import quote

import uvloop

from hub.config import Config
from hub.db import close_database, open_database, rows
from tests.bench import inbox, report
from tests.bench.engines import Engine
from tests.bench.machine import cpu_seconds, database_seconds, memory
from tests.bench.options import Options
from tests.bench.people import people_on
from tests.bench.plans import explained
from tests.bench.sink import Sink
from tests.bench.village import Hub, running_hub_among_others
from tests.bench.villages import WORDS, fill
from tests.site import ROOT

LITTLE = 1000
ALL = {"sqlite": (30_000, 60), "postgres": (200_000, 300)}  # publications, villages
ANSWERS, WARM_UP = 30, 3
GOAL = "under 60 ms"
NEAR = "near=44.6,5.1"
# `{n}` is another number in each question, `{word}` another word: what was counted for one helps no other.
PAGES = {
    "needs, second page": "/needs?page=2&{n}",
    "board, second page": "/board?page=2&{n}",
    "needs, one word": "/needs?q={word}",
    "needs, 10 km and an hour": f"/needs?within=10&{NEAR}&minutes={{n}}",
    "needs, 25 km": f"/needs?within=25&{NEAR}&page={{n}}",
    "needs, one subject": "/needs?category=hand&minutes={n}",
    "needs, urgent": "/needs?state=urgent&page={n}",
    "board, what was done": "/board?state=done&page={n}",
    "agenda, second page": "/agenda?page=2&{n}",
    "agenda, a month": "/agenda?month&{n}",
    "search, one word": "/search?q={word}",
    "search, two words": "/search?q={word}+pain",
    "projects": "/projects?page={n}",
    "region": "/region?{n}",
    "region, one village": "/region/village-{n}.example",
    "map": "/map?{n}",
    "map, its places": "/map.json?{n}",
    "neighbours": "/neighbours?{n}",
    "open data": "/open-data/?{n}",
    "a part for other sites": "/embed?{n}",
    "feed": "/needs.atom?{n}",
}
_DUMP = """
import asyncio, sys
from pathlib import Path
from hub.config import Config
from hub.db import close_database, open_database
from hub.region import dump
async def main():
    await open_database(Config(data=Path(sys.argv[1]), database_url=sys.argv[2] or None))
    dump.use_folder(Path(sys.argv[1]) / "bench-open-data")
    if sys.argv[3] == "all":
        await dump.write_open_data()
    await close_database()
asyncio.run(main())
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""


def measure(engine: Engine, options: Options) -> None:
    number, villages = ALL[engine.name]
    with running_hub_among_others(engine, options) as (hub, sink):
        _fill(hub, LITTLE, villages=villages)
        few = {name: _measure(hub, path) for name, path in PAGES.items()}
        _fill(hub, options.of(number), villages=villages, already=LITTLE)
        report.line("publications", options.of(number), f"rows, of {villages} villages")
        print(f"{'':30} {'median':>8} {'p95':>8} {'CPU each':>9}   {'of ' + str(LITTLE):>8}   goal: {GOAL}")
        for name, path in PAGES.items():
            _tell(name, _measure(hub, path), few[name])
        report.line("memory after all that (RSS)", memory(hub.pid), "MB", digits=1)
        _measure_dump(hub)
        _measure_inbox(hub, sink, options)
        asyncio.run(_explain(hub))


def _fill(hub: Hub, number: int, *, villages: int, already: int = 0) -> None:
    asyncio.run(_fill_database(hub.config, number, villages=villages, already=already))
    time.sleep(11)  # what was kept for a moment is forgotten


async def _fill_database(config: Config, number: int, *, villages: int, already: int) -> None:
    await open_database(config)
    await fill(number, villages=villages, already=already)
    await rows("UPDATE village SET is_region = true")
    await close_database()


def _measure(hub: Hub, path: str) -> tuple[float, float, float]:
    """Milliseconds: median, 95th percentile, and of the processor for each answer, hub and database."""
    connection = http.client.HTTPConnection(*hub.address, timeout=30)
    times, cpu = [], 0.0
    with hub.sampled():
        for number, word in islice(enumerate(cycle(WORDS)), WARM_UP + ANSWERS):
            if number == WARM_UP:
                cpu = _cpu(hub)
            began = time.perf_counter()
            _ask(hub, connection, path.format(n=number + 1, word=quote(word)))
            times.append((time.perf_counter() - began) * 1000)
    connection.close()
    each = (_cpu(hub) - cpu) * 1000 / ANSWERS
    return median(times[WARM_UP:]), quantiles(times[WARM_UP:], n=20)[-1], each


def _cpu(hub: Hub) -> float:
    """Seconds of the hub and of its database."""
    name = (hub.database_url or "").rpartition("/")[2]
    return cpu_seconds(hub.pid) + (database_seconds(name) if name else 0)


def _ask(hub: Hub, connection: http.client.HTTPConnection, path: str) -> None:
    headers = {"Host": hub.host, "X-Forwarded-Proto": "https", "X-Forwarded-For": "127.0.1.1"}
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    answer.read()
    assert answer.status == 200, f"{path} answers {answer.status}"


def _tell(name: str, all_of_it: tuple[float, ...], few: tuple[float, ...]) -> None:
    middle, p95, cpu = all_of_it
    ratio = middle / few[0]
    print(f"{name:30} {middle:5.1f} ms {p95:5.1f} ms {cpu:6.1f} ms   {ratio:5.1f} times", flush=True)


def _measure_dump(hub: Hub) -> None:
    """All open data into files, by a process of its own; beside one that only opens the database."""
    peaks = {}
    for what in ("nothing", "all"):
        began = time.perf_counter()
        command = [sys.executable, "-c", _DUMP, str(hub.site.data), hub.database_url or "", what]
        done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
        peaks[what] = int(done.stdout.split()[-1]) / 1024
        seconds = time.perf_counter() - began
    report.line("open data, all files", seconds, "s", digits=1)
    report.line("open data, memory beyond a process that does nothing", peaks["all"] - peaks["nothing"], "MB")


def _measure_inbox(hub: Hub, sink: Sink, options: Options) -> None:
    people = people_on(sink, inbox.ACTORS, named="voisine")
    announced = hub.object_of(hub.publish("La pompe du lavoir"))
    writers = inbox.Writers(people, hub.seen_from_outside(), announced)
    uvloop.run(inbox.measure_writers(hub, writers, options.of(inbox.ACTIVITIES)))


async def _explain(hub: Hub) -> None:
    """Which statements of these pages read much, and how."""
    await open_database(hub.config)
    async with explained(hub.config) as pages:
        for name, path in PAGES.items():
            for question in await pages.questions(path.format(n=1, word="bois")):
                if question.reads_much:
                    report.remark(f"{name}: {question}")
    await close_database()
