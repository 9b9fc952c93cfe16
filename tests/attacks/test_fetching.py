"""What others can make the village fetch, and from where: each entry goes through the one guarded client.

Here only the peer's own addresses are peer networks. Everything else on this machine is out of bounds, and
a trap there notices who comes (FET-01). What names that lead to such addresses do is tested where names can
be made, inside one process: tests/unit/federation/test_client_guard.py.
"""

import socket
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest

from federation.signatures import PrivateKey
from tests.attacks.fediverse import ACTIVITY_JSON, NEIGHBOUR, PEER, Answer, Attacker, Fediverse, rsa_key
from tests.attacks.visitor import page
from tests.evilpeer import OUTSIDE, STRANGER, EvilPeer, Trap, answers, running_evil_peer, set_trap

ENGINES = ("sqlite",)  # where the client may go is decided above the database

MEBIBYTE = answers.MEBIBYTE
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360606060000000"
    "050001a5f645400000000049454e44ae426082"
)

Entry = Callable[[Fediverse, Attacker, str], object]


@pytest.fixture(scope="module")
def trap() -> Iterator[Trap]:
    with set_trap() as trap:
        yield trap


@pytest.fixture(scope="module")
def peer(engine: str) -> Iterator[EvilPeer]:
    """One for each village, whose requests are counted here."""
    with running_evil_peer() as peer:
        yield peer


@pytest.fixture(scope="module")
def fediverse(watched: Fediverse) -> Fediverse:
    return watched


@pytest.fixture(scope="module")
def slow(fediverse: Fediverse) -> Iterator[list[Future[Answer]]]:
    """Posts whose keys are on servers that never come to an end; they wait while the other tests run."""
    with ThreadPoolExecutor(3) as pool:
        peer = fediverse.peer
        peer.on("/drip", answers.endless(b" ", pause=0.5), host=STRANGER)
        peer.on("/hints", answers.endless_early_hints(pause=0.2), host=NEIGHBOUR)
        silent = peer.uri("/silent", host=STRANGER, listener="silent")
        keys = [silent, peer.uri("/drip", host=STRANGER), peer.uri("/hints", host=NEIGHBOUR)]
        yield [pool.submit(by_key, fediverse, fediverse.attacker(), str(uri)) for uri in keys]


@pytest.fixture
def friend(fediverse: Fediverse) -> Attacker:
    """Somebody whom the village follows, and who will be sorry for that."""
    friend = fediverse.attacker()
    fediverse.befriend(friend)
    return friend


# ---------------------------------------------------------------- the ways to have something fetched


def by_key(fediverse: Fediverse, attacker: Attacker, uri: str) -> Answer:
    """An actor that claims to live there: its key is asked for."""
    attacker.uri = uri
    attacker.key = PrivateKey(f"{uri}#main-key", rsa_key(0))
    return attacker.post(attacker.follow())


def by_key_behind_a_redirect(fediverse: Fediverse, attacker: Attacker, uri: str) -> Answer:
    fediverse.peer.on(urlsplit(attacker.uri).path, answers.redirect(uri), host=attacker.host)
    return attacker.post(attacker.follow())


def by_object(fediverse: Fediverse, attacker: Attacker, uri: str) -> None:
    """What somebody announces whom the village follows."""
    fediverse.befriend(attacker)
    attacker.post(attacker.activity("Announce", object=uri, to=[attacker.followers]))


def by_object_behind_a_redirect(fediverse: Fediverse, attacker: Attacker, uri: str) -> None:
    fediverse.befriend(attacker)
    note = attacker.place("notes")
    fediverse.peer.on(urlsplit(note).path, answers.redirect(uri), host=attacker.host)
    attacker.post(attacker.activity("Create", object=note, to=[attacker.followers]))


def by_id_of_a_page(fediverse: Fediverse, attacker: Attacker, uri: str) -> None:
    """A document whose own id is elsewhere."""
    fediverse.befriend(attacker)
    at = attacker.place("pages")
    attacker.serve(at, {"id": uri, "type": "Note", "attributedTo": uri, "content": "x"})
    attacker.post(attacker.activity("Announce", object=at, to=[attacker.followers]))


def by_author_of_an_object(fediverse: Fediverse, attacker: Attacker, uri: str) -> None:
    fediverse.befriend(attacker)
    note = attacker.note(attributedTo=uri)
    attacker.serve(note["id"], note)
    attacker.post(attacker.activity("Announce", object=note["id"], to=[attacker.followers]))


