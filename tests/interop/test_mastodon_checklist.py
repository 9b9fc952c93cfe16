"""The checklist of what Mastodon wants, on a running village and a foreign server.

README.md says line by line which test holds what, here and elsewhere.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from federation.addressing import Visibility, address
from federation.outgoing import NoteDraft, Picture, note
from federation.vocabulary import ACTIVITY_STREAMS, PUBLIC
from tests.attacks.visitor import page
from tests.interop.fedify_peer import FedifyPeer, running_fedify
from tests.interop.rig import Hub, new_hub
from tests.interop.tls import Authority
from tests.site import ROOT
from tests.waiting import eventually

ACTIVITY_JSON = "application/activity+json"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
NAMED_TEST = re.compile(r"`(tests/\S+\.py)::(test_\w+)`")


@pytest.fixture(scope="module")
def hub(authority: Authority, folder: Path) -> Iterator[Hub]:
    with new_hub(authority, "127.0.0.16", folder / "hub") as hub:
        yield hub


@pytest.fixture(scope="module")
def alice(hub: Hub, authority: Authority, folder: Path) -> Iterator[FedifyPeer]:
    """Who follows the village, and is followed."""
    with running_fedify(authority, "127.0.0.17", folder / "alice") as alice:
        alice.follow(hub.handle)
        hub.follow(alice.handle)
        eventually(lambda: alice.following == alice.followers == [hub.actor])
        eventually(lambda: hub.following() == 1)
        yield alice


@pytest.fixture(scope="module")
def news(hub: Hub, alice: FedifyPeer) -> str:
    """An announcement that reached her; its code."""
    code = hub.publish("Marché", "Samedi à huit heures, place du #Lavoir.")
    eventually(lambda: alice.seen(hub.uri(code)))
    return code


# ---------------------------------------------------------------- 1: documents


def test_what_others_are_told_of_is_there_when_they_are_told(hub: Hub, alice: FedifyPeer, news: str) -> None:
    """Line 1, and of line 3: the actor is answered while our own post waits."""
    alice.post("Qui a une échelle ?")
    eventually(hub.shows("Qui a une échelle ?", on="/network"))
    hub.press("boost", "Qui a une échelle ?")
    eventually(lambda: alice.delivered("Create") and alice.delivered("Announce"))
    for post in [*alice.delivered("Create"), *alice.delivered("Announce")]:
        ours = [found for found in post["lookups"] if found["uri"].startswith(hub.origin)]
        assert {post["activity"]["id"], hub.actor} <= {found["uri"] for found in ours}
        for found in ours:
            assert (found["status"], found["type"], found["id"]) == (200, ACTIVITY_JSON, found["uri"])
            assert ACTIVITY_STREAMS in found["context"]


def test_a_page_names_its_document_and_a_document_its_page(hub: Hub, news: str) -> None:
    for uri, url in ((hub.actor, f"{hub.origin}/@{hub.name}"), (hub.uri(news), f"{hub.origin}/{news}")):
        shown = hub.fetch(url, BROWSER)
        assert shown.headers["link"] == f'<{uri}>; rel="alternate"; type="{ACTIVITY_JSON}"'
        assert page(shown).select_one(f"link[rel=alternate][type='{ACTIVITY_JSON}'][href='{uri}']")
        sent_on = hub.fetch(uri, BROWSER)
        assert (sent_on.status_code, sent_on.headers["location"]) == (303, url)
        assert "accept" in sent_on.headers["vary"].lower()
        assert hub.document(uri)["url"] == url


@pytest.mark.parametrize(
    "accept",
    [
        "application/activity+json, application/ld+json",
        f'application/ld+json; profile="{ACTIVITY_STREAMS}", application/activity+json',
        f'application/ld+json; profile="{ACTIVITY_STREAMS}", application/activity+json, text/html;q=0.1',
    ],
)
def test_every_way_in_which_mastodon_asks_gets_a_document(hub: Hub, news: str, accept: str) -> None:
    for uri in (hub.actor, hub.uri(news)):
        found = hub.fetch(uri, accept)
        assert found.status_code == 200
        assert found.headers["content-type"] in (
            ACTIVITY_JSON,
            f'application/ld+json; profile="{ACTIVITY_STREAMS}"',
        )


# ---------------------------------------------------------------- 2: WebFinger


def test_however_it_is_asked_webfinger_gives_the_one_answer(hub: Hub) -> None:
    actor = {"rel": "self", "type": ACTIVITY_JSON, "href": hub.actor}
    for resource in (f"acct:{hub.name}@{hub.host}", hub.actor, f"{hub.origin}/@{hub.name}"):
        answer = hub.webfinger(resource)
        assert answer.json()["subject"] == f"acct:{hub.name}@{hub.host}"
        assert [link for link in answer.json()["links"] if link["rel"] == "self"] == [actor]
        assert answer.headers["access-control-allow-origin"] == "*"


def test_the_site_itself_says_where_its_people_act(hub: Hub) -> None:
    answer = hub.webfinger(hub.origin)
    assert answer.headers["access-control-allow-origin"] == "*"
    templates = {link["rel"]: link["template"] for link in answer.json()["links"] if "template" in link}
    subscribe = templates["http://ostatus.org/schema/1.0/subscribe"]
    assert subscribe == f"{hub.origin}/authorize_interaction?uri={{uri}}"


def test_an_inbox_sends_nobody_elsewhere(hub: Hub, alice: FedifyPeer) -> None:
    for inbox in (hub.document(hub.actor)["inbox"], hub.document(hub.actor)["endpoints"]["sharedInbox"]):
        answer = hub.send(inbox, {"type": "Like", "actor": alice.actor, "object": hub.actor})
        assert answer.status_code == 401
        assert answer.json()["error"]


# ---------------------------------------------------------------- 3 and 4: signatures, follows


def test_requests_are_signed_the_way_that_everybody_knows(hub: Hub, alice: FedifyPeer, news: str) -> None:
    posts = [request for request in alice.requests if request["method"] == "POST"]
    assert {post["scheme"] for post in posts} == {"draft-cavage-http-signatures-12"}
    assert {post["key"] for post in posts} == {f"{hub.actor}#main-key"}


def test_a_follow_is_accepted_each_time_with_what_was_asked(hub: Hub, alice: FedifyPeer) -> None:
    before = len(alice.delivered("Accept"))
    alice.follow(hub.handle)
    eventually(lambda: len(alice.delivered("Accept")) == before + 1)
    first, *_, last = [post["activity"]["object"] for post in alice.delivered("Accept")]
    for asked in (first, last):
        assert (asked["type"], asked["actor"], asked["object"]) == ("Follow", alice.actor, hub.actor)
    assert first["id"] != last["id"]
    assert hub.followers() == 1


def test_a_follow_is_taken_back_also_by_who_forgot_its_id(hub: Hub, alice: FedifyPeer) -> None:
    alice.unfollow(hub.handle, forgetful=True)
    eventually(lambda: hub.followers() == 0)
    alice.follow(hub.handle)
    eventually(lambda: hub.followers() == 1)


def test_the_end_of_who_was_never_known_costs_nothing(hub: Hub) -> None:
    """No key is asked for: the address is nobody's, and to ask would fail."""
    nobody = "https://127.0.0.99/users/nobody"
    gone = {"id": f"{nobody}#delete", "type": "Delete", "actor": nobody, "object": nobody, "to": [PUBLIC]}
    answer = hub.send(f"{hub.origin}/inbox", {"@context": ACTIVITY_STREAMS, **gone})
    assert answer.status_code == 202
    assert "127.0.0.99" not in hub.village.log


