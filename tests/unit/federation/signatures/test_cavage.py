"""draft-cavage: what we send, and what others may send in another shape."""

from datetime import UTC, datetime, timedelta

import pytest

from federation.errors import InvalidDocument, NotAuthentic
from federation.limits import SIGNATURE_HEADER_CHARS, SIGNED_COMPONENTS
from federation.signatures import Scheme, SignedRequest, UnverifiedSignature, cavage, read_signature, sign
from federation.signatures.message import make_signature
from tests.unit.federation.signatures.alice import (
    NOW,
    a_get,
    a_post,
    also,
    by_rsa,
    change,
    ed25519_key,
    public,
    rsa_key,
    verify,
    without,
)

CREATED = int(NOW.timestamp())


def signed_as(request: SignedRequest, text: str) -> SignedRequest:
    """Signed by Alice with the parameters of `text`; its keyId and signature are added."""
    parameters = cavage.parse(text)
    base = cavage.signing_string(request, parameters["headers"].lower().split(), parameters)
    value = f'keyId="{rsa_key().id}",{text},signature="{make_signature(rsa_key(), base)}"'
    return request.with_headers({"signature": value})


def test_a_post_is_signed_as_every_server_expects_it() -> None:
    request = by_rsa(a_post())
    headers = dict(request.headers)
    assert headers["host"] == "bourg.example"
    assert headers["date"] == "Thu, 16 Apr 2026 10:42:03 GMT"
    assert headers["digest"].startswith("SHA-256=")
    assert headers["content-type"] == "application/activity+json"
    assert headers["signature"].startswith(
        'keyId="https://far.example/users/alice#main-key",algorithm="rsa-sha256",'
        'headers="(request-target) host date digest content-type",signature="'
    )
    assert read_signature(request) == UnverifiedSignature(
        key_id="https://far.example/users/alice#main-key",
        scheme=Scheme.CAVAGE,
        algorithm="rsa-v1_5-sha256",
        created=NOW,
        expires=None,
        base=(
            "(request-target): post /inbox?for=all\nhost: bourg.example\n"
            f"date: Thu, 16 Apr 2026 10:42:03 GMT\ndigest: {headers['digest']}\n"
            "content-type: application/activity+json"
        ).encode(),
        signature=read_signature(request).signature,
    )


def test_a_get_is_signed_without_digest() -> None:
    headers = dict(by_rsa(a_get()).headers)
    assert 'headers="(request-target) host date",' in headers["signature"]
    assert "digest" not in headers
    verify(by_rsa(a_get()))


def test_headers_that_were_there_before_are_replaced() -> None:
    stale = a_post().with_headers(
        {"date": "Thu, 01 Jan 1970 00:00:00 GMT", "host": "old.example", "x-a": "1"}
    )
    request = by_rsa(stale)
    verify(request)
    assert [value for name, value in request.headers if name == "date"] == ["Thu, 16 Apr 2026 10:42:03 GMT"]
    assert dict(request.headers)["x-a"] == "1"


def test_a_post_needs_its_content_type_before_it_is_signed() -> None:
    with pytest.raises(NotAuthentic, match="content-type"):
        by_rsa(without(a_post(), "content-type"))


def test_ed25519_is_not_used_for_this_kind() -> None:
    with pytest.raises(ValueError, match="RSA"):
        sign(a_post(), ed25519_key(), scheme=Scheme.CAVAGE, now=NOW)


def test_names_of_headers_are_in_lower_case() -> None:
    with pytest.raises(ValueError, match="lower case"):
        SignedRequest("GET", "https://bourg.example/", (("Host", "bourg.example"),))


@pytest.mark.parametrize(
    "text",
    [
        'headers="date digest content-type host (request-target)"',
        'headers="content-type digest Date Host (Request-Target)"',
        'algorithm="hs2019",headers="(request-target) host date digest"',
        f'algorithm="hs2019",created={CREATED},headers="(request-target) (created) host digest"',
        f'algorithm="hs2019",created="{CREATED}",headers="(request-target) (created) host digest"',
        f'algorithm="hs2019",created={CREATED},expires={CREATED + 60},'
        'headers="(request-target) (created) (expires) host digest"',
        f'created={CREATED},headers="(request-target) (created) host digest"',
        'algorithm=rsa-sha256 , headers = "(request-target)  host date digest" , extra="a, \\"b\\""',
    ],
)
def test_other_servers_may_sign_in_another_shape(text: str) -> None:
    verify(signed_as(by_rsa(a_post()), text))


def test_a_signed_created_is_none_of_the_older_algorithm() -> None:
    text = f'algorithm="rsa-sha256",created={CREATED},headers="(request-target) (created) host digest"'
    value = f'keyId="{rsa_key().id}",{text},signature="AAAA"'
    with pytest.raises(NotAuthentic, match="hs2019"):
        read_signature(by_rsa(a_post()).with_headers({"signature": value}))


def test_a_signature_ends_when_its_sender_says() -> None:
    text = (
        f'algorithm="hs2019",created={CREATED},expires={CREATED + 60},'
        'headers="(request-target) (created) (expires) host digest"'
    )
    request = signed_as(by_rsa(a_post()), text)
    verify(request, NOW + timedelta(seconds=60))
    with pytest.raises(NotAuthentic, match="expired"):
        verify(request, NOW + timedelta(seconds=61))


