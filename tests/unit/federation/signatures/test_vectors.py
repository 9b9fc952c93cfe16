"""What other people signed verifies here, and what we sign is what they would have signed."""

import struct

import pytest
import rfc8785
from base58 import b58decode
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from federation.errors import NotAuthentic
from federation.signatures import PrivateKey, PublicKey, SignedRequest, add_proof, cavage, read_proof, rfc9421
from federation.signatures.keys import (
    actor_keys,
    load_multikey,
    load_own_private_key,
    load_public_pem,
    multikey,
)
from federation.signatures.message import check_signature, from_base64, make_signature
from federation.signatures.proofs import signed_bytes
from tests.unit.federation.signatures import vectors
from tests.unit.federation.signatures.vectors import CAVAGE_REQUEST, RFC_REQUEST

RFC_ED25519 = PublicKey("test-key-ed25519", "owner", load_public_pem(vectors.RFC_ED25519_PUBLIC))
RFC_RSA = PublicKey("test-key-rsa", "owner", load_public_pem(vectors.RFC_RSA_PUBLIC))


def rfc_base(request: SignedRequest, signature_input: str) -> bytes:
    [member] = rfc9421.parse_signature_input(signature_input).values()
    return rfc9421.signature_base(request, member).encode()


@pytest.mark.parametrize(
    ("request_", "signature_input", "signature", "key"),
    [
        (RFC_REQUEST, vectors.RFC_B26_INPUT, vectors.RFC_B26_SIGNATURE, RFC_ED25519),
        (vectors.RFC_B4_REQUEST, vectors.RFC_B4_INPUT, vectors.RFC_B4_SIGNATURE, RFC_ED25519),
        (vectors.RFC_43_REQUEST, vectors.RFC_43_INPUT, vectors.RFC_43_SIGNATURE, RFC_RSA),
    ],
    ids=["B.2.6 Ed25519", "B.4 joined headers", "4.3 RSA"],
)
def test_signatures_of_rfc_9421_fit_our_signature_base(
    request_: SignedRequest, signature_input: str, signature: str, key: PublicKey
) -> None:
    [value] = rfc9421.parse_byte_sequences(signature).values()
    check_signature(key, value, rfc_base(request_, signature_input))
    with pytest.raises(NotAuthentic):
        check_signature(key, value, rfc_base(request_, signature_input) + b" ")


def test_we_make_the_ed25519_signature_of_rfc_9421() -> None:
    key = PrivateKey("test-key-ed25519", load_own_private_key(vectors.RFC_ED25519_PRIVATE))
    signature = make_signature(key, rfc_base(RFC_REQUEST, vectors.RFC_B26_INPUT).decode())
    assert f"sig-b26=:{signature}:" == vectors.RFC_B26_SIGNATURE


def test_signature_parameters_are_written_as_they_were_read() -> None:
    [member] = rfc9421.parse_signature_input(vectors.RFC_43_INPUT).values()
    assert f"proxy_sig={member}" == vectors.RFC_43_INPUT


def test_the_content_digest_of_rfc_9421_fits_its_body() -> None:
    rfc9421.check_content_digest(RFC_REQUEST)


def test_examples_of_rfc_9421_that_leave_out_the_query_are_too_weak_for_an_inbox() -> None:
    with pytest.raises(NotAuthentic, match="too little is signed"):
        rfc9421.read(RFC_REQUEST, vectors.RFC_B26_INPUT, vectors.RFC_B26_SIGNATURE)


@pytest.mark.parametrize("header", vectors.CAVAGE_SIGNATURES.values(), ids=vectors.CAVAGE_SIGNATURES)
def test_signatures_of_draft_cavage_12_fit_our_signing_string(header: str) -> None:
    key = load_pem_public_key(vectors.CAVAGE_PUBLIC.encode())
    assert isinstance(key, RSAPublicKey)
    parameters = cavage.parse(header)
    covered = parameters.get("headers", "date").split()
    signed = cavage.signing_string(CAVAGE_REQUEST, covered, parameters).encode()
    check_signature(PublicKey("Test", "owner", key), from_base64(parameters["signature"]), signed)


