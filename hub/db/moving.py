"""A village moves from SQLite to PostgreSQL, or back: every row and every number, checked row by row.

All of it or nothing: PostgreSQL gets it in one transaction, and a SQLite file its name when it is complete.
What it moves from is read and never written, and nobody else may have it open meanwhile.
"""

import json
import os
import sqlite3
import tempfile
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import asyncpg  # type: ignore[import-untyped]

from hub.config import Config
from hub.db import database_file
from hub.db.dumps import IN_USE
from hub.db.dumps.postgres import OTHERS
from hub.db.migrations import ADVISORY_LOCK, apply_postgres, migrate, require_current_schema
from hub.db.postgres import connect
from hub.db.schema import HISTORY, SEARCH
from hub.errors import ConfigError, HubError, Unusable
from hub.migrations import scripts

Row = tuple[Any, ...]
Turn = Mapping[str, Callable[[Any], Any]]

AT_ONCE = 1000  # rows
LIMITS = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")


@dataclass(frozen=True)
class Table:
    """`types` are PostgreSQL's; rows are compared in the order of their `key`, the primary key."""

    name: str
    key: str
    types: Mapping[str, str]

    @property
    def columns(self) -> str:
        return ", ".join(f'"{column}"' for column in self.types)

    @property
    def order(self) -> str:
        """The same on both engines."""
        return f'"{self.key}"' + (' COLLATE "C"' if self.types[self.key] in ("text", "varchar") else "")

    def in_postgres(self) -> str:
        columns = "publication_id, tsvector_to_array(words)" if self.name == SEARCH else self.columns
        return f'SELECT {columns} FROM "{self.name}" ORDER BY {self.order}'

    def in_sqlite(self) -> str:
        columns, key = ("rowid, words", "rowid") if self.name == SEARCH else (self.columns, f'"{self.key}"')
        return f'SELECT {columns} FROM "{self.name}" ORDER BY {key}'

    def into_sqlite(self) -> str:
        columns = "rowid, words" if self.name == SEARCH else self.columns
        return f'INSERT INTO "{self.name}" ({columns}) VALUES ({", ".join("?" * len(self.types))})'


# ------------------------------------------------------------ values
# One value has three shapes: SQLite's, what asyncpg takes and gives, and the one that is compared.


def _moment(text: str) -> datetime:
    read = datetime.fromisoformat(text)
    return read if read.tzinfo is not None else read.replace(tzinfo=UTC)


FROM_SQLITE: Turn = {
    "timestamptz": _moment,
    "date": date.fromisoformat,
    "bool": bool,
    "float8": float,
    "tsvector": str.split,
}
TO_SQLITE: Turn = {
    "timestamptz": lambda moment: moment.astimezone(UTC).isoformat(" "),
    "date": date.isoformat,
    "bool": int,
    "tsvector": " ".join,
}
COMPARED: Turn = {"jsonb": json.loads, "tsvector": frozenset}


def _turned(rows: Iterable[Sequence[Any]], table: Table, turn: Turn) -> Iterator[Row]:
    """Each value by what `turn` has for its type; the others stay as they are."""
    turns = [turn.get(kind) for kind in table.types.values()]
    for row in rows:
        pairs = zip(turns, row, strict=True)
        yield tuple(value if one is None or value is None else one(value) for one, value in pairs)


# ------------------------------------------------------------ there


async def move_to_postgres(config: Config, url: str) -> dict[str, int]:
    """From the SQLite file of `config`; how many rows each table has.

    Raises HubError, and nothing has changed.
    """
    if not database_file(config).exists():
        raise Unusable(f"there is no database {database_file(config)}")
    await require_current_schema(config)
    with _sqlite_alone(database_file(config)) as source:
        async with _new_home(url) as target, target.transaction():
            for name, script in scripts("postgres").items():
                await apply_postgres(target, name, script)
            tables = await _tables(target)
            _compare_tables(source, tables)
            async with _without_references(target):
                for table in tables:
                    await _fill_postgres(target, source, table)
            await _set_sequences(target, source, tables)
            counts = {table.name: await _compare(target, source, table) for table in tables}
        async with connect(url) as target:
            await target.execute("ANALYZE")
    return counts


