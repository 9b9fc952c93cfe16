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
Address = tuple[str, int]
Next = Callable[[], bytes | None]


@dataclass
class Answers:
    """`times` are seconds of each answer; `failed` are requests that got another status than wanted."""

    wanted: int
    statuses: Counter[int] = field(default_factory=Counter)
    times: list[float] = field(default_factory=list)
    failed: list[bytes] = field(default_factory=list)
    told_when: int = 0  # of them, those that say when to come back
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
    addresses: Sequence[Address], requests: Sequence[bytes], *, wanted: int = 202, within: float = 45
) -> Answers:
    """Each of them once, over CONNECTIONS connections, which are spread over the addresses."""
    waiting = deque(requests)
    return await _send(
        addresses, lambda: waiting.popleft() if waiting else None, wanted=wanted, within=within
    )


async def repeat(addresses: Sequence[Address], request: bytes, *, seconds: float) -> Answers:
    """The same again and again."""
    end = time.monotonic() + seconds
    return await _send(
        addresses, lambda: request if time.monotonic() < end else None, wanted=200, within=seconds + 5
    )


async def _send(addresses: Sequence[Address], following: Next, *, wanted: int, within: float) -> Answers:
    answers = Answers(wanted)
    try:
        async with asyncio.timeout(within), asyncio.TaskGroup() as tasks:
            for number in range(CONNECTIONS):
                tasks.create_task(_one(addresses[number % len(addresses)], following, answers))
    except TimeoutError:
        answers.cut_off = True
    return answers


async def _one(address: Address, following: Next, answers: Answers) -> None:
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


async def pace(
    addresses: Sequence[Address],
    requests: Sequence[bytes],
    *,
    rate: float,
    seconds: float,
    connections: int,
    wanted: int = 200,
) -> Answers:
    """So many each second, in turn, whether or not those before were answered (an open loop).

    A time counts from the moment at which its request was due, the wait for a free connection included.
    """
    answers = Answers(wanted)
    due = iter(range(round(rate * seconds)))
    began = time.perf_counter() + 0.05

    async def send_in_turn(address: Address) -> None:
        client = _Client(address)
        for number in due:
            at = began + number / rate
            await asyncio.sleep(max(0.0, at - time.perf_counter()))
            status, told = await client.ask(requests[number % len(requests)])
            answers.statuses[status] += 1
            answers.told_when += told and status != answers.wanted
            if status == answers.wanted:
                answers.times.append(time.perf_counter() - at)
        client.close()

    try:
        async with asyncio.timeout(seconds + 20), asyncio.TaskGroup() as tasks:
            for number in range(connections):
                tasks.create_task(send_in_turn(addresses[number % len(addresses)]))
    except TimeoutError:
        answers.cut_off = True
    return answers


class _Client:
    """One connection, opened again where the other side closes it; a lost answer has status 0."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._exchange: _Exchange | None = None

    async def ask(self, request: bytes) -> tuple[int, bool]:
        """The status, and whether it is said when to come back."""
        loop = asyncio.get_running_loop()
        if self._exchange is None or self._exchange.over:
            try:
                _, self._exchange = await loop.create_connection(_Exchange, *self._address)
            except OSError:
                return 0, False
        return await self._exchange.ask(request)

    def close(self) -> None:
        if self._exchange is not None:
            self._exchange.transport.abort()


class _Exchange(asyncio.Protocol):
    def __init__(self) -> None:
        self.over = False
        self.parser = httptools.HttpResponseParser(self)

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self.transport = transport

    async def ask(self, request: bytes) -> tuple[int, bool]:
        self.told = False
        self.answer: asyncio.Future[tuple[int, bool]] = asyncio.get_running_loop().create_future()
        self.transport.write(request)
        return await self.answer

    def data_received(self, data: bytes) -> None:
        self.parser.feed_data(data)

    def on_header(self, name: bytes, value: bytes) -> None:
        self.told = self.told or name.lower() == b"retry-after"

    def on_message_complete(self) -> None:
        self.over = not self.parser.should_keep_alive()
        self.answer.set_result((self.parser.get_status_code(), self.told))

    def connection_lost(self, error: Exception | None) -> None:
        self.over = True
        if hasattr(self, "answer") and not self.answer.done():
            self.answer.set_result((0, False))
