"""The only module that opens connections: no other server decides where to, how long, or how much.

The address is checked when the socket is made, after every name was resolved, so a name that changes its
address in between (DNS rebinding) and a redirect meet the same guard as a plain URI (FET-05, FET-06).
"""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urljoin

import aiohttp
from aiohttp import ClientResponse, hdrs
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from federation import limits
from federation.addresses import Network, is_inside, is_public, read_address
from federation.errors import FetchFailed, Gone, InvalidDocument, Unreachable, Unsafe
from federation.media_types import ACTIVITY, Accept
from federation.names import Names
from federation.origin import Uri, parse_uri
from federation.strict_json import parse_json
from federation.vocabulary import Json

Sign = Callable[[str, str, Mapping[str, str], bytes], Awaitable[Mapping[str, str]]]
"""method, URL, headers (names in lower case, with `host`), body -> the headers to add."""

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_RETRY_LATER = frozenset({408, 425, 429})


@dataclass(frozen=True)
class Limits:
    """The numbers of federation.limits that a test may want smaller; times in seconds."""

    connect: float = limits.CONNECT_SECONDS
    read: float = limits.READ_SECONDS
    total: float = limits.FETCH_SECONDS
    json_bytes: int = limits.JSON_BYTES
    redirects: int = limits.REDIRECTS
    connections: int = limits.CONNECTIONS


@dataclass(frozen=True)
class Download:
    """`uri` is where the answer came from in the end, after redirects."""

    uri: Uri
    body: bytes
    content_type: str
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Fetched:
    """`uri` is where the document came from in the end, after redirects; what it says is not proven."""

    uri: Uri
    document: Json
    content_type: str
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Answer:
    """What a server said to a POST; `retry_after` is the time it asks for, if any."""

    status: int
    headers: Mapping[str, str]
    retry_after: datetime | None


class BudgetSpent(Unsafe):
    """One incoming message made us fetch as much as it may (DOS-11)."""


class Budget:
    """How many requests one incoming message may still cause; redirects count."""

    def __init__(self, fetches: int = limits.FETCHES_PER_REQUEST) -> None:
        self.left = fetches

    def spend(self, uri: Uri) -> None:
        if self.left < 1:
            raise BudgetSpent("too many fetches for one message", str(uri))
        self.left -= 1


async def _nobody_is_refused(host: str) -> bool:
    return False


