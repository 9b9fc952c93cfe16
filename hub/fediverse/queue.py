"""What waits to be sent, as rows: a host is claimed, its deliveries read in order, what was taken struck off.

Who publishes writes the rows, the sender works through them; both sides are here, so that the rules of the
leases and of `next_at` stand in one place.
"""

import asyncio
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from federation.backoff import HostState, next_try
from federation.limits import HOST_ASLEEP, PROBE
from federation.signatures import Scheme
from hub.db import dialect, places, rows, transaction
from hub.db.cancellation import finish
from hub.db.signals import Signal
from hub.loop import CLOCK_SLACK

LEASE = timedelta(minutes=2)  # longer than any turn; a dead sender's hosts wait that long
FAILURES_THAT_HOLD = 3  # then the posts of the same author may pass one that fails

calls: set[Callable[[], None]] = set()
"""The wake() of each sender of this process."""


@dataclass(frozen=True)
class ClaimedHost:
    """A host that this sender alone may call until `lease`."""

    name: str
    scheme: Scheme
    state: HostState
    lease: datetime


@dataclass(frozen=True)
class Waiting:
    """A row of Delivery."""

    id: int
    activity_id: int
    actor_id: int
    inbox: str
    queued_at: datetime
    attempts: int
    signing_key_id: int | None


@dataclass(frozen=True)
class Pause:
    """The host did not take a post: nothing more is sent to it for now.

    `is_down`: it did not answer, or said that it cannot; not where it only asked for time.
    """

    reason: str
    is_down: bool
    retry_after: datetime | None
    jitter: float


@dataclass(frozen=True)
class Closing:
    """How a turn with a host ended, at `at`; what is due may go on from `due_at`.

    `answered`: it is well; `succeeded`: it took something; `revived_at`: it had been away until now.
    """

    host: ClaimedHost
    at: datetime
    due_at: datetime
    scheme: Scheme
    answered: bool = False
    succeeded: bool = False
    revived_at: datetime | None = None
    pause: Pause | None = None


def wake() -> None:
    """Something was queued."""
    for call in calls:
        call()


QUEUED = Signal("deliveries", wake)


async def forget_the_future(now: datetime) -> None:
    """What a clock wrote that was ahead would be due, or free again, hours too late (FLT-22)."""
    later = now + CLOCK_SLACK
    # First the leases: a turn that began before can then no longer write down what it took for the time.
    await rows("UPDATE host SET lease_until = NULL WHERE lease_until > $1", later + LEASE)
    await rows(
        "UPDATE host SET next_at = $1, asked_at = NULL WHERE next_at > $1 AND (asked_at > $2"
        " OR name IN (SELECT host FROM delivery WHERE queued_at > $2)"
        f" OR asked_at IS NULL AND EXISTS (SELECT 1 FROM delivery WHERE {_is_due('host.name', '$1')}))",
        *(now, later),
    )
    late = "UPDATE delivery SET queued_at = $1, not_before = NULL WHERE queued_at > $2"
    await rows(late, now, later)


async def claim(limit: int, *, failing: bool, slow: Collection[str], now: datetime) -> list[ClaimedHost]:
    """Up to `limit` hosts whose time has come and that nobody else calls, the longest due first.

    `failing`: those that fail or are `slow`; else all others.
    """
    names = ", ".join(f"${number}" for number in range(3, 3 + len(slow))) or "''"
    which = (
        f"(failing_since IS NOT NULL OR name IN ({names}))"
        if failing
        else f"failing_since IS NULL AND name NOT IN ({names})"
    )
    lease = now + LEASE
    # MATERIALIZED: inside IN () PostgreSQL may ask again for each row, and each time for `limit` others.
    found = await rows(
        "WITH longest_due AS MATERIALIZED (SELECT name FROM host WHERE next_at <= $2"
        f" AND (lease_until IS NULL OR lease_until < $2) AND {which} ORDER BY next_at LIMIT {limit}"
        f" {'FOR UPDATE SKIP LOCKED' if dialect() == 'postgres' else ''})"
        " UPDATE host SET lease_until = $1 WHERE name IN (SELECT name FROM longest_due)"
        " RETURNING name, scheme, failing_since, failures, asked_at, revived_at",
        *(lease, now, *slow),
    )
    return [ClaimedHost(row["name"], Scheme(row["scheme"]), _state(row), lease) for row in found]


async def due(host: str, *, now: datetime, limit: int) -> list[Waiting]:
    """The first posts that may go now, in order. A post that waits for its next try holds its author's."""
    found = await rows(
        f"SELECT id, activity_id, actor_id, inbox, queued_at, attempts, signing_key_id FROM delivery"
        f" WHERE {_is_due('$1', '$2')} ORDER BY id LIMIT {limit}",
        *(host, now),
    )
    return [Waiting(**{**row, "queued_at": _time(row["queued_at"])}) for row in found]


async def postpone(post: Waiting, *, until: datetime | None) -> None:
    """It failed once more; None: it keeps its place."""
    await rows(
        "UPDATE delivery SET attempts = attempts + 1, not_before = $2 WHERE id = $1",
        *(post.id, until),
    )


async def drop(ids: Sequence[int]) -> None:
    """They were taken, or nobody wants them."""
    await rows(f"DELETE FROM delivery WHERE id IN ({places(len(ids))})", *ids)


async def drop_all(host: str) -> int:
    return len(await rows("DELETE FROM delivery WHERE host = $1 RETURNING id", host))


