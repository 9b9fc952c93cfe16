"""Rows ORG-01 to ORG-24: whose a thing is, where it lives, and who somebody says that they are."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from bs4 import BeautifulSoup

from federation.signatures.keys import public_pem
from tests.attacks.fediverse import (
    ACTIVITY_JSON,
    NEIGHBOUR,
    PUBLIC,
    Attacker,
    Fediverse,
    Json,
    rsa_key,
)
from tests.evilpeer import answers

ENGINES = ("sqlite",)  # whose a thing is, and where it lives, is decided above the database

JRD = "application/jrd+json"


@pytest.fixture
def victim(fediverse: Fediverse) -> Attacker:
    """Somebody honest on another server, of whom nothing is known here yet."""
    return fediverse.attacker(host=NEIGHBOUR, key=1)


@pytest.fixture
def friend(fediverse: Fediverse) -> Attacker:
    """An attacker whom the village follows: what they pass on is looked at."""
    friend = fediverse.attacker()
    fediverse.befriend(friend)
    return friend


def author_of(fediverse: Fediverse, uri: str) -> str | None:
    """The URI of who wrote it, as far as we know; None: it is not kept."""
    found = fediverse.rows(
        f"SELECT uri FROM actor WHERE id IN (SELECT author_id FROM publication WHERE uri = '{uri}')"
    )
    return found[0] if found else None


def send(attacker: Attacker, activity: Json, *, status: tuple[int, ...] = (202, 400, 401)) -> None:
    answer = attacker.post(activity)
    assert answer.status in status, answer
    attacker.fediverse.settle()


@pytest.mark.parametrize("owner", ["the victim", "the attacker", "nobody"])
def test_org_01_what_lives_elsewhere_is_not_taken_from_the_messenger(
    fediverse: Fediverse, attacker: Attacker, victim: Attacker, owner: str
) -> None:
    note = victim.mention("put into their mouth")
    if owner == "the attacker":
        note["attributedTo"] = attacker.uri
    elif owner == "nobody":
        del note["attributedTo"]
    for activity in (
        attacker.create(note),
        attacker.update(note),
        attacker.activity("Announce", object=note),
    ):
        send(attacker, activity)
    assert not fediverse.knows(note["id"])
    assert not fediverse.knows(victim.uri)
    assert "put into their mouth" not in fediverse.agents_page("/network")


def test_org_01_a_follower_hears_what_the_origin_says(
    fediverse: Fediverse, friend: Attacker, victim: Attacker
) -> None:
    """Announced with the words of the messenger: the words of the origin are taken."""
    note = victim.note("as it was written")
    victim.serve(note["id"], note)
    embedded = {**note, "content": "<p>as it was not</p>"}
    send(friend, friend.activity("Announce", object=embedded, to=[PUBLIC]))
    assert fediverse.stored(note["id"]) == "<p>as it was written</p>"
    assert author_of(fediverse, note["id"]) == victim.uri


@pytest.mark.parametrize("neighbour", [True, False])
def test_org_02_nobody_writes_in_the_name_of_another(
    fediverse: Fediverse, attacker: Attacker, victim: Attacker, neighbour: bool
) -> None:
    named = fediverse.attacker(key=1) if neighbour else victim
    note = attacker.mention("not mine", attributedTo=named.uri)
    send(attacker, attacker.create(note))
    send(attacker, attacker.update(note))
    attacker.serve(note["id"], note)
    send(attacker, attacker.create(note, object=note["id"]))
    assert author_of(fediverse, note["id"]) is None


@pytest.mark.parametrize(
    "owner",
    [
        1,
        "1",
        "admin",
        "valbrume",
        "{ours}",
        "@valbrume",
        "acct:valbrume@localhost",
        "{page}",
        ["{ours}", "{theirs}"],
        ["{theirs}", "{ours}"],
        {"id": "{ours}"},
        {"type": "Person", "preferredUsername": "valbrume"},
        [],
        [[]],
        True,
        None,
    ],
)
def test_org_03_an_owner_that_is_no_actor_of_the_sender_is_nobody(
    fediverse: Fediverse, attacker: Attacker, owner: Any
) -> None:
    def filled(value: Any) -> Any:
        if isinstance(value, list):
            return [filled(each) for each in value]
        if isinstance(value, dict):
            return {name: filled(each) for name, each in value.items()}
        names = {"ours": fediverse.actor, "theirs": attacker.uri, "page": f"{fediverse.origin}/@valbrume"}
        return value.format(**names) if isinstance(value, str) else value

    note = attacker.mention("whose?", attributedTo=filled(owner))
    send(attacker, attacker.create(note))
    assert not fediverse.knows(note["id"])


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("name", ["actor", "attributedTo"])
def test_org_04_of_several_actors_none_is_believed(
    fediverse: Fediverse, attacker: Attacker, victim: Attacker, name: str, turned: bool
) -> None:
    for other in (victim, fediverse.attacker(key=1)):
        both = [attacker.uri, other.uri]
        note = attacker.mention("ours together")
        activity = attacker.create(note)
        (activity if name == "actor" else note)[name] = both[::-1] if turned else both
        send(attacker, activity)
        assert not fediverse.knows(note["id"])


@pytest.mark.parametrize("kind", ["Create", "Update", "Announce", "Delete", "Add", "Move"])
def test_org_05_what_is_ours_is_not_changed_from_outside(
    fediverse: Fediverse, friend: Attacker, kind: str
) -> None:
    news = fediverse.announce("As the village wrote it.")
    before = fediverse.document(news.uri)
    forged = friend.note("forged", id=news.uri, attributedTo=friend.uri)
    for thing in (forged, {**forged, "attributedTo": fediverse.actor}, {"type": "Tombstone", "id": news.uri}):
        send(friend, friend.activity(kind, object=thing, to=[PUBLIC], target=f"{friend.uri}/featured"))
    after = fediverse.document(news.uri)
    assert {**after, "shares": None} == {**before, "shares": None}
    assert author_of(fediverse, news.uri) == fediverse.actor


@pytest.mark.parametrize("kind", ["Create", "Update", "Announce"])
def test_org_05_nothing_new_appears_under_our_name(fediverse: Fediverse, friend: Attacker, kind: str) -> None:
    invented = f"{fediverse.origin}/o/01hzzzzzzzzzzzzzzzzzzzzzzz"
    for owner in (friend.uri, fediverse.actor, f"{fediverse.origin}/a/invented"):
        note = friend.mention("ours?", id=invented, attributedTo=owner)
        for thing in (note, invented):
            send(friend, friend.activity(kind, object=thing, to=[PUBLIC], cc=[fediverse.actor]))
    assert not fediverse.knows(invented)
    assert fediverse.get(invented).status == 404
    assert not fediverse.knows(f"{fediverse.origin}/a/invented")


def test_org_05_our_own_activities_do_not_come_back_to_us(fediverse: Fediverse, attacker: Attacker) -> None:
    news = fediverse.announce()
    ours = fediverse.document(f"{news.uri}/create")
    for activity in (
        ours,
        {**ours, "type": "Delete"},
        {**ours, "id": f"{news.uri}/delete", "type": "Delete"},
    ):
        send(attacker, activity)
    assert fediverse.get(news.uri).status == 200


def test_org_06_an_activity_lives_where_its_actor_lives(
    fediverse: Fediverse, attacker: Attacker, victim: Attacker
) -> None:
    news = fediverse.announce()
    for identity in (
        victim.place("likes"),
        f"{fediverse.origin}/o/01hzzzzzzzzzzzzzzzzzzzzzzz/create",
        PUBLIC,
    ):
        like = attacker.activity("Like", object=news.uri, id=identity)
        send(attacker, like, status=(400, 401))
        assert fediverse.value(f"SELECT count(*) FROM seen WHERE uri = '{identity}'") == "0"
    assert fediverse.document(news.uri)["likes"]["totalItems"] == 0


def test_org_07_a_document_with_another_id_is_asked_for_there_once(
    fediverse: Fediverse, attacker: Attacker
) -> None:
    note = attacker.mention("where it lives")
    pointer = attacker.serve(attacker.place("pointer"), note)
    send(attacker, attacker.create(note, object=pointer))
    assert not fediverse.knows(note["id"])  # its own URI answered nothing
    attacker.serve(note["id"], note)
    other = attacker.serve(
        attacker.place("pointer"), attacker.mention("where it lives", id=attacker.place("n"))
    )
    note = attacker.mention("at its own place")
    attacker.serve(note["id"], note)
    pointer = attacker.serve(attacker.place("pointer"), note)
    send(attacker, attacker.create(note, object=pointer))
    send(attacker, attacker.create(note, object=other))
    assert fediverse.stored(note["id"]) == "<p>at its own place</p>"
    assert not fediverse.knows(pointer)
    assert len(attacker.asked(note["id"])) == 1


def test_org_07_a_document_of_another_origin_is_thrown_away(
    fediverse: Fediverse, friend: Attacker, victim: Attacker
) -> None:
    note = victim.note("not theirs to serve")
    victim.serve(note["id"], note)
    pointer = friend.serve(friend.place("pointer"), {**note, "content": "<p>forged</p>"})
    send(friend, friend.activity("Announce", object=pointer, to=[PUBLIC]))
    assert friend.asked(pointer)
    assert not fediverse.knows(note["id"])
    assert not fediverse.knows(pointer)


@pytest.mark.parametrize("claimed", ["the place that redirects", "a thing of the victim"])
def test_org_08_an_open_redirect_lends_nobody_its_name(
    fediverse: Fediverse, friend: Attacker, victim: Attacker, claimed: str
) -> None:
    """The victim's server sends whoever asks anywhere; the attacker's document says it is the victim's."""
    door = victim.place("redirect")
    identity = door if claimed == "the place that redirects" else victim.place("notes")
    forged = victim.note("forged", id=identity)
    target = friend.serve(friend.place("forged"), forged)
    fediverse.peer.on(urlsplit(door).path, answers.redirect(target), host=NEIGHBOUR)
    send(friend, friend.activity("Announce", object=door, to=[PUBLIC]))
    assert fediverse.peer.asked(urlsplit(door).path)
    assert not fediverse.knows(identity)
    assert not fediverse.knows(door)


