"""Work for later, as rows of the same database: written with the change that asks for it, or not at all.

A claim takes a lease, success deletes the row, the job of a dead worker comes due by itself. So every
job runs at least once and may run twice: it must be idempotent. There is no broker.
"""

import asyncio
import inspect
import json
import logging
import random
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from tortoise import Model, fields
from tortoise.expressions import Q

from federation.errors import FederationError
from hub.db import dialect, is_transient, moment, rows
from hub.db.cancellation import finish
from hub.db.signals import Signal
from hub.log import job_id
from hub.loop import CLOCK_SLACK, ClockWatch, Loop

log = logging.getLogger(__name__)

Function = Callable[..., Awaitable[object]]

LEASE = timedelta(minutes=2)  # a dead worker's job waits that long; clocks may differ by less than that
GRACE = timedelta(seconds=10)  # what a job gets to end by itself when the program stops
FAILED_KEPT = timedelta(days=30)
ATTEMPTS = 15  # with the delays below: a bit more than a day
PATIENCE = timedelta(days=8)  # for what is away, as posts have for other servers
AWAY_ASKED = timedelta(minutes=15)  # whether it is there again, however long it has been away
AWAY_ATTEMPTS = 7  # that count at most while it is away: of a program that is killed meanwhile some are left


class Away(OSError):
    """What a job needs is away (the mail server), so it waits; whoever raises this has said so in the log."""


class Job(Model):
    """One call that is still to be made."""

    id = fields.BigIntField(primary_key=True)
    name = fields.CharField(max_length=100)
    arguments = fields.TextField()  # a JSON object; never searched, so text on both engines
    periodic = fields.CharField(max_length=100, null=True, unique=True)  # the name again: one row for ever
    due_at = fields.DatetimeField(db_index=True)
    lease_until = fields.DatetimeField(null=True)
    attempts = fields.IntField(default=0)
    failed_at = fields.DatetimeField(null=True)  # set aside after too many attempts
    last_error = fields.TextField(default="")
    created_at = fields.DatetimeField(auto_now_add=True)

    class Meta:
        table = "job"


@dataclass(frozen=True)
class Periodic:
    """A function without arguments that runs every so often, never twice at once over all processes."""

    function: Function
    every: timedelta


@dataclass(frozen=True)
class Claim:
    """A job that this worker holds; `attempts` tells it from a later claim of the same row."""

    id: int
    name: str
    arguments: str
    attempts: int
    created_at: datetime


@dataclass(frozen=True)
class QueueState:
    """What `doctor` says about the queue."""

    waiting: int
    late: timedelta  # how long the oldest job that is due has waited, 0 if none is due
    failed: int


def job_name(function: Function) -> str:
    """`members.send_sign_in_link` for the function of that name in hub.members."""
    return f"{function.__module__.removeprefix('hub.').split('.')[0]}.{getattr(function, '__name__', '')}"


async def enqueue(function: Function, /, due_at: datetime | None = None, **arguments: Any) -> None:
    """Have `function(**arguments)` called after the surrounding transaction, not before `due_at`.

    Arguments are JSON: ids, not objects, and nothing secret.
    """
    inspect.signature(function).bind(**arguments)
    await Job.create(
        name=job_name(function), arguments=_as_json(arguments), due_at=due_at or datetime.now(UTC)
    )
    DUE.send()


async def asked_already(function: Function) -> list[dict[str, Any]]:
    """The arguments of its calls that are still to come, or at work."""
    jobs = Job.filter(name=job_name(function), failed_at=None)
    return [json.loads(str(arguments)) for arguments in await jobs.values_list("arguments", flat=True)]


async def bring_forward(function: Function) -> None:
    """Have a periodic job called after the surrounding transaction, where its time has not come."""
    sooner = "UPDATE job SET due_at = $2 WHERE periodic = $1 AND due_at > $2"
    await rows(sooner, job_name(function), datetime.now(UTC))
    DUE.send()


async def bring_back() -> None:
    """What was Away is there again: whatever waits for it is due now."""
    waiting = f"attempts > 0 AND failed_at IS NULL AND last_error LIKE '{Away.__name__}:%'"
    await rows(f"UPDATE job SET due_at = $1 WHERE due_at > $1 AND {waiting}", datetime.now(UTC))
    DUE.send()


def backoff(attempts: int, *, jitter: float) -> timedelta:
    """Delay after so many failures: 15 s, doubled each time up to 6 h, spread by ±20 % (jitter 0 to 1)."""
    seconds = min(15.0 * 2 ** (attempts - 1), 6 * 3600.0)
    return timedelta(seconds=seconds * (0.8 + 0.4 * jitter))


def jobs_by_name(jobs: Iterable[Function | Periodic]) -> dict[str, Function | Periodic]:
    """The table of all slices' lists; a name that is claimed twice stops the program."""
    table: dict[str, Function | Periodic] = {}
    for job in jobs:
        name = job_name(job.function if isinstance(job, Periodic) else job)
        if name in table:
            raise ValueError(f"two jobs are named {name}")
        table[name] = job
    return table


