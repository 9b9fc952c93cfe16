"""PostgreSQL: a dump is pg_dump's custom format, read in the same snapshot as the counts."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from hub.config import Config
from hub.db.dumps import IN_USE, Contents, NoScratch
from hub.db.postgres import SqlError, connect
from hub.db.schema import HISTORY
from hub.errors import HubError, Unusable

NAME = "database.pgdump"
DEBIAN = Path("/usr/lib/postgresql")  # its programs are not on the PATH there

OURS = "a backup of Lavoir on trial, to be dropped"  # what a database says of itself

LOOKS = 20  # ten in a second: pg_dump and our own connections before are gone by then, a program is not

# Whoever else is connected: the program, or another restore.
OTHERS = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
    " AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
)


async def dump(config: Config, file: Path) -> Contents:
    """Copy the database to `file`."""
    async with (
        connect(config.database_url) as connection,
        connection.transaction(isolation="repeatable_read", readonly=True),
    ):
        await connection.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        snapshot = await connection.fetchval("SELECT pg_export_snapshot()")
        options = ["--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}"]
        await _run(config, "pg_dump", *options, f"--file={file}", f"--dbname={_url(config)}")
        return await _contents(connection)


async def check(file: Path, _expected: Contents) -> None:
    """Raises HubError unless pg_restore can read all of `file`."""
    await _run(None, "pg_restore", "--no-owner", "--no-privileges", f"--file={_script(file)}", str(file))


async def require_alone(config: Config) -> None:
    """Raises Unusable while somebody else is connected; whoever has hung up is still there for a moment."""
    async with connect(config.database_url) as connection:
        for _ in range(LOOKS):
            if not await connection.fetchval(OTHERS):
                return
            await asyncio.sleep(0.1)
    raise Unusable(IN_USE)


async def restore(config: Config, file: Path, _since: str) -> None:
    """Replace every table by those of `file`, all or nothing."""
    await require_alone(config)
    async with connect(config.database_url) as connection:
        tables, functions = await _tables(connection), await _functions(connection)
    clear = "".join(f'DROP TABLE "{name}" CASCADE;\n' for name in tables)
    clear += "".join(f"DROP FUNCTION {name} CASCADE;\n" for name in functions)
    script = _script(file)
    script.write_text(clear + script.read_text(encoding="utf-8"), encoding="utf-8")
    options = [
        "--no-psqlrc",
        "--quiet",
        "--single-transaction",
        "--set=ON_ERROR_STOP=1",
        "--output=/dev/null",
    ]
    await _run(config, "psql", *options, f"--file={script}", f"--dbname={_url(config)}")


@asynccontextmanager
async def scratch(config: Config, folder: Path) -> AsyncIterator[Config]:
    """A database of its own where a restore touches nothing, dropped in the end.

    Raises NoScratch where the user of LAVOIR_DATABASE_URL may not create one.
    """
    async with connect(config.database_url) as connection:
        name = await connection.fetchval("SELECT left(current_database(), 58) || '_try'")
        try:
            await _drop_what_was_left(connection, name)
            await connection.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
            await connection.execute(f"COMMENT ON DATABASE \"{name}\" IS '{OURS}'")
        except SqlError as error:
            raise NoScratch(str(error)) from error
        try:
            url = urlsplit(config.database_url or "")._replace(path=f"/{quote(name)}").geturl()
            yield replace(config, data=folder, database_url=url)
        finally:
            await connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


async def _drop_what_was_left(connection: Any, name: str) -> None:
    """By a trial that was cut off. Raises NoScratch where somebody else has a database of that name."""
    about = await connection.fetchval(
        "SELECT COALESCE(shobj_description(oid, 'pg_database'), '') FROM pg_database WHERE datname = $1", name
    )
    if about == OURS:
        await connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    elif about is not None:
        raise NoScratch(f"the database {name} is not of a trial")


async def contents(config: Config) -> Contents:
    """What is there now."""
    async with connect(config.database_url) as connection:
        return await _contents(connection)


def _script(file: Path) -> Path:
    return file.with_name("restore.sql")


async def _contents(connection: Any) -> Contents:
    tables = await _tables(connection)
    history = f"SELECT name FROM {HISTORY} ORDER BY name"
    return Contents(
        schema=[row["name"] for row in await connection.fetch(history)] if HISTORY in tables else [],
        rows={name: await connection.fetchval(f'SELECT count(*) FROM "{name}"') for name in tables},
    )


async def _tables(connection: Any) -> list[str]:
    statement = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema() ORDER BY tablename"
    return [row["tablename"] for row in await connection.fetch(statement)]


async def _functions(connection: Any) -> list[str]:
    """Of ours, behind triggers; those of extensions stay."""
    statement = (
        "SELECT oid::regprocedure::text AS name FROM pg_proc"
        " WHERE pronamespace = current_schema()::regnamespace AND NOT EXISTS"
        " (SELECT 1 FROM pg_depend WHERE objid = pg_proc.oid AND deptype = 'e') ORDER BY 1"
    )
    return [row["name"] for row in await connection.fetch(statement)]


async def _run(config: Config | None, program: str, *arguments: str) -> None:
    password = urlsplit(config.database_url or "").password if config is not None else None
    process = await asyncio.create_subprocess_exec(
        _find(program),
        *arguments,
        stdin=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, **({"PGPASSWORD": unquote(password)} if password else {})},
    )
    _, errors = await process.communicate()
    if process.returncode != 0:
        raise HubError(f"{program} failed: {errors.decode(errors='replace').strip()}")


def _find(program: str) -> str:
    """On the PATH, or where Debian keeps the newest version."""
    if path := shutil.which(program):
        return path
    installed = list(DEBIAN.glob(f"*/bin/{program}"))
    if not installed:
        raise Unusable(f"{program} is missing: install PostgreSQL's client programs (postgresql-client)")
    return str(max(installed, key=lambda path: float(path.parts[-3])))


def _url(config: Config) -> str:
    """Without the password, which everybody could see in the list of processes."""
    parts = urlsplit(config.database_url or "")
    user, at, host = parts.netloc.rpartition("@")
    return parts._replace(netloc=user.partition(":")[0] + at + host).geturl()
