"""The gate: what comes in, what stays outside, and what nobody is asked about."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from federation.client import Client
from federation.documents import parse_activity
from federation.errors import FederationError, Forbidden, InvalidDocument, NotAuthentic, Refused, Unreachable
from federation.inbox import Gate, find_handler
from federation.limits import KEY_FETCHES_OF_STRANGERS
from federation.resolver import Resolver
from federation.signatures import PublicKey, Scheme, SignedRequest, add_proof, sign
from federation.signatures.keys import generate_rsa
from tests.evilpeer import PEER, EvilPeer, answers
from tests.unit.federation.memory import COMMUNE, MemoryLocal
from tests.unit.federation.someone import INBOX, NOW, OTHER_RSA, Someone


def know(local: MemoryLocal, someone: Someone) -> None:
    local.keys[someone.key.id] = PublicKey(someone.key.id, someone.uri, someone.key.key.public_key())
    local.owners[someone.uri] = someone.document


@pytest.mark.parametrize("scheme", list(Scheme))
async def test_a_signed_post_is_stored_and_its_key_remembered(
    gate: Gate, local: MemoryLocal, alice: Someone, peer: EvilPeer, scheme: Scheme
) -> None:
    await gate.receive(alice.post(alice.activity(), scheme=scheme), now=NOW)
    await gate.receive(alice.post(alice.activity(id=f"{alice.uri}/activities/2"), scheme=scheme), now=NOW)
    assert [received.signer for received in local.accepted.values()] == [alice.uri, alice.uri]
    assert len(peer.asked("/a/alice")) == 1


async def test_sig_01_what_nobody_signed_is_refused_and_nobody_is_asked(
    gate: Gate, local: MemoryLocal, alice: Someone, peer: EvilPeer
) -> None:
    body = json.dumps(alice.activity()).encode()
    with pytest.raises(NotAuthentic):
        await gate.receive(SignedRequest("POST", INBOX, (), body), now=NOW)
    assert (local.accepted, peer.asked()) == ({}, [])


async def test_sig_03_the_key_of_a_neighbour_on_the_same_host_does_not_count(
    gate: Gate, local: MemoryLocal, alice: Someone, peer: EvilPeer
) -> None:
    bob = Someone(peer, "bob", key=OTHER_RSA)
    peer.on("/a/bob", answers.document(bob.document))
    with pytest.raises(Refused):
        await gate.receive(bob.post(alice.activity()), now=NOW)
    assert local.accepted == {}


async def test_sig_13_the_same_post_twice_is_one_thing(
    gate: Gate, local: MemoryLocal, alice: Someone
) -> None:
    request = alice.post(alice.activity())
    await gate.receive(request, now=NOW)
    await gate.receive(request, now=NOW)
    assert len(local.accepted) == 1


async def test_inb_02_another_body_under_a_known_id_changes_nothing(
    gate: Gate, local: MemoryLocal, alice: Someone
) -> None:
    await gate.receive(alice.post(alice.activity("Follow")), now=NOW)
    await gate.receive(alice.post(alice.activity("Block")), now=NOW)
    assert [received.activity.type for received in local.accepted.values()] == ["Follow"]


async def test_sig_20_a_new_key_is_fetched_once_and_then_left_alone(
    gate: Gate, local: MemoryLocal, alice: Someone, peer: EvilPeer
) -> None:
    know(local, alice)
    alice.key = replace(alice.key, key=OTHER_RSA)
    peer.on("/a/alice", answers.document(alice.document))
    await gate.receive(alice.post(alice.activity()), now=NOW)
    assert len(local.accepted) == 1
    alice.key = replace(alice.key, key=generate_rsa())
    with pytest.raises(NotAuthentic):
        await gate.receive(alice.post(alice.activity(id=f"{alice.uri}/activities/2")), now=NOW)
    assert len(peer.asked("/a/alice")) == 1


@pytest.mark.parametrize("is_known", [False, True])
async def test_sig_20_a_forged_signature_does_not_keep_the_true_one_waiting(
    gate: Gate, local: MemoryLocal, alice: Someone, peer: EvilPeer, is_known: bool
) -> None:
    if is_known:
        know(local, alice)
        alice.key = replace(alice.key, key=OTHER_RSA)
        peer.on("/a/alice", answers.document(alice.document))
    true = alice.post(alice.activity())
    alice.key = replace(alice.key, key=generate_rsa())
    with pytest.raises(NotAuthentic):
        await gate.receive(alice.post(alice.activity(id=f"{alice.uri}/activities/2")), now=NOW)
    await gate.receive(true, now=NOW)
    assert list(local.accepted) == [f"{alice.uri}/activities/1"]
    assert len(peer.asked("/a/alice")) == 1


async def test_dos_18_the_end_of_a_stranger_asks_nobody(
    gate: Gate, local: MemoryLocal, peer: EvilPeer
) -> None:
    stranger = Someone(peer, "stranger")
    request = stranger.post(stranger.activity("Delete", object=stranger.uri))
    assert await gate.receive(request, now=NOW) is None
    assert (local.accepted, peer.asked()) == ({}, [])


async def test_fed_01_a_refused_host_is_refused_before_anything_is_fetched(
    gate: Gate, local: MemoryLocal, alice: Someone, peer: EvilPeer
) -> None:
    local.refused.add("127.0.0.5")
    with pytest.raises(Forbidden):
        await gate.receive(alice.post(alice.activity()), now=NOW)
    assert peer.asked() == []


async def test_fed_01_a_key_at_a_refused_host_helps_nobody(
    gate: Gate, local: MemoryLocal, alice: Someone, peer: EvilPeer
) -> None:
    local.refused.add("evil.example")
    alice.key = replace(alice.key, id="https://evil.example/key")
    proven = add_proof(alice.activity(), alice.proof_key, NOW)
    with pytest.raises(Forbidden):
        await gate.receive(alice.post(proven), now=NOW)
    assert peer.asked() == []


async def test_a_key_of_another_origin_is_not_even_fetched(
    gate: Gate, alice: Someone, peer: EvilPeer
) -> None:
    alice.key = replace(alice.key, id=str(peer.uri("/key", host="127.0.0.6")))
    with pytest.raises(NotAuthentic):
        await gate.receive(alice.post(alice.activity()), now=NOW)
    assert peer.asked() == []


async def test_the_first_posts_of_a_new_server_share_one_look_at_its_key(
    gate: Gate, local: MemoryLocal, alice: Someone, peer: EvilPeer
) -> None:
    posts = [alice.post(alice.activity(id=f"{alice.uri}/activities/{number}")) for number in range(4)]
    await asyncio.gather(*(gate.receive(post, now=NOW) for post in posts))
    assert (len(local.accepted), len(peer.asked("/a/alice"))) == (4, 1)


async def test_ld_07_strangers_whose_servers_are_slow_keep_nobody_waiting_whom_we_know(
    client: Client, local: MemoryLocal, alice: Someone, peer: EvilPeer
) -> None:
    async def knows(host: str) -> bool:
        return host == PEER

    gate = Gate(local, Resolver(client, is_known_host=knows))
    peer.on("/a/slow", answers.silence())
    slow = []
    for number in range(KEY_FETCHES_OF_STRANGERS):
        stranger = Someone(peer, "slow", host=f"h{number % 10}.evil.example")
        stranger.key = replace(stranger.key, id=f"{stranger.uri}#{number}")
        slow.append(asyncio.ensure_future(gate.receive(stranger.post(stranger.activity()), now=NOW)))
    while len(peer.asked("/a/slow")) < KEY_FETCHES_OF_STRANGERS:
        await asyncio.sleep(0.01)
    await gate.receive(alice.post(alice.activity()), now=NOW)
    assert len(local.accepted) == 1
    for each in slow:
        each.cancel()


async def test_who_comes_back_while_the_key_cannot_be_had_is_asked_to_wait(
    gate: Gate, alice: Someone, peer: EvilPeer
) -> None:
    peer.on("/a/alice", answers.status(503))
    for seconds in (0, 60):
        with pytest.raises(Unreachable):
            await gate.receive(alice.post(alice.activity()), now=NOW + timedelta(seconds=seconds))


async def test_a_key_that_did_not_sign_leaves_no_trace(
    gate: Gate, local: MemoryLocal, alice: Someone, peer: EvilPeer
) -> None:
    forger = Someone(peer, key=OTHER_RSA)
    with pytest.raises(NotAuthentic):
        await gate.receive(forger.post(alice.activity()), now=NOW)
    assert (local.keys, local.owners) == ({}, {})


async def test_our_own_words_sent_back_are_refused(gate: Gate, local: MemoryLocal, alice: Someone) -> None:
    ours = {"id": "https://hub.example/o/1/create", "actor": "https://hub.example/a/commune"}
    with pytest.raises(Refused):
        await gate.receive(alice.post(alice.activity("Create", **ours)), now=NOW)
    assert local.accepted == {}


async def test_an_old_proof_is_not_replayed(
    gate: Gate, local: MemoryLocal, alice: Someone, peer: EvilPeer
) -> None:
    relay = Someone(peer, "relay", key=OTHER_RSA)
    peer.on("/a/relay", answers.document(relay.document))
    old = add_proof(alice.activity(), alice.proof_key, NOW - timedelta(days=30))
    with pytest.raises(Refused):
        await gate.receive(relay.post(old), now=NOW)
    assert local.accepted == {}


Wrong = Callable[[Someone], dict[str, Any]]
WRONG: dict[str, Wrong] = {
    "org_01_a_thing_of_another_host": lambda alice: alice.activity(
        "Create", object=alice.note(id="https://victim.example/n/1")
    ),
    "org_02_a_thing_of_another_owner": lambda alice: alice.activity(
        "Create", object=alice.note(attributedTo=alice.uri + "2")
    ),
    "org_02_a_thing_of_nobody": lambda alice: alice.activity("Create", object=alice.note(attributedTo=None)),
    "org_05_a_thing_of_ours": lambda alice: alice.activity(
        "Update", object=alice.note(id="https://hub.example/o/1")
    ),
    "org_06_an_activity_of_another_host": lambda alice: alice.activity(
        id="https://victim.example/activities/1"
    ),
    "inb_05_a_forged_update_of_a_bare_uri": lambda alice: alice.activity(
        "Update", object="https://victim.example/n/1"
    ),
    "inb_15_an_undo_of_what_another_did": lambda alice: alice.activity(
        "Undo", object={"type": "Follow", "actor": alice.uri + "2", "object": "https://hub.example/a/commune"}
    ),
    "inb_19_a_move_of_somebody_else": lambda alice: alice.activity("Move", object=alice.uri + "2"),
    "inb_05_a_forged_delete": lambda alice: alice.activity(
        "Delete", object={"type": "Tombstone", "id": "https://victim.example/n/1"}
    ),
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG.keys())
async def test_what_is_not_the_senders_to_say_is_refused(
    gate: Gate, local: MemoryLocal, alice: Someone, wrong: Wrong
) -> None:
    with pytest.raises((NotAuthentic, Refused, InvalidDocument)):
        await gate.receive(alice.post(wrong(alice)), now=NOW)
    assert local.accepted == {}


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"null", b'{"type":"Follow"}', b'{"actor":{"id":5}}'])
async def test_what_cannot_be_read_is_refused_before_its_signature(
    gate: Gate, alice: Someone, peer: EvilPeer, body: bytes
) -> None:
    headers = (("content-type", "application/activity+json"),)
    request = sign(SignedRequest("POST", INBOX, headers, body), alice.key, scheme=Scheme.CAVAGE, now=NOW)
    with pytest.raises(InvalidDocument):
        await gate.receive(request, now=NOW)
    assert peer.asked() == []


async def test_a_key_that_cannot_be_had_for_now_asks_the_sender_to_come_back(
    gate: Gate, alice: Someone, peer: EvilPeer
) -> None:
    peer.on("/a/alice", answers.status(503))
    with pytest.raises(Unreachable):
        await gate.receive(alice.post(alice.activity()), now=NOW)


async def test_the_last_word_of_an_actor_whose_key_is_gone_is_kept_to_be_confirmed(
    gate: Gate, local: MemoryLocal, alice: Someone, peer: EvilPeer
) -> None:
    local.owners[alice.uri] = alice.document
    peer.on("/a/alice", answers.status(410))
    received = await gate.receive(alice.post(alice.activity("Delete", object=alice.uri)), now=NOW)
    assert received is not None
    assert (received.confirmed, list(local.accepted.values())) == (False, [received])


@pytest.mark.parametrize("status", [404, 403])
async def test_inb_14_only_a_key_that_is_gone_for_good_can_be_missing(
    gate: Gate, local: MemoryLocal, alice: Someone, peer: EvilPeer, status: int
) -> None:
    local.owners[alice.uri] = alice.document
    peer.on("/a/alice", answers.status(status))
    with pytest.raises(NotAuthentic):
        await gate.receive(alice.post(alice.activity("Delete", object=alice.uri)), now=NOW)
    assert local.accepted == {}


async def test_nothing_but_the_last_word_is_believed_of_a_key_that_is_gone(
    gate: Gate, local: MemoryLocal, alice: Someone, peer: EvilPeer
) -> None:
    local.owners[alice.uri] = alice.document
    peer.on("/a/alice", answers.status(410))
    posts = [
        alice.activity("Delete", object=f"{alice.uri}/notes/1"),
        alice.activity("Update", object=alice.document),
        alice.activity("Create", object=alice.note()),
    ]
    for activity in posts:
        with pytest.raises((NotAuthentic, Unreachable)):
            await gate.receive(alice.post(activity), now=NOW)
    elsewhere = Someone(peer)
    elsewhere.key = replace(alice.key, id=str(peer.uri("/a/alice", host="127.0.0.6")))
    with pytest.raises(NotAuthentic):
        await gate.receive(elsewhere.post(alice.activity("Delete", object=alice.uri)), now=NOW)
    assert local.accepted == {}


async def test_a_request_without_an_actor_is_of_the_one_who_signed_it(
    gate: Gate, local: MemoryLocal, alice: Someone
) -> None:
    request = alice.activity("FeatureRequest", instrument=f"{alice.uri}/collections/1")
    del request["actor"]
    await gate.receive(alice.post(request), now=NOW)
    assert [received.activity.actor for received in local.accepted.values()] == [alice.uri]


@pytest.mark.parametrize("kind", ["Follow", "Create", ["FeatureRequest", "Follow"]])
async def test_nothing_else_comes_without_an_actor(gate: Gate, alice: Someone, kind: Any) -> None:
    request = alice.activity(kind)
    del request["actor"]
    with pytest.raises(InvalidDocument):
        await gate.receive(alice.post(request), now=NOW)


async def test_org_06_a_request_without_an_actor_is_of_its_signers_origin(
    gate: Gate, local: MemoryLocal, alice: Someone
) -> None:
    request = alice.activity("FeatureRequest", id="https://victim.example/1")
    del request["actor"]
    with pytest.raises((Refused, InvalidDocument)):
        await gate.receive(alice.post(request), now=NOW)
    assert local.accepted == {}


async def test_org_12_a_name_in_another_spelling_is_nobodys(
    gate: Gate, local: MemoryLocal, alice: Someone, peer: EvilPeer
) -> None:
    odd = alice.uri.replace("https:", "HTTPS:")
    spelled = replace(alice.key, id=odd + "#main-key")
    with pytest.raises(InvalidDocument):
        await gate.receive(alice.post(alice.activity(actor=odd)), now=NOW)
    alice.key = spelled
    with pytest.raises(InvalidDocument):
        await gate.receive(alice.post(alice.activity()), now=NOW)
    assert (local.accepted, peer.asked()) == ({}, [])


async def test_who_signed_a_get_is_told_by_the_key(
    gate: Gate, local: MemoryLocal, alice: Someone, peer: EvilPeer
) -> None:
    request = SignedRequest("GET", COMMUNE)
    signed = sign(request, alice.key, scheme=Scheme.RFC9421, now=NOW)
    assert await gate.identify(signed, now=NOW) == alice.uri
    forged = sign(request, replace(alice.key, key=OTHER_RSA), scheme=Scheme.CAVAGE, now=NOW)
    with pytest.raises(NotAuthentic):
        await gate.identify(forged, now=NOW)
    ours = replace(alice.key, id=f"{COMMUNE}#main-key")
    with pytest.raises(NotAuthentic):
        await gate.identify(sign(request, ours, scheme=Scheme.CAVAGE, now=NOW), now=NOW)
    local.refused.add("127.0.0.5")
    with pytest.raises(Forbidden):
        await gate.identify(signed, now=NOW)
    assert len(peer.asked("/a/alice")) == 1


async def test_a_key_that_is_gone_proves_nothing(gate: Gate, alice: Someone, peer: EvilPeer) -> None:
    peer.on("/a/alice", answers.status(410))
    with pytest.raises(NotAuthentic):
        await gate.receive(alice.post(alice.activity()), now=NOW)


async def test_an_old_signature_asks_nobody(gate: Gate, alice: Someone, peer: EvilPeer) -> None:
    with pytest.raises(NotAuthentic):
        await gate.receive(alice.post(alice.activity(), at=NOW - timedelta(days=1)), now=NOW)
    assert peer.asked() == []


async def test_what_a_neighbour_passes_on_counts_with_its_authors_proof(
    gate: Gate, local: MemoryLocal, alice: Someone, peer: EvilPeer
) -> None:
    relay = Someone(peer, "relay", key=OTHER_RSA)
    peer.on("/a/relay", answers.document(relay.document))
    proven = add_proof(alice.activity("Create", object=alice.note()), alice.proof_key, NOW)
    await gate.receive(relay.post(proven), now=NOW)
    assert [received.signer for received in local.accepted.values()] == [relay.uri]


@pytest.mark.parametrize("spoiled", ["content", "none"])
async def test_what_a_neighbour_passes_on_without_a_good_proof_does_not(
    gate: Gate, local: MemoryLocal, alice: Someone, peer: EvilPeer, spoiled: str
) -> None:
    relay = Someone(peer, "relay", key=OTHER_RSA)
    peer.on("/a/relay", answers.document(relay.document))
    activity = alice.activity("Create", object=alice.note())
    proven = dict(add_proof(activity, alice.proof_key, NOW)) if spoiled == "content" else activity
    proven["object"] = alice.note(content="<p>forged</p>")
    with pytest.raises(Refused):
        await gate.receive(relay.post(proven), now=NOW)
    assert local.accepted == {}


async def test_nothing_but_our_errors_comes_out_of_the_gate(
    gate: Gate, local: MemoryLocal, alice: Someone
) -> None:
    know(local, alice)
    for odd in (None, 5, [], {}, "x", {"id": []}, [[]], {"type": []}, True, "\u0000", {"id": alice.uri}):
        for name in ("object", "to", "type", "id", "actor", "target", "published", "@context"):
            request = alice.post(alice.activity("Create", **{name: odd}))
            try:
                await gate.receive(request, now=NOW)
            except FederationError as error:
                assert error.reason


def test_the_most_fitting_handler_is_found() -> None:
    handlers = {"Create Note": "note", "Create": "any", "Delete Note": "gone"}
    actor = {"id": "https://a.example/1", "actor": "https://a.example/a"}
    note = {"id": "https://a.example/n", "type": "Note"}

    def found(kind: str, thing: Any, known: str | None = None) -> str | None:
        return find_handler(
            handlers, parse_activity({**actor, "type": kind, "object": thing}, now=NOW), known
        )

    assert found("Create", note) == "note"
    assert found("Create", {**note, "type": "Event"}) == "any"
    assert found("Delete", "https://a.example/n", "Note") == "gone"
    assert found("Delete", "https://a.example/n") is None
