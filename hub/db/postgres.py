"""Tortoise's asyncpg client, made to survive cancelled tasks; named as an `engine` in hub.db.

The stock client loses a pooled connection each time that the start of a transaction is cancelled.
"""

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import asyncpg  # type: ignore[import-untyped]
from tortoise.backends.asyncpg.client import AsyncpgDBClient, TransactionWrapper
from tortoise.backends.base.client import TransactionContext, TransactionContextPooled
from tortoise.connection import get_connections

from hub.db.cancellation import finish
from hub.db.line import is_at_work
from hub.errors import ConfigError

SESSION = {
    "statement_timeout": "30s",
    "lock_timeout": "5s",
    "idle_in_transaction_session_timeout": "60s",
    # Small questions, many of them: neither compiled nor spread over processes, and disks do not turn.
    "jit": "off",
    "max_parallel_workers_per_gather": "0",
    "random_page_cost": "1.1",
}
SqlError = asyncpg.PostgresError
CANNOT_CONNECT = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError)


def session() -> dict[str, str]:
    """The settings of each connection; its name in pg_stat_activity is that of this process."""
    return {**SESSION, "application_name": f"lavoir {socket.gethostname()[:40]} {os.getpid()}"}


class Transaction(TransactionContextPooled):
    """Begin and end are never interrupted, the connection always goes back to the pool."""

    client: "TransactionClient"

    async def __aenter__(self) -> "TransactionClient":
        self.client._connection = await self.client.pool.acquire()
        try:
            await finish(self.client.begin())
        except BaseException:
            await finish(self.client.end(failed=True))
            raise
        self.token = get_connections().set(self.connection_name, self.client)
        return self.client

    async def __aexit__(self, exc_type: Any, exc_val: Any, exc_tb: Any) -> None:
        get_connections().reset(self.token)
        await finish(self.client.end(failed=exc_type is not None))


class TransactionClient(TransactionWrapper):
    """What queries inside a transaction use."""

    def __init__(self, connection: AsyncpgDBClient) -> None:
        super().__init__(connection)
        self.after_commit: list[Callable[[], object]] = []

    @property
    def pool(self) -> Any:
        return self._parent._pool

    async def end(self, *, failed: bool) -> None:
        try:
            if not self._finalized and not failed:
                await self.commit()
                for callback in self.after_commit:
                    callback()
            elif not self._finalized and self._connection.is_in_transaction():
                await self.rollback()
        finally:
            self._finalized = True
            await self.pool.release(self._connection)


async def _keep(connection: Any) -> None:
    """Nothing of ours changes a session, so there is nothing to put back, which would be a question more
    after each statement; what was left open in a transaction asyncpg has rolled back before.
    """


class Pool:
    """Connections for people, and others for work that nobody waits for: half of them.

    So people never wait for work. And a server's process knows the tables and statements that it was asked
    for before; where it meets them for the first time, an answer takes twice as long.
    """

    def __init__(self, people: Any, work: Any) -> None:
        self._people = people
        self._work = work
        self._at_work: set[Any] = set()

    async def acquire(self) -> Any:
        if not is_at_work():
            return await self._people.acquire()
        connection = await self._work.acquire()
        self._at_work.add(connection)
        return connection

    async def release(self, connection: Any) -> None:
        if connection in self._at_work:
            self._at_work.remove(connection)
            await self._work.release(connection)
        else:
            await self._people.release(connection)

    async def close(self) -> None:
        await asyncio.gather(self._people.close(), self._work.close())

    def terminate(self) -> None:
        self._people.terminate()
        self._work.terminate()

    def get_size(self) -> int:
        return int(self._people.get_size() + self._work.get_size())

    def get_idle_size(self) -> int:
        return int(self._people.get_idle_size() + self._work.get_idle_size())


class Client(AsyncpgDBClient):
    """A small pool, opened at the start: one server carries many villages."""

    def __init__(self, dsn: str, pool: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.dsn = dsn
        self.most = pool

    async def create_connection(self, with_db: bool) -> None:
        half = max(1, self.most // 2)
        try:
            people = await self._open(1, self.most - half)
        except CANNOT_CONNECT as error:
            raise ConfigError([f"LAVOIR_DATABASE_URL: cannot connect ({_reason(error)})"]) from error
        self._pool = Pool(people, await self._open(0, half))  # which connects with the first piece of work
        await self._post_connect()

    async def _open(self, least: int, most: int) -> Any:
        return await asyncpg.create_pool(
            self.dsn,
            min_size=least,
            max_size=max(1, most),
            command_timeout=60,
            server_settings=session(),
            reset=_keep,
        )

    def _in_transaction(self) -> TransactionContext:
        return Transaction(TransactionClient(self), self._pool_init_lock)

    async def execute_many(self, query: str, values: list[Any]) -> None:
        async with self._in_transaction() as transaction:
            await transaction.execute_many(query, values)


client_class = Client


def _reason(error: Exception) -> str:
    """Whoever is no PostgreSQL hangs up without a word."""
    return str(error) or "what answers there is no PostgreSQL"


@asynccontextmanager
async def connect(url: str | None) -> AsyncIterator[Any]:
    """A connection beside the pool, without its time limits: for migrations and backups."""
    try:
        connection = await asyncpg.connect(url)
    except CANNOT_CONNECT as error:
        raise ConfigError([f"LAVOIR_DATABASE_URL: cannot connect ({_reason(error)})"]) from error
    try:
        yield connection
    finally:
        await connection.close()


TRANSIENT = (
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.LockNotAvailableError,
    asyncpg.OperatorInterventionError,  # statement timeout, shutdown, still starting
    asyncpg.PostgresConnectionError,
    asyncpg.TooManyConnectionsError,
    asyncpg.ReadOnlySQLTransactionError,  # the server before a fail-over
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # the server said goodbye, and the socket is not closed yet
    ConnectionError,
    TimeoutError,
)


def gave_way(error: BaseException) -> bool:
    """Of several that waited for each other in a circle, this one was ended."""
    return isinstance(error, (asyncpg.DeadlockDetectedError, asyncpg.SerializationError))


def is_transient(error: BaseException) -> bool:
    """Cut off, deadlocked, out of time: nothing that the same work must meet again."""
    # asyncpg calls wrong values and misuse InterfaceError too, and these are ValueErrors
    return isinstance(error, TRANSIENT) and not isinstance(error, ValueError)
