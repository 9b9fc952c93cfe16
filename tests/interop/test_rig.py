"""The rig holds by itself: foreign servers speak with each other over TLS, a village stands behind it."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.interop.fedify_peer import CAVAGE, RFC_9421, FedifyPeer, running_fedify
from tests.interop.rig import new_hub
from tests.interop.tls import Authority


@pytest.fixture(scope="module", params=[CAVAGE, RFC_9421])
def neighbours(
    request: pytest.FixtureRequest, authority: Authority, folder: Path
) -> Iterator[tuple[FedifyPeer, FedifyPeer]]:
    scheme = str(request.param)
    with ExitStack() as started:
        yield tuple(
            started.enter_context(
                running_fedify(authority, address, folder / f"{address} {scheme}", scheme=scheme)
            )
            for address in ("127.0.0.21", "127.0.0.22")
        )


def test_two_foreign_servers_follow_and_answer_each_other(neighbours: tuple[FedifyPeer, FedifyPeer]) -> None:
    here, there = neighbours
    here.follow(there.handle)
    assert (here.following, there.followers) == ([there.actor], [here.actor])
    uri = there.post("Bonjour")
    assert here.seen(uri)["content"] == "<p>Bonjour</p>"
    there.edit(uri, "Bonsoir")
    assert here.seen(uri)["content"] == "<p>Bonsoir</p>"
    answer = here.post("Salut", in_reply_to=uri)
    assert there.seen(answer)["inReplyTo"] == uri
    here.like(uri)
    here.boost(uri)
    assert there.reactions("Like", uri) == there.reactions("Announce", uri) == [here.actor]
    here.unlike(uri)
    here.unboost(uri)
    assert there.reactions("Like", uri) == there.reactions("Announce", uri) == []
    there.delete(uri)
    assert here.seen(uri)["deleted"]
    there.change_profile(name="Une autre Alice")
    assert here.state["actors"][0]["name"] == "Une autre Alice"
    here.unfollow(there.handle)
    assert there.followers == []
    here.follow(there.handle)
    there.leave()
    assert here.state["gone"] == [there.actor]
    posts = [request for peer in neighbours for request in peer.requests if request["method"] == "POST"]
    assert {(post["proof"], post["status"]) for post in posts} == {("verified", 202)}


def test_a_village_behind_tls_is_set_up_and_its_agent_signed_in(authority: Authority, folder: Path) -> None:
    with new_hub(authority, "127.0.0.25", folder / "village") as hub:
        assert hub.agent.signed_in
        assert "Valbrume" in hub.page("/")
        assert hub.agent.get("/").request.url.scheme == "https"
