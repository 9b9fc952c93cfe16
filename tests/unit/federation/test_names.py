"""Looking up names: once for all who ask, never for long, and in threads that nobody else needs."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from federation.limits import FAILED_NAME_SECONDS, NAME_THREADS
from federation.names import Names
from tests.unit.federation.stage import Clock


class System:
    """The system's look-up: `dead.example` hangs until the end of the test, `no.example` does not exist."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.end = threading.Event()

    def __call__(self, host: str, port: None, **more: Any) -> list[tuple[Any, ...]]:
        self.asked.append(host)
        if host.endswith("dead.example"):
            self.end.wait()
        if host == "no.example":
            raise socket.gaierror(socket.EAI_NONAME, "no such name")
        return [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.0.2.1", 0)),
            (socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("2001:db8::1", 0, 0, 0)),
        ]


@pytest.fixture
def system() -> Iterator[System]:
    system = System()
    yield system
    system.end.set()


@pytest.fixture
def names(system: System, clock: Clock) -> Iterator[Names]:
    names = Names(system, monotonic=clock)
    yield names
    names.close()


async def test_all_addresses_of_a_name_are_found(names: Names) -> None:
    found = await names.addresses("a.example", socket.AF_UNSPEC)
    assert found == [(socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1")]


async def test_who_asks_at_the_same_time_shares_one_look_up(names: Names, system: System) -> None:
    await asyncio.gather(*(names.addresses("a.example", socket.AF_UNSPEC) for _ in range(5)))
    assert system.asked == ["a.example"]


async def test_flt_19_a_name_that_failed_is_left_alone_for_a_while(
    names: Names, system: System, clock: Clock
) -> None:
    for _ in range(3):
        with pytest.raises(OSError, match="name"):
            await names.addresses("no.example", socket.AF_UNSPEC)
    assert system.asked == ["no.example"]
    clock.seconds += FAILED_NAME_SECONDS
    with pytest.raises(OSError, match="name"):
        await names.addresses("no.example", socket.AF_UNSPEC)
    assert system.asked == ["no.example"] * 2


async def test_dead_names_keep_no_thread_that_others_need(names: Names, system: System) -> None:
    dead = [
        asyncio.ensure_future(names.addresses(f"{number}.dead.example", socket.AF_UNSPEC))
        for number in range(NAME_THREADS + 4)
    ]
    await asyncio.sleep(0)
    assert await asyncio.get_running_loop().run_in_executor(None, lambda: "a file") == "a file"
    for each in dead:
        each.cancel()
    system.end.set()
    await names.addresses("a.example", socket.AF_UNSPEC)
