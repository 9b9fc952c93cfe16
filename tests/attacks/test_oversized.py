"""One message that is too large, deep, long or without end: refused or cut, and the village goes on."""

import json
from concurrent.futures import ThreadPoolExecutor
from itertools import count, pairwise
from typing import Any

import pytest

from tests.attacks.fediverse import ACTIVITY_JSON, NEIGHBOUR, PUBLIC, Attacker, Fediverse, without
from tests.attacks.visitor import page
from tests.evilpeer import answers

MEBIBYTE = answers.MEBIBYTE
_numbers = count(1)

pytestmark = pytest.mark.usefixtures("everything_was_handled")


@pytest.fixture(scope="module")
def friend(fediverse: Fediverse) -> Attacker:
    """Somebody whom the village follows."""
    friend = fediverse.attacker()
    fediverse.befriend(friend)
    return friend


# ---------------------------------------------------------------- bodies


def test_dos_01_a_body_above_the_limit_is_not_read(fediverse: Fediverse, known: Attacker) -> None:
    assert known.post(padded(known, MEBIBYTE + 1)).status == 413
    request = known.signed(known.follow(), headers=[("content-length", str(10**9))])
    assert fediverse.send(request).status == 413


def test_dos_01_a_body_at_the_limit_is_read(fediverse: Fediverse, known: Attacker) -> None:
    assert known.post(padded(known, MEBIBYTE)).status == 202


def test_dos_01_a_body_that_does_not_say_its_length_is_cut_off(fediverse: Fediverse, known: Attacker) -> None:
    request = known.signed(padded(known, MEBIBYTE + 1))
    chunks = b"".join(
        b"%x\r\n%s\r\n" % (len(piece), piece)
        for piece in (request.body[at : at + 65_536] for at in range(0, len(request.body), 65_536))
    )
    chunked = known.signed(b"", headers=[("transfer-encoding", "chunked")])
    headers = [*request.headers, ("transfer-encoding", "chunked")]
    bent = chunked.__class__("POST", request.url, tuple(headers), chunks + b"0\r\n\r\n")
    assert fediverse.send(bent).status == 413


@pytest.mark.parametrize("length", ["-1", "+5", "1e3", "99999999999999999999", "0x10", "5, 5"])
def test_dos_20_a_length_that_is_no_number_is_refused(
    fediverse: Fediverse, known: Attacker, length: str
) -> None:
    request = without("content-length")(known.signed(known.follow(), headers=[("content-length", length)]))
    headers = (*request.headers, ("content-length", length))
    answer = fediverse.send(request.__class__("POST", request.url, headers, request.body))
    assert answer.status in (400, 413)


def padded(attacker: Attacker, size: int) -> bytes:
    """A good activity of exactly so many bytes."""
    body = json.dumps(attacker.activity("Like", object="https://evil.example/o/1")).encode()
    return body[:-1] + b" " * (size - len(body)) + b"}"


HOSTILE_JSON = {
    "100,000 arrays": b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "100,000 objects": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "65 arrays": b'{"a":' + b"[" * 65 + b"]" * 65 + b"}",
    "100,000 digits": b'{"a":' + b"9" * 100_000 + b"}",
    "2^53": b'{"a":9007199254740992}',
    "1e999": b'{"a":1e999}',
    "-1e999": b'{"a":-1e999}',
    "NaN": b'{"a":NaN}',
    "Infinity": b'{"a":-Infinity}',
    "a key twice": b'{"actor":"https://victim.example/a","actor":"https://evil.example/a"}',
    "a key twice inside": b'{"object":{"id":"a","id":"b"}}',
    "a key twice, escaped": b'{"actor":"a","\\u0061ctor":"b"}',
    "no object": b"[]",
    "a text": b'"Follow"',
    "nothing": b"",
    "half": b'{"type":"Follow"',
    "two": b"{}{}",
    "U+0000": b'{"a":"\\u0000"}',
    "half a surrogate": b'{"a":"\\ud800"}',
    "not UTF-8": b'{"a":"\xff"}',
    "UTF-16": '{"a":1}'.encode("utf-16"),
    "a mark before it": b"\xef\xbb\xbf{}",
}


@pytest.mark.parametrize("body", HOSTILE_JSON.values(), ids=HOSTILE_JSON)
def test_dos_02_03_05_json_that_could_be_read_in_two_ways_is_refused(
    fediverse: Fediverse, known: Attacker, body: bytes
) -> None:
    assert known.post(body).status == 400


