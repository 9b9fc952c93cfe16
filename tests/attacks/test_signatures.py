"""Rows SIG-01 to SIG-24: posts whose signature does not show that the actor sent them.

Each forgery alone is tried on the library too (`tests/unit/federation/signatures/test_attacks.py`); here the
whole hub is asked, and looked at afterwards.
"""

import hashlib
import hmac
import json
import time
from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from federation.signatures import PrivateKey, Scheme, SignedRequest, add_proof, cavage, read_signature
from federation.signatures.keys import find_key, public_pem
from federation.signatures.message import to_base64
from tests.attacks.fediverse import (
    CONTEXT,
    NEIGHBOUR,
    PUBLIC,
    Answer,
    Attacker,
    Fediverse,
    Json,
    also,
    rsa_key,
    with_body,
    with_header,
    without,
)
from tests.evilpeer import answers

ENGINES = ("sqlite",)  # a signature is refused before anything asks the database

BOTH = pytest.mark.parametrize("scheme", list(Scheme))
KEYED = ';created={now};keyid="{key}"'


def known(fediverse: Fediverse, activity: Json) -> bool:
    """Whether the hub ever took it; the row stays for weeks."""
    return fediverse.value(f"SELECT count(*) FROM seen WHERE uri = '{activity['id']}'") != "0"


def assert_refused(
    answer: Answer, attacker: Attacker, activity: Json, *, status: tuple[int, ...] = (401,)
) -> None:
    """Nothing of it is stored, its sender is told why, and the log says from where it came."""
    assert answer.status in status, answer
    assert answer.json()["error"]
    assert not known(attacker.fediverse, activity)


def digest(body: bytes) -> str:
    return to_base64(hashlib.sha256(body).digest())


@BOTH
def test_what_is_signed_well_is_heard(fediverse: Fediverse, attacker: Attacker, scheme: Scheme) -> None:
    follow = attacker.follow()
    assert attacker.post(follow, scheme=scheme).status == 202
    by_ed25519 = attacker.activity("Like", object=fediverse.actor)
    assert attacker.post(by_ed25519, scheme=Scheme.RFC9421, key=attacker.proof_key).status == 202
    fediverse.settle()
    assert known(fediverse, follow)
    assert known(fediverse, by_ed25519)
    assert [each["object"]["id"] for each in attacker.told("Accept")] == [follow["id"]]


@BOTH
def test_sig_01_a_post_without_a_signature_makes_us_do_nothing(
    fediverse: Fediverse, attacker: Attacker, scheme: Scheme
) -> None:
    note, asked, lines = attacker.mention(), len(fediverse.peer.requests), len(fediverse.village.site.lines)
    activity = attacker.create(note, object=note["id"])
    for names in (["signature"], ["signature", "signature-input"], ["signature", "signature-input", "date"]):
        assert_refused(attacker.post(activity, scheme=scheme, bend=without(*names)), attacker, activity)
    fediverse.settle()
    assert len(fediverse.peer.requests) == asked
    assert not fediverse.knows(attacker.uri)
    assert any("not signed" in line for line in fediverse.refusals(since=lines))


def test_sig_03_another_key_of_the_same_host_does_not_speak_for_its_neighbour(
    fediverse: Fediverse, attacker: Attacker
) -> None:
    bob = fediverse.attacker(key=1)
    follow = attacker.follow()
    assert attacker.post(follow, key=bob.key).status in (202, 401)  # well signed: nobody needs to try again
    borrowed = replace(bob.key, id=attacker.key.id)
    assert_refused(attacker.post(follow, key=borrowed), attacker, follow)
    fediverse.settle()
    assert not known(fediverse, follow)
    assert attacker.told() == bob.told() == []


def test_sig_03_a_key_that_names_another_as_its_owner_is_nobodys(
    fediverse: Fediverse, attacker: Attacker
) -> None:
    bob = fediverse.attacker(key=1)
    pem = public_pem(bob.key.key.public_key())
    bob.publish(publicKey={"id": bob.key.id, "owner": attacker.uri, "publicKeyPem": pem}, assertionMethod=[])
    follow = attacker.follow()
    assert_refused(attacker.post(follow, key=bob.key), attacker, follow)