def by_parent(fediverse: Fediverse, attacker: Attacker, uri: str) -> None:
    attacker.post(attacker.create(attacker.mention(inReplyTo=uri, context=uri, replies=uri)))


def by_avatar(fediverse: Fediverse, attacker: Attacker, uri: str) -> None:
    """The face of somebody who writes to the village, and every other address that a document can hold."""
    attacker.publish(
        icon={"type": "Image", "url": uri},
        image={"type": "Image", "url": uri},
        url=uri,
        featured=uri,
        endpoints={"sharedInbox": uri, "proxyUrl": uri},
    )
    picture = {"type": "Document", "mediaType": "image/png", "url": uri}
    emoji = {"type": "Emoji", "name": ":x:", "icon": {"type": "Image", "url": uri}}
    link = {"type": "Link", "href": uri, "mediaType": "application/activity+json"}
    note = attacker.mention("look: " + uri, attachment=[picture], quote=uri, preview=uri)
    attacker.post(attacker.create(note | {"tag": [*note["tag"], emoji, link]}))


def by_avatar_behind_a_redirect(fediverse: Fediverse, attacker: Attacker, uri: str) -> None:
    picture = attacker.place("pictures")
    fediverse.peer.on(urlsplit(picture).path, answers.redirect(uri), host=attacker.host)
    attacker.publish(icon={"type": "Image", "url": picture})
    attacker.post(attacker.create(attacker.mention()))


def by_move(fediverse: Fediverse, attacker: Attacker, uri: str) -> None:
    fediverse.befriend(attacker)
    attacker.publish(movedTo=uri, alsoKnownAs=[uri])
    attacker.post(attacker.activity("Move", object=attacker.uri, target=uri, to=[attacker.followers]))


def by_delete(fediverse: Fediverse, attacker: Attacker, uri: str) -> None:
    attacker.post(attacker.delete(uri))


def by_claimed_handle(fediverse: Fediverse, attacker: Attacker, uri: str) -> None:
    """The handle that an actor says it has is asked for at its host."""
    attacker.publish(webfinger=f"mallory@{urlsplit(uri).netloc}")
    ask_page(fediverse, "/network/follow", handle=attacker.uri)


def by_handle(fediverse: Fediverse, attacker: Attacker, uri: str) -> None:
    ask_page(fediverse, "/network/follow", handle=f"@mallory@{urlsplit(uri).netloc}")


def by_address(fediverse: Fediverse, attacker: Attacker, uri: str) -> None:
    ask_page(fediverse, "/network/follow", handle=uri)


def by_webfinger(fediverse: Fediverse, attacker: Attacker, uri: str) -> None:
    """The handle is true; the actor that it leads to is elsewhere."""
    link = {"rel": "self", "type": ACTIVITY_JSON, "href": uri}
    jrd = {"subject": f"acct:{attacker.handle[1:]}", "links": [link]}
    told = answers.document(jrd, kind="application/jrd+json")
    fediverse.peer.on(attacker.webfinger_path, told, host=attacker.host)
    ask_page(fediverse, "/network/follow", handle=attacker.handle)


def by_webfinger_behind_a_redirect(fediverse: Fediverse, attacker: Attacker, uri: str) -> None:
    fediverse.peer.on(attacker.webfinger_path, answers.redirect(uri), host=attacker.host)
    ask_page(fediverse, "/network/follow", handle=attacker.handle)


def by_template(fediverse: Fediverse, attacker: Attacker, uri: str) -> None:
    """host-meta says where the WebFinger of the host is; on a host of which that was never asked in vain."""
    attacker = fediverse.attacker(host=STRANGER)
    with host_meta(fediverse, attacker, template=f"{uri}?resource={{uri}}"):
        ask_page(fediverse, "/network/follow", handle=attacker.handle)


def by_dialogue(fediverse: Fediverse, attacker: Attacker, uri: str) -> None:
    """Any visitor may say where they are at home."""
    for address in (f"@mallory@{urlsplit(uri).netloc}", urlsplit(uri).netloc, uri):
        fediverse.village.visitor().post("/@valbrume/follow", {"address": address})


def by_dialogue_behind_a_redirect(fediverse: Fediverse, attacker: Attacker, uri: str) -> None:
    fediverse.peer.on(attacker.webfinger_path, answers.redirect(uri), host=attacker.host)
    fediverse.village.visitor().post("/@valbrume/follow", {"address": attacker.handle})


def by_authorize_interaction(fediverse: Fediverse, attacker: Attacker, uri: str) -> None:
    fediverse.agents_page(f"/authorize_interaction?uri={quote(uri, safe='')}")


