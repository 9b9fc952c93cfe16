"""A room takes so many at once, some more wait a moment, and the others are told to come back."""

import asyncio

import httpx
import pytest

from federation.endpoints import Endpoints
from federation.local import Served
from federation.room import Full, Room
from tests.unit.federation.memory import NOTE, ORIGIN, MemoryLocal


async def test_so_many_are_inside_and_who_comes_later_waits_for_a_place() -> None:
    room, inside, most = Room(inside=2, line=10, seconds=5), 0, 0

    async def visit() -> None:
        nonlocal inside, most
        async with room.place():
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0)
            inside -= 1

    await asyncio.gather(*(visit() for _ in range(12)))
    assert (inside, most) == (0, 2)


async def test_nobody_waits_where_the_line_is_full_and_nobody_waits_for_long() -> None:
    room = Room(inside=1, line=1, seconds=0.05)
    async with room.place():
        waiting = asyncio.create_task(room.enter())
        await asyncio.sleep(0)
        with pytest.raises(Full):
            await room.enter()
        with pytest.raises(Full):
            await waiting
    await room.enter()  # and no place is lost
    room.leave()


async def test_who_goes_while_they_wait_takes_no_place() -> None:
    room = Room(inside=1, line=1, seconds=5)
    for _ in range(3):
        async with room.place():
            gone = asyncio.create_task(room.enter())
            await asyncio.sleep(0)
            gone.cancel()
            await asyncio.gather(gone, return_exceptions=True)
    async with room.place():
        pass


async def test_ld_01_while_all_places_are_taken_what_is_remembered_is_given_and_the_rest_is_told_to_come_back(
    ask: httpx.AsyncClient, endpoints: Endpoints, local: MemoryLocal, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (await ask.get(NOTE)).status_code == 200
    free = asyncio.Event()

    async def slowly(uri: str, reader: str | None) -> Served | None:
        await free.wait()
        return None

    monkeypatch.setattr(local, "serve", slowly)
    endpoints._look_ups = Room(inside=1, line=2, seconds=60)
    waiting = [asyncio.create_task(ask.get(f"{ORIGIN}/o/none-{number}")) for number in range(4)]
    done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    [busy] = [one.result() for one in done]
    assert (busy.status_code, busy.json()["error"]) == (503, "busy")
    assert int(busy.headers["retry-after"]) > 0
    assert (await ask.get(NOTE)).status_code == 200
    free.set()
    assert sorted(got.status_code for got in await asyncio.gather(*waiting)) == [404, 404, 404, 503]
