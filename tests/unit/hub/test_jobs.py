"""Jobs run after the commit that asked for them, at least once, and never stop the queue."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest

from federation.errors import Unreachable
from hub import jobs, log, loop
from hub.config import Config
from hub.db import rows, transaction
from hub.jobs import (
    AWAY_ASKED,
    PATIENCE,
    Away,
    Job,
    Periodic,
    backoff,
    bring_back,
    bring_forward,
    enqueue,
    job_name,
    jobs_by_name,
    queue_state,
    run_worker,
)
from tests.waiting import GUARD

done: list[object] = []


@pytest.fixture(autouse=True)
def _nothing_done() -> None:
    done.clear()


async def note(text: str) -> None:
    done.append(text)


async def note_log_context() -> None:
    done.append(log.job_id.get())


async def break_down() -> None:
    done.append("tried")
    raise ZeroDivisionError("oh")


async def find_nobody() -> None:
    raise Unreachable("no connection", "https://social.example/o/1")


async def ask_who_is_away() -> None:
    done.append("tried")
    raise Away("no answer")


async def cancel_itself() -> None:
    done.append("tried")
    raise asyncio.CancelledError


async def last_long() -> None:
    done.append("started")
    await asyncio.sleep(1000)


async def last_a_while() -> None:
    done.append("started")
    await asyncio.sleep(0.5)
    done.append("ended")


ALL = [
    *(note, note_log_context, break_down, find_nobody, ask_who_is_away, cancel_itself),
    *(last_long, last_a_while),
]


@asynccontextmanager
async def working(*own: jobs.Function | Periodic, **settings: timedelta) -> AsyncIterator[asyncio.Event]:
    """A worker that runs meanwhile."""
    stop = asyncio.Event()
    worker = asyncio.create_task(run_worker(own or ALL, stop, **settings))
    try:
        yield stop
    finally:
        stop.set()
        async with asyncio.timeout(GUARD):
            await worker


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(GUARD):
        while not condition():
            await asyncio.sleep(0.01)


async def settled() -> Job:
    """The only row, once no worker holds it and it tells how it failed."""
    async with asyncio.timeout(GUARD):
        while (row := await Job.all().first()) is None or row.lease_until is not None or not row.last_error:
            await asyncio.sleep(0.01)
    return row


async def test_a_job_runs_and_its_row_is_gone(database: Config) -> None:
    async with working():
        await enqueue(note, text="é ✓")
        await until(lambda: done == ["é ✓"])
    assert await Job.all().count() == 0


async def test_a_job_of_a_failed_transaction_does_not_exist(database: Config) -> None:
    async with working():
        with pytest.raises(ZeroDivisionError):
            async with transaction():
                await enqueue(note, text="never")
                raise ZeroDivisionError
        await enqueue(note, text="after")
        await until(lambda: bool(done))
    assert done == ["after"]


async def test_the_commit_wakes_a_worker_that_rests(
    database: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "POLL", timedelta(hours=1))
    async with working():
        await asyncio.sleep(0.2)  # it rests
        async with transaction():
            await enqueue(note, text="first")
        await until(lambda: done == ["first"])


async def test_a_job_waits_until_it_is_due(database: Config) -> None:
    now = datetime.now(UTC)
    await enqueue(note, due_at=now + timedelta(hours=1), text="later")
    await enqueue(note, due_at=now - timedelta(hours=1), text="overdue")
    await enqueue(note, text="now")
    async with working():
        await until(lambda: len(done) == 2)
    assert done == ["overdue", "now"]
    assert await Job.all().count() == 1


@pytest.mark.parametrize("function", [break_down, cancel_itself])
async def test_a_failed_job_comes_back_later(database: Config, function: jobs.Function) -> None:
    before = datetime.now(UTC)
    await enqueue(function)
    async with working():
        row = await settled()
        await enqueue(note, text="others go on")
        await until(lambda: "others go on" in done)
    assert done == ["tried", "others go on"]
    assert (row.attempts, row.failed_at) == (1, None)
    assert row.due_at >= before + backoff(1, jitter=0)
    assert row.last_error.startswith(("ZeroDivisionError: oh", "CancelledError"))


async def test_a_poison_job_is_set_aside_after_the_last_attempt(database: Config) -> None:
    await enqueue(break_down)
    await rows("UPDATE job SET attempts = $1", jobs.ATTEMPTS - 1)
    async with working():
        row = await settled()
    assert row.failed_at is not None
    await rows("UPDATE job SET due_at = $1", datetime.now(UTC))
    await enqueue(note, text="after")
    async with working():
        await until(lambda: "after" in done)
    assert done == ["tried", "after"]
    assert (await queue_state(ALL)).failed == 1


async def test_a_job_that_ended_the_program_each_time_is_not_tried_again(database: Config) -> None:
    await enqueue(note, text="poison")
    await rows("UPDATE job SET attempts = $1", jobs.ATTEMPTS)
    async with working():
        row = await settled()
    assert row.failed_at is not None
    assert done == []


@pytest.mark.slow
async def test_a_long_job_keeps_its_lease(database: Config) -> None:
    await enqueue(last_long)
    async with working(lease=timedelta(seconds=2), grace=timedelta(0)):
        await until(lambda: done == ["started"])
        first = (await Job.all().get()).lease_until
        async with asyncio.timeout(GUARD):
            while (row := await Job.all().get()).lease_until == first:
                await asyncio.sleep(0.02)
    assert first is not None
    assert row.lease_until is not None
    assert row.lease_until > first
    assert row.attempts == 1


@pytest.mark.slow
async def test_a_job_whose_worker_vanished_comes_due_by_itself(database: Config) -> None:
    await enqueue(note, text="again")
    free = datetime.now(UTC) + timedelta(seconds=1)
    await rows("UPDATE job SET attempts = 1, lease_until = $1", free)
    async with working():
        await until(lambda: done == ["again"])
        assert datetime.now(UTC) > free


async def test_a_worker_that_lost_its_lease_changes_nothing(database: Config) -> None:
    await enqueue(last_long)
    async with working(lease=timedelta(seconds=0.4)):
        await until(lambda: done == ["started"])
        await rows("UPDATE job SET attempts = 2, lease_until = $1", datetime.now(UTC) + timedelta(hours=1))
    row = await Job.all().get()
    assert row.attempts == 2
    assert row.lease_until is not None


async def test_a_stopped_worker_returns_what_it_cannot_end(database: Config) -> None:
    await enqueue(last_long)
    await enqueue(note, text="not begun")
    async with working(grace=timedelta(seconds=0.1)) as stop:
        await until(lambda: done == ["started"])
        stop.set()
    assert done == ["started"]
    for row in await Job.all():
        assert (row.attempts, row.lease_until) == (0, None)
    async with working(note):
        await until(lambda: done == ["started", "not begun"])


@pytest.mark.slow
async def test_a_stopped_worker_lets_a_short_job_end(database: Config) -> None:
    await enqueue(last_a_while)
    async with working() as stop:
        await until(lambda: done == ["started"])
        stop.set()
    assert done == ["started", "ended"]
    assert await Job.all().count() == 0


async def test_a_cancelled_worker_returns_its_job_too(database: Config) -> None:
    await enqueue(last_long)
    worker = asyncio.create_task(run_worker(ALL, asyncio.Event()))
    await until(lambda: done == ["started"])
    worker.cancel()
    with pytest.raises(asyncio.CancelledError):
        await worker
    row = await Job.all().get()
    assert (row.attempts, row.lease_until) == (0, None)


@pytest.mark.slow
async def test_a_periodic_job_has_one_row_and_comes_again(database: Config) -> None:
    daily = Periodic(break_down, every=timedelta(days=1))
    often = Periodic(note_log_context, every=timedelta(milliseconds=1))
    async with working(daily, often), working(daily, often):
        await until(lambda: len(done) > 3)
    names = sorted(row.name for row in await Job.all())
    assert names == [job_name(break_down), job_name(note_log_context)]
    assert done.count("tried") == 1


async def test_a_periodic_job_that_is_brought_forward_comes_now_and_then_when_it_is_due(
    database: Config,
) -> None:
    daily = Periodic(break_down, every=timedelta(days=1))
    async with working(daily):
        await until(lambda: done == ["tried"])
        await settled()
        async with transaction():
            await bring_forward(break_down)
        await until(lambda: done == ["tried", "tried"])
        await settled()
    assert (await Job.all().get()).due_at > datetime.now(UTC)


async def test_a_periodic_job_is_never_set_aside(database: Config) -> None:
    hourly = Periodic(break_down, every=timedelta(hours=1))
    async with working(hourly):
        await settled()
    await rows("UPDATE job SET due_at = $1, attempts = $2", datetime.now(UTC), jobs.ATTEMPTS + 5)
    async with working(hourly):
        await until(lambda: done == ["tried", "tried"])
    row = await Job.all().get()
    assert row.failed_at is None
    assert row.due_at <= datetime.now(UTC) + timedelta(hours=1)
    assert (await queue_state([hourly])).failed == 1


async def test_jobs_of_another_release_are_left_alone(database: Config) -> None:
    await Job.create(name="budgets.count", arguments="{}", due_at=datetime.now(UTC))
    await enqueue(note, text="known")
    async with working():
        await until(lambda: done == ["known"])
    row = await Job.all().get()
    assert (row.name, row.attempts) == ("budgets.count", 0)


async def test_the_queue_tells_how_late_it_is(database: Config) -> None:
    assert await queue_state(ALL) == jobs.QueueState(waiting=0, late=timedelta(0), failed=0)
    await enqueue(note, due_at=datetime.now(UTC) - timedelta(minutes=5), text="late")
    await enqueue(note, due_at=datetime.now(UTC) + timedelta(minutes=5), text="not yet")
    state = await queue_state(ALL)
    assert (state.waiting, state.failed) == (2, 0)
    assert timedelta(minutes=5) <= state.late < timedelta(minutes=6)


async def test_log_lines_of_a_job_carry_its_number(
    database: Config, caplog: pytest.LogCaptureFixture
) -> None:
    await enqueue(note_log_context)
    number = (await Job.all().get()).id
    async with working():
        await until(lambda: bool(done))
    assert done == [str(number)]
    await enqueue(break_down)
    with caplog.at_level(logging.ERROR):
        async with working():
            await settled()
    [failure] = caplog.records
    assert failure.getMessage() == "job failed"
    assert vars(failure)["name_of_job"] == job_name(break_down)


async def test_what_another_server_did_is_a_line_without_a_trace(
    database: Config, caplog: pytest.LogCaptureFixture
) -> None:
    await enqueue(find_nobody)
    async with working():
        await settled()
    [line] = caplog.records
    assert (line.levelname, line.getMessage(), line.exc_info) == ("WARNING", "job failed", None)
    assert vars(line)["reason"] == "no connection"
    assert (await Job.all().get()).attempts == 1


async def test_what_waits_for_something_away_is_kept_for_a_week_without_a_word(
    database: Config, caplog: pytest.LogCaptureFixture
) -> None:
    await enqueue(ask_who_is_away)
    for tries in (1, 2):
        await rows("UPDATE job SET attempts = $1, due_at = $2", jobs.ATTEMPTS - 1, datetime.now(UTC))
        async with working():
            await until(lambda tries=tries: len(done) == tries)  # type: ignore[misc]
            await settled()
    row = await Job.all().get()
    assert (row.failed_at, caplog.records) == (None, [])
    assert datetime.now(UTC) + AWAY_ASKED / 2 < row.due_at <= datetime.now(UTC) + AWAY_ASKED
    long_ago = datetime.now(UTC) - PATIENCE - timedelta(hours=1)
    await rows("UPDATE job SET created_at = $1, due_at = $1", long_ago)
    async with working():
        await until(lambda: bool(caplog.records))
    assert (await Job.all().get()).failed_at is not None
    [line] = caplog.records
    assert (line.getMessage(), line.exc_info) == ("job set aside", None)


async def test_what_waits_for_something_away_outlives_a_program_that_is_killed_while_it_asks(
    database: Config,
) -> None:
    """A server that does not answer takes half a minute of each try: a power cut finds one under way."""
    await enqueue(ask_who_is_away)
    await rows("UPDATE job SET attempts = $1", jobs.ATTEMPTS - 1)
    for tries in (1, 2):
        async with working():
            await until(lambda tries=tries: len(done) == tries)  # type: ignore[misc]
            await settled()
        killed = "UPDATE job SET attempts = attempts + 1, lease_until = NULL, due_at = $1"
        await rows(killed, datetime.now(UTC))
    assert (await Job.all().get()).failed_at is None


async def test_what_waited_for_its_day_waits_as_long_for_what_is_away(
    database: Config, caplog: pytest.LogCaptureFixture
) -> None:
    """The mail of who hears once a week was asked for days before."""
    await enqueue(ask_who_is_away)
    await rows("UPDATE job SET created_at = $1", datetime.now(UTC) - PATIENCE)
    for tries in (1, 2):
        async with working():
            await until(lambda tries=tries: len(done) == tries)  # type: ignore[misc]
            await settled()
        await rows("UPDATE job SET due_at = $1", datetime.now(UTC))
    assert ((await Job.all().get()).failed_at, caplog.records) == (None, [])


async def test_what_was_away_is_asked_by_all_who_wait_for_it_as_soon_as_it_is_back(database: Config) -> None:
    await enqueue(ask_who_is_away)
    async with working():
        await settled()
    later = datetime.now(UTC) + timedelta(hours=1)
    await enqueue(note, due_at=later, text="not due")
    await bring_back()
    waiting = {row.name: row.due_at for row in await Job.all()}
    assert waiting[job_name(ask_who_is_away)] <= datetime.now(UTC)
    assert waiting[job_name(note)] == later


async def test_a_worker_survives_a_database_that_is_away(
    database: Config, caplog: pytest.LogCaptureFixture
) -> None:
    async with working():
        await rows("ALTER TABLE job RENAME TO away")
        await until(lambda: "worker cannot go on for now" in caplog.text)
        await rows("ALTER TABLE away RENAME TO job")
        await enqueue(note, text="back")
        await until(lambda: done == ["back"])


@pytest.mark.parametrize("value", [float("nan"), {1, 2}, (1, 2), {1: 2}, datetime(2026, 1, 1, tzinfo=UTC)])
async def test_arguments_that_json_would_change_are_refused(value: object) -> None:
    with pytest.raises((TypeError, ValueError)):
        await enqueue(note, text=value)


async def test_arguments_that_the_function_does_not_take_are_refused_at_once() -> None:
    with pytest.raises(TypeError):
        await enqueue(note, wrong="name")


def test_a_name_that_two_slices_claim_stops_the_program() -> None:
    with pytest.raises(ValueError, match=f"two jobs are named {job_name(note)}"):
        jobs_by_name([note, Periodic(note, every=timedelta(days=1))])


def test_the_name_of_a_job_is_its_slice_and_function() -> None:
    async def send_link() -> None: ...

    send_link.__module__ = "hub.members.jobs"
    assert job_name(send_link) == "members.send_link"


def test_delays_grow_up_to_a_bound_and_are_spread() -> None:
    delays = [backoff(attempts, jitter=0.5).total_seconds() for attempts in range(1, jobs.ATTEMPTS)]
    assert delays[:4] == [15, 30, 60, 120]
    assert max(delays) == 6 * 3600
    assert delays == sorted(delays)
    assert timedelta(days=1) < timedelta(seconds=sum(delays)) < timedelta(days=3)
    assert backoff(1, jitter=0) < backoff(1, jitter=0.5) < backoff(1, jitter=1)
