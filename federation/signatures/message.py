"""What both kinds of HTTP signature share: the request, the time window, the last check with the key.

Nothing here opens a connection, so the caller fetches the key between reading and verifying.
"""

import binascii
import re
from base64 import b64encode
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from functools import cached_property
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256

from federation.errors import InvalidDocument, NotAuthentic
from federation.limits import CLOCK_SKEW, SIGNATURE_HEADER_CHARS, SIGNATURE_LIFETIME
from federation.origin import Uri, parse_uri
from federation.signatures.keys import PrivateKey, PublicKey

RSA_SHA256 = "rsa-v1_5-sha256"
ED25519 = "ed25519"

_DEFAULT_PORT = {"http": ":80", "https": ":443"}
_PORT = re.compile(r":[0-9]+\Z")
# A second value of one of these could be the one that someone else reads (SIG-18).
_SINGLE_HEADERS = frozenset(
    "host date digest content-digest content-type content-length signature signature-input".split()
)


class Scheme(StrEnum):
    """How a request is signed; what a server understands is remembered by this name."""

    CAVAGE = "cavage"
    RFC9421 = "rfc9421"


@dataclass(frozen=True)
class SignedRequest:
    """A request as it goes over the wire, before or after it is signed.

    `url` is our own origin, from the configuration and never from a header, with the raw path and query.
    `headers` have lower-case names and may repeat. `body_sha256` spares the signer of many the computing;
    verifying never looks at it.
    """

    method: str
    url: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    body_sha256: bytes | None = None

    def __post_init__(self) -> None:
        if any(name != name.lower() for name, _ in self.headers):
            raise ValueError("names of headers must be in lower case")

    @cached_property
    def uri(self) -> Uri:
        """Our origin may be an http one, on somebody's own computer."""
        return parse_uri(self.url, plain=True)

    @property
    def path(self) -> str:
        return self.uri.path or "/"

    @property
    def query(self) -> str:
        """With its question mark, which stands there even when there is no query (RFC 9421, 2.2.7)."""
        return "?" + (self.uri.query or "")

    @property
    def target(self) -> str:
        return self.path if self.uri.query is None else self.path + self.query

    @property
    def target_uri(self) -> str:
        return f"{self.uri.scheme}://{self.uri.netloc}{self.target}"

    @property
    def must_have_digest(self) -> bool:
        return self.method not in ("GET", "HEAD") or bool(self.body)

    def header(self, name: str) -> str | None:
        """The value of a header, repeated ones joined as both specifications say."""
        values = [value.strip(" \t") for each, value in self.headers if each == name]
        return ", ".join(values) if values else None

    def bounded_header(self, name: str) -> str | None:
        """The value of a header that we are about to parse."""
        value = self.header(name)
        if value is not None and (len(value) > SIGNATURE_HEADER_CHARS or not is_plain(value)):
            raise InvalidDocument("header cannot be read", header=name)
        return value

    def with_headers(self, headers: dict[str, str]) -> "SignedRequest":
        """The same request with these headers in place of those of the same names."""
        kept = [(name, value) for name, value in self.headers if name not in headers]
        return replace(self, headers=(*kept, *headers.items()))

    @property
    def sha256(self) -> bytes:
        return self.body_sha256 or sha256(self.body).digest()


@dataclass(frozen=True)
class UnverifiedSignature:
    """What a request claims about its sender; nothing of it is true until verify() returns.

    `algorithm` is None when the key alone decides; `base` are the bytes that were signed.
    """

    key_id: str
    scheme: Scheme
    algorithm: str | None
    created: datetime
    expires: datetime | None
    base: bytes
    signature: bytes

    def check_time(self, now: datetime) -> None:
        """Raise NotAuthentic outside the window; cheap enough to ask before the key is fetched."""
        if self.created > now + CLOCK_SKEW:
            raise NotAuthentic("signed in the future", key=self.key_id, signed_at=self.created.isoformat())
        if self.created < now - SIGNATURE_LIFETIME:
            raise NotAuthentic("signed too long ago", key=self.key_id, signed_at=self.created.isoformat())
        if self.expires is not None and self.expires < now:
            raise NotAuthentic("signature expired", key=self.key_id, expires=self.expires.isoformat())

    def verify(self, public_key: PublicKey, now: datetime) -> None:
        """Raise NotAuthentic unless this key made this signature, now or within the time window."""
        self.check_time(now)
        if public_key.id != self.key_id:
            raise NotAuthentic("signed with another key", key=self.key_id)
        if self.algorithm not in (None, algorithm_of(public_key)):
            raise NotAuthentic("algorithm does not fit the key", key=self.key_id)
        check_signature(public_key, self.signature, self.base)


def check_signature(public_key: PublicKey, signature: bytes, signed: bytes) -> None:
    try:
        if isinstance(public_key.key, RSAPublicKey):
            public_key.key.verify(signature, signed, PKCS1v15(), SHA256())
        else:
            public_key.key.verify(signature, signed)
    except InvalidSignature:
        raise NotAuthentic("wrong signature", key=public_key.id) from None


def make_signature(key: PrivateKey, base: str) -> str:
    """In base64."""
    signed = base.encode("ascii")
    if isinstance(key.key, RSAPrivateKey):
        return to_base64(key.key.sign(signed, PKCS1v15(), SHA256()))
    return to_base64(key.key.sign(signed))


def algorithm_of(key: PublicKey | PrivateKey) -> str:
    return ED25519 if isinstance(key.key, Ed25519PublicKey | Ed25519PrivateKey) else RSA_SHA256


def check_shape(request: SignedRequest) -> None:
    """Refuse a request that says twice what may be said once (SIG-18)."""
    if not is_plain(request.method):
        raise InvalidDocument("method cannot be read")
    seen = set()
    for name, _ in request.headers:
        if name in seen and name in _SINGLE_HEADERS:
            raise NotAuthentic("header is repeated", header=name)
        seen.add(name)


def header_line(request: SignedRequest, name: str) -> str:
    """The value of a covered header; raise NotAuthentic when the request has none."""
    value = request.header(name)
    if value is None:
        raise NotAuthentic("signed header is missing", header=name)
    if not is_plain(value):
        raise InvalidDocument("header cannot be read", header=name)
    if name == "host" and not _is_our_host(request, value):
        raise NotAuthentic("signed for another host", host=value)
    return value


def _is_our_host(request: SignedRequest, value: str) -> bool:
    """Some servers sign the name without its port."""
    host = value.lower().removesuffix(_DEFAULT_PORT[request.uri.scheme])
    return host in (request.uri.netloc, _PORT.sub("", request.uri.netloc))


def check_sha256(digest: bytes, body: bytes) -> None:
    if len(digest) != 32:
        raise InvalidDocument("digest has a wrong length")
    if digest != sha256(body).digest():
        raise NotAuthentic("digest does not match the body")


def is_plain(text: str) -> bool:
    """Printable ASCII: no line break can forge a line of what is signed."""
    return text.isascii() and text.isprintable()


def to_base64(value: bytes) -> str:
    return b64encode(value).decode("ascii")


def from_base64(text: str) -> bytes:
    """Raise InvalidDocument unless this is base64 with its padding and nothing else."""
    try:
        return binascii.a2b_base64(text, strict_mode=True)
    except ValueError:
        raise InvalidDocument("not base64") from None


def to_time(seconds: int | str) -> datetime:
    """`seconds` since 1970, at most eleven digits."""
    return datetime.fromtimestamp(int(seconds), UTC)