def test_sig_03_the_key_of_a_neighbour_who_is_gone_ends_nobody(
    fediverse: Fediverse, attacker: Attacker
) -> None:
    """The last word of an actor cannot be verified once its key is gone; then its own server is asked."""
    news, victim = fediverse.announce(), fediverse.attacker(key=1)
    answer = victim.mention("I was here", inReplyTo=news.uri)
    assert victim.post(victim.create(answer)).status == 202
    fediverse.settle()
    gone = attacker.place("gone")
    attacker.on(gone, answers.status(410))
    forged = attacker.activity("Delete", actor=victim.uri, object=victim.uri)
    attacker.post(forged, key=PrivateKey(f"{gone}#main-key", attacker.key.key))
    fediverse.settle()
    assert fediverse.knows(victim.uri)
    assert fediverse.knows(answer["id"])


def test_sig_05_a_key_document_with_another_id_is_refused(fediverse: Fediverse, attacker: Attacker) -> None:
    asked = attacker.place("keys")
    pem = public_pem(attacker.key.key.public_key())
    for identity in (attacker.place("keys"), attacker.key.id, f"{asked}/", f"{asked}#other"):
        attacker.serve(asked, {"id": identity, "owner": attacker.uri, "publicKeyPem": pem})
        follow = attacker.follow()
        assert_refused(attacker.post(follow, key=replace(attacker.key, id=asked)), attacker, follow)
        fediverse.rows("DELETE FROM key_question")
    assert fediverse.rows(f"SELECT id FROM known_key WHERE id LIKE '{asked}%'") == []


def test_sig_06_a_digest_that_is_not_signed_is_worth_nothing(
    fediverse: Fediverse, attacker: Attacker
) -> None:
    follow = attacker.follow()
    for bend in (
        attacker.cavage_over("(request-target) host date content-type"),
        attacker.rfc9421_over(f'("@method" "@target-uri"){KEYED}'),
    ):
        assert_refused(attacker.post(follow, bend=bend), attacker, follow)


@BOTH
def test_sig_07_a_body_that_was_changed_is_refused(
    fediverse: Fediverse, attacker: Attacker, scheme: Scheme
) -> None:
    follow = attacker.follow()
    body = json.dumps(follow).encode()
    for changed in (body + b" ", body.replace(b"Follow", b"Delete"), body[:-1] + b',"to":[]}'):
        assert_refused(attacker.post(body, scheme=scheme, bend=with_body(changed)), attacker, follow)


def in_digest(value: str) -> Callable[[Attacker], Callable[[SignedRequest], SignedRequest]]:
    """This header, truly signed."""

    def bend_of(attacker: Attacker) -> Callable[[SignedRequest], SignedRequest]:
        def bend(request: SignedRequest) -> SignedRequest:
            right = digest(request.body)
            md5 = to_base64(hashlib.md5(request.body).digest())
            filled = value.format(right=right, md5=md5, wrong=to_base64(bytes(32)), short=right[:-4])
            return attacker.cavage_over("(request-target) host date digest", digest=filled)(request)

        return bend

    return bend_of


@pytest.mark.parametrize(
    "value",
    [
        "MD5={md5}",
        "sha-512={right}",
        "SHA-256=!!!!",
        "SHA-256={short}",
        "SHA-256={right}AAAA",
        "SHA-256={wrong}",
        "SHA-256={right},SHA-256={wrong}",
        "SHA-256={right},SHA-256={right}",
        "SHA-256=",
        "",
    ],
)
def test_sig_08_a_digest_of_the_wrong_kind_is_never_skipped(
    fediverse: Fediverse, attacker: Attacker, value: str
) -> None:
    follow = attacker.follow()
    answer = attacker.post(follow, bend=in_digest(value)(attacker))
    assert_refused(answer, attacker, follow, status=(400, 401))