def test_the_complete_example_of_draft_cavage_12_can_be_read() -> None:
    signature = cavage.read(CAVAGE_REQUEST, vectors.CAVAGE_SIGNATURES["C.3"])
    assert (signature.key_id, signature.created.isoformat()) == ("Test", "2014-01-05T21:31:40+00:00")


@pytest.mark.parametrize("header", [vectors.CAVAGE_SIGNATURES["C.1"], vectors.CAVAGE_SIGNATURES["C.2"]])
def test_examples_of_draft_cavage_12_without_digest_are_too_weak_for_an_inbox(header: str) -> None:
    with pytest.raises(NotAuthentic, match="too little is signed"):
        cavage.read(CAVAGE_REQUEST, header)


def proof_key(key_id: str) -> PrivateKey:
    return PrivateKey(
        key_id, Ed25519PrivateKey.from_private_bytes(b58decode(vectors.PROOF_SECRET_MULTIKEY[1:])[2:])
    )


@pytest.mark.parametrize("document", [vectors.FEP_SIGNED, vectors.FEP_SIGNED_FIRST_EDITION])
def test_proofs_of_fep_8b32_verify_with_the_key_of_their_actor(document: dict[str, object]) -> None:
    [key] = actor_keys(vectors.FEP_ACTOR)
    proof = read_proof(document)
    assert (proof.key_id, proof.owner) == (key.id, key.owner)
    proof.verify(key, vectors.PROOF_CREATED)


def test_we_make_the_proof_of_fep_8b32() -> None:
    key = proof_key("https://server.example/users/alice#ed25519-key")
    assert add_proof(vectors.FEP_DOCUMENT, key, vectors.PROOF_CREATED) == vectors.FEP_SIGNED


def test_hashes_and_signature_of_the_w3c_example_are_ours_too() -> None:
    signed = signed_bytes(vectors.W3C_DOCUMENT, vectors.W3C_OPTIONS)
    assert signed.hex() == vectors.W3C_HASHES
    key = PublicKey("did:key", "owner", load_multikey(vectors.PROOF_MULTIKEY))
    check_signature(key, b58decode(vectors.W3C_PROOF_VALUE[1:]), signed)
    signed_by_us = add_proof(
        vectors.W3C_DOCUMENT, proof_key(str(vectors.W3C_OPTIONS["verificationMethod"])), vectors.PROOF_CREATED
    )
    assert signed_by_us["proof"] == {**vectors.W3C_OPTIONS, "proofValue": vectors.W3C_PROOF_VALUE}


def test_the_secret_key_of_the_examples_belongs_to_its_multikey() -> None:
    key = proof_key("any").key
    assert isinstance(key, Ed25519PrivateKey)
    assert multikey(key.public_key()) == vectors.PROOF_MULTIKEY


# RFC 8785, appendix B: the bits of a number, and how it is written
NUMBERS = {
    "8000000000000000": "0",
    "0000000000000001": "5e-324",
    "7fefffffffffffff": "1.7976931348623157e+308",
    "4340000000000000": "9007199254740992",
    "4430000000000000": "295147905179352830000",
    "44b52d02c7e14af6": "1e+23",
    "444b1ae4d6e2ef4f": "999999999999999900000",
    "444b1ae4d6e2ef50": "1e+21",
    "3eb0c6f7a0b5ed8c": "9.999999999999997e-7",
    "3eb0c6f7a0b5ed8d": "0.000001",
    "41b3de4355555554": "333333333.33333325",
    "becbf647612f3696": "-0.0000033333333333333333",
    "43143ff3c1cb0959": "1424953923781206.2",
}


@pytest.mark.parametrize(("bits", "text"), NUMBERS.items())
def test_numbers_are_written_as_rfc_8785_says(bits: str, text: str) -> None:
    [number] = struct.unpack(">d", bytes.fromhex(bits))
    assert rfc8785.dumps(number).decode() == text


def test_keys_are_sorted_by_utf_16_code_units() -> None:
    keys = ["\r", "1", "\x80", "ö", "€", "\U0001f600", "\ufb33"]
    shuffled = {key: index for index, key in sorted(enumerate(keys), key=lambda pair: -pair[0])}
    indexes = [text.split(":")[-1] for text in rfc8785.dumps(shuffled).decode().strip("{}").split(",")]
    assert indexes == [str(index) for index in range(len(keys))]
