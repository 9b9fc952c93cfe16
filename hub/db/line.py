"""Who is next at the database: what people wait for goes before work that nobody waits for.

Dozens of loops that send, receive and do jobs would else stand in front of each statement of a page.
"""

import asyncio
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Literal

IN_A_ROW = 4  # statements of people, while work waits

_at_work: ContextVar[bool] = ContextVar("at_work", default=False)


@contextmanager
def at_work() -> Iterator[None]:
    """Nobody waits for what is done in the block, nor for the tasks that are started in it."""
    before = _at_work.set(True)
    try:
        yield
    finally:
        _at_work.reset(before)


def is_at_work() -> bool:
    return _at_work.get()


class Line(asyncio.Lock):
    """A lock that goes to people first, and after some of them to work, so that it comes to its end."""

    def __init__(self) -> None:
        super().__init__()
        self._taken = False
        self._people: deque[asyncio.Future[None]] = deque()
        self._work: deque[asyncio.Future[None]] = deque()
        self._in_a_row = 0

    def locked(self) -> bool:
        return self._taken

    async def acquire(self) -> Literal[True]:
        if not self._taken:
            self._taken = True
            return True
        line = self._work if is_at_work() else self._people
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        line.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():
                self.release()
            elif turn in line:  # else it was its turn, and release() has passed it over
                line.remove(turn)
            raise
        return True

    def release(self) -> None:
        """It is handed over, never free while somebody waits."""
        line = self._next_line()
        while line:
            turn = line.popleft()
            if not turn.done():
                turn.set_result(None)
                return
            line = self._next_line()
        self._taken = False

    def _next_line(self) -> deque[asyncio.Future[None]]:
        first = bool(self._people) and not (self._work and self._in_a_row >= IN_A_ROW)
        self._in_a_row = self._in_a_row + 1 if first else 0
        return self._people if first else self._work
