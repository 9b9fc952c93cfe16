"""Keys: made, written down, read again, and taken from the document of an actor."""

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from federation.errors import InvalidDocument, NotAuthentic
from federation.limits import ACTOR_KEYS, KEY_TEXT_CHARS
from federation.signatures.keys import (
    actor_keys,
    find_key,
    key_owner,
    load_multikey,
    load_own_private_key,
    load_public_pem,
    multikey,
    private_pem,
    public_pem,
)
from tests.unit.federation.signatures.alice import ALICE, BOB, ed25519_key, public, rsa_key

RSA_PEM = public_pem(rsa_key().key.public_key())
MULTIKEY = multikey(ed25519_key().key.public_key())  # type: ignore[arg-type]
PUBLIC_KEY = {"id": f"{ALICE}#main-key", "owner": ALICE, "publicKeyPem": RSA_PEM}
ASSERTION_METHOD = {
    "id": f"{ALICE}#ed25519-key",
    "type": "Multikey",
    "controller": ALICE,
    "publicKeyMultibase": MULTIKEY,
}


@pytest.mark.parametrize("key", [rsa_key(), ed25519_key()])
def test_a_private_key_is_written_and_read_again(key: object) -> None:
    private = rsa_key().key if key == rsa_key() else ed25519_key().key
    pem = private_pem(private)
    assert pem.startswith("-----BEGIN PRIVATE KEY-----")
    assert private_pem(load_own_private_key(pem)) == pem
    assert load_own_private_key(pem) is load_own_private_key(pem)


def test_a_public_key_is_written_and_read_again() -> None:
    for key in (rsa_key(), ed25519_key()):
        pem = public_pem(key.key.public_key())
        assert load_public_pem(pem) == key.key.public_key()
        assert load_public_pem(pem) is load_public_pem(pem)


def test_a_multikey_is_written_and_read_again() -> None:
    assert MULTIKEY.startswith("z6Mk")
    assert load_multikey(MULTIKEY) == ed25519_key().key.public_key()


def test_an_rsa_key_may_be_written_in_its_older_form() -> None:
    key = rsa_key().key.public_key()
    pem = key.public_bytes(Encoding.PEM, PublicFormat.PKCS1).decode()
    assert load_public_pem(pem) == key


# Named, because the texts themselves are new in every run.
NO_PUBLIC_KEYS = {
    "empty": "",
    "a word": "key",
    "spoilt": RSA_PEM.replace("MII", "AAA"),
    "cut": RSA_PEM[:-60],
    "an accent": "é" + RSA_PEM[:40],
    "half a surrogate": "\ud800",
    "too long": RSA_PEM + "\n" * KEY_TEXT_CHARS,
    "a private key": private_pem(ed25519_key().key),
}
NO_MULTIKEYS = {
    "empty": "",
    "prefix only": "z",
    "no prefix": MULTIKEY[1:],
    "cut": MULTIKEY[:-1],
    "too long": MULTIKEY + "1",
    "a line break": MULTIKEY + "\n",
    "another base": f"u{MULTIKEY[1:]}",
    "zeros": "z" + "0" * 47,
    "very long": "z" * 5_000,
}


@pytest.mark.parametrize("pem", NO_PUBLIC_KEYS.values(), ids=NO_PUBLIC_KEYS)
def test_a_text_that_is_no_public_key_is_invalid(pem: str) -> None:
    with pytest.raises(InvalidDocument):
        load_public_pem(pem)


@pytest.mark.parametrize("text", NO_MULTIKEYS.values(), ids=NO_MULTIKEYS)
def test_a_text_that_is_no_multikey_is_invalid(text: str) -> None:
    with pytest.raises(InvalidDocument):
        load_multikey(text)


def test_a_multikey_of_another_algorithm_is_invalid() -> None:
    x25519 = "z6LSbysY2xFMRpGMhb7tFTLMpeuPRaqaWM1yECx2AtzE3KCc"
    with pytest.raises(InvalidDocument, match="another algorithm"):
        load_multikey(x25519)