@pytest.mark.parametrize(
    "kind",
    [
        "text/plain",
        "application/octet-stream",
        "application/json",
        "application/ld+json",
        "image/png",
        "text/html",
        'application/ld+json; profile="https://victim.example/ns"',
        None,
    ],
)
def test_org_09_an_uploaded_file_is_no_actor(
    fediverse: Fediverse, attacker: Attacker, victim: Attacker, kind: str | None
) -> None:
    mole = Attacker(fediverse, f"mole-{attacker.name}", host=NEIGHBOUR, key=2)
    mole.uri = victim.place("media/upload")
    mole.key = type(mole.key)(f"{mole.uri}#main-key", rsa_key(2))
    mole.serve(mole.uri, mole.document(), kind=kind)
    follow = mole.follow()
    answer = mole.post(follow)
    assert answer.status in (400, 401), answer
    fediverse.settle()
    assert not fediverse.knows(mole.uri)
    assert mole.asked()  # it was asked for, and not believed


def test_org_09_an_uploaded_file_is_no_publication(
    fediverse: Fediverse, friend: Attacker, victim: Attacker
) -> None:
    note = victim.note("uploaded", id=victim.place("media/note"))
    victim.serve(note["id"], note, kind="text/plain")
    send(friend, friend.activity("Announce", object=note["id"], to=[PUBLIC]))
    assert not fediverse.knows(note["id"])


