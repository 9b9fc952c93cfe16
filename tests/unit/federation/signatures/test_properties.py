"""What holds for every request: signed is verified, changed is refused, and nonsense is only ever refused."""

import contextlib
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from federation.errors import InvalidDocument, NotAuthentic
from federation.limits import SIGNATURE_HEADER_CHARS
from federation.signatures import Scheme, SignedRequest, cavage, read_proof, read_signature, rfc9421
from tests.unit.federation.signatures.alice import a_get, a_post, by_ed25519, by_rsa, change, verify

pytestmark = pytest.mark.slow

WAYS: list[Callable[[SignedRequest], SignedRequest]] = [
    by_rsa,
    lambda request: by_rsa(request, Scheme.RFC9421),
    by_ed25519,
]
SIGNED = [way(request) for way in WAYS for request in (a_post(), a_get())]
REFUSED = (InvalidDocument, NotAuthentic)

PATHS = st.text("abcXYZ09-._~!$&'()*+,;=:@", max_size=20)
BODIES = st.binary(max_size=200)
CHARACTERS = st.characters(min_codepoint=32, max_codepoint=126)


@pytest.mark.parametrize("way", WAYS)
@settings(max_examples=40, deadline=None)
@given(path=PATHS, query=PATHS, body=BODIES)
def test_what_is_signed_is_verified(
    way: Callable[[SignedRequest], SignedRequest], path: str, query: str, body: bytes
) -> None:
    url = f"https://bourg.example/x{path}?{query}"
    verify(way(SignedRequest("POST", url, (("content-type", "application/json"),), body)))
    verify(way(SignedRequest("GET", url)))


def edited(text: str, position: int, character: str) -> str:
    """One character replaced; not by the same in another case, which names of headers and hosts ignore."""
    position %= len(text)
    assume(text[position].lower() != character.lower())
    return text[:position] + character + text[position + 1 :]


@pytest.mark.parametrize("signed", [request for request in SIGNED if request.body])
@settings(max_examples=60, deadline=None)
@given(position=st.integers(0, 10_000), byte=st.integers(0, 255))
def test_a_changed_byte_of_the_body_is_refused(signed: SignedRequest, position: int, byte: int) -> None:
    body = bytearray(signed.body)
    assume(body[position % len(body)] != byte)
    body[position % len(body)] = byte
    with pytest.raises(REFUSED):
        verify(replace(signed, body=bytes(body)))


@pytest.mark.parametrize("signed", SIGNED)
@settings(max_examples=60, deadline=None)
@given(position=st.integers(0, 10_000), character=CHARACTERS)
def test_a_changed_character_of_the_url_is_refused(
    signed: SignedRequest, position: int, character: str
) -> None:
    with pytest.raises(REFUSED):
        verify(replace(signed, url=edited(signed.url, position, character)))


@pytest.mark.parametrize(
    ("signed", "name"),
    [
        (signed, name)
        for signed in SIGNED
        for name in ("host", "date", "digest", "content-type", "content-digest")
        if signed.header("signature-input") is None or name == "content-digest"
        if signed.header(name) is not None
    ],
)
@settings(max_examples=60, deadline=None)
@given(position=st.integers(0, 10_000), character=CHARACTERS)
def test_a_changed_character_of_a_signed_header_is_refused(
    signed: SignedRequest, name: str, position: int, character: str
) -> None:
    with pytest.raises(REFUSED):
        verify(change(signed, name, lambda text: edited(text, position, character)))


@pytest.mark.parametrize(
    "signed", [request for request in SIGNED if request.header("signature-input") is None]
)
@pytest.mark.parametrize("parameter", ["headers", "keyId"])
@settings(max_examples=60, deadline=None)
@given(position=st.integers(0, 10_000), character=CHARACTERS)
def test_a_changed_character_of_the_list_of_headers_is_refused(
    signed: SignedRequest, parameter: str, position: int, character: str
) -> None:
    value = cavage.parse(signed.header("signature") or "")[parameter]
    with pytest.raises(REFUSED):
        verify(
            change(signed, "signature", lambda text: text.replace(value, edited(value, position, character)))
        )


@pytest.mark.parametrize("signed", [request for request in SIGNED if request.header("signature-input")])
@settings(max_examples=100, deadline=None)
@given(position=st.integers(0, 10_000), character=CHARACTERS)
def test_a_changed_character_of_the_signature_input_is_refused(
    signed: SignedRequest, position: int, character: str
) -> None:
    with pytest.raises(REFUSED):
        verify(change(signed, "signature-input", lambda text: edited(text, position, character)))


