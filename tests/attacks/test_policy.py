"""Rows FED-01 to FED-10: hosts and people with whom the village exchanges nothing, or who ask too much."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from federation.signatures import add_proof
from tests.attacks.conftest import StartVillage
from tests.attacks.fediverse import (
    ACTIVITY_JSON,
    NEIGHBOUR,
    PEER,
    PUBLIC,
    Attacker,
    Fediverse,
    peers_settings,
    rsa_key,
)
from tests.evilpeer import EvilPeer, answers

NAME = "evil.example"


@pytest.fixture
def blocked(fediverse: Fediverse) -> Iterator[Attacker]:
    """Somebody whom the village follows and who follows it, on a server that a test may block."""
    somebody = fediverse.attacker(host=NEIGHBOUR, key=1)
    assert somebody.post(somebody.follow()).status == 202
    fediverse.befriend(somebody)
    yield somebody
    release(fediverse, NEIGHBOUR)


@pytest.fixture
def friend(fediverse: Fediverse) -> Attacker:
    """Somebody whom the village follows, on a server that nobody blocks."""
    friend = fediverse.attacker()
    fediverse.befriend(friend)
    return friend


def release(fediverse: Fediverse, name: str) -> None:
    if fediverse.rows(f"SELECT 1 FROM host WHERE name = '{name}'"):
        fediverse.press(f"/admin/network/hosts/{name}/release")


def asked_of(fediverse: Fediverse, host: str) -> int:
    """How many requests came to this address of the peer, whatever name they gave."""
    return len([each for each in fediverse.peer.requests if each.address == host])


# What the blocked name may be written like, or what may stand below it: each as host of a URI.
VARIANTS = [
    NAME,
    f"sub.{NAME}",
    f"a.b.c.{NAME}",
    NAME.upper(),
    "Evil.Example",
    f"{NAME}.",
    f"sub.{NAME}.",
    f"{NAME}:443",
    f"{NAME}:8443",
    f"xn--9ca.{NAME}",
    f"ä.{NAME}",
    f"{NAME}%2e",
    f"user@{NAME}",
    f"{NAME}\\",
    "ｅｖｉｌ.example",
    "evil。example",
]


@pytest.fixture(scope="module")
def name_is_blocked(fediverse: Fediverse) -> Iterator[None]:
    fediverse.block(NAME)
    yield
    release(fediverse, NAME)


@pytest.mark.usefixtures("name_is_blocked")
@pytest.mark.parametrize("variant", VARIANTS)
def test_fed_01_a_blocked_name_is_blocked_in_every_spelling(
    fediverse: Fediverse, attacker: Attacker, variant: str
) -> None:
    asked = len(fediverse.peer.requests)
    there = f"https://{variant}/a/eve"
    posts = [attacker.post(attacker.activity("Follow", object=fediverse.actor, actor=there, id=f"{there}/1"))]
    if variant.isascii():
        key = replace(attacker.key, id=f"{there}#main-key")
        posts += [
            attacker.post(attacker.activity("Follow", actor=there, id=f"{there}/2"), key=key),
            attacker.post(attacker.follow(), key=key),
        ]
    assert {answer.status for answer in posts} <= {400, 403}, posts
    assert len(fediverse.peer.requests) == asked
    assert fediverse.rows("SELECT uri FROM seen WHERE uri LIKE '%evil%' OR uri LIKE '%xn--%'") == []


def test_fed_01_a_blocked_address_is_blocked_at_every_door(fediverse: Fediverse, blocked: Attacker) -> None:
    fediverse.block(NEIGHBOUR)
    asked = asked_of(fediverse, NEIGHBOUR)
    assert blocked.post(blocked.follow()).status == 403
    assert blocked.get("/o/01hzzzzzzzzzzzzzzzzzzzzzzz").status == 403
    elsewhere = {"actor": blocked.uri.replace(blocked.netloc, NEIGHBOUR), "id": f"https://{NEIGHBOUR}/1"}
    assert blocked.post(blocked.follow(**elsewhere)).status == 403
    assert asked_of(fediverse, NEIGHBOUR) == asked


def test_fed_01_another_address_for_the_post_is_no_way_around(
    fediverse: Fediverse, attacker: Attacker, blocked: Attacker
) -> None:
    """An inbox, a shared inbox, a key or a page at the blocked server, of an actor of another one."""
    theirs = f"{blocked.uri}/inbox"
    attacker.publish(endpoints={"sharedInbox": theirs}, sharedInbox=theirs, url=blocked.uri, icon=blocked.uri)
    assert attacker.post(attacker.follow()).status == 202
    fediverse.settle()
    fediverse.block(NEIGHBOUR)
    asked = asked_of(fediverse, NEIGHBOUR)
    fediverse.announce()
    fediverse.settle()
    assert attacker.told("Create")
    borrowed = replace(blocked.key, id=blocked.key.id)
    assert attacker.post(attacker.follow(), key=borrowed).status in (401, 403)
    assert asked_of(fediverse, NEIGHBOUR) == asked


def test_fed_02_nobody_brings_us_what_we_blocked(
    fediverse: Fediverse, friend: Attacker, blocked: Attacker
) -> None:
    fediverse.block(NEIGHBOUR)
    asked, news = asked_of(fediverse, NEIGHBOUR), fediverse.announce()
    note = blocked.note("from the blocked host")
    blocked.serve(note["id"], note)
    picture = f"{blocked.uri}/picture.png"
    proven = dict(
        add_proof(blocked.create(blocked.mention("passed on")), blocked.proof_key, datetime.now(UTC))
    )
    brought = friend.mention("look at this", inReplyTo=note["id"])
    brought |= {
        "quote": note["id"],
        "quoteUrl": note["id"],
        "attachment": [{"type": "Image", "mediaType": "image/png", "url": picture}],
        "tag": [
            *brought["tag"],
            {"type": "Mention", "href": blocked.uri, "name": blocked.handle},
            {"type": "Emoji", "name": ":evil:", "icon": {"type": "Image", "url": picture}},
            {"type": "Link", "rel": "https://misskey-hub.net/ns#_misskey_quote", "href": note["id"]},
        ],
    }
    friend.publish(icon={"type": "Image", "url": picture}, image={"type": "Image", "url": picture})
    for activity in (
        friend.activity("Announce", object=note["id"], to=[PUBLIC]),
        friend.activity("Announce", object=note, to=[PUBLIC]),
        friend.activity("Announce", object=blocked.create(note), to=[PUBLIC]),
        friend.create(brought),
        friend.create(friend.mention("below", inReplyTo=news.uri, context=note["id"])),
        friend.activity("Move", object=friend.uri, target=blocked.uri),
        friend.activity("Add", object=note["id"], target=f"{friend.uri}/featured"),
        friend.update(friend.document(icon={"type": "Image", "url": picture})),
    ):
        assert friend.post(activity).status == 202
    assert friend.post(proven).status in (202, 401, 403)
    fediverse.settle()
    fediverse.hurry()
    fediverse.settle()
    for path in ("/network", f"/{news.code}", "/", "/news"):
        html = fediverse.agents_page(path)
        assert "from the blocked host" not in html
        assert "passed on" not in html
        assert f'src="{picture}' not in html
    assert not fediverse.knows(note["id"])
    assert asked_of(fediverse, NEIGHBOUR) == asked


def test_fed_02_what_came_before_the_block_is_not_shown(fediverse: Fediverse, blocked: Attacker) -> None:
    news = fediverse.announce()
    note = blocked.mention("said before the block", inReplyTo=news.uri)
    assert blocked.post(blocked.create(note)).status == 202
    fediverse.settle()
    assert "said before the block" in fediverse.page(f"/{news.code}")
    fediverse.block(NEIGHBOUR)
    assert "said before the block" not in fediverse.page(f"/{news.code}")
    assert fediverse.document(f"{news.uri}/replies?page=1").get("items", []) == []
    assert fediverse.document(news.uri)["replies"]["totalItems"] == 0


def test_fed_02_nobody_of_the_village_reaches_a_blocked_host(fediverse: Fediverse, blocked: Attacker) -> None:
    fediverse.block(NEIGHBOUR)
    asked, agent = asked_of(fediverse, NEIGHBOUR), fediverse.village.administrator
    agent.post("/network/follow", {"handle": blocked.handle})
    agent.get(f"/authorize_interaction?uri={blocked.uri}")
    agent.get(f"/authorize_interaction?uri={blocked.uri}/notes/1")
    fediverse.village.visitor().post("/@valbrume/follow", {"address": blocked.handle})
    fediverse.settle()
    assert asked_of(fediverse, NEIGHBOUR) == asked
    assert (
        fediverse.rows(
            f"SELECT 1 FROM follow JOIN actor ON followed_id = actor.id WHERE actor.uri = '{blocked.uri}'"
        )
        == []
    )


@pytest.fixture(scope="module")
def closed(
    start_village: StartVillage, peer: EvilPeer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Fediverse]:
    """A village that exchanges with neighbours alone, and has asked the peer's second address to be one."""
    settings = peers_settings(peer, tmp_path_factory.mktemp("authority"))
    with start_village(settings={**settings, "LAVOIR_FEDERATION": "neighbours"}) as village:
        closed = Fediverse(village, peer)
        server = peer.uri("/actor", host=NEIGHBOUR)
        described = {
            "@context": "https://www.w3.org/ns/activitystreams",
            "id": str(server),
            "type": "Application",
            "preferredUsername": "server",
            "inbox": f"{server}/inbox",
            "implements": [{"type": "Link", "href": "https://w3id.org/lavoir#profile-1"}],
            "lavoir:open": f"{server}/open",
        }
        peer.on("/actor", answers.document(described), host=NEIGHBOUR)
        closed.press("/neighbours/new", address=server.netloc, sends_need="yes")
        with closed.healthy():
            yield closed


