"""What is asked for again and again, kept for a moment: few entries, and never for long.

Other processes change rows too, so `seconds` is how stale an answer may be. What must not be stale for so
long is forgotten when a Signal says so (hub.db.signals).
"""

import time
from collections import OrderedDict
from typing import Any, Generic, TypeVar
from weakref import WeakSet

K = TypeVar("K")
V = TypeVar("V")


class Cache(Generic[K, V]):
    """At most `most` entries, each for `seconds`; the oldest go first."""

    def __init__(self, *, seconds: float, most: int) -> None:
        self._seconds = seconds
        self._most = most
        self._entries: OrderedDict[K, tuple[float, V]] = OrderedDict()
        _all.add(self)

    def get(self, key: K) -> V | None:
        entry = self._entries.get(key)
        if entry is None:
            return None
        if entry[0] < time.monotonic():
            del self._entries[key]
            return None
        return entry[1]

    def put(self, key: K, value: V) -> V:
        self._entries.pop(key, None)
        self._entries[key] = time.monotonic() + self._seconds, value
        if len(self._entries) > self._most:
            self._entries.popitem(last=False)
        return value

    def forget(self, key: K) -> None:
        self._entries.pop(key, None)

    def clear(self) -> None:
        self._entries.clear()


_all: WeakSet[Cache[Any, Any]] = WeakSet()


def forget_everything() -> None:
    """Another database is open now: what was known of the last one is worth nothing."""
    for cache in _all:
        cache.clear()