def test_dos_02_03_05_hostile_parts_of_a_good_activity_are_refused(
    fediverse: Fediverse, known: Attacker
) -> None:
    for part in (b"[" * 70 + b"]" * 70, b"9" * 70, b"1e999", b"NaN"):
        body = json.dumps(known.follow(x="HERE")).encode().replace(b'"HERE"', part)
        assert known.post(body).status == 400
    activity = json.dumps(known.follow()).encode()
    twice = activity[:-1] + b',"actor":"' + fediverse.actor.encode() + b'"}'
    assert known.post(twice).status == 400
    fediverse.settle()
    assert known.told("Accept") == []


# ---------------------------------------------------------------- shapes

KINDS = (
    "Accept Add Announce Block Create Delete FeatureRequest Flag Follow Like Move QuoteRequest Reject Remove"
    " Undo Update Invite"
).split()
ODD: list[Any] = [None, [], {}, 5, -0.5, True, "", "x", "https://", [None], [[]], [{"id": []}], {"id": {}}]
ODD += [{"id": 5, "type": []}, {"type": "Note"}, {"type": ["Note", None]}, {"type": {}, "id": "x"}]


@pytest.mark.parametrize("kind", KINDS)
def test_dos_06_values_of_other_types_are_refused_or_ignored(
    fediverse: Fediverse, known: Attacker, kind: str
) -> None:
    posts = [known.activity(kind), *(known.activity(kind, object=value) for value in ODD)]
    for name in ("to", "cc", "target", "instrument", "result", "published", "content", "summary", "type"):
        usual = known.activity(kind, object=fediverse.actor, target=fediverse.actor)
        posts += [usual | {name: value, "id": known.place("odd")} for value in ({}, [[None, 5]])]
    assert answers_to(known, posts) <= {202, 400, 401}


def test_dos_06_a_note_of_odd_values_is_refused_or_kept_without_them(
    fediverse: Fediverse, known: Attacker
) -> None:
    names = "id type attributedTo content contentMap summary url inReplyTo published updated to cc tag"
    names += " attachment replies likes mediaType name audience"
    odd = [known.mention() | {name: value} for name in names.split() for value in ODD]
    assert answers_to(known, [known.create(note) for note in odd]) <= {202, 400}
    fediverse.settle()
    assert fediverse.village.administrator.get("/network").status_code == 200


def answers_to(attacker: Attacker, activities: list[Any]) -> set[int]:
    """The statuses, after all were sent, several at a time."""
    with ThreadPoolExecutor(6) as pool:
        return {answer.status for answer in pool.map(attacker.post, activities)}


def test_dos_06_an_actor_of_odd_values_is_refused_or_read_without_them(fediverse: Fediverse) -> None:
    names = (
        "name summary url icon image endpoints followers featured alsoKnownAs movedTo attachment publicKey"
    )
    for name in (*names.split(), "preferredUsername", "inbox", "type", "assertionMethod", "webfinger"):
        attacker = fediverse.attacker()
        attacker.publish(**{name: ODD[next(_numbers) % len(ODD)]})
        assert attacker.post(attacker.create(attacker.mention())).status in (202, 401, 400)


@pytest.mark.parametrize(
    "context",
    [
        [f"https://{'x' * 20}{number}.example/context" for number in range(10_000)],
        {f"term{number}": f"https://evil.example/{number}" for number in range(10_000)},
        {"a": {"@context": {"b": {"@context": {"c": {"@context": {}}}}}}},
        {"@vocab": "https://evil.example/", "actor": "object", "object": "actor", "type": "@id"},
    ],
    ids="10,000-addresses 10,000-terms nested redefined".split(),
)
def test_dos_07_a_context_is_neither_fetched_nor_obeyed(
    fediverse: Fediverse, known: Attacker, context: Any
) -> None:
    url = known.place("context")
    note = known.mention()
    activity = known.create(note) | {
        "@context": [url, context] if isinstance(context, dict) else [url, *context]
    }
    assert known.post(activity).status == 202
    fediverse.settle()
    assert fediverse.knows(note["id"])
    assert known.asked(url) == []


# ---------------------------------------------------------------- too many, too long


