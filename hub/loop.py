"""Waiting for work: do turns until there is nothing to do, then sleep until somebody wakes the loop."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta

from hub.db import is_transient
from hub.db.line import at_work

log = logging.getLogger(__name__)

POLL = timedelta(seconds=1)  # the net below the wake-up: work of other processes, work due later

CLOCK_SLACK = timedelta(minutes=1)  # clocks are set right by less than that all the time


class ClockWatch:
    """Notices that the clock was put back: then what was written before may be due hours too late."""

    def __init__(self) -> None:
        self._ahead = self._measure()

    def went_back(self) -> bool:
        """Since the last question."""
        before, self._ahead = self._ahead, self._measure()
        return before - self._ahead > CLOCK_SLACK.total_seconds()

    def _measure(self) -> float:
        return time.time() - time.monotonic()


class Loop:
    """`turn` does one piece of work and says whether there may be more; `name` is for the log."""

    def __init__(self, turn: Callable[[], Awaitable[bool]], name: str) -> None:
        self._turn = turn
        self._name = name
        self._awake = asyncio.Event()

    def wake(self) -> None:
        """There is something to do now."""
        self._awake.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop`; the turn that runs then is finished."""
        with at_work():
            await self._run(stop)

    async def _run(self, stop: asyncio.Event) -> None:
        stopping = asyncio.create_task(stop.wait())
        stopping.add_done_callback(lambda _: self.wake())
        try:
            while not stop.is_set():
                self._awake.clear()
                if not await self._try_turn():
                    await self._rest()
        finally:
            stopping.cancel()

    async def _try_turn(self) -> bool:
        try:
            return await self._turn()
        except Exception as error:  # the job edge: a database that is away must not end the loop
            log.error("%s cannot go on for now", self._name, exc_info=None if is_transient(error) else error)
            return False

    async def _rest(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(POLL.total_seconds()):
                await self._awake.wait()
