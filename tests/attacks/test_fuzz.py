"""Anything at all, at the doors that are open to everybody: an answer comes, and it is never a 500.

The client waits for half a minute, which is long enough for a busy machine and too long for no answer. What
came in is handled, too: `healthy` looks for traces in the log after each test.
"""

import json
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from bs4 import BeautifulSoup
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from federation.signatures import Scheme
from tests.attacks.fediverse import ACTIVITY_JSON, PUBLIC, Attacker, Fediverse
from tests.unit.federation.recorded import all_recorded, recorded
from tests.unit.federation.test_documents_fuzz import ANYTHING, KEYS, WORDS

ENGINES = ("sqlite",)  # what cannot be read is refused above the database

REFUSED = {400, 401, 403, 404, 405, 408, 411, 413, 414, 422, 429, 431, 503}
SOME = settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def known(fediverse: Fediverse) -> Attacker:
    """Somebody whose key is known, so that nothing stops their posts before they are read."""
    known = fediverse.attacker()
    fediverse.befriend(known)
    return known


@pytest.fixture(scope="module")
def news(fediverse: Fediverse) -> str:
    """The URI of something of ours, to talk about."""
    return fediverse.announce().uri


@pytest.fixture(autouse=True)
def all_is_handled(fediverse: Fediverse, healthy: None) -> Iterator[None]:
    yield
    fediverse.settle()
    assert fediverse.rows("SELECT last_error FROM received WHERE attempts > 0") == []
    for path in ("/network", "/", "/moderation/cases", "/admin/network/followers"):
        assert fediverse.village.administrator.get(path).status_code == 200


# ---------------------------------------------------------------- signatures

NAMES = "signature signature-input digest content-digest date host content-type content-length".split()
PRINTABLE = st.text(
    st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=60
)
PIECES = st.sampled_from(
    (
        'keyId=" " , ; = sig1 sig1= sig1=: : ( ) () ("@method") "@target-uri" "content-digest" ;created= \t'
        ' ;keyid= ;alg="hmac-sha256" ;req ;bs ;sf algorithm="hs2019" algorithm=none \\ \\" signature="'
        ' headers="(request-target) created= expires= 99999999999 -1 1e9 SHA-256= sha-256=: : AAAA ==== * ?0'
    ).split(" ")
)
HEADER = st.lists(PIECES | PRINTABLE, max_size=12).map("".join) | st.text(
    st.sampled_from('"\\,;=():?*abc012 '), max_size=200
)


@SOME
@given(data=st.data(), scheme=st.sampled_from(Scheme))
def test_any_headers_of_a_signature_are_answered(
    fediverse: Fediverse, known: Attacker, data: st.DataObject, scheme: Scheme
) -> None:
    request = known.signed(known.follow(), scheme=scheme)
    headers = list(request.headers)
    for _ in range(data.draw(st.integers(1, 3))):
        name, value = data.draw(st.sampled_from(NAMES)), data.draw(HEADER)
        place = data.draw(st.integers(0, len(headers)))
        old = next((index for index, header in enumerate(headers) if header[0] == name), None)
        match data.draw(st.sampled_from(["replace", "add", "append", "cut"])), old:
            case "add", _:
                headers.insert(place, (name, value))
            case _, None:
                headers.append((name, value))
            case "replace", at:
                headers[at] = (name, value)
            case "append", at:
                headers[at] = (name, headers[at][1] + value)
            case _, at:
                headers[at] = (name, headers[at][1][: data.draw(st.integers(0, 400))])
    answer = fediverse.send(replace(request, headers=tuple(headers)))
    assert answer.status in {202, *REFUSED}


