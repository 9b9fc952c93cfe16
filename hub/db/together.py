"""What comes together is done together: one transaction, few statements, one wait for the disk."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Generic, TypeAlias, TypeVar

from hub.db import is_transient, transaction

T = TypeVar("T")
R = TypeVar("R")
Batch: TypeAlias = list[tuple[T, asyncio.Future[R]]]


class Together(Generic[T, R]):
    """`work` gets up to `most` pieces, in a transaction, and gives an answer for each, in their order.

    A piece goes into the transaction that begins next. Where one of several makes it fail, each is tried
    alone, so that nobody has to pay for what another brought.
    """

    def __init__(self, work: Callable[[Sequence[T]], Awaitable[Sequence[R]]], *, most: int = 50) -> None:
        self._work = work
        self._most = most
        self._waiting: deque[tuple[T, asyncio.Future[R]]] = deque()
        self._working: asyncio.Task[None] | None = None

    async def do(self, piece: T) -> R:
        """The answer, once all is durable; raises what the work raised. Not for use inside a transaction."""
        answer: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.append((piece, answer))
        if self._working is None or self._working.done():
            self._working = asyncio.create_task(self._work_through())
        return await answer

    async def _work_through(self) -> None:
        while self._waiting:
            await self._try(self._next)

    def _next(self) -> Batch[T, R]:
        return [self._waiting.popleft() for _ in range(min(self._most, len(self._waiting)))]

    async def _try(self, take: Callable[[], Batch[T, R]]) -> None:
        """`take` is called once the transaction has begun: until then more may come."""
        batch: Batch[T, R] = []

        async def work() -> Sequence[R]:
            async with transaction():
                batch.extend(take())
                return await self._work([piece for piece, _ in batch])

        outcome = (await asyncio.gather(work(), return_exceptions=True))[0]
        if isinstance(outcome, BaseException):
            await self._fail(batch or take(), outcome)
            return
        for (_, waiting), answer in zip(batch, outcome, strict=True):
            if not waiting.done():  # who asked may have left
                waiting.set_result(answer)

    async def _fail(self, batch: Batch[T, R], error: BaseException) -> None:
        if len(batch) > 1 and not is_transient(error):
            for one in batch:
                await self._try(partial(list, [one]))
            return
        for _, waiting in batch:
            if not waiting.done():
                waiting.set_exception(error)