def test_fed_03_strangers_are_not_let_in_and_not_asked(closed: Fediverse) -> None:
    stranger, news = closed.attacker(host=PEER), closed.announce()
    asked = asked_of(closed, PEER)
    for activity in (
        stranger.follow(),
        stranger.create(stranger.mention()),
        stranger.activity("Like", object=news.uri),
    ):
        assert stranger.post(activity).status == 403
        assert stranger.post(activity, to=f"{closed.actor}/inbox").status == 403
        assert stranger.post(activity, to=f"{closed.origin}/actor/inbox").status == 403
    assert stranger.get(news.uri).status in (403, 404)
    assert closed.get(news.uri).status == 404
    assert closed.get(f"{closed.actor}/outbox").status == 404
    stub = closed.document(closed.actor)
    assert stub["publicKey"]["publicKeyPem"]
    assert not {"summary", "outbox", "followers", "featured", "location", "attachment"} & stub.keys()
    closed.village.administrator.post("/network/follow", {"handle": stranger.handle})
    closed.settle()
    assert asked_of(closed, PEER) == asked
    assert not closed.knows(stranger.uri)


def test_fed_03_who_is_allowed_is_let_in(closed: Fediverse) -> None:
    allowed = closed.attacker(host=NEIGHBOUR, key=1)
    assert allowed.post(allowed.follow()).status == 202
    closed.settle()
    news = closed.announce()
    closed.settle()
    assert [each["type"] for each in allowed.told()] == ["Accept", "Create"]
    assert allowed.get(news.uri).status == 200
    assert "outbox" in allowed.get(closed.actor).json()


