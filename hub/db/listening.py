"""The line between the processes of a village: PostgreSQL's LISTEN and NOTIFY, on a connection of its own.

Signals are told beside the transactions that they are about, not inside them: NOTIFY makes commits wait for
each other. What comes in the meantime is told together.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import asyncpg  # type: ignore[import-untyped]

from hub.config import Config
from hub.db.postgres import CANNOT_CONNECT, session
from hub.db.signals import hear, hear_everything, outbox

log = logging.getLogger(__name__)

CHANNEL = "lavoir"
PAUSE = 0.02  # seconds in which signals gather
AGAIN = 1  # seconds until a line that was cut is tried again
SILENCE = 20  # seconds after which we look whether the line still stands
PATIENCE = 10  # seconds that the server has for an answer
CUT = (*CANNOT_CONNECT, asyncpg.InternalClientError, TimeoutError)


@asynccontextmanager
async def listening(config: Config) -> AsyncIterator[None]:
    """Tell and hear signals, for the whole process; what is left to tell is told at the end."""
    outbox.is_open = True
    line = asyncio.create_task(_keep_line(str(config.database_url)))
    try:
        yield
    finally:
        line.cancel()
        await asyncio.wait({line})
        outbox.is_open = False
        if names := outbox.take():
            await _tell_last(str(config.database_url), names)


async def _keep_line(url: str) -> None:
    """One connection after the other, for ever."""
    while True:
        try:
            await _hold_line(url)
        except CUT as error:
            log.warning("other processes are not heard for now", extra={"reason": str(error)})
        await asyncio.sleep(AGAIN)


async def _hold_line(url: str) -> None:
    """Until it is cut."""
    connection = await _connect(url)
    try:
        connection.add_termination_listener(lambda _: outbox.filled.set())
        await connection.add_listener(CHANNEL, _hear)
        hear_everything()
        while True:
            await _tell(connection, await _next())
    finally:
        connection.terminate()


async def _next() -> list[str]:
    """What is to be told; nothing, where nobody said anything for long."""
    with suppress(TimeoutError):
        async with asyncio.timeout(SILENCE):
            await outbox.filled.wait()
            await asyncio.sleep(PAUSE)
    return outbox.take()


async def _tell(connection: Any, names: list[str]) -> None:
    """What could not be told is told over the next line; telling nothing shows whether this one stands."""
    told = False
    try:
        await connection.execute("SELECT pg_notify($1, $2)", CHANNEL, " ".join(names))
        told = True
    finally:
        if not told:
            outbox.put(*names)


async def _tell_last(url: str, names: list[str]) -> None:
    with suppress(*CUT):
        connection = await _connect(url)
        try:
            await connection.execute("SELECT pg_notify($1, $2)", CHANNEL, " ".join(names))
        finally:
            connection.terminate()


async def _connect(url: str) -> Any:
    settings = {**session(), "synchronous_commit": "off"}  # signals are not kept: no disk is waited for
    return await asyncpg.connect(url, timeout=PATIENCE, command_timeout=PATIENCE, server_settings=settings)


def _hear(connection: Any, sender: int, channel: str, names: str) -> None:  # noqa: PLR0917 (asyncpg asks so)
    if sender != connection.get_server_pid():
        hear(names.split())
