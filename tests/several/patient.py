"""`lavoir` that looks for nothing by itself, and keeps for an hour what it usually keeps for a moment.

What such a process knows of the others, it was told.
"""

from datetime import timedelta
from importlib import import_module
from typing import TypeVar

import hub.cache
import hub.loop

HOUR = 3600
K = TypeVar("K")
V = TypeVar("V")


class _Patient(hub.cache.Cache[K, V]):
    def __init__(self, *, seconds: float, most: int) -> None:
        super().__init__(seconds=HOUR, most=most)


if __name__ == "__main__":
    hub.loop.POLL = timedelta(seconds=HOUR)
    vars(import_module("federation.answers"))["ANSWER_SECONDS"] = HOUR
    hub.cache.Cache = _Patient  # type: ignore[misc]  # before any module makes one

    from hub.cli import main

    main()
