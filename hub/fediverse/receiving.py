"""Works through what came in: a batch in one transaction, which is also its lease.

Where one of a batch cannot be handled, each gets a transaction of its own, so that it holds up nobody; it is
tried again later, and set aside in the end (DOS-23).
"""

import asyncio
import json
import logging
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from federation.documents import Activity, parse_activity
from federation.errors import FederationError
from federation.inbox import find_handler
from federation.local import Received
from hub.actors.hosts import is_refused
from hub.actors.models import Actor
from hub.db import dialect, is_transient, places, rows, runs_elsewhere, transaction
from hub.fediverse import inbox
from hub.fediverse.asking import refresh_actor
from hub.fediverse.inbox import Handler
from hub.fediverse.known import Known
from hub.jobs import backoff, enqueue
from hub.loop import Loop

log = logging.getLogger(__name__)

BATCH = 16
ATTEMPTS = 8  # with the delays of jobs: about an hour
PATIENCE = timedelta(minutes=2)  # with another process that is at work
UNKNOWN_FOR = timedelta(minutes=1)  # what is asked of an actor's server comes sooner

# Of somebody whom we refuse: what takes something away.
_OF_SUSPENDED = frozenset({"Delete", "Reject", "Undo"})


@dataclass(frozen=True)
class Waiting:
    """A row of Received, and the activity in it."""

    id: int
    received: Received
    attempts: int


_loops: set[Loop] = set()


async def run_receiver(stop: asyncio.Event, *, handlers: Mapping[str, Handler] = inbox.handlers) -> None:
    """Until `stop`; the batch that runs then is finished."""

    async def turn() -> bool:
        return await handle_batch(handlers, now=datetime.now(UTC)) > 0

    loop = Loop(turn, "receiver")
    _loops.add(loop)
    try:
        await _suspect()
        await loop.run(stop)
    finally:
        _loops.discard(loop)


async def _suspect() -> None:
    """What stands first when the program starts may be what ended it: that counts as a try (FLT-31).

    Where another process runs, only what that one has not handled for long either.
    """
    now = datetime.now(UTC)
    before = now - PATIENCE if await runs_elsewhere() else now
    first = (
        "id IN (SELECT id FROM received WHERE failed_at IS NULL AND received_at <= $1"
        f" ORDER BY id LIMIT {BATCH})"
    )
    await rows(f"UPDATE received SET attempts = attempts + 1 WHERE {first}", before)
    await rows(
        "UPDATE received SET failed_at = $3, last_error = 'it ended the program each time'"
        f" WHERE attempts > $2 AND {first}",
        *(before, ATTEMPTS, now),
    )


def wake() -> None:
    """Something came in."""
    for loop in _loops:
        loop.wake()


async def handle_batch(handlers: Mapping[str, Handler] = inbox.handlers, *, now: datetime) -> int:
    """Handle the oldest that are due; how many were taken, handled or put off."""
    ids: list[int] = []
    try:
        async with transaction():
            found = await _claim(now)
            ids = [row["id"] for row in found]
            await _handle(found, handlers, now=now)
    except Exception:  # the job edge: whatever it is, the next message must not wait for it
        if not ids:
            raise
        for number in ids:
            await _handle_alone(number, handlers, now=now)
    return len(ids)


async def _handle_alone(number: int, handlers: Mapping[str, Handler], *, now: datetime) -> None:
    found: list[dict[str, Any]] = []
    try:
        async with transaction():
            found = await _claim(now, only=number)
            await _handle(found, handlers, now=now)
    except Exception as error:  # the job edge, again
        if not found or is_transient(error):
            raise
        await _put_off(found[0], error, now=now)


async def _claim(now: datetime, *, only: int | None = None) -> list[dict[str, Any]]:
    """Rows that nobody else works on: on SQLite the transaction itself sees to that."""
    which = "" if only is None else f" AND id = {only}"
    return await rows(
        "SELECT id, uri, signer, inbox, body, attempts FROM received"
        f" WHERE failed_at IS NULL AND (not_before IS NULL OR not_before <= $1){which}"
        f" ORDER BY id LIMIT {BATCH} {'FOR UPDATE SKIP LOCKED' if dialect() == 'postgres' else ''}",
        now,
    )


async def _handle(found: list[dict[str, Any]], handlers: Mapping[str, Handler], *, now: datetime) -> None:
    waiting = [one for one in (_read(row, now) for row in found) if one is not None]
    known = await Known.of([one.received.activity for one in waiting])
    unknown: list[Waiting] = []
    for one in waiting:
        actor = known.actors.get(one.received.activity.actor)
        if actor is None:
            unknown.append(one)
        elif await _is_heard(actor, one.received.activity):
            await _dispatch(one.received, actor, known, handlers=handlers)
    await known.count_answers()
    await _ask_for(unknown, now=now)
    await _strike({row["id"] for row in found} - {one.id for one in unknown})


def _read(row: dict[str, Any], now: datetime) -> Waiting | None:
    """What the gate took and this release cannot read is no use to anybody."""
    try:
        activity = parse_activity(json.loads(row["body"]), now=now, signer=row["signer"])
    except FederationError as error:
        log.warning("stored activity cannot be read", extra={"id_of_activity": row["uri"], **error.facts})
        return None
    return Waiting(row["id"], Received(activity, row["inbox"], row["signer"]), row["attempts"])


async def _is_heard(actor: Actor, activity: Activity) -> bool:
    if actor.is_local or actor.deleted_at is not None:
        return False
    if actor.suspended_at is not None and activity.type not in _OF_SUSPENDED:
        return False
    return not await is_refused(actor.host)


async def _dispatch(
    received: Received, actor: Actor, known: Known, *, handlers: Mapping[str, Handler]
) -> None:
    activity = received.activity
    publication = known.publications.get(activity.object_id or "")
    handler = find_handler(handlers, activity, publication.type if publication is not None else None)
    if handler is not None:
        await handler(received, actor, known)


async def _ask_for(unknown: Sequence[Waiting], *, now: datetime) -> None:
    """Who acts is not known yet: its server is asked, and the message waits, not for ever."""
    for uri in {one.received.activity.actor for one in unknown}:
        await enqueue(refresh_actor, uri=uri)
    for one in unknown:
        await rows(
            "UPDATE received SET attempts = attempts + 1, not_before = $2, failed_at = $3,"
            " last_error = 'actor is unknown' WHERE id = $1",
            *(one.id, now + UNKNOWN_FOR, now if one.attempts + 1 >= ATTEMPTS else None),
        )


async def _strike(ids: set[int]) -> None:
    if ids:
        await rows(f"DELETE FROM received WHERE id IN ({places(len(ids))})", *sorted(ids))


async def _put_off(row: dict[str, Any], error: Exception, *, now: datetime) -> None:
    attempts = row["attempts"] + 1
    last = attempts >= ATTEMPTS
    log.error(
        "activity set aside" if last else "activity not handled",
        exc_info=error,
        extra={"id_of_activity": row["uri"], "attempts": attempts},
    )
    await rows(
        "UPDATE received SET attempts = $2, not_before = $3, failed_at = $4, last_error = $5 WHERE id = $1",
        *(row["id"], attempts, now + backoff(attempts, jitter=random.random()), now if last else None),
        f"{type(error).__name__}: {error}"[:1000],
    )
