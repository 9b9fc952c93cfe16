"""Jobs survive the sudden death of whoever does them; workers are real processes here."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_asyncio

from hub.config import Config
from hub.db import close_database, open_database, rows
from hub.jobs import Job

ROOT = Path(__file__).parents[2]
GUARD = 90  # seconds after which a hang is called a hang

# Jobs write one line when they begin and one when they end, with O_APPEND: no line is lost or mixed.
WORKER = """
import asyncio, os, signal, sys
from datetime import timedelta
from pathlib import Path
from hub.config import Config
from hub.db import close_database, open_database
from hub.jobs import Periodic, run_worker

journal = os.open(sys.argv[3], os.O_APPEND | os.O_WRONLY)

def say(*words):
    os.write(journal, (" ".join(map(str, words)) + "\\n").encode())

async def quick(number):
    say("begin", number, os.getpid())
    await asyncio.sleep(0.02)
    say("end", number, os.getpid())

async def slow(number):
    say("begin", number, os.getpid())
    await asyncio.sleep(1000)

async def slow_for_others(number):
    say("begin", number, os.getpid())
    if sys.argv[4] == "slow":
        await asyncio.sleep(1000)
    say("end", number, os.getpid())

async def tick():
    say("begin", "tick", os.getpid())
    await asyncio.sleep(0.05)
    say("end", "tick", os.getpid())

async def main():
    await open_database(Config(data=Path(sys.argv[1]), database_url=sys.argv[2] or None))
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    jobs = [quick, slow, slow_for_others, Periodic(tick, every=timedelta(milliseconds=20))]
    say("ready", os.getpid())
    limits = {"lease": timedelta(seconds=2), "grace": timedelta(seconds=0.2)}
    await asyncio.gather(*[run_worker(jobs, stop, **limits) for _ in range(2)])
    await close_database()

asyncio.run(main())
"""


class Workers:
    """Worker processes on one database, and the journal that they share."""

    def __init__(self, config: Config, journal: Path) -> None:
        self.config = config
        self.journal = journal
        self.processes: list[subprocess.Popen[bytes]] = []
        journal.touch()

    def start(self, manner: str = "quick") -> subprocess.Popen[bytes]:
        arguments = [str(self.config.data), self.config.database_url or "", str(self.journal), manner]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        process = subprocess.Popen([sys.executable, "-c", WORKER, *arguments], env=environment)
        self.processes.append(process)
        return process

    def lines(self, word: str) -> list[list[str]]:
        found = [line.split() for line in self.journal.read_text().splitlines()]
        return [words for words in found if words[0] == word]

    def jobs(self, word: str) -> list[str]:
        """Numbers of the jobs that began or ended, without the periodic one."""
        return [words[1] for words in self.lines(word) if words[1] != "tick"]

    async def until(self, word: str, count: int) -> None:
        """Wait until that many jobs began or ended, or workers got ready."""
        async with asyncio.timeout(GUARD):
            while len(self.jobs(word)) < count:
                await asyncio.sleep(0.02)


@pytest_asyncio.fixture
async def opened(schema_config: Config) -> AsyncIterator[Config]:
    """A database with every table and no row, open in this process as well."""
    await open_database(schema_config)
    yield schema_config
    await close_database()


@pytest.fixture
def workers(opened: Config, tmp_path: Path) -> Iterator[Workers]:
    workers = Workers(opened, tmp_path / "journal")
    yield workers
    for process in workers.processes:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        process.wait(timeout=30)


async def ask_for(function: str, *numbers: int) -> None:
    now = datetime.now(UTC)
    await Job.bulk_create(
        [Job(name=f"__main__.{function}", arguments=f'{{"number": {n}}}', due_at=now) for n in numbers]
    )


async def test_flt_05_the_job_of_a_killed_worker_is_done_by_another(workers: Workers) -> None:
    await ask_for("slow_for_others", 1)
    first = workers.start("slow")
    await workers.until("begin", 1)
    first.kill()
    first.wait(timeout=30)
    workers.start()
    await workers.until("end", 1)
    begun = [int(words[2]) for words in workers.lines("begin") if words[1] == "1"]
    assert begun == [first.pid, workers.processes[1].pid]
    async with asyncio.timeout(GUARD):
        while await Job.filter(periodic=None).exists():
            await asyncio.sleep(0.02)


async def test_flt_06_two_processes_never_do_one_job_at_once(workers: Workers) -> None:
    workers.start()
    workers.start()
    await workers.until("ready", 2)
    await ask_for("quick", *range(120))
    await workers.until("end", 120)
    for process in workers.processes:
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0
    assert sorted(workers.jobs("begin"), key=int) == [str(number) for number in range(120)]
    assert sorted(workers.jobs("end"), key=int) == [str(number) for number in range(120)]
    assert await Job.filter(periodic=None).count() == 0
    assert len({words[2] for words in workers.lines("end")}) == 2, "both must have had work"


async def test_flt_06_a_periodic_job_never_runs_twice_at_once(workers: Workers) -> None:
    workers.start()
    workers.start()
    async with asyncio.timeout(GUARD):
        while len(workers.lines("end")) < 6:
            await asyncio.sleep(0.02)
    for process in workers.processes:
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0
    lines = [line.split() for line in workers.journal.read_text().splitlines()]
    turns = [words for words in lines if words[0] != "ready"]
    for begin, end in zip(turns[::2], turns[1::2], strict=True):
        assert (begin[0], end[0], begin[2]) == ("begin", "end", end[2])


async def test_flt_04_a_stopped_worker_gives_its_jobs_back_at_once(workers: Workers) -> None:
    await ask_for("slow", 1, 2)
    process = workers.start()
    await workers.until("begin", 2)
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=30) == 0
    left = await rows("SELECT attempts, lease_until FROM job WHERE periodic IS NULL")
    assert left == [{"attempts": 0, "lease_until": None}] * 2


async def test_flt_05_workers_that_die_again_and_again_lose_nothing(workers: Workers) -> None:
    await ask_for("quick", *range(100))
    for _ in range(2):
        process = workers.start()
        await workers.until("end", len(workers.jobs("end")) + 15)
        process.kill()
        process.wait(timeout=30)
    workers.start()
    async with asyncio.timeout(GUARD):
        while len(set(workers.jobs("end"))) < 100 or await Job.filter(periodic=None).exists():
            await asyncio.sleep(0.05)
    assert sorted(set(workers.jobs("end")), key=int) == [str(number) for number in range(100)]