def by_redirected_delivery(fediverse: Fediverse, attacker: Attacker, uri: str) -> None:
    """The inbox that an Accept goes to."""
    for code in (301, 307, 308):
        somebody = fediverse.attacker()
        inbox = urlsplit(f"{somebody.uri}/inbox").path
        fediverse.peer.on(inbox, answers.redirect(uri, code=code), host=somebody.host)
        somebody.post(somebody.follow())


ENTRIES: list[Entry] = [
    by_key,
    by_key_behind_a_redirect,
    by_object,
    by_object_behind_a_redirect,
    by_id_of_a_page,
    by_author_of_an_object,
    by_parent,
    by_avatar,
    by_avatar_behind_a_redirect,
    by_move,
    by_delete,
    by_claimed_handle,
    by_handle,
    by_address,
    by_webfinger,
    by_webfinger_behind_a_redirect,
    by_template,
    by_dialogue,
    by_dialogue_behind_a_redirect,
    by_authorize_interaction,
    by_redirected_delivery,
]


def ask_page(fediverse: Fediverse, path: str, **fields: str) -> int:
    """Press a button of the agent; the status."""
    status = fediverse.village.administrator.post(path, fields).status_code
    fediverse.village.rest("look-ups-%")
    return status


@contextmanager
def host_meta(fediverse: Fediverse, attacker: Attacker, *, template: str) -> Iterator[None]:
    """While the attacker's host says only there who is who."""
    xrd = (
        '<?xml version="1.0"?><XRD xmlns="http://docs.oasis-open.org/ns/xri/xrd-1.0">'
        f'<Link rel="lrdd" template="{template}"/></XRD>'
    )
    told = answers.body(xrd.encode(), kind="application/xrd+xml")
    fediverse.peer.on(attacker.webfinger_path, answers.status(404), host=attacker.host)
    fediverse.peer.on("/.well-known/host-meta", told, host=attacker.host)
    yield
    fediverse.peer.on("/.well-known/host-meta", answers.status(404), host=attacker.host)


def given_up(fediverse: Fediverse) -> bool:
    """Nothing waits to be tried again: it was wrong for good."""
    waiting = "name LIKE 'fediverse.%' OR name LIKE 'media.%'"
    return fediverse.value(f"SELECT count(*) FROM job WHERE periodic IS NULL AND ({waiting})") == "0"


# ---------------------------------------------------------------- where nobody may be sent


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.__name__.removeprefix("by_"))
def test_fet_12_every_entry_refuses_what_is_out_of_bounds(
    fediverse: Fediverse, trap: Trap, slow: object, entry: Entry
) -> None:
    for site in ("https://127.0.0.1", f"http://{OUTSIDE}", "https://localhost", "http://[::1]"):
        entry(fediverse, fediverse.attacker(), f"{site}:{trap.port}/secret")
        fediverse.village.rest("look-ups-%")
    fediverse.settle()
    assert trap.visits == []
    assert given_up(fediverse)


def test_the_trap_notices_who_comes(trap: Trap) -> None:
    for address in ("127.0.0.1", OUTSIDE, "::1"):
        socket.create_connection((address, trap.port), timeout=5).close()
    assert trap.visits == ["127.0.0.1", OUTSIDE, "::1"]


def test_every_entry_reaches_what_is_allowed(fediverse: Fediverse) -> None:
    """Else the test above would prove nothing."""
    reached = []
    for entry in ENTRIES:
        attacker = fediverse.attacker()
        uri = attacker.place("wanted")
        before = len(fediverse.peer.requests)
        entry(fediverse, attacker, uri)
        fediverse.settle()
        fediverse.village.rest("look-ups-%")
        paths = [request.path for request in fediverse.peer.requests[before:]]
        if any(path.startswith(urlsplit(uri).path) for path in paths):
            reached.append(entry)
    by_netloc = {by_claimed_handle, by_handle, by_dialogue}  # they ask the host, at an address of their own
    never = {by_parent, by_redirected_delivery, by_delete}  # nothing is fetched there
    assert set(ENTRIES) - set(reached) == by_netloc | never


PRIVATE = (
    "127.0.0.1 10.0.0.1 172.16.0.1 172.31.255.254 192.168.0.1 169.254.169.254 0.0.0.0 0.1.2.3 100.64.0.1"
    " 192.0.0.8 192.0.2.1 198.18.0.1 198.51.100.1 203.0.113.1 224.0.0.1 239.255.255.250 240.0.0.1"
    " 255.255.255.255 [::] [::1] [fe80::1] [fc00::1] [ff02::1] [::ffff:7f00:1] [64:ff9b::7f00:1]"
    " [2002:7f00:1::1] [2001:db8::1]"
).split()


