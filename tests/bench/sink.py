"""Fifty servers of the fediverse in one process, or a thousand: they show their actors over TLS, take every
post, and count.

They check nothing and store nothing, so that they cost as little as can be beside the hub.
"""

import asyncio
import multiprocessing
import os
import re
import resource
import signal
import socket
import ssl
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import unquote

import httptools
import trustme
import uvloop

from tests.bench.machine import cpu_seconds

TAKEN = b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n"
CLOSED, MUTE, SLOW = 1, 2, 3  # positions of ports
ADDRESSES = tuple(f"127.0.1.{number}" for number in range(1, 51))
Documents = Mapping[tuple[str, str], tuple[str, bytes]]
"""(address, path with query, unquoted) -> (content type, body)"""

SLOW_SECONDS = 10.0
_NUMBER = re.compile(rb"/numbered-(\d+)")
_KIND = re.compile(rb'"type": ?"(Accept|Reject|Create|Update|Delete|Announce|Undo|Follow)"')


@dataclass
class Tally:
    """What came so far. `posts` are distinct ones by kind; `last` are times of time.monotonic().

    `arrivals` are times and ports of each distinct Create; `numbers` are in the order in which they came.
    """

    posts: Counter[str] = field(default_factory=Counter)
    doubles: int = 0
    last: dict[str, float] = field(default_factory=dict)
    arrivals: list[tuple[float, int]] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    samples: dict[str, tuple[str, list[tuple[str, str]], bytes]] = field(default_factory=dict)
    gets: int = 0
    unknown: Counter[str] = field(default_factory=Counter)
    handshakes: int = 0
    resumed: int = 0
    cpu: float = 0


class Sink:
    """`with Sink() as sink`: the servers run until the end of the block.

    `further`: ports beside the first, so that each address has as many servers more. Of these the first is
    closed, the second never answers, and the third takes SLOW_SECONDS.
    """

    def __init__(self, *, further: int = 0) -> None:
        self._further = further

    def __enter__(self) -> Self:
        with ExitStack() as opened:
            folder = Path(opened.enter_context(tempfile.TemporaryDirectory()))
            self.ca_file = folder / "authority.pem"
            certificates = _make_certificates(self.ca_file)
            processes = multiprocessing.get_context("spawn")
            self._pipe, theirs = processes.Pipe()
            self._process = processes.Process(
                target=_run, args=(theirs, certificates, self._further), daemon=True
            )
            self._process.start()
            theirs.close()
            opened.callback(self._end)
            self.ports: list[int] = self._answer()
            self.port = self.ports[0]
            self._opened = opened.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._opened.close()

    def origin(self, address: str) -> str:
        return f"https://{address}:{self.port}"

    def show(self, documents: Documents) -> None:
        self._pipe.send(dict(documents))
        self._answer()

    def forget(self) -> None:
        """Count from zero."""
        self._pipe.send("forget")
        self._answer()

    def tally(self) -> Tally:
        self._pipe.send("tally")
        answer = self._answer()
        assert isinstance(answer, Tally)
        return answer

    def count(self, kind: str) -> int:
        """Distinct posts of a kind; cheap enough to be asked all the time."""
        self._pipe.send(("count", kind))
        return int(self._answer())

    async def wait_for(self, kind: str, number: int, *, within: float = 45) -> int:
        """How many came, `number` where time did not run out before."""
        end = time.monotonic() + within
        while (came := self.count(kind)) < number and time.monotonic() < end:
            await asyncio.sleep(0.02)
        return came

    def _answer(self) -> Any:
        if not self._pipe.poll(30):
            raise RuntimeError("the sink does not answer")
        return self._pipe.recv()

    def _end(self) -> None:
        self._pipe.close()  # it ends by itself when this goes
        self._process.join(5)
        if self._process.is_alive():
            self._process.kill()
            self._process.join(5)