def test_a_signed_header_must_be_there() -> None:
    request = by_rsa(a_post())
    with pytest.raises(NotAuthentic, match="header=content-type"):
        verify(without(request, "content-type"))


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://bourg.example:8443/inbox", "bourg.example:8443"),
        ("https://bourg.example:8443/inbox", "bourg.example"),
        ("https://bourg.example/inbox", "bourg.example:443"),
        ("https://bourg.example/inbox", "Bourg.Example"),
        ("http://localhost:8000/inbox", "localhost:8000"),
    ],
)
def test_our_host_may_be_written_with_or_without_port(url: str, host: str) -> None:
    request = by_rsa(a_post(url)).with_headers({"host": host})
    verify(signed_as(request, 'headers="(request-target) host date digest"'))


@pytest.mark.parametrize(
    "host", ["bourg.example:8443", "bourg.example.", "evil.example", "", "bourg.example:"]
)
def test_another_host_is_refused_even_when_it_is_signed(host: str) -> None:
    request = by_rsa(a_post()).with_headers({"host": "bourg.example"})
    signed = signed_as(request, 'headers="(request-target) host date digest"')
    with pytest.raises(NotAuthentic, match="another host"):
        verify(signed.with_headers({"host": host}))


def test_the_query_is_signed() -> None:
    signed = by_rsa(a_get("https://bourg.example/a/commune?page=2"))
    for url in ("https://bourg.example/a/commune", "https://bourg.example/a/commune?page=3"):
        with pytest.raises(NotAuthentic, match="wrong signature"):
            verify(SignedRequest("GET", url, signed.headers))


def test_the_method_is_signed() -> None:
    signed = by_rsa(a_post())
    with pytest.raises(NotAuthentic):
        verify(SignedRequest("PUT", signed.url, signed.headers, signed.body))


@pytest.mark.parametrize(
    "date",
    [
        "",
        "yesterday",
        "2026-04-16T10:42:03Z",
        "Thu, 16 Apr 2026 10:42:03 +0000",
        "Thu, 31 Feb 2026 10:42:03 GMT",
        "Thu, 16 Abc 2026 10:42:03 GMT",
        "Thu, 16 Apr 2026 25:42:03 GMT",
        "Thu, 16 Apr 0000 10:42:03 GMT",
        "Thu, 16 Apr 2026 10:42:03 GMT GMT",
        "Thu, ١٦ Apr 2026 10:42:03 GMT",
    ],
)
def test_a_date_has_one_form(date: str) -> None:
    with pytest.raises(InvalidDocument):
        read_signature(by_rsa(a_post()).with_headers({"date": date}))


def test_a_date_is_read() -> None:
    assert cavage.parse_date("Tue, 7 Jun 2022 20:51:35 GMT") == datetime(2022, 6, 7, 20, 51, 35, tzinfo=UTC)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "nonsense",
        'keyId="a"',
        'signature="AAAA"',
        'keyId="",headers="(request-target) host date digest",signature="AAAA"',
        'keyId="a",keyId="b",headers="(request-target) host date digest",signature="AAAA"',
        'keyId="a",headers="(request-target) host date digest",signature="A"',
        'keyId="a",headers="(request-target) host date digest",signature=""',
        'keyId="a,headers="(request-target) host date digest",signature="AAAA"',
        'keyId="a";headers="(request-target) host date digest";signature="AAAA"',
        'keyId="a",headers="(request-target) host date digest",signature="AAAA',
        'keyId="a",headers="(request-target) host date digest date",signature="AAAA"',
        'keyId="a",headers="(request-target) host date digest x:y",signature="AAAA"',
        'keyId="a",algorithm="hs2019",headers="(request-target) host (created) digest",signature="AAAA"',
        'keyId="a",algorithm="hs2019",created=soon,headers="(request-target) host (created) digest",'
        'signature="AAAA"',
        'keyId="a",algorithm="hs2019",created=999999999999,headers="(request-target) host (created) digest",'
        'signature="AAAA"',
        'keyId="a",\theaders="(request-target) host date digest",signature="AAAA"',
        'keyId="é",headers="(request-target) host date digest",signature="AAAA"',
    ],
)
def test_a_header_that_cannot_be_read_is_invalid(header: str) -> None:
    with pytest.raises((InvalidDocument, NotAuthentic)):
        read_signature(by_rsa(a_post()).with_headers({"signature": header}))


def test_a_signature_header_has_a_longest_length() -> None:
    def padded(length: int) -> SignedRequest:
        base = dict(by_rsa(a_get()).headers)["signature"]
        padding = length - len(base) - len(',x=""')
        return by_rsa(a_get()).with_headers({"signature": f'{base},x="{"a" * padding}"'})

    verify(padded(SIGNATURE_HEADER_CHARS))
    with pytest.raises(InvalidDocument):
        read_signature(padded(SIGNATURE_HEADER_CHARS + 1))


def test_there_is_a_largest_number_of_signed_headers() -> None:
    names = [f"x-{number}" for number in range(SIGNED_COMPONENTS - 2)]
    request = by_rsa(a_get())
    for name in names:
        request = also(request, name, "1")
    verify(signed_as(request, f'headers="(request-target) host date {" ".join(names[:-1])}"'))
    with pytest.raises(InvalidDocument, match="too many"):
        verify(signed_as(request, f'headers="(request-target) host date {" ".join(names)}"'))


def test_a_wrong_signature_is_not_authentic() -> None:
    signature = read_signature(
        change(by_rsa(a_get()), "signature", lambda text: text.replace('re="', 're="AAAA'))
    )
    with pytest.raises(NotAuthentic, match="wrong signature"):
        signature.verify(public(rsa_key()), NOW)
