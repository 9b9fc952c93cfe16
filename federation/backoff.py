"""When to try again. Pure: times in, times out.

A post is tried for at least seven days. A host that fails is asked less and less; after a day of failures
only one post of the queue is sent as a probe, once a day, and whatever it sends us wakes it (attacks.md
D.10, FLT-11, FLT-12).
"""

from dataclasses import dataclass
from datetime import datetime

from federation.limits import FIRST_RETRY, GIVE_UP, HOST_ASLEEP, LONGEST_RETRY, PROBE, RAMP, RETRY_AFTER


def next_try(attempts: int, *, jitter: float, now: datetime, retry_after: datetime | None = None) -> datetime:
    """After so many failures: doubled each time, up to LONGEST_RETRY, spread by a quarter (jitter 0 to 1).

    `retry_after` is what the other server asked for; it counts if it is later, and not beyond reason.
    """
    doublings: int = 2 ** min(attempts - 1, 20)
    delay = min(FIRST_RETRY * doublings, LONGEST_RETRY)
    ours = now + delay * (1 + 0.25 * jitter)
    return ours if retry_after is None else max(ours, min(retry_after, now + RETRY_AFTER))


def gives_up(queued_at: datetime, *, now: datetime) -> bool:
    """Whether a post has waited for longer than we promise to try."""
    return now - queued_at > GIVE_UP


@dataclass(frozen=True)
class HostState:
    """How a host has been lately; `failing_since` None: well."""

    failing_since: datetime | None = None
    asked_at: datetime | None = None
    revived_at: datetime | None = None


def may_ask(host: HostState, *, now: datetime) -> bool:
    """Whether any post may go to this host now: a host that sleeps gets one probe a day."""
    if host.failing_since is None or now - host.failing_since < HOST_ASLEEP:
        return True
    return host.asked_at is None or now - host.asked_at >= PROBE


def batch(host: HostState, *, now: datetime, full: int) -> int:
    """How many posts may go to this host at once: one while it fails, then twice as many each RAMP."""
    if host.failing_since is not None:
        return 1
    if host.revived_at is None or now < host.revived_at:
        return full
    doublings: int = 2 ** min(int((now - host.revived_at) / RAMP), 20)
    return min(full, doublings)
