"""TLS between servers of the loopback: an authority of the tests' own, and what stands before a village."""

import asyncio
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import trustme
from aiohttp import web
from multidict import CIMultiDict
from yarl import URL

# What concerns one connection only (RFC 9110, 7.6.1).
HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "te", "trailer", "upgrade"}
ADDED = ("Accept", "Accept-Encoding", "User-Agent", "Content-Type")


class Authority:
    """Signs certificates for addresses; everybody in a test trusts it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = folder / "authority.pem"
        self._authority = trustme.CA()
        self._authority.cert_pem.write_to_path(self.file)
        self.context = ssl.create_default_context(cafile=str(self.file))

    def server_context(self, address: str) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._authority.issue_cert(address).configure_cert(context)
        return context

    def outdated(self, address: str) -> trustme.LeafCert:
        """A certificate that ended two days ago."""
        now = datetime.now(UTC)
        return self._authority.issue_cert(
            address, not_before=now - timedelta(days=90), not_after=now - timedelta(days=2)
        )

    def current(self, address: str) -> trustme.LeafCert:
        return self._authority.issue_cert(address)

    def write_certificate(self, address: str) -> tuple[Path, Path]:
        """The files with a new certificate and its key."""
        certificate = self._authority.issue_cert(address)
        chain, key = self.folder / f"{address}.pem", self.folder / f"{address}.key"
        chain.write_bytes(b"".join(blob.bytes() for blob in certificate.cert_chain_pems))
        certificate.private_key_pem.write_to_path(key)
        return chain, key


@dataclass(frozen=True)
class Passed:
    """A request that was answered, and the answer, whole."""

    method: str
    path: str
    body: bytes
    status: int
    answer: bytes
    kind: str

    @property
    def is_between_servers(self) -> bool:
        """Not the page of a person."""
        return self.path.endswith("/inbox") or "json" in self.kind


class Proxy:
    """Ends TLS and passes each request on as it is; tells the target who asked, as operators' proxies do.

    `passed` is all that went over the wire.
    """

    def __init__(self, context: ssl.SSLContext, address: str) -> None:
        self.passed: list[Passed] = []
        self.target = ""
        self.origin = ""
        self._context = context
        self._address = address

    def show(self, certificate: trustme.LeafCert) -> None:
        """To everybody from now on; who is connected has to come again."""
        certificate.configure_cert(self._context)
        self._loop.call_soon_threadsafe(self._hang_up)

    def _hang_up(self) -> None:
        for connection in self._server.connections:
            if connection.transport is not None:
                connection.transport.abort()

    async def open(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._client = aiohttp.ClientSession(
            auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            connector=aiohttp.TCPConnector(limit=0),
            timeout=aiohttp.ClientTimeout(total=60),
        )
        self._server = web.Server(self._pass_on, access_log=None)
        self._runner = web.ServerRunner(self._server, shutdown_timeout=1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self._address, 0, ssl_context=self._context, backlog=512)
        await site.start()
        self.origin = f"https://{self._address}:{self._runner.addresses[0][1]}"

    async def close(self) -> None:
        """At once: who is just connecting is not let in, and nobody's goodbye is waited for."""
        open_ones = [connection.transport for connection in self._server.connections]
        await self._runner.cleanup()
        await self._client.close()
        arriving = asyncio.all_tasks() - {asyncio.current_task()}
        for task in arriving:
            task.cancel()
        await asyncio.gather(*arriving, return_exceptions=True)
        for transport in open_ones:
            if transport is not None:
                transport.abort()
        await asyncio.sleep(0)

    async def _pass_on(self, request: web.BaseRequest) -> web.StreamResponse:
        headers = _end_to_end(request.headers)
        headers.add("X-Forwarded-For", str(request.remote))
        headers["X-Forwarded-Proto"] = "https"
        asked = await request.read() if request.can_read_body else b""
        try:
            async with self._client.request(
                request.method,
                URL(self.target + request.raw_path, encoded=True),
                headers=headers,
                data=asked or None,
                allow_redirects=False,
                skip_auto_headers=ADDED,
            ) as answer:
                body = await answer.read()
                kind = answer.headers.get("content-type", "")
                self.passed.append(Passed(request.method, request.raw_path, asked, answer.status, body, kind))
                return web.Response(status=answer.status, headers=_end_to_end(answer.headers), body=body)
        except aiohttp.ClientError:
            return web.Response(status=502)


def _end_to_end(headers: "CIMultiDict[str] | object") -> CIMultiDict[str]:
    kept = [(name, value) for name, value in headers.items() if name.lower() not in HOP_BY_HOP]
    return CIMultiDict(kept)


@contextmanager
def running_proxy(authority: Authority, address: str) -> Iterator[Proxy]:
    """A proxy on a free port of this address, in a thread of its own; its target may be told later."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name=f"proxy of {address}")
    thread.start()
    proxy = Proxy(authority.server_context(address), address)
    try:
        asyncio.run_coroutine_threadsafe(proxy.open(), loop).result(30)
        yield proxy
    finally:
        asyncio.run_coroutine_threadsafe(proxy.close(), loop).result(30)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(30)
        loop.close()