@SOME
@given(
    key=st.one_of(st.binary(max_size=80), ANYTHING), name=st.sampled_from(["publicKey", "assertionMethod"])
)
def test_any_key_of_an_actor_is_answered(fediverse: Fediverse, key: Any, name: str) -> None:
    attacker = fediverse.attacker()
    if isinstance(key, bytes):
        pem = f"-----BEGIN PUBLIC KEY-----\n{b64encode(key).decode()}\n-----END PUBLIC KEY-----\n"
        key = {
            "id": attacker.key.id,
            "owner": attacker.uri,
            "publicKeyPem": pem,
            "publicKeyMultibase": f"z{pem}",
        }
    attacker.publish(**{name: key})
    assert attacker.post(attacker.follow()).status in {202, *REFUSED}


# ---------------------------------------------------------------- JSON


@SOME
@given(body=st.binary(max_size=300) | st.text(max_size=200).map(str.encode) | ANYTHING.map(json.dumps))
def test_any_body_is_answered(fediverse: Fediverse, known: Attacker, body: bytes | str) -> None:
    sent = body if isinstance(body, bytes) else body.encode()
    assert known.post(sent).status in {202, *REFUSED}


KINDS = st.sampled_from(
    "Accept Add Announce Block Create Delete FeatureRequest Flag Follow Like Move QuoteRequest Reject Remove"
    " Undo Update".split()
)


@SOME
@given(data=st.data(), kind=KINDS, facts=st.dictionaries(KEYS, ANYTHING, max_size=4))
def test_any_activity_is_handled(
    fediverse: Fediverse, known: Attacker, news: str, data: st.DataObject, kind: str, facts: dict[str, Any]
) -> None:
    """Of a sender who is who they say, about things that we know."""
    things = [news, fediverse.actor, known.uri, known.follow(), known.mention(), known.document(), None]
    thing = data.draw(st.sampled_from(things))
    if isinstance(thing, dict):
        thing = thing | data.draw(st.dictionaries(KEYS | st.just("content"), ANYTHING, max_size=3))
    activity = known.activity(kind, to=[PUBLIC], **({} if thing is None else {"object": thing}))
    assert known.post(activity | facts).status in {202, *REFUSED}


@SOME
@given(data=st.data(), name=st.sampled_from(all_recorded()))
def test_a_real_document_with_anything_in_one_place_is_handled(
    fediverse: Fediverse, known: Attacker, news: str, data: st.DataObject, name: str
) -> None:
    """As other software writes it, moved to the attacker's server."""
    raw = recorded(name)
    thing = raw.get("object") if isinstance(raw.get("object"), dict) else raw
    assert isinstance(thing, dict)
    owner = {"id": known.place("recorded"), "attributedTo": known.uri, "inReplyTo": news, "to": [PUBLIC]}
    moved = thing | owner | {"actor": known.uri}
    moved[data.draw(st.sampled_from(sorted(moved)))] = data.draw(ANYTHING)
    kind = data.draw(st.sampled_from(["Create", "Update", "Announce", "Delete"]))
    assert known.post(known.activity(kind, object=moved, to=[PUBLIC])).status in {202, *REFUSED}


# ---------------------------------------------------------------- HTML

ALLOWED = set("p br span a del s pre blockquote code b strong u i em ul ol li ruby rt rp".split())
TAGS = st.sampled_from(
    "p a b script style svg math mtext mglyph noscript title textarea table td tr form select option template"
    " iframe img object base plaintext xmp h1 h6 ol li br ruby rt pre".split()
)
ATTRIBUTES = st.sampled_from(
    [
        "",
        " href='javascript:x'",
        ' href="https://evil.example/"',
        " href=//x",
        " onclick=x",
        " style='position:fixed'",
        " class=modal",
        " src=x onerror=x",
        " lang=fr",
        ' start="5"',
        ' title="</noscript><img src=x onerror=x>"',
    ]
)
MARKUP = st.lists(
    st.builds("<{}{}>".format, TAGS, ATTRIBUTES)
    | st.builds("</{}>".format, TAGS)
    | st.sampled_from(
        ["<!--", "-->", "<![CDATA[", "]]>", "<?", "&lt;", "&#0;", "&amp;lt;", "<", ">", '"', "'"]
    )
    | st.text(max_size=8),
    max_size=25,
).map("".join)


