"""A village, its agent, and a server elsewhere that answers on the loopback as a test says."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from ipaddress import ip_network

import pytest_asyncio

from hub.config import Config
from hub.fediverse.network import open_network
from tests.unit.hub.announcements.conftest import agent as agent
from tests.unit.hub.announcements.conftest import news as news
from tests.unit.hub.announcements.conftest import say as say
from tests.unit.hub.announcements.conftest import village as village
from tests.unit.hub.announcements.conftest import visitor as visitor
from tests.unit.hub.village.visitors import Visitors


class Elsewhere:
    """`answers[path]` is a document; everything else is 404. `asked` are the paths, with their queries."""

    def __init__(self) -> None:
        self.answers: dict[str, object] = {}
        self.asked: list[str] = []
        self.host = ""

    @property
    def url(self) -> str:
        return f"http://{self.host}"

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        first = await reader.read(1)
        if first == b"\x16":  # somebody tries TLS
            return writer.close()
        head = (first + await reader.readuntil(b"\r\n\r\n")).decode()
        target = head.split(" ")[1]
        self.asked.append(target)
        found = self.answers.get(target, self.answers.get(target.partition("?")[0]))
        body = json.dumps(found).encode()
        status = "404 Not Found" if found is None else "200 OK"
        kind = "application/activity+json"
        head = f"HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {len(body)}\r\n"
        writer.write(f"{head}connection: close\r\n\r\n".encode() + body)
        await writer.drain()
        writer.close()


@pytest_asyncio.fixture
async def elsewhere() -> AsyncIterator[Elsewhere]:
    there = Elsewhere()
    server = await asyncio.start_server(there.answer, "127.0.0.1", 0)
    there.host = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    yield there
    server.close()
    await server.wait_closed()


@pytest_asyncio.fixture
async def visitors(database: Config) -> AsyncIterator[Visitors]:
    """Of a village that may speak with the loopback."""
    config = replace(database, peer_networks=(ip_network("127.0.0.0/8"),))
    async with open_network(config):
        visitors = Visitors(config)
        yield visitors
        for browser in visitors.browsers:
            await browser.client.aclose()
