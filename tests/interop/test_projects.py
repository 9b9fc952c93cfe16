"""A project, two villages, and alice on Fedify: it is followed, joined, written to and closed."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.interop.fedify_peer import FedifyPeer, running_fedify
from tests.interop.rig import Hub, new_hub
from tests.interop.tls import Authority
from tests.postgres import Cluster
from tests.waiting import eventually

TITLE = "Le four banal"
CONTACT = "06 11 11 11 11"


@pytest.fixture(scope="module")
def valbrume(authority: Authority, folder: Path) -> Iterator[Hub]:
    with new_hub(authority, "127.0.0.31", folder / "valbrume", name="Valbrume") as hub:
        yield hub


@pytest.fixture(scope="module")
def montclair(authority: Authority, folder: Path, postgres_cluster: Cluster) -> Iterator[Hub]:
    data = folder / "montclair"
    with new_hub(authority, "127.0.0.32", data, cluster=postgres_cluster, name="Montclair") as hub:
        yield hub


@pytest.fixture(scope="module")
def alice(authority: Authority, folder: Path) -> Iterator[FedifyPeer]:
    with running_fedify(authority, "127.0.0.33", folder / "alice") as peer:
        yield peer


@pytest.fixture(scope="module", params=["valbrume begins", "montclair begins"])
def villages(request: pytest.FixtureRequest, valbrume: Hub, montclair: Hub) -> tuple[Hub, Hub]:
    """Where the project is, and the village next door, which follows that one."""
    here, there = (valbrume, montclair) if request.param == "valbrume begins" else (montclair, valbrume)
    there.follow(here.handle)
    eventually(lambda: here.followers() == 1)
    return here, there


def test_a_project_is_followed_joined_written_to_and_closed(
    villages: tuple[Hub, Hub], alice: FedifyPeer
) -> None:
    here, there = villages
    code = here.begin_project(f"{TITLE} de {here.village_name}", "Le remettre en route, pour le pain.")
    uri = here.uri(code)
    group = str(here.document(uri)["lavoir:project"])
    next_door = eventually(lambda: there.code_of(f"{TITLE} de {here.village_name}", on="/projects"))

    # Alice follows the group by the handle that the document names, and is told of what hangs on it.
    handle = next(tag["name"] for tag in here.document(uri)["tag"] if tag["type"] == "Mention")
    assert alice.follow(handle) == group
    eventually(lambda: group in alice.following)
    assert here.followers(group) == 1

    # She joins, and so does somebody next door, in the name of their village.
    asked = alice.join(group)
    eventually(lambda: alice.answers(asked) == [(group, True)])
    paul = there.join_project(next_door, name="Paul", contact=CONTACT, message="Avec ma truelle.")
    eventually(here.shows("Paul", on=f"/{code}/people"))
    assert "Alice" in here.page(f"/{code}/people")
    assert "Avec ma truelle." in here.page(f"/{code}/people")
    eventually(paul.shows("Vous participez"))
    eventually(lambda: here.document(f"{uri}?fresh")["lavoir:members"] == "3")
    assert not [one for one in here.wire.passed if CONTACT.encode() in one.body + one.answer]

    # What she writes to the group is passed on once, also after an edit, and taken back with the post.
    post = alice.post("Je prête ma bétonnière.", mention=(handle,))
    eventually(lambda: alice.reactions("Announce", post) == [group])
    alice.edit(post, "Je prête ma bétonnière et deux seaux.")
    eventually(here.shows("deux seaux", on=f"/{code}"))
    assert alice.reactions("Announce", post) == [group]
    alice.delete(post)
    eventually(lambda: alice.reactions("Announce", post) == [])
    assert "bétonnière" not in here.page(f"/{code}")

    # Both leave.
    alice.part(group)
    paul.do("leave")
    eventually(lambda: here.document(f"{uri}?fresh")["lavoir:members"] == "1")
    assert "Paul" not in here.page(f"/{code}/people")

    # It is closed, and next door one reads it.
    here.close_project(code, stage="done", remains="nothing", thanks="Merci à toutes et à tous !")
    eventually(there.shows("Fait", on=f"/{next_door}"))
    refused = alice.join(uri)
    eventually(lambda: alice.answers(refused) == [(group, False)])
