"""A process of workers, with jobs that say in a journal when they begin and when they end.

One line each, with O_APPEND: no line is lost or mixed.
"""

import asyncio
import os
import signal
from datetime import timedelta
from pathlib import Path

from hub.config import Config
from hub.db import close_database, open_database
from hub.jobs import Periodic, run_worker


class Journal:
    """Where this process writes, once it works."""

    file = -1
    slow = False  # whether `slow_for_others` is slow here


def say(*words: object) -> None:
    os.write(Journal.file, (" ".join(map(str, words)) + "\n").encode())


async def quick(number: int) -> None:
    say("begin", number, os.getpid())
    await asyncio.sleep(0.02)
    say("end", number, os.getpid())


async def slow(number: int) -> None:
    say("begin", number, os.getpid())
    await asyncio.sleep(1000)


async def slow_for_others(number: int) -> None:
    say("begin", number, os.getpid())
    if Journal.slow:
        await asyncio.sleep(1000)
    say("end", number, os.getpid())


async def tick() -> None:
    say("begin", "tick", os.getpid())
    await asyncio.sleep(0.05)
    say("end", "tick", os.getpid())


def work(config: Config, journal: Path, manner: str, lease: timedelta) -> None:
    """In a process of its own, until a signal ends it."""
    Journal.file = os.open(journal, os.O_APPEND | os.O_WRONLY)
    Journal.slow = manner == "slow"
    asyncio.run(_work(config, lease))


async def _work(config: Config, lease: timedelta) -> None:
    await open_database(config)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    jobs = [quick, slow, slow_for_others, Periodic(tick, every=timedelta(milliseconds=20))]
    say("ready", os.getpid())
    grace = timedelta(seconds=0.2)
    await asyncio.gather(*[run_worker(jobs, stop, lease=lease, grace=grace) for _ in range(2)])
    await close_database()
