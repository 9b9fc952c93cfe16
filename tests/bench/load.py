"""Requests over kept connections, one at a time on each, by a client that costs little beside a hub."""

import asyncio
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from statistics import quantiles

import httptools

CONNECTIONS = 16
Next = Callable[[], bytes | None]


@dataclass
class Answers:
    """`times` are seconds of each answer; `failed` are requests that got another status than wanted."""

    wanted: int
    statuses: Counter[int] = field(default_factory=Counter)
    times: list[float] = field(default_factory=list)
    failed: list[bytes] = field(default_factory=list)
    reconnects: int = 0
    cut_off: bool = False

    @property
    def good(self) -> int:
        return self.statuses[self.wanted]

    @property
    def p95(self) -> float:
        """Milliseconds."""
        return quantiles(self.times, n=20)[-1] * 1000 if len(self.times) > 1 else 0.0

    def others(self) -> str:
        """What went otherwise than wanted, in words; empty where nothing did."""
        told = [f"{number} x {status}" for status, number in self.statuses.items() if status != self.wanted]
        told += [f"{self.reconnects} connections lost"] if self.reconnects else []
        return ", ".join([*told, "cut off: it took too long"] if self.cut_off else told)


async def send_all(
    address: tuple[str, int], requests: Sequence[bytes], *, wanted: int = 202, within: float = 45
) -> Answers:
    """Each of them once, over CONNECTIONS connections."""
    waiting = deque(requests)
    return await _send(address, lambda: waiting.popleft() if waiting else None, wanted=wanted, within=within)


async def repeat(address: tuple[str, int], request: bytes, *, seconds: float) -> Answers:
    """The same again and again."""
    end = time.monotonic() + seconds
    return await _send(
        address, lambda: request if time.monotonic() < end else None, wanted=200, within=seconds + 5
    )


async def _send(address: tuple[str, int], following: Next, *, wanted: int, within: float) -> Answers:
    answers = Answers(wanted)
    try:
        async with asyncio.timeout(within), asyncio.TaskGroup() as tasks:
            for _ in range(CONNECTIONS):
                tasks.create_task(_one(address, following, answers))
    except TimeoutError:
        answers.cut_off = True
    return answers


async def _one(address: tuple[str, int], following: Next, answers: Answers) -> None:
    loop = asyncio.get_running_loop()
    first = following()
    while first is not None:
        transport, connection = await loop.create_connection(
            partial(_Connection, first, following, answers), *address
        )
        try:
            first = await connection.ended
        finally:
            transport.abort()


class _Connection(asyncio.Protocol):
    """`ended` gives the request that is left over when the other side closes, or None."""

    def __init__(self, first: bytes, following: Next, answers: Answers) -> None:
        self.request: bytes | None = first
        self.following = following
        self.answers = answers
        self.parser = httptools.HttpResponseParser(self)
        self.ended: asyncio.Future[bytes | None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self.transport = transport
        self._send()

    def data_received(self, data: bytes) -> None:
        self.parser.feed_data(data)

    def connection_lost(self, error: Exception | None) -> None:
        if not self.ended.done():
            self.answers.reconnects += 1
            self.ended.set_result(self.request)

    def on_message_complete(self) -> None:
        assert self.request is not None
        status = self.parser.get_status_code()
        self.answers.statuses[status] += 1
        self.answers.times.append(time.perf_counter() - self.began)
        if status != self.answers.wanted:
            self.answers.failed.append(self.request)
        self.request = self.following()
        if self.request is None:
            self.ended.set_result(None)
        elif self.parser.should_keep_alive():
            self._send()

    def _send(self) -> None:
        assert self.request is not None
        self.began = time.perf_counter()
        self.transport.write(self.request)
