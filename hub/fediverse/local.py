"""The hub's answers to the protocol's questions, each from its own rows."""

import json
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta

from federation.documents import parse_actor
from federation.handles import Handle
from federation.limits import AWAY
from federation.local import Received, Served
from federation.nodeinfo import Presence
from federation.origin import Uri, parse_uri
from federation.signatures import PublicKey
from federation.vocabulary import Json
from hub.actors import known_keys
from hub.actors.hosts import is_refused
from hub.actors.known_keys import Found, Question
from hub.actors.minting import server_uri
from hub.cache import Cache
from hub.db import places, rows
from hub.db.signals import Signal
from hub.db.together import Together
from hub.fediverse import serving

HEARD = timedelta(minutes=10)  # how exactly it is known when a host was last heard

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
        self._questions = Together(known_keys.may_fetch)
        self._found_keys = Together(known_keys.remember_keys)
        self._intake = Together(store)

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
        if (kept := self._keys.get(key_id)) is not None:
            return kept
        known = await known_keys.known_key(key_id)
        return None if known is None else self._keys.put(key_id, known)

    async def remember_key(self, key: PublicKey, owner: Json) -> None:
        """The owner's document came with it, fresh from its own server."""
        now = datetime.now(UTC)
        await self._found_keys.do(Found(key, parse_actor(owner, now=now), now))
        self._keys.put(key.id, key)

    async def may_fetch_key(self, key_id: str, *, now: datetime) -> bool:
        return await self._questions.do(Question(key_id, now))

    async def knows_actor(self, uri: str) -> bool:
        if self._actors.get(uri):
            return True
        # written by hand: it is asked 200 times in a second when a server empties itself (LD-06)
        known = await rows("SELECT 1 AS one FROM actor WHERE uri = $1 AND deleted_at IS NULL", uri)
        return bool(known) and self._actors.put(uri, True)

    async def refuses(self, host: str) -> bool:
        return await is_refused(host)

    async def accept(self, received: Received) -> None:
        """Nobody signed what is not confirmed, so anybody can send it: it is looked into once in a while."""
        if not received.confirmed:
            if self._doubted.get(received.signer):
                return
            self._doubted.put(received.signer, True)
        await self._intake.do(received)


async def store(batch: Sequence[Received]) -> list[None]:
    """Posts that arrived together, in the caller's transaction; an id that was seen changes nothing."""
    now = datetime.now(UTC)
    proven = [one for one in batch if one.confirmed]
    # what is not proven claims no id, for the true one may still come
    fresh = [*await _unseen(proven, now), *(one for one in batch if not one.confirmed)]
    if fresh:
        await rows(
            "INSERT INTO received (uri, signer, inbox, body, received_at, attempts, last_error) VALUES"
            f" {places(len(fresh), 7)}",
            *(value for one in fresh for value in _row(one, now)),
        )
        ARRIVED.send()
    await _hear({parse_uri(one.signer).netloc for one in proven}, now)
    return [None] * len(batch)


async def _unseen(batch: Sequence[Received], now: datetime) -> list[Received]:
    if not batch:
        return []
    by_id = {one.activity.id: one for one in reversed(batch)}  # of two with the same id, the first
    seen = await rows(
        f"INSERT INTO seen (uri, at) VALUES {places(len(by_id), 2)} ON CONFLICT (uri) DO NOTHING"
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
    await rows(
        "UPDATE host SET heard_at = $1, failures = 0,"
        " revived_at = CASE WHEN failing_since <= $3 THEN $1 ELSE revived_at END,"
        " next_at = CASE WHEN next_at IS NULL OR failing_since IS NULL THEN next_at ELSE $1 END,"
        " failing_since = NULL"
        f" WHERE name IN ({places(len(hosts), first=4)})"
        " AND (heard_at IS NULL OR heard_at < $2 OR failing_since IS NOT NULL)",
        *(now, now - HEARD, now - AWAY, *sorted(hosts)),
    )


def _tell() -> None:
    for wake in arrivals:
        wake()


def _forget() -> None:
    for forget in changes:
        forget()


ARRIVED = Signal("arrivals", _tell)
SERVED = Signal("documents", _forget)


def served_changed() -> None:
    """A document of ours is not what it was, or will not be once this transaction is durable."""
    SERVED.send()
