"""Bring a database to this program's schema: all that is pending or nothing, one process at a time.

Tortoise's own runner is not used: on SQLite its rebuilt tables lose the rows of their children, every
index and every unique constraint. Here a table is rebuilt by plain SQL with foreign keys off, and
references are checked before the commit.
"""

import logging
import sqlite3
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager, closing, contextmanager
from datetime import UTC, datetime
from typing import Any

from hub.config import Config
from hub.db import create_file, database_file
from hub.db.backup import backup_name, backups, save_backup
from hub.db.schema import HISTORY, split
from hub.errors import ConfigError, HubError, Unusable
from hub.migrations import scripts

log = logging.getLogger(__name__)

WAIT = 600  # seconds that a second process waits for the first one
KEPT = 5  # automatic backups
ADVISORY_LOCK = 0x6C61766F6972  # "lavoir"
CREATE_HISTORY = (
    f"CREATE TABLE IF NOT EXISTS {HISTORY} (name VARCHAR(100) PRIMARY KEY, applied_at VARCHAR(40) NOT NULL)"
)


async def migrate(
    config: Config, *, known: Mapping[str, str] | None = None, backup: bool = True
) -> list[str]:
    """Apply what is pending, after a backup if there is anything to lose; the names of what was applied.

    Raises Unusable if the database is newer than this program, HubError if a migration fails: then the
    database is as it was.
    """
    engine, run = (
        ("sqlite", _migrate_sqlite) if config.database_url is None else ("postgres", _migrate_postgres)
    )
    return await run(config, scripts(engine) if known is None else known, backup=backup)


@asynccontextmanager
async def one_at_a_time(config: Config) -> AsyncIterator[None]:
    """For what each process prepares when it starts; on SQLite a transaction is enough for that."""
    if config.database_url is None:
        yield
        return
    from hub.db.postgres import connect

    async with connect(config.database_url) as connection:
        await connection.execute("SELECT pg_advisory_lock($1)", ADVISORY_LOCK)
        yield


async def require_current_schema(config: Config) -> None:
    """For commands that do not migrate: raises Unusable unless the schema is exactly this program's."""
    known = scripts("sqlite" if config.database_url is None else "postgres")
    if pending := _pending(await applied_migrations(config), known):
        raise Unusable(
            f"the database is older than this program (without {pending[0]}): run `lavoir migrate`"
        )


async def is_behind(config: Config) -> bool:
    """Whether there is a database of an older release, and so something to lose. Raises as migrate() does."""
    known = scripts("sqlite" if config.database_url is None else "postgres")
    applied = await applied_migrations(config)
    return bool(applied and _pending(applied, known))


async def applied_migrations(config: Config) -> list[str]:
    """The names in the database's history, empty for a database that was never migrated."""
    if config.database_url is not None:
        from hub.db.postgres import connect

        async with connect(config.database_url) as connection:
            return await _applied_postgres(connection)
    if not database_file(config).exists():
        return []
    with _connected(config) as connection:
        return _applied_sqlite(connection)


def _pending(applied: Iterable[str], known: Mapping[str, str]) -> list[str]:
    if unknown := [name for name in applied if name not in known]:
        raise Unusable(
            f"the database is newer than this program (it has {unknown[-1]}):"
            " start the newer release, or restore a backup from before"
        )
    return [name for name in known if name not in set(applied)]


async def _migrate_sqlite(config: Config, known: Mapping[str, str], *, backup: bool) -> list[str]:
    create_file(database_file(config))
    with _connected(config) as connection:
        for setting in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = OFF"):
            connection.execute(f"PRAGMA {setting}")
        connection.execute("BEGIN IMMEDIATE")  # the lock; a process that waited finds nothing to do
        applied = _applied_sqlite(connection)
        pending = _pending(applied, known)
        if pending and applied and backup:
            await _back_up(config, pending[0])
        for name in pending:
            _apply_sqlite(connection, name, known[name])
        connection.execute("COMMIT")
        if pending:
            connection.execute("ANALYZE")
    return pending


@contextmanager
def _connected(config: Config) -> Iterator[sqlite3.Connection]:
    """Raises ConfigError when the file cannot be read as a database."""
    file = database_file(config)
    try:
        with closing(sqlite3.connect(file, isolation_level=None, timeout=WAIT)) as connection:
            yield connection
    except sqlite3.DatabaseError as error:
        raise ConfigError([f"LAVOIR_DATA: cannot use {file} ({error})"]) from error


def _applied_sqlite(connection: sqlite3.Connection) -> list[str]:
    exists = "SELECT 1 FROM sqlite_master WHERE name = ?"
    if connection.execute(exists, (HISTORY,)).fetchone() is None:
        return []
    return [name for (name,) in connection.execute(f"SELECT name FROM {HISTORY} ORDER BY name")]


def _apply_sqlite(connection: sqlite3.Connection, name: str, script: str) -> None:
    try:
        connection.execute(CREATE_HISTORY)
        for statement in split(script):
            connection.execute(statement)
        if (broken := connection.execute("PRAGMA foreign_key_check").fetchone()) is not None:
            raise HubError(_failure(name, f"rows of {broken[0]} refer to missing rows of {broken[2]}"))
        connection.execute(f"INSERT INTO {HISTORY} VALUES (?, ?)", (name, _now()))
    except sqlite3.Error as error:
        raise HubError(_failure(name, error)) from error
    log.info("migration applied", extra={"migration": name})


async def _migrate_postgres(config: Config, known: Mapping[str, str], *, backup: bool) -> list[str]:
    from hub.db.postgres import connect

    async with connect(config.database_url) as connection:
        async with connection.transaction():
            for limit in ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"):
                await connection.execute(f"SET LOCAL {limit} = 0")
            await connection.execute("SELECT pg_advisory_xact_lock($1)", ADVISORY_LOCK)
            applied = await _applied_postgres(connection)
            pending = _pending(applied, known)
            if pending and applied and backup:
                await _back_up(config, pending[0])
            for name in pending:
                await apply_postgres(connection, name, known[name])
        if pending:
            await connection.execute("ANALYZE")
    return pending


async def _applied_postgres(connection: Any) -> list[str]:
    if await connection.fetchval("SELECT to_regclass($1)", HISTORY) is None:
        return []
    return [row["name"] for row in await connection.fetch(f"SELECT name FROM {HISTORY} ORDER BY name")]


async def apply_postgres(connection: Any, name: str, script: str) -> None:
    from hub.db.postgres import SqlError

    try:
        await connection.execute(CREATE_HISTORY)
        await connection.execute(script)
        await connection.execute(f"INSERT INTO {HISTORY} VALUES ($1, $2)", name, _now())
    except SqlError as error:
        raise HubError(_failure(name, error)) from error
    log.info("migration applied", extra={"migration": name})


async def _back_up(config: Config, next_name: str) -> None:
    """Only the database: a migration does not touch files."""
    file = backups(config) / backup_name(config, f"before-{next_name}")
    await save_backup(config, file, media=False)
    log.info("backup before migration", extra={"file": file})
    for old in sorted(file.parent.glob("*-before-*.tar*"))[:-KEPT]:
        old.unlink()


def _failure(name: str, error: object) -> str:
    return f"migration {name} failed, the database is as it was before: {error}"


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
