"""The database: one SQLite file, or PostgreSQL; opened, closed, and changed in transactions.

Never wait for the network, a file or a thread inside a transaction: on SQLite everything else waits
with it. Start no tasks in there either: they would write into a transaction that has ended.
"""

import json
import os
import re
import sqlite3
import sys
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import tortoise.models
from tortoise.backends.base.client import BaseDBAsyncClient, TransactionContext
from tortoise.context import TortoiseContext, get_current_context, require_context
from tortoise.transactions import in_transaction

from hub.cache import forget_everything
from hub.config import Config
from hub.db.cancellation import finish
from hub.errors import ConfigError

# Every module with tables; foreign keys name them "hub.Model".
MODEL_MODULES = [
    "hub.jobs",
    "hub.limits",
    "hub.journal",
    "hub.observations",
    "hub.actors.models",
    "hub.media.models",
    "hub.publications.models",
    "hub.fediverse.models",
    "hub.village.models",
    "hub.notifications.models",
    "hub.members.models",
    "hub.organisations.models",
    "hub.participants.models",
    "hub.exchange.models",
    "hub.agenda.models",
    "hub.projects.models",
    "hub.moderation.models",
    "hub.neighbours.models",
    "hub.matching.models",
    "hub.region.models",
]

# Tortoise reads the source of each model for comments that would describe columns to a database. We write
# none, and every command would wait for it: half a second here, two on a small board.
tortoise.models._get_comments = lambda cls: {}

OLDEST_SQLITE = (3, 40)  # upserts, RETURNING, STRICT, and what Debian 12 ships


def database_file(config: Config) -> Path:
    """The SQLite file; it exists only where no LAVOIR_DATABASE_URL is set."""
    return config.data / "lavoir.sqlite3"


async def open_database(config: Config) -> None:
    """Connect for the whole process: every task of the running loop sees the database.

    It neither creates nor changes tables: hub.db.migrations.migrate() does that before.
    Raises ConfigError if there is no database to be had.
    """
    if config.database_url is None:
        create_file(database_file(config))
    forget_everything()
    context = TortoiseContext()
    try:
        with context:
            await context.init(config=tortoise_config(config), _enable_global_fallback=True)
        # Now, and to its end: a thread whose loop has ended meanwhile would say so in a long trace.
        await finish(context.db().create_connection(with_db=True))
    except BaseException:
        await context.close_connections()
        raise


async def close_database() -> None:
    """Let go of every connection; without effect if none is open."""
    if (context := get_current_context()) is not None:
        await context.close_connections()


def transaction() -> TransactionContext:
    """`async with transaction(): …` all of it or none; inside another one it is a savepoint."""
    return in_transaction()


def after_commit(callback: Callable[[], object]) -> None:
    """Call `callback` once the surrounding transaction is durable; at once if there is none.

    Never called if the transaction fails. It must not wait, nor matter if the process dies first.
    """
    current = None if get_current_context() is None else connection()
    callbacks: list[Callable[[], object]] | None = getattr(current, "after_commit", None)
    if callbacks is None:
        callback()
    else:
        callbacks.append(callback)


async def hold(model: type[tortoise.models.Model], ids: Iterable[object]) -> None:
    """Lock several rows until the transaction ends, in the order of their numbers.

    Everybody who needs more than one takes them so: of two who want the same ones, one waits for the other.
    """
    await model.filter(id__in=list(ids)).order_by("id").select_for_update(no_key=True).only("id")


def connection() -> BaseDBAsyncClient:
    """The current transaction, or else the connection of the process."""
    return require_context().db()


def dialect() -> str:
    """`sqlite` or `postgres`, where one statement must differ."""
    return connection().capabilities.dialect


async def rows(statement: str, *values: Any) -> list[dict[str, Any]]:
    """Run SQL with `$1` placeholders on either engine; also for RETURNING.

    SQLite answers times as text: read them with moment().
    """
    client = connection()
    if client.capabilities.dialect == "sqlite":
        statement = _question_marks(statement)
    return await client.execute_query_dict(statement, list(values))


def moment(value: Any) -> datetime:
    """A time out of rows(), on either engine."""
    at = datetime.fromisoformat(value) if isinstance(value, str) else value
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)


def places(count: int, width: int = 1, *, first: int = 1) -> str:
    """`($1, $2), ($3, $4)` for two rows of two values; the numbers begin at `first`."""
    numbers = iter(range(first, first + count * width))
    return ", ".join(f"({', '.join(f'${next(numbers)}' for _ in range(width))})" for _ in range(count))


def among(column: str, place: int, numbers: Sequence[int]) -> tuple[str, object]:
    """A condition that a column is one of many numbers, and the value for placeholder `place` of it.

    However many there are, it is the same statement.
    """
    if dialect() == "sqlite":
        return f"{column} IN (SELECT value FROM json_each(${place}))", json.dumps(list(numbers))
    return f"{column} = ANY(CAST(${place} AS bigint[]))", list(numbers)


@lru_cache(maxsize=256)
def _question_marks(statement: str) -> str:
    """SQLite's spelling of the placeholders."""
    return re.sub(r"\$(\d)", r"?\1", statement)


async def runs_elsewhere() -> bool:
    """Whether another process of this village is connected; on SQLite there is no other."""
    if dialect() == "sqlite":
        return False
    [row] = await rows(
        "SELECT EXISTS (SELECT 1 FROM pg_stat_activity WHERE datname = current_database()"
        " AND application_name LIKE 'lavoir %' AND application_name <> current_setting('application_name'))"
        " AS found"
    )
    return bool(row["found"])


def is_transient(error: BaseException) -> bool:
    """Whether another try in a moment may succeed: locked, cut off, deadlocked, out of time."""
    engines = (sys.modules.get(name) for name in ("hub.db.sqlite", "hub.db.postgres"))
    return any(engine.is_transient(error) for engine in engines if engine is not None)


def gave_way(error: BaseException) -> bool:
    """Whether the database ended this transaction so that another can go on: nothing of it was kept."""
    postgres = sys.modules.get("hub.db.postgres")
    return postgres is not None and postgres.gave_way(error)


def tortoise_config(config: Config) -> dict[str, Any]:
    """How Tortoise is told about all this."""
    # The name matters: Tortoise remembers statements by the name of the connection.
    if config.database_url is not None:
        name, credentials = "postgres", {"dsn": config.database_url, "pool": config.database_pool}
    else:
        settings = {
            "busy_timeout": "5000",
            "journal_mode": "WAL",
            "synchronous": "FULL",
            "foreign_keys": "ON",
        }
        name, credentials = "sqlite", {"file_path": str(database_file(config)), **settings}
    return {
        "connections": {name: {"engine": f"hub.db.{name}", "credentials": credentials}},
        "apps": {"hub": {"models": list(MODEL_MODULES), "default_connection": name}},
        "use_tz": True,
        "timezone": "UTC",
    }


def create_file(file: Path) -> None:
    """An empty database that only its owner may read; SQLite gives its -wal and -shm the same mode."""
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        raise ConfigError([f"SQLite {sqlite3.sqlite_version} is too old, 3.40 is needed"])
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise ConfigError([f"LAVOIR_DATA: cannot use {file.parent} ({error.strerror})"]) from error
