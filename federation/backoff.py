"""When to try again. Pure: times in, times out.

A post is tried for at least seven days. A host that fails is asked less and less; after a day of failures
only one post of the queue is sent as a probe, once a day, and whatever it sends us wakes it (attacks.md
D.10, FLT-11, FLT-12).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from federation.limits import AWAY, FIRST_RETRY, GIVE_UP, LONGEST_RETRY, LONGEST_WISH, RAMP


def delay(failures: int, *, jitter: float) -> timedelta:
    """After so many failures: doubled each time, up to LONGEST_RETRY, spread by a quarter (jitter 0 to 1)."""
    doublings: int = 2 ** min(failures - 1, 20)
    return min(FIRST_RETRY * doublings, LONGEST_RETRY) * (1 + 0.25 * jitter)


def next_try(attempts: int, *, jitter: float, now: datetime, retry_after: datetime | None = None) -> datetime:
    """When a post may be tried again; the wish of the other server counts if it is later, within reason."""
    ours = now + delay(attempts, jitter=jitter)
    return ours if retry_after is None else max(ours, min(retry_after, now + LONGEST_WISH))


def gives_up(queued_at: datetime, *, now: datetime) -> bool:
    """Whether a post has waited for longer than we promise to try."""
    return now - queued_at > GIVE_UP


@dataclass(frozen=True)
class HostState:
    """How a host has been lately; `failures` in a row since `failing_since`, the last at `asked_at`.

    `revived_at`: when it last came back from being away().
    """

    failing_since: datetime | None = None
    failures: int = 0
    asked_at: datetime | None = None
    revived_at: datetime | None = None

    def away(self, now: datetime) -> bool:
        """Whether it has failed for so long that much may wait for it: not a server that was started anew."""
        return self.failing_since is not None and now - self.failing_since >= AWAY


def batch(host: HostState, *, now: datetime, full: int) -> int:
    """How many posts may go to this host at once: one while it fails, then twice as many each RAMP."""
    if host.failing_since is not None:
        return 1
    if host.revived_at is None or now < host.revived_at:
        return full
    doublings: int = 2 ** min(int((now - host.revived_at) / RAMP), 20)
    return min(full, doublings)