@BOTH
def test_sig_08_a_digest_that_is_missing_is_never_skipped(
    fediverse: Fediverse, attacker: Attacker, scheme: Scheme
) -> None:
    follow = attacker.follow()
    answer = attacker.post(follow, scheme=scheme, bend=without("digest", "content-digest"))
    assert_refused(answer, attacker, follow)


def test_sig_10_the_host_must_be_signed(fediverse: Fediverse, attacker: Attacker) -> None:
    follow = attacker.follow()
    for covered in ("(request-target) date digest", "(request-target) date digest content-type"):
        assert_refused(attacker.post(follow, bend=attacker.cavage_over(covered)), attacker, follow)
    for bend in (
        attacker.cavage_over("(request-target) date"),
        attacker.rfc9421_over(f'("@method" "@path" "@query"){KEYED}'),
    ):
        assert attacker.get("/o/01234567890123456789abcdef", bend=bend).status == 401


@BOTH
@pytest.mark.parametrize("named", ["as it was", "as we are called"])
def test_sig_10_what_was_sent_to_another_server_is_not_for_us(
    fediverse: Fediverse, attacker: Attacker, scheme: Scheme, named: str
) -> None:
    follow = attacker.follow()
    elsewhere = attacker.signed(follow, scheme=scheme, to=f"https://{NEIGHBOUR}/inbox")
    replayed = replace(elsewhere, url=fediverse.shared_inbox)
    if named == "as we are called":
        replayed = with_header("host", fediverse.origin.removeprefix("http://"))(replayed)
    assert_refused(fediverse.send(replayed), attacker, follow)
    other_inbox = replace(attacker.signed(follow, scheme=scheme), url=f"{fediverse.actor}/inbox")
    assert_refused(fediverse.send(other_inbox), attacker, follow)


def test_sig_12_a_time_must_be_signed(fediverse: Fediverse, attacker: Attacker) -> None:
    follow = attacker.follow()
    cavage_bends = [
        attacker.cavage_over("(request-target) host digest"),
        attacker.cavage_over("(request-target) host digest content-type"),
        attacker.cavage_over(
            "(request-target) host digest (expires)", f',algorithm="hs2019",expires={int(time.time()) + 60}'
        ),
    ]
    for bend in cavage_bends:
        assert_refused(attacker.post(follow, bend=bend), attacker, follow)
    timeless = attacker.rfc9421_over('("@method" "@target-uri" "content-digest");keyid="{key}"')
    assert_refused(attacker.post(follow, bend=timeless), attacker, follow, status=(400, 401))


@BOTH
def test_sig_13_the_same_post_a_second_time_changes_nothing(
    fediverse: Fediverse, attacker: Attacker, scheme: Scheme
) -> None:
    news = fediverse.announce()
    note = attacker.mention("once", inReplyTo=news.uri)
    for activity in (attacker.create(note), attacker.activity("Like", object=news.uri)):
        request = attacker.signed(activity, scheme=scheme)
        assert [fediverse.send(request).status for _ in range(3)] == [202, 202, 202]
    fediverse.settle()
    found = fediverse.document(news.uri)
    assert (found["likes"]["totalItems"], found["replies"]["totalItems"]) == (1, 1)


@BOTH
@pytest.mark.parametrize("hours", [-13, 2])
def test_sig_13_a_signature_is_not_good_for_ever(
    fediverse: Fediverse, attacker: Attacker, scheme: Scheme, hours: int
) -> None:
    follow = attacker.follow()
    at = datetime.now(UTC) + timedelta(hours=hours)
    assert_refused(attacker.post(follow, scheme=scheme, at=at), attacker, follow)
    assert attacker.asked() == []  # seen before anybody was asked for a key


@pytest.mark.parametrize(
    "covered", ["", "date", "(request-target)", "host date", "(request-target) date", "digest date"]
)
def test_sig_14_a_signature_over_too_little_is_refused(
    fediverse: Fediverse, attacker: Attacker, covered: str
) -> None:
    follow = attacker.follow()
    bend = attacker.cavage_over(covered)
    assert_refused(attacker.post(follow, bend=bend), attacker, follow)
    if "digest" not in covered:
        assert attacker.get("/o/01234567890123456789abcdef", bend=bend).status == 401


