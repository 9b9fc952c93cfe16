"""Jobs survive the sudden death of whoever does them; workers are real processes here."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest
import pytest_asyncio

from hub.config import Config
from hub.db import close_database, open_database, rows
from hub.jobs import Job
from tests.faults.worker import work
from tests.forked import fork_server
from tests.waiting import GUARD

SOON = timedelta(seconds=2)
LONG = timedelta(minutes=10)  # a lease that no process outlives, however little of the machine it gets


class Workers:
    """Worker processes on one database, and the journal that they share."""

    def __init__(self, config: Config, journal: Path) -> None:
        self.config = config
        self.journal = journal
        self.processes: list[BaseProcess] = []
        journal.touch()

    def start(self, manner: str = "quick", *, lease: timedelta = SOON) -> BaseProcess:
        told = (self.config, self.journal, manner, lease)
        process = fork_server.Process(target=work, args=told, daemon=True)
        process.start()
        self.processes.append(process)
        return process

    def stop(self) -> None:
        """As their operator does."""
        for process in self.processes:
            process.terminate()
            process.join(GUARD)
            assert process.exitcode == 0

    def kill(self) -> None:
        for process in self.processes:
            process.kill()
            process.join(30)

    def lines(self, word: str) -> list[list[str]]:
        found = [line.split() for line in self.journal.read_text().splitlines()]
        return [words for words in found if words[0] == word]

    def jobs(self, word: str) -> list[str]:
        """Numbers of the jobs that began or ended, without the periodic one."""
        return [words[1] for words in self.lines(word) if words[1] != "tick"]

    @property
    def who_worked(self) -> int:
        """How many of the processes did a job, without the periodic one."""
        return len({words[2] for words in self.lines("end") if words[1] != "tick"})

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
    workers.kill()


async def ask_for(function: str, *numbers: int) -> None:
    now = datetime.now(UTC)
    await Job.bulk_create(
        [Job(name=f"tests.{function}", arguments=f'{{"number": {n}}}', due_at=now) for n in numbers]
    )


async def test_flt_05_the_job_of_a_killed_worker_is_done_by_another(workers: Workers) -> None:
    await ask_for("slow_for_others", 1)
    first = workers.start("slow")
    await workers.until("begin", 1)
    workers.kill()
    workers.start()
    await workers.until("end", 1)
    begun = [int(words[2]) for words in workers.lines("begin") if words[1] == "1"]
    assert begun == [first.pid, workers.processes[1].pid]
    async with asyncio.timeout(GUARD):
        while await Job.filter(periodic=None).exists():
            await asyncio.sleep(0.02)


async def test_flt_06_two_processes_never_do_one_job_at_once(workers: Workers) -> None:
    workers.start(lease=LONG)
    workers.start(lease=LONG)
    asked = 0
    while workers.who_worked < 2 or asked < 120:
        await ask_for("quick", *range(asked, asked + 60))
        asked += 60
        await workers.until("end", asked)
    workers.stop()
    assert sorted(workers.jobs("begin"), key=int) == [str(number) for number in range(asked)]
    assert sorted(workers.jobs("end"), key=int) == [str(number) for number in range(asked)]
    assert await Job.filter(periodic=None).count() == 0


async def test_flt_06_a_periodic_job_never_runs_twice_at_once(workers: Workers) -> None:
    workers.start(lease=LONG)
    workers.start(lease=LONG)
    async with asyncio.timeout(GUARD):
        while len(workers.lines("end")) < 6:
            await asyncio.sleep(0.02)
    workers.stop()
    lines = [line.split() for line in workers.journal.read_text().splitlines()]
    turns = [words for words in lines if words[0] != "ready"]
    for begin, end in zip(turns[::2], turns[1::2], strict=True):
        assert (begin[0], end[0], begin[2]) == ("begin", "end", end[2])


async def test_flt_04_a_stopped_worker_gives_its_jobs_back_at_once(workers: Workers) -> None:
    await ask_for("slow", 1, 2)
    workers.start()
    await workers.until("begin", 2)
    workers.stop()
    left = await rows("SELECT attempts, lease_until FROM job WHERE periodic IS NULL")
    assert left == [{"attempts": 0, "lease_until": None}] * 2


async def test_flt_05_workers_that_die_again_and_again_lose_nothing(workers: Workers) -> None:
    await ask_for("quick", *range(100))
    for _ in range(2):
        workers.start()
        await workers.until("end", len(workers.jobs("end")) + 15)
        workers.kill()
    workers.start()
    async with asyncio.timeout(GUARD):
        while len(set(workers.jobs("end"))) < 100 or await Job.filter(periodic=None).exists():
            await asyncio.sleep(0.05)
    assert sorted(set(workers.jobs("end")), key=int) == [str(number) for number in range(100)]