def test_fed_03_what_strangers_say_comes_in_through_nobody(closed: Fediverse) -> None:
    allowed, stranger = closed.attacker(host=NEIGHBOUR, key=1), closed.attacker(host=PEER)
    closed.befriend(allowed)
    asked = asked_of(closed, PEER)
    note = stranger.note("from a stranger")
    stranger.serve(note["id"], note)
    assert allowed.post(allowed.activity("Announce", object=note["id"], to=[PUBLIC])).status == 202
    proven = dict(add_proof(stranger.create(stranger.mention()), stranger.proof_key, datetime.now(UTC)))
    assert allowed.post(proven).status in (202, 401, 403)
    closed.settle()
    assert not closed.knows(note["id"])
    assert asked_of(closed, PEER) == asked


def test_fed_03_whose_agreement_is_over_is_not_let_in_any_more(closed: Fediverse) -> None:
    """Exactly those with whom it is agreed or asked for: the list is nobody's to write."""
    allowed, news = closed.attacker(host=NEIGHBOUR, key=1), closed.announce()
    assert allowed.get(news.uri).status == 200
    closed.press(f"/neighbours/{closed.value('SELECT id FROM neighbour')}/withdraw")
    closed.settle()
    asked = asked_of(closed, NEIGHBOUR)
    assert allowed.post(allowed.follow()).status == 403
    assert allowed.get(news.uri).status in (403, 404)
    closed.announce()
    closed.settle()
    assert asked_of(closed, NEIGHBOUR) == asked


