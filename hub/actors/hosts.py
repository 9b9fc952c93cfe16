"""With whom we exchange: what was decided about hosts, and what LAVOIR_FEDERATION says about the rest."""

from dataclasses import dataclass

from federation.errors import InvalidDocument
from federation.origin import host_and_parents, parse_uri
from hub.actors.models import Host, Policy
from hub.cache import Cache
from hub.db import after_commit

OPEN, NEIGHBOURS, OFF = "open", "neighbours", "off"


@dataclass(frozen=True)
class Policies:
    """Hosts without their ports: a decision is about who answers there, whatever the door."""

    blocked: frozenset[str]
    allowed: frozenset[str]
    silenced: frozenset[str] = frozenset()

    def refuse(self, host: str, mode: str) -> bool:
        """Whether we have nothing to do with this host or one above it; `host` may carry its port."""
        names = host_and_parents(bare(host))
        if not self.blocked.isdisjoint(names):
            return True
        return mode != OPEN and self.allowed.isdisjoint(names)

    def silence(self, host: str) -> bool:
        """Whether agents read first what comes from this host or one below it (FED-05)."""
        return not self.silenced.isdisjoint(host_and_parents(bare(host)))


_decided: Cache[str, Policies] = Cache(seconds=5, most=1)
_mode = OPEN


def use_federation(mode: str) -> None:
    """`open`, `neighbours` or `off`, said once at the start."""
    global _mode  # noqa: PLW0603 (one process is one site)
    _mode = mode


def federation_mode() -> str:
    return _mode


async def policies() -> Policies:
    """All decisions; another process sees a new one within seconds."""
    if (known := _decided.get("")) is not None:
        return known
    decided = await Host.exclude(policy=Policy.NONE).values_list("name", "policy")
    by_policy = {
        policy: frozenset(bare(str(name)) for name, its in decided if its == policy)
        for policy in (Policy.BLOCKED, Policy.ALLOWED, Policy.SILENCED)
    }
    found = Policies(by_policy[Policy.BLOCKED], by_policy[Policy.ALLOWED], by_policy[Policy.SILENCED])
    return _decided.put("", found)


def policies_changed() -> None:
    """Say this inside the transaction that changes a decision."""
    _decided.clear()
    after_commit(_decided.clear)


async def is_refused(host: str) -> bool:
    """Whether we have nothing to do with `host`, which may carry its port."""
    return (await policies()).refuse(host, _mode)


async def is_silenced(host: str) -> bool:
    """Whether agents read first what comes from `host`."""
    return (await policies()).silence(host)


def bare(host: str) -> str:
    """Without the port; what is no host at all stays as it is, and matches nothing."""
    try:
        return parse_uri(f"https://{host}").host
    except InvalidDocument:
        return host
