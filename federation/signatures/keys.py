"""Key pairs of actors: RSA for the signatures that every server knows, Ed25519 for newer ones and for proofs.

Weak keys are refused here, so no other module can be handed one (FEP-521a describes the Multikey form).
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from base58 import b58decode, b58encode
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from federation.errors import InvalidDocument, NotAuthentic
from federation.limits import (
    ACTOR_KEYS,
    KEY_TEXT_CHARS,
    PRIVATE_KEYS_REMEMBERED,
    PUBLIC_KEYS_REMEMBERED,
    RSA_BITS,
    RSA_EXPONENT_BITS,
)
from federation.origin import same_origin

_ED25519_MULTICODEC = b"\xed\x01"
_MULTIKEY = re.compile(r"z[1-9A-HJ-NP-Za-km-z]{40,60}")


@dataclass(frozen=True)
class PublicKey:
    """`owner` is the URI of the actor that the key speaks for."""

    id: str
    owner: str
    key: RSAPublicKey | Ed25519PublicKey


@dataclass(frozen=True)
class PrivateKey:
    id: str
    key: RSAPrivateKey | Ed25519PrivateKey


def generate_rsa() -> RSAPrivateKey:
    """About 50 ms of one core."""
    return rsa.generate_private_key(public_exponent=65_537, key_size=RSA_BITS.start)


def generate_ed25519() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.generate()


def private_pem(key: RSAPrivateKey | Ed25519PrivateKey) -> str:
    """PKCS 8, not encrypted: whoever stores it guards it."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def public_pem(key: RSAPublicKey | Ed25519PublicKey) -> str:
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def multikey(key: Ed25519PublicKey) -> str:
    """`publicKeyMultibase` of a Multikey: base58btc of the multicodec ed25519-pub and the 32 bytes."""
    return "z" + b58encode(_ED25519_MULTICODEC + key.public_bytes_raw()).decode()


@lru_cache(maxsize=PRIVATE_KEYS_REMEMBERED)
def load_own_private_key(pem: str) -> RSAPrivateKey | Ed25519PrivateKey:
    """Only for keys that we generated: the check of an RSA key's numbers costs 40 ms and is skipped."""
    key = load_pem_private_key(pem.encode(), password=None, unsafe_skip_rsa_key_validation=True)
    if not isinstance(key, RSAPrivateKey | Ed25519PrivateKey):
        raise InvalidDocument("key of another algorithm")
    return key


@lru_cache(maxsize=PUBLIC_KEYS_REMEMBERED)
def load_public_pem(pem: str) -> RSAPublicKey | Ed25519PublicKey:
    """Raise InvalidDocument when the text is no key, or a key that we do not trust."""
    if len(pem) > KEY_TEXT_CHARS:
        raise InvalidDocument("key is too long")
    try:
        key = load_pem_public_key(pem.encode())
    except (ValueError, UnsupportedAlgorithm):
        raise InvalidDocument("key cannot be read") from None
    if isinstance(key, RSAPublicKey):
        _check_strength(key)
        return key
    if isinstance(key, Ed25519PublicKey):
        return key
    raise InvalidDocument("key of another algorithm")


@lru_cache(maxsize=PUBLIC_KEYS_REMEMBERED)
def load_multikey(text: str) -> Ed25519PublicKey:
    """Raise InvalidDocument when the text is no Ed25519 Multikey."""
    if not _MULTIKEY.fullmatch(text):
        raise InvalidDocument("Multikey cannot be read")
    decoded = b58decode(text[1:])
    if decoded[:2] != _ED25519_MULTICODEC or len(decoded) != 34:
        raise InvalidDocument("Multikey of another algorithm")
    return Ed25519PublicKey.from_public_bytes(decoded[2:])


def _check_strength(key: RSAPublicKey) -> None:
    if key.key_size not in RSA_BITS:
        raise InvalidDocument("RSA key is too short or too long", bits=key.key_size)
    if key.public_numbers().e.bit_length() > RSA_EXPONENT_BITS:
        raise InvalidDocument("RSA key has a huge exponent")


def actor_keys(actor: Mapping[str, object]) -> tuple[PublicKey, ...]:
    """The keys that an actor's document lists as its own.

    Keys of others, of unknown kinds, weak or withdrawn ones are left out: a server may add a new kind beside
    those that we know. Raise InvalidDocument when there are more than ACTOR_KEYS.
    """
    listed = [*_listed(actor, "publicKey"), *_listed(actor, "assertionMethod")]
    if len(listed) > ACTOR_KEYS:
        raise InvalidDocument("too many keys", keys=len(listed))
    return tuple(key for document in listed if (key := _read_key(document, actor.get("id"))) is not None)


def find_key(
    actor: Mapping[str, object], key_id: str, *, alone: Mapping[str, object] | None = None
) -> PublicKey:
    """The actor's own key of that id; raise NotAuthentic when the actor does not list it (SIG-03).

    `alone` is what was fetched at the key's id: an actor may list a key by its id alone.
    """
    keys = actor_keys(actor)
    if alone is not None and _names(actor, key_id) and (key := _read_key(alone, actor.get("id"))):
        keys = (*keys, key)
    for key in keys:
        if key.id == key_id:
            return key
    raise NotAuthentic("the actor does not list this key", key=key_id)


def _names(actor: Mapping[str, object], key_id: str) -> bool:
    listed = (actor.get("publicKey"), actor.get("assertionMethod"))
    return any(key_id in value if isinstance(value, list) else key_id == value for value in listed)


def key_owner(document: Mapping[str, object], key_id: str) -> str:
    """The URI of the actor to ask about a key, given the document that was fetched at the key's id.

    That is either the actor itself or a document of the key alone, which only names its owner: whether the
    owner lists the key is for find_key() to say. Raise NotAuthentic when it is another key (SIG-05).
    """
    owner = document.get("owner", document.get("controller"))
    if "publicKeyPem" not in document and "publicKeyMultibase" not in document:
        owner = document.get("id")
    elif document.get("id") != key_id:
        raise NotAuthentic("the document is of another key", key=key_id)
    if not isinstance(owner, str):
        raise InvalidDocument("key without owner", key=key_id)
    return owner


def _listed(actor: Mapping[str, object], name: str) -> Iterator[Mapping[str, object]]:
    value = actor.get(name)
    for entry in value if isinstance(value, list) else [value]:
        if isinstance(entry, Mapping):
            yield entry


def _read_key(document: Mapping[str, object], actor: object) -> PublicKey | None:
    key_id = document.get("id")
    owner = document.get("owner", document.get("controller"))
    if owner != actor or "revoked" in document or not isinstance(owner, str) or not isinstance(key_id, str):
        return None
    try:
        return PublicKey(key_id, owner, _load(document)) if same_origin(key_id, owner) else None
    except InvalidDocument:
        return None


def _load(document: Mapping[str, object]) -> RSAPublicKey | Ed25519PublicKey:
    match document:
        case {"publicKeyPem": str(pem)}:
            return load_public_pem(pem)
        case {"type": "Multikey", "publicKeyMultibase": str(text)}:
            return load_multikey(text)
    raise InvalidDocument("key of an unknown kind")
