"""FEP-8b32 integrity proofs (eddsa-jcs-2022): a document that can be believed whoever brings it.

The signature covers the JSON text in its canonical form (RFC 8785); no JSON-LD is processed, ever.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

import rfc8785
from base58 import b58decode, b58encode
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from federation.errors import InvalidDocument, NotAuthentic
from federation.limits import CLOCK_SKEW, JSON_DEPTH
from federation.signatures.keys import PrivateKey, PublicKey
from federation.signatures.message import check_signature

_PROOF_VALUE = re.compile(r"z[1-9A-HJ-NP-Za-km-z]{64,90}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)", re.ASCII)
# JSON-LD reads the same signed terms in another order or place with these (SIG-23).
_RESTRUCTURING = frozenset({"@graph", "@included", "@reverse"})
_FIXED = {
    "type": "DataIntegrityProof",
    "cryptosuite": "eddsa-jcs-2022",
    "proofPurpose": "assertionMethod",
}


@dataclass(frozen=True)
class UnverifiedProof:
    """What a document claims about its author; nothing of it is true until verify() returns.

    `document` is what the proof covers, without the proof: use it, and not the text that it came in.
    """

    key_id: str
    owner: str
    created: datetime
    expires: datetime | None
    document: dict[str, object]
    signed: bytes
    signature: bytes

    def verify(self, public_key: PublicKey, now: datetime) -> None:
        """Raise NotAuthentic unless this key of the document's author made this proof."""
        if public_key.id != self.key_id or public_key.owner != self.owner:
            raise NotAuthentic("proof by a key of somebody else", key=self.key_id)
        if not isinstance(public_key.key, Ed25519PublicKey):
            raise NotAuthentic("algorithm does not fit the key", key=self.key_id)
        if self.created > now + CLOCK_SKEW:
            raise NotAuthentic("proof made in the future", key=self.key_id)
        if self.expires is not None and self.expires < now:
            raise NotAuthentic("proof expired", key=self.key_id)
        check_signature(public_key, self.signature, self.signed)


def add_proof(document: Mapping[str, object], key: PrivateKey, now: datetime) -> dict[str, object]:
    """A copy of the document with a proof; its `@context` should be a list, Mastodon wants one."""
    if not isinstance(key.key, Ed25519PrivateKey):
        raise ValueError("eddsa-jcs-2022 is signed with Ed25519")
    created = now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    options: dict[str, object] = {**_FIXED, "verificationMethod": key.id, "created": created}
    if "@context" in document:
        options["@context"] = document["@context"]
    signature = key.key.sign(signed_bytes(document, options))
    return {**document, "proof": {**options, "proofValue": "z" + b58encode(signature).decode()}}


def read_proof(document: Mapping[str, object]) -> UnverifiedProof:
    """Check all that needs neither the key nor the clock."""
    proof = document.get("proof")
    if not isinstance(proof, Mapping):
        raise NotAuthentic("document has not exactly one proof")
    if any(proof.get(name) != value for name, value in _FIXED.items()):
        raise NotAuthentic("proof is of another kind")
    _check_structure(document)
    # FEP-8b32: a linked data signature is made after the proof, so the proof cannot cover it.
    covered = {name: value for name, value in document.items() if name not in ("proof", "signature")}
    if "@context" in proof:
        covered["@context"] = _proven_context(document.get("@context"), proof["@context"])
    return UnverifiedProof(
        key_id=_key_id(proof),
        owner=_owner(document),
        created=_time(proof.get("created")),
        expires=_time(proof["expires"]) if "expires" in proof else None,
        document=covered,
        signed=signed_bytes(covered, {name: proof[name] for name in proof if name != "proofValue"}),
        signature=_signature(proof),
    )


def signed_bytes(document: Mapping[str, object], options: Mapping[str, object]) -> bytes:
    return sha256(_canonical(options)).digest() + sha256(_canonical(document)).digest()


def _canonical(value: Mapping[str, object]) -> bytes:
    try:
        return rfc8785.dumps(dict(value))  # type: ignore[arg-type]
    except ValueError:
        raise InvalidDocument("document has no canonical form") from None


def _check_structure(document: Mapping[str, object]) -> None:
    """Level by level and not by recursion: the depth is the sender's choice."""
    level: list[object] = [document]
    for _ in range(JSON_DEPTH):
        if not level:
            return
        level = [child for value in level for child in _children(value)]
    if level:
        raise InvalidDocument("document is nested too deeply")


def _children(value: object) -> list[object]:
    if isinstance(value, Mapping):
        if not _RESTRUCTURING.isdisjoint(value):
            raise NotAuthentic("document can be restructured")
        return list(value.values())
    return value if isinstance(value, list) else []


def _proven_context(document_context: object, proof_context: object) -> object:
    """The document may have added contexts after the proven ones (vc-di-eddsa, section 3.3.2)."""
    ours, proven = _as_list(document_context), _as_list(proof_context)
    if ours[: len(proven)] != proven:
        raise NotAuthentic("proof is for another context")
    return proof_context


def _as_list(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]


def _owner(document: Mapping[str, object]) -> str:
    owner = document.get("actor", document.get("attributedTo"))
    if isinstance(owner, Mapping):
        owner = owner.get("id")
    if not isinstance(owner, str):
        raise InvalidDocument("proof on a document without an author")
    return owner


def _key_id(proof: Mapping[str, object]) -> str:
    key_id = proof.get("verificationMethod")
    if not isinstance(key_id, str):
        raise InvalidDocument("proof names no key")
    return key_id


def _time(text: object) -> datetime:
    if not isinstance(text, str) or not _TIME.fullmatch(text):
        raise InvalidDocument("proof has no such time")
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise InvalidDocument("proof has no such time") from None


def _signature(proof: Mapping[str, object]) -> bytes:
    text = proof.get("proofValue")
    if not isinstance(text, str) or not _PROOF_VALUE.fullmatch(text):
        raise InvalidDocument("proof has no value")
    return b58decode(text[1:])