def test_a_private_key_of_another_algorithm_is_invalid() -> None:
    pem = (
        X25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    )
    with pytest.raises(InvalidDocument):
        load_own_private_key(pem)


def test_a_public_exponent_may_not_be_huge() -> None:
    numbers = rsa_key().key.public_key().public_numbers()  # type: ignore[union-attr]
    pem = public_pem(rsa.RSAPublicNumbers(2**34 + 1, numbers.n).public_key())
    with pytest.raises(InvalidDocument, match="exponent"):
        load_public_pem(pem)


@pytest.mark.parametrize(
    "actor",
    [
        {"publicKey": PUBLIC_KEY, "assertionMethod": [ASSERTION_METHOD]},
        {"publicKey": [PUBLIC_KEY], "assertionMethod": ASSERTION_METHOD},
        {"publicKey": [PUBLIC_KEY, ASSERTION_METHOD]},
        {
            "publicKey": [f"{ALICE}#other", PUBLIC_KEY, 5, None],
            "assertionMethod": [ASSERTION_METHOD, "did:key:z6"],
        },
    ],
)
def test_an_actor_lists_its_keys(actor: dict[str, object]) -> None:
    assert actor_keys({"id": ALICE, **actor}) == (public(rsa_key()), public(ed25519_key()))
    assert find_key({"id": ALICE, **actor}, f"{ALICE}#ed25519-key") == public(ed25519_key())


@pytest.mark.parametrize(
    "key",
    [
        {**PUBLIC_KEY, "owner": BOB},
        {**PUBLIC_KEY, "owner": [ALICE]},
        {**PUBLIC_KEY, "id": "https://evil.example/key"},
        {**PUBLIC_KEY, "id": "nonsense"},
        {**PUBLIC_KEY, "id": 5},
        {**PUBLIC_KEY, "publicKeyPem": "nonsense"},
        {**PUBLIC_KEY, "publicKeyPem": None},
        {**PUBLIC_KEY, "revoked": "2026-01-01T00:00:00Z"},
        {**ASSERTION_METHOD, "controller": BOB},
        {**ASSERTION_METHOD, "type": "JsonWebKey"},
        {**ASSERTION_METHOD, "publicKeyMultibase": "z6Mk"},
        {},
    ],
)
def test_what_is_no_key_of_the_actor_is_left_out(key: dict[str, object]) -> None:
    assert actor_keys({"id": ALICE, "publicKey": [key], "assertionMethod": ASSERTION_METHOD}) == (
        public(ed25519_key()),
    )
    with pytest.raises(NotAuthentic):
        find_key({"id": ALICE, "publicKey": key}, f"{ALICE}#main-key")


def test_a_document_without_id_has_no_keys() -> None:
    nobody = {name: value for name, value in PUBLIC_KEY.items() if name != "owner"}
    assert actor_keys({"publicKey": nobody}) == ()


def test_an_actor_has_a_largest_number_of_keys() -> None:
    assert len(actor_keys({"id": ALICE, "publicKey": [PUBLIC_KEY] * ACTOR_KEYS})) == ACTOR_KEYS
    with pytest.raises(InvalidDocument, match="too many"):
        actor_keys({"id": ALICE, "publicKey": [PUBLIC_KEY] * ACTOR_KEYS, "assertionMethod": ASSERTION_METHOD})


def test_the_owner_of_a_key_is_named_by_the_key_or_is_the_actor_itself() -> None:
    assert key_owner(PUBLIC_KEY, f"{ALICE}#main-key") == ALICE
    assert key_owner(ASSERTION_METHOD, f"{ALICE}#ed25519-key") == ALICE
    assert key_owner({"id": ALICE, "publicKey": PUBLIC_KEY}, f"{ALICE}#main-key") == ALICE


@pytest.mark.parametrize("document", [{}, {"id": 5}, {"id": "k", "publicKeyPem": RSA_PEM}])
def test_a_document_that_names_no_owner_is_invalid(document: dict[str, object]) -> None:
    with pytest.raises(InvalidDocument):
        key_owner(document, "k")
