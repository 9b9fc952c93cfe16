"""Two villages, one on SQLite and one on PostgreSQL, over TLS: what happens in one is seen in the other."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.interop.rig import Hub, new_hub
from tests.interop.tls import Authority
from tests.postgres import Cluster
from tests.waiting import eventually


@pytest.fixture(scope="module")
def valbrume(authority: Authority, folder: Path) -> Iterator[Hub]:
    with new_hub(authority, "127.0.0.11", folder / "valbrume", name="Valbrume") as hub:
        yield hub


@pytest.fixture(scope="module")
def montclair(authority: Authority, folder: Path, postgres_cluster: Cluster) -> Iterator[Hub]:
    data = folder / "montclair"
    with new_hub(authority, "127.0.0.12", data, cluster=postgres_cluster, name="Montclair") as hub:
        yield hub


@pytest.fixture(scope="module", params=["valbrume follows", "montclair follows"])
def neighbours(request: pytest.FixtureRequest, valbrume: Hub, montclair: Hub) -> tuple[Hub, Hub]:
    """Who reads and who writes, in both directions: the reader follows the writer, with consent."""
    reader, writer = (valbrume, montclair) if request.param == "valbrume follows" else (montclair, valbrume)
    reader.follow(writer.handle)
    eventually(lambda: writer.followers() == reader.following() == 1)
    return reader, writer


def test_an_announcement_is_read_next_door(neighbours: tuple[Hub, Hub]) -> None:
    reader, writer = neighbours
    code = writer.publish("Coupure d’eau", "Jeudi de 9 h à midi, rue du Lavoir.")
    eventually(reader.shows("Jeudi de 9 h à midi, rue du Lavoir.", on="/network"))
    assert writer.handle in reader.page("/network")
    assert writer.document(writer.uri(code))["attributedTo"] == writer.actor


def test_an_edit_is_read_next_door(neighbours: tuple[Hub, Hub]) -> None:
    reader, writer = neighbours
    code = writer.publish("Marché", "Samedi à huit heures.")
    eventually(reader.shows("Samedi à huit heures.", on="/network"))
    writer.edit(code, text="Samedi à neuf heures.")
    eventually(reader.shows("Samedi à neuf heures.", on="/network"))
    assert "Samedi à huit heures." not in reader.page("/network")


def test_an_answer_is_shown_under_what_it_answers(neighbours: tuple[Hub, Hub]) -> None:
    reader, writer = neighbours
    code = writer.publish("Battage", "Il nous manque une batteuse.")
    eventually(reader.shows("Il nous manque une batteuse.", on="/network"))
    reader.answer("Il nous manque une batteuse.", "Nous en avons une, passez la prendre.")
    eventually(writer.shows("Nous en avons une, passez la prendre.", on=f"/{code}"))
    assert reader.handle in writer.page(f"/{code}")
    eventually(lambda: writer.counts(writer.uri(code), "replies") == 1)


def test_the_answer_to_an_answer_comes_back(neighbours: tuple[Hub, Hub]) -> None:
    reader, writer = neighbours
    code = writer.publish("Four banal", "On allume dimanche.")
    eventually(reader.shows("On allume dimanche.", on="/network"))
    reader.answer("On allume dimanche.", "Reste-t-il de la place ?")
    eventually(writer.shows("Reste-t-il de la place ?", on=f"/{code}"))
    writer.answer("Reste-t-il de la place ?", "Oui, pour deux pains.", on=f"/{code}")
    eventually(reader.shows("Oui, pour deux pains.", on="/network"))


def test_likes_and_boosts_are_counted_and_taken_back(neighbours: tuple[Hub, Hub]) -> None:
    reader, writer = neighbours
    words = "La fanfare joue vendredi."
    uri = writer.uri(writer.publish("Fête", words))
    eventually(reader.shows(words, on="/network"))
    reader.press("like", words)
    reader.press("boost", words)
    eventually(lambda: writer.counts(uri, "likes") == writer.counts(uri, "shares") == 1)
    reader.press("unlike", words)
    reader.press("unboost", words)
    eventually(lambda: writer.counts(uri, "likes") == writer.counts(uri, "shares") == 0)


def test_what_is_deleted_disappears_next_door(neighbours: tuple[Hub, Hub]) -> None:
    reader, writer = neighbours
    code = writer.publish("Erreur", "La mairie ferme lundi.")
    uri = writer.uri(code)
    eventually(reader.shows("La mairie ferme lundi.", on="/network"))
    writer.delete(code)
    eventually(lambda: "La mairie ferme lundi." not in reader.page("/network"))
    gone = writer.fetch(uri)
    assert (gone.status_code, gone.json()["type"]) == (410, "Tombstone")


def test_what_is_for_the_village_alone_never_leaves(neighbours: tuple[Hub, Hub]) -> None:
    reader, writer = neighbours
    inside = writer.publish("Clef", "La clef est sous le pot.", scope="village")
    writer.publish("Après", "Ceci est parti ensuite.")
    eventually(reader.shows("Ceci est parti ensuite.", on="/network"))
    assert "La clef est sous le pot." not in reader.page("/network")
    assert writer.fetch(f"{writer.origin}/{inside}").status_code == 404


def test_a_new_name_is_known_next_door(neighbours: tuple[Hub, Hub]) -> None:
    reader, writer = neighbours
    writer.publish("Nom", f"Nous changeons de nom à {writer.host}.")
    eventually(reader.shows(f"Nous changeons de nom à {writer.host}.", on="/network"))
    name = f"{writer.village_name}-sur-Lavoir"
    writer.rename(name)
    eventually(reader.shows(name, on="/network"))


def test_who_stops_following_gets_nothing_more(neighbours: tuple[Hub, Hub]) -> None:
    reader, writer = neighbours
    reader.unfollow(writer.handle)
    eventually(lambda: writer.followers() == reader.following() == 0)
    reader.follow(writer.handle)
    eventually(lambda: writer.followers() == reader.following() == 1)


def test_an_association_is_followed_renamed_and_gone_next_door(neighbours: tuple[Hub, Hub]) -> None:
    reader, writer = neighbours
    name = writer.list_association(f"Chorale de {writer.village_name}")
    handle, actor = f"@{name}@{writer.host}", f"{writer.origin}/a/{name}"
    reader.follow(handle)
    eventually(lambda: writer.followers(actor) == 1 and reader.following() == 2)
    writer.rename_association(name, f"Les voix de {writer.village_name}")
    eventually(reader.shows(f"Les voix de {writer.village_name}", on="/network"))
    writer.remove_association(name)
    eventually(lambda: reader.following() == 1)
    assert handle not in reader.page("/network")
    assert writer.fetch(f"{actor}?fresh").status_code == 410


def test_new_keys_are_trusted_next_door_at_once(neighbours: tuple[Hub, Hub]) -> None:
    """The news of them is signed with the old ones (mastodon.md 9)."""
    reader, writer = neighbours
    writer.publish("Clefs", f"Les clefs de {writer.host} changent.")
    eventually(reader.shows(f"Les clefs de {writer.host} changent.", on="/network"))
    before = writer.document(f"{writer.actor}?fresh")["publicKey"]
    writer.change_keys()
    assert writer.document(f"{writer.actor}?fresh")["publicKey"] != before
    writer.publish("Serrures", f"Les serrures de {writer.host} ont changé.")
    eventually(reader.shows(f"Les serrures de {writer.host} ont changé.", on="/network"))