def odd(change: Callable[[str, str], str]) -> Callable[[str], str]:
    """Another spelling of a URI: its netloc and the rest go in."""

    def spell(uri: str) -> str:
        parts = urlsplit(uri)
        return change(parts.netloc, parts.path)

    return spell


SPELLINGS = {
    "upper scheme": odd(lambda host, path: f"HTTPS://{host}{path}"),
    "user": odd(lambda host, path: f"https://victim.example@{host}{path}"),
    "user and password": odd(lambda host, path: f"https://a:b@{host}{path}"),
    "backslash": odd(lambda host, path: f"https://victim.example\\@{host}{path}"),
    "tab": odd(lambda host, path: f"https://{host[:4]}\t{host[4:]}{path}"),
    "space": odd(lambda host, path: f"https://{host} {path}"),
    "newline": odd(lambda host, path: f"https://{host}\n{path}"),
    "trailing dot": odd(lambda host, path: f"https://{host.replace(':', '.:')}{path}"),
    "padded number": odd(lambda host, path: f"https://{host.replace('127', '0127')}{path}"),
    "hexadecimal": odd(lambda host, path: f"https://{host.replace('127', '0x7f')}{path}"),
    "one number": odd(lambda host, path: f"https://2130706437:{host.partition(':')[2]}{path}"),
    "short address": odd(lambda host, path: f"https://127.5:{host.partition(':')[2]}{path}"),
    "padded port": odd(lambda host, path: f"https://{host.replace(':', ':0')}{path}"),
    "full width": odd(lambda host, path: f"https://１２７.0.0.5:{host.partition(':')[2]}{path}"),
    "ideographic dot": odd(lambda host, path: f"https://{host.replace('.', '。')}{path}"),
    "fraction slash": odd(lambda host, path: f"https://victim.example⁄@{host}{path}"),
    "percent": odd(lambda host, path: f"https://{host.replace('.', '%2e')}{path}"),
    "letter in disguise": odd(lambda host, path: f"https://{host}{path.replace('/a/', '/%61/')}"),
    "dots": odd(lambda host, path: f"https://{host}/x/..{path}"),
    "no slashes": odd(lambda host, path: f"https:{host}{path}"),
    "three slashes": odd(lambda host, path: f"https:///{host}{path}"),
    "control": odd(lambda host, path: f"https://{host}{path}%00"),
    "brackets": odd(
        lambda host, path: f"https://[::ffff:{host.partition(':')[0]}]:{host.partition(':')[2]}{path}"
    ),
}


