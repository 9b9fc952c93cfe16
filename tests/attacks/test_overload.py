"""More than one can deal with, slower than one can wait, harder than one can think: the village goes on."""

import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import pytest

from federation.signatures import PrivateKey
from tests.attacks.fediverse import NEIGHBOUR, Attacker, Fediverse, rsa_key, without
from tests.attacks.visitor import page
from tests.evilpeer import STRANGER, answers

MEBIBYTE = answers.MEBIBYTE

pytestmark = pytest.mark.usefixtures("everything_was_handled")


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