@asynccontextmanager
async def _new_home(url: str) -> AsyncIterator[Any]:
    """An empty database. Raises Unusable."""
    async with AsyncExitStack() as stack:
        try:
            target = await stack.enter_async_context(_postgres_alone(url))
        except ConfigError as error:
            raise Unusable(f"nothing was moved: {error.problems[0].partition(': ')[2]}") from error
        if await target.fetchval(_HAS_TABLES):
            raise Unusable("the PostgreSQL database is not empty: name one that has no tables")
        yield target


async def _fill_postgres(target: Any, source: sqlite3.Connection, table: Table) -> None:
    if await target.fetchval(f'SELECT EXISTS (SELECT 1 FROM "{table.name}")'):  # rows of a migration
        await target.execute(f'DELETE FROM "{table.name}"')
    rows = source.execute(table.in_sqlite())
    try:
        while found := rows.fetchmany(AT_ONCE):
            records = list(_turned(found, table, FROM_SQLITE))
            if table.name == SEARCH:
                await target.executemany(
                    f"INSERT INTO {SEARCH} VALUES ($1, array_to_tsvector($2::text[]))", records
                )
            else:
                await target.copy_records_to_table(table.name, records=records, columns=list(table.types))
    except (asyncpg.PostgresError, asyncpg.InterfaceError, ValueError) as error:
        raise HubError(
            f"a row of {table.name} does not fit into PostgreSQL, nothing was moved: {error}"
        ) from error


@asynccontextmanager
async def _without_references(connection: Any) -> AsyncIterator[None]:
    """Tables refer to each other in circles; what is put back at the end looks at every row."""
    found = await connection.fetch(
        "SELECT conrelid::regclass::text AS name, quote_ident(conname) AS reference,"
        " pg_get_constraintdef(oid) AS words FROM pg_constraint"
        " WHERE contype = 'f' AND connamespace = current_schema()::regnamespace"
    )
    for row in found:
        await connection.execute(f"ALTER TABLE {row['name']} DROP CONSTRAINT {row['reference']}")
    yield
    for row in found:
        try:
            await connection.execute(
                f"ALTER TABLE {row['name']} ADD CONSTRAINT {row['reference']} {row['words']}"
            )
        except asyncpg.ForeignKeyViolationError as error:
            raise HubError(f"rows refer to missing rows, nothing was moved: {error}") from error


async def _set_sequences(target: Any, source: sqlite3.Connection, tables: Iterable[Table]) -> None:
    """No number is given a second time, even where its row is gone."""
    given = dict(source.execute("SELECT name, seq FROM sqlite_sequence"))
    for table in tables:
        if (sequence := await _sequence(target, table)) is None:
            continue
        highest = await target.fetchval(f'SELECT max("{table.key}") FROM "{table.name}"')
        if last := max(given.get(table.name, 0), highest or 0):
            await target.execute("SELECT setval($1::text::regclass, $2)", sequence, last)


# ------------------------------------------------------------ and back


async def move_to_sqlite(config: Config) -> dict[str, int]:
    """Into LAVOIR_DATA, from the PostgreSQL of `config`. Raises HubError, and nothing has changed."""
    file = database_file(config)
    if file.exists():
        raise Unusable(f"there is a database already, {file}: move it away first")
    await require_current_schema(config)
    async with _postgres_alone(config.database_url) as source:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=file.parent, prefix=".lavoir-move-") as folder:
            scratch = replace(config, database_url=None, data=Path(folder))
            await migrate(scratch)
            async with source.transaction(isolation="repeatable_read", readonly=True):
                with _sqlite_alone(database_file(scratch)) as target:
                    counts = await _fill_sqlite(target, source)
            _put_in_place(database_file(scratch), file)
    return counts


async def _fill_sqlite(target: sqlite3.Connection, source: Any) -> dict[str, int]:
    tables = await _tables(source)
    _compare_tables(target, tables)
    for table in tables:
        if target.execute(f'SELECT EXISTS (SELECT 1 FROM "{table.name}")').fetchone() == (1,):
            target.execute(f'DELETE FROM "{table.name}"')
        rows = await source.cursor(table.in_postgres())
        while found := await rows.fetch(AT_ONCE):
            target.executemany(table.into_sqlite(), _turned(found, table, TO_SQLITE))
    target.execute("DELETE FROM sqlite_sequence")
    for table in tables:
        if (sequence := await _sequence(source, table)) is not None:
            last = await source.fetchval(
                f"SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM {sequence}"
            )
            target.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (table.name, last))
    if (broken := target.execute("PRAGMA foreign_key_check").fetchone()) is not None:
        raise HubError(f"rows of {broken[0]} refer to missing rows of {broken[2]}, nothing was moved")
    counts = {table.name: await _compare(source, target, table) for table in tables}
    target.execute("COMMIT")
    target.execute("ANALYZE")
    return counts