@pytest.mark.parametrize("spelling", list(SPELLINGS))
def test_org_12_a_name_has_one_spelling(fediverse: Fediverse, attacker: Attacker, spelling: str) -> None:
    """As actor, as key, as owner, as the id of an activity or of a thing."""
    spell, news = SPELLINGS[spelling], fediverse.announce()
    actor = spell(attacker.uri)
    key = type(attacker.key)(f"{actor}#main-key", attacker.key.key)
    odd_id, odd_owner = attacker.mention(), attacker.mention()
    odd_id["id"], odd_owner["attributedTo"] = spell(odd_id["id"]), actor
    posts = [
        attacker.post(attacker.activity("Like", object=news.uri, actor=actor)),
        attacker.post(attacker.activity("Like", object=news.uri, id=spell(f"{attacker.uri}/likes/1"))),
        attacker.post(attacker.create(odd_id)),
        attacker.post(attacker.create(odd_owner)),
    ]
    if key.id.isascii() and key.id.isprintable():
        posts.append(attacker.post(attacker.activity("Like", object=news.uri), key=key))
    assert {answer.status for answer in posts} <= {202, 400, 401}
    fediverse.settle()
    assert fediverse.document(news.uri)["likes"]["totalItems"] == 0
    assert author_of(fediverse, odd_owner["id"]) in (None, attacker.uri)
    others = f"uri LIKE '%{attacker.name}%' AND uri NOT LIKE '{attacker.uri}%'"
    for table, column in (("actor", "uri"), ("publication", "uri"), ("known_key", "id")):
        assert fediverse.rows(f"SELECT 1 FROM {table} WHERE {others.replace('uri', column)}") == []


@pytest.mark.parametrize("host", ["same", "victim.example"])
def test_org_13_plain_http_is_another_origin(fediverse: Fediverse, attacker: Attacker, host: str) -> None:
    news = fediverse.announce()

    def plain(uri: str) -> str:
        return uri.replace("https://", "http://").replace(
            attacker.netloc, attacker.netloc if host == "same" else host
        )

    note = attacker.mention("unsealed")
    posts = [
        attacker.activity("Like", object=news.uri, actor=plain(attacker.uri)),
        attacker.activity("Like", object=news.uri, id=plain(f"{attacker.uri}/likes/1")),
        attacker.create({**note, "id": plain(note["id"])}),
        attacker.create({**note, "attributedTo": plain(attacker.uri)}),
    ]
    for activity in posts:
        send(attacker, activity)
    assert fediverse.document(news.uri)["likes"]["totalItems"] == 0
    assert fediverse.rows("SELECT uri FROM publication WHERE html LIKE '%unsealed%'") == []
    assert not fediverse.knows(plain(attacker.uri))