@pytest.mark.parametrize(
    "covered", ["", '"@method"', '"@target-uri"', '"content-digest"', '"@method" "date"']
)
def test_sig_14_components_that_are_too_few_are_refused(
    fediverse: Fediverse, attacker: Attacker, covered: str
) -> None:
    follow = attacker.follow()
    bend = attacker.rfc9421_over(f"({covered}){KEYED}")
    dated = [("date", "Mon, 23 Nov 2026 12:00:00 GMT")]
    assert_refused(attacker.post(follow, bend=bend, headers=dated), attacker, follow)


@pytest.mark.parametrize("algorithm", ["none", "hmac-sha256", "rsa-sha1", "ecdsa-sha256", "ed25519", ""])
def test_sig_15_other_algorithms_are_refused(
    fediverse: Fediverse, attacker: Attacker, algorithm: str
) -> None:
    follow = attacker.follow()

    def bend(request: SignedRequest) -> SignedRequest:
        signature = dict(request.headers)["signature"].replace("rsa-sha256", algorithm)
        return request.with_headers({"signature": signature})

    assert_refused(attacker.post(follow, bend=bend), attacker, follow)
    member = f'("@method" "@target-uri" "content-digest"){KEYED};alg="{algorithm}"'
    assert_refused(attacker.post(follow, bend=attacker.rfc9421_over(member)), attacker, follow)


def test_sig_15_a_public_key_is_no_shared_secret(fediverse: Fediverse, attacker: Attacker) -> None:
    follow = attacker.follow()
    secret = public_pem(attacker.key.key.public_key()).encode()

    def forged(algorithm: str) -> Callable[[SignedRequest], SignedRequest]:
        def bend(request: SignedRequest) -> SignedRequest:
            parameters = cavage.parse(dict(request.headers)["signature"])
            base = cavage.signing_string(request, parameters["headers"].split(), parameters)
            mac = b64encode(hmac.digest(secret, base.encode(), "sha256")).decode()
            text = dict(request.headers)["signature"].replace(parameters["signature"], mac)
            return request.with_headers({"signature": text.replace("rsa-sha256", algorithm)})

        return bend

    for algorithm in ("hmac-sha256", "hs2019", "rsa-sha256"):
        assert_refused(attacker.post(follow, bend=forged(algorithm)), attacker, follow)


def test_sig_15_the_algorithm_must_fit_the_key(fediverse: Fediverse, attacker: Attacker) -> None:
    follow = attacker.follow()
    for algorithm, key in (("ed25519", attacker.key), ("rsa-v1_5-sha256", attacker.proof_key)):
        member = f'("@method" "@target-uri" "content-digest"){KEYED};alg="{algorithm}"'
        answer = attacker.post(follow, bend=attacker.rfc9421_over(member, key=key))
        assert_refused(answer, attacker, follow)


def weak_pem(kind: str) -> tuple[Any, str]:
    if kind == "EC":
        key = ec.generate_private_key(ec.SECP256R1())
        form = PublicFormat.SubjectPublicKeyInfo
        return rsa_key(0), key.public_key().public_bytes(Encoding.PEM, form).decode()
    weak = rsa.generate_private_key(65_537, int(kind))
    return weak, public_pem(weak.public_key())


@pytest.mark.parametrize("kind", ["1024", "2047", "EC"])
def test_sig_15_weak_keys_are_no_keys(fediverse: Fediverse, attacker: Attacker, kind: str) -> None:
    key, pem = weak_pem(kind)
    listed = {"id": attacker.key.id, "owner": attacker.uri, "publicKeyPem": pem}
    attacker.publish(publicKey=listed, assertionMethod=[])
    follow = attacker.follow()
    assert_refused(attacker.post(follow, key=replace(attacker.key, key=key)), attacker, follow)


