"""Whatever bytes come over HTTP: an answer with a status that we chose, never a crash, never our fault."""

import asyncio
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette

from federation.client import Client
from federation.endpoints import Endpoints
from federation.inbox import Gate
from federation.media_types import Wanted, negotiate
from federation.resolver import Resolver
from tests.unit.federation.memory import ORIGIN, MemoryLocal

pytestmark = pytest.mark.slow

CHOSEN = {200, 202, 204, 303, 304, 400, 401, 403, 404, 405, 413, 503}
PATHS = [
    b"/inbox",
    b"/actor",
    b"/a/commune",
    b"/a/commune/inbox",
    b"/o/1",
    b"/o/2",
    b"/.well-known/webfinger",
]
visible = st.binary(max_size=60).map(lambda value: value.replace(b"\n", b"").replace(b"\r", b""))
names = st.sampled_from(
    b"accept signature signature-input date digest content-digest host content-length if-none-match".split()
)
telling = st.sampled_from(
    [
        b'keyId="https://peer.example/k",headers="(request-target) host date",signature="eA=="',
        b'sig1=("@method" "@target-uri");created=1;keyid="https://peer.example/k"',
        b"text/html",
        b"5",
    ]
)
headers = st.lists(st.tuples(names, visible | telling), max_size=6)


@given(
    method=st.sampled_from(["GET", "HEAD", "POST", "OPTIONS", "PUT"]),
    path=st.sampled_from(PATHS) | st.binary(max_size=20).map(lambda tail: b"/o/" + tail.replace(b"?", b"")),
    query=st.binary(max_size=60) | st.sampled_from([b"resource=acct:a@b", b"resource=https://hub.example"]),
    headers=headers,
    body=st.binary(max_size=60)
    | st.sampled_from([b"{}", b'{"type":"Delete"}', b'{"actor":"https://peer.example/a"}']),
)
@settings(max_examples=300, deadline=None)
def test_nothing_that_is_sent_breaks_an_endpoint(
    method: str, path: bytes, query: bytes, headers: list[tuple[bytes, bytes]], body: bytes
) -> None:
    status = asyncio.run(answered(method, path, query, headers=headers, body=body))
    assert status in CHOSEN


async def answered(
    method: str, path: bytes, query: bytes, *, headers: list[tuple[bytes, bytes]], body: bytes
) -> int:
    """The client has no network that it may reach, so every key is one that cannot be had."""
    local, sent = MemoryLocal(), []
    gate = Gate(local, Resolver(Client(ORIGIN, version="1", refuses=nobody)))
    app = Starlette(routes=Endpoints(gate, local, origin=ORIGIN).routes)
    scope: dict[str, Any] = {
        "type": "http",
        "method": method,
        "path": path.decode("utf-8", "replace"),
        "raw_path": path,
        "query_string": query,
        "headers": headers,
        "root_path": "",
    }

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await app(scope, receive, send)
    return int(sent[0]["status"])


async def nobody(host: str) -> bool:
    return True


@given(st.text(max_size=2_000))
def test_every_accept_header_wants_something(accept: str) -> None:
    assert negotiate(accept) in Wanted