def test_fet_01_a_private_address_is_an_error_for_good(fediverse: Fediverse, friend: Attacker) -> None:
    for host in PRIVATE:
        announced = friend.activity("Announce", object=f"https://{host}/latest/meta-data", to=[])
        assert friend.post(announced).status in (202, 400)
    fediverse.settle()
    assert given_up(fediverse)


@pytest.mark.parametrize("host", PRIVATE)
def test_fet_02_no_address_but_a_public_one_is_looked_up(fediverse: Fediverse, host: str) -> None:
    visitor = fediverse.village.visitor()
    answer = visitor.post("/@valbrume/follow", {"address": f"https://{host}/"})
    assert answer.status_code == 422
    assert page(answer).select_one(".err") is not None


SPELLINGS = (
    "2130706433 0x7f.1 0x7f000001 0177.0.0.1 127.1 127.0.0.1. 127.0.0.01 %31%32%37.0.0.1 [::ffff:127.0.0.1]"
    " [0:0:0:0:0:ffff:7f00:1] [::127.0.0.1] 127。0。0。1 １２７.0.0.1 ①②⑦.0.0.1 LOCALHOST localhost."
    " evil.example@127.0.0.1 127.0.0.1#evil.example [::1%25lo]"
).split()


def test_fet_04_other_spellings_of_an_address_lead_nowhere_either(
    fediverse: Fediverse, trap: Trap, friend: Attacker
) -> None:
    for host in SPELLINGS:
        uri = f"https://{host}:{trap.port}/secret"
        friend.post(friend.activity("Announce", object=uri, to=[friend.followers]))
        assert ask_page(fediverse, "/network/follow", handle=uri) in (303, 422)
        assert ask_page(fediverse, "/network/follow", handle=f"@mallory@{host}:{trap.port}") == 422
        by_dialogue(fediverse, friend, uri)
        fediverse.village.rest("look-ups-%")
    fediverse.settle()
    assert trap.visits == []
    assert given_up(fediverse)


def test_fet_05_a_name_that_leads_to_a_private_address_is_refused(
    fediverse: Fediverse, trap: Trap, friend: Attacker
) -> None:
    """`localhost` is the only such name that every machine has."""
    friend.post(friend.activity("Announce", object=f"https://localhost:{trap.port}/secret", to=[]))
    fediverse.settle()
    assert trap.visits == []
    assert given_up(fediverse)


def test_fet_11_a_public_host_is_asked_on_no_other_port(fediverse: Fediverse, friend: Attacker) -> None:
    """Nothing is tried again: it was not even tried once."""
    for port in (22, 25, 6379, 8443):
        uri = f"https://8.8.8.8:{port}/"
        friend.post(friend.activity("Announce", object=uri, to=[friend.followers]))
        assert ask_page(fediverse, "/network/follow", handle=uri) == 422
    fediverse.settle()
    assert given_up(fediverse)


def test_fet_13_our_own_addresses_are_answered_here_or_not_at_all(
    fediverse: Fediverse, friend: Attacker
) -> None:
    news = fediverse.announce()
    by_address_of_it = f"{fediverse.village.site.address}/{news.code}"
    for uri in (f"{fediverse.origin}/inbox", f"{fediverse.origin}/a/valbrume", news.uri, by_address_of_it):
        for entry in (by_author_of_an_object, by_avatar, by_avatar_behind_a_redirect, by_move):
            entry(fediverse, fediverse.attacker(), uri)
        friend.post(friend.activity("Announce", object=f"{uri}?x", to=[friend.followers]))
        by_dialogue(fediverse, friend, uri)
        by_handle(fediverse, friend, uri)
        by_authorize_interaction(fediverse, friend, uri)
        fediverse.village.rest("look-ups-%")
    fediverse.settle()
    assert given_up(fediverse)
    asked_us = f"url LIKE '{fediverse.origin}%' OR url LIKE '{fediverse.village.site.address}%'"
    assert fediverse.value(f"SELECT count(*) FROM picture WHERE file IS NOT NULL AND ({asked_us})") == "0"
    assert fediverse.value("SELECT count(*) FROM host WHERE name LIKE 'localhost%'") == "0"


# ---------------------------------------------------------------- answers that are traps


