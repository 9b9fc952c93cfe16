from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from federation.addressing import Visibility, address
from federation.documents import parse_actor, parse_document
from federation.outgoing import (
    FEP_0837,
    HUB_PROFILE_1,
    RFC_9421,
    ActorDraft,
    Hashtag,
    Mention,
    NoteDraft,
    Picture,
    Server,
    actor,
    hashtag_html,
    mention_html,
    note,
    quote_authorization,
    stub_actor,
    tombstone,
    wire_time,
)
from federation.signatures.keys import (
    generate_ed25519,
    generate_rsa,
    multikey,
    public_pem,
)
from federation.vocabulary import ACTOR_CONTEXT, CONTEXT, PUBLIC, TERMS, Json
from tests.unit.federation.recorded import NOW, assert_expected

VILLAGE = "https://bourg.example/a/commune"
EIGHT = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
RSA = """-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAvXc4vkECU2/CeuSo1wtn
Foim94Ne1jBMYxTZ9wm2YTdJq1oiZKif06I2fOqDzY/4q/S9uccrE9Bkajv1dnkO
Vm31QjWlhVpSKynVxEWjVBO5Ienue8gND0xvHIuXf87o61poqjEoepvsQFElA5ym
ovljWGSA/jpj7ozygUZhCXtaS2W5AD5tnBQUpcO0lhItYPYTjnmzcc4y2NbJV8hz
2s2G8qKv8fyimE23gY1XrPJg+cRF+g4PqFXujjlJ7MihD9oqtLGxbu7o1cifTn3x
BfIdPythWu5b4cujNsB3m3awJjVmx+MHQ9SugkSIYXV0Ina77cTNS0M2PYiH1PFR
TwIDAQAB
-----END PUBLIC KEY-----
"""
ED25519 = "z6MkoeUtTDPBt4Rwxe65DJPnB62vfaH8R58hjFrNGGXgRHkV"
SERVER = Server(
    uri="https://bourg.example/actor",
    name="Bourg",
    shared_inbox="https://bourg.example/inbox",
    implements=(RFC_9421, FEP_0837, HUB_PROFILE_1),
)
NEWS = NoteDraft(
    uri="https://bourg.example/o/01JD",
    author=VILLAGE,
    title="Le marché change de place",
    html="<p>À partir de samedi, place du Four.</p>",
    url="https://bourg.example/k7m2p",
    language="fr",
    audience=address(Visibility.PUBLIC, followers=f"{VILLAGE}/followers"),
    published_at=EIGHT,
    context="https://bourg.example/o/01JD/thread",
    hashtags=(Hashtag("marche", "https://bourg.example/tags/marche"),),
    pictures=(Picture("https://bourg.example/m/1.jpg", "image/jpeg", "La place du Four", 1200, 800),),
    likes=3,
    shares=1,
    replies=2,
)
LEA = Mention("https://mastodon.example/users/lea", "lea@mastodon.example", "https://mastodon.example/@lea")
ANSWER = NoteDraft(
    uri="https://bourg.example/o/01JE",
    author=VILLAGE,
    title="Merci",
    html=f"<p>{mention_html(LEA)} merci !</p>",
    url="https://bourg.example/k7m2q",
    language="fr",
    audience=address(Visibility.DIRECT, followers=f"{VILLAGE}/followers", mentions=[LEA.uri]),
    published_at=EIGHT,
    in_reply_to="https://mastodon.example/users/lea/statuses/1",
    mentions=(LEA,),
)
COMMUNE = ActorDraft(
    uri=VILLAGE,
    kind="Organization",
    handle="commune@bourg.example",
    name="Commune de Bourg",
    url="https://bourg.example/",
    server=SERVER,
    rsa_pem=RSA,
    ed25519_multibase=ED25519,
    summary_html="<p>La vie du village.</p>",
    discoverable=True,
    indexable=True,
    published_at=EIGHT,
    fields=(("Commune", '<a href="https://bourg.example" rel="me">bourg.example</a>'),),
    icon=Picture("https://bourg.example/m/blason.png", "image/png", "Le blason"),
)
RESIDENT = replace(
    COMMUNE,
    uri="https://bourg.example/a/lea",
    kind="Person",
    handle="lea@bourg.example",
    name="Léa",
    url="https://bourg.example/lea",
    summary_html="",
    discoverable=False,
    indexable=False,
    approves_followers=True,
    fields=(),
    icon=None,
    moved_to="https://autre.example/a/lea",
    also_known_as=("https://autre.example/a/lea",),
)
TOPIC = replace(
    COMMUNE,
    uri="https://bourg.example/a/besoins",
    kind="Group",
    handle="besoins@bourg.example",
    name="Besoins de Bourg",
    url="https://bourg.example/besoins",
    has_moderators=True,
)
REGION = replace(COMMUNE, uri="https://bourg.example/a/region", kind="Service", handle="region@bourg.example")
ITSELF = replace(
    COMMUNE, uri=SERVER.uri, kind="Application", handle="bourg.example@bourg.example", name="Bourg"
)
ACTORS = {
    "organization": COMMUNE,
    "person": RESIDENT,
    "group": TOPIC,
    "service": REGION,
    "application": ITSELF,
}
# What the three contexts that we name define, of the terms that we use.
DEFINED_ELSEWHERE = set(
    "id type actor attributedTo attachment audience cc content contentMap context deleted endpoints first "
    "followers following formerType generator height href icon image inReplyTo inbox items likes mediaType "
    "name object orderedItems outbox partOf preferredUsername published publicKey replies result sharedInbox "
    "shares summary tag target to totalItems updated url width alsoKnownAs assertionMethod controller "
    "publicKeyMultibase owner publicKeyPem".split()
)


