"""Rows SIG-01 to SIG-24 of the list of attacks, as far as a signature alone can tell."""

import base64
import hashlib
import hmac
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from federation.errors import InvalidDocument, NotAuthentic
from federation.signatures import (
    Scheme,
    SignedRequest,
    add_proof,
    cavage,
    read_proof,
    read_signature,
    rfc9421,
    sign,
)
from federation.signatures.keys import actor_keys, find_key, key_owner, load_public_pem, public_pem
from federation.signatures.message import make_signature, to_base64
from tests.unit.federation.signatures.alice import (
    ALICE,
    BOB,
    NOW,
    a_get,
    a_post,
    also,
    by_ed25519,
    by_rsa,
    change,
    ed25519_key,
    public,
    rsa_key,
    verify,
    without,
)


def cavage_over(request: SignedRequest, covered: str, parameters: str = "") -> SignedRequest:
    """Signed by Alice, over what she chooses, as well as that can be done."""
    ready = by_rsa(request)
    text = f'keyId="{rsa_key().id}",headers="{covered}"{parameters}'
    base = cavage.signing_string(ready, covered.split(), cavage.parse(text))
    return change(ready, "signature", lambda _: f'{text},signature="{make_signature(rsa_key(), base)}"')


def rfc9421_over(request: SignedRequest, member: str) -> SignedRequest:
    """Signed by Alice with this member of Signature-Input."""
    ready = by_ed25519(request)
    [parsed] = rfc9421.parse_signature_input(f"sig1={member}").values()
    signature = make_signature(ed25519_key(), rfc9421.signature_base(ready, parsed))
    return ready.with_headers({"signature-input": f"sig1={member}", "signature": f"sig1=:{signature}:"})


KEYED = f';created={int(NOW.timestamp())};keyid="{ALICE}#ed25519-key"'


@pytest.mark.parametrize("request_", [a_post(), a_get()])
def test_sig_01_a_request_without_signature_is_not_authentic(request_: SignedRequest) -> None:
    with pytest.raises(NotAuthentic, match="not signed"):
        read_signature(request_)


def test_sig_01_signature_input_alone_is_no_signature() -> None:
    with pytest.raises(NotAuthentic, match="not signed"):
        read_signature(without(by_ed25519(a_post()), "signature"))


def test_sig_03_an_actor_does_not_answer_for_the_key_of_another_of_the_same_host() -> None:
    pem = public_pem(rsa_key(BOB).key.public_key())
    alice = {"id": ALICE, "publicKey": [{"id": f"{BOB}#main-key", "owner": BOB, "publicKeyPem": pem}]}
    with pytest.raises(NotAuthentic):
        find_key(alice, f"{BOB}#main-key")


def test_sig_03_the_key_of_another_actor_does_not_verify() -> None:
    signature = read_signature(sign(a_post(), rsa_key(BOB), scheme=Scheme.CAVAGE, now=NOW))
    with pytest.raises(NotAuthentic, match="another key"):
        signature.verify(public(rsa_key()), NOW)
    with pytest.raises(NotAuthentic, match="wrong signature"):
        signature.verify(replace(public(rsa_key()), id=signature.key_id), NOW)


def test_sig_05_a_key_document_with_another_id_is_refused() -> None:
    document = {"id": f"{BOB}#main-key", "owner": BOB, "publicKeyPem": "…"}
    assert key_owner(document, f"{BOB}#main-key") == BOB
    with pytest.raises(NotAuthentic):
        key_owner(document, f"{ALICE}#main-key")


def test_sig_06_the_digest_must_be_signed() -> None:
    with pytest.raises(NotAuthentic, match="missing=digest"):
        verify(cavage_over(a_post(), "(request-target) host date content-type"))
    with pytest.raises(NotAuthentic, match="missing=content-digest"):
        verify(rfc9421_over(a_post(), f'("@method" "@target-uri"){KEYED}'))