@SOME
@given(html=MARKUP)
def test_any_markup_is_kept_as_harmless_words(
    fediverse: Fediverse, known: Attacker, news: str, html: str
) -> None:
    note = known.mention(inReplyTo=news) | {"content": f"x {html}", "summary": html, "name": html}
    assert known.post(known.create(note)).status in {202, 400}
    actor = fediverse.attacker()
    actor.publish(name=html, summary=html)
    assert actor.post(actor.create(actor.mention())).status in {202, 400, 401}


def test_what_is_kept_of_any_markup_holds_only_what_it_may(fediverse: Fediverse) -> None:
    """After the test above."""
    fediverse.settle()
    kept = fediverse.rows("SELECT html FROM publication") + fediverse.rows("SELECT summary FROM actor")
    for html in kept:
        for element in BeautifulSoup(html, "html.parser").find_all():
            assert element.name in ALLOWED, html
            assert set(element.attrs) <= {"href", "rel", "lang", "start", "value"}, html
            assert str(element.get("href", "https://")).startswith(("https://", "http://")), html


# ---------------------------------------------------------------- addresses

PATHS = st.sampled_from(
    (
        "/ /a/ /a/valbrume /a/valbrume/ /a/valbrume/outbox /a/besoins/followers /o/ /actor /actor/ /inbox /@"
        " /@valbrume /@valbrume/follow /media/ /static/ /news /ns /nodeinfo/2.1 /.well-known/webfinger"
        " /.well-known/nodeinfo /.well-known/host-meta /authorize_interaction /23456b /o/"
    ).split()
)
FIELDS = st.sampled_from("resource rel page tag uri next text title answer acct:".split())
ADDRESSES = st.sampled_from(
    [
        "acct:valbrume@localhost",
        "acct:@",
        "https://localhost",
        "http://[",
        "acct:a@b@c",
        "//",
        "..",
        "%",
        "@" * 50,
    ]
)
VALUES = (
    st.text(max_size=20) | ADDRESSES | st.integers().map(str) | st.text("a", min_size=100, max_size=2_500)
)


@SOME
@given(
    path=PATHS,
    more=st.text(max_size=30) | st.text("a/", min_size=100, max_size=2_500),
    query=st.lists(st.tuples(FIELDS, VALUES), max_size=3),
    accept=st.sampled_from([ACTIVITY_JSON, "text/html", "*/*", ""]) | HEADER,
)
def test_any_address_is_answered(
    fediverse: Fediverse, path: str, more: str, query: list[tuple[str, str]], accept: str
) -> None:
    """As a stranger and as the agent, whose pages look things up."""
    target = path + quote(more, safe="/@:.~", errors="replace")
    fields = "&".join(f"{name}={quote(value, safe='@:/', errors='replace')}" for name, value in query)
    request = (
        f"GET {target}?{fields} HTTP/1.1\r\nhost: localhost\r\naccept: {accept}\r\nconnection: close\r\n\r\n"
    )
    answer = fediverse.send_bytes(request.encode("latin-1"))
    assert answer.status in {200, 202, 206, 303, 307, 410, *REFUSED}
    try:
        shown = fediverse.village.administrator.send("GET", f"{target}?{fields}")
    except httpx.InvalidURL:
        return
    assert shown.status_code in {200, 303, 410, *REFUSED}


@SOME
@given(path=st.sampled_from(["/network/follow", "/@valbrume/follow"]), text=VALUES | MARKUP | WORDS)
def test_anything_typed_into_the_forms_is_answered(fediverse: Fediverse, path: str, text: str) -> None:
    fields = {"handle": text, "address": text, "actor": text}
    assert fediverse.village.administrator.post(path, fields).status_code in {303, *REFUSED}
    fediverse.village.rest("look-ups-%")