def test_org_14_the_handle_of_another_is_not_shown(
    fediverse: Fediverse, attacker: Attacker, victim: Attacker
) -> None:
    """The attacker's server says that the attacker is @victim@neighbour; the neighbour's does not."""
    stolen = f"{victim.name}@{victim.netloc}"
    attacker.publish(preferredUsername=victim.name, webfinger=stolen, url=victim.uri)
    own = f"/.well-known/webfinger?resource=acct:{victim.name}@{attacker.netloc}"
    jrd = {
        "subject": f"acct:{stolen}",
        "links": [{"rel": "self", "type": ACTIVITY_JSON, "href": attacker.uri}],
    }
    fediverse.peer.on(own, answers.document(jrd, kind=JRD), host=attacker.host)
    send(attacker, attacker.create(attacker.mention("I am not who I am")))
    assert (
        fediverse.value(f"SELECT coalesce(handle, 'none') FROM actor WHERE uri = '{attacker.uri}'") != stolen
    )
    page = fediverse.agents_page("/network")
    assert "I am not who I am" in page
    assert stolen not in page


def test_org_14_who_looks_up_a_handle_gets_whom_its_own_host_names(
    fediverse: Fediverse, attacker: Attacker, victim: Attacker
) -> None:
    jrd = {
        "subject": f"acct:{victim.name}@{victim.netloc}",
        "links": [{"rel": "self", "type": ACTIVITY_JSON, "href": attacker.uri}],
    }
    fediverse.peer.on(attacker.webfinger_path, answers.document(jrd, kind=JRD), host=attacker.host)
    fediverse.village.administrator.post("/network/follow", {"handle": attacker.handle})
    fediverse.settle()
    assert attacker.told("Follow") == []
    assert attacker.handle not in fediverse.agents_page("/network")
    handles = fediverse.rows(f"SELECT coalesce(handle, 'none') FROM actor WHERE uri = '{attacker.uri}'")
    assert f"{victim.name}@{victim.netloc}" not in handles


@pytest.mark.parametrize("place", ["attributedTo", "actor", "tag", "object"])
def test_org_16_an_actor_is_what_its_own_server_says(
    fediverse: Fediverse, attacker: Attacker, victim: Attacker, place: str
) -> None:
    send(victim, victim.follow())
    pem = public_pem(attacker.key.key.public_key())
    fake = victim.document(
        inbox=f"{attacker.uri}/inbox",
        name="Robbed",
        publicKey={"id": victim.key.id, "owner": victim.uri, "publicKeyPem": pem},
    )
    note = attacker.mention("look whom I brought")
    activity = attacker.create(note)
    if place == "attributedTo":
        note["attributedTo"] = fake
    elif place == "actor":
        activity["actor"] = fake
    elif place == "tag":
        note["tag"] = [{**fake, "type": "Mention", "href": victim.uri}]
    else:
        activity = attacker.update(fake)
    send(attacker, activity)
    fediverse.hurry()
    fediverse.settle()
    kept = f"SELECT display_name, inbox FROM actor WHERE uri = '{victim.uri}'"
    assert fediverse.rows(kept) == [f"{victim.document()['name']}|{victim.uri}/inbox"]
    assert pem.strip() not in "".join(
        fediverse.rows(f"SELECT pem FROM known_key WHERE owner = '{victim.uri}'")
    )
    like = victim.activity("Like", object=fediverse.actor)
    borrowed = type(attacker.key)(victim.key.id, attacker.key.key)
    assert attacker.post(like, key=borrowed).status == 401


