"""The client against a hostile server: rows FET-01 to FET-19, ORG-09, DOS-11, each by its id."""

import ipaddress
import tracemalloc
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest

from federation.client import Budget, BudgetSpent, Client
from federation.errors import FetchFailed, Gone, InvalidDocument, Unreachable, Unsafe
from federation.limits import JSON_BYTES, MEDIA_BYTES, RETRY_AFTER
from federation.media_types import JRD, Accept, is_activity_type
from federation.origin import Uri, parse_uri
from tests.evilpeer import NEIGHBOUR, PEER, EvilPeer, answers
from tests.unit.federation.conftest import SHORT, NewClient

ACTOR = {"id": "https://evil.example/actor", "type": "Person"}
PICTURE = Accept("image/png", lambda content_type: content_type == "image/png")


class Signer:
    """Signs with a word, and remembers what it was asked to sign."""

    def __init__(self) -> None:
        self.signed: list[tuple[str, str, str]] = []

    async def __call__(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes
    ) -> Mapping[str, str]:
        self.signed.append((method, url, headers["host"]))
        return {"signature": f"for {url}"}


async def test_a_document_is_fetched(client: Client, peer: EvilPeer) -> None:
    peer.on("/actor", answers.document(ACTOR))
    fetched = await client.get_json(peer.uri("/actor"))
    assert fetched.document == ACTOR
    assert fetched.uri == peer.uri("/actor")
    assert fetched.content_type == "application/activity+json"


async def test_the_request_says_who_asks_and_carries_nothing_else(client: Client, peer: EvilPeer) -> None:
    peer.on("/actor", answers.body(b"{}", headers=[("Set-Cookie", "a=b")]))
    await client.get_json(peer.uri("/actor"))
    assert (await client.get_json(peer.uri("/actor#main-key"))).uri == peer.uri("/actor")
    assert peer.requests[0].headers == {
        "accept": 'application/activity+json, application/ld+json; profile="https://www.w3.org/ns/activitystreams"',
        "accept-encoding": "gzip",
        "host": peer.uri("/").netloc,
        "user-agent": "Lavoir/1.2.3 (+https://hub.example/)",
    }
    assert peer.requests[1] == peer.requests[0]


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "identity"])
async def test_a_compressed_answer_is_unpacked(client: Client, peer: EvilPeer, encoding: str) -> None:
    peer.on("/actor", answers.packed(b'{"a": "b"}', encoding))
    assert (await client.get_json(peer.uri("/actor"))).document == {"a": "b"}


async def test_plain_http_reaches_a_peer_network(client: Client, peer: EvilPeer) -> None:
    peer.on("/actor", answers.document(ACTOR))
    assert (await client.get_json(peer.uri("/actor", listener="plain"))).document == ACTOR


async def test_a_post_is_sent_as_it_was_signed(client: Client, peer: EvilPeer) -> None:
    peer.on("/inbox", answers.status(202))
    answer = await client.post(peer.uri("/inbox"), b'{"a":1}', {"Content-Type": "x/y", "Signature": "s"})
    assert answer.status == 202
    [received] = peer.asked("/inbox")
    assert (received.method, received.body) == ("POST", b'{"a":1}')
    assert (received.headers["content-type"], received.headers["signature"]) == ("x/y", "s")


async def test_the_signer_is_asked_with_what_goes_over_the_wire(client: Client, peer: EvilPeer) -> None:
    peer.on("/actor?page=%2Fx", answers.document(ACTOR))
    sign, uri = Signer(), peer.uri("/actor?page=%2Fx")
    await client.get_json(uri, sign=sign)
    assert sign.signed == [("GET", str(uri), uri.netloc)]
    [received] = peer.requests
    assert received.headers["signature"] == f"for {uri}"
    assert received.path == "/actor?page=%2Fx"


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
async def test_a_redirect_is_followed_to_where_the_document_is(
    client: Client, peer: EvilPeer, code: int
) -> None:
    peer.on("/old", answers.redirect("new?x=1#here", code=code))
    peer.on("/new?x=1", answers.document(ACTOR))
    assert (await client.get_json(peer.uri("/old"))).uri == peer.uri("/new?x=1")


