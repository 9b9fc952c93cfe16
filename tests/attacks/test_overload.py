"""What is too much, too deep, too long or without end: refused or cut, and the village goes on."""

import json
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import count, pairwise
from typing import Any

import pytest

from federation.signatures import PrivateKey
from tests.attacks.fediverse import ACTIVITY_JSON, NEIGHBOUR, PUBLIC, Attacker, Fediverse, rsa_key, without
from tests.attacks.visitor import page
from tests.evilpeer import STRANGER, answers

MEBIBYTE = answers.MEBIBYTE
_numbers = count(1)


@pytest.fixture(scope="module")
def known(fediverse: Fediverse) -> Attacker:
    """Somebody whose key is known here, so that a post asks nobody."""
    known = fediverse.attacker()
    assert known.post(known.create(known.mention())).status == 202
    fediverse.settle()
    return known


@pytest.fixture(scope="module")
def friend(fediverse: Fediverse) -> Attacker:
    """Somebody whom the village follows."""
    friend = fediverse.attacker()
    fediverse.befriend(friend)
    return friend


@pytest.fixture(autouse=True)
def everything_was_handled(fediverse: Fediverse, healthy: None) -> Iterator[None]:
    """Nothing that came in was too much for its handler."""
    yield
    fediverse.settle()
    assert fediverse.rows("SELECT last_error FROM received WHERE attempts > 0 AND body LIKE '{%'") == []


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


# ---------------------------------------------------------------- floods


def test_dos_16_a_flood_of_unknown_keys_holds_up_nobody_else(fediverse: Fediverse, known: Attacker) -> None:
    """Forty posts whose keys are on a server that never answers: some wait, the others are sent away."""
    before = counts_of(fediverse)
    with ExitStack() as stack:
        wires = []
        for number in range(40):
            stranger = living_at(
                fediverse, str(fediverse.peer.uri(f"/k/{number}", host=STRANGER, listener="silent"))
            )
            request = stranger.signed(stranger.follow())
            wire = stack.enter_context(
                socket.create_connection(("127.0.0.1", fediverse.village.site.port), 30)
            )
            head = [
                f"POST {request.target} HTTP/1.1",
                *(f"{name}: {value}" for name, value in request.headers),
            ]
            length = f"content-length: {len(request.body)}"
            wire.sendall("\r\n".join([*head, length, "", ""]).encode() + request.body)
            wires.append(wire)
        assert known.post(known.create(known.mention())).status == 202
        newcomer = fediverse.attacker(host=NEIGHBOUR)
        assert newcomer.post(newcomer.follow()).status == 202
        told = [wire for wire in wires if has_answer(wire)]
        assert len(told) >= 16
        assert all(wire.recv(12) == b"HTTP/1.1 503" for wire in told)
    fediverse.settle()
    assert newcomer.told("Accept")
    assert counts_of(fediverse) == [before[0] + 1, before[1] + 1, before[2] + 1]


def has_answer(wire: socket.socket) -> bool:
    wire.settimeout(0.05)
    try:
        return bool(wire.recv(1, socket.MSG_PEEK))
    except TimeoutError:
        return False


def test_dos_24_servers_that_fail_leave_nothing_behind(fediverse: Fediverse) -> None:
    before = counts_of(fediverse)
    closed = fediverse.peer.ports["valid"]
    for number in range(60):
        uri = f"https://127.0.0.{100 + number % 100}:{closed}/a/{number}"
        stranger = living_at(fediverse, uri)
        assert stranger.post(stranger.follow()).status in (401, 503)
    assert counts_of(fediverse) == before


def living_at(fediverse: Fediverse, uri: str) -> Attacker:
    """Somebody who says that they live there."""
    stranger = Attacker(fediverse, "stranger")
    stranger.uri = uri
    stranger.key = PrivateKey(f"{uri}#main-key", rsa_key(0))
    return stranger


