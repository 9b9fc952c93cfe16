"""What a process knows of the others by asking PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import asyncpg  # type: ignore[import-untyped]
import pytest

from hub.config import Config
from hub.db import rows, runs_elsewhere
from hub.fediverse.models import Received
from hub.fediverse.receiving import run_receiver
from tests.waiting import GUARD


@pytest.fixture
def engine() -> str:
    return "postgres"


@pytest.fixture
async def other(database: Config) -> AsyncIterator[asyncpg.Connection]:
    """A connection of another process."""
    session = {"application_name": "lavoir elsewhere 1"}
    connection = await asyncpg.connect(database.database_url, server_settings=session)
    yield connection
    await connection.close()


async def start_and_end() -> None:
    """A process that begins, and ends before it has done anything."""
    stop = asyncio.Event()
    stop.set()
    await run_receiver(stop)


async def tries() -> int:
    [row] = await rows("SELECT attempts FROM received")
    return int(row["attempts"])


async def test_flt_31_a_start_beside_others_puts_the_blame_on_no_message(
    database: Config, other: asyncpg.Connection
) -> None:
    await Received.create(
        uri="https://x.example/1", signer="", inbox="", body="{}", received_at=datetime.now(UTC)
    )
    assert await runs_elsewhere()
    for _ in range(10):  # ten machines that are started one after the other
        await start_and_end()
    assert await tries() == 0

    await Received.all().update(received_at=datetime.now(UTC) - timedelta(minutes=5))
    await start_and_end()
    assert await tries() == 1, "the others have not handled it for long: they may end by it in turn"

    await Received.all().update(attempts=0)
    await other.close()
    async with asyncio.timeout(GUARD):
        while await runs_elsewhere():
            await asyncio.sleep(0.02)
    await start_and_end()
    assert await tries() == 1, "it may be what has ended the only process"
