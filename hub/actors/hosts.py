"""With whom we exchange: what was decided about hosts, and what LAVOIR_FEDERATION says about the rest.

Where it says `neighbours`, these are exactly the hubs with which there is an agreement, or which we asked for
one. Who only asks us is answered, and not heard before.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from federation.errors import InvalidDocument
from federation.origin import host_and_parents, parse_uri
from hub.actors.models import Host, Policy
from hub.cache import Cache
from hub.db import rows
from hub.db.signals import Signal

OPEN, NEIGHBOURS, OFF = "open", "neighbours", "off"


@dataclass(frozen=True)
class Policies:
    """Hosts without their ports: a decision is about who answers there, whatever the door."""

    blocked: frozenset[str]
    allowed: frozenset[str]
    silenced: frozenset[str] = frozenset()
    left: frozenset[str] = frozenset()  # who ask us, or with whom it ended lately: they still hear from us

    def refuse(self, host: str, mode: str, *, sending: bool = False) -> bool:
        """Whether we have nothing to do with this host or one above it; `host` may carry its port."""
        if self.blocked and not self.blocked.isdisjoint(host_and_parents(bare(host))):
            return True
        if mode == NEIGHBOURS and bare(host) in (self.allowed | (self.left if sending else frozenset())):
            return False
        return mode != OPEN

    def silence(self, host: str) -> bool:
        """Whether agents read first what comes from this host or one below it (FED-05)."""
        return not self.silenced.isdisjoint(host_and_parents(bare(host)))


_decided: Cache[str, Policies] = Cache(seconds=5, most=1)
_CHANGED = Signal("policies", _decided.clear)
_mode = OPEN
_asked: ContextVar[str] = ContextVar("asked", default="")


def use_federation(mode: str) -> None:
    """`open`, `neighbours` or `off`, said once at the start."""
    global _mode  # noqa: PLW0603 (one process is one site)
    _mode = mode


def federation_mode() -> str:
    return _mode


async def policies() -> Policies:
    """All decisions."""
    if (known := _decided.get("")) is not None:
        return known
    decided = await Host.exclude(policy=Policy.NONE).values_list("name", "policy")
    by_policy = {
        policy: frozenset(bare(str(name)) for name, its in decided if its == policy)
        for policy in (Policy.BLOCKED, Policy.SILENCED)
    }
    agreed, left = await _hubs(_AGREED), await _hubs(_LEFT, datetime.now(UTC) - GOODBYE)
    found = Policies(by_policy[Policy.BLOCKED], agreed, by_policy[Policy.SILENCED], left - agreed)
    return _decided.put("", found)


async def _hubs(which: str, *values: datetime) -> frozenset[str]:
    found = await rows(f"SELECT host FROM neighbour WHERE {which}", *values)
    return frozenset(bare(row["host"]) for row in found)


# hub.fediverse.models.AgreementState, of a layer above.
_AGREED = "state IN ('asked', 'agreed', 'paused')"
_LEFT = "state = 'asks' OR (state IN ('refused', 'ended') AND changed_at > $1)"
GOODBYE = timedelta(days=8)  # as long as a post is tried


@contextmanager
def asking(host: str) -> Iterator[None]:
    """An administrator asks this host who it is, before there is any agreement with it."""
    token = _asked.set(bare(host))
    try:
        yield
    finally:
        _asked.reset(token)


def policies_changed() -> None:
    """Say this inside the transaction that changes a decision."""
    _decided.clear()
    _CHANGED.send()


async def is_refused(host: str) -> bool:
    """Whether we have nothing to do with `host`, which may carry its port."""
    return (await policies()).refuse(host, _mode)


async def may_not_reach(host: str) -> bool:
    """Whether nothing is sent to `host` or asked there; where it is over, the last words still go."""
    mode = OPEN if _mode == NEIGHBOURS and bare(host) == _asked.get() else _mode
    return (await policies()).refuse(host, mode, sending=True)


async def is_silenced(host: str) -> bool:
    """Whether agents read first what comes from `host`."""
    return (await policies()).silence(host)


def bare(host: str) -> str:
    """Without the port; what is no host at all stays as it is, and matches nothing."""
    try:
        return parse_uri(f"https://{host}").host
    except InvalidDocument:
        return host
