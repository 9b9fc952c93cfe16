"""How this process reaches other servers: one guarded client, and a resolver that signs as our server."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import hub
from federation.client import Client, Limits, Sign
from federation.knock import Knock
from federation.resolver import Resolver
from federation.signatures import Scheme, SignedRequest, sign
from hub.actors.hosts import OFF, federation_mode, may_not_reach, use_federation
from hub.actors.keys import key_pair
from hub.actors.minting import use_origin
from hub.actors.models import Actor, Host, Role
from hub.cache import Cache
from hub.config import Config


class NetworkOff(RuntimeError):
    """Nothing is exchanged: LAVOIR_FEDERATION is off, or this process has not opened the network."""


@dataclass(frozen=True)
class Peers:
    client: Client
    resolver: Resolver


USUAL = Limits()

_open: Peers | None = None
_known_hosts: Cache[str, bool] = Cache(seconds=60, most=5_000)
_server: Cache[str, Actor] = Cache(seconds=60, most=1)  # its URI is for ever, its keys key_pair() looks up


def use_config(config: Config) -> None:
    """Who we are and with whom we speak, said once at the start; needs no connection."""
    use_origin(config.origin)
    use_federation(config.federation)


def is_on() -> bool:
    """Whether anything is exchanged with others at all."""
    return federation_mode() != OFF


def peers() -> Peers:
    """Raises NetworkOff where nothing is exchanged."""
    if _open is None:
        raise NetworkOff
    return _open


@asynccontextmanager
async def open_peers(config: Config) -> AsyncIterator[Peers]:
    """For the whole process."""
    global _open  # noqa: PLW0603 (one process is one site)
    async with open_client(config) as client:
        _open = Peers(client, resolver_of(client))
        try:
            yield _open
        finally:
            _open = None


def open_client(config: Config, *, bounds: Limits = USUAL) -> Client:
    return Client(
        config.origin,
        version=hub.__version__,
        peer_networks=config.peer_networks,
        ca_file=config.ca_file,
        bounds=bounds,
        refuses=may_not_reach,
    )


def resolver_of(client: Client) -> Resolver:
    return Resolver(client, knock=_knock, is_known_host=_is_known_host)


def _signed(scheme: Scheme) -> Sign:
    async def in_our_name(  # noqa: PLR0917 (what a client asks of a Sign)
        method: str, url: str, headers: Mapping[str, str], body: bytes
    ) -> Mapping[str, str]:
        """In that of the server actor, whose document everybody may read."""
        server = await _server_actor()
        if server is None:
            return {}
        request = SignedRequest(method, url, tuple(headers.items()), body)
        signed = sign(request, (await key_pair(server)).rsa, scheme=scheme, now=datetime.now(UTC))
        return {name: value for name, value in signed.headers if name not in headers}

    return in_our_name


async def _server_actor() -> Actor | None:
    if (known := _server.get("")) is not None:
        return known
    found = await Actor.of_role(Role.SERVER)
    return None if found is None else _server.put("", found)


_knock = Knock(_signed(Scheme.CAVAGE), _signed(Scheme.RFC9421))


async def _is_known_host(host: str) -> bool:
    """Names of hosts carry unusual ports; whoever is behind one of them is no stranger."""
    if (known := _known_hosts.get(host)) is not None:
        return known
    met = await Host.exists(name=host) or await Host.exists(name__startswith=f"{host}:")
    return _known_hosts.put(host, met)