class Ledger:
    """What many turns have to write down at the same time is written together: one wait for the disk."""

    def __init__(self) -> None:
        self._taken: list[int] = []
        self._closings: list[Closing] = []
        self._writing = asyncio.Lock()

    async def strike(self, ids: Sequence[int]) -> None:
        """Return once these deliveries are gone for good."""
        self._taken.extend(ids)
        await self._write()

    async def close(self, closing: Closing, taken: Sequence[int] = ()) -> None:
        """Return once the host is free for others, and what it has `taken` last is gone."""
        self._taken.extend(taken)
        self._closings.append(closing)
        await self._write()

    async def _write(self) -> None:
        """Whoever comes first writes for all who came until then."""
        async with self._writing:
            taken, self._taken = self._taken, []
            closings, self._closings = self._closings, []
            written = not (taken or closings)
            try:
                if not written:
                    await finish(_write_down(taken, closings))
                    written = True
            finally:
                if not written:  # the next one tries again
                    self._taken, self._closings = taken + self._taken, closings + self._closings


async def _write_down(taken: list[int], closings: list[Closing]) -> None:
    if not closings:
        await drop(taken)
        return
    async with transaction():
        if taken:
            await drop(taken)
        await _lock([closing.host.name for closing in closings])
        for closing in closings:
            await _close(closing)


async def _lock(names: list[str]) -> None:
    """Who publishes at this moment ends first: then the next statement sees what it has queued."""
    if dialect() == "postgres":
        places = ", ".join(f"${number}" for number in range(1, len(names) + 1))
        await rows(f"SELECT name FROM host WHERE name IN ({places}) ORDER BY name FOR UPDATE", *names)


async def _close(closing: Closing) -> None:
    if closing.pause is not None:
        await _put_off(closing, closing.pause)
        return
    changes = "scheme = $5"
    if closing.answered:
        changes += ", failing_since = NULL, failures = 0, asked_at = NULL, last_error = ''"
    if closing.succeeded:
        changes += ", succeeded_at = $3"
    if closing.revived_at is not None:
        changes += ", revived_at = $3"
        if _slept(closing.host.state):
            await _restore_order(closing.host)
            await _ask_the_others(closing)
    await rows(
        f"UPDATE host SET {changes}, lease_until = NULL,"
        f" next_at = CASE WHEN EXISTS (SELECT 1 FROM delivery WHERE {_is_due('$1', '$3')}) THEN $4"
        " ELSE (SELECT MIN(not_before) FROM delivery WHERE host = $1 AND not_before > $3) END"
        " WHERE name = $1 AND lease_until = $2",
        *(closing.host.name, closing.host.lease, closing.at, closing.due_at, closing.scheme.value),
    )


def _slept(host: HostState) -> bool:
    """Whether it was down for so long that it was asked once a day."""
    return bool(host.failing_since and host.asked_at and host.asked_at - host.failing_since >= HOST_ASLEEP)


async def _restore_order(host: ClaimedHost) -> None:
    """Of posts that failed because the host was down, none has to wait behind the others."""
    kept = "UPDATE delivery SET attempts = 0, not_before = NULL WHERE host = $1 AND attempts > 0"
    await rows(kept, host.name)


async def _ask_the_others(closing: Closing) -> None:
    """Where nobody took anything for a day it was we who were away: no host has to wait for its probe."""
    reached = "SELECT 1 AS one FROM host WHERE succeeded_at > $1 LIMIT 1"
    if not await rows(reached, closing.at - HOST_ASLEEP):
        await ask_all(closing.at)


async def ask_all(now: datetime) -> None:
    """Whatever others may have failed because of is over: those that fail are tried now."""
    skip = "FOR UPDATE SKIP LOCKED" if dialect() == "postgres" else ""
    failing = f"SELECT name FROM host WHERE failing_since IS NOT NULL AND next_at > $1 {skip}"
    await rows(f"UPDATE host SET next_at = $1 WHERE name IN ({failing})", now)
    QUEUED.send()


async def _put_off(closing: Closing, pause: Pause) -> None:
    """From what the row says now: a message may have come from there in the meantime."""
    found = await rows(
        "SELECT failing_since, failures, asked_at, revived_at FROM host WHERE name = $1 AND lease_until = $2",
        *(closing.host.name, closing.host.lease),
    )
    if not found:
        return
    state, now = _state(found[0]), closing.at
    failing_since = (state.failing_since or now) if pause.is_down else state.failing_since
    asleep = failing_since is not None and now - failing_since >= HOST_ASLEEP
    again = next_try(state.failures + 1, jitter=pause.jitter, now=now, retry_after=pause.retry_after)
    await rows(
        "UPDATE host SET failing_since = $2, failures = failures + 1, asked_at = $3, last_error = $4,"
        " scheme = $6, lease_until = NULL,"
        " next_at = CASE WHEN EXISTS (SELECT 1 FROM delivery WHERE host = $1) THEN COALESCE($5, next_at) END"
        " WHERE name = $1",
        *(closing.host.name, failing_since, now, pause.reason[:200]),
        *(max(again, now + PROBE) if asleep else again, closing.scheme.value),
    )


def _is_due(host: str, now: str) -> str:
    """Conditions on `delivery`; host and now are placeholders."""
    return (
        f"host = {host} AND (not_before IS NULL OR not_before <= {now}) AND actor_id NOT IN"
        f" (SELECT actor_id FROM delivery WHERE host = {host} AND not_before > {now}"
        f" AND attempts < {FAILURES_THAT_HOLD})"
    )


def _state(row: dict[str, Any]) -> HostState:
    return HostState(
        failing_since=_time_or_none(row["failing_since"]),
        failures=row["failures"],
        asked_at=_time_or_none(row["asked_at"]),
        revived_at=_time_or_none(row["revived_at"]),
    )


def _time_or_none(value: Any) -> datetime | None:
    return None if value is None else _time(value)


def _time(value: Any) -> datetime:
    """SQLite gives text."""
    return value if isinstance(value, datetime) else datetime.fromisoformat(value)