def test_org_16_what_an_actor_sends_of_itself_is_asked_for_at_its_own_place(
    fediverse: Fediverse, attacker: Attacker
) -> None:
    send(attacker, attacker.follow())
    claimed = attacker.document(name="Claimed", inbox=f"{attacker.uri}/other")
    attacker.publish(name="Served")
    send(attacker, attacker.update(claimed))
    fediverse.hurry()
    fediverse.settle()
    kept = f"SELECT display_name, inbox FROM actor WHERE uri = '{attacker.uri}'"
    assert fediverse.rows(kept) == [f"Served|{attacker.uri}/inbox"]


def test_org_16_an_inbox_elsewhere_makes_no_actor(
    fediverse: Fediverse, attacker: Attacker, victim: Attacker
) -> None:
    """Who gives somebody else's inbox as theirs would have us knock there."""
    attacker.publish(inbox=f"{victim.uri}/inbox", endpoints={"sharedInbox": f"{victim.uri}/inbox"})
    assert attacker.post(attacker.follow()).status in (202, 400, 401)
    fediverse.settle()
    fediverse.announce()
    fediverse.settle()
    assert victim.told() == []


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "data:text/html,<script>alert(1)</script>",
        "vbscript:x",
        "https://phishing.example/login",
        "http://phishing.example/login",
        "//phishing.example/login",
        "https://phishing.example\\@127.0.0.5/",
        ["javascript:alert(1)", {"type": "Link", "href": "javascript:alert(1)"}],
        {"type": "Link", "mediaType": "text/html", "href": "https://phishing.example/login"},
    ],
)
def test_org_20_links_are_of_the_web_and_show_where_they_lead(
    fediverse: Fediverse, attacker: Attacker, url: Any
) -> None:
    news = fediverse.announce()
    attacker.publish(url=url, icon={"type": "Image", "url": url})
    note = attacker.mention("with a link", inReplyTo=news.uri, url=url)
    note["attachment"] = [{"type": "Document", "mediaType": "image/png", "url": url, "name": "photo"}]
    send(attacker, attacker.create(note))
    for page in (fediverse.page(f"/{news.code}"), fediverse.agents_page("/network")):
        assert "with a link" in page
        assert_honest(page)


def assert_honest(html: str) -> None:
    """Each link leads to the web or to us, and one to a strange host shows that host."""
    for element in page_of(html).select("[href], [src], [action], [formaction]"):
        for name in ("href", "src", "action", "formaction"):
            address = str(element.get(name, ""))
            assert urlsplit(address).scheme in ("", "http", "https", "mailto", "tel"), element
            if name == "href" and "phishing.example" in address:
                assert "phishing.example" in element.get_text(), element
            elif name != "href":
                assert "phishing.example" not in address, element


def test_org_20_no_part_of_a_link_is_hidden(fediverse: Fediverse, attacker: Attacker) -> None:
    news = fediverse.announce()
    lie = (
        '<p><a href="https://phishing.example/x" class="u-url" rel="me">'
        '<span class="invisible">https://phishing.example/</span>'
        '<span class="ellipsis" style="display:none">x</span>bank.example</a> '
        '<a href="https://phishing.example/y">https://bank.example</a> '
        '<a href="https://bank.example.phishing.example/">https://bank.example</a></p>'
    )
    send(attacker, attacker.create(attacker.mention(inReplyTo=news.uri, content=lie)))
    page = fediverse.page(f"/{news.code}")
    assert_honest(page)
    links = page_of(page).select("a[href*='phishing.example']")
    assert len(links) == 3
    for link in links:
        assert not link.select("[class], [style]")
        assert urlsplit(str(link["href"])).netloc in link.get_text()
        assert {"nofollow", "noopener", "noreferrer", "ugc"} <= set(link["rel"])