def keys_of(value: object, *, below: str = "") -> Iterator[str]:
    if isinstance(value, dict) and below not in ("@context", "contentMap"):
        for name, inner in value.items():
            yield name
            yield from keys_of(inner, below=name)
    if isinstance(value, list):
        for inner in value:
            yield from keys_of(inner, below=below)


def everything_we_send() -> list[Json]:
    return [
        note(NEWS),
        note(ANSWER),
        *(actor(draft) for draft in ACTORS.values()),
        tombstone(NEWS.uri, former_type="Note", deleted_at=EIGHT),
        quote_authorization("https://bourg.example/o/01JF", author=VILLAGE, quoting="q", quoted=NEWS.uri),
    ]


def test_a_piece_of_news_is_a_note_with_its_title_inside() -> None:
    assert_expected("note_news", note(NEWS))


def test_a_reply_has_no_name_and_reaches_only_whom_it_names() -> None:
    assert_expected("note_reply", note(ANSWER))
    assert "name" not in note(ANSWER)


def test_an_edited_note_says_when() -> None:
    assert "updated" not in note(NEWS)
    edited = note(replace(NEWS, updated_at=EIGHT + timedelta(hours=1)))
    assert edited["updated"] == "2026-11-20T09:00:00Z"
    assert edited["published"] == "2026-11-20T08:00:00Z"


def test_no_note_hides_behind_a_warning() -> None:
    assert "summary" not in note(NEWS)


def test_only_what_everybody_reads_may_be_quoted_by_everybody() -> None:
    assert note(NEWS)["interactionPolicy"] == {"canQuote": {"automaticApproval": [PUBLIC]}}
    assert note(ANSWER)["interactionPolicy"] == {"canQuote": {"automaticApproval": [VILLAGE]}}


def test_what_is_put_into_markup_is_escaped() -> None:
    title = note(replace(NEWS, title="<script>&"))["content"]
    assert title.startswith("<p><strong>&lt;script&gt;&amp;</strong></p>")
    assert "<b>" not in hashtag_html(Hashtag("<b>", 'https://bourg.example/"><b>'))
    assert "<b>" not in mention_html(Mention("x", "<b>@x", 'https://bourg.example/"><b>'))


@pytest.mark.parametrize("kind", ACTORS)
def test_an_actor_of_each_kind_is_published(kind: str) -> None:
    assert_expected(f"actor_{kind}", actor(ACTORS[kind]))


@pytest.mark.parametrize("kind", ACTORS)
def test_our_own_actors_are_understood_by_ourselves(kind: str) -> None:
    draft = replace(
        ACTORS[kind],
        rsa_pem=public_pem(generate_rsa().public_key()),
        ed25519_multibase=multikey(generate_ed25519().public_key()),
    )
    found = parse_actor(actor(draft), now=NOW)
    assert (found.id, found.type, found.claimed_handle) == (draft.uri, draft.kind, draft.handle)
    assert [key.id for key in found.keys] == [f"{draft.uri}#main-key", f"{draft.uri}#ed25519-key"]
    assert found.implements == tuple(one.href for one in SERVER.implements)


def test_our_own_notes_are_understood_by_ourselves() -> None:
    found = parse_document(note(NEWS), now=NOW)
    assert (found.name, found.language, found.published_at) == (NEWS.title, "fr", EIGHT)
    assert [tag.name for tag in found.tags] == ["marche"]
    assert found.replies is not None
    assert found.replies.total == 2


def test_the_server_actor_says_itself_what_it_implements() -> None:
    assert "generator" not in actor(ITSELF)
    assert actor(COMMUNE)["generator"]["id"] == SERVER.uri


def test_a_stub_of_an_actor_is_enough_for_its_keys() -> None:
    stub = stub_actor(actor(RESIDENT))
    assert len(parse_actor(stub, now=NOW).keys) == 2
    assert not {"followers", "outbox", "summary", "attachment", "url"} & stub.keys()


def test_a_tombstone_says_no_more_than_it_must() -> None:
    assert_expected("tombstone", tombstone(NEWS.uri, former_type="Note", deleted_at=EIGHT))
    assert tombstone(NEWS.uri) == {"@context": CONTEXT, "id": NEWS.uri, "type": "Tombstone"}


def test_a_stamp_lets_a_note_be_quoted() -> None:
    stamp = quote_authorization(
        "https://bourg.example/o/01JF",
        author=VILLAGE,
        quoting="https://mastodon.example/users/lea/statuses/2",
        quoted=NEWS.uri,
    )
    assert_expected("quote_authorization", stamp)


def test_every_word_that_we_write_has_a_meaning() -> None:
    for document in everything_we_send():
        unknown = set(keys_of(document)) - {"@context"} - DEFINED_ELSEWHERE - TERMS.keys()
        assert not unknown, document["type"]


def test_an_actor_names_the_contexts_of_its_keys() -> None:
    assert actor(COMMUNE)["@context"] == ACTOR_CONTEXT
    assert note(NEWS)["@context"] == CONTEXT


def test_times_go_out_in_utc() -> None:
    summer = timezone(timedelta(hours=2))
    assert wire_time(datetime(2026, 7, 1, 10, 0, 5, 999, tzinfo=summer)) == "2026-07-01T08:00:05Z"
