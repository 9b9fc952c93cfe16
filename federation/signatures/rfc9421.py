"""RFC 9421, HTTP Message Signatures, as far as the fediverse uses it: one signature, RSA or Ed25519.

The parser takes the subset of structured fields (RFC 8941) that such a signature needs, and nothing beyond.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha512
from operator import attrgetter

from federation.errors import InvalidDocument, NotAuthentic
from federation.limits import SIGNED_COMPONENTS
from federation.signatures.keys import PrivateKey
from federation.signatures.message import (
    ED25519,
    RSA_SHA256,
    Scheme,
    SignedRequest,
    UnverifiedSignature,
    algorithm_of,
    check_sha256,
    from_base64,
    header_line,
    make_signature,
    to_base64,
    to_time,
)

_LABEL = "sig1"

# Possessive and without overlap, so that no input makes the parser slow.
_STRING = r'"((?:[ !#-\[\]-~]|\\["\\])*+)"'
_KEY = r"([a-z*][a-z0-9_.*-]*+)"
_MEMBER = re.compile(_KEY + "=")
_COMPONENT = re.compile(_STRING + r"(?=[ )])")
_PARAMETER = re.compile(r"; *+" + _KEY + r"=(?:" + _STRING + r"|(-?[0-9]{1,15}+))(?![0-9.])")
_LIST_START = re.compile(r"\( *+")
_SPACES = re.compile(" *+")
_BYTES = re.compile(r":([A-Za-z0-9+/=]*+):")
_NEXT_MEMBER = re.compile(r" *+, *+(?=[a-z*])")
_FIELD_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9a-z-]+")
_TEXT_PARAMETERS = ("keyid", "alg", "nonce", "tag")
_TIME_PARAMETERS = ("created", "expires")

_DERIVED = {
    "@method": attrgetter("method"),
    "@target-uri": attrgetter("target_uri"),
    "@scheme": attrgetter("uri.scheme"),
    "@authority": attrgetter("uri.netloc"),
    "@request-target": attrgetter("target"),
    "@path": attrgetter("path"),
    "@query": attrgetter("query"),
}
# Each of these says where a request goes; at least one must be covered as a whole.
_TARGETS = ({"@target-uri"}, {"@authority", "@request-target"}, {"@authority", "@path", "@query"})


@dataclass(frozen=True)
class Member:
    """One label of Signature-Input: what it covers, and its parameters, both in the order of the signer."""

    covered: tuple[str, ...]
    parameters: dict[str, str | int]

    def __str__(self) -> str:
        """Serialised as RFC 8941 says, so that both sides sign the same bytes."""
        covered = " ".join(_quoted(name) for name in self.covered)
        parameters = "".join(
            f";{name}={value if isinstance(value, int) else _quoted(value)}"
            for name, value in self.parameters.items()
        )
        return f"({covered}){parameters}"


def sign(request: SignedRequest, key: PrivateKey, now: datetime) -> SignedRequest:
    """The request with host, content-digest, signature-input and signature."""
    covered = ["@method", "@target-uri"]
    headers = {"host": request.uri.netloc}
    if request.must_have_digest:
        covered.append("content-digest")
        headers["content-digest"] = f"sha-256=:{to_base64(request.sha256)}:"
    signed = request.with_headers(headers)
    # The algorithm follows from the key, but some servers look for it here.
    member = Member(
        tuple(covered), {"created": int(now.timestamp()), "keyid": key.id, "alg": algorithm_of(key)}
    )
    signature = make_signature(key, signature_base(signed, member))
    return signed.with_headers(
        {"signature-input": f"{_LABEL}={member}", "signature": f"{_LABEL}=:{signature}:"}
    )


def read(request: SignedRequest, signature_input: str, signature: str) -> UnverifiedSignature:
    """Check all that needs neither the key nor the clock."""
    inputs = parse_signature_input(signature_input)
    signatures = parse_byte_sequences(signature)
    # More than one would leave it open which of them is believed.
    if inputs.keys() != signatures.keys() or len(inputs) != 1:
        raise NotAuthentic("not exactly one signature", labels=len(inputs))
    [(label, member)] = inputs.items()
    _check_covered(request, member.covered)
    check_content_digest(request)
    parameters = member.parameters
    algorithm = parameters.get("alg")
    if algorithm not in (None, RSA_SHA256, ED25519):
        raise NotAuthentic("algorithm is not accepted", algorithm=algorithm)
    return UnverifiedSignature(
        key_id=_key_id(parameters),
        scheme=Scheme.RFC9421,
        algorithm=None if algorithm is None else str(algorithm),
        created=_time(parameters, "created"),
        expires=_time(parameters, "expires") if "expires" in parameters else None,
        base=signature_base(request, member).encode("ascii"),
        signature=signatures[label],
    )


def signature_base(request: SignedRequest, member: Member) -> str:
    """What is signed (section 2.5)."""
    lines = [f"{_quoted(name)}: {_value(request, name)}" for name in member.covered]
    return "\n".join([*lines, f'"@signature-params": {member}'])


def parse_signature_input(header: str) -> dict[str, Member]:
    members: dict[str, Member] = {}
    position = 0
    while True:
        label, position = _member_key(header, position, members)
        covered, position = _inner_list(header, position)
        parameters, position = _parameters(header, position)
        members[label] = Member(covered, parameters)
        if position == len(header):
            return members
        position = _after(_NEXT_MEMBER, header, position)


def parse_byte_sequences(header: str) -> dict[str, bytes]:
    """A dictionary of byte sequences: Signature and Content-Digest."""
    members: dict[str, bytes] = {}
    position = 0
    while True:
        label, position = _member_key(header, position, members)
        match = _matched(_BYTES, header, position)
        members[label], position = from_base64(match[1]), match.end()
        if position == len(header):
            return members
        position = _after(_NEXT_MEMBER, header, position)


def check_content_digest(request: SignedRequest) -> None:
    """Recompute each digest that we know (RFC 9530); a header that is there must be right."""
    header = request.bounded_header("content-digest")
    if header is None:
        if request.must_have_digest:
            raise NotAuthentic("digest is missing")
        return
    digests = parse_byte_sequences(header)
    if not digests.keys() & {"sha-256", "sha-512"}:
        raise NotAuthentic("digest is of an unknown kind")
    if "sha-256" in digests:
        check_sha256(digests["sha-256"], request.body)
    if "sha-512" in digests and digests["sha-512"] != sha512(request.body).digest():
        raise NotAuthentic("digest does not match the body")


def _check_covered(request: SignedRequest, covered: tuple[str, ...]) -> None:
    if len(covered) > SIGNED_COMPONENTS or len(set(covered)) != len(covered):
        raise InvalidDocument("too many signed components, or one twice", components=len(covered))
    names = set(covered)
    if not request.uri.query:
        names.add("@query")
    if not any(target <= names for target in _TARGETS):
        raise NotAuthentic("too little is signed", missing="@target-uri")
    if "@method" not in names:
        raise NotAuthentic("too little is signed", missing="@method")
    if request.must_have_digest and "content-digest" not in names:
        raise NotAuthentic("too little is signed", missing="content-digest")


def _value(request: SignedRequest, name: str) -> str:
    if name in _DERIVED:
        value: str = _DERIVED[name](request)
        return value
    if not _FIELD_NAME.fullmatch(name):
        raise NotAuthentic("signed component is unknown")
    return header_line(request, name)


def _member_key(header: str, position: int, members: dict[str, Member] | dict[str, bytes]) -> tuple[str, int]:
    match = _matched(_MEMBER, header, position)
    if match[1] in members:
        raise InvalidDocument("signature has a label twice", position=position)
    return match[1], match.end()


def _inner_list(header: str, position: int) -> tuple[tuple[str, ...], int]:
    """Strings alone: a component with a parameter (`;req`, `;bs`, ...) is not for requests, or not for us."""
    position = _after(_LIST_START, header, position)
    names: list[str] = []
    while not header.startswith(")", position):
        match = _matched(_COMPONENT, header, position)
        names.append(_unquoted(match[1]))
        position = _after(_SPACES, header, match.end())
    return tuple(names), position + 1


def _parameters(header: str, position: int) -> tuple[dict[str, str | int], int]:
    parameters: dict[str, str | int] = {}
    while header.startswith(";", position):
        match = _matched(_PARAMETER, header, position)
        name, text, number = match.groups()
        if name in parameters or name not in (_TIME_PARAMETERS if text is None else _TEXT_PARAMETERS):
            raise InvalidDocument("signature has a wrong parameter", position=position)
        parameters[name] = int(number) if text is None else _unquoted(text)
        position = match.end()
    return parameters, position


def _time(parameters: dict[str, str | int], name: str) -> datetime:
    seconds = parameters.get(name)
    if not isinstance(seconds, int) or not 0 <= seconds < 10**11:
        raise InvalidDocument("signature has no such time", parameter=name)
    return to_time(seconds)


def _key_id(parameters: dict[str, str | int]) -> str:
    key_id = parameters.get("keyid")
    if not key_id or not isinstance(key_id, str):
        raise InvalidDocument("signature names no key")
    return key_id


def _matched(pattern: re.Pattern[str], header: str, position: int) -> re.Match[str]:
    match = pattern.match(header, position)
    if match is None:
        raise InvalidDocument("signature cannot be read", position=position)
    return match


def _after(pattern: re.Pattern[str], header: str, position: int) -> int:
    return _matched(pattern, header, position).end()


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _unquoted(text: str) -> str:
    return re.sub(r'\\(["\\])', r"\1", text)
