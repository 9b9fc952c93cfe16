"""Alice, on Fedify: her server takes all that a village publishes, and she comes in by a number."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.attacks.visitor import Visitor, page
from tests.interop.fedify_peer import FedifyPeer, running_fedify
from tests.interop.rig import Hub, new_hub
from tests.interop.tls import Authority
from tests.waiting import eventually

PLACE = "12, chemin des Combes"


@pytest.fixture(scope="module")
def hub(authority: Authority, folder: Path) -> Iterator[Hub]:
    with new_hub(authority, "127.0.0.61", folder / "valbrume") as hub:
        yield hub


@pytest.fixture(scope="module")
def alice(authority: Authority, folder: Path) -> Iterator[FedifyPeer]:
    with running_fedify(authority, "127.0.0.62", folder / "alice") as peer:
        yield peer


def test_a_server_subscribes_to_the_relay_and_receives_without_following_anybody(
    hub: Hub, alice: FedifyPeer
) -> None:
    relay = f"{hub.origin}/relay"
    before = hub.uri(hub.publish("Avant", "Personne n’est abonné."))
    asked = alice.subscribe(relay)
    eventually(lambda: alice.answers(asked) == [(relay, True)])
    code = hub.publish("Coupure d’eau", "Jeudi de 9 h à midi.")
    news = hub.uri(code)
    need = hub.uri(hub.ask_for_help("Rentrer le bois", "Huit stères.", wanted=2, place=PLACE, area="Combes"))
    for uri in (news, need):
        eventually(lambda uri=uri: relay in alice.reactions("Announce", uri))
    assert "Jeudi de 9 h à midi." in alice.look(news)["content"]
    assert relay not in alice.reactions("Announce", before)

    # She hears of the edit and of the end, and that she is one of the subscribers is seen and decided there.
    hub.edit(code, text="Vendredi de 9 h à midi.")
    eventually(lambda: "Vendredi" in alice.seen(news).get("content", ""))
    hub.delete(code)
    eventually(lambda: alice.seen(news)["deleted"])
    assert alice.host in hub.page("/admin/network/relay")
    alice.unsubscribe(relay)
    eventually(lambda: alice.host not in hub.page("/admin/network/relay"))
    hub.publish("Après", "Personne n’est abonné.")
    again = alice.subscribe(relay)
    eventually(lambda: alice.answers(again) == [(relay, True)])
    form = page(hub.agent.get("/admin/network/relay")).select_one("form[action$='/refuse']")
    assert form is not None
    hub.agent.post(str(form["action"]), {})
    eventually(lambda: alice.answers(again) == [(relay, False)])
    refused = alice.subscribe(relay)
    eventually(lambda: alice.answers(refused) == [(relay, False)])
    assert not alice.saying("Personne n’est abonné.")


def come_in(hub: Hub, alice: FedifyPeer) -> Visitor:
    """A browser in which alice types the number that reached her."""
    visitor = hub.village.visitor()
    asked = visitor.submit("/guest", to="/guest", address=alice.handle, next="/needs")
    assert asked.status_code == 303
    message = eventually(lambda: alice.saying("votre numéro"))
    assert message["author"] == hub.actor
    number = re.findall(r"\b[0-9]{6}\b", message["content"])[-1]
    wrong = visitor.submit(asked.headers["location"], to="/guest/number", number=f"{int(number) ^ 1:06}")
    assert wrong.status_code == 422
    answer = visitor.submit(asked.headers["location"], to="/guest/number", number=number)
    assert answer.headers["location"].startswith("/needs")
    return visitor


def test_alice_comes_in_by_a_number_helps_and_comes(hub: Hub, alice: FedifyPeer) -> None:
    code = hub.ask_for_help("Cueillir les pommes", "Samedi.", wanted=1, place=PLACE, area="Combes")
    visitor = come_in(hub, alice)
    helped = visitor.submit(f"/{code}/help", to=f"/{code}/help", quantity="1", message="Avec une échelle.")
    assert helped.status_code == 303
    hub.decide("accept", "Alice", code)
    settled = eventually(lambda: alice.saying(PLACE))
    assert settled["author"] == hub.actor
    assert PLACE in page(visitor.get("/mine")).text

    # She takes it back on her own server, in a word.
    alice.whisper("Non, je ne peux plus.", to=hub.handle, in_reply_to=settled["id"])
    eventually(lambda: "Retiré" in visitor.get("/mine").text)

    event = hub.announce_event(
        "Bal", "Musique.", day=(datetime.now(UTC) + timedelta(days=9)).date(), capacity=20
    )
    assert visitor.submit(f"/{event}/coming", to=f"/{event}/coming", people="2").status_code == 303
    eventually(lambda: alice.saying("à bientôt"))
    assert "Alice" in hub.page(f"/{event}/team")

    # What was decided about her server holds for her as a guest.
    hub.agent.post("/admin/network/hosts", {"name": alice.host.partition(":")[0], "policy": "blocked"})
    eventually(lambda: visitor.get("/mine").status_code == 303)
