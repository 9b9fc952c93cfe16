"""The rig: listeners on loopback addresses, a script for each host and path, and a log of what was asked."""

import asyncio
import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from aiohttp import web

from federation.origin import Uri, parse_uri
from tests.evilpeer import answers
from tests.evilpeer.answers import Answer
from tests.evilpeer.certificates import make_certificates
from tests.evilpeer.names import Names

PEER, NEIGHBOUR, STRANGER = "127.0.0.5", "127.0.0.6", "127.0.0.7"
ADDRESSES = (PEER, NEIGHBOUR, STRANGER)
DOMAINS = ("evil.example", "victim.example", "village.example")
_LISTENERS = ("valid", "expired", "of_another_host", "self_made", "plain")


@dataclass(frozen=True)
class Received:
    """One request as it arrived; `address` is the one of ours that was connected to."""

    address: str
    host: str
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class EvilPeer:
    """Listens on all ADDRESSES: once for each kind of certificate, once in plain and once in silence.

    `on()` scripts an answer for a path (with its query), on all hosts or on one; anything else is 404.
    """

    def __init__(self) -> None:
        self.names = Names()
        self.requests: list[Received] = []
        self.ports: dict[str, int] = {}
        self._script: dict[tuple[str | None, str], Answer] = {}
        below = [f"*.{domain}" for domain in DOMAINS]
        self._certificates = make_certificates((*ADDRESSES, *DOMAINS, *below))
        self._open = AsyncExitStack()
        for name in (*DOMAINS, *below):
            self.names.lead(name, PEER)

    async def __aenter__(self) -> Self:
        for kind in _LISTENERS:
            await self._listen(kind)
        self._listen_in_silence()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._open.aclose()

    def on(self, path: str, answer: Answer, *, host: str | None = None) -> None:
        self._script[host, path] = answer

    def uri(self, path: str, *, host: str = PEER, listener: str = "valid") -> Uri:
        """`listener` is one of: valid, expired, of_another_host, self_made, plain, silent."""
        scheme = "http" if listener == "plain" else "https"
        return parse_uri(f"{scheme}://{host}:{self.ports[listener]}{path}")

    def asked(self, path: str | None = None) -> list[Received]:
        """The requests for a path, or all."""
        return [request for request in self.requests if path in (None, request.path)]

    def ca_file(self, folder: Path) -> Path:
        return self._certificates.write_authority(folder)

    async def _listen(self, kind: str) -> None:
        runner = web.ServerRunner(
            web.Server(self._answer, handler_cancellation=True, access_log=None), shutdown_timeout=0.1
        )
        await runner.setup()
        self._open.push_async_callback(runner.cleanup)
        context: ssl.SSLContext | None = getattr(self._certificates, kind, None)
        self.ports[kind], sockets = _bound()
        for each in sockets:
            await web.SockSite(runner, each, ssl_context=context).start()

    def _listen_in_silence(self) -> None:
        """The system accepts the connection, nobody ever reads from it: not even TLS begins."""
        self.ports["silent"], sockets = _bound()
        for each in sockets:
            each.listen(16)
            self._open.callback(each.close)

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        received = await self._received(request)
        self.requests.append(received)
        answer = self._script.get((received.host, received.path)) or self._script.get((None, received.path))
        return await (answer or answers.status(404))(request)

    async def _received(self, request: web.BaseRequest) -> Received:
        assert request.transport is not None
        return Received(
            address=request.transport.get_extra_info("sockname")[0],
            host=request.headers.get("Host", "").rpartition(":")[0],
            method=request.method,
            path=request.path_qs,
            headers={name.lower(): value for name, value in request.headers.items()},
            body=await request.read(),
        )


def _bound() -> tuple[int, list[socket.socket]]:
    """A port that is free on every address, and sockets bound to it."""
    for _ in range(20):
        sockets: list[socket.socket] = []
        try:
            port = 0
            for address in ADDRESSES:
                sockets.append(socket.socket())
                sockets[-1].setblocking(False)
                sockets[-1].bind((address, port))
                port = sockets[-1].getsockname()[1]
        except OSError:
            for each in sockets:
                each.close()
        else:
            return port, sockets
    raise OSError("no port is free on all addresses")


@contextlib.contextmanager
def running_evil_peer() -> Iterator[EvilPeer]:
    """The same rig in a thread of its own, for tests that are not async; scripts may change at any time."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="evil peer")
    thread.start()
    peer = EvilPeer()
    try:
        asyncio.run_coroutine_threadsafe(peer.__aenter__(), loop).result(30)
        yield peer
    finally:
        asyncio.run_coroutine_threadsafe(peer.__aexit__(None, None, None), loop).result(30)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(30)
        loop.close()
