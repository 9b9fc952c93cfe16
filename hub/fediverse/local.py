"""The hub's answers to the protocol's questions, each from its own rows."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta

from federation.documents import parse_actor
from federation.handles import Handle
from federation.limits import KEY_REFETCH
from federation.local import Received, Served
from federation.nodeinfo import Presence
from federation.origin import Uri, parse_uri
from federation.signatures import PublicKey
from federation.signatures.keys import load_public_pem, public_pem
from federation.vocabulary import Json
from hub.actors.actions import remember
from hub.actors.hosts import is_refused
from hub.actors.minting import server_uri
from hub.actors.models import Actor, KnownKey
from hub.cache import Cache
from hub.db import after_commit, rows, transaction
from hub.fediverse import serving

KEY_TRUSTED = timedelta(days=90)  # then it is asked for anew, once something is signed with it
HEARD = timedelta(minutes=10)  # how exactly it is known when a host was last heard
BATCH = 50

arrivals: set[Callable[[], object]] = set()
"""Called when something was stored; the composition root puts the receiver's wake() here."""

changes: set[Callable[[], object]] = set()
"""Called when a document that we serve has changed; here stands what forgets the ready answers."""


class HubLocal:
    """federation.local.Local, for this hub."""

    def __init__(self, presence: Callable[[], Awaitable[Presence | None]]) -> None:
        self._presence = presence
        self._keys: Cache[str, PublicKey] = Cache(seconds=60, most=1_000)
        self._actors: Cache[str, bool] = Cache(seconds=60, most=5_000)
        self._doubted: Cache[str, bool] = Cache(seconds=300, most=5_000)
        self._intake = Intake()

    @property
    def server_actor(self) -> str:
        return server_uri()

    async def serve(self, uri: str, reader: str | None) -> Served | None:
        return await serving.serve(uri, reader)

    async def webfinger(self, resource: Handle | Uri) -> Json | None:
        return await serving.webfinger(resource)

    async def presence(self) -> Presence | None:
        return await self._presence()

    async def known_key(self, key_id: str) -> PublicKey | None:
        if (known := self._keys.get(key_id)) is not None:
            return known
        row = await KnownKey.get_or_none(id=key_id)
        if row is None or row.seen_at < datetime.now(UTC) - KEY_TRUSTED:
            return None
        return self._keys.put(key_id, PublicKey(row.id, row.owner, load_public_pem(row.pem)))

    async def remember_key(self, key: PublicKey, owner: Json) -> None:
        """The owner's document came with it, fresh from its own server."""
        now = datetime.now(UTC)
        async with transaction():
            await remember(parse_actor(owner, now=now), at=now)
            if not await KnownKey.exists(id=key.id):  # to meet is not to ask again: it may be new tomorrow
                await rows("DELETE FROM key_question WHERE id = $1", key.id)
            await rows(
                "INSERT INTO known_key (id, owner, pem, seen_at) VALUES ($1, $2, $3, $4)"
                " ON CONFLICT (id) DO UPDATE SET owner = $2, pem = $3, seen_at = $4",
                *(key.id, key.owner, public_pem(key.key), now),
            )
        self._keys.put(key.id, key)

    async def may_fetch_key(self, key_id: str, *, now: datetime) -> bool:
        asked = await rows(
            "INSERT INTO key_question (id, asked_at) VALUES ($1, $2)"
            " ON CONFLICT (id) DO UPDATE SET asked_at = $2 WHERE key_question.asked_at < $3 RETURNING id",
            *(key_id, now, now - KEY_REFETCH),
        )
        return bool(asked)

    async def knows_actor(self, uri: str) -> bool:
        if self._actors.get(uri):
            return True
        known = await Actor.exists(uri=uri, deleted_at=None)
        return known and self._actors.put(uri, True)

    async def refuses(self, host: str) -> bool:
        return await is_refused(host)

    async def accept(self, received: Received) -> None:
        """Nobody signed what is not confirmed, so anybody can send it: it is looked into once in a while."""
        if not received.confirmed:
            if self._doubted.get(received.signer):
                return
            self._doubted.put(received.signer, True)
        await self._intake.store(received)