@pytest.mark.parametrize(
    "member",
    [
        f'("@method" "@target-uri"){KEYED}',
        f'("@method" "content-digest"){KEYED}',
        f'("@target-uri" "content-digest"){KEYED}',
        f'("@method";req "@target-uri" "content-digest"){KEYED}',
        f'("@method" "@target-uri" "content-digest";bs){KEYED}',
        f'("@method" "@target-uri" "content-digest";key="sha-256"){KEYED}',
        f'("@method" "@target-uri" "content-digest" "@unknown"){KEYED}',
        f'("@method" "@target-uri" "content-digest" "@status"){KEYED}',
        f'("@method" "@target-uri" "content-digest" "x-not-there"){KEYED}',
        f'("@method" "@target-uri" "content-digest" "@method"){KEYED}',
        f'("@method" "@target-uri" "content-digest"){KEYED};created=1',
        f'("@method" "@target-uri" "content-digest"){KEYED};expires=1',
        "()",
        "?1",
        "",
    ],
)
def test_sig_16_holes_in_what_is_covered_are_refused(
    fediverse: Fediverse, attacker: Attacker, member: str
) -> None:
    follow = attacker.follow()
    filled = member.format(now=int(time.time()), key=attacker.key.id)
    bend = with_header("signature-input", f"sig1={filled}")
    answer = attacker.post(follow, scheme=Scheme.RFC9421, bend=bend)
    assert_refused(answer, attacker, follow, status=(400, 401))


@pytest.mark.parametrize(
    ("signature_input", "signature"),
    [
        ("{input}", "sig2{value}"),
        ("sig2{member}", "{signature}"),
        ("{input}, {input}", "{signature}"),
        ("{input}", "{signature}, {signature}"),
        ("{input}, sig2{member}", "{signature}"),
        ("{input}, sig2{member}", "{signature}, sig2{value}"),
        ("sig2{member}, {input}", "sig2=:AAAA:, {signature}"),
        ("{input}", ""),
        ("", "{signature}"),
    ],
)
def test_sig_16_labels_are_single_and_the_same(
    fediverse: Fediverse, attacker: Attacker, signature_input: str, signature: str
) -> None:
    follow = attacker.follow()

    def bend(request: SignedRequest) -> SignedRequest:
        found = dict(request.headers)
        parts = {
            "input": found["signature-input"],
            "signature": found["signature"],
            "member": found["signature-input"].removeprefix("sig1"),
            "value": found["signature"].removeprefix("sig1"),
        }
        return request.with_headers(
            {"signature-input": signature_input.format(**parts), "signature": signature.format(**parts)}
        )

    answer = attacker.post(follow, scheme=Scheme.RFC9421, bend=bend)
    assert_refused(answer, attacker, follow, status=(400, 401))


def test_sig_17_a_good_signature_of_one_kind_carries_no_bad_one_of_the_other(
    fediverse: Fediverse, attacker: Attacker
) -> None:
    follow = attacker.follow()
    old = dict(attacker.signed(follow).headers)
    new = dict(attacker.signed(follow, scheme=Scheme.RFC9421).headers)
    forged_input = new["signature-input"].replace("@method", "@path")
    for signature_input, signature in (
        (forged_input, old["signature"]),
        (new["signature-input"], old["signature"]),
        (forged_input, f"{old['signature']},{new['signature']}"),
        (forged_input, new["signature"]),
        ("sig1=()", old["signature"]),
    ):
        request = attacker.signed(follow).with_headers(
            {**new, "signature-input": signature_input, "signature": signature}
        )
        assert_refused(fediverse.send(request), attacker, follow, status=(400, 401))
    forged_old = old["signature"].replace("keyId=", "keyid=")
    request = attacker.signed(follow).with_headers({**new, "signature": forged_old})
    assert_refused(fediverse.send(request), attacker, follow, status=(400, 401))


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("name", ["date", "digest", "host", "signature", "content-type"])
def test_sig_18_a_header_that_comes_twice_is_refused(
    fediverse: Fediverse, attacker: Attacker, name: str, first: bool
) -> None:
    other = {
        "date": "Mon, 01 Jan 2024 00:00:00 GMT",
        "digest": f"SHA-256={to_base64(bytes(32))}",
        "host": "victim.example",
        "signature": 'keyId="https://victim.example/a#k",signature="AAAA"',
        "content-type": "text/plain",
    }
    follow = attacker.follow()
    answer = attacker.post(follow, bend=also(name, other[name], first=first))
    assert answer.status in (400, 401)
    assert not known(fediverse, follow)


