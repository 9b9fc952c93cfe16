"""Requests that two servers might read in two ways: OPS-08. Bytes on a socket, as no library sends them."""

import socket

import pytest

from tests.attacks.village import Village
from tests.waiting import wait_until

ENGINES = ("sqlite",)  # a request ends or is read before anything asks the database

SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"


def talk(village: Village, sent: bytes) -> bytes:
    """Everything that the server answers until it closes the connection or falls silent after it spoke."""
    received = b""
    with socket.create_connection(("127.0.0.1", village.site.port), timeout=10) as connection:
        connection.sendall(sent)
        try:
            while part := connection.recv(65536):
                received += part
                connection.settimeout(0.5)
        except TimeoutError:
            pass
    return received


def statuses(received: bytes) -> list[int]:
    """Of each answer in there."""
    return [int(part[:3]) for part in received.split(b"HTTP/1.1 ")[1:]]


def post(*headers: str, body: bytes = b"") -> bytes:
    lines = ["POST /sign-in HTTP/1.1", "Host: localhost", *headers, "", ""]
    return "\r\n".join(lines).encode("latin-1") + body


CHUNKED = "Transfer-Encoding: chunked"
REFUSED = {
    "length-and-chunks": post("Content-Length: 4", CHUNKED, body=b"0\r\n\r\n" + SMUGGLED),
    "chunks-and-length": post(CHUNKED, "Content-Length: 47", body=b"0\r\n\r\n" + SMUGGLED),
    "two-lengths": post("Content-Length: 0", "Content-Length: 44", body=SMUGGLED),
    "list-of-lengths": post("Content-Length: 0, 44", body=SMUGGLED),
    "negative-length": post("Content-Length: -1", body=SMUGGLED),
    "plus-length": post("Content-Length: +44", body=SMUGGLED),
    "hex-length": post("Content-Length: 0x2c", body=SMUGGLED),
    "huge-length": post(f"Content-Length: {'9' * 30}", body=SMUGGLED),
    "word-length": post("Content-Length: many", body=SMUGGLED),
    "bad-chunk-size": post(CHUNKED, body=b"zz\r\nx\r\n0\r\n\r\n" + SMUGGLED),
    "negative-chunk": post(CHUNKED, body=b"-1\r\nx\r\n0\r\n\r\n" + SMUGGLED),
    "huge-chunk": post(CHUNKED, body=b"f" * 40 + b"\r\nx\r\n0\r\n\r\n" + SMUGGLED),
    "chunk-without-end": post(CHUNKED, body=b"1\r\nxx\r\n0\r\n\r\n" + SMUGGLED),
    "other-coding": post("Transfer-Encoding: xchunked", body=SMUGGLED),
    "coding-after-chunked": post("Transfer-Encoding: chunked, identity", body=b"0\r\n\r\n" + SMUGGLED),
    "folded-header": post("X-Long: one", " two", "Content-Length: 0"),
    "folded-coding": post("Transfer-Encoding:", " chunked", body=b"0\r\n\r\n" + SMUGGLED),
    "space-before-colon": post("Content-Length : 44", body=SMUGGLED),
    "coding-with-space": post("Transfer-Encoding : chunked", body=b"0\r\n\r\n" + SMUGGLED),
    "nul-in-header": post("X-Nul: a\0b", "Content-Length: 0"),
    "bare-return-in-header": post("X-Cr: a\rb", "Content-Length: 0"),
    "no-such-version": b"GET / HTTP/9.9\r\nHost: localhost\r\n\r\n",
    "no-method": b" / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "space-in-path": b"GET /a b HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "no-http": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(60) + b"\r\n\r\n",
}


@pytest.mark.parametrize("sent", REFUSED.values(), ids=REFUSED)
def test_ops_08_what_can_be_read_in_two_ways_is_refused(village: Village, sent: bytes) -> None:
    received = talk(village, sent)
    assert statuses(received) == [400], received
    assert village.site.health() == 200


def test_ops_08_a_body_that_belongs_to_a_request_is_no_other_request(village: Village) -> None:
    for sent in (
        post(f"Content-Length: {len(SMUGGLED)}", body=SMUGGLED),
        post(CHUNKED, body=b"%x\r\n%b\r\n0\r\n\r\n" % (len(SMUGGLED), SMUGGLED)),
        post(f"Content-Length: {len(SMUGGLED)}", body=SMUGGLED).replace(b"POST", b"GET"),
    ):
        assert len(statuses(talk(village, sent))) == 1


def test_ops_08_two_requests_on_one_connection_get_two_answers_in_order(village: Village) -> None:
    found = SMUGGLED.replace(b"/smuggled", b"/robots.txt")
    assert statuses(talk(village, found + SMUGGLED)) == [200, 404]


@pytest.mark.parametrize("connection", ["", "Connection: keep-alive\r\n", "Connection: close\r\n"])
def test_ops_08_an_old_client_gets_one_answer_for_each_request(village: Village, connection: str) -> None:
    old = f"GET /robots.txt HTTP/1.0\r\nHost: localhost\r\n{connection}\r\n".encode()
    answers = statuses(talk(village, old))
    assert answers == [200]
    again = talk(village, old + old)
    assert statuses(again) in ([200], [200, 200])
    assert again.count(b"User-agent") == len(statuses(again))


def test_ops_08_after_a_refused_body_the_connection_carries_no_other_request(village: Village) -> None:
    """413 leaves bytes unread: they must not be taken for a request."""
    body, kind = SMUGGLED * 4000, "Content-Type: application/x-www-form-urlencoded"
    assert statuses(talk(village, post(f"Content-Length: {len(body)}", kind, body=body))) == [403]
    body = SMUGGLED * 50_000
    assert statuses(talk(village, post(f"Content-Length: {len(body)}", kind, body=body))) == [413]


@pytest.mark.parametrize(
    "head",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: \r\n\r\n",
        b"GET http://evil.example/ HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Big: " + b"x" * 200_000 + b"\r\n\r\n",
        b"GET /" + b"x" * 200_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
    ],
    ids=lambda head: head[:60].decode().replace("\r\n", " "),
)
def test_ops_08_odd_requests_break_nothing(village: Village, head: bytes) -> None:
    received = talk(village, head)
    assert b"evil.example" not in received.partition(b"\r\n\r\n")[0]
    assert all(status < 500 for status in statuses(received)), received[:200]
    assert village.site.health() == 200


def test_who_asks_for_a_websocket_has_the_operator_install_nothing(village: Village) -> None:
    wanted = "Connection: upgrade", "Upgrade: websocket", f"Host: localhost:{village.site.port}"
    asked = "\r\n".join(["GET /language HTTP/1.1", *wanted, "", ""])
    assert statuses(talk(village, asked.encode())) == [200]
    wait_until(lambda: "route=/language" in village.log)
    assert "Unsupported upgrade" in village.log
    assert "install" not in village.log