def _put_in_place(new: Path, file: Path) -> None:
    """On the disk, and only where nobody else put one meanwhile."""
    with new.open("rb") as written:
        os.fsync(written.fileno())
    os.link(new, file)
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


# ------------------------------------------------------------ both


async def _compare(postgres: Any, sqlite: sqlite3.Connection, table: Table) -> int:
    """How many rows there are, each the same on both sides; raises HubError at the first that is not."""
    here = _turned(_turned(sqlite.execute(table.in_sqlite()), table, FROM_SQLITE), table, COMPARED)
    count = 0
    rows = await postgres.cursor(table.in_postgres())
    while found := await rows.fetch(AT_ONCE):
        for there in _turned(found, table, COMPARED):
            if next(here, None) != there:
                raise HubError(f"{table.name}: row {there[0]!r} is not as it was, nothing was moved")
            count += 1
    if (lost := next(here, None)) is not None:
        raise HubError(f"{table.name}: row {lost[0]!r} did not arrive, nothing was moved")
    return count


async def _tables(connection: Any) -> list[Table]:
    """All but the history, which each engine writes for itself."""
    found: dict[str, dict[str, str]] = {}
    keys: dict[str, str] = {}
    for row in await connection.fetch(_COLUMNS):
        if row["name"] != HISTORY:
            found.setdefault(row["name"], {})[row["column"]] = row["type"]
            if row["is_key"]:
                keys[row["name"]] = row["column"]
    return [Table(name, keys[name], types) for name, types in found.items()]


_HAS_TABLES = "SELECT EXISTS (SELECT 1 FROM pg_tables WHERE schemaname = current_schema())"
_COLUMNS = """
SELECT c.relname AS name, a.attname AS column, t.typname AS type, coalesce(i.indisprimary, false) AS is_key
FROM pg_class c
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary AND a.attnum = ANY(i.indkey)
WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace
ORDER BY c.relname, a.attnum
"""


def _compare_tables(sqlite: sqlite3.Connection, tables: Iterable[Table]) -> None:
    """Raises HubError where one engine has something that the other has not: then the program is at fault."""
    names = sqlite.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!'"
    )
    there = {name for (name,) in names if name != HISTORY and not name.startswith(f"{SEARCH}_")}
    if odd := there ^ {table.name for table in tables}:
        raise HubError(f"the two engines do not have the same tables: {', '.join(sorted(odd))}")
    for table in tables:
        columns = {name for (name,) in sqlite.execute("SELECT name FROM pragma_table_info(?)", (table.name,))}
        if table.name != SEARCH and columns != set(table.types):
            raise HubError(f"the two engines do not have the same columns in {table.name}")


async def _sequence(connection: Any, table: Table) -> str | None:
    """The counter behind a table's numbers, where it has one."""
    found: str | None = await connection.fetchval(
        "SELECT pg_get_serial_sequence(quote_ident($1), $2)", table.name, table.key
    )
    return found


@asynccontextmanager
async def _postgres_alone(url: str | None) -> AsyncIterator[Any]:
    """Who is there is told to leave; programs that start now wait before they touch anything."""
    async with connect(url) as connection:
        for limit in LIMITS:
            await connection.execute(f"SET {limit} = 0")
        await connection.execute("SELECT pg_advisory_lock($1)", ADVISORY_LOCK)
        if await connection.fetchval(OTHERS):
            raise Unusable(IN_USE)
        yield connection


@contextmanager
def _sqlite_alone(file: Path) -> Iterator[sqlite3.Connection]:
    """In a transaction that keeps everybody else out."""
    with closing(sqlite3.connect(file, isolation_level=None, timeout=5)) as connection:
        try:
            connection.execute("PRAGMA journal_mode = DELETE")  # SQLite refuses where somebody has it open
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            raise Unusable(IN_USE) from error
        yield connection
