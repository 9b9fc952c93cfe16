"""A village and alice, whose server is Fedify's: it verifies all that we sign, and we what it signs.

Once with a server that knows draft-cavage signatures only, once with one that knows RFC 9421 only; the
village is on SQLite there and on PostgreSQL here.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from federation.vocabulary import PUBLIC
from tests.interop.fedify_peer import CAVAGE, RFC_9421, FedifyPeer, running_fedify
from tests.interop.rig import Hub, new_hub
from tests.interop.tls import Authority
from tests.waiting import eventually

ENGINES = {CAVAGE: "sqlite", RFC_9421: "postgres"}


@pytest.fixture(scope="module", params=[CAVAGE, RFC_9421])
def scheme(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def hub(request: pytest.FixtureRequest, scheme: str, authority: Authority, folder: Path) -> Iterator[Hub]:
    cluster = request.getfixturevalue("postgres_cluster") if ENGINES[scheme] == "postgres" else None
    with new_hub(authority, "127.0.0.13", folder / scheme, cluster=cluster) as hub:
        yield hub


@pytest.fixture(scope="module")
def alice(scheme: str, authority: Authority, folder: Path) -> Iterator[FedifyPeer]:
    with running_fedify(authority, "127.0.0.14", folder / f"alice {scheme}", scheme=scheme) as peer:
        yield peer


@pytest.fixture(scope="module")
def follower(hub: Hub, alice: FedifyPeer) -> FedifyPeer:
    """Alice, who follows the village."""
    assert alice.follow(hub.handle) == hub.actor
    eventually(lambda: alice.following == [hub.actor])
    eventually(lambda: hub.followers() == 1)
    return alice


@pytest.fixture(scope="module")
def followed(hub: Hub, alice: FedifyPeer) -> FedifyPeer:
    """Alice, whom the village follows."""
    hub.follow(alice.handle)
    eventually(lambda: alice.followers == [hub.actor] and hub.following() == 1)
    return alice


# ---------------------------------------------------------------- what the village does, seen by alice


def test_an_announcement_reaches_her_and_can_be_fetched(hub: Hub, follower: FedifyPeer) -> None:
    uri = hub.uri(hub.publish("Coupure d’eau", "Jeudi de 9 h à midi."))
    post = eventually(lambda: follower.seen(uri))
    assert post["author"] == hub.actor
    assert "Coupure d’eau" in post["content"]
    assert "Jeudi de 9 h à midi." in post["content"]
    assert follower.look(uri)["id"] == uri


def test_an_edit_reaches_her(hub: Hub, follower: FedifyPeer) -> None:
    code = hub.publish("Marché", "Samedi à huit heures.")
    uri = hub.uri(code)
    eventually(lambda: follower.seen(uri))
    hub.edit(code, text="Samedi à neuf heures.")
    eventually(lambda: "neuf heures" in follower.seen(uri)["content"])
    assert follower.seen(uri)["updated"]


def test_what_is_deleted_is_gone_for_her(hub: Hub, follower: FedifyPeer) -> None:
    code = hub.publish("Erreur", "La mairie ferme lundi.")
    uri = hub.uri(code)
    eventually(lambda: follower.seen(uri))
    hub.delete(code)
    eventually(lambda: follower.seen(uri)["deleted"])
    assert hub.fetch(uri).status_code == 410


def test_the_village_answers_likes_and_boosts_her_post(hub: Hub, followed: FedifyPeer) -> None:
    uri, words = followed.post("Qui a une échelle ?"), "Qui a une échelle ?"
    eventually(hub.shows(words, on="/network"))
    hub.answer(words, "Il y en a une à la mairie.")
    answer = eventually(lambda: followed.saying("Il y en a une à la mairie."))
    assert (answer["inReplyTo"], answer["author"], answer["name"]) == (uri, hub.actor, None)
    hub.press("like", words)
    hub.press("boost", words)
    eventually(lambda: followed.reactions("Like", uri) == followed.reactions("Announce", uri) == [hub.actor])
    hub.press("unlike", words)
    hub.press("unboost", words)
    eventually(lambda: followed.reactions("Like", uri) == followed.reactions("Announce", uri) == [])


def test_a_new_name_reaches_her(hub: Hub, follower: FedifyPeer) -> None:
    hub.rename("Valbrume-sur-Lavoir")
    eventually(lambda: "Valbrume-sur-Lavoir" in [actor["name"] for actor in follower.state["actors"]])


def test_new_keys_are_known_to_her_from_the_last_word_of_the_old_ones(hub: Hub, follower: FedifyPeer) -> None:
    def updates() -> list[str]:
        return [post["activity"]["id"] for post in follower.delivered("Update")]

    before = updates()
    hub.change_keys()
    eventually(lambda: set(updates()) - set(before))
    uri = hub.uri(hub.publish("Serrure", "La serrure de la salle a changé."))
    eventually(lambda: follower.seen(uri))


def test_an_association_that_is_removed_is_gone_for_her(hub: Hub, alice: FedifyPeer) -> None:
    name = hub.list_association("Chorale du vallon")
    actor = f"{hub.origin}/a/{name}"
    assert alice.follow(f"@{name}@{hub.host}") == actor
    eventually(lambda: actor in alice.following)
    hub.rename_association(name, "Les voix du vallon")
    eventually(lambda: "Les voix du vallon" in [each["name"] for each in alice.state["actors"]])
    hub.remove_association(name)
    eventually(lambda: actor in alice.state["gone"])
    assert actor not in alice.following
    assert hub.fetch(f"{actor}?fresh").status_code == 410


# ---------------------------------------------------------------- what alice does, seen by the village


def test_her_post_is_read_edited_and_deleted_in_the_village(hub: Hub, followed: FedifyPeer) -> None:
    uri = followed.post("Bonjour de loin")
    eventually(hub.shows("Bonjour de loin", on="/network"))
    assert followed.handle in hub.page("/network")
    followed.edit(uri, "Bonsoir de loin")
    eventually(hub.shows("Bonsoir de loin", on="/network"))
    followed.delete(uri)
    eventually(lambda: "Bonsoir de loin" not in hub.page("/network"))


def test_her_answer_is_shown_under_the_announcement(hub: Hub, follower: FedifyPeer) -> None:
    code = hub.publish("Battage", "Il nous manque une batteuse.")
    uri = hub.uri(code)
    eventually(lambda: follower.seen(uri))
    answer = follower.post("J’en ai une", in_reply_to=uri)
    eventually(hub.shows("J’en ai une", on=f"/{code}"))
    assert follower.handle in hub.page(f"/{code}")
    eventually(lambda: hub.counts(uri, "replies") == 1)
    follower.edit(answer, "J’en ai même deux")
    eventually(hub.shows("J’en ai même deux", on=f"/{code}"))
    follower.delete(answer)
    eventually(lambda: "J’en ai même deux" not in hub.page(f"/{code}"))
    eventually(lambda: hub.counts(uri, "replies") == 0)


def test_her_likes_and_boosts_are_counted_and_taken_back(hub: Hub, follower: FedifyPeer) -> None:
    uri = hub.uri(hub.publish("Fête", "La fanfare joue vendredi."))
    follower.like(uri)
    follower.boost(uri)
    eventually(lambda: hub.counts(uri, "likes") == hub.counts(uri, "shares") == 1)
    follower.unlike(uri)
    follower.unboost(uri)
    eventually(lambda: hub.counts(uri, "likes") == hub.counts(uri, "shares") == 0)


def test_what_reaches_her_by_an_answer_is_edited_and_deleted_there_too(
    hub: Hub, follower: FedifyPeer
) -> None:
    """Who answered or boosted hears of later edits, follower or not (mastodon.md 9)."""
    alice = follower
    alice.unfollow(hub.handle)
    eventually(lambda: hub.followers() == 0)
    code = hub.publish("Four banal", "On allume dimanche.")
    uri = hub.uri(code)
    alice.post("J’apporte du bois", in_reply_to=uri)
    eventually(hub.shows("J’apporte du bois", on=f"/{code}"))
    hub.edit(code, text="On allume lundi.")
    eventually(lambda: "lundi" in alice.seen(uri).get("content", ""))
    hub.delete(code)
    eventually(lambda: alice.seen(uri)["deleted"])
    alice.follow(hub.handle)
    eventually(lambda: hub.followers() == 1)


def test_her_new_name_is_known_in_the_village(hub: Hub, followed: FedifyPeer) -> None:
    followed.post("Je change de nom")
    eventually(hub.shows("Je change de nom", on="/network"))
    followed.change_profile(name="Alice Martin", summary="Au bout du chemin")
    eventually(hub.shows("Alice Martin", on="/network"))


def test_the_village_stops_following_her(hub: Hub, followed: FedifyPeer) -> None:
    hub.unfollow(followed.handle)
    eventually(lambda: followed.followers == [])
    hub.follow(followed.handle)
    eventually(lambda: followed.followers == [hub.actor] and hub.following() == 1)


# ---------------------------------------------------------------- at last


def test_all_that_reaches_her_is_signed_in_the_way_that_she_knows(
    hub: Hub, follower: FedifyPeer, followed: FedifyPeer, scheme: str
) -> None:
    words = "Une table à donner"
    followed.post(words)
    eventually(hub.shows(words, on="/network"))
    hub.press("boost", words)
    hub.press("unboost", words)
    code = hub.publish("Table", "Elle est prise.")
    hub.edit(code, text="Elle est encore là.")
    hub.delete(code)
    eventually(lambda: all(map(follower.delivered, ("Announce", "Undo", "Create", "Update", "Delete"))))
    posts = [request for request in follower.requests if request["method"] == "POST"]
    taken = [post for post in posts if post["status"] == 202]
    assert {post["scheme"] for post in taken} == {scheme}
    assert all(post["signer"] == post["activity"]["actor"] for post in taken)
    public = [post for post in posts if is_public(post["activity"])]
    assert {post["proof"] for post in public if not tells_of_new_keys(post["activity"], hub)} == {"verified"}


def is_public(activity: dict[str, Any]) -> bool:
    """Only what everybody may read is passed on by others, and needs its author's proof for that."""
    return PUBLIC in [*activity.get("to", []), *activity.get("cc", [])]


