"""Posts to our inboxes over HTTP: each refusal has its status, and the log keeps its measure."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette

from federation import endpoints as endpoints_module
from federation.endpoints import Endpoints
from federation.limits import JSON_BYTES, REFUSALS_LOGGED, REFUSALS_LOGGED_SECONDS
from federation.local import Served
from federation.signatures import SignedRequest
from tests.evilpeer import EvilPeer, answers
from tests.unit.federation.memory import COMMUNE, ORIGIN, MemoryLocal, document
from tests.unit.federation.someone import INBOX, OTHER_RSA, Someone
from tests.unit.federation.stage import Clock
from tests.waiting import GUARD


async def post(ask: httpx.AsyncClient, request: SignedRequest) -> httpx.Response:
    return await ask.post(request.url, content=request.body, headers=dict(request.headers))


@pytest.mark.parametrize("inbox", [INBOX, f"{ORIGIN}/actor/inbox", f"{COMMUNE}/inbox", f"{INBOX}?x=%2F"])
async def test_a_good_post_is_taken_at_every_inbox(
    ask: httpx.AsyncClient, local: MemoryLocal, alice: Someone, inbox: str
) -> None:
    got = await post(ask, alice.post(alice.activity(), to=inbox))
    assert (got.status_code, got.content) == (202, b"")
    assert [received.inbox for received in local.accepted.values()] == [inbox]


async def test_each_refusal_has_its_status_and_a_reason(
    ask: httpx.AsyncClient, local: MemoryLocal, alice: Someone, peer: EvilPeer
) -> None:
    local.refused.add("127.0.0.6")
    peer.on("/a/away", answers.status(503))
    bad = Someone(peer, key=OTHER_RSA)
    signed = alice.post(alice.activity())
    refused = {
        400: replace(signed, body=b"{"),
        401: bad.post(alice.activity()),
        403: alice.post(alice.activity(actor="https://127.0.0.6/a/x", id="https://127.0.0.6/1")),
        503: Someone(peer, "away").post(Someone(peer, "away").activity()),
    }
    for status, request in refused.items():
        got = await post(ask, request)
        assert (got.status_code, list(got.json())) == (status, ["error"])
        assert got.headers["cache-control"] == "private, no-store"
    assert int(got.headers["retry-after"]) > 0
    assert local.accepted == {}


async def test_what_is_not_theirs_to_say_looks_like_success(
    ask: httpx.AsyncClient, local: MemoryLocal, alice: Someone
) -> None:
    got = await post(ask, alice.post(alice.activity("Move", object=alice.uri + "2")))
    assert (got.status_code, got.content, local.accepted) == (202, b"", {})


async def test_the_inbox_of_nobody_is_missing_like_any_thing(ask: httpx.AsyncClient, alice: Someone) -> None:
    got = await post(ask, alice.post(alice.activity(), to=f"{ORIGIN}/a/nobody/inbox"))
    missing = await ask.get("/o/missing")
    assert (got.status_code, got.content, got.headers) == (404, missing.content, missing.headers)


async def test_the_inbox_of_who_has_gone_says_so(
    ask: httpx.AsyncClient, local: MemoryLocal, alice: Someone
) -> None:
    local.documents[COMMUNE] = Served(document(COMMUNE, "Tombstone"), gone=True)
    assert (await post(ask, alice.post(alice.activity(), to=f"{COMMUNE}/inbox"))).status_code == 410


@pytest.mark.parametrize("path", ["/inbox", "/actor/inbox", "/a/commune/inbox", "/a/nobody/inbox"])
async def test_an_inbox_only_takes_posts(ask: httpx.AsyncClient, path: str) -> None:
    for method in ("GET", "PUT", "DELETE", "OPTIONS"):
        got = await ask.request(method, path)
        assert (got.status_code, got.headers["allow"]) == (405, "POST")


async def test_dos_01_a_body_at_the_limit_is_read_and_a_bigger_one_is_not(
    ask: httpx.AsyncClient, alice: Someone
) -> None:
    sizes = {JSON_BYTES: 400, JSON_BYTES + 1: 413}
    for size, status in sizes.items():
        assert (await ask.post("/inbox", content=b" " * size)).status_code == status
        assert (await ask.post("/inbox", content=pieces(size))).status_code == status


async def pieces(size: int) -> AsyncIterator[bytes]:
    while size > 0:
        yield b" " * min(size, 65_536)
        size -= 65_536


async def test_dos_01_a_length_that_is_no_number_is_not_read(ask: httpx.AsyncClient) -> None:
    for length in ("-1", "9" * 30, "1e3", "99999999"):
        got = await ask.post("/inbox", content=b"{}", headers={"content-length": length})
        assert got.status_code == 413


async def test_dos_19_a_body_that_does_not_come_is_not_waited_for(
    ask: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(endpoints_module, "INBOX_BODY_SECONDS", 0.01)

    async def never() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.Event().wait()

    assert (await ask.post("/inbox", content=never())).status_code == 408


async def test_dos_18_the_end_of_strangers_leaves_no_line_in_the_log(
    ask: httpx.AsyncClient, local: MemoryLocal, peer: EvilPeer, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(20):
        stranger = Someone(peer, f"s{number}")
        got = await post(ask, stranger.post(stranger.activity("Delete", object=stranger.uri)))
        assert got.status_code == 202
    assert (caplog.records, local.accepted, peer.asked()) == ([], {}, [])


async def test_a_refusal_is_one_line_with_host_and_reason(
    ask: httpx.AsyncClient, alice: Someone, caplog: pytest.LogCaptureFixture, clock: Clock
) -> None:
    clock.seconds += REFUSALS_LOGGED_SECONDS
    for _ in range(5):
        await post(ask, replace(alice.post(alice.activity()), body=b"{"))
    [line] = caplog.records
    assert (line.levelno, line.__dict__["reason"]) == (logging.WARNING, "not strict JSON")
    assert line.__dict__["host"] == alice.uri.split("/")[2]
    clock.seconds += REFUSALS_LOGGED_SECONDS
    await post(ask, replace(alice.post(alice.activity()), body=b"{"))
    assert caplog.records[1].__dict__["left_out"] == 4


async def test_ld_07_a_flood_of_refusals_is_no_flood_of_lines(
    ask: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(REFUSALS_LOGGED + 50):
        headers = {"signature": f'keyId="https://h{number}.example/key"'}
        await ask.post("/inbox", content=b"{", headers=headers)
    assert len(caplog.records) == REFUSALS_LOGGED


async def test_a_real_server_passes_on_the_bytes_that_were_signed(
    endpoints: Endpoints, local: MemoryLocal, alice: Someone
) -> None:
    config = uvicorn.Config(Starlette(routes=endpoints.routes), port=0, log_config=None, lifespan="off")
    server = uvicorn.Server(config)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(server._serve())
        while not server.started:
            await asyncio.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=GUARD) as ask:
            request = alice.post(alice.activity(), to=f"{COMMUNE}/inbox?a=%2F%7e&b")
            target = request.url.removeprefix(ORIGIN)
            got = await ask.post(target, content=request.body, headers=dict(request.headers))
            assert got.status_code == 202
            assert [received.inbox for received in local.accepted.values()] == [request.url]
            head = await ask.head("/a/commune")
            assert (head.status_code, head.content) == (200, b"")
            assert int(head.headers["content-length"]) > 0
            assert (await ask.post("/inbox", content=pieces(2 * JSON_BYTES))).status_code == 413
            assert json.loads((await ask.get("/o/nothing")).content) == {"error": "not found"}
        server.should_exit = True