def _make_certificates(ca_file: Path) -> dict[str, bytes]:
    """One for each server, as it is outside: key and chain in one text."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(ca_file)
    return {
        address: authority.issue_cert(address).private_key_and_cert_chain_pem.bytes() for address in ADDRESSES
    }


def _run(pipe: Connection, certificates: Mapping[str, bytes], further: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the one who started us
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    uvloop.run(_serve(pipe, certificates, further))


async def _serve(pipe: Connection, certificates: Mapping[str, bytes], further: int) -> None:
    loop, over, state = asyncio.get_running_loop(), asyncio.Event(), _State()
    bound = [_bound() for _ in range(1 + further)]
    contexts = {address: _context(certificate) for address, certificate in certificates.items()}
    for position, (_, sockets) in enumerate(bound):
        await _open(loop, position, sockets, state=state, contexts=contexts)
    pipe.send([port for port, _ in bound])

    def asked() -> None:
        try:
            question = pipe.recv()
        except (EOFError, ConnectionError):
            over.set()
        else:
            pipe.send(state.answer(question))

    loop.add_reader(pipe.fileno(), asked)
    os.set_blocking(pipe.fileno(), True)  # which the line before took away
    await over.wait()


async def _open(
    loop: asyncio.AbstractEventLoop,
    position: int,
    sockets: Sequence[socket.socket],
    *,
    state: "_State",
    contexts: Mapping[str, ssl.SSLContext],
) -> None:
    """One port on all addresses."""
    delay = SLOW_SECONDS if position == SLOW else 0
    for address, listener in zip(ADDRESSES, sockets, strict=True):
        if position == CLOSED:
            listener.close()
        elif position == MUTE:
            listener.listen(512)
            state.mute.append(listener)
        else:
            await loop.create_server(
                lambda: _Server(state, delay), sock=listener, ssl=contexts[address], backlog=512
            )


class _State:
    def __init__(self) -> None:
        self.documents: Documents = {}
        self.mute: list[socket.socket] = []
        self.forget()

    def forget(self) -> None:
        self.tally = Tally()
        self.seen: set[tuple[str, int, str, int]] = set()
        self._cpu = cpu_seconds(os.getpid())

    def answer(self, question: Any) -> Any:
        if isinstance(question, tuple):
            return self.tally.posts[question[1]]
        if isinstance(question, dict):
            self.documents = {**self.documents, **question}
        elif question == "forget":
            self.forget()
        self.tally.cpu = cpu_seconds(os.getpid()) - self._cpu
        return self.tally

    def take(self, address: str, server: "_Server") -> None:
        """A post: one activity for one inbox counts once."""
        tally, body = self.tally, b"".join(server.body)
        found = _KIND.search(body)
        kind = found[1].decode() if found else "other"
        each = (address, server.port, server.target, hash(body))
        if each in self.seen:
            tally.doubles += 1
            return
        self.seen.add(each)
        tally.posts[kind] += 1
        tally.last[kind] = time.monotonic()
        if kind == "Create":
            tally.arrivals.append((tally.last[kind], server.port))
            if numbered := _NUMBER.search(body):
                tally.numbers.append(int(numbered[1]))
        if kind not in tally.samples:
            tally.samples[kind] = (server.target, server.headers, body)


class _Server(asyncio.Protocol):
    def __init__(self, state: _State, delay: float = 0) -> None:
        self.state = state
        self.delay = delay
        self.parser = httptools.HttpRequestParser(self)

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """TLS is done when this is called."""
        self.transport = transport
        self.address, self.port = transport.get_extra_info("sockname")[:2]
        self.state.tally.handshakes += 1
        self.state.tally.resumed += bool(transport.get_extra_info("ssl_object").session_reused)

    def data_received(self, data: bytes) -> None:
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserError:
            self.transport.close()

    def on_message_begin(self) -> None:
        self.target, self.headers, self.body = "", list[tuple[str, str]](), list[bytes]()

    def on_url(self, url: bytes) -> None:
        self.target += url.decode("ascii")

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name.decode("latin-1").lower(), value.decode("latin-1")))

    def on_body(self, body: bytes) -> None:
        self.body.append(body)

    def on_message_complete(self) -> None:
        if self.parser.get_method() == b"POST":
            self.state.take(self.address, self)
            if self.delay:
                asyncio.get_running_loop().call_later(self.delay, self.transport.write, TAKEN)
            else:
                self.transport.write(TAKEN)
        else:
            self._show(unquote(self.target))

    def _show(self, target: str) -> None:
        self.state.tally.gets += 1
        found = self.state.documents.get((self.address, target))
        if found is None:
            self.state.tally.unknown[target] += 1
            self.transport.write(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n")
        else:
            kind, body = found
            head = f"HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {len(body)}\r\n\r\n"
            self.transport.write(head.encode() + body)


def _context(certificate: bytes) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.NamedTemporaryFile() as file:
        file.write(certificate)
        file.flush()
        context.load_cert_chain(file.name)
    return context


def _bound() -> tuple[int, list[socket.socket]]:
    """A port that is free on every address, and sockets bound to it."""
    for _ in range(20):
        with ExitStack() as opened:
            port, sockets = 0, []
            try:
                for address in ADDRESSES:
                    each = opened.enter_context(socket.socket())
                    each.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                    each.bind((address, port))
                    port = each.getsockname()[1]
                    sockets.append(each)
            except OSError:
                continue
            opened.pop_all()
            return port, sockets
    raise OSError("no port is free on all addresses")