async def run_worker(
    jobs: Iterable[Function | Periodic],
    stop: asyncio.Event,
    *,
    lease: timedelta = LEASE,
    grace: timedelta = GRACE,
) -> None:
    """Do jobs one after the other until `stop`; run several of these for more at a time.

    After `stop` nothing more is claimed; what runs has `grace` to end, then it is cancelled and its
    lease returned, so that another worker takes it at once.
    """
    worker = Worker(jobs, stop, lease=lease, grace=grace)
    _loops.add(worker.loop)
    try:
        await worker.loop.run(stop)
    finally:
        _loops.discard(worker.loop)


async def forget_failed() -> None:
    """Delete jobs that were set aside a month ago: their arguments may name people."""
    await Job.filter(failed_at__lt=datetime.now(UTC) - FAILED_KEPT).delete()


async def queue_state(jobs: Iterable[Function | Periodic]) -> QueueState:
    """Counts for `doctor`; rows that only another release knows are not late."""
    now = datetime.now(UTC)
    due = Job.filter(due_at__lte=now, failed_at=None, name__in=list(jobs_by_name(jobs)))
    oldest = await due.order_by("due_at").first()
    again_and_again = Q(periodic__not_isnull=True, attempts__gte=5)
    return QueueState(
        waiting=await Job.filter(failed_at=None).count(),
        late=timedelta(0) if oldest is None else now - oldest.due_at,
        failed=await Job.filter(Q(failed_at__not_isnull=True) | again_and_again).count(),
    )


