"""What comes at the same moment shares a transaction, and nobody pays for what another brought."""

import asyncio

import pytest

from hub.db import rows
from hub.db.together import Together
from hub.jobs import Job

NOW = "2026-12-01 12:00:00+00:00"


class Writer:
    """Writes a row for each name, in one statement for all; remembers what came together."""

    def __init__(self):
        self.batches = []

    async def write(self, names):
        self.batches.append(len(names))
        for name in names:
            await Job.create(name=name, arguments="{}", due_at=NOW)
        if "bad" in names:
            await rows("SELECT there FROM nowhere")
        return [name.upper() for name in names]


async def names():
    return sorted(await Job.all().values_list("name", flat=True))


async def test_each_gets_its_own_answer_and_few_transactions_serve_many(database):
    writer = Writer()
    together = Together(writer.write, most=10)
    asked = [f"job {number:02}" for number in range(25)]
    assert await asyncio.gather(*map(together.do, asked)) == [name.upper() for name in asked]
    assert await names() == asked
    assert writer.batches == [10, 10, 5]


async def test_what_comes_while_others_are_served_is_served_next(database):
    together = Together(Writer().write)
    first = asyncio.create_task(together.do("first"))
    await asyncio.sleep(0)
    assert await asyncio.gather(first, together.do("second")) == ["FIRST", "SECOND"]
    assert await together.do("third") == "THIRD"


async def test_one_that_fails_fails_alone_and_leaves_nothing_behind(database):
    together = Together(Writer().write)
    answers = await asyncio.gather(*map(together.do, ["good", "bad", "fine"]), return_exceptions=True)
    assert [answers[0], answers[2]] == ["GOOD", "FINE"]
    assert isinstance(answers[1], Exception)
    assert await names() == ["fine", "good"]


async def test_who_leaves_keeps_nobody_from_an_answer(database):
    together = Together(Writer().write)
    leaving, staying = asyncio.create_task(together.do("one")), asyncio.create_task(together.do("two"))
    await asyncio.sleep(0)
    leaving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await leaving
    assert await staying == "TWO"