def tells_of_new_keys(activity: dict[str, Any], hub: Hub) -> bool:
    """The old key signed it, and a proof by the new one would prove nothing."""
    about = activity["object"]
    return activity["type"] == "Update" and about["id"] == hub.actor and "proof" not in activity


def test_the_village_knocks_once_with_what_she_does_not_know(alice: FedifyPeer) -> None:
    refused = [request for request in alice.requests if request["status"] == 401]
    assert len([request for request in refused if request["method"] == "POST"]) <= 1
    assert len([request for request in refused if request["method"] == "GET"]) <= 1


def test_an_account_that_is_deleted_leaves_nothing_behind(hub: Hub, followed: FedifyPeer) -> None:
    followed.follow(hub.handle)
    eventually(lambda: hub.followers() == hub.following() == 1)
    code = hub.publish("Bois", "Qui fend le bois ?")
    uri = hub.uri(code)
    eventually(lambda: followed.seen(uri))
    followed.post("Adieu")
    followed.post("Pas moi", in_reply_to=uri)
    followed.like(uri)
    eventually(hub.shows("Adieu", on="/network"))
    eventually(hub.shows("Pas moi", on=f"/{code}"))
    eventually(lambda: hub.counts(uri, "replies") == hub.counts(uri, "likes") == 1)
    followed.leave()
    eventually(lambda: hub.followers() == hub.following() == 0)
    assert hub.counts(uri, "replies") == hub.counts(uri, "likes") == 0
    assert "Pas moi" not in hub.page(f"/{code}")
    assert not {"Adieu", followed.handle} & set(hub.page("/network").split())


def test_who_shows_their_key_to_signed_requests_only_is_followed_too(
    hub: Hub, authority: Authority, folder: Path, scheme: str
) -> None:
    database = folder / f"strict {scheme}"
    with running_fedify(authority, "127.0.0.15", database, scheme=scheme, strict=True) as strict:
        before = hub.following()
        hub.follow(strict.handle)
        eventually(lambda: strict.followers == [hub.actor] and hub.following() == before + 1)
        strict.post("Porte close")
        eventually(hub.shows("Porte close", on="/network"))
        asked = [request for request in strict.requests if request["method"] == "GET" and request["signer"]]
        assert {request["signer"] for request in asked} == {f"{hub.origin}/actor"}