def chain(peer: EvilPeer, hops: int) -> Uri:
    for number in range(hops):
        peer.on(f"/{number}", answers.redirect(f"/{number + 1}"))
    peer.on(f"/{hops}", answers.document(ACTOR))
    return peer.uri("/0")


async def test_fet_09_three_redirects_are_followed_and_no_fourth(client: Client, peer: EvilPeer) -> None:
    assert (await client.get_json(chain(peer, 3))).document == ACTOR
    peer.requests.clear()
    with pytest.raises(Unsafe):
        await client.get_json(chain(peer, 4))
    assert [request.path for request in peer.requests] == ["/0", "/1", "/2", "/3"]


async def test_fet_09_a_redirect_in_a_circle_is_left_at_once(client: Client, peer: EvilPeer) -> None:
    peer.on("/self", answers.redirect("/self"))
    peer.on("/a", answers.redirect("/b"))
    peer.on("/b", answers.redirect("/a#again"))
    for path in ("/self", "/a"):
        with pytest.raises(Unsafe):
            await client.get_json(peer.uri(path))
    assert [request.path for request in peer.requests] == ["/self", "/a", "/b"]


@pytest.mark.parametrize(
    "location",
    [
        f"https://{NEIGHBOUR}/",
        f"https://{NEIGHBOUR}:8443/",
        "http://127.0.0.1/",
        "https://169.254.169.254/latest",
        "http://evil.example/",
        "ftp://evil.example/",
        "file:///etc/passwd",
        "https://2130706433/",
        "//127.1/x",
        "https://user@evil.example/",
        "javascript:alert(1)",
        "",
        "https://[::1",
        "/a b",
        "/%0d%0aX: y",
        "\\\\evil",
    ],
)
async def test_fet_01_18_a_redirect_is_read_and_checked_like_any_uri(
    client: Client, peer: EvilPeer, location: str
) -> None:
    peer.on("/actor", answers.redirect(location))
    with pytest.raises(Unsafe):
        await client.get_json(peer.uri("/actor"))
    assert [request.path for request in peer.requests] == ["/actor"]


async def test_a_redirect_that_leads_two_ways_is_refused(client: Client, peer: EvilPeer) -> None:
    peer.on("/actor", answers.body(b"", status=302, headers=[("Location", "/a"), ("Location", "/b")]))
    with pytest.raises(Unsafe):
        await client.get_json(peer.uri("/actor"))


async def test_fet_19_the_signature_is_made_anew_for_the_same_origin(client: Client, peer: EvilPeer) -> None:
    peer.on("/old", answers.redirect("/new"))
    peer.on("/new", answers.document(ACTOR))
    await client.get_json(peer.uri("/old"), sign=Signer())
    assert [request.headers["signature"] for request in peer.requests] == [
        f"for {peer.uri('/old')}",
        f"for {peer.uri('/new')}",
    ]


async def test_fet_19_another_origin_gets_a_signature_of_its_own_and_no_cookie(
    client: Client, peer: EvilPeer
) -> None:
    apex = peer.uri("/new", host="village.example")
    peer.on("/old", answers.body(b"", status=302, headers=[("Location", str(apex)), ("Set-Cookie", "a=b")]))
    peer.on("/new", answers.document(ACTOR))
    sign = Signer()
    await client.get_json(peer.uri("/old"), sign=sign)
    assert sign.signed[1] == ("GET", str(apex), apex.netloc)
    [received] = peer.asked("/new")
    assert (received.host, received.headers["signature"]) == ("village.example", f"for {apex}")
    assert not {"cookie", "authorization", "referer"} & received.headers.keys()


async def test_fet_09_a_post_follows_no_redirect(client: Client, peer: EvilPeer) -> None:
    peer.on("/inbox", answers.redirect("/other", code=307))
    assert (await client.post(peer.uri("/inbox"), b"{}", {})).status == 307
    assert [request.path for request in peer.requests] == ["/inbox"]


@pytest.mark.slow
@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(answers.endless(b" ", pause=0.05), id="FET-14 a byte at a time"),
        pytest.param(answers.silence(), id="FET-15 nothing"),
        pytest.param(answers.endless_headers(b"X", pause=0.05), id="FET-15 one header a byte at a time"),
        pytest.param(answers.endless_early_hints(pause=0.01), id="FET-15 interim answers"),
    ],
)
async def test_fet_14_15_a_slow_answer_is_given_up(
    new_client: NewClient, peer: EvilPeer, answer: answers.Answer
) -> None:
    peer.on("/slow", answer)
    async with new_client(bounds=SHORT) as client:
        with pytest.raises(Unreachable):
            await client.get_json(peer.uri("/slow"))


