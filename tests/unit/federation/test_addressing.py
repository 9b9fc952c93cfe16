import pytest

from federation.addressing import Audience, Recipient, Visibility, address, inboxes, visibility
from federation.documents import parse_document
from federation.vocabulary import PUBLIC
from tests.unit.federation.recorded import NOW, recorded

FOLLOWERS = "https://bourg.example/a/lea/followers"
BOB = "https://val.example/a/bob"
GROUP = "https://bourg.example/a/besoins"


@pytest.mark.parametrize("everybody", [PUBLIC, "as:Public", "Public"])
def test_everybody_may_be_spelled_in_three_ways(everybody: str) -> None:
    assert visibility([everybody], [], followers=None) is Visibility.PUBLIC
    assert visibility([BOB], [everybody], followers=None) is Visibility.UNLISTED


def test_only_the_followers_of_the_author_are_followers() -> None:
    assert visibility([FOLLOWERS], [], followers=FOLLOWERS) is Visibility.FOLLOWERS
    assert visibility([FOLLOWERS], [], followers="https://val.example/a/bob/followers") is Visibility.DIRECT
    assert visibility([FOLLOWERS], [], followers=None) is Visibility.DIRECT
    assert visibility([], [FOLLOWERS], followers=FOLLOWERS) is Visibility.DIRECT


def test_what_is_addressed_to_nobody_is_shown_to_nobody() -> None:
    assert visibility([], [], followers=FOLLOWERS) is Visibility.DIRECT


@pytest.mark.parametrize("wanted", Visibility)
def test_what_we_address_is_read_back_the_same(wanted: Visibility) -> None:
    audience = address(wanted, followers=FOLLOWERS, mentions=[BOB, BOB], groups=[GROUP])
    assert visibility(audience.to, audience.cc, followers=FOLLOWERS) is wanted
    assert [*audience.to, *audience.cc].count(BOB) == 1


def test_a_group_is_only_told_what_it_may_pass_on() -> None:
    assert GROUP in address(Visibility.PUBLIC, followers=FOLLOWERS, groups=[GROUP]).cc
    assert address(Visibility.FOLLOWERS, followers=FOLLOWERS, groups=[GROUP]) == Audience((FOLLOWERS,), ())
    assert address(Visibility.DIRECT, followers=FOLLOWERS, mentions=[BOB], groups=[GROUP]) == Audience(
        (BOB,), ()
    )


def test_recorded_documents_are_read_as_their_servers_meant() -> None:
    for name in ("mastodon/note", "lemmy/page", "gancio/create_event", "pixelfed/create_note"):
        raw = recorded(name)
        document = parse_document(raw.get("object", raw), now=NOW)
        assert visibility(document.to, document.cc, followers=None) is Visibility.PUBLIC
    letter = parse_document(recorded("snac/create_note")["object"], now=NOW)
    assert visibility(letter.to, letter.cc, followers=None) is Visibility.UNLISTED


def of(name: str, *, host: str = "val.example", shared: bool = True, personal: bool = False) -> Recipient:
    return Recipient(
        inbox=f"https://{host}/a/{name}/inbox",
        shared_inbox=f"https://{host}/inbox" if shared else None,
        personal=personal,
    )


def sent_to(*recipients: Recipient) -> set[str]:
    found = inboxes(recipients, own_host="bourg.example")
    assert len(set(found)) == len(found)
    return set(found)


def test_several_on_one_server_share_one_delivery() -> None:
    assert sent_to(of("bob"), of("zoe"), of("bob")) == {"https://val.example/inbox"}


def test_a_single_one_on_a_server_gets_its_own() -> None:
    assert sent_to(of("bob"), of("bob")) == {"https://val.example/a/bob/inbox"}


def test_whoever_is_meant_by_name_is_told_at_home() -> None:
    assert sent_to(of("bob", personal=True), of("zoe"), of("max")) == {
        "https://val.example/a/bob/inbox",
        "https://val.example/inbox",
    }


def test_without_a_shared_inbox_each_gets_its_own() -> None:
    assert sent_to(of("bob", shared=False), of("zoe", shared=False)) == {
        "https://val.example/a/bob/inbox",
        "https://val.example/a/zoe/inbox",
    }


def test_nothing_is_sent_to_ourselves() -> None:
    assert sent_to(of("lea", host="bourg.example"), of("bob", host="val.example")) == {
        "https://val.example/a/bob/inbox"
    }
    ours = Recipient("https://val.example/a/bob/inbox", "https://bourg.example/inbox")
    other = Recipient("https://val.example/a/zoe/inbox", "https://bourg.example/inbox")
    assert sent_to(ours, other) == set()
