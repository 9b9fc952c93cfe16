"""Put into `lavoir` before it begins: it looks for nothing by itself, and keeps for an hour what it keeps.

What such a process knows of the others, it was told.
"""

from datetime import timedelta
from importlib import import_module
from typing import Any

import hub.cache
import hub.loop

HOUR = 3600
_begin = hub.cache.Cache.__init__


def _patient(cache: hub.cache.Cache[Any, Any], *, seconds: float, most: int) -> None:
    _begin(cache, seconds=HOUR, most=most)


hub.loop.POLL = timedelta(seconds=HOUR)
vars(import_module("federation.answers"))["ANSWER_SECONDS"] = HOUR
hub.cache.Cache.__init__ = _patient  # type: ignore[assignment,method-assign]
for cache in hub.cache._all:  # those of modules that are loaded
    cache._seconds = HOUR
