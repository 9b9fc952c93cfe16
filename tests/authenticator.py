"""A passkey in software, for tests that need answers which no honest device gives."""

import hashlib
import json
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import cbor2
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

PRESENT, VERIFIED, WITH_KEY = 0x01, 0x04, 0x40


class Authenticator:
    """One device with one key (ES256), which signs for the `origin` that its browser shows.

    `bent` changes one thing in an answer: `origin`, `rp_id`, `challenge`, `type`, `verified`, `count`,
    `cross_origin`, `handle`, `attestation` (parts of it), `proof` (of who made the device).
    """

    def __init__(self, origin: str, *, counts: bool = True) -> None:
        self.origin = origin
        self.counts = counts
        self.count = 0
        self.id = secrets.token_bytes(16)
        self.handle = b""
        self.key = ec.generate_private_key(ec.SECP256R1())

    def create(self, options: Mapping[str, Any], **bent: Any) -> str:
        """The answer to navigator.credentials.create(), as the site's script sends it."""
        self.handle = decode(options["user"]["id"])
        numbers = self.key.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        key = bytes(16) + len(self.id).to_bytes(2, "big") + self.id + cbor2.dumps(cose)
        seen = self._seen(bent.get("rp_id", options["rp"]["id"]), bent, WITH_KEY) + key
        client = self._client("webauthn.create", options, bent)
        attestation = {"fmt": "none", "attStmt": {}, "authData": seen, **bent.get("attestation", {})}
        if bent.get("proof"):
            attestation |= {"fmt": "packed", "attStmt": self._proof_of_maker(seen, client)}
        return self._answer(clientDataJSON=client, attestationObject=cbor2.dumps(attestation))

    def get(self, options: Mapping[str, Any], **bent: Any) -> str:
        """The answer to navigator.credentials.get()."""
        self.count += 1 if self.counts else 0
        client = self._client("webauthn.get", options, bent)
        seen = self._seen(bent.get("rp_id", options["rpId"]), bent)
        signature = self.key.sign(seen + hashlib.sha256(client).digest(), ec.ECDSA(SHA256()))
        handle = bent.get("handle", self.handle)
        return self._answer(
            clientDataJSON=client, authenticatorData=seen, signature=signature, userHandle=handle
        )

    def _proof_of_maker(self, seen: bytes, client: bytes) -> dict[str, Any]:
        """A statement that any verifier without a list of makers accepts."""
        maker = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "A maker of keys")])
        start = datetime(2026, 1, 1, tzinfo=UTC)
        unsigned = x509.CertificateBuilder(
            maker, maker, self.key.public_key(), 1, start, start.replace(year=2046)
        )
        certificate = unsigned.sign(self.key, SHA256()).public_bytes(Encoding.DER)
        signature = self.key.sign(seen + hashlib.sha256(client).digest(), ec.ECDSA(SHA256()))
        return {"alg": -7, "sig": signature, "x5c": [certificate]}

    def _client(self, kind: str, options: Mapping[str, Any], bent: Mapping[str, Any]) -> bytes:
        facts = {
            "type": bent.get("type", kind),
            "challenge": bent.get("challenge", options["challenge"]),
            "origin": bent.get("origin", self.origin),
            "crossOrigin": bent.get("cross_origin", False),
        }
        return json.dumps(facts).encode()

    def _seen(self, rp_id: str, bent: Mapping[str, Any], flags: int = 0) -> bytes:
        flags |= PRESENT | (VERIFIED if bent.get("verified", True) else 0)
        count = bent.get("count", self.count).to_bytes(4, "big")
        return hashlib.sha256(rp_id.encode()).digest() + bytes([flags]) + count

    def _answer(self, **response: bytes) -> str:
        return json.dumps(
            {
                "id": encode(self.id),
                "rawId": encode(self.id),
                "type": "public-key",
                "response": {name: encode(value) for name, value in response.items()},
            }
        )


def encode(octets: bytes) -> str:
    return urlsafe_b64encode(octets).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