@pytest.mark.parametrize("name", ["date", "digest", "signature"])
def test_sig_18_a_folded_header_is_refused(fediverse: Fediverse, attacker: Attacker, name: str) -> None:
    follow = attacker.follow()

    def bend(request: SignedRequest) -> SignedRequest:
        return request.with_headers({name: dict(request.headers)[name].replace(" ", "\r\n ", 1) + "\r\n "})

    assert attacker.post(follow, bend=bend).status in (400, 401)
    assert not known(fediverse, follow)


def test_sig_20_a_new_key_is_asked_for_once_and_then_not_for_five_minutes(
    fediverse: Fediverse, attacker: Attacker
) -> None:
    assert attacker.post(attacker.follow()).status == 202
    fediverse.settle()
    first = attacker.key
    second, third = replace(first, key=rsa_key(2)), replace(first, key=rsa_key(3))
    fediverse.rows("DELETE FROM key_question")  # five minutes later
    attacker.key = second
    attacker.publish()
    asked = len(attacker.asked())
    assert attacker.post(attacker.activity("Like", object=fediverse.actor)).status == 202
    assert len(attacker.asked()) == asked + 1
    attacker.key = third
    attacker.publish()
    for key in (third, first):
        like = attacker.activity("Like", object=fediverse.actor)
        assert attacker.post(like, key=key).status in (401, 503)
        assert not known(fediverse, like)
    assert len(attacker.asked()) == asked + 1
    assert attacker.post(attacker.activity("Like", object=fediverse.actor), key=second).status == 202
    fediverse.rows("DELETE FROM key_question")
    assert attacker.post(attacker.activity("Like", object=fediverse.actor)).status == 202
    assert len(attacker.asked()) == asked + 2


def test_sig_20_a_forgery_does_not_use_up_the_question_for_the_true_key(
    fediverse: Fediverse, attacker: Attacker
) -> None:
    """Else whoever sends one every five minutes silences a stranger for good."""
    forged, follow = attacker.follow(), attacker.follow()
    stolen = replace(attacker.key, key=rsa_key(5))
    assert_refused(attacker.post(forged, key=stolen), attacker, forged)
    assert attacker.post(follow).status == 202
    fediverse.settle()
    assert known(fediverse, follow)


def test_sig_20_our_new_keys_are_announced_by_the_old_ones(fediverse: Fediverse, attacker: Attacker) -> None:
    assert attacker.post(attacker.follow()).status == 202
    fediverse.settle()
    before = fediverse.document(fediverse.actor)
    fediverse.press("/admin/network/keys")
    fediverse.announce()
    fediverse.settle()
    after = fediverse.document(fediverse.actor)
    assert after["publicKey"]["publicKeyPem"] != before["publicKey"]["publicKeyPem"]
    posts = {json.loads(each.body)["type"]: each for each in attacker.asked(f"{attacker.uri}/inbox")}
    for kind, document in (("Update", before), ("Create", after)):
        headers = tuple(posts[kind].headers.items())
        request = SignedRequest("POST", f"{attacker.uri}/inbox", headers, posts[kind].body)
        signature = read_signature(request)
        signature.verify(find_key(document, signature.key_id), datetime.now(UTC))


LD_SIGNATURE = {
    "type": "RsaSignature2017",
    "creator": "{creator}",
    "created": "2026-11-23T08:00:00Z",
    "signatureValue": "QUJD" * 86,
}


