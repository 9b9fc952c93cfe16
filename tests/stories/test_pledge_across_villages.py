"""A village asks for ten people, the next village and somebody on the open network help: all stays true.

Two villages, one on SQLite and one on PostgreSQL, and alice, whose server is Fedify's. One of the villages is
killed in the middle. All that went over the wire was kept, and is searched at the end for what was nobody
else's business.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.interop.fedify_peer import FedifyPeer, running_fedify
from tests.interop.rig import Hub, new_hub
from tests.interop.tls import Authority, Passed
from tests.postgres import Cluster
from tests.waiting import eventually

TITLE = "Rentrer le bois de l’école"
PLACE = "12, chemin des Combes"
PHONES = {
    "Paul": "06 11 11 11 11",
    "Zoé": "06 22 22 22 22",
    "Luc": "06 33 33 33 33",
    "Nina": "06 44 44 44 44",
}


@pytest.fixture(scope="module")
def valbrume(authority: Authority, folder: Path) -> Iterator[Hub]:
    with new_hub(authority, "127.0.0.21", folder / "valbrume", name="Valbrume") as hub:
        yield hub


@pytest.fixture(scope="module")
def montclair(authority: Authority, folder: Path, postgres_cluster: Cluster) -> Iterator[Hub]:
    data = folder / "montclair"
    with new_hub(authority, "127.0.0.22", data, cluster=postgres_cluster, name="Montclair") as hub:
        yield hub


@pytest.fixture(scope="module")
def alice(authority: Authority, folder: Path) -> Iterator[FedifyPeer]:
    with running_fedify(authority, "127.0.0.23", folder / "alice") as peer:
        yield peer


def test_ten_people_are_found_in_two_villages_and_on_the_open_network(
    valbrume: Hub, montclair: Hub, alice: FedifyPeer
) -> None:
    montclair.follow(valbrume.handle)
    alice.follow(valbrume.handle)
    eventually(lambda: valbrume.followers() == 2)

    # A need hangs, here, next door, and before alice's eyes.
    code = valbrume.ask_for_help(TITLE, "Dix stères.", wanted=10, place=PLACE, area="Le bourg")
    uri = valbrume.uri(code)
    there = eventually(lambda: montclair.code_of(TITLE))
    assert eventually(lambda: alice.seen(uri))["author"] == valbrume.actor
    assert uri in valbrume.document(f"{valbrume.actor}/featured?fresh")["orderedItems"]

    # People next door can help, three at a time.
    helpers = {
        name: montclair.can_help(there, name=name, contact=PHONES[name], quantity=3)
        for name in ("Paul", "Zoé", "Luc")
    }
    for name in helpers:
        eventually(valbrume.shows(name, on=f"/{code}/manage"))
    valbrume.decide("accept", "Paul", code)
    eventually(helpers["Paul"].shows(PLACE))
    eventually(valbrume.shows(PHONES["Paul"], on=f"/{code}/manage"))
    told = valbrume.page("/notices")
    assert told.count("C’est entendu avec Paul") == 1
    assert PHONES["Paul"] in told

    # The village next door is killed; what is agreed meanwhile reaches it when it is back.
    montclair.village.site.kill()
    valbrume.decide("accept", "Zoé", code)
    montclair.village.site.start()
    helpers["Nina"] = montclair.can_help(there, name="Nina", contact=PHONES["Nina"])
    eventually(valbrume.shows("Nina", on=f"/{code}/manage"))
    eventually(helpers["Zoé"].shows(PLACE), within=150)

    # Alice answers, is asked in private, and says yes.
    alice.post("Je peux venir, dit Alice", in_reply_to=uri)
    eventually(valbrume.shows("dit Alice", on=f"/{code}/manage"))
    valbrume.count_as_help("dit Alice", code)
    question = eventually(lambda: alice.saying("OUI ou NON"))
    assert (question["author"], question["name"]) == (valbrume.actor, None)
    alice.whisper("Oui, avec plaisir !", to=valbrume.handle, in_reply_to=question["id"])
    assert PLACE in eventually(lambda: alice.saying("noté"))["content"]

    # With Luc all ten are found: covered, on both pages.
    valbrume.decide("accept", "Luc", code)
    eventually(lambda: standing(valbrume, uri) == ("matched", "0"))
    eventually(montclair.shows("10 sur 10", on=f"/{there}"))

    # Zoé cannot come after all, and Luc is not needed any more: one from each side.
    helpers["Zoé"].do("withdraw", reason="Le train est annulé.")
    eventually(lambda: standing(valbrume, uri) == ("open", "3"))
    valbrume.decide("decline", "Luc", code, reason="Il y a moins de bois.")
    eventually(helpers["Luc"].shows("Il y a moins de bois."))

    # Both pages agree, and nobody was counted twice.
    eventually(lambda: standing(valbrume, uri) == ("open", "6"))
    for hub, path in ((valbrume, f"/{code}"), (montclair, f"/{there}")):
        eventually(hub.shows("4 sur 10", on=path))
    assert helpers["Nina"].page.count(PLACE) == 0

    # It is done, and everybody is thanked; the need is over, here and there.
    valbrume.decide("done", "Paul", code)
    valbrume.decide("thank", "Paul", code, words="Quel coup de main, Paul !")
    eventually(helpers["Paul"].shows("Quel coup de main, Paul !"))

    check_wire(valbrume, montclair, alice)


def standing(hub: Hub, uri: str) -> tuple[str, str]:
    """What the document says to everybody."""
    document = hub.document(f"{uri}?fresh")
    return document["lavoir:status"], document["publishes"]["availableQuantity"]["hasNumericalValue"]


def check_wire(valbrume: Hub, montclair: Hub, alice: FedifyPeer) -> None:
    """Who got to know what."""
    to_valbrume, to_montclair = between_servers(valbrume), between_servers(montclair)
    for name in ("Paul", "Zoé", "Luc"):
        told = [one for one in to_valbrume if has(one, PHONES[name])]
        assert told, f"{name}'s phone number never came"
        assert {one.path for one in told} <= {"/a/valbrume/inbox", "/inbox"}
        assert not [one for one in to_montclair if has(one, PHONES[name])]
    assert not [one for one in [*to_valbrume, *to_montclair] if has(one, PHONES["Nina"])]

    told = [one for one in to_montclair if has(one, PLACE)]
    assert len({one.body for one in told}) == 3, "the place went with each of three agreements, and no more"
    assert all(one.method == "POST" and b'"Accept"' in one.body for one in told)
    assert not [one for one in to_valbrume if has(one, PLACE) or has(one, "rosa@example.fr")]

    heard = [post["activity"] for post in alice.delivered("Create")]
    private = [one for one in heard if PLACE in str(one)]
    assert [one["to"] for one in private] == [alice.actor] or [one["to"] for one in private] == [
        [alice.actor]
    ]
    assert not [one for one in heard if any(phone in str(one) for phone in PHONES.values())]

    for path in (
        valbrume.actor,
        f"{valbrume.actor}/outbox?page=1",
        f"{valbrume.origin}/a/besoins/outbox?page=1",
    ):
        words = valbrume.fetch(f"{path}{'&' if '?' in path else '?'}fresh").text
        assert not [secret for secret in (PLACE, "rosa@example.fr", *PHONES.values()) if secret in words]


def between_servers(hub: Hub) -> list[Passed]:
    return [one for one in hub.wire.passed if one.is_between_servers]


def has(one: Passed, words: str) -> bool:
    """In what was sent or answered, whichever way JSON writes it."""
    return any(words.encode() in text for text in (one.body, one.answer))