def test_fed_04_nothing_is_sent_to_a_blocked_host(fediverse: Fediverse, blocked: Attacker) -> None:
    told = len(blocked.told())
    blocked.on(f"{blocked.uri}/inbox", answers.status(503))
    fediverse.announce()
    fediverse.settle()
    assert len(blocked.told()) > told
    waiting = f"SELECT count(*) FROM delivery WHERE host = '{blocked.netloc}'"
    assert fediverse.value(waiting) == "1"
    fediverse.block(NEIGHBOUR)
    told = len(blocked.told())
    fediverse.announce()
    fediverse.hurry()
    fediverse.settle()
    assert fediverse.value(waiting) == "0"
    assert len(blocked.told()) == told
    assert (
        fediverse.rows(
            f"SELECT 1 FROM follow JOIN actor ON follower_id = actor.id WHERE actor.uri = '{blocked.uri}'"
        )
        == []
    )


def test_fed_06_who_blocks_the_village_hears_nothing_of_it(fediverse: Fediverse, attacker: Attacker) -> None:
    assert attacker.post(attacker.follow()).status == 202
    fediverse.befriend(attacker)
    block = attacker.activity("Block", object=fediverse.actor, to=[fediverse.actor])
    assert attacker.post(block).status == 202
    fediverse.settle()
    ours = f"(SELECT id FROM actor WHERE uri = '{attacker.uri}')"
    follows = f"SELECT count(*) FROM follow WHERE follower_id = {ours} OR followed_id = {ours}"
    assert fediverse.value(follows) == "0"
    told = len(attacker.told())
    fediverse.announce()
    assert attacker.post(attacker.follow()).status == 202
    fediverse.settle()
    assert len(attacker.told()) == told
    assert fediverse.value(follows) == "0"
    assert attacker.post(attacker.activity("Undo", object=block)).status == 202
    assert attacker.post(attacker.follow()).status == 202
    fediverse.settle()
    assert attacker.told()[-1]["type"] == "Accept"


def test_fed_07_who_takes_over_a_name_is_not_who_had_it(fediverse: Fediverse, attacker: Attacker) -> None:
    """An actor that ended itself stays ended, whatever keys its host shows later."""
    note = attacker.mention("of the old owner")
    assert attacker.post(attacker.create(note)).status == 202
    fediverse.settle()
    assert attacker.post(attacker.delete(attacker.uri)).status == 202
    fediverse.settle()
    assert not fediverse.knows(attacker.uri)
    attacker.key = replace(attacker.key, key=rsa_key(2))
    attacker.publish(name="New owner")
    fediverse.rows("DELETE FROM key_question")
    for activity in (
        attacker.follow(),
        attacker.create(attacker.mention("of the new owner")),
        attacker.update(attacker.document()),
        attacker.update({**note, "content": "<p>of the new owner</p>"}),
    ):
        assert attacker.post(activity).status in (202, 401)
    fediverse.settle()
    assert attacker.told() == []
    assert not fediverse.knows(attacker.uri)
    assert "of the new owner" not in fediverse.agents_page("/network")


