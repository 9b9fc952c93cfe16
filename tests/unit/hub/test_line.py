"""Who is next at the database: people before work, and work all the same."""

import asyncio

import pytest

from hub.config import Config
from hub.courtesy import step_aside, waiting
from hub.db import rows, transaction
from hub.db.line import IN_A_ROW, Line, at_work, is_at_work
from hub.loop import Loop
from tests.waiting import GUARD


async def stand_in(line: Line, name: str, served: list[str]) -> None:
    async with line:
        served.append(name)
        await asyncio.sleep(0)


async def queue(line: Line, people: int, work: int) -> list[str]:
    """Who was served, in order, where all of them came while the line was held."""
    served: list[str] = []
    async with line, asyncio.TaskGroup() as group:
        with at_work():
            for number in range(work):
                group.create_task(stand_in(line, f"work {number}", served))
        for number in range(people):
            group.create_task(stand_in(line, f"person {number}", served))
        await asyncio.sleep(0)
        line.release()
        while len(served) < people + work:
            await asyncio.sleep(0)
        await line.acquire()
    return served


async def test_people_go_first_though_they_came_last() -> None:
    assert await queue(Line(), 2, 2) == ["person 0", "person 1", "work 0", "work 1"]


async def test_work_gets_its_turn_however_many_people_come() -> None:
    served = await queue(Line(), 3 * IN_A_ROW, 2)
    assert [served.index("work 0"), served.index("work 1")] == [IN_A_ROW, 2 * IN_A_ROW + 1]


async def test_nobody_waits_for_somebody_who_left() -> None:
    line, served = Line(), list[str]()
    async with asyncio.timeout(GUARD):
        await line.acquire()
        leaving = [asyncio.create_task(stand_in(line, "left", served)) for _ in range(3)]
        staying = asyncio.create_task(stand_in(line, "stayed", served))
        await asyncio.sleep(0)
        leaving[0].cancel()
        line.release()  # to the second, which leaves with it in their hand
        leaving[1].cancel()
        leaving[2].cancel()
        await asyncio.wait([*leaving, staying])
    assert (served, line.locked()) == (["stayed"], False)
    assert all(each.cancelled() for each in leaving)


async def test_what_a_loop_does_is_work_and_so_is_what_it_starts() -> None:
    seen: list[bool] = []
    stop = asyncio.Event()

    async def look() -> None:
        seen.append(is_at_work())

    async def turn() -> bool:
        await look()
        await asyncio.create_task(look())
        stop.set()
        return False

    async with asyncio.timeout(GUARD):
        await Loop(turn, "looking").run(stop)
    await look()
    assert seen == [True, True, False]


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["postgres"])
async def test_work_never_holds_every_connection(database: Config) -> None:
    done = asyncio.Event()

    async def hold() -> None:
        async with transaction():
            await rows("SELECT 1")
            await done.wait()

    with at_work():
        working = [asyncio.create_task(hold()) for _ in range(database.database_pool + 1)]
    async with asyncio.timeout(GUARD):
        await asyncio.sleep(0.2)
        assert await rows("SELECT 2 AS two") == [{"two": 2}]
        done.set()
        await asyncio.gather(*working)
        with at_work():
            assert await rows("SELECT 3 AS three") == [{"three": 3}], "a connection was not given back"


@pytest.mark.parametrize("engine", ["postgres"])
async def test_people_are_answered_by_a_server_process_that_knows_their_statements(database: Config) -> None:
    async def answered() -> set[int]:
        return {row["by"] for _ in range(10) for row in await rows("SELECT pg_backend_pid() AS by")}

    async def work() -> set[int]:
        with at_work():
            return set().union(*await asyncio.gather(*(answered() for _ in range(20))))

    async with asyncio.timeout(GUARD):
        working = asyncio.create_task(work())
        people = await answered() | await answered()
        assert len(people) == 1
        assert people.isdisjoint(await working)
        assert await answered() == people


async def test_work_steps_aside_for_people_but_not_for_ever() -> None:
    async with asyncio.timeout(GUARD):
        waiting.people += 1
        try:
            await step_aside()
        finally:
            waiting.people -= 1
        await step_aside()
