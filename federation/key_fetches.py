"""The keys that posts wait for: each is fetched once for all of them, few at a time, and not for long.

Strangers choose which keys we ask for. So a slow server holds no more than two fetches and a few posts, and
all strangers together take nothing of what is set aside for hosts that we know (DOS-16, LD-07).
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from weakref import WeakValueDictionary

from federation.client import Limits
from federation.errors import FederationError, Unreachable
from federation.limits import (
    GATE_SECONDS,
    KEY_FETCHES,
    KEY_FETCHES_OF_STRANGERS,
    KEY_FETCHES_PER_HOST,
    WAITING_POSTS,
    WAITING_POSTS_PER_HOST,
)
from federation.resolver import FoundKey

# Of the client that the gate's resolver is given, and nobody else.
BOUNDS = Limits(total=GATE_SECONDS, connections=KEY_FETCHES + KEY_FETCHES_OF_STRANGERS)

Fetch = Callable[[], Awaitable[FoundKey]]


class KeyFetches:
    """At most `at_once` fetches, KEY_FETCHES_PER_HOST of one host; each ends after `seconds`."""

    def __init__(self, at_once: int, *, seconds: float = GATE_SECONDS) -> None:
        self._seconds = seconds
        self._slots = asyncio.Semaphore(at_once)
        self._hosts: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()
        self._waiting: Counter[str] = Counter()
        self._fetching: dict[str, asyncio.Future[FoundKey]] = {}

    async def fetched(self, key_id: str, host: str, fetch: Fetch) -> FoundKey:
        """What `fetch` finds, or what it raises; who asks for the same key meanwhile gets the same.

        Unreachable when too many wait already, or when it took too long.
        """
        with self._place(key_id, host):
            if (found := self._fetching.get(key_id)) is None:
                found = asyncio.ensure_future(self._fetch(key_id, host, fetch))
                self._fetching[key_id] = found
                found.add_done_callback(lambda done: self._forget(key_id, done))
            try:
                return await asyncio.shield(found)
            except FederationError as error:
                raise error.again() from None

    @contextmanager
    def _place(self, key_id: str, host: str) -> Iterator[None]:
        if self._waiting.total() >= WAITING_POSTS or self._waiting[host] >= WAITING_POSTS_PER_HOST:
            raise Unreachable("too many wait for keys", key_id)
        self._waiting[host] += 1
        try:
            yield
        finally:
            self._waiting[host] -= 1
            self._waiting += Counter()  # without those that are at zero

    async def _fetch(self, key_id: str, host: str, fetch: Fetch) -> FoundKey:
        try:
            async with asyncio.timeout(self._seconds), self._slot(host):
                return await fetch()
        except TimeoutError:
            raise Unreachable("key took too long", key_id) from None

    @asynccontextmanager
    async def _slot(self, host: str) -> AsyncIterator[None]:
        """The host's own first: who waits for a slow host holds nothing that others could use."""
        own = self._hosts.setdefault(host, asyncio.Semaphore(KEY_FETCHES_PER_HOST))
        async with own, self._slots:
            yield

    def _forget(self, key_id: str, done: asyncio.Future[FoundKey]) -> None:
        del self._fetching[key_id]
        if not done.cancelled():
            done.exception()  # looked at, also when nobody waits any more
