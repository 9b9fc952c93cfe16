"""What a process tells the others of its village: there is work, or something that you keep is old.

Said once the surrounding transaction is durable: here at once, elsewhere a moment later, by hub.db.listening.
On SQLite there is nobody else. A signal can be lost with its process or a connection, so nothing may hang on
it alone: loops look for work by themselves, and nothing is kept for long.
"""

import asyncio
from collections.abc import Callable, Iterable

from hub.db import after_commit


class Signal:
    """`heard` is called in each process that runs, this one included; it neither waits nor raises."""

    def __init__(self, name: str, heard: Callable[[], object]) -> None:
        assert name not in _signals, f"two signals are named {name}"
        self._name = name
        self.heard = heard
        _signals[name] = self

    def send(self) -> None:
        """Once the surrounding transaction is durable; at once if there is none."""
        after_commit(self._send)

    def _send(self) -> None:
        self.heard()
        outbox.put(self._name)


class Outbox:
    """What is still to be told to the others: each signal once, however often it was sent meanwhile."""

    def __init__(self) -> None:
        self.is_open = False  # nobody would ever take it out where there are no others
        self.filled = asyncio.Event()
        self._names: set[str] = set()

    def put(self, *names: str) -> None:
        if self.is_open and names:
            self._names.update(names)
            self.filled.set()

    def take(self) -> list[str]:
        names = sorted(self._names)
        self._names.clear()
        self.filled.clear()
        return names


def hear(names: Iterable[str]) -> None:
    """Another process sent these; what only another release knows is nothing to us."""
    for name in names:
        if name in _signals:
            _signals[name].heard()


def hear_everything() -> None:
    """Nobody knows what was sent while we could not hear."""
    hear(_signals)


_signals: dict[str, Signal] = {}
outbox = Outbox()