# ---------------------------------------------------------------- 5: notes


def test_a_note_says_all_that_mastodon_shows(hub: Hub, news: str) -> None:
    uri = hub.uri(news)
    found = hub.document(uri)
    assert (found["id"], found["type"], found["attributedTo"]) == (uri, "Note", hub.actor)
    assert "summary" not in found
    assert "Marché" in found["content"]
    assert found["contentMap"] == {"fr": found["content"]}
    [tag] = found["tag"]
    assert (tag["type"], tag["name"]) == ("Hashtag", "#Lavoir")
    assert tag["href"] in found["content"]
    for name in ("likes", "shares", "replies"):
        counted = hub.document(found[name]["id"])
        assert counted["totalItems"] == found[name]["totalItems"]
    assert found["interactionPolicy"]["canQuote"]["automaticApproval"] == [PUBLIC]


def test_only_an_edit_says_that_there_was_one(hub: Hub, alice: FedifyPeer) -> None:
    code = hub.publish("Four banal", "On allume dimanche.")
    uri = hub.uri(code)
    eventually(lambda: alice.seen(uri))
    before = hub.document(uri)
    alice.like(uri)
    eventually(lambda: hub.counts(uri, "likes") == 1)
    assert "updated" not in hub.document(f"{uri}?fresh")
    hub.edit(code, text="On allume lundi.")
    after = hub.document(f"{uri}?fresh")
    assert after["updated"] > after["published"] == before["published"]
    assert after["id"] == uri


def test_a_note_carries_four_pictures_with_their_words() -> None:
    """Of the library: the form for them comes with needs and offers."""
    pictures = tuple(Picture(f"https://bourg.example/{n}.webp", "image/webp", f"Photo {n}") for n in range(4))
    attached = note(
        NoteDraft(
            uri="https://bourg.example/o/1",
            author="https://bourg.example/a/bourg",
            html="<p>Le lavoir</p>",
            url="https://bourg.example/abcdef",
            language="fr",
            audience=address(Visibility.PUBLIC, followers="https://bourg.example/a/bourg/followers"),
            published_at=datetime(2026, 11, 23, tzinfo=UTC),
            pictures=pictures,
        )
    )["attachment"]
    assert [picture["name"] for picture in attached] == ["Photo 0", "Photo 1", "Photo 2", "Photo 3"]
    assert all(picture["mediaType"] == "image/webp" for picture in attached)


