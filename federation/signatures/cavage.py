"""draft-cavage-http-signatures-12: the signature that every server of the fediverse understands.

Only RSA with SHA-256; what must be signed is stricter than the draft, because the draft leaves it to us.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from federation.errors import InvalidDocument, NotAuthentic
from federation.limits import SIGNED_COMPONENTS
from federation.signatures.keys import PrivateKey
from federation.signatures.message import (
    RSA_SHA256,
    Scheme,
    SignedRequest,
    UnverifiedSignature,
    check_sha256,
    from_base64,
    header_line,
    make_signature,
    to_base64,
    to_time,
)

# Possessive and without overlap, so that no input makes the parser slow.
_PARAMETER = re.compile(r' *+([A-Za-z]++) *+= *+(?:"((?:[^"\\]|\\.)*+)"|([^ ",\\]++)) *+(?:,|\Z)')
_ESCAPE = re.compile(r"\\(.)")
_SECONDS = re.compile(r"[0-9]{1,11}")
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9a-z-]+")
_DATE = re.compile(
    r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), ([0-9]{1,2}) ([A-Z][a-z]{2}) ([0-9]{4})"
    r" ([0-9]{2}):([0-9]{2}):([0-9]{2}) GMT"
)
_MONTHS = {
    name: number
    for number, name in enumerate("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(), start=1)
}


def sign(request: SignedRequest, key: PrivateKey, now: datetime) -> SignedRequest:
    """The request with date, host, digest and signature; a body needs its content-type first."""
    if not isinstance(key.key, RSAPrivateKey):
        raise ValueError("draft-cavage is signed with RSA")
    covered = ["(request-target)", "host", "date"]
    headers = {"host": request.uri.netloc, "date": format_datetime(now.astimezone(UTC), usegmt=True)}
    if request.must_have_digest:
        covered += ["digest", "content-type"]
        headers["digest"] = "SHA-256=" + to_base64(request.sha256)
    signed = request.with_headers(headers)
    signature = make_signature(key, signing_string(signed, covered, {}))
    value = f'keyId="{key.id}",algorithm="rsa-sha256",headers="{" ".join(covered)}",signature="{signature}"'
    return signed.with_headers({"signature": value})


def read(request: SignedRequest, header: str) -> UnverifiedSignature:
    """Check all that needs neither the key nor the clock."""
    parameters = parse(header)
    covered = parameters.get("headers", "date").lower().split()
    if parameters.get("algorithm", "rsa-sha256") not in ("rsa-sha256", "hs2019"):
        raise NotAuthentic("algorithm is not accepted", algorithm=parameters["algorithm"])
    _check_covered(request, covered)
    check_digest(request)
    base = signing_string(request, covered, parameters)
    return UnverifiedSignature(
        key_id=_required(parameters, "keyId"),
        scheme=Scheme.CAVAGE,
        algorithm=RSA_SHA256,
        created=_created(request, covered, parameters),
        expires=_seconds(parameters, "expires") if "expires" in parameters else None,
        base=base.encode("ascii"),
        signature=from_base64(_required(parameters, "signature")),
    )


def parse(header: str) -> dict[str, str]:
    """The parameters of a Signature header (section 2.1), unquoted; unknown ones are kept."""
    parameters: dict[str, str] = {}
    position = 0
    while position < len(header):
        match = _PARAMETER.match(header, position)
        if match is None:
            raise InvalidDocument("signature cannot be read", position=position)
        name, quoted, plain = match.groups()
        if name in parameters:
            raise InvalidDocument("signature says something twice", parameter=name)
        parameters[name] = plain if quoted is None else _ESCAPE.sub(r"\1", quoted)
        position = match.end()
    return parameters


def signing_string(request: SignedRequest, covered: list[str], parameters: Mapping[str, str]) -> str:
    """What is signed (section 2.3): a line for each covered name, in the order of the signer."""
    return "\n".join(f"{name}: {_value(request, name, parameters)}" for name in covered)


def check_digest(request: SignedRequest) -> None:
    """Recompute the digest; a header that is there must be right even if nothing requires it."""
    header = request.bounded_header("digest")
    if header is None:
        if request.must_have_digest:
            raise NotAuthentic("digest is missing")
        return
    pairs = [item.strip().partition("=") for item in header.split(",")]
    digests = [value for name, _, value in pairs if name.lower() == "sha-256"]
    if len(digests) != 1:
        raise NotAuthentic("digest has not exactly one sha-256", digests=len(digests))
    check_sha256(from_base64(digests[0]), request.body)


def _check_covered(request: SignedRequest, covered: list[str]) -> None:
    if len(covered) > SIGNED_COMPONENTS or len(set(covered)) != len(covered):
        raise InvalidDocument("too many signed headers, or one twice", headers=len(covered))
    needed = {"(request-target)", "host"}
    if request.must_have_digest:
        needed.add("digest")
    missing = needed.difference(covered)
    if missing or not {"date", "(created)"}.intersection(covered):
        raise NotAuthentic("too little is signed", missing=" ".join(sorted(missing)) or "date")


def _value(request: SignedRequest, name: str, parameters: Mapping[str, str]) -> str:
    if name == "(request-target)":
        return f"{request.method.lower()} {request.target}"
    if name in ("(created)", "(expires)"):
        # Section 2.3: older algorithms know neither. Where none is named, the key decides, as with hs2019.
        if parameters.get("algorithm", "hs2019") != "hs2019":
            raise NotAuthentic("signed time needs hs2019")
        return _required(parameters, name.strip("()"))
    if not _HEADER_NAME.fullmatch(name):
        raise InvalidDocument("signed header has no such name")
    return header_line(request, name)


def _created(request: SignedRequest, covered: list[str], parameters: Mapping[str, str]) -> datetime:
    if "(created)" in covered:
        return _seconds(parameters, "created")
    return parse_date(header_line(request, "date"))


def parse_date(text: str) -> datetime:
    """An HTTP date of the one form that may still be sent (RFC 9110, section 5.6.7)."""
    match = _DATE.fullmatch(text)
    if match is None or match[2] not in _MONTHS:
        raise InvalidDocument("date cannot be read")
    day, year, hour, minute, second = (int(match[group]) for group in (1, 3, 4, 5, 6))
    try:
        return datetime(year, _MONTHS[match[2]], day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        raise InvalidDocument("date cannot be read") from None


def _seconds(parameters: Mapping[str, str], name: str) -> datetime:
    text = _required(parameters, name)
    if not _SECONDS.fullmatch(text):
        raise InvalidDocument("time cannot be read", parameter=name)
    return to_time(text)


def _required(parameters: Mapping[str, str], name: str) -> str:
    value = parameters.get(name)
    if not value:
        raise InvalidDocument("signature is incomplete", parameter=name)
    return value