def test_fet_09_redirects_come_to_an_end(fediverse: Fediverse, friend: Attacker) -> None:
    peer = fediverse.peer
    for number in range(50):
        peer.on(f"/hop/{number}", answers.redirect(f"/hop/{number + 1}"))
    peer.on("/self", answers.redirect("/self"))
    peer.on("/ping", answers.redirect("/pong"))
    peer.on("/pong", answers.redirect("/ping"))
    for path in ("/hop/0", "/self", "/ping"):
        friend.post(friend.activity("Announce", object=str(peer.uri(path)), to=[friend.followers]))
    fediverse.settle()
    asked = [request.path for request in peer.requests]
    assert [path for path in asked if path.startswith("/hop/")] == ["/hop/0", "/hop/1", "/hop/2", "/hop/3"]
    assert asked.count("/self") == asked.count("/ping") == asked.count("/pong") == 1
    assert given_up(fediverse)


def test_fet_16_17_what_is_too_big_is_left(fediverse: Fediverse, friend: Attacker) -> None:
    peer = fediverse.peer
    fediverse.settle()
    before = memory_of(fediverse)
    bombs = {
        "/endless": answers.endless(),
        "/gzip": answers.bomb(),
        "/deflate": answers.bomb("deflate"),
        "/twice": answers.bomb("gzip, gzip"),
        "/br": answers.bomb("br"),
    }
    for path, answer in bombs.items():
        peer.on(path, answer)
        friend.post(friend.activity("Announce", object=str(peer.uri(path)), to=[friend.followers]))
    picture = fediverse.attacker()
    peer.on("/bomb.png", answers.endless(kind="image/png"))
    by_avatar(fediverse, picture, str(peer.uri("/bomb.png")))
    fediverse.settle()
    assert [len(peer.asked(path)) for path in [*bombs, "/bomb.png"]] == [1] * 6
    assert given_up(fediverse)
    assert memory_of(fediverse) - before < 48 * MEBIBYTE


def memory_of(fediverse: Fediverse) -> int:
    """The most that the hub ever had in memory, in bytes."""
    status = Path(f"/proc/{fediverse.village.site.pid}/status").read_text(encoding="utf-8")
    [line] = [line for line in status.splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) * 1024


def test_fet_18_no_address_smuggles_anything_into_a_request(fediverse: Fediverse, friend: Attacker) -> None:
    netloc = friend.netloc
    before = len(fediverse.peer.requests)
    addresses = [
        f"https://{netloc}/smuggled%0d%0aX-Injected:%20yes",
        f"https://{netloc}/smuggled\r\nX-Injected: yes",
        f"https://{netloc}/smuggled HTTP/1.1\r\nX-Injected: yes\r\n\r\n",
        f"https://user:password@{netloc}/smuggled",
        f"https://{netloc}\\@evil.example/smuggled",
        f"https://{netloc}/../smuggled",
        f"https://{netloc}/%2e%2e/smuggled",
        f"https://{netloc}/smuggled?a b",
        f"https://{OUTSIDE}#@{netloc}/smuggled",
        f"ftp://{netloc}/smuggled",
        f"//{netloc}/smuggled",
    ]
    for address in addresses:
        friend.post(friend.activity("Announce", object=address, to=[friend.followers]))
        assert ask_page(fediverse, "/network/follow", handle=address) == 422
        by_authorize_interaction(fediverse, friend, address)
    for name in ("a%0d%0ab", "a&resource=acct:b", "a#b", "a/../b", "a?b", "a b"):
        assert ask_page(fediverse, "/network/follow", handle=f"@{name}@{netloc}") == 422
    fediverse.settle()
    asked = fediverse.peer.requests[before:]
    assert not [request for request in asked if "smuggled" in request.path or "x-injected" in request.headers]
    assert given_up(fediverse)


def test_fet_19_a_signature_is_never_shown_to_another_host(fediverse: Fediverse, friend: Attacker) -> None:
    peer = fediverse.peer
    peer.on("/signed", answers.redirect(str(peer.uri("/away", host=NEIGHBOUR))), host=PEER)
    peer.on("/away", answers.body(b"{}", headers=[("Set-Cookie", "a=b")]), host=NEIGHBOUR)
    friend.post(friend.activity("Announce", object=str(peer.uri("/signed")), to=[friend.followers]))
    fediverse.settle()
    [first], [second] = peer.asked("/signed"), peer.asked("/away")
    assert 'keyId="' in first.headers["signature"]
    assert second.headers["signature"] != first.headers["signature"]
    assert second.headers["host"].startswith(NEIGHBOUR)
    assert not {"cookie", "authorization", "referer"} & (first.headers.keys() | second.headers.keys())
    assert all("signature" not in request.headers for request in peer.requests if "webfinger" in request.path)