# ---------------------------------------------------------------- 6 to 8: votes, boosts, ends, profiles


def test_an_answer_is_never_taken_for_a_vote(hub: Hub, alice: FedifyPeer) -> None:
    alice.post("Quel jour pour le marché ?")
    eventually(hub.shows("Quel jour pour le marché ?", on="/network"))
    hub.answer("Quel jour pour le marché ?", "Samedi.")
    answer = eventually(lambda: alice.saying("Samedi."))
    assert answer["inReplyTo"]
    assert "name" not in hub.document(answer["id"])


def test_a_boost_is_for_everybody_and_embeds_nothing(hub: Hub, alice: FedifyPeer) -> None:
    uri = alice.post("La fontaine est réparée.")
    eventually(hub.shows("La fontaine est réparée.", on="/network"))
    hub.press("boost", "La fontaine est réparée.")
    eventually(lambda: alice.reactions("Announce", uri))
    announced = alice.delivered("Announce")[-1]["activity"]
    assert announced["to"] == [PUBLIC]
    assert announced["cc"] == [f"{hub.actor}/followers", alice.actor]
    assert announced["object"] == uri


def test_what_is_gone_stays_gone(hub: Hub, alice: FedifyPeer) -> None:
    code = hub.publish("Erreur", "La mairie ferme lundi.")
    uri = hub.uri(code)
    eventually(lambda: alice.seen(uri))
    hub.delete(code)
    gone = hub.fetch(f"{uri}?fresh")
    assert (gone.status_code, gone.json()["type"], gone.json()["id"]) == (410, "Tombstone", uri)
    assert hub.fetch(f"{hub.origin}/{code}", BROWSER).status_code == 410
    again = hub.publish("Erreur", "La mairie ferme mardi.")
    assert hub.uri(again) != uri


def test_a_profile_is_open_to_be_found_and_shows_what_is_pinned(
    hub: Hub, alice: FedifyPeer, news: str
) -> None:
    hub.pin(news)
    actor = hub.document(f"{hub.actor}?fresh")
    assert actor["discoverable"] is actor["indexable"] is True
    assert actor["endpoints"]["sharedInbox"] == f"{hub.origin}/inbox"
    picture = hub.fetch(actor["icon"]["url"])
    assert (picture.status_code, picture.headers["content-type"]) == (200, actor["icon"]["mediaType"])
    assert picture.headers["cross-origin-resource-policy"] == "cross-origin"
    assert hub.document(actor["featured"] + "?fresh")["orderedItems"] == [hub.uri(news)]
    for name in ("followers", "following", "outbox"):
        collection = hub.document(actor[name])
        assert hub.document(collection["first"])["partOf"] == actor[name]
    eventually(lambda: [post["activity"]["object"] for post in alice.delivered("Add")] == [hub.uri(news)])


# ---------------------------------------------------------------- the table


HERE = Path(__file__).parent
STORIES, _, CHECKLIST = (
    (HERE / "README.md").read_text(encoding="utf-8").partition("## The checklist of Mastodon")
)


def test_every_test_that_the_table_names_is_there() -> None:
    named = NAMED_TEST.findall(CHECKLIST)
    missing = [f"{path}::{name}" for path, name in named if not _is_there(ROOT / path, name)]
    assert named
    assert not missing


def test_every_story_that_the_page_names_is_told() -> None:
    files = [*HERE.glob("test_*.py"), *(HERE.parent / "unit").rglob("test_*.py")]
    written = [path.read_text(encoding="utf-8") for path in files]
    named = re.findall(r"`(test_\w+)`", STORIES)
    assert named
    assert not [name for name in named if not any(f"def {name}(" in text for text in written)]


def test_every_test_of_this_file_is_in_the_table() -> None:
    named = {name for path, name in NAMED_TEST.findall(CHECKLIST) if path.endswith(Path(__file__).name)}
    written = set(re.findall(r"^def (test_\w+)", Path(__file__).read_text(encoding="utf-8"), re.MULTILINE))
    assert written - named == {
        test_every_test_that_the_table_names_is_there.__name__,
        test_every_story_that_the_page_names_is_told.__name__,
        test_every_test_of_this_file_is_in_the_table.__name__,
    }


def _is_there(path: Path, name: str) -> bool:
    return path.exists() and re.search(rf"def {name}\(", path.read_text(encoding="utf-8")) is not None
