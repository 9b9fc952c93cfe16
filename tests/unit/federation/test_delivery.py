"""One post to one inbox: what other servers answer, and what we make of it."""

from datetime import UTC, datetime

import pytest

from federation.client import Client
from federation.delivery import Outcome, Parcel, deliver
from federation.origin import parse_uri
from federation.signatures import PrivateKey, PublicKey, Scheme, SignedRequest, read_signature
from federation.signatures.keys import generate_ed25519, generate_rsa
from tests.evilpeer import EvilPeer, answers

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
KEY = PrivateKey("https://hub.example/a/commune#main-key", generate_rsa())
PARCEL = Parcel.pack(
    {"id": "https://hub.example/o/1/create", "type": "Create", "actor": "https://hub.example/a/commune"}
)


async def send(client: Client, peer: EvilPeer, *, scheme: Scheme = Scheme.CAVAGE):
    return await deliver(client, str(peer.uri("/inbox")), PARCEL, key=KEY, scheme=scheme, now=NOW)


@pytest.mark.parametrize("scheme", list(Scheme))
async def test_the_other_server_can_verify_what_it_gets(
    client: Client, peer: EvilPeer, scheme: Scheme
) -> None:
    peer.on("/inbox", answers.status(202))
    sent = await send(client, peer, scheme=scheme)
    assert (sent.outcome, sent.scheme) == (Outcome.DELIVERED, scheme)
    [got] = peer.asked("/inbox")
    headers = tuple((name.lower(), value) for name, value in got.headers.items())
    request = SignedRequest("POST", str(peer.uri("/inbox")), headers, got.body)
    public = PublicKey(KEY.id, "https://hub.example/a/commune", KEY.key.public_key())
    read_signature(request).verify(public, NOW)


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, Outcome.DELIVERED),
        (202, Outcome.DELIVERED),
        (301, Outcome.MOVED),
        (308, Outcome.MOVED),
        (404, Outcome.GONE),
        (405, Outcome.REFUSED),
        (408, Outcome.RETRY),
        (410, Outcome.GONE),
        (422, Outcome.REFUSED),
        (429, Outcome.RETRY),
        (500, Outcome.RETRY),
        (501, Outcome.REFUSED),
        (503, Outcome.RETRY),
    ],
)
async def test_flt_14_to_18_each_answer_has_one_meaning(
    client: Client, peer: EvilPeer, status: int, outcome: Outcome
) -> None:
    peer.on("/inbox", answers.status(status))
    assert (await send(client, peer)).outcome is outcome
    assert len(peer.asked("/inbox")) == 1


@pytest.mark.parametrize("status", [200, 301, 400, 401, 403, 404, 410, 422, 500, 501])
async def test_a_host_that_answers_about_this_post_is_well(
    client: Client, peer: EvilPeer, status: int
) -> None:
    peer.on("/inbox", answers.status(status))
    assert (await send(client, peer)).host_is_well


@pytest.mark.parametrize("status", [408, 425, 429, 502, 503, 504, None])
async def test_flt_16_17_a_host_that_cannot_answer_now_is_not(
    client: Client, peer: EvilPeer, status: int | None
) -> None:
    peer.on("/inbox", answers.reset() if status is None else answers.status(status))
    sent = await send(client, peer)
    assert (sent.outcome, sent.host_is_well) == (Outcome.RETRY, False)


def test_a_parcel_is_packed_and_measured_once_for_all() -> None:
    parcel = Parcel.pack({"name": "Lavoir à deux", "@context": []})
    assert parcel.body == '{"name":"Lavoir à deux","@context":[]}'.encode()
    assert parcel.sha256 is parcel.sha256


@pytest.mark.parametrize("status", [400, 401, 403])
async def test_flt_15_the_other_kind_of_signature_is_tried_once(
    client: Client, peer: EvilPeer, status: int
) -> None:
    peer.on("/inbox", answers.in_turn(answers.status(status), answers.status(202)))
    sent = await send(client, peer)
    assert (sent.outcome, sent.scheme) == (Outcome.DELIVERED, Scheme.RFC9421)
    assert ["signature-input" in {name.lower() for name in got.headers} for got in peer.asked("/inbox")] == [
        False,
        True,
    ]


@pytest.mark.parametrize(
    ("status", "outcome"), [(400, Outcome.REFUSED), (401, Outcome.RETRY), (403, Outcome.REFUSED)]
)
async def test_flt_15_what_is_refused_twice_is_not_tried_a_third_time(
    client: Client, peer: EvilPeer, status: int, outcome: Outcome
) -> None:
    peer.on("/inbox", answers.status(status))
    sent = await send(client, peer)
    assert (sent.outcome, sent.scheme, len(peer.asked("/inbox"))) == (outcome, Scheme.CAVAGE, 2)


async def test_a_name_that_points_inside_today_is_tried_again(client: Client, peer: EvilPeer) -> None:
    peer.names.lead("evil.example", "10.0.0.1")
    inbox = str(peer.uri("/inbox", host="evil.example"))
    sent = await deliver(client, inbox, PARCEL, key=KEY, scheme=Scheme.CAVAGE, now=NOW)
    assert sent.outcome is Outcome.RETRY


async def test_an_ed25519_key_signs_in_the_one_way_that_it_can(client: Client, peer: EvilPeer) -> None:
    peer.on("/inbox", answers.status(401))
    key = PrivateKey("https://hub.example/a/commune#ed25519-key", generate_ed25519())
    sent = await deliver(client, str(peer.uri("/inbox")), PARCEL, key=key, scheme=Scheme.CAVAGE, now=NOW)
    assert (sent.scheme, len(peer.asked("/inbox"))) == (Scheme.RFC9421, 1)


async def test_flt_16_the_wish_to_wait_is_passed_on(client: Client, peer: EvilPeer) -> None:
    peer.on("/inbox", answers.status(429, retry_after="120"))
    sent = await send(client, peer)
    assert sent.outcome is Outcome.RETRY
    assert sent.retry_after is not None


async def test_flt_17_a_connection_that_breaks_is_tried_later(client: Client, peer: EvilPeer) -> None:
    peer.on("/inbox", answers.reset())
    assert (await send(client, peer)).outcome is Outcome.RETRY


async def test_fet_01_an_inbox_inside_is_never_posted_to(client: Client, peer: EvilPeer) -> None:
    inside = str(parse_uri("https://169.254.169.254/inbox"))
    sent = await deliver(client, inside, PARCEL, key=KEY, scheme=Scheme.CAVAGE, now=NOW)
    assert sent.outcome is Outcome.REFUSED
    assert peer.asked() == []
