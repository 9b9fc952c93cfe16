"""Our place in the network, for the whole process: what reaches others, and what they reach."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from federation.client import Client
from federation.inbox import Gate
from federation.key_fetches import BOUNDS
from federation.nodeinfo import Presence
from federation.resolver import Resolver
from hub.actors.peers import NetworkOff, is_on, open_client, open_peers, resolver_of, use_config
from hub.config import Config
from hub.fediverse.local import HubLocal, served_changed

__all__ = ["Network", "NetworkOff", "is_on", "network", "open_network", "served_changed", "use_config"]

Presenter = Callable[[], Awaitable[Presence | None]]


@dataclass(frozen=True)
class Network:
    """`client` posts and fetches; keys of strangers are fetched by the gate with one of its own."""

    client: Client
    resolver: Resolver
    gate: Gate
    local: HubLocal


_open: Network | None = None


def network() -> Network:
    """Raises NetworkOff where nothing is exchanged."""
    if _open is None:
        raise NetworkOff
    return _open


async def _nothing() -> Presence | None:
    return None


@asynccontextmanager
async def open_network(config: Config, presence: Presenter = _nothing) -> AsyncIterator[Network | None]:
    """For the whole process; None where LAVOIR_FEDERATION is off. `presence` answers NodeInfo."""
    global _open  # noqa: PLW0603 (one process is one site)
    use_config(config)
    if not is_on():
        yield None
        return
    async with open_peers(config) as ours, open_client(config, bounds=BOUNDS) as key_client:
        local = HubLocal(presence)
        _open = Network(ours.client, ours.resolver, Gate(local, resolver_of(key_client)), local)
        try:
            yield _open
        finally:
            _open = None