@pytest.mark.slow
async def test_fet_15_a_server_that_never_starts_tls_is_given_up(
    new_client: NewClient, peer: EvilPeer
) -> None:
    async with new_client(bounds=SHORT) as client:
        with pytest.raises(Unreachable):
            await client.get_json(peer.uri("/actor", listener="silent"))
        with pytest.raises(Unreachable):
            await client.post(peer.uri("/inbox", listener="silent"), b"{}", {})


@pytest.mark.slow
async def test_fet_14_the_time_of_redirects_is_counted_together(
    new_client: NewClient, peer: EvilPeer
) -> None:
    for number in range(3):
        peer.on(f"/{number}", answers.after(0.4, answers.redirect(f"/{number + 1}")))
    async with new_client(bounds=SHORT) as client:
        with pytest.raises(Unreachable, match="timed out"):
            await client.get_json(peer.uri("/0"))


@pytest.mark.parametrize("line", [b"X-More: and more\r\n", b"X: " + b"x" * 8_000 + b"\r\n", b"x" * 8_192])
async def test_fet_15_headers_without_end_are_refused(client: Client, peer: EvilPeer, line: bytes) -> None:
    peer.on("/actor", answers.endless_headers(line))
    with pytest.raises(Unsafe):
        await client.get_json(peer.uri("/actor"))


async def test_fet_16_a_body_without_end_is_left_at_the_limit(client: Client, peer: EvilPeer) -> None:
    peer.on("/actor", answers.endless())
    with pytest.raises(Unsafe):
        await client.get_json(peer.uri("/actor"))


async def test_fet_16_a_document_is_read_up_to_its_limit(client: Client, peer: EvilPeer) -> None:
    peer.on("/at-limit", answers.body(b'{"a":1' + b" " * (JSON_BYTES - 7) + b"}"))
    peer.on("/beyond", answers.body(b'{"a":1' + b" " * (JSON_BYTES - 6) + b"}"))
    assert (await client.get_json(peer.uri("/at-limit"))).document == {"a": 1}
    with pytest.raises(Unsafe):
        await client.get_json(peer.uri("/beyond"))


async def test_fet_16_a_picture_has_a_limit_of_its_own(client: Client, peer: EvilPeer) -> None:
    peer.on("/at-limit", answers.body(bytes(MEDIA_BYTES), kind="image/png"))
    peer.on("/beyond", answers.body(bytes(MEDIA_BYTES + 1), kind="image/png"))
    picture = await client.get_bytes(peer.uri("/at-limit"), accept=PICTURE)
    assert len(picture.body) == MEDIA_BYTES
    with pytest.raises(Unsafe):
        await client.get_bytes(peer.uri("/beyond"), accept=PICTURE)


@pytest.mark.slow
@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
async def test_fet_17_a_bomb_is_left_at_the_limit(client: Client, peer: EvilPeer, encoding: str) -> None:
    answer = answers.bomb(encoding)
    peer.on("/bomb", answer)
    tracemalloc.start()
    with pytest.raises(Unsafe):
        await client.get_json(peer.uri("/bomb"))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 16 * answers.MEBIBYTE


@pytest.mark.parametrize("encoding", ["gzip, gzip", "br", "zstd", "compress", "x"])
async def test_fet_17_an_unknown_or_nested_compression_is_refused(
    client: Client, peer: EvilPeer, encoding: str
) -> None:
    peer.on("/bomb", answers.packed(b"{}", encoding))
    with pytest.raises((Unsafe, InvalidDocument)):
        await client.get_json(peer.uri("/bomb"))


async def test_fet_17_two_headers_of_compression_are_refused(client: Client, peer: EvilPeer) -> None:
    twice = [("Content-Encoding", "gzip"), ("Content-Encoding", "gzip")]
    peer.on("/bomb", answers.body(b"{}", headers=twice))
    with pytest.raises((Unsafe, InvalidDocument)):
        await client.get_json(peer.uri("/bomb"))