@pytest.mark.parametrize("shuffled", ["as it was", "@graph", "@reverse", "@included", "entries removed"])
def test_sig_23_ld_signatures_are_not_believed(
    fediverse: Fediverse, attacker: Attacker, shuffled: str
) -> None:
    victim = fediverse.attacker(host=NEIGHBOUR, key=1)
    note = victim.mention("never said so")
    activity = victim.create(note, signature={**LD_SIGNATURE, "creator": victim.key.id})
    if shuffled == "entries removed":
        activity["object"] = {name: note[name] for name in ("id", "type", "content", "attributedTo")}
    elif shuffled != "as it was":
        activity[shuffled] = [{**victim.create(note), "object": victim.mention("nor that")}]
    answer = attacker.post(activity)
    assert answer.status in (202, 400, 401)
    fediverse.settle()
    assert not known(fediverse, activity)
    assert not fediverse.knows(note["id"])
    assert "never said so" not in fediverse.agents_page("/network")


def test_sig_23_what_hides_in_the_graph_is_not_read(fediverse: Fediverse, attacker: Attacker) -> None:
    victim = fediverse.attacker(host=NEIGHBOUR, key=1)
    hidden, own = victim.mention("hidden words"), attacker.mention("own words")
    inside = [victim.create(hidden), hidden]
    activity = attacker.create(
        {**own, "@included": inside}, **{"@graph": inside, "@reverse": {"object": hidden}}
    )
    assert attacker.post(activity).status == 202
    fediverse.settle()
    assert fediverse.knows(own["id"])
    assert not fediverse.knows(hidden["id"])
    assert not fediverse.knows(victim.uri)


@pytest.mark.parametrize(
    "terms",
    [
        {"content": "https://victim.example/ns#nothing", "summary": "as:content"},
        {"actor": "as:target", "object": "as:result", "target": "as:actor"},
        {"id": "@type", "type": "@id"},
        {"content": None, "attributedTo": None, "actor": None},
        {"as": "https://evil.example/ns#", "Create": "as:Delete", "Note": "as:Person"},
    ],
)
def test_sig_24_terms_of_a_context_change_the_meaning_of_nothing(
    fediverse: Fediverse, attacker: Attacker, terms: dict[str, Any]
) -> None:
    note = attacker.mention("plain words", summary="a warning")
    context = [*CONTEXT, terms]
    activity = attacker.create({"@context": context, **note}, **{"@context": context})
    assert attacker.post(activity).status == 202
    fediverse.settle()
    assert fediverse.stored(note["id"]) == "<p>plain words</p>"
    author = (
        f"SELECT uri FROM actor WHERE id = (SELECT author_id FROM publication WHERE uri = '{note['id']}')"
    )
    assert fediverse.value(author) == attacker.uri


def test_sig_24_a_proof_covers_the_context(fediverse: Fediverse, attacker: Attacker) -> None:
    victim = fediverse.attacker(host=NEIGHBOUR, key=1)
    note = victim.mention("said by the victim")
    proven: Json = dict(add_proof(victim.create(note), victim.proof_key, datetime.now(UTC)))
    context = [{"content": None}, *CONTEXT]
    changed = [
        {**proven, "@context": context},
        {**proven, "object": {**note, "content": "<p>forged</p>"}},
        {**proven, "object": {**note, "@context": context}},
        {**proven, "cc": [PUBLIC]},
        {**proven, "proof": {**proven["proof"], "@context": context}},
        {**proven, "proof": {**proven["proof"], "verificationMethod": attacker.proof_key.id}},
    ]
    for forged in changed:
        assert attacker.post(forged).status in (202, 400, 401)
    fediverse.settle()
    assert not known(fediverse, proven)
    assert not fediverse.knows(note["id"])
    assert attacker.post({**proven, "@context": [*CONTEXT, {"content": None}]}).status == 202  # as it may be
    fediverse.settle()
    fediverse.hurry()
    fediverse.settle()
    assert fediverse.stored(note["id"]) == "<p>said by the victim</p>"
