"""Integrity proofs of documents (FEP-8b32), made here and verified here."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from federation.errors import InvalidDocument, NotAuthentic
from federation.limits import JSON_DEPTH
from federation.signatures import add_proof, read_proof
from tests.unit.federation.signatures.alice import ALICE, BOB, NOW, ed25519_key, public, rsa_key

NOTE: dict[str, Any] = {
    "@context": ["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/data-integrity/v2"],
    "id": f"{ALICE}/notes/1",
    "type": "Note",
    "attributedTo": ALICE,
    "content": "Bœuf & frites",
    "tag": [{"type": "Hashtag", "name": "#fête"}],
}
SIGNED: dict[str, Any] = add_proof(NOTE, ed25519_key(), NOW)


def verify(document: dict[str, Any], later: timedelta = timedelta()) -> None:
    read_proof(document).verify(public(ed25519_key()), NOW + later)


def test_a_proof_names_its_key_its_purpose_and_its_context() -> None:
    assert {**SIGNED["proof"], "proofValue": ""} == {
        "type": "DataIntegrityProof",
        "cryptosuite": "eddsa-jcs-2022",
        "verificationMethod": f"{ALICE}#ed25519-key",
        "proofPurpose": "assertionMethod",
        "created": "2026-04-16T10:42:03Z",
        "@context": NOTE["@context"],
        "proofValue": "",
    }


def test_what_was_proven_comes_without_proof() -> None:
    proof = read_proof(SIGNED)
    proof.verify(public(ed25519_key()), NOW)
    assert proof.document == NOTE


@settings(max_examples=50, deadline=None)
@given(
    content=st.text(st.characters(exclude_categories=["Cs"])),
    numbers=st.lists(st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(allow_nan=False, allow_infinity=False)),
)
def test_what_is_proven_is_verified_in_any_order_of_its_keys(content: str, numbers: list[float]) -> None:
    signed = add_proof({**NOTE, "content": content, "numbers": numbers}, ed25519_key(), NOW)
    verify(dict(reversed(signed.items())))


CHANGES: dict[str, Callable[[dict[str, Any]], object]] = {
    "text": lambda document: document.update(content="Bœuf"),
    "a new key": lambda document: document.update(extra=1),
    "a key less": lambda document: document.pop("tag"),
    "the order of a list": lambda document: document["tag"].append({}),
    "a number for a text": lambda document: document["tag"][0].update(name=1),
    "id": lambda document: document.update(id=f"{ALICE}/notes/2"),
    "author": lambda document: document.update(attributedTo=BOB),
    "no author": lambda document: document.pop("attributedTo"),
    "created": lambda document: document["proof"].update(created="2026-04-16T10:42:04Z"),
    "created by day": lambda document: document["proof"].update(created="2026-04-16"),
    "created without zone": lambda document: document["proof"].update(created="2026-04-16T10:42:03"),
    "no created": lambda document: document["proof"].pop("created"),
    "an impossible time": lambda document: document["proof"].update(created="2026-13-16T10:42:03Z"),
    "another key": lambda document: document["proof"].update(verificationMethod=f"{BOB}#ed25519-key"),
    "another purpose": lambda document: document["proof"].update(proofPurpose="authentication"),
    "another suite": lambda document: document["proof"].update(cryptosuite="eddsa-rdfc-2022"),
    "another type": lambda document: document["proof"].update(type="RsaSignature2017"),
    "value": lambda document: document["proof"].update(proofValue="z" + "2" * 87),
    "value of another base": lambda document: document["proof"].update(proofValue="u" + "2" * 87),
    "value too long": lambda document: document["proof"].update(proofValue="z" + "2" * 5_000),
    "no value": lambda document: document["proof"].pop("proofValue"),
    "no context in the proof": lambda document: document["proof"].pop("@context"),
    "a longer context in the proof": lambda document: document["proof"]["@context"].append(
        "https://x.example/"
    ),
    "two proofs": lambda document: document.update(proof=[document["proof"], document["proof"]]),
    "a list of one": lambda document: document.update(proof=[document["proof"]]),
    "no proof": lambda document: document.pop("proof"),
    "an integer that others round": lambda document: document.update(extra=2**53),
    "half a surrogate": lambda document: document.update(extra="\ud800"),
    "half a surrogate as key": lambda document: document.update({"\ud800": 1}),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_what_was_changed_is_refused(change: Callable[[dict[str, Any]], object]) -> None:
    document = deepcopy(SIGNED)
    verify(document)
    change(document)
    with pytest.raises((InvalidDocument, NotAuthentic)):
        verify(document)


def test_the_key_must_be_one_of_the_author() -> None:
    by_bob = add_proof(NOTE, ed25519_key(BOB), NOW)
    with pytest.raises(NotAuthentic, match="somebody else"):
        read_proof(by_bob).verify(public(ed25519_key(BOB)), NOW)


def test_an_activity_is_proven_by_its_actor() -> None:
    activity = {"type": "Create", "actor": {"id": ALICE, "type": "Person"}, "attributedTo": BOB}
    proof = read_proof(add_proof(activity, ed25519_key(), NOW))
    assert proof.owner == ALICE
    proof.verify(public(ed25519_key()), NOW)


def test_rsa_makes_no_proof_of_this_kind() -> None:
    with pytest.raises(ValueError, match="Ed25519"):
        add_proof(NOTE, rsa_key(), NOW)
    key = replace(public(rsa_key()), id=f"{ALICE}#ed25519-key")
    with pytest.raises(NotAuthentic, match="does not fit"):
        read_proof(SIGNED).verify(key, NOW)


def test_a_proof_may_be_old_but_not_from_the_future() -> None:
    verify(SIGNED, timedelta(days=4_000))
    verify(SIGNED, timedelta(hours=-1))
    with pytest.raises(NotAuthentic, match="future"):
        verify(SIGNED, timedelta(hours=-1, seconds=-1))


def test_a_proof_ends_when_its_author_says() -> None:
    proof = read_proof({**SIGNED, "proof": {**SIGNED["proof"], "expires": "2026-04-17T00:00:00+02:00"}})
    with pytest.raises(NotAuthentic, match="expired"):
        proof.verify(public(ed25519_key()), NOW + timedelta(days=1))


def test_a_linked_data_signature_that_was_added_later_is_left_out() -> None:
    verify({**SIGNED, "signature": {"type": "RsaSignature2017", "signatureValue": "…"}})


def test_a_context_that_is_a_text_counts_as_a_list_of_one() -> None:
    signed = add_proof({**NOTE, "@context": "https://www.w3.org/ns/activitystreams"}, ed25519_key(), NOW)
    verify(signed)
    verify({**signed, "@context": ["https://www.w3.org/ns/activitystreams", "https://x.example/"]})


def nested(levels: int) -> dict[str, Any]:
    """A document of so many levels, itself included."""
    value: dict[str, Any] = {}
    for _ in range(levels - 2):
        value = {"object": value}
    return {**NOTE, "object": value}


def test_a_document_has_a_deepest_level() -> None:
    verify(add_proof(nested(JSON_DEPTH - 1), ed25519_key(), NOW))
    for levels in (JSON_DEPTH + 1, 5_000):
        with pytest.raises(InvalidDocument, match="too deeply"):
            read_proof({**nested(levels), "proof": SIGNED["proof"]})
