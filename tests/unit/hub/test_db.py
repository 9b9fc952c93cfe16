"""The database client keeps its promises when tasks are cancelled, on both engines."""

import asyncio
import os
import random
import sqlite3
import stat
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from tortoise.exceptions import IntegrityError, OperationalError, TransactionManagementError

from hub.config import Config
from hub.db import (
    after_commit,
    close_database,
    connection,
    database_file,
    dialect,
    is_transient,
    open_database,
    rows,
    transaction,
)
from hub.errors import ConfigError
from hub.jobs import Job
from tests.site import free_port
from tests.waiting import GUARD


async def names_on_disk(config: Config) -> list[str]:
    """What somebody else sees who connects on their own."""
    if config.database_url is None:
        with sqlite3.connect(database_file(config)) as other:
            return [name for (name,) in other.execute("SELECT name FROM job ORDER BY id")]
    other = await asyncpg.connect(config.database_url)
    try:
        return [row["name"] for row in await other.fetch("SELECT name FROM job ORDER BY id")]
    finally:
        await other.close()


def job(name: str) -> Job:
    return Job(name=name, arguments="{}", due_at=datetime.now(UTC))


async def cancel_at_any_moment(tasks: list[asyncio.Task[None]]) -> None:
    """Cancel each task somewhere between before its start and after its end, but some; those are done."""
    chance = random.Random(2026)
    for task in tasks:
        for _ in range(chance.randrange(12)):
            await asyncio.sleep(0)
        if chance.random() < 0.3:
            await asyncio.sleep(chance.random() * 0.003)
        if chance.random() < 0.9:
            task.cancel()
    await asyncio.wait(tasks)


async def test_cancelled_transactions_lose_nothing_that_was_acknowledged(database: Config) -> None:
    acknowledged: list[str] = []

    async def write(name: str) -> None:
        async with transaction():
            await job(f"{name}.first").save()
            await asyncio.sleep(0)
            await job(f"{name}.second").save()
        acknowledged.append(name)

    async with asyncio.timeout(GUARD):
        await cancel_at_any_moment([asyncio.create_task(write(f"task{n}")) for n in range(400)])
        for n in range(100):
            await write(f"after{n}")

    written = await names_on_disk(database)
    assert len(written) == len(set(written))
    assert {f"{name}.{part}" for name in acknowledged for part in ("first", "second")} <= set(written)
    firsts = {name.removesuffix(".first") for name in written if name.endswith(".first")}
    seconds = {name.removesuffix(".second") for name in written if name.endswith(".second")}
    assert firsts == seconds, "half of a transaction was written"
    assert 100 < len(acknowledged) < 500, "the test must cancel some and finish some"


@pytest.mark.slow
async def test_cancelled_bulk_inserts_leave_nothing_open(database: Config) -> None:
    async def write(name: str) -> None:
        await Job.bulk_create([job(f"{name}.{part}") for part in range(5)])

    async with asyncio.timeout(GUARD):
        await cancel_at_any_moment([asyncio.create_task(write(f"bulk{n}")) for n in range(300)])
        for n in range(100):
            await job(f"after{n}").save()

    written = await names_on_disk(database)
    assert [name for name in written if name.startswith("after")] == [f"after{n}" for n in range(100)]
    bulks = [name.partition(".")[0] for name in written if name.startswith("bulk")]
    assert all(bulks.count(name) == 5 for name in set(bulks)), "half of a bulk insert was written"


async def test_cancelled_queries_leave_every_connection_usable(database: Config) -> None:
    async def read_and_write(name: str) -> None:
        await Job.all().count()
        await job(name).save()
        await Job.filter(name=name).update(last_error="seen")

    async with asyncio.timeout(GUARD):
        await cancel_at_any_moment([asyncio.create_task(read_and_write(f"t{n}")) for n in range(300)])
        at_once = [asyncio.create_task(read_and_write(f"after{n}")) for n in range(30)]
        await asyncio.gather(*at_once)
        assert await Job.filter(name__startswith="after", last_error="seen").count() == 30
        if dialect() == "postgres":
            pool = connection()._pool
            assert pool.get_size() == pool.get_idle_size()


async def test_a_transaction_that_times_out_inside_is_rolled_back(database: Config) -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01), transaction():
            await job("never").save()
            await asyncio.sleep(10)
    assert await names_on_disk(database) == []


async def test_a_failed_transaction_writes_nothing_and_a_savepoint_fails_alone(database: Config) -> None:
    with pytest.raises(ZeroDivisionError):
        async with transaction():
            await job("lost").save()
            raise ZeroDivisionError
    async with transaction():
        await job("outer").save()
        with pytest.raises(IntegrityError):
            async with transaction():
                await job("inner").save()
                await Job(name="x", arguments="{}", periodic="p", due_at=datetime.now(UTC)).save()
                await Job(name="y", arguments="{}", periodic="p", due_at=datetime.now(UTC)).save()
    assert await names_on_disk(database) == ["outer"]


async def test_a_task_that_outlives_its_transaction_cannot_write_into_it(database: Config) -> None:
    go = asyncio.Event()

    async def straggle() -> None:
        await go.wait()
        await job("straggler").save()

    async with transaction():
        straggler = asyncio.create_task(straggle())
        await job("inside").save()
    go.set()
    with pytest.raises((TransactionManagementError, asyncpg.InterfaceError)):
        await straggler
    assert await names_on_disk(database) == ["inside"]


