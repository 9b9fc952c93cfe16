"""So many at once, some more in line, and nobody in it for long: whoever would wait too long may come back.

A line without an end serves nobody: those in front have gone before it is their turn, and those who ask for
little wait behind all the others (attacks.md LD-01).
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Full(Exception):
    """There is no place for now."""


class Room:
    """`inside` at once and `line` behind them, each of these for `seconds` at the most."""

    def __init__(self, *, inside: int, line: int, seconds: float) -> None:
        self._places = asyncio.Semaphore(inside)
        self._line = line
        self._seconds = seconds
        self._waiting = 0

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """For the length of the block; raises Full."""
        await self.enter()
        try:
            yield
        finally:
            self.leave()

    async def enter(self) -> None:
        """Raises Full; after it, leave() once."""
        if not self._places.locked():
            await self._places.acquire()  # which does not wait
            return
        if self._waiting >= self._line:
            raise Full
        self._waiting += 1
        try:
            async with asyncio.timeout(self._seconds):
                await self._places.acquire()
        except TimeoutError:
            raise Full from None
        finally:
            self._waiting -= 1

    def leave(self) -> None:
        self._places.release()
