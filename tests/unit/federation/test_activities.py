from datetime import timedelta

import pytest

from federation import activities
from federation.documents import Activity, parse_activity
from federation.outgoing import actor, note, quote_authorization
from federation.vocabulary import DATA_INTEGRITY, Json
from tests.unit.federation.recorded import NOW, all_recorded, assert_expected, recorded
from tests.unit.federation.test_outgoing import (
    COMMUNE,
    DEFINED_ELSEWHERE,
    EIGHT,
    NEWS,
    RESIDENT,
    TERMS,
    TOPIC,
    VILLAGE,
    keys_of,
)

LEA = "https://mastodon.example/users/lea"
FOLLOWERS = f"{VILLAGE}/followers"
URI = "https://bourg.example/o/01JG"


def received(name: str) -> Activity:
    return parse_activity(recorded(name), now=NOW)


def a_boost() -> Json:
    return activities.announce(
        NEWS.uri, uri=URI, actor=TOPIC.uri, followers=f"{TOPIC.uri}/followers", author=VILLAGE, at=EIGHT
    )


def everything_we_send() -> dict[str, Json]:
    news = note(NEWS)
    create = activities.create(news)
    follow = activities.follow(URI, actor=VILLAGE, target=LEA)
    return {
        "create": create,
        "update": activities.update(news, number=3, at=EIGHT + timedelta(hours=1)),
        "update_actor": activities.update(actor(COMMUNE), number=1, at=EIGHT),
        "delete": activities.delete(news, at=EIGHT),
        "delete_actor": activities.delete(actor(RESIDENT), at=EIGHT),
        "follow": follow,
        "undo_follow": activities.undo(follow),
        "accept_follow": activities.accept(received("mastodon/follow"), uri=URI, actor=VILLAGE),
        "accept_quote": activities.accept(
            received("mastodon/quote_request"), uri=URI, actor=VILLAGE, result=f"{URI}/stamp"
        ),
        "reject_offer": activities.reject(
            received("lavoir/offer_agreement"), uri=URI, actor=VILLAGE, content="Merci, nous sommes assez."
        ),
        "join": activities.join(URI, actor=VILLAGE, to=LEA, target=f"{LEA}/events/1", at=EIGHT),
        "leave": activities.leave(URI, actor=VILLAGE, to=LEA, target=f"{LEA}/events/1", at=EIGHT),
        "ignore": activities.ignore(received("mobilizon/join"), uri=URI, actor=VILLAGE),
        "announce": a_boost(),
        "announce_create": activities.announce(
            create, uri=URI, actor=TOPIC.uri, followers=f"{TOPIC.uri}/followers", author=VILLAGE, at=EIGHT
        ),
        "undo_announce": activities.undo(a_boost()),
        "like": activities.like(URI, actor=VILLAGE, target=f"{LEA}/statuses/1", author=LEA),
        "flag": activities.flag(
            URI,
            actor="https://bourg.example/actor",
            account=LEA,
            documents=[f"{LEA}/statuses/1"],
            content="Publicité",
        ),
        "move": activities.move(
            URI, actor=VILLAGE, target="https://neuf.example/a/commune", followers=FOLLOWERS
        ),
        "block": activities.block(URI, actor=VILLAGE, target=LEA),
        "add": activities.add(
            URI, actor=VILLAGE, item=NEWS.uri, collection=f"{VILLAGE}/featured", followers=FOLLOWERS
        ),
        "remove": activities.remove(
            URI, actor=VILLAGE, item=NEWS.uri, collection=f"{VILLAGE}/featured", followers=FOLLOWERS
        ),
        "delete_stamp": activities.delete(
            {
                **quote_authorization(URI, author=VILLAGE, quoting=f"{LEA}/statuses/2", quoted=NEWS.uri),
                "to": [LEA],
                "cc": [],
            },
            at=EIGHT,
        ),
    }


@pytest.mark.parametrize("name", everything_we_send())
def test_what_goes_out_is_as_written_down(name: str) -> None:
    assert_expected(f"activity_{name}", everything_we_send()[name])


@pytest.mark.parametrize("name", everything_we_send())
def test_what_goes_out_is_understood_by_ourselves(name: str) -> None:
    sent = everything_we_send()[name]
    found = parse_activity(sent, now=NOW)
    assert (found.id, found.type, found.actor) == (sent["id"], sent["type"], sent["actor"])
    assert found.object is not None


def test_every_word_that_we_write_has_a_meaning() -> None:
    for name, sent in everything_we_send().items():
        assert not set(keys_of(sent)) - {"@context"} - DEFINED_ELSEWHERE - TERMS.keys(), name


def test_only_the_outermost_object_has_a_context() -> None:
    for name, sent in everything_we_send().items():
        assert list(keys_of(sent)).count("@context") == 1, name


def test_an_activity_lives_below_its_document() -> None:
    sent = everything_we_send()
    assert sent["create"]["id"] == f"{NEWS.uri}/create"
    assert sent["update"]["id"] == f"{NEWS.uri}/update/3"
    assert sent["delete"]["id"] == f"{NEWS.uri}/delete"
    assert sent["undo_follow"]["id"] == f"{URI}/undo"


def test_an_accepted_follow_comes_back_with_the_id_that_it_came_with() -> None:
    follow = recorded("mastodon/follow")
    answer = everything_we_send()["accept_follow"]
    assert answer["object"] == {key: value for key, value in follow.items() if key != "@context"}
    assert answer["to"] == [follow["actor"]]


def test_a_boost_is_public_and_never_holds_the_note() -> None:
    boost = a_boost()
    assert boost["to"] == ["https://www.w3.org/ns/activitystreams#Public"]
    assert boost["cc"] == [f"{TOPIC.uri}/followers", VILLAGE]
    assert boost["object"] == NEWS.uri


def test_building_leaves_the_document_as_it_was() -> None:
    news = note(NEWS)
    activities.create(news)
    activities.delete(news, at=EIGHT)
    assert news == note(NEWS)


def test_who_reads_json_ld_sees_the_proof_of_every_activity() -> None:
    for name, sent in everything_we_send().items():
        assert DATA_INTEGRITY in sent["@context"], name


def named_contexts(document: Json) -> set[str]:
    context = document.get("@context", [])
    entries = context if isinstance(context, list) else [context]
    return {entry for entry in entries if isinstance(entry, str)}


def test_no_message_names_a_context_that_is_only_ours() -> None:
    """Some servers refuse a whole message for a context that they do not know (Epicyon)."""
    theirs = [recorded(name) for name in all_recorded() if not name.startswith("lavoir/")]
    known = set().union(*map(named_contexts, theirs))
    for name, sent in everything_we_send().items():
        if name != "update_actor":  # keys have a context of their own, which most have never met
            assert named_contexts(sent) <= known, name