async def test_dos_11_one_message_causes_so_many_requests_and_no_more(client: Client, peer: EvilPeer) -> None:
    budget = Budget(3)
    await client.get_json(chain(peer, 1), budget=budget)
    with pytest.raises(BudgetSpent):
        await client.get_json(chain(peer, 1), budget=budget)
    assert len(peer.requests) == 3


@pytest.mark.parametrize(
    ("content_type", "taken"),
    [
        ("application/activity+json", True),
        ("application/activity+json; charset=utf-8", True),
        ("Application/Activity+JSON;charset=UTF-8", True),
        ('application/ld+json; profile="https://www.w3.org/ns/activitystreams"', True),
        ('application/ld+json;profile="https://www.w3.org/ns/activitystreams";charset=utf-8', True),
        (
            'application/ld+json; charset=utf-8; profile="https://w3id.org/x https://www.w3.org/ns/activitystreams"',
            True,
        ),
        ("application/ld+json", False),
        ('application/ld+json; profile="https://evil.example/"', False),
        ('application/ld+json; profile="x"; profile="https://www.w3.org/ns/activitystreams"', False),
        ('application/ld+json; x="; profile=https://www.w3.org/ns/activitystreams', False),
        ('application/ld+json; profile="https://www.w3.org/ns/activitystreams', False),
        ("application/json", False),
        ("text/plain", False),
        ("text/html", False),
        ("application/octet-stream", False),
        ("text/plain; application/activity+json", False),
        ("application/activity+json, text/html", False),
        ("application/activity+jsonx", False),
        ("", False),
    ],
)
async def test_org_09_only_the_types_of_activitypub_are_documents(
    client: Client, peer: EvilPeer, content_type: str, taken: bool
) -> None:
    assert is_activity_type(content_type) is taken
    peer.on("/actor", answers.document(ACTOR, kind=content_type or None))
    if taken:
        await client.get_json(peer.uri("/actor"))
    else:
        with pytest.raises(InvalidDocument):
            await client.get_json(peer.uri("/actor"))


async def test_org_09_an_answer_of_two_types_is_refused(client: Client, peer: EvilPeer) -> None:
    peer.on("/actor", answers.body(b"{}", headers=[("Content-Type", "text/html")]))
    with pytest.raises((InvalidDocument, Unsafe)):
        await client.get_json(peer.uri("/actor"))


async def test_a_webfinger_answer_may_be_of_any_type(client: Client, peer: EvilPeer) -> None:
    peer.on("/jrd", answers.document({"subject": "x"}, kind="text/plain"))
    assert (await client.get_json(peer.uri("/jrd"), accept=JRD)).document == {"subject": "x"}
    assert peer.requests[0].headers["accept"] == "application/jrd+json, application/json"


@pytest.mark.parametrize("body", [b"", b"[]", b'"x"', b"<html>", b'{"a": NaN}', b'{"a":' * 100_000, b"\xff"])
async def test_dos_02_03_a_body_that_is_no_document_is_refused(
    client: Client, peer: EvilPeer, body: bytes
) -> None:
    peer.on("/actor", answers.body(body))
    with pytest.raises(InvalidDocument):
        await client.get_json(peer.uri("/actor"))


@pytest.mark.parametrize("code", [404, 410])
async def test_what_is_not_there_is_gone(client: Client, peer: EvilPeer, code: int) -> None:
    peer.on("/actor", answers.status(code))
    with pytest.raises(Gone) as caught:
        await client.get_json(peer.uri("/actor"))
    assert caught.value.remote_status == code
    assert caught.value.uri == str(peer.uri("/actor"))


@pytest.mark.parametrize("code", [408, 429, 500, 502, 503, 504, 599])
async def test_a_server_in_trouble_is_asked_again_later(client: Client, peer: EvilPeer, code: int) -> None:
    peer.on("/actor", answers.status(code))
    with pytest.raises(Unreachable) as caught:
        await client.get_json(peer.uri("/actor"))
    assert (caught.value.remote_status, caught.value.retry_after) == (code, None)


