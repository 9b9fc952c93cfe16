"""SQLite: a dump is a database file, made by VACUUM INTO, so it is whole even while others write."""

import asyncio
import os
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from hub.config import Config
from hub.db import create_file, database_file
from hub.db.dumps import IN_USE, Contents
from hub.db.schema import HISTORY
from hub.db.sqlite import is_transient
from hub.errors import HubError, Unusable

NAME = "database.sqlite3"


async def dump(config: Config, file: Path) -> Contents:
    """Copy the database to `file`."""
    try:
        return await asyncio.to_thread(_copy, database_file(config), file)
    except sqlite3.DatabaseError as error:
        raise HubError(f"{database_file(config)} cannot be copied ({error})") from error


async def check(file: Path, expected: Contents) -> None:
    """Raises Unusable unless `file` is a sound database with just these rows."""
    with _connected(file) as connection:
        whole = connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        if not whole or connection.execute("PRAGMA foreign_key_check").fetchone() is not None:
            raise Unusable("the database in this backup is damaged")
        if _contents(connection) != expected:
            raise Unusable("the database in this backup is not what its manifest says")


async def require_alone(config: Config) -> None:
    """Raises Unusable while somebody else has the database open."""
    if database_file(config).exists():
        _let_go(database_file(config))


async def restore(config: Config, file: Path, since: str) -> None:
    """Put `file` in place of the database, which stays beside it as `….before-SINCE`."""
    await require_alone(config)
    current = database_file(config)
    if current.exists():
        _keep_aside(current, since)
    file.replace(current)


@asynccontextmanager
async def scratch(config: Config, folder: Path) -> AsyncIterator[Config]:
    """A place where a restore touches nothing: another folder is another database."""
    yield replace(config, data=folder)


async def contents(config: Config) -> Contents:
    """What is there now."""
    with _connected(database_file(config)) as connection:
        return _contents(connection)


def _copy(source: Path, target: Path) -> Contents:
    if not source.exists():
        raise Unusable(f"there is no database {source}")
    create_file(target)
    with _connected(source) as connection:
        connection.execute("VACUUM INTO ?", (str(target),))
    with _connected(target) as connection:
        return _contents(connection)


def _contents(connection: sqlite3.Connection) -> Contents:
    tables = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!'"
    names = sorted(name for (name,) in connection.execute(tables))
    history = f"SELECT name FROM {HISTORY} ORDER BY name"
    return Contents(
        schema=[name for (name,) in connection.execute(history)] if HISTORY in names else [],
        rows={name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in names},
    )


def _let_go(file: Path) -> None:
    """Fold the -wal file in; SQLite allows that only if nobody else has the database open."""
    with suppress(sqlite3.DatabaseError), _connected(file) as connection:  # a broken file is kept as it is
        try:
            connection.execute("PRAGMA journal_mode = DELETE")
        except sqlite3.OperationalError as error:
            if is_transient(error):
                raise Unusable(IN_USE) from error


def _keep_aside(file: Path, since: str) -> None:
    """Give what is there a second name, so that the first one is never without a database."""
    for ending in ("", "-wal", "-shm"):
        old = file.with_name(file.name + ending)
        if old.exists():
            os.link(old, file.with_name(f"{file.name}.before-{since}{ending}"))
            if ending:
                old.unlink()


@contextmanager
def _connected(file: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(file, isolation_level=None, timeout=5)) as connection:
        yield connection