@pytest.mark.parametrize("signed", [by_rsa(a_post()), by_ed25519(a_post())])
def test_sig_07_a_changed_body_is_not_authentic(signed: SignedRequest) -> None:
    verify(signed)
    for body in (b"", signed.body + b" ", signed.body.replace(b"Like", b"Undo")):
        with pytest.raises(NotAuthentic, match="digest does not match"):
            verify(replace(signed, body=body))


SHA = to_base64(hashlib.sha256(a_post().body).digest())
MD5 = to_base64(hashlib.md5(a_post().body).digest())


@pytest.mark.parametrize(
    ("digest", "error"),
    [
        (f"MD5={MD5}", NotAuthentic),
        ("", NotAuthentic),
        (f"SHA-256={SHA},SHA-256={SHA}", NotAuthentic),
        (f"SHA-256={SHA},sha-256={to_base64(bytes(32))}", NotAuthentic),
        ("SHA-256=!!!!", InvalidDocument),
        (f"SHA-256={SHA[:8]}!{SHA[8:]}", InvalidDocument),
        (f"SHA-256={SHA}AAAA", InvalidDocument),
        (f"SHA-256={SHA[:-1]}", InvalidDocument),
        (f"SHA-256={SHA[:-4]}", InvalidDocument),
        ("SHA-256=", InvalidDocument),
        (f"SHA-256={to_base64(bytes(32))}", NotAuthentic),
        ("SHA-256=" + "A" * 9_000, InvalidDocument),
    ],
)
def test_sig_08_a_digest_of_the_wrong_kind_is_never_skipped(digest: str, error: type[Exception]) -> None:
    request = change(by_rsa(a_post()), "digest", lambda _: digest)
    with pytest.raises(error, match=r"digest|base64"):
        read_signature(request)


def test_sig_08_a_digest_that_is_missing_is_never_skipped() -> None:
    with pytest.raises(NotAuthentic):
        verify(without(by_rsa(a_post()), "digest"))
    with pytest.raises(NotAuthentic):
        verify(without(by_ed25519(a_post()), "content-digest"))


def test_sig_08_other_digests_beside_a_right_one_do_not_matter() -> None:
    request = by_rsa(a_post()).with_headers({"digest": f"MD5={MD5}, sha-256={SHA}"})
    base = cavage.signing_string(request, ["(request-target)", "host", "date", "digest"], {})
    header = (
        f'keyId="{rsa_key().id}",headers="(request-target) host date digest",'
        f'signature="{make_signature(rsa_key(), base)}"'
    )
    verify(request.with_headers({"signature": header}))