@pytest.mark.parametrize("code", [201, 204, 300, 304, 400, 401, 403, 406, 418, 451])
async def test_any_other_status_is_a_failure_of_no_kind(client: Client, peer: EvilPeer, code: int) -> None:
    peer.on("/actor", answers.status(code))
    with pytest.raises(FetchFailed) as caught:
        await client.get_json(peer.uri("/actor"))
    assert type(caught.value) is FetchFailed
    assert caught.value.remote_status == code


NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "wish"),
    [
        ("120", NOW + timedelta(seconds=120)),
        ("Mon, 23 Nov 2026 13:00:00 GMT", NOW + timedelta(hours=1)),
        ("Mon, 23 Nov 2026 13:00:00 -0000", NOW + timedelta(hours=1)),
        ("99999999", NOW + RETRY_AFTER),
        ("Fri, 23 Nov 2096 13:00:00 GMT", NOW + RETRY_AFTER),
        ("Mon, 23 Nov 2026 11:00:00 GMT", None),
        ("0", None),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("9" * 30, None),
        ("9" * 5_000, None),
        ("", None),
    ],
)
async def test_the_wish_to_wait_is_read_and_bounded(
    peer: EvilPeer, written: str, wish: datetime | None
) -> None:
    peer.on("/busy", answers.status(429, retry_after=written))
    networks = [ipaddress.ip_network(PEER)]
    async with Client("https://hub.example", version="1", peer_networks=networks, now=lambda: NOW) as client:
        uri = peer.uri("/busy", listener="plain")
        with pytest.raises(Unreachable) as caught:
            await client.get_json(uri)
        answer = await client.post(uri, b"{}", {})
    assert caught.value.retry_after == wish
    assert (answer.status, answer.retry_after) == (429, wish)


async def test_a_post_answers_with_any_status(client: Client, peer: EvilPeer) -> None:
    for code in (200, 202, 204, 301, 400, 401, 403, 404, 410, 500, 503):
        peer.on("/inbox", answers.status(code))
        assert (await client.post(peer.uri("/inbox"), b"{}", {})).status == code


@pytest.mark.parametrize("listener", ["expired", "of_another_host", "self_made"])
async def test_a_certificate_that_proves_nothing_is_refused(
    client: Client, peer: EvilPeer, listener: str
) -> None:
    peer.on("/actor", answers.document(ACTOR))
    with pytest.raises(Unreachable):
        await client.get_json(peer.uri("/actor", listener=listener))
    assert peer.requests == []


async def test_an_authority_that_nobody_named_is_not_trusted(peer: EvilPeer) -> None:
    networks = [ipaddress.ip_network(PEER)]
    async with Client("https://hub.example", version="1", peer_networks=networks) as client:
        with pytest.raises(Unreachable):
            await client.get_json(peer.uri("/actor"))
    assert peer.requests == []


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        (answers.reset(), Unreachable),
        (answers.raw(b""), Unreachable),
        (
            answers.raw(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/activity+json\r\nContent-Length: 9\r\n\r\n{}"
            ),
            Unreachable,
        ),
        (answers.raw(b"SSH-2.0-OpenSSH_9.2\r\n"), Unsafe),
        (answers.raw(b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"), Unsafe),
        (answers.body(b"not packed", headers=[("Content-Encoding", "gzip")]), Unreachable),
    ],
)
async def test_a_connection_that_breaks_or_is_not_http_is_a_failed_fetch(
    client: Client, peer: EvilPeer, answer: answers.Answer, failure: type[FetchFailed]
) -> None:
    peer.on("/actor", answer)
    with pytest.raises(failure):
        await client.get_json(peer.uri("/actor"))


async def test_a_name_that_does_not_exist_is_unreachable(client: Client) -> None:
    with pytest.raises(Unreachable):
        await client.get_json(parse_uri("https://nowhere.example/"))


async def test_a_port_where_nobody_listens_is_unreachable(client: Client, peer: EvilPeer) -> None:
    with pytest.raises(Unreachable):
        await client.get_json(parse_uri(f"https://{PEER}:1/"))


async def test_the_environment_names_no_proxy(
    new_client: NewClient, peer: EvilPeer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, f"http://{NEIGHBOUR}:9/")
    peer.on("/actor", answers.document(ACTOR))
    async with new_client() as client:
        assert (await client.get_json(peer.uri("/actor"))).document == ACTOR
        assert (await client.get_json(peer.uri("/actor", listener="plain"))).document == ACTOR