class Worker:
    """The loop behind run_worker(): claim, call, settle."""

    def __init__(
        self, jobs: Iterable[Function | Periodic], stop: asyncio.Event, *, lease: timedelta, grace: timedelta
    ) -> None:
        self.jobs = jobs_by_name(jobs)
        self.stop = stop
        self.lease = lease
        self.grace = grace
        self.loop = Loop(self.turn, "worker")
        self.scheduled = False
        self.clock = ClockWatch()

    async def turn(self) -> bool:
        """Do one job; False if none is due."""
        self.scheduled = self.scheduled and not self.clock.went_back()
        if not self.scheduled:
            await self.schedule()
        if (claim := await self.claim()) is None:
            return False
        token = job_id.set(str(claim.id))
        try:
            await self.do(claim)
        finally:
            job_id.reset(token)
        return True

    async def schedule(self) -> None:
        """One row for each periodic job, whoever comes first."""
        now = datetime.now(UTC)
        for name in (name for name, job in self.jobs.items() if isinstance(job, Periodic)):
            await rows(
                "INSERT INTO job (name, arguments, periodic, due_at, attempts, last_error, created_at)"
                " VALUES ($1, '{}', $1, $2, 0, '', $2) ON CONFLICT (periodic) DO NOTHING",
                *(name, now),
            )
        await self.forget_the_future(now)
        self.scheduled = True

    async def forget_the_future(self, now: datetime) -> None:
        """What a clock wrote that was ahead would be due, or free again, hours too late (FLT-22)."""
        late = "UPDATE job SET lease_until = NULL WHERE lease_until > $1"
        await rows(late, now + self.lease + CLOCK_SLACK)
        await rows(
            "UPDATE job SET due_at = $1, created_at = $1 WHERE created_at > $2 AND due_at > $1",
            *(now, now + CLOCK_SLACK),
        )
        for name, every in ((name, self.jobs[name]) for name in self.jobs):
            if isinstance(every, Periodic):
                soon = "UPDATE job SET due_at = $2 WHERE periodic = $1 AND due_at > $3"
                await rows(soon, name, now, now + every.every + CLOCK_SLACK)

    async def claim(self) -> Claim | None:
        """Take a lease on the oldest due job, in one statement, so that nobody else can."""
        now = datetime.now(UTC)
        names = ", ".join(f"'{name}'" for name in self.jobs) or "''"
        found = await rows(
            "UPDATE job SET lease_until = $1, attempts = attempts + 1 WHERE id ="
            " (SELECT id FROM job WHERE due_at <= $2 AND failed_at IS NULL"
            f" AND (lease_until IS NULL OR lease_until < $2) AND name IN ({names})"
            f" ORDER BY due_at LIMIT 1 {'FOR UPDATE SKIP LOCKED' if dialect() == 'postgres' else ''})"
            " RETURNING id, name, arguments, attempts, created_at",
            *(now + self.lease, now),
        )
        return Claim(**{**found[0], "created_at": moment(found[0]["created_at"])}) if found else None

    async def do(self, claim: Claim) -> None:
        if claim.attempts > ATTEMPTS and not self.every(claim):
            await self.fail(claim, RuntimeError("it ended the program each time"))
            return
        task = asyncio.create_task(self.call(claim))
        try:
            await self.watch(claim, task)
        finally:
            if not task.done():
                task.cancel()
                await asyncio.wait({task}, timeout=self.grace.total_seconds())
            await finish(self.settle(claim, task))

    async def call(self, claim: Claim) -> None:
        job = self.jobs[claim.name]
        function = job.function if isinstance(job, Periodic) else job
        await function(**json.loads(claim.arguments))

    async def watch(self, claim: Claim, task: asyncio.Task[None]) -> None:
        """Keep the lease while the job runs; come back when it is done, must stop or was lost."""
        stopping = asyncio.create_task(self.stop.wait())
        try:
            while not self.stop.is_set():
                ends = {task, stopping}
                await asyncio.wait(
                    ends, timeout=self.lease.total_seconds() / 4, return_when=asyncio.FIRST_COMPLETED
                )
                if task.done() or not await self.renew(claim):
                    return
            await asyncio.wait({task}, timeout=self.grace.total_seconds())
        finally:
            stopping.cancel()

    async def renew(self, claim: Claim) -> bool:
        """False if somebody else holds the job; a database that is away may come back in time."""
        renewal = "UPDATE job SET lease_until = $3 WHERE id = $1 AND attempts = $2 RETURNING id"
        until = datetime.now(UTC) + self.lease
        renewed = asyncio.create_task(rows(renewal, claim.id, claim.attempts, until))
        await asyncio.wait({renewed})
        if (error := renewed.exception()) is not None:
            log.warning("lease not renewed", exc_info=None if is_transient(error) else error)
            return True
        return bool(renewed.result())

    async def settle(self, claim: Claim, task: asyncio.Task[None]) -> None:
        """Write down how it went; if the lease was lost meanwhile, nothing is written."""
        if not task.done():
            log.error("job does not stop", extra={"name_of_job": claim.name})  # its lease runs out
        elif not task.cancelled() and task.exception() is None:
            await self.complete(claim)
        elif task.cancelling():
            await _write(claim, "lease_until = NULL, attempts = attempts - 1")
        else:
            error = asyncio.CancelledError() if task.cancelled() else task.exception()
            await self.fail(claim, error)

    async def complete(self, claim: Claim) -> None:
        if every := self.every(claim):
            await _write(
                claim,
                "lease_until = NULL, attempts = 0, last_error = '', due_at = $3",
                datetime.now(UTC) + every,
            )
        else:
            await rows("DELETE FROM job WHERE id = $1 AND attempts = $2", claim.id, claim.attempts)

    async def fail(self, claim: Claim, error: BaseException | None) -> None:
        """Try again later; after the last attempt the row stays for `doctor`, out of the way.

        What waits for something that is Away comes again and again, without using its attempts up.
        """
        every, now, away = self.every(claim), datetime.now(UTC), isinstance(error, Away)
        # What was asked for days before it was due has the same patience as what was due at once.
        since = now if away and claim.attempts == 1 else claim.created_at
        waits = away and now - since < PATIENCE
        last = (away or claim.attempts >= ATTEMPTS) and not every and not waits
        if not waits:
            _tell(claim, error, "job set aside" if last else "job failed")
        delay = backoff(claim.attempts, jitter=random.random())
        longest = every or (AWAY_ASKED if waits else delay)
        await _write(
            claim,
            "lease_until = NULL, last_error = $3, due_at = $4, failed_at = $5, attempts = $6,"
            " created_at = $7",
            *(
                f"{type(error).__name__}: {error}"[:1000],
                now + min(delay, longest),
                now if last else None,
                min(claim.attempts, AWAY_ATTEMPTS) if waits else claim.attempts,
                since,
            ),
        )

    def every(self, claim: Claim) -> timedelta | None:
        job = self.jobs[claim.name]
        return job.every if isinstance(job, Periodic) else None


_loops: set[Loop] = set()


def _wake_workers() -> None:
    for loop in _loops:
        loop.wake()


DUE = Signal("jobs", _wake_workers)


def _tell(claim: Claim, error: BaseException | None, words: str) -> None:
    """What another server did is a line; what we did wrong is an alarm with its trace."""
    facts = {"name_of_job": claim.name, "attempts": claim.attempts}
    if isinstance(error, FederationError):
        log.warning(words, extra={**error.facts, "reason": error.reason, **facts})
    else:
        log.error(words, exc_info=None if isinstance(error, Away) else error, extra=facts)


async def _write(claim: Claim, changes: str, *values: object) -> None:
    await rows(f"UPDATE job SET {changes} WHERE id = $1 AND attempts = $2", claim.id, claim.attempts, *values)


def _as_json(arguments: dict[str, Any]) -> str:
    text = json.dumps(arguments, allow_nan=False)
    if json.loads(text) != arguments:
        raise TypeError("arguments of a job must come back from JSON as they were")
    return text