def test_dos_08_lists_are_cut(fediverse: Fediverse) -> None:
    attacker = fediverse.attacker()
    addresses = [f"https://evil.example/{number}" for number in range(5_000)]
    fields = [{"type": "PropertyValue", "name": "x", "value": "y"}] * 1_000
    attacker.publish(
        alsoKnownAs=addresses, attachment=fields, icon=[{"type": "Image", "url": addresses[0]}] * 999
    )
    emoji = [{"type": "Emoji", "name": f":{n}:", "icon": {"url": addresses[n]}} for n in range(1_000)]
    pictures = [
        {"type": "Document", "mediaType": "image/png", "url": f"{url}.png"} for url in addresses[:500]
    ]
    note = attacker.mention(attachment=pictures)
    hashtags = [{"type": "Hashtag", "name": f"#{n}", "href": addresses[n % 5_000]} for n in range(5_000)]
    note |= {
        "tag": note["tag"] + emoji + hashtags,
        "to": [PUBLIC, fediverse.actor, *addresses],
        "cc": addresses[:1_000],
    }
    assert attacker.post(attacker.create(note)).status == 202
    fediverse.settle()
    assert 1 <= (fediverse.stored(note["id"]) or "").count("<a ") <= 20
    also = json.loads(fediverse.value(f"SELECT also_known_as FROM actor WHERE uri = '{attacker.uri}'"))
    assert len(also) <= 256
    assert page(fediverse.village.administrator.get("/network")).select_one("h1") is not None


def test_dos_09_texts_are_cut_and_long_addresses_are_none(fediverse: Fediverse) -> None:
    attacker = fediverse.attacker()
    attacker.publish(name="N" * 300_000, summary="S" * 300_000, url="https://evil.example/" + "u" * 300_000)
    note = attacker.mention(url="https://evil.example/" + "u" * 300_000, summary="W" * 300_000)
    assert attacker.post(attacker.create(note | {"content": "C" * 300_000})).status == 202
    fediverse.settle()
    lengths = "length(display_name), length(summary), length(url)"
    row = fediverse.value(f"SELECT {lengths} FROM actor WHERE uri = '{attacker.uri}'")
    assert [int(length) <= most for length, most in zip(row.split("|"), (2_048, 20_480, 2_048), strict=True)]
    assert len(fediverse.stored(note["id"]) or "") <= 200_000
    long_id = attacker.mention(id=f"{attacker.uri}/{'x' * 3_000}")
    assert attacker.post(attacker.create(long_id)).status in (202, 400)
    fediverse.settle()
    assert not fediverse.knows(long_id["id"])


LONG = "a" * 300
LONGER = "a" * 3_000


def test_dos_09_names_longer_than_any_of_ours_are_nobodys(fediverse: Fediverse) -> None:
    host = fediverse.origin.partition("://")[2]
    for name in (LONG, LONGER):
        for path in (
            "/@{}",
            "/@{}/follow",
            "/a/{}",
            "/a/{}/inbox",
            "/a/{}/outbox",
            "/a/valbrume/{}",
            "/o/{}",
        ):
            for accept in (ACTIVITY_JSON, "text/html"):
                assert answer_at(fediverse, path.format(name), accept) in (404, 405)
    for name in (LONG, f"{fediverse.origin}/@{LONG}", f"{fediverse.origin}/a/{LONG}"):
        resource = name if "://" in name else f"acct:{name}@{host}"
        assert answer_at(fediverse, f"/.well-known/webfinger?resource={resource}") in (400, 404)
    assert answer_at(fediverse, f"/.well-known/webfinger?resource={LONGER}") == 400
    agent = fediverse.village.administrator
    for address in (f"{fediverse.origin}/@{LONG}", f"{fediverse.origin}/o/{LONG}", f"@{LONG}@{host}", LONGER):
        assert agent.get(f"/authorize_interaction?uri={address}").status_code == 404
        assert agent.post("/network/follow", {"handle": address}).status_code == 422
    assert agent.post("/network/unfollow", {"actor": "9" * 40}).status_code == 303


def answer_at(fediverse: Fediverse, path: str, accept: str = ACTIVITY_JSON) -> int:
    """The status of any path at all, also of one that is no URI to us."""
    request = f"GET {path} HTTP/1.1\r\nhost: localhost\r\naccept: {accept}\r\nconnection: close\r\n\r\n"
    return fediverse.send_bytes(request.encode()).status


def test_dos_10_a_thousand_mentions_make_one_message_and_ask_nobody(fediverse: Fediverse) -> None:
    attacker = fediverse.attacker()
    others = [str(fediverse.peer.uri(f"/crowd/{number}", host=NEIGHBOUR)) for number in range(1_000)]
    tags = [{"type": "Mention", "href": uri, "name": "@x"} for uri in [fediverse.actor, *others]]
    note = attacker.note(tag=tags, to=[PUBLIC, fediverse.actor], cc=others)
    assert attacker.post(attacker.create(note)).status == 202
    fediverse.settle()
    assert fediverse.knows(note["id"])
    assert not [each for each in fediverse.peer.requests if each.path.startswith("/crowd/")]