@pytest.mark.parametrize(
    ("digest", "error"),
    [
        (f"md5=:{MD5}:", NotAuthentic),
        (f"sha-256=:{SHA}:, sha-256=:{SHA}:", InvalidDocument),
        ("sha-256=:!:", InvalidDocument),
        (f"sha-256=:{SHA}AAAA:", InvalidDocument),
        (f"sha-256=:{SHA[:-4]}:", InvalidDocument),
        (f"sha-256=:{SHA}:, sha-512=:{SHA}:", NotAuthentic),
        (f"sha-256={SHA}", InvalidDocument),
        (f"sha-256=:{to_base64(bytes(32))}:", NotAuthentic),
    ],
)
def test_sig_08_a_content_digest_of_the_wrong_kind_is_never_skipped(
    digest: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        read_signature(change(by_ed25519(a_post()), "content-digest", lambda _: digest))


def test_sig_10_the_host_must_be_signed() -> None:
    with pytest.raises(NotAuthentic, match="missing=host"):
        verify(cavage_over(a_get(), "(request-target) date"))
    with pytest.raises(NotAuthentic, match="missing=@target-uri"):
        verify(rfc9421_over(a_get(), f'("@method" "@path" "@query"){KEYED}'))


@pytest.mark.parametrize("request_", [a_post(), a_get()])
@pytest.mark.parametrize("by", [by_rsa, by_ed25519])
def test_sig_10_what_was_sent_to_another_server_is_refused(
    request_: SignedRequest, by: Callable[[SignedRequest], SignedRequest]
) -> None:
    elsewhere = by(replace(request_, url=request_.url.replace("bourg", "evil")))
    with pytest.raises(NotAuthentic):
        verify(replace(elsewhere, url=request_.url))
    with pytest.raises(NotAuthentic):
        verify(replace(elsewhere, url=request_.url).with_headers({"host": "bourg.example"}))


def test_sig_12_a_time_must_be_signed() -> None:
    with pytest.raises(NotAuthentic, match="missing=date"):
        verify(cavage_over(a_post(), "(request-target) host digest"))
    with pytest.raises(InvalidDocument, match="created"):
        verify(rfc9421_over(a_get(), f'("@method" "@target-uri");keyid="{ALICE}#ed25519-key"'))


@pytest.mark.parametrize(
    ("later", "reason"),
    [
        (timedelta(hours=12), None),
        (timedelta(hours=12, seconds=1), "too long ago"),
        (timedelta(hours=-1), None),
        (timedelta(hours=-1, seconds=-1), "in the future"),
    ],
)
@pytest.mark.parametrize("signed", [by_rsa(a_post()), by_ed25519(a_post())])
def test_sig_13_a_signature_is_good_for_twelve_hours_and_an_hour_of_skew(
    signed: SignedRequest, later: timedelta, reason: str | None
) -> None:
    if reason is None:
        return verify(signed, NOW + later)
    with pytest.raises(NotAuthentic, match=reason):
        read_signature(signed).check_time(NOW + later)
    with pytest.raises(NotAuthentic, match=reason):
        verify(signed, NOW + later)


@pytest.mark.parametrize("covered", ["", "date", "(request-target)", "host date", "(request-target) date"])
@pytest.mark.parametrize("request_", [a_post(), a_get()])
def test_sig_14_a_weak_set_of_headers_is_refused(request_: SignedRequest, covered: str) -> None:
    with pytest.raises(NotAuthentic, match="too little is signed"):
        verify(cavage_over(request_, covered))


@pytest.mark.parametrize(
    "covered", ["", '"@method"', '"@target-uri"', '"host"', '"@method" "@authority"', '"@method" "@path"']
)
def test_sig_14_a_weak_set_of_components_is_refused(covered: str) -> None:
    with pytest.raises(NotAuthentic, match="too little is signed"):
        verify(rfc9421_over(a_get(), f"({covered}){KEYED}"))


@pytest.mark.parametrize(
    "algorithm",
    ["none", "hmac-sha256", "rsa-sha1", "rsa-sha512", "ecdsa-sha256", "ed25519", "RSA-SHA256", ""],
)
def test_sig_15_other_algorithms_are_refused(algorithm: str) -> None:
    request = change(by_rsa(a_post()), "signature", lambda text: text.replace("rsa-sha256", algorithm))
    with pytest.raises(NotAuthentic, match="algorithm is not accepted"):
        verify(request)


def test_sig_15_a_public_key_is_no_shared_secret() -> None:
    request = by_rsa(a_post())
    parameters = cavage.parse(dict(request.headers)["signature"])
    base = cavage.signing_string(request, parameters["headers"].split(), parameters).encode()
    secret = public_pem(rsa_key().key.public_key()).encode()
    mac = base64.b64encode(hmac.digest(secret, base, "sha256")).decode()
    header = dict(request.headers)["signature"].replace(parameters["signature"], mac)
    for algorithm in ("hmac-sha256", "hs2019", "rsa-sha256"):
        with pytest.raises(NotAuthentic):
            verify(request.with_headers({"signature": header.replace("rsa-sha256", algorithm)}))


@pytest.mark.parametrize(
    "algorithm", ["hmac-sha256", "rsa-pss-sha512", "ecdsa-p256-sha256", "none", "ED25519"]
)
def test_sig_15_other_algorithms_of_rfc_9421_are_refused(algorithm: str) -> None:
    with pytest.raises(NotAuthentic, match="algorithm is not accepted"):
        verify(rfc9421_over(a_get(), f'("@method" "@target-uri"){KEYED};alg="{algorithm}"'))


def test_sig_15_the_algorithm_must_fit_the_key() -> None:
    with pytest.raises(NotAuthentic, match="does not fit"):
        verify(rfc9421_over(a_get(), f'("@method" "@target-uri"){KEYED};alg="rsa-v1_5-sha256"'))
    signature = read_signature(by_rsa(a_post()))
    with pytest.raises(NotAuthentic, match="does not fit"):
        signature.verify(replace(public(ed25519_key()), id=signature.key_id), NOW)


@pytest.mark.parametrize("bits", [1024, 2047])
def test_sig_15_short_rsa_keys_are_no_keys(bits: int) -> None:
    pem = public_pem(rsa.generate_private_key(65_537, bits).public_key())
    with pytest.raises(InvalidDocument, match="too short"):
        load_public_pem(pem)
    assert actor_keys({"id": ALICE, "publicKey": {"id": ALICE, "owner": ALICE, "publicKeyPem": pem}}) == ()


def test_sig_15_keys_of_other_algorithms_are_no_keys() -> None:
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    pem = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    with pytest.raises(InvalidDocument, match="another algorithm"):
        load_public_pem(pem)


@pytest.mark.parametrize(
    "member",
    [
        f'("@method";req "@target-uri"){KEYED}',
        f'("@method" "@target-uri" "accept";bs){KEYED}',
        f'("@method" "@target-uri" "accept";sf){KEYED}',
        f'("@method" "@target-uri" "@query-param";name="page"){KEYED}',
        f'("@method" "@target-uri" "@status"){KEYED}',
        f'("@method" "@target-uri" "@signature-params"){KEYED}',
        f'("@method" "@target-uri" "@unknown"){KEYED}',
        f'("@method" "@target-uri" "Accept"){KEYED}',
        f'("@method" "@target-uri" "x-not-there"){KEYED}',
        f'("@method" "@target-uri" "@method"){KEYED}',
        f'("@method" "@target-uri"){KEYED};keyid="{ALICE}#ed25519-key"',
        f'("@method" "@target-uri"){KEYED};unknown="x"',
        f'("@method" "@target-uri"){KEYED};alg',
        f'("@method" "@target-uri");created="{int(NOW.timestamp())}";keyid="{ALICE}#ed25519-key"',
        f'("@method" "@target-uri");created={int(NOW.timestamp())}.5;keyid="{ALICE}#ed25519-key"',
        f'("@method" "@target-uri");created=-5;keyid="{ALICE}#ed25519-key"',
        f'("@method" "@target-uri");created={int(NOW.timestamp())}',
        f'("@method" "@target-uri");created={int(NOW.timestamp())};keyid=""',
        f"(@method @target-uri){KEYED}",
        f'"@method" "@target-uri"{KEYED}',
        "?1",
    ],
)
def test_sig_16_holes_in_components_are_refused(member: str) -> None:
    request = change(by_ed25519(a_get()), "signature-input", lambda _: f"sig1={member}")
    with pytest.raises((InvalidDocument, NotAuthentic)):
        read_signature(request)


def test_sig_16_labels_must_be_the_same_and_single() -> None:
    request = by_ed25519(a_get())
    both = dict(request.headers)
    first, second = both["signature-input"], both["signature"]
    for signature_input, signature in [
        (first.replace("sig1", "sig2"), second),
        (first, second.replace("sig1", "sig2")),
        (f"{first}, {first}", second),
        (first, f"{second}, {second}"),
        (f"{first}, {first.replace('sig1', 'sig2')}", second),
        (first, f"{second}, {second.replace('sig1', 'sig2')}"),
        (f"{first}, {first.replace('sig1', 'sig2')}", f"{second}, {second.replace('sig1', 'sig2')}"),
    ]:
        spoilt = request.with_headers({"signature-input": signature_input, "signature": signature})
        with pytest.raises((InvalidDocument, NotAuthentic)):
            read_signature(spoilt)


def test_sig_17_a_good_signature_of_one_kind_does_not_carry_a_bad_one_of_the_other() -> None:
    old, new = dict(by_rsa(a_post()).headers), dict(by_ed25519(a_post()).headers)
    everything = {**old, **new}
    for signature in (old["signature"], f"{old['signature']},{new['signature']}"):
        with pytest.raises((InvalidDocument, NotAuthentic)):
            read_signature(replace(a_post(), headers=tuple({**everything, "signature": signature}.items())))
    forged = change(
        replace(a_post(), headers=tuple(everything.items())),
        "signature",
        lambda _: f"sig1=:{to_base64(bytes(64))}:",
    )
    with pytest.raises(NotAuthentic, match="wrong signature"):
        verify(forged)
    verify(replace(a_post(), headers=tuple(everything.items())))  # the rule: RFC 9421 alone counts


def test_sig_17_two_signature_headers_are_refused() -> None:
    old = dict(by_rsa(a_post()).headers)["signature"]
    with pytest.raises(NotAuthentic, match="repeated"):
        read_signature(also(by_ed25519(a_post()), "signature", old))


@pytest.mark.parametrize("name", ["date", "digest", "host", "content-type", "signature"])
def test_sig_18_a_header_that_comes_twice_is_refused(name: str) -> None:
    request = by_rsa(a_post())
    value = dict(request.headers)[name]
    for second in (value, "something else"):
        with pytest.raises(NotAuthentic, match=f"header={name}"):
            read_signature(also(request, name, second))


def test_sig_18_other_headers_that_come_twice_are_joined() -> None:
    request = cavage_over(also(a_get(), "accept", "*/*"), "(request-target) host date accept")
    verify(request)
    with pytest.raises(NotAuthentic):
        verify(also(request, "accept", "text/html"))


@pytest.mark.parametrize("value", ["a\r\n b", "a\nhost: evil.example", "a\x00b", "é"])
def test_sig_18_a_folded_header_or_a_line_break_cannot_be_signed(value: str) -> None:
    request = also(by_rsa(a_get()), "x-note", value)
    header = dict(request.headers)["signature"].replace("host date", "host date x-note")
    with pytest.raises(InvalidDocument):
        read_signature(change(request, "signature", lambda _: header))


NOTE: dict[str, object] = {
    "@context": ["https://www.w3.org/ns/activitystreams"],
    "id": f"{ALICE}/1",
    "type": "Note",
    "attributedTo": ALICE,
}


@pytest.mark.parametrize("keyword", ["@graph", "@included", "@reverse"])
@pytest.mark.parametrize("place", ["top", "object", "list", "@context"])
def test_sig_23_a_document_that_can_be_restructured_has_no_proof(keyword: str, place: str) -> None:
    inner: dict[str, object] = {keyword: []}
    document = {
        "top": {**NOTE, **inner},
        "object": {**NOTE, "object": inner},
        "list": {**NOTE, "tag": [{"tag": [inner]}]},
        "@context": {**NOTE, "@context": [{"child": inner}]},
    }[place]
    with pytest.raises(NotAuthentic, match="restructured"):
        read_proof(add_proof(document, ed25519_key(), NOW))


def test_sig_23_a_linked_data_signature_proves_nothing() -> None:
    with pytest.raises(NotAuthentic):
        read_proof({**NOTE, "signature": {"type": "RsaSignature2017", "creator": ALICE}})


def test_sig_24_a_context_put_before_the_proven_one_spoils_the_proof() -> None:
    signed = add_proof(NOTE, ed25519_key(), NOW)
    for context in ([{"content": "as:summary"}, *NOTE["@context"]], [], "https://other.example/"):  # type: ignore[misc]
        with pytest.raises(NotAuthentic, match="another context"):
            read_proof({**signed, "@context": context})


def test_sig_24_a_context_added_behind_the_proven_one_is_not_part_of_what_is_proven() -> None:
    signed = add_proof(NOTE, ed25519_key(), NOW)
    proof = read_proof({**signed, "@context": [*NOTE["@context"], {"content": "as:summary"}]})  # type: ignore[misc]
    proof.verify(public(ed25519_key()), NOW)
    assert proof.document == NOTE


def test_own_keys_are_of_the_kinds_that_we_promise() -> None:
    rsa_private = rsa_key().key
    assert isinstance(rsa_private, RSAPrivateKey)
    assert rsa_private.key_size == 2048
    assert isinstance(ed25519_key().key, Ed25519PrivateKey)
