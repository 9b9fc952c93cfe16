"""Alice, an actor elsewhere, who signs what she sends to a village; and ways to spoil it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache

from federation.signatures import PrivateKey, PublicKey, Scheme, SignedRequest, read_signature, sign
from federation.signatures.keys import generate_ed25519, generate_rsa

NOW = datetime(2026, 4, 16, 10, 42, 3, tzinfo=UTC)
ALICE = "https://far.example/users/alice"
BOB = "https://far.example/users/bob"


@cache
def rsa_key(owner: str = ALICE) -> PrivateKey:
    return PrivateKey(f"{owner}#main-key", generate_rsa())


@cache
def ed25519_key(owner: str = ALICE) -> PrivateKey:
    return PrivateKey(f"{owner}#ed25519-key", generate_ed25519())


def public(key: PrivateKey) -> PublicKey:
    return PublicKey(key.id, key.id.partition("#")[0], key.key.public_key())


def a_post(url: str = "https://bourg.example/inbox?for=all") -> SignedRequest:
    return SignedRequest(
        "POST", url, (("content-type", "application/activity+json"),), b'{"type": "Like", "id": "x"}'
    )


def a_get(url: str = "https://bourg.example/a/commune?page=2") -> SignedRequest:
    return SignedRequest("GET", url, (("accept", "application/activity+json"),))


def by_rsa(request: SignedRequest, scheme: Scheme = Scheme.CAVAGE) -> SignedRequest:
    return sign(request, rsa_key(), scheme=scheme, now=NOW)


def by_ed25519(request: SignedRequest) -> SignedRequest:
    return sign(request, ed25519_key(), scheme=Scheme.RFC9421, now=NOW)


def verify(request: SignedRequest, now: datetime = NOW) -> None:
    """As a gate does, with the keys of Alice alone."""
    signature = read_signature(request)
    key = ed25519_key() if signature.key_id == ed25519_key().id else rsa_key()
    signature.verify(public(key), now)


def change(request: SignedRequest, name: str, edit: Callable[[str], str]) -> SignedRequest:
    """The request with one header edited."""
    headers = tuple((each, edit(value) if each == name else value) for each, value in request.headers)
    assert headers != request.headers
    return replace(request, headers=headers)


def without(request: SignedRequest, name: str) -> SignedRequest:
    return replace(request, headers=tuple(header for header in request.headers if header[0] != name))


def also(request: SignedRequest, name: str, value: str) -> SignedRequest:
    return replace(request, headers=(*request.headers, (name, value)))