class Client:
    """One for each process: `async with Client(origin, version=...) as client`.

    Outside `peer_networks` only public addresses are reached, on port 443 and over TLS. `ca_file` holds
    certificates to trust beside the system's. `refuses` is asked for each host, redirects included.
    Failures are FetchFailed and InvalidDocument, nothing else.
    """

    def __init__(
        self,
        origin: str,
        *,
        version: str,
        peer_networks: Sequence[Network] = (),
        ca_file: Path | None = None,
        bounds: Limits = Limits(),
        names: AbstractResolver | None = None,
        refuses: Callable[[str], Awaitable[bool]] = _nobody_is_refused,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._own = parse_uri(origin, plain=True)
        self._user_agent = f"Lavoir/{version} (+{origin}/)"
        self._peer_networks = tuple(peer_networks)
        self._ca_file = ca_file
        self._bounds = bounds
        self._names = names
        self._refuses = refuses
        self._now = now

    async def __aenter__(self) -> Self:
        bounds = self._bounds
        connector = aiohttp.TCPConnector(
            ssl=_tls(self._ca_file),
            socket_factory=self._open_socket,
            limit=bounds.connections,
            limit_per_host=limits.CONNECTIONS_PER_HOST,
            resolver=self._names or _Resolver(),
            use_dns_cache=False,  # connections are kept, and the system has a cache that honours TTLs
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
            timeout=aiohttp.ClientTimeout(
                total=bounds.total, connect=bounds.connect, sock_connect=bounds.connect, sock_read=bounds.read
            ),
            read_bufsize=65_536,
            max_headers=limits.ANSWER_HEADERS,
            max_line_size=limits.ANSWER_HEADER_BYTES,
            max_field_size=limits.ANSWER_HEADER_BYTES,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._session.close()

    async def get_json(
        self, uri: Uri, *, accept: Accept = ACTIVITY, sign: Sign | None = None, budget: Budget | None = None
    ) -> Fetched:
        """A document, from wherever the redirects lead: the caller compares its id with `Fetched.uri`."""
        download = await self.get_bytes(
            uri, accept=accept, max_bytes=self._bounds.json_bytes, sign=sign, budget=budget
        )
        document = parse_json(download.body)
        return Fetched(download.uri, document, download.content_type, download.headers)

    async def get_bytes(
        self,
        uri: Uri,
        *,
        accept: Accept,
        max_bytes: int = limits.MEDIA_BYTES,
        sign: Sign | None = None,
        budget: Budget | None = None,
    ) -> Download:
        """The body of an answer 200 of a wanted type, after at most `Limits.redirects` redirects.

        Each step is signed anew, for the URI that it goes to: a signature for one server is of no use at
        another, and is never shown to it (FET-19).
        """
        at, asked = uri.without_fragment(), set[Uri]()
        async with self._failures(at):
            while at not in asked and len(asked) <= self._bounds.redirects:
                asked.add(at)
                headers = {"accept": accept.header}
                async with self._request("GET", at, headers, sign=sign, budget=budget) as response:
                    if response.status not in _REDIRECTS:
                        return await self._download(response, at, accept=accept, max_bytes=max_bytes)
                    at = _next(at, response)
        raise Unsafe("redirects without end", str(uri))

    async def post(self, uri: Uri, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Send `body` with `headers`, which the caller signed; a redirect is an answer, not followed."""
        async with self._failures(uri), self._request("POST", uri, headers, body=body) as response:
            return Answer(response.status, response.headers, self._retry_after(response))

    def check(self, uri: Uri) -> None:
        """Raise Unsafe for what we never connect to; asks no name server (FET-01, FET-11, FET-13)."""
        if (uri.host, uri.port) == (self._own.host, self._own.port):
            raise Unsafe("our own host", str(uri))
        if not self._is_allowed(uri):
            raise Unsafe("address, port or scheme is not allowed", str(uri))

    def may_be_peer(self, host: str) -> bool:
        """Whether this host could be in a peer network, where http and every port are allowed."""
        address = read_address(host)
        if address is None:
            return bool(self._peer_networks)  # the socket will tell
        return is_inside(address, self._peer_networks)

    def _is_allowed(self, uri: Uri) -> bool:
        if self.may_be_peer(uri.host):
            # Never http on 443: the guard lets a name that is no peer after all go to that port.
            return uri.scheme == "https" or uri.port != 443
        address = read_address(uri.host)
        public = is_public(address) if address else "." in uri.host
        return public and uri.scheme == "https" and uri.port == 443

    def _open_socket(self, info: aiohttp.AddrInfoType) -> socket.socket:
        """The guard: aiohttp asks it for each connection, with the address that it will connect to."""
        family, kind, protocol, _, (host, port, *_) = info
        address = read_address(str(host))
        if address is None or not (
            is_inside(address, self._peer_networks) or (is_public(address) and port == 443)
        ):
            raise _AddressRefused("address or port is not allowed")
        return socket.socket(family, kind, protocol)

    @asynccontextmanager
    async def _request(
        self,
        method: str,
        uri: Uri,
        headers: Mapping[str, str],
        *,
        body: bytes = b"",
        sign: Sign | None = None,
        budget: Budget | None = None,
    ) -> AsyncIterator[ClientResponse]:
        self.check(uri)
        if await self._refuses(uri.host):
            raise Unsafe("host is refused", str(uri))
        if budget is not None:
            budget.spend(uri)
        sent = {name.lower(): value for name, value in headers.items()}
        sent |= {"host": uri.netloc, "user-agent": self._user_agent, "accept-encoding": "gzip"}
        if sign is not None:
            sent |= await sign(method, str(uri), sent, body)
        url = URL(str(uri), encoded=True)
        async with self._session.request(
            method, url, headers=sent, data=body or None, allow_redirects=False
        ) as response:
            yield response

    async def _download(
        self, response: ClientResponse, uri: Uri, *, accept: Accept, max_bytes: int
    ) -> Download:
        self._check_status(uri, response)
        content_type = _single(response, hdrs.CONTENT_TYPE)
        if not accept.takes(content_type):
            raise InvalidDocument("answer of another type", uri=str(uri), type=content_type[:100])
        if _single(response, hdrs.CONTENT_ENCODING).lower() not in ("", "identity", "gzip", "deflate"):
            raise Unsafe("answer in an unknown or nested compression", str(uri))
        return Download(uri, await _read(uri, response, max_bytes), content_type, response.headers)

    def _check_status(self, uri: Uri, response: ClientResponse) -> None:
        status = response.status
        if status == 200:
            return
        if status in (404, 410):
            raise Gone("not there", str(uri), remote_status=status)
        if status >= 500 or status in _RETRY_LATER:
            raise Unreachable(
                "not now", str(uri), remote_status=status, retry_after=self._retry_after(response)
            )
        raise FetchFailed("refused", str(uri), remote_status=status)

    def _retry_after(self, response: ClientResponse) -> datetime | None:
        """Seconds or a date (RFC 9110, 10.2.3); what is neither, past, or too far away is no wish."""
        text, now = response.headers.get(hdrs.RETRY_AFTER, "").strip(), self._now()
        try:
            wish = now + timedelta(seconds=int(text)) if text.isdecimal() else parsedate_to_datetime(text)
            wish = wish if wish.tzinfo else wish.replace(tzinfo=UTC)
        except (ValueError, OverflowError):
            return None
        return min(wish, now + limits.RETRY_AFTER) if wish > now else None

    @asynccontextmanager
    async def _failures(self, uri: Uri) -> AsyncIterator[None]:
        """The deadline for all of it, and our words for what aiohttp raises."""
        try:
            async with asyncio.timeout(self._bounds.total):
                yield
        except TimeoutError:
            raise Unreachable("timed out", str(uri)) from None
        except aiohttp.ClientSSLError as error:
            raise Unreachable(_distrust(error), str(uri)) from error
        except aiohttp.ClientConnectorError as error:
            if isinstance(error.os_error, _AddressRefused):
                raise Unsafe("address or port is not allowed", str(uri)) from error
            raise Unreachable("no connection", str(uri)) from error
        except (aiohttp.InvalidURL, aiohttp.ClientResponseError) as error:
            raise Unsafe("not HTTP as we know it", str(uri)) from error
        except aiohttp.ClientError as error:
            raise Unreachable("connection broke", str(uri)) from error


def _distrust(error: aiohttp.ClientSSLError) -> str:
    """Why we do not believe that it is this host; whoever runs it wants to know (FLT-20)."""
    found = getattr(error, "certificate_error", None)
    told: str = getattr(found, "verify_message", "")
    return f"TLS: {told[:100].rstrip('.')}" if told else "TLS failed"


class _AddressRefused(OSError):
    """Our guard's no, in the form that the connector passes on."""


class _Resolver(AbstractResolver):
    """Our look-up of names in the connector's terms."""

    def __init__(self) -> None:
        self._names = Names()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return [
            ResolveResult(
                hostname=host, host=address, port=port, family=kind, proto=0, flags=socket.AI_NUMERICHOST
            )
            for kind, address in await self._names.addresses(host, family)
        ]

    async def close(self) -> None:
        self._names.close()


@lru_cache(maxsize=1)
def _tls(ca_file: Path | None) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if ca_file is not None:
        context.load_verify_locations(cafile=ca_file)
    return context


def _single(response: ClientResponse, name: str) -> str:
    """The value of a header that may come once; "" when there is none."""
    values = response.headers.getall(name, [])
    if len(values) > 1:
        raise InvalidDocument("header is repeated", header=name)
    return values[0].strip() if values else ""


def _next(uri: Uri, response: ClientResponse) -> Uri:
    """Where a redirect leads, read as strictly as any other URI (FET-18)."""
    try:
        return parse_uri(urljoin(str(uri), _single(response, hdrs.LOCATION))).without_fragment()
    except (InvalidDocument, ValueError):
        raise Unsafe("redirect to nowhere", str(uri), remote_status=response.status) from None


async def _read(uri: Uri, response: ClientResponse, max_bytes: int) -> bytes:
    """Counts what comes out of the decompression, piece by piece (FET-16, FET-17)."""
    body = bytearray()
    async for piece in response.content.iter_chunked(65_536):
        body += piece
        if len(body) > max_bytes:
            raise Unsafe("answer is too big", str(uri), remote_status=response.status)
    return bytes(body)