@pytest.mark.parametrize(
    "signed", [request for request in SIGNED if request.header("signature-input") is None]
)
@settings(max_examples=30, deadline=None)
@given(order=st.permutations(["(request-target)", "host", "date", "digest", "content-type"]))
def test_the_list_of_headers_cannot_be_put_in_another_order(signed: SignedRequest, order: list[str]) -> None:
    listed = cavage.parse(signed.header("signature") or "")["headers"]
    other = " ".join(name for name in order if name in listed.split())
    assume(other != listed)
    with pytest.raises(NotAuthentic):
        verify(change(signed, "signature", lambda text: text.replace(listed, other)))


# Nonsense

PIECES = st.sampled_from(
    [
        *'"\\=:;,()? \t\n*-.',
        *("keyId", "signature", "headers", "algorithm", "created", "expires", "hs2019", "rsa-sha256", "date"),
        *("(request-target)", "(created)", "(expires)", "sig1", "sig1=(", "keyid", "@method", "@target-uri"),
        *("sha-256", "SHA-256", "AAAA", ":AAAA:", "1776336123", "Thu, 16 Apr 2026 10:42:03 GMT", "é", "\x00"),
    ]
)
NONSENSE = st.one_of(
    st.text(max_size=200), st.lists(PIECES, max_size=60).map("".join), st.text(st.sampled_from('"\\ ,=a:;()'))
)
FUZZED = ("signature", "signature-input", "digest", "content-digest", "date", "host")


@pytest.mark.parametrize("signed", SIGNED)
@settings(max_examples=150, deadline=None)
@given(name=st.sampled_from(FUZZED), value=NONSENSE)
def test_a_nonsense_header_is_refused_and_nothing_else_happens(
    signed: SignedRequest, name: str, value: str
) -> None:
    with contextlib.suppress(*REFUSED):
        verify(signed.with_headers({name: value}))


@pytest.mark.parametrize("signed", SIGNED)
@settings(max_examples=150, deadline=None)
@given(name=st.sampled_from(FUZZED), start=st.integers(0, 500), length=st.integers(0, 40), middle=NONSENSE)
def test_a_spoilt_header_is_refused_and_nothing_else_happens(
    signed: SignedRequest, name: str, start: int, length: int, middle: str
) -> None:
    text = signed.header(name) or ""
    with contextlib.suppress(*REFUSED):
        verify(signed.with_headers({name: text[:start] + middle + text[start + length :]}))


@settings(max_examples=150, deadline=None)
@given(method=st.sampled_from(["GET", "POST", "get", "", "é\n"]), url=st.text(max_size=80), header=NONSENSE)
def test_a_nonsense_url_is_refused_and_nothing_else_happens(method: str, url: str, header: str) -> None:
    signed = by_rsa(a_post())
    for each in (url, f"https://bourg.example/{url}", f"https://{url}/"):
        with contextlib.suppress(*REFUSED):
            verify(replace(signed, method=method, url=each))


# Forms that make careless patterns slow: each is as long as a header may be.
REPEATED = [
    '"',
    "\\",
    '\\"',
    " ",
    ", ",
    'a="',
    'a="b",',
    "a=",
    "(",
    '("a" ',
    '("a" "b" ',
    ';a="b"',
    ";a=1",
    ":",
    "sig1=(),",
]


@pytest.mark.parametrize("piece", REPEATED)
@pytest.mark.parametrize("start", ["", 'keyId="', "sig1=", 'sig1=("', 'sig1=("@method")', "sig1=:"])
def test_the_longest_headers_are_read_in_one_pass(piece: str, start: str) -> None:
    header = (start + piece * SIGNATURE_HEADER_CHARS)[:SIGNATURE_HEADER_CHARS]
    for parse in (cavage.parse, rfc9421.parse_signature_input, rfc9421.parse_byte_sequences):
        with contextlib.suppress(*REFUSED):
            parse(header)
    with contextlib.suppress(*REFUSED):
        read_signature(by_rsa(a_post()).with_headers({"signature": header}))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)
PROOF_FIELDS = st.sampled_from(
    [
        "type",
        "cryptosuite",
        "proofPurpose",
        "verificationMethod",
        "created",
        "proofValue",
        "@context",
        "expires",
    ]
)


@settings(max_examples=200, deadline=None)
@given(
    document=st.dictionaries(st.sampled_from(["@context", "actor", "attributedTo", "object"]), JSON),
    changes=st.dictionaries(PROOF_FIELDS, JSON, max_size=2),
)
def test_a_nonsense_proof_is_refused_and_nothing_else_happens(
    document: dict[str, object], changes: dict[str, object]
) -> None:
    proof = {
        "type": "DataIntegrityProof",
        "cryptosuite": "eddsa-jcs-2022",
        "proofPurpose": "assertionMethod",
        "verificationMethod": "https://far.example/users/alice#ed25519-key",
        "created": "2026-04-16T10:42:03Z",
        "proofValue": "z" + "2" * 86,
        **changes,
    }
    with contextlib.suppress(*REFUSED):
        read_proof({"actor": "https://far.example/users/alice", **document, "proof": proof})
