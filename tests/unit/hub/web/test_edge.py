"""What every request passes: an id that its log line shares, headers on each answer, a limit for bodies."""

import logging
from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from hub import limits
from hub.errors import TooLarge
from hub.web.edge import SECURITY_HEADERS, BodyLimit, RequestId, SecurityHeaders

LIMIT = 10


async def fine(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse("fine")(scope, receive, send)


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer how much was sent; 413 where the limit says so."""
    size, more = 0, True
    try:
        while more:
            message = await receive()
            size, more = size + len(message.get("body", b"")), message.get("more_body", False)
    except TooLarge:
        return await PlainTextResponse("too large", 413)(scope, receive, send)
    await PlainTextResponse(str(size))(scope, receive, send)


async def breaks_at_once(scope: Scope, receive: Receive, send: Send) -> None:
    raise RuntimeError("at once")


async def breaks_after_its_page(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse("sorry", 500)(scope, receive, send)
    raise RuntimeError("after its page")


async def ask(app: ASGIApp, **options: object) -> httpx.Response:
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        return await client.post("/", **options)  # type: ignore[arg-type]


async def in_parts(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


@pytest.mark.parametrize("size", [0, LIMIT - 1, LIMIT])
async def test_a_body_up_to_the_limit_passes(size: int) -> None:
    answer = await ask(BodyLimit(echo, LIMIT), content=b"x" * size)
    assert (answer.status_code, answer.text) == (200, str(size))


@pytest.mark.parametrize("declared", [str(LIMIT + 1), "9" * 30, "-1", "many", "1.5", "+5"])
async def test_a_body_that_says_it_is_larger_is_not_read(declared: str) -> None:
    answer = await ask(BodyLimit(echo, LIMIT), content=b"x", headers={"content-length": declared})
    assert answer.status_code == 413


async def test_a_body_that_does_not_say_its_size_is_read_up_to_the_limit() -> None:
    assert (await ask(BodyLimit(echo, LIMIT), content=in_parts(b"x" * 5, b"x" * 5))).text == "10"
    assert (await ask(BodyLimit(echo, LIMIT), content=in_parts(b"x" * 5, b"x" * 6))).status_code == 413


async def test_a_body_that_is_larger_than_it_says_is_cut_off() -> None:
    answer = await ask(BodyLimit(echo, LIMIT), content=in_parts(b"x" * 50), headers={"content-length": "5"})
    assert answer.status_code == 413


@pytest.mark.parametrize(("path", "status"), [("/photos", 200), ("/words", 413), ("/photos/more", 413)])
async def test_only_a_form_with_photos_may_be_larger(path: str, status: int) -> None:
    uploads = [Route("/photos", fine, methods=["POST"])]
    app = BodyLimit(echo, LIMIT, uploads=uploads)
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        assert (await client.post(path, content=b"x" * (LIMIT + 1))).status_code == status
        most = {"content-length": str(limits.PHOTOS_FORM_BYTES + 1)}
        assert (await client.post(path, content=b"x", headers=most)).status_code == 413
        assert (await client.put("/photos", content=b"x" * (LIMIT + 1))).status_code == 413


async def test_every_answer_carries_the_headers_unless_it_has_its_own() -> None:
    answer = await ask(SecurityHeaders(fine, secure=False))
    for name, value in SECURITY_HEADERS.items():
        assert answer.headers[name] == value
    assert answer.headers["cache-control"] == "private, no-store"
    assert "strict-transport-security" not in answer.headers

    async def kept(scope: Scope, receive: Receive, send: Send) -> None:
        await PlainTextResponse("x", headers={"cache-control": "public"})(scope, receive, send)

    assert (await ask(SecurityHeaders(kept, secure=True))).headers["cache-control"] == "public"
    assert "max-age" in (await ask(SecurityHeaders(kept, secure=True))).headers["strict-transport-security"]


async def test_no_two_requests_have_one_id() -> None:
    app = RequestId(fine)
    assert len({(await ask(app)).headers["x-request-id"] for _ in range(20)}) == 20


async def test_the_log_says_what_was_answered_and_never_the_path(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="hub.web.edge"):
        await ask(RequestId(fine))
    (record,) = caplog.records
    assert record.getMessage() == "answered"
    assert (record.method, record.status, record.route) == ("POST", 200, "?")  # type: ignore[attr-defined]


async def test_what_breaks_after_its_page_was_sent_is_logged_and_goes_no_further(
    caplog: pytest.LogCaptureFixture,
) -> None:
    answer = await ask(RequestId(breaks_after_its_page))
    assert answer.status_code == 500
    (record,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert record.exc_info is not None
    assert "after its page" in str(record.exc_info[1])


async def test_what_breaks_before_any_answer_is_left_to_the_server() -> None:
    with pytest.raises(RuntimeError, match="at once"):
        await ask(RequestId(breaks_at_once))