def counts_of(fediverse: Fediverse) -> list[int]:
    """Of actors, keys and hosts."""
    tables = ("actor", "known_key", "host")
    return [int(fediverse.value(f"SELECT count(*) FROM {table}")) for table in tables]


def test_dos_18_a_flood_of_deletes_of_strangers_costs_nothing(fediverse: Fediverse) -> None:
    before, lines = counts_of(fediverse), len(fediverse.village.site.lines)
    seen = fediverse.value("SELECT count(*) FROM seen")
    asked = len(fediverse.peer.requests)

    def send(number: int) -> int:
        stranger = living_at(fediverse, str(fediverse.peer.uri(f"/gone/{number}", host=NEIGHBOUR)))
        return stranger.post(stranger.delete(stranger.uri)).status

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(send, range(300))) == {202}
    fediverse.settle()
    assert counts_of(fediverse) == before
    assert fediverse.value("SELECT count(*) FROM seen") == seen
    assert len(fediverse.peer.requests) == asked
    assert not [line for line in fediverse.village.site.lines[lines:] if "/gone/" in line]


def test_dos_18_a_flood_of_refusals_is_no_flood_of_lines(fediverse: Fediverse) -> None:
    lines = len(fediverse.village.site.lines)
    for number in range(150):
        body = b'{"type":"Follow","actor":"https://evil.example/%d"}' % number
        assert fediverse.send(known_shape(fediverse, body)).status in (400, 401)
    assert len(fediverse.refusals(since=lines)) <= 100


def known_shape(fediverse: Fediverse, body: bytes) -> Any:
    return without("signature")(Attacker(fediverse, "nobody").signed(body))


def test_dos_19_slow_clients_hold_up_nobody(fediverse: Fediverse, known: Attacker) -> None:
    head = b"POST /inbox HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/activity+json\r\n"
    with ExitStack() as stack:
        for number in range(200):
            address = ("127.0.0.1", fediverse.village.site.port)
            wire = stack.enter_context(socket.create_connection(address, timeout=30))
            wire.sendall(head + (b"content-length: 1000\r\n\r\n{" if number % 2 else b"x-slow: "))
        assert known.post(known.create(known.mention())).status == 202
        assert fediverse.get("/about").status == 200
        assert fediverse.village.site.health() == 200


@pytest.mark.parametrize(
    "range_",
    [
        "bytes=" + ",".join(f"{n}-{n}" for n in range(2_000)),
        "bytes=" + ",".join("0-" for _ in range(5_000)),
        "bytes=-1," * 2_000,
        "bytes=9999999999999999999999-",
        "bytes=5-1",
        "bytes=a-b",
        "lines=1-2",
        "bytes=" + "0" * 10_000 + "-1",
    ],
    ids="many same negative far backwards letters unit zeros".split(),
)
def test_dos_20_crafted_ranges_are_answered_or_refused(fediverse: Fediverse, range_: str) -> None:
    sheet = page(fediverse.village.visitor().get("/")).select_one("link[rel=stylesheet]")
    assert sheet is not None
    for path in (str(sheet["href"]), "/a/valbrume", "/"):
        answer = fediverse.get(path, accept="*/*", headers={"range": range_})
        assert answer.status in (200, 206, 400, 416, 431)
        assert len(answer.body) < MEBIBYTE


# ---------------------------------------------------------------- words

HOSTILE_WORDS = {
    "mentions": "@a.@a.@a.",
    "brackets": "((((",
    "square": "[[[[",
    "angles": "<<<<",
    "links": "[a](",
    "images": "![",
    "stars": "*a_ ",
    "backticks": "`a``",
    "quotes": "> ",
    "hashtags": "#a#",
    "addresses": "http://a.http://",
    "entities": "&amp;&#",
    "dashes": "- ",
    "spaces": "\t \t",
    "backslashes": "\\",
}


