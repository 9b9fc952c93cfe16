"""RFC 9421: what we send, what others may cover, and a second implementation that agrees."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from http_message_signatures import (
    HTTPMessageSigner,
    HTTPMessageVerifier,
    HTTPSignatureAlgorithm,
    InvalidSignature,
    MappingKeyResolver,
)
from http_message_signatures import algorithms as oracle
from hypothesis import given, settings
from hypothesis import strategies as st

from federation.errors import InvalidDocument, NotAuthentic
from federation.limits import SIGNED_COMPONENTS
from federation.signatures import PrivateKey, Scheme, SignedRequest, read_signature, rfc9421, sign
from federation.signatures.message import make_signature
from tests.unit.federation.signatures.alice import (
    NOW,
    a_get,
    a_post,
    by_ed25519,
    by_rsa,
    ed25519_key,
    public,
    rsa_key,
    verify,
)

KEYED = f';created={int(NOW.timestamp())};keyid="{ed25519_key().id}"'


def signed_as(request: SignedRequest, member: str, label: str = "sig1") -> SignedRequest:
    ready = by_ed25519(request)
    [parsed] = rfc9421.parse_signature_input(f"{label}={member}").values()
    signature = make_signature(ed25519_key(), rfc9421.signature_base(ready, parsed))
    return ready.with_headers({"signature-input": f"{label}={member}", "signature": f"{label}=:{signature}:"})


def test_a_post_is_signed_with_its_content_digest() -> None:
    request = by_ed25519(a_post())
    headers = dict(request.headers)
    assert headers["signature-input"] == (
        'sig1=("@method" "@target-uri" "content-digest");created=1776336123;'
        'keyid="https://far.example/users/alice#ed25519-key";alg="ed25519"'
    )
    assert read_signature(request).base.decode() == (
        '"@method": POST\n"@target-uri": https://bourg.example/inbox?for=all\n'
        f'"content-digest": {headers["content-digest"]}\n'
        f'"@signature-params": {headers["signature-input"].removeprefix("sig1=")}'
    )
    assert read_signature(request).scheme is Scheme.RFC9421
    verify(request)


def test_a_get_is_signed_without_content_digest() -> None:
    headers = dict(by_ed25519(a_get()).headers)
    assert headers["signature-input"].startswith('sig1=("@method" "@target-uri");')
    assert "content-digest" not in headers
    verify(by_ed25519(a_get()))


def test_rsa_signs_too() -> None:
    request = by_rsa(a_post(), Scheme.RFC9421)
    assert dict(request.headers)["signature-input"].endswith(';alg="rsa-v1_5-sha256"')
    verify(request)


def test_a_refused_request_is_signed_again_in_the_other_way() -> None:
    for again in (by_ed25519(by_rsa(a_post())), by_rsa(by_ed25519(a_post()))):
        verify(again)
    assert read_signature(by_rsa(by_ed25519(a_post()))).scheme is Scheme.CAVAGE


@pytest.mark.parametrize(
    "covered",
    [
        '"@method" "@target-uri"',
        '"@target-uri" "@method" "host" "accept"',
        '"@method" "@authority" "@path" "@query"',
        '"@method" "@authority" "@request-target"',
        '"@method" "@scheme" "@authority" "@path" "@query" "@target-uri"',
        ' "@method"   "@target-uri" ',
    ],
)
def test_others_may_cover_the_target_in_another_way(covered: str) -> None:
    verify(signed_as(a_get(), f"({covered}){KEYED}"))


def test_a_target_without_query_needs_no_query_in_the_signature() -> None:
    covered = f'("@method" "@authority" "@path"){KEYED}'
    signed = signed_as(a_get("https://bourg.example/a/commune"), covered)
    verify(signed)
    with pytest.raises(NotAuthentic, match="too little"):
        verify(SignedRequest("GET", "https://bourg.example/a/commune?page=2", signed.headers))


@pytest.mark.parametrize(
    "parameters",
    [
        KEYED + ';nonce="abc";tag="x";alg="ed25519"',
        f'; keyid="{ed25519_key().id}";  created={int(NOW.timestamp())}',
        KEYED + f";expires={int(NOW.timestamp()) + 60}",
        KEYED + ';nonce="a \\"quoted\\" \\\\ one"',
    ],
)
def test_others_may_add_parameters(parameters: str) -> None:
    verify(signed_as(a_get(), f'("@method" "@target-uri"){parameters}', label="other-label"))


def test_a_signature_ends_when_its_sender_says() -> None:
    created = int(NOW.timestamp())
    request = signed_as(a_get(), f'("@method" "@target-uri"){KEYED};expires={created + 60}')
    verify(request, NOW + timedelta(seconds=60))
    with pytest.raises(NotAuthentic, match="expired"):
        verify(request, NOW + timedelta(seconds=61))


def test_the_host_is_ours_also_when_only_the_header_is_covered() -> None:
    signed = signed_as(a_get(), f'("@method" "@target-uri" "host"){KEYED}')
    with pytest.raises(NotAuthentic, match="another host"):
        verify(signed.with_headers({"host": "evil.example"}))


def test_there_is_a_largest_number_of_components() -> None:
    names = [f"x-{number}" for number in range(SIGNED_COMPONENTS - 1)]
    request = a_get().with_headers(dict.fromkeys(names, "1"))
    quoted = [f'"{name}"' for name in names]
    verify(signed_as(request, f'("@method" "@target-uri" {" ".join(quoted[:-1])}){KEYED}'))
    with pytest.raises(InvalidDocument, match="too many"):
        verify(signed_as(request, f'("@method" "@target-uri" {" ".join(quoted)}){KEYED}'))


@pytest.mark.parametrize(
    "header", ["", "sig1", "sig1=", "sig1=()", 'sig1=("a"', "sig1=(),", "Sig1=()", "sig1=() sig2=()", "=()"]
)
def test_a_signature_input_that_cannot_be_read_is_invalid(header: str) -> None:
    with pytest.raises((InvalidDocument, NotAuthentic)):
        read_signature(by_ed25519(a_get()).with_headers({"signature-input": header}))


@pytest.mark.parametrize("header", ["", "sig1", "sig1=AAAA", "sig1=:AA:", "sig1=:AAAA", "sig1=:AAAA:;a=1"])
def test_a_signature_that_cannot_be_read_is_invalid(header: str) -> None:
    with pytest.raises(InvalidDocument):
        read_signature(by_ed25519(a_get()).with_headers({"signature": header}))


# A second implementation, http-message-signatures


@dataclass
class OracleMessage:
    method: str
    url: str
    headers: dict[str, str]


def oracle_message(request: SignedRequest) -> OracleMessage:
    return OracleMessage(request.method, request.url, dict(request.headers))


def resolver(key: PrivateKey) -> MappingKeyResolver:
    return MappingKeyResolver(public_keys={key.id: key.key.public_key()}, private_keys={key.id: key.key})


KINDS = [(rsa_key, oracle.RSA_V1_5_SHA256), (ed25519_key, oracle.ED25519)]
PATHS = st.text("abcXYZ09-._~!$&'()*+,;=:@", max_size=30)
QUERIES = st.none() | st.text("abcXYZ09-._~!$&'()*+,;=:@/?", max_size=30)
BODIES = st.none() | st.binary(max_size=60)


def request_to(path: str, query: str | None, body: bytes | None) -> SignedRequest:
    url = f"https://bourg.example/a/x{path}" + ("" if query is None else f"?{query}")
    method = "GET" if body is None else "POST"
    return SignedRequest(method, url, (("content-type", "application/activity+json"),), body or b"")


@pytest.mark.parametrize(("key", "algorithm"), KINDS)
@settings(max_examples=40, deadline=None)
@given(path=PATHS, query=QUERIES, body=BODIES)
def test_the_other_implementation_believes_our_signatures(
    key: Any, algorithm: type[HTTPSignatureAlgorithm], path: str, query: str | None, body: bytes | None
) -> None:
    request = sign(request_to(path, query, body), key(), scheme=Scheme.RFC9421, now=datetime.now(UTC))
    verifier = HTTPMessageVerifier(signature_algorithm=algorithm, key_resolver=resolver(key()))
    required = ("@method", "@target-uri") if body is None else ("@method", "@target-uri", "content-digest")
    [result] = verifier.verify(oracle_message(request), require_components=required, body=body)
    assert result.parameters["keyid"] == key().id
    with pytest.raises(InvalidSignature):
        changed = OracleMessage(request.method, request.url + "x", dict(request.headers))
        verifier.verify(changed)


COVERED = [
    ("@method", "@target-uri"),
    ("@method", "@authority", "@path", "@query", "content-type"),
    ("@request-target", "@authority", "@method", "@scheme"),
]


@pytest.mark.parametrize(("key", "algorithm"), KINDS)
@settings(max_examples=40, deadline=None)
@given(path=PATHS, query=QUERIES, body=BODIES, covered=st.sampled_from(COVERED), alg=st.booleans())
def test_we_believe_signatures_of_the_other_implementation(
    key: Any,
    algorithm: type[HTTPSignatureAlgorithm],
    path: str,
    query: str | None,
    body: bytes | None,
    covered: tuple[str, ...],
    alg: bool,
) -> None:
    request = request_to(path, query, body)
    message = oracle_message(request)
    HTTPMessageSigner(signature_algorithm=algorithm, key_resolver=resolver(key())).sign(
        message, key_id=key().id, covered_component_ids=covered, include_alg=alg, body=body
    )
    received = request.with_headers(in_lower_case(message.headers))
    read_signature(received).verify(public(key()), datetime.now(UTC))
    with pytest.raises(NotAuthentic):
        longer = SignedRequest(received.method, received.url + "x", received.headers, received.body)
        read_signature(longer).verify(public(key()), datetime.now(UTC))


def in_lower_case(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}
