"""A hostile server, a client that may reach it (its own address, not its neighbour's), and our side."""

import ipaddress
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from starlette.applications import Starlette

from federation.client import Client, Limits
from federation.endpoints import Endpoints
from federation.inbox import Gate
from federation.resolver import Resolver
from tests.evilpeer import PEER, EvilPeer, answers
from tests.unit.federation.memory import ORIGIN, MemoryLocal
from tests.unit.federation.someone import NOW, Someone
from tests.unit.federation.stage import Clock, Stage

# Short, so that an endless answer ends the test soon; long enough for a busy machine.
SHORT = Limits(connect=1, read=1, total=1)
PATIENT = Limits(connect=20, read=20, total=20)

NewClient = Callable[..., AbstractAsyncContextManager[Client]]


@pytest_asyncio.fixture
async def peer() -> AsyncIterator[EvilPeer]:
    async with EvilPeer() as peer:
        yield peer


@pytest.fixture
def new_client(peer: EvilPeer, tmp_path: Path) -> NewClient:
    def make(
        *,
        networks: tuple[str, ...] = (f"{PEER}/32",),
        bounds: Limits = PATIENT,
        refused: tuple[str, ...] = (),
    ) -> Client:
        async def refuses(host: str) -> bool:
            return host in refused

        return Client(
            "https://hub.example",
            version="1.2.3",
            peer_networks=tuple(map(ipaddress.ip_network, networks)),
            ca_file=peer.ca_file(tmp_path),
            bounds=bounds,
            names=peer.names,
            refuses=refuses,
        )

    return make


@pytest_asyncio.fixture
async def client(new_client: NewClient) -> AsyncIterator[Client]:
    async with new_client() as client:
        yield client


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def resolver(client: Client, clock: Clock) -> Resolver:
    return Resolver(client, monotonic=clock)


@pytest.fixture
def stage(peer: EvilPeer) -> Stage:
    return Stage(peer)


@pytest.fixture
def alice(peer: EvilPeer) -> Someone:
    someone = Someone(peer)
    peer.on("/a/alice", answers.document(someone.document))
    return someone


@pytest.fixture
def local() -> MemoryLocal:
    return MemoryLocal()


@pytest.fixture
def gate(client: Client, local: MemoryLocal) -> Gate:
    return Gate(local, Resolver(client, now=lambda: NOW))


@pytest.fixture
def endpoints(gate: Gate, local: MemoryLocal, clock: Clock) -> Endpoints:
    return Endpoints(gate, local, origin=ORIGIN, now=lambda: NOW, monotonic=clock)


@pytest_asyncio.fixture
async def ask(endpoints: Endpoints) -> AsyncIterator[httpx.AsyncClient]:
    """Who asks us over HTTP, without an opinion about types."""
    transport = httpx.ASGITransport(app=Starlette(routes=endpoints.routes))
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as ask:
        del ask.headers["accept"]
        yield ask
