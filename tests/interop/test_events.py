"""An event between two villages and alice, whose server is Fedify's: joined, full, left, asked about, off."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.interop.fedify_peer import FedifyPeer, running_fedify
from tests.interop.rig import Hub, new_hub
from tests.interop.tls import Authority
from tests.postgres import Cluster
from tests.waiting import eventually

CONTACT = "06 12 12 12 12"


@pytest.fixture(scope="module")
def valbrume(authority: Authority, folder: Path) -> Iterator[Hub]:
    with new_hub(authority, "127.0.0.41", folder / "valbrume", name="Valbrume") as hub:
        yield hub


@pytest.fixture(scope="module")
def montclair(authority: Authority, folder: Path, postgres_cluster: Cluster) -> Iterator[Hub]:
    data = folder / "montclair"
    with new_hub(authority, "127.0.0.42", data, cluster=postgres_cluster, name="Montclair") as hub:
        yield hub


@pytest.fixture(scope="module")
def alice(authority: Authority, folder: Path) -> Iterator[FedifyPeer]:
    with running_fedify(authority, "127.0.0.43", folder / "alice") as peer:
        yield peer


@pytest.fixture(scope="module", params=["valbrume announces", "montclair announces"])
def villages(request: pytest.FixtureRequest, valbrume: Hub, montclair: Hub) -> tuple[Hub, Hub]:
    """Where the event is, and the village next door, which follows that one."""
    here, there = (valbrume, montclair) if request.param == "valbrume announces" else (montclair, valbrume)
    there.follow(here.handle)
    eventually(lambda: here.followers() == 1)
    return here, there


def test_an_event_is_joined_full_left_and_called_off(villages: tuple[Hub, Hub], alice: FedifyPeer) -> None:
    here, there = villages
    title = f"Atelier vélo de {here.village_name}"
    day = (datetime.now(UTC) + timedelta(days=7)).date()
    code = here.announce_event(title, "Apportez votre vélo.", day=day, capacity=1)
    uri = here.uri(code)

    def coming() -> int:
        return int(here.document(f"{uri}?fresh")["participantCount"])

    def told(words: str) -> dict[str, Any]:
        """What alice was told of this event alone."""
        found = [post for post in alice.state["seen"] if title in post["content"]]
        return next((post for post in found if words in post["content"]), {})

    # Next door it stands in the agenda; somebody there takes the one place, in the name of their village.
    next_door = eventually(lambda: there.code_of(title, on="/agenda"))
    paul = there.come(next_door, name="Paul", contact=CONTACT)
    eventually(paul.shows("Vous avez une place"))
    eventually(lambda: coming() == 1)
    assert "Paul" in here.page(f"/{code}/team")

    # Alice finds none, is told so in words, and gets it once Paul cannot come after all.
    asked = alice.join(uri)
    eventually(lambda: told("liste d’attente"))
    assert alice.answers(asked) == []
    paul.do("leave")
    eventually(lambda: alice.answers(asked) == [(here.actor, True)])
    assert (coming(), "Paul" in here.page(f"/{code}/team")) == (1, False)

    # She leaves, says in public that she comes all the same, and is asked in private: only her yes counts.
    alice.part(uri)
    eventually(lambda: coming() == 0)
    alice.post("Je viens quand même !", in_reply_to=uri)
    question = eventually(lambda: told("par OUI ou NON"))
    assert coming() == 0
    alice.whisper("Oui", to=here.handle, in_reply_to=str(question["id"]))
    eventually(lambda: coming() == 1)
    assert here.document(f"{uri}/attendees?fresh")["totalItems"] == 1

    # It is called off: she reads it in private, next door it stands on the page.
    here.cancel_event(code, "Il pleut.")
    eventually(lambda: "Il pleut." in told("n’a pas lieu").get("content", ""))
    eventually(there.shows("Cela n’a pas lieu", on=f"/{next_door}"))
    refused = alice.join(uri)
    eventually(lambda: alice.answers(refused) == [(here.actor, False)])

    # Who came from where is nobody else's business, and no telephone number ever left.
    for one in [*here.wire.passed, *there.wire.passed]:
        assert CONTACT.encode() not in one.body + one.answer
    public = [one for one in here.wire.passed if b"#Public" in one.body]
    assert not [one for one in public if alice.actor.encode() in one.body and b"Update" in one.body]