def test_org_22_nobody_sets_a_key_by_a_form(fediverse: Fediverse, attacker: Attacker) -> None:
    pem = public_pem(attacker.key.key.public_key())
    before = fediverse.document(fediverse.actor)
    pasted = {
        "publicKey": pem,
        "publicKeyPem": pem,
        "publicKey.publicKeyPem": pem,
        "assertionMethod": str(attacker.document()["assertionMethod"]),
        "id": attacker.uri,
        "inbox": f"{attacker.uri}/inbox",
        "raw": str(attacker.document()),
    }
    agent = fediverse.village.administrator
    assert agent.submit("/admin", to="/admin", **pasted).status_code == 303
    name = fediverse.village.list_organisation(f"Amis {attacker.name}").removeprefix("/@")
    organisation = fediverse.document(f"{fediverse.origin}/a/{name}")
    assert agent.submit(f"/@{name}/edit", **pasted).status_code == 303
    code = fediverse.press("/new/announcement", title="Clés", text="Avec une clé", **pasted)[1:]
    news = fediverse.value(f"SELECT uri FROM publication WHERE code = '{code}'")
    fediverse.settle()
    assert fediverse.document(fediverse.actor)["publicKey"] == before["publicKey"]
    assert fediverse.document(fediverse.actor)["assertionMethod"] == before["assertionMethod"]
    after = fediverse.document(f"{fediverse.origin}/a/{name}")
    assert (after["publicKey"], after["inbox"]) == (organisation["publicKey"], organisation["inbox"])
    assert pem not in fediverse.get(news).text
    assert attacker.uri not in fediverse.get(news).text


def page_of(html: str) -> BeautifulSoup:
    return BeautifulSoup(html, "html.parser")


BIDI = "\u202e\u2066\u200f\u200b\u2060\ufeff\u00ad"


@pytest.mark.parametrize("name", [f"Rosa{BIDI}ariaM", "Valbrume", "аdministrateur", "R\x00osa\n\nMairie"])
def test_org_23_a_name_never_stands_without_its_host(
    fediverse: Fediverse, attacker: Attacker, name: str
) -> None:
    news = fediverse.announce()
    attacker.publish(name=name)
    send(attacker, attacker.create(attacker.mention("who am I", inReplyTo=news.uri)))
    for html in (fediverse.page(f"/{news.code}"), fediverse.agents_page("/network")):
        assert not set(BIDI).intersection(html)
        said = [each for each in page_of(html).select("article.said") if "who am I" in each.text]
        assert all(attacker.netloc in each.text for each in said)
        assert said or "\x00" in name  # what no database can hold is not taken at all


@pytest.mark.parametrize(
    "username", ["аdmin", f"ad{BIDI}min", "ad min", "admin\n", "<b>admin</b>", "admin@victim.example"]
)
def test_org_23_a_username_in_disguise_is_none(
    fediverse: Fediverse, attacker: Attacker, username: str
) -> None:
    news = fediverse.announce()
    attacker.publish(preferredUsername=username)
    answer = attacker.post(attacker.create(attacker.mention("who are you", inReplyTo=news.uri)))
    assert answer.status in (202, 400, 401)
    fediverse.settle()
    html = fediverse.page(f"/{news.code}")
    assert not set(BIDI).intersection(html)
    if username == "аdmin":  # letters of other alphabets are letters, so the host stands behind them
        assert f"@{username}@{attacker.netloc}" in page_of(html).text
    else:
        assert "who are you" not in html
        assert not fediverse.knows(attacker.uri)


@pytest.mark.parametrize("kind", ["Create", "Update", "Announce", "Add"])
def test_org_24_nobody_else_shows_a_message_to_more_people(
    fediverse: Fediverse, friend: Attacker, victim: Attacker, kind: str
) -> None:
    news = fediverse.announce()
    secret = victim.mention("between us", to=[fediverse.actor], cc=[], inReplyTo=news.uri)
    send(victim, victim.create(secret))
    kept = f"SELECT scope FROM publication WHERE uri = '{secret['id']}'"
    assert fediverse.rows(kept) == ["direct"]
    widened = {**secret, "to": [PUBLIC], "cc": [friend.followers]}
    victim.serve(secret["id"], secret)
    for thing in (widened, secret["id"]):
        facts = {
            "to": [PUBLIC],
            "cc": [friend.followers, fediverse.actor],
            "target": f"{friend.uri}/featured",
        }
        send(friend, friend.activity(kind, object=thing, **facts))
    assert fediverse.rows(kept) == ["direct"]
    assert author_of(fediverse, secret["id"]) == victim.uri
    for path in (f"/{news.code}", "/", "/news", "/@valbrume"):
        assert "between us" not in fediverse.page(path)