def test_dos_11_an_endless_chain_of_answers_is_not_climbed(fediverse: Fediverse, friend: Attacker) -> None:
    notes = [friend.note() for _ in range(60)]
    for note, parent in pairwise(notes):
        friend.serve(note["id"], note | {"inReplyTo": parent["id"], "context": parent["id"]})
    friend.post(friend.create(friend.mention(inReplyTo=notes[0]["id"])))
    friend.post(friend.activity("Announce", object=notes[1]["id"], to=[friend.followers]))
    fediverse.settle()
    assert sum(len(friend.asked(note["id"])) for note in notes) == 1


def test_dos_12_13_collections_of_others_are_not_read(fediverse: Fediverse, friend: Attacker) -> None:
    uri = friend.place("collection")
    page_of_it = {
        "id": uri,
        "type": "CollectionPage",
        "next": f"{uri}?x",
        "items": [uri],
        "totalItems": 10**6,
    }
    friend.serve(uri, page_of_it)
    attacker = fediverse.attacker()
    attacker.publish(outbox=uri, followers=uri, following=uri, featured=uri)
    collection = {"id": uri, "type": "Collection", "first": uri, "next": uri, "totalItems": 10**6}
    note = attacker.mention(replies=collection, likes=collection, shares=collection)
    attacker.post(attacker.create(note))
    friend.post(friend.activity("Announce", object=uri, to=[friend.followers]))
    fediverse.settle()
    assert len(friend.asked(uri)) == 1  # the Announce of it; no page after it
    counts = fediverse.value(f"SELECT likes, shares, replies FROM publication WHERE uri = '{note['id']}'")
    assert counts == "0|0|0"


def test_dos_14_what_quotes_and_announces_itself_in_turn_is_asked_for_once_or_twice(
    fediverse: Fediverse, friend: Attacker
) -> None:
    before = len(fediverse.peer.requests)
    uris = [friend.place("chain") for _ in range(30)]
    for uri, following in pairwise(uris):
        friend.serve(uri, friend.activity("Announce", id=uri, object=following, to=[PUBLIC]))
    friend.post(friend.activity("Announce", object=uris[0], to=[PUBLIC]))
    creates = [friend.place("create") for _ in range(30)]
    for uri, following in pairwise(creates):
        friend.serve(uri, friend.activity("Create", id=uri, object=following, to=[PUBLIC]))
    friend.post(friend.activity("Announce", object=creates[0], to=[PUBLIC]))
    notes = [friend.mention() for _ in range(30)]
    for note, following in pairwise(notes):
        quote = dict.fromkeys(("quote", "quoteUrl", "quoteUri", "_misskey_quote"), following["id"])
        friend.serve(note["id"], note | quote)
    friend.post(friend.create(notes[0] | {"quote": notes[1]["id"], "quoteUrl": notes[1]["id"]}))
    fediverse.settle()
    paths = [request.path for request in fediverse.peer.requests[before:]]
    assert len([path for path in paths if path.startswith("/chain")]) == 1
    assert len([path for path in paths if path.startswith("/create")]) == 2
    assert not [path for path in paths if "/notes/" in path]


def test_dos_15_what_is_about_itself_comes_to_an_end(fediverse: Fediverse, friend: Attacker) -> None:
    for kind in KINDS:
        activity = friend.activity(kind)
        friend.post(activity | {"object": activity["id"], "target": activity["id"]})
        activity = friend.activity(kind)
        friend.post(activity | {"object": activity})
    note = friend.mention()
    assert friend.post(friend.create(note | {"inReplyTo": note["id"], "context": note["id"]})).status == 202
    one, other = friend.mention(), friend.mention()
    friend.post(friend.create(one | {"inReplyTo": other["id"]}))
    friend.post(friend.create(other | {"inReplyTo": one["id"]}))
    news = fediverse.announce()
    circle = [friend.mention() for _ in range(5)]
    for answer, parent in zip(circle, [*circle[1:], circle[0]], strict=True):
        friend.post(friend.create(answer | {"inReplyTo": parent["id"]}))
    friend.post(friend.create(friend.mention(inReplyTo=news.uri)))
    fediverse.settle()
    assert fediverse.village.administrator.get(f"/{news.code}").status_code == 200
    assert fediverse.village.administrator.get("/network").status_code == 200