def test_fed_07_a_new_key_counts_only_once_its_host_shows_it(
    fediverse: Fediverse, attacker: Attacker
) -> None:
    assert attacker.post(attacker.follow()).status == 202
    fediverse.settle()
    fediverse.rows("DELETE FROM key_question")
    asked, new = len(attacker.asked()), replace(attacker.key, key=rsa_key(2))
    assert attacker.post(attacker.activity("Like", object=fediverse.actor), key=new).status == 401
    assert len(attacker.asked()) == asked + 1


def test_fed_07_what_waited_too_long_is_not_given_to_who_is_there_now(
    fediverse: Fediverse, blocked: Attacker
) -> None:
    blocked.on(f"{blocked.uri}/inbox", answers.status(503))
    fediverse.announce("Of long ago.")
    fediverse.settle()
    long_ago = (datetime.now(UTC) - timedelta(days=9)).isoformat(" ")
    fediverse.rows(f"UPDATE delivery SET queued_at = '{long_ago}' WHERE host = '{blocked.netloc}'")
    blocked.on(f"{blocked.uri}/inbox", answers.status(202))
    told = len(blocked.told())
    fediverse.hurry()
    fediverse.settle()
    assert len(blocked.told()) == told
    assert fediverse.value(f"SELECT count(*) FROM delivery WHERE host = '{blocked.netloc}'") == "0"


def signer_of(headers: dict[str, str]) -> str:
    found = re.search(r'keyId="([^"]+)"', headers.get("signature", ""))
    return found[1] if found else ""


def test_fed_08_the_server_actor_does_as_little_as_it_can(fediverse: Fediverse, attacker: Attacker) -> None:
    server = f"{fediverse.origin}/actor"
    before, requests = fediverse.document(server), len(fediverse.peer.requests)
    message = attacker.note("to the machine", to=[server], cc=[])
    public = attacker.note("to the machine", cc=[server], tag=[{"type": "Mention", "href": server}])
    for activity in (
        attacker.follow(server),
        attacker.create(message),
        attacker.create(public),
        attacker.activity("Like", object=server),
        attacker.activity("Announce", object=server, to=[PUBLIC]),
        attacker.activity("Update", object={**before, "inbox": f"{attacker.uri}/inbox"}),
        attacker.delete(server),
        attacker.activity("Move", object=server, target=attacker.uri),
        attacker.activity("Add", object=public["id"], target=f"{server}/featured"),
        attacker.activity("Block", object=fediverse.actor),
        attacker.activity("Accept", object=attacker.activity("Follow", actor=server, object=attacker.uri)),
    ):
        assert attacker.post(activity, to=f"{server}/inbox").status in (202, 400, 401)
    fediverse.settle()
    fediverse.announce()
    fediverse.settle()
    assert fediverse.document(server) == before
    assert [each["type"] for each in attacker.told()] in ([], ["Reject"])
    for path in ("/", "/news", "/@valbrume", "/about", "/actor"):
        assert "to the machine" not in fediverse.page(path)
    sent = fediverse.peer.requests[requests:]
    assert {
        signer_of(each.headers) for each in sent if each.method == "GET" and "signature" in each.headers
    } <= {f"{server}#main-key"}
    by_server = [
        each for each in sent if each.method == "POST" and signer_of(each.headers).startswith(server + "#")
    ]
    assert {json.loads(each.body)["type"] for each in by_server} <= {"Reject"}