class Intake:
    """Posts that arrive together share a transaction: one wait for the disk instead of many."""

    def __init__(self) -> None:
        self._waiting: list[tuple[Received, asyncio.Future[None]]] = []
        self._flushing: asyncio.Task[None] | None = None

    async def store(self, received: Received) -> None:
        """Return once it is durable; raises what the database raised."""
        stored: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((received, stored))
        if self._flushing is None or self._flushing.done():
            self._flushing = asyncio.create_task(self._flush())
        await stored

    async def _flush(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:BATCH], self._waiting[BATCH:]
            outcome = (await asyncio.gather(_insert([one for one, _ in batch]), return_exceptions=True))[0]
            for _, stored in batch:
                if stored.done():
                    continue  # its sender has left
                if isinstance(outcome, BaseException):
                    stored.set_exception(outcome)
                else:
                    stored.set_result(None)


async def _insert(batch: Sequence[Received]) -> None:
    now = datetime.now(UTC)
    proven = [one for one in batch if one.confirmed]
    async with transaction():
        # what is not proven claims no id, for the true one may still come
        fresh = [*await _unseen(proven, now), *(one for one in batch if not one.confirmed)]
        if fresh:
            await rows(
                "INSERT INTO received (uri, signer, inbox, body, received_at, attempts, last_error) VALUES"
                f" {_places(len(fresh), 7)}",
                *(value for one in fresh for value in _row(one, now)),
            )
            after_commit(_tell)
        if proven:
            await _hear({parse_uri(one.signer).netloc for one in proven}, now)


async def _unseen(batch: Sequence[Received], now: datetime) -> list[Received]:
    if not batch:
        return []
    by_id = {one.activity.id: one for one in reversed(batch)}  # of two with the same id, the first
    seen = await rows(
        f"INSERT INTO seen (uri, at) VALUES {_places(len(by_id), 2)} ON CONFLICT (uri) DO NOTHING"
        " RETURNING uri",
        *(value for uri in by_id for value in (uri, now)),
    )
    return [by_id[row["uri"]] for row in seen]


def _row(one: Received, now: datetime) -> tuple[object, ...]:
    """Without a signer where nothing is confirmed: then the handler asks (INB-14)."""
    body = json.dumps(one.activity.raw, separators=(",", ":"))
    return one.activity.id, one.signer if one.confirmed else "", one.inbox, body, now, 0, ""


async def _hear(hosts: set[str], now: datetime) -> None:
    """Whoever sends us something valid is well again, whatever we thought (FLT-12)."""
    if not hosts:
        return
    names = ", ".join(f"${number}" for number in range(3, 3 + len(hosts)))
    await rows(
        "UPDATE host SET heard_at = $1, failures = 0,"
        " revived_at = CASE WHEN failing_since IS NULL THEN revived_at ELSE $1 END,"
        " next_at = CASE WHEN next_at IS NULL OR failing_since IS NULL THEN next_at ELSE $1 END,"
        " failing_since = NULL"
        f" WHERE name IN ({names}) AND (heard_at IS NULL OR heard_at < $2 OR failing_since IS NOT NULL)",
        *(now, now - HEARD, *sorted(hosts)),
    )


def _tell() -> None:
    for wake in arrivals:
        wake()


def served_changed() -> None:
    """A document of ours is not what it was."""
    for forget in changes:
        forget()


def _places(count: int, width: int) -> str:
    """`($1, $2), ($3, $4)` for two rows of two values."""
    numbers = iter(range(1, count * width + 1))
    return ", ".join(f"({', '.join(f'${next(numbers)}' for _ in range(width))})" for _ in range(count))