async def test_after_commit_is_called_only_for_what_is_durable(database: Config) -> None:
    called: list[str] = []
    async with transaction():
        after_commit(lambda: called.append("kept"))
        async with transaction():
            after_commit(lambda: called.append("nested"))
        assert called == []
    assert called == ["kept", "nested"]
    with pytest.raises(ZeroDivisionError):
        async with transaction():
            after_commit(lambda: called.append("lost"))
            raise ZeroDivisionError
    after_commit(lambda: called.append("at once"))
    assert called == ["kept", "nested", "at once"]


async def test_raw_rows_speak_the_same_sql_on_both_engines(database: Config) -> None:
    due = datetime(2026, 4, 16, 10, 42, 3, tzinfo=UTC)
    await Job.create(name="a", arguments="{}", due_at=due)
    changed = "UPDATE job SET name = $1 WHERE due_at = $2 RETURNING name, attempts"
    assert await rows(changed, "b", due) == [{"name": "b", "attempts": 0}]
    assert await rows("SELECT name FROM job WHERE due_at < $1", due) == []
    assert await rows("SELECT name FROM job WHERE due_at < $1", due + timedelta(seconds=1)) == [{"name": "b"}]


async def test_requests_of_a_server_see_the_database(database: Config) -> None:
    async def count(request: Request) -> PlainTextResponse:
        async with transaction():
            await job("asked").save()
        return PlainTextResponse(str(await Job.all().count()))

    port = free_port()
    app = Starlette(routes=[Route("/", count)])
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_config=None, lifespan="off"))
    serving = asyncio.create_task(server.serve())
    try:
        async with asyncio.timeout(GUARD):
            while not server.started:
                await asyncio.sleep(0.01)
            for expected in (b"1", b"2"):
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                assert (await reader.read()).endswith(expected)
                writer.close()
                await writer.wait_closed()
    finally:
        server.should_exit = True
        await serving


async def test_a_database_in_use_by_another_program_is_a_passing_trouble(database: Config) -> None:
    if database.database_url is None:
        await connection().execute_query("PRAGMA busy_timeout = 10")
        other = sqlite3.connect(database_file(database), isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(OperationalError) as raised:
            async with transaction():
                await job("late").save()
        other.close()
    else:
        other = await asyncpg.connect(database.database_url)
        await other.execute("BEGIN; LOCK TABLE job")
        with pytest.raises(asyncpg.PostgresError) as raised:
            async with transaction():
                await rows("SET LOCAL lock_timeout = '10ms'")
                await job("late").save()
        await other.close()
    assert is_transient(raised.value)
    assert not is_transient(ValueError())
    await job("later").save()
    assert await names_on_disk(database) == ["later"]


async def test_connections_that_the_server_cut_are_replaced(database: Config) -> None:
    if database.database_url is None:
        return  # nobody can cut the connection to a file
    other = await asyncpg.connect(database.database_url)
    await Job.all().count()
    await other.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
        " AND datname = current_database()"
    )
    await other.close()
    tries = 0
    async with asyncio.timeout(GUARD):
        while True:
            try:
                async with transaction():
                    await job("again").save()
                break
            except Exception as error:
                assert is_transient(error), error
                tries += 1
    assert tries <= 2
    assert await names_on_disk(database) == ["again"]


async def test_the_files_of_sqlite_belong_to_their_owner_alone(tmp_path: Path) -> None:
    config = Config(data=tmp_path / "new" / "data")
    old = os.umask(0)
    try:
        await open_database(config)
        await connection().execute_script("CREATE TABLE t (id INTEGER)")
        modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in config.data.iterdir()}
        await close_database()
    finally:
        os.umask(old)
    assert stat.S_IMODE(config.data.stat().st_mode) == 0o700
    assert modes == dict.fromkeys(modes, 0o600)
    assert "lavoir.sqlite3-wal" in modes


async def test_sqlite_is_set_up_to_keep_what_it_acknowledged(tmp_path: Path) -> None:
    await open_database(Config(data=tmp_path))
    settings = {}
    for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout"):
        [row] = await rows(f"PRAGMA {name}")
        settings[name] = next(iter(row.values()))
    await close_database()
    assert settings == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 5000}


def test_an_opening_that_is_cancelled_is_not_left_to_a_thread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As Ctrl-C does while a command loads the program: it is felt where first something is waited for."""
    before, failed = set(threading.enumerate()), []
    monkeypatch.setattr(threading, "excepthook", failed.append)

    async def interrupted() -> None:
        asyncio.current_task().cancel()  # type: ignore[union-attr]
        await open_database(Config(data=tmp_path))

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(interrupted())
    for thread in set(threading.enumerate()) - before:
        thread.join()
    assert failed == []


@pytest.mark.parametrize("url", ["postgres://lavoir@127.0.0.1:1/nothing", None])
async def test_a_database_that_cannot_be_opened_is_said_in_one_line(tmp_path: Path, url: str | None) -> None:
    (tmp_path / "lavoir.sqlite3").write_bytes(b"this is not a database, " * 100)
    with pytest.raises(ConfigError) as raised:
        await open_database(Config(data=tmp_path, database_url=url))
    assert len(raised.value.problems) == 1
    await open_database(Config(data=tmp_path / "other"))  # nothing of the failed one stays
    await close_database()


@pytest.mark.parametrize(
    "written",
    [
        "2026-04-18 08:30:00.250000+00:00",
        "2026-04-18 08:30:00.25",
        "2026-04-18T10:30:00.250+02:00",
        "2026-04-18T08:30:00.25Z",
    ],
)
async def test_a_time_is_read_in_whatever_form_it_was_written(database: Config, written: str) -> None:
    await job("timed").save()
    await rows(f"UPDATE job SET due_at = '{written}'")
    assert (await Job.get(name="timed")).due_at == datetime(2026, 4, 18, 8, 30, 0, 250_000, UTC)
