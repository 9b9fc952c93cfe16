"""What the other server is told when we raise, and what our log says of it: one table, few lines."""

import logging
import math
import re
import time
from collections.abc import Callable
from datetime import datetime

from federation.answers import ACCEPTED, Answer, refusal
from federation.errors import FederationError, FetchFailed, Refused, Unreachable
from federation.limits import REFUSALS_LOGGED, REFUSALS_LOGGED_SECONDS

logger = logging.getLogger(__name__)

_COME_BACK_SECONDS = 60
_KEY_HOST = re.compile(r"""key[iI]d=["']?https?://([^/"'?#\s]{1,253})""")


def to_answer(error: FederationError, *, now: datetime) -> Answer:
    """The class says the status; what is understood and not wanted looks like success."""
    if isinstance(error, Refused):
        return ACCEPTED
    if isinstance(error, FetchFailed):
        after = error.retry_after if isinstance(error, Unreachable) else None
        seconds = _COME_BACK_SECONDS if after is None else (after - now).total_seconds()
        return refusal(503, error.reason, {"retry-after": str(max(1, math.ceil(seconds)))})
    return refusal(getattr(error, "status", 400), error.reason)


def signer_host(signature: str) -> str:
    """The host of the key that a request claims to be signed with: for the log, never proven."""
    match = _KEY_HOST.search(signature)
    return match[1] if match else "?"


class RefusalLog:
    """A line for each host and reason once a minute, and never more than a log can bear (DOS-18, LD-07)."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._until = 0.0
        self._said: set[tuple[str, str]] = set()
        self._left_out = 0

    def write(self, error: FederationError, *, host: str) -> None:
        """`host` is what the request claims; the facts of the error may know better."""
        now = self._monotonic()
        if now >= self._until:
            self._until = now + REFUSALS_LOGGED_SECONDS
            self._said.clear()
        host = str(error.facts.get("host", host))
        if (host, error.reason) in self._said or len(self._said) >= REFUSALS_LOGGED:
            self._left_out += 1
            return
        self._said.add((host, error.reason))
        facts = {**error.facts, "reason": error.reason, "host": host, "left_out": self._left_out}
        self._left_out = 0
        logger.warning("refused what another server sent", extra=facts)