def test_dos_21_no_text_makes_the_village_think_for_long(fediverse: Fediverse, known: Attacker) -> None:
    agent, visitor = fediverse.village.administrator, fediverse.village.visitor()
    for kind, word in HOSTILE_WORDS.items():
        content = (word * 50_000)[:50_000] + "!"
        note = known.mention() | {"content": content, "name": content, "summary": content[:5_000]}
        assert known.post(known.create(note)).status == 202, kind
        fields = {"title": "x", "text": "x " + (word * 5_000)[:4_900], "scope": "public"}
        assert agent.post("/new/announcement", fields).status_code in (303, 422), kind
        short = (word * 300)[:290]
        assert agent.post("/network/follow", {"handle": short}).status_code == 422, kind
        assert visitor.post("/@valbrume/follow", {"address": short}).status_code == 422, kind
        assert visitor.send("GET", "/news", params={"tag": short}).status_code == 200, kind
        fediverse.village.rest("look-ups-%")
    fediverse.settle()
    assert agent.get("/network").status_code == 200


HOSTILE_HTML = {
    "50,000 divisions": "<div>" * 50_000,
    "30,000 emphases": "<em>" * 30_000 + "x",
    "30,000 tables": "<table>" * 30_000,
    "mixed nesting": "<b><i><p><a href='https://a.example'>" * 9_000,
    "closed wrongly": "</b></i></p>" * 20_000,
    "lists": "<ul><li>" * 20_000,
    "half tags": "<a href=" * 20_000,
    "half comments": "<!--" * 40_000,
    "half entities": "&" * 150_000,
    "bad entities": "&#xfffffffff;&#0;&#xd800;&bogus;" * 4_000,
    "attributes": "<p " + "a=1 " * 40_000 + ">x",
    "processing": "<?x?><![CDATA[x]]>" * 8_000,
    "controls": "".join(map(chr, range(1, 32))) * 1_000,
    "foreign": "<svg><math><mtext><mglyph><style>" * 5_000,
}


def test_dos_22_no_markup_makes_the_pages_fail(fediverse: Fediverse, known: Attacker) -> None:
    news = fediverse.announce()
    notes = {}
    for kind, html in HOSTILE_HTML.items():
        words = {"content": f"<p>before</p>{html}", "summary": html[:20_000]}
        notes[kind] = known.mention(inReplyTo=news.uri) | words
        assert known.post(known.create(notes[kind])).status == 202, kind
    fediverse.settle()
    for kind, note in notes.items():
        assert 0 < len(fediverse.stored(note["id"]) or "") < 600_000, kind
    for path in (f"/{news.code}", "/network", "/"):
        assert fediverse.village.administrator.get(path).status_code == 200


# ---------------------------------------------------------------- poison


def test_dos_23_a_message_that_always_fails_holds_up_no_other(fediverse: Fediverse, known: Attacker) -> None:
    """As if another release had stored what this one cannot read."""
    lines = len(fediverse.village.site.lines)
    fediverse.rows(
        "INSERT INTO received (uri, signer, inbox, body, received_at, attempts, last_error) VALUES"
        f" ('{known.place('poison')}', '{known.uri}', '{fediverse.shared_inbox}', 'not json',"
        " '2026-01-01 00:00:00+00:00', 0, '')"
    )
    note = known.mention()
    assert known.post(known.create(note)).status == 202
    fediverse.settle()
    assert fediverse.knows(note["id"])
    assert fediverse.value("SELECT attempts FROM received WHERE body = 'not json'") == "1"
    fediverse.rows("UPDATE received SET attempts = 7, not_before = NULL WHERE body = 'not json'")
    fediverse.settle()
    assert fediverse.rows("SELECT attempts FROM received WHERE body = 'not json' AND failed_at IS NOT NULL")
    fediverse.rows("DELETE FROM received WHERE body = 'not json'")
    del fediverse.village.site.lines[lines:]  # the trace of it was meant to be there
