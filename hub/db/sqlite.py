"""Tortoise's SQLite client, made to survive cancelled tasks; named as an `engine` in hub.db.

The stock client keeps its lock for ever when BEGIN is cancelled, leaves a transaction open when a
bulk insert is, and begins deferred, so that two processes fail with "database is locked" at once.
"""

import sqlite3
from collections.abc import Callable
from datetime import datetime
from typing import Any

import aiosqlite
from tortoise.backends.base.client import ConnectionWrapper, TransactionContext
from tortoise.backends.sqlite.client import SqliteClient, SqliteTransactionContext, SqliteTransactionWrapper
from tortoise.connection import get_connections
from tortoise.exceptions import OperationalError, TransactionManagementError
from tortoise.fields import data

from hub.db.cancellation import finish
from hub.db.line import Line
from hub.errors import ConfigError

PATIENT, IMPATIENT = 5000, 50  # milliseconds that a statement waits for another program's lock


_parse_any_time: Callable[[str], datetime] = data.parse_datetime  # type: ignore[attr-defined]


def _parse_time(text: str) -> datetime:
    """As it was written here, which Python reads ten times as fast as what Tortoise takes for all forms."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return _parse_any_time(text)


# SQLite has times as text, and a page of fifty rows reads hundreds.
data.parse_datetime = _parse_time  # type: ignore[attr-defined]


class Connection(sqlite3.Connection):
    """Waits for another program that writes, but not once for each of all who want to write meanwhile.

    There is one thread for all statements, so whoever waits there keeps even readers waiting. After the first
    one that waited in vain the next ones give up at once, until a transaction can begin again.
    """

    patient = True

    def execute(self, statement: str, values: Any = (), /) -> sqlite3.Cursor:
        try:
            cursor = super().execute(statement, values)
        except sqlite3.OperationalError as error:
            if self.patient and error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY:
                self._wait_for(IMPATIENT)
            raise
        if not self.patient and statement.startswith("BEGIN"):
            self._wait_for(PATIENT)
        return cursor

    def _wait_for(self, milliseconds: int) -> None:
        self.patient = milliseconds == PATIENT
        super().execute(f"PRAGMA busy_timeout = {milliseconds}").close()


class Transaction(SqliteTransactionContext):
    """The only way to write: BEGIN and its end are never interrupted, the lock always comes back."""

    connection: "TransactionClient"

    async def __aenter__(self) -> "TransactionClient":
        await self._trxlock.acquire()
        try:
            await finish(self.connection.begin())
        except BaseException:
            try:
                await finish(self.connection.undo())
            finally:
                self._trxlock.release()
            raise
        self.token = get_connections().set(self.connection_name, self.connection)
        return self.connection

    async def __aexit__(self, exc_type: Any, exc_val: Any, exc_tb: Any) -> None:
        get_connections().reset(self.token)
        try:
            await finish(self.connection.end(failed=exc_type is not None))
        finally:
            self._trxlock.release()


class TransactionClient(SqliteTransactionWrapper):
    """What queries inside a transaction use."""

    _connection: aiosqlite.Connection

    def __init__(self, connection: SqliteClient) -> None:
        super().__init__(connection)
        self.after_commit: list[Callable[[], object]] = []

    def acquire_connection(self) -> ConnectionWrapper[aiosqlite.Connection]:
        if self._finalized:  # a task that was started inside and lives longer would write outside
            raise TransactionManagementError("this transaction has ended")
        return super().acquire_connection()

    async def begin(self) -> None:
        try:
            await self._connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            raise OperationalError(error) from error

    async def end(self, *, failed: bool) -> None:
        try:
            if not failed and not self._finalized:
                await self.commit()
                for callback in self.after_commit:
                    callback()
        finally:
            await self.undo()

    async def undo(self) -> None:
        self._finalized = True
        if self._connection.in_transaction:
            await self._connection.rollback()


class Client(SqliteClient):
    """One connection for the process, opened at the start; statements and transactions queue for its lock."""

    def __init__(self, file_path: str, **pragmas: Any) -> None:
        super().__init__(file_path, **pragmas)
        self._lock = Line()

    async def create_connection(self, with_db: bool) -> None:
        opened = aiosqlite.connect(self.filename, isolation_level=None, factory=Connection)
        try:
            self._connection = await opened
            self._connection._conn.row_factory = sqlite3.Row
            for name, value in self.pragmas.items():
                await self._connection.execute_fetchall(f"PRAGMA {name} = {value}")
        except sqlite3.DatabaseError as error:
            raise ConfigError([f"LAVOIR_DATA: cannot use {self.filename} ({error})"]) from error
        await self._post_connect()

    def _in_transaction(self) -> TransactionContext:
        return Transaction(TransactionClient(self), self._lock)

    async def execute_many(self, query: str, values: list[list[Any]]) -> None:
        async with self._in_transaction() as transaction:
            await transaction.execute_many(query, values)

    async def close(self) -> None:
        async with self._lock:
            await finish(super().close())


client_class = Client


TRANSIENT = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR)


def is_transient(error: BaseException) -> bool:
    """Locked by another process for longer than `busy_timeout`, or no room left on the disk."""
    cause = error.args[0] if isinstance(error, OperationalError) and error.args else error
    code = getattr(cause, "sqlite_errorcode", 0)
    return code & 0xFF in TRANSIENT