RESOURCES = [
    "",
    "acct:",
    "acct:@",
    "acct:valbrume",
    "acct:valbrume@victim.example",
    "acct:nobody@{host}",
    "acct:valbrume@{host}@victim.example",
    "acct:{long}@{host}",
    "https://victim.example/a/valbrume",
    "{origin}/a/valbrume/../../etc/passwd",
    "<script>alert(1)</script>",
    "javascript:alert(1)",
    "acct:valbrume@{host}\r\nX-Evil: 1",
    "acct:valbrume%00@{host}",
    "{long}",
    "{origin}/@{long}",
]


@pytest.mark.parametrize("resource", RESOURCES)
def test_fed_09_questions_for_nobody_get_a_short_answer_in_json(fediverse: Fediverse, resource: str) -> None:
    host = fediverse.origin.partition("://")[2]
    filled = resource.format(host=host, origin=fediverse.origin, long="x" * 10_000)
    asked = len(fediverse.peer.requests)
    answer = fediverse.village.client.get(
        "/.well-known/webfinger", params={"resource": filled}, headers={"accept": "text/html"}
    )
    assert answer.status_code in (400, 404), answer.text
    assert answer.headers["content-type"].startswith("application/")
    assert "json" in answer.headers["content-type"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "alert" not in answer.text
    assert len(answer.content) < 500
    assert "x-evil" not in answer.headers
    assert len(fediverse.peer.requests) == asked


@pytest.mark.parametrize(
    "query",
    [
        "",
        "resource",
        "resource=a&resource=b",
        "resource=%ff%fe",
        "&".join(["rel=x"] * 10_000),
        "resource=" + "&rel=".join(["acct:valbrume@localhost"] * 5_000),
    ],
)
def test_fed_09_odd_queries_are_refused(fediverse: Fediverse, query: str) -> None:
    for path in (
        "/.well-known/webfinger",
        "/.well-known/nodeinfo",
        "/nodeinfo/2.1",
        "/.well-known/host-meta",
    ):
        answer = fediverse.village.client.get(f"{path}?{query}"[:60_000], headers={"accept": "text/html"})
        assert answer.status_code in ((400, 404, 414) if "webfinger" in path else (200, 400, 414))
        assert not answer.headers["content-type"].startswith("text/html")


def test_fed_09_many_questions_are_answered_from_memory(fediverse: Fediverse) -> None:
    host = fediverse.origin.partition("://")[2]
    for number in range(300):
        named = "valbrume" if number % 2 else f"nobody-{number}"
        answer = fediverse.get(f"/.well-known/webfinger?resource=acct:{named}@{host}")
        assert answer.status == (200 if number % 2 else 404)


def test_fed_10_what_a_server_says_of_its_software_is_not_asked(
    fediverse: Fediverse, attacker: Attacker
) -> None:
    """Nor is anything else of it shown as it came: the page about a host is made of what we know."""
    lie: dict[str, Any] = {"version": "2.1", "software": {"name": "<script>alert(1)</script>" * 10_000}}
    links = {
        "links": [{"rel": "http://nodeinfo.diaspora.software/ns/schema/2.1", "href": attacker.place("ni")}]
    }
    attacker.peer.on("/.well-known/nodeinfo", answers.document(links, kind="application/json"))
    attacker.serve(links["links"][0]["href"], lie, kind="application/json")
    attacker.publish(name="<script>alert(2)</script>", generator=lie["software"], implements=lie["software"])
    failing = answers.body(b"<script>alert(3)</script>", kind=ACTIVITY_JSON, status=400)
    attacker.on(f"{attacker.uri}/inbox", failing)
    assert attacker.post(attacker.follow()).status == 202
    fediverse.settle()
    for path in (f"/admin/network/hosts/{attacker.netloc}", "/admin/network", "/admin/network/followers"):
        html = fediverse.agents_page(path)
        assert attacker.netloc in html or path.endswith("followers")
        assert "<script>alert" not in html
        assert len(html) < 200_000
    assert fediverse.peer.asked("/.well-known/nodeinfo") == []