@pytest.mark.parametrize("kind", ["text/html", "application/activity+json", "application/json", None])
def test_fet_21_a_page_of_pathological_links_is_not_read(
    fediverse: Fediverse, attacker: Attacker, kind: str | None
) -> None:
    links = b"<link " + b"<a <link rel=" * 70_000
    uri = attacker.place("page")
    fediverse.peer.on(urlsplit(uri).path, answers.body(links, kind=kind))
    found = fediverse.village.administrator.get(f"/authorize_interaction?uri={quote(uri, safe='')}")
    assert found.status_code == 404
    fediverse.peer.on(attacker.webfinger_path, answers.body(links, kind=kind), host=attacker.host)
    assert ask_page(fediverse, "/network/follow", handle=attacker.handle) == 422


def test_htm_15_fet_21_entities_of_host_meta_are_not_expanded(fediverse: Fediverse, trap: Trap) -> None:
    attacker = fediverse.attacker(host=NEIGHBOUR)
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    trapped = f"http://127.0.0.1:{trap.port}"
    xrd = (
        f'<?xml version="1.0"?><!DOCTYPE x SYSTEM "{trapped}/x.dtd" [<!ENTITY l0 "ha">{laughs}'
        f'<!ENTITY e SYSTEM "{trapped}/e"><!ENTITY f SYSTEM "file:///etc/hostname">]>'
        '<XRD xmlns="http://docs.oasis-open.org/ns/xri/xrd-1.0">'
        '<Link rel="lrdd" template="https://&e;&f;&l11;/{uri}"/></XRD>'
    )
    told = answers.body(xrd.encode(), kind="application/xrd+xml")
    fediverse.peer.on(attacker.webfinger_path, answers.status(404), host=NEIGHBOUR)
    fediverse.peer.on("/.well-known/host-meta", told, host=NEIGHBOUR)
    assert ask_page(fediverse, "/network/follow", handle=attacker.handle) == 422
    assert [each.path for each in fediverse.peer.requests][-1] == "/.well-known/host-meta"
    assert trap.visits == []


def test_fet_23_there_is_no_proxy_to_misuse(fediverse: Fediverse, attacker: Attacker) -> None:
    uri = attacker.place("wanted.png")
    fediverse.peer.on(urlsplit(uri).path, answers.body(PIXEL, kind="image/png"))
    quoted = quote(uri, safe="")
    for path in (f"/media/{uri}", f"/media/{quoted}", f"/media/?url={quoted}", f"/media?url={quoted}"):
        request = f"GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"
        assert fediverse.send_bytes(request.encode()).status in (400, 404)
    assert fediverse.village.visitor().get(f"/authorize_interaction?uri={quoted}").status_code == 303
    fediverse.settle()
    assert attacker.asked(uri) == []


def test_fet_23_a_picture_is_served_under_a_name_of_ours_as_nothing_else(
    fediverse: Fediverse, attacker: Attacker
) -> None:
    uri = attacker.place("face.png")
    fediverse.peer.on(urlsplit(uri).path, answers.body(PIXEL, kind="text/html"))
    attacker.publish(icon={"type": "Image", "url": uri})
    for _ in range(3):
        attacker.post(attacker.create(attacker.mention()))
    fediverse.settle()
    assert len(attacker.asked(uri)) == 1
    name = fediverse.value(f"SELECT file FROM picture WHERE url = '{uri}'")
    picture = f"/media/{name}.webp"
    assert f'src="{picture}"' in fediverse.agents_page("/network")
    shown = fediverse.get(picture, accept="*/*")
    assert (shown.status, shown.headers["content-type"]) == (200, "image/webp")
    assert shown.headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in shown.headers["content-security-policy"]


# ---------------------------------------------------------------- answers that never come


def test_fet_14_15_who_waits_for_a_slow_server_holds_up_nobody(
    fediverse: Fediverse, friend: Attacker, slow: list[Future[Answer]]
) -> None:
    """All other tests ran meanwhile; those who waited are told to come back when the time is over."""
    assert friend.post(friend.create(friend.mention("in time"))).status == 202
    for answer in [each.result(timeout=60) for each in slow]:
        assert answer.status == 503
        assert int(answer.headers["retry-after"]) > 0
