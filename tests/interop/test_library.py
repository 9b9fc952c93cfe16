"""What Fedify writes to another Fedify, our library reads: every activity, every proof, the actor."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from federation.documents import Document, parse_activity, parse_actor
from federation.signatures import read_proof
from federation.signatures.keys import find_key
from tests.interop.fedify_peer import running_fedify
from tests.interop.tls import Authority
from tests.waiting import GUARD


@pytest.fixture(scope="module")
def written(authority: Authority, folder: Path) -> Iterator[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """An actor's document, and the activities that reached another."""
    with (
        running_fedify(authority, "127.0.0.23", folder / "writer") as writer,
        running_fedify(authority, "127.0.0.24", folder / "reader") as reader,
    ):
        reader.follow(writer.handle)
        writer.follow(reader.handle)
        uri = writer.post("Bonjour", mention=(reader.handle,))
        writer.edit(uri, "Bonsoir")
        theirs = reader.post("Salut")
        for act in (writer.like, writer.boost, writer.unlike, writer.unboost):
            act(theirs)
        writer.delete(uri)
        writer.change_profile(name="Alice Martin", summary="Au bout du chemin")
        actor = httpx.get(
            writer.actor,
            headers={"accept": "application/activity+json"},
            verify=authority.context,
            timeout=GUARD,
        )
        yield actor.json(), [request["activity"] for request in reader.requests if request["activity"]]


def test_every_activity_is_read(written: tuple[dict[str, Any], list[dict[str, Any]]]) -> None:
    _, activities = written
    read = [parse_activity(activity, now=datetime.now(UTC)) for activity in activities]
    kinds = ["Follow", "Create", "Update", "Like", "Announce", "Undo", "Undo", "Delete", "Update"]
    assert [activity.type for activity in read if activity.type != "Accept"] == kinds


def test_the_moment_of_a_post_is_read(written: tuple[dict[str, Any], list[dict[str, Any]]]) -> None:
    _, activities = written
    create = next(each for each in activities if each["type"] == "Create")
    note = parse_activity(create, now=datetime.now(UTC)).object
    assert isinstance(note, Document)
    assert note.published_at is not None
    assert datetime.now(UTC) - note.published_at < timedelta(minutes=5)


def test_every_proof_holds(written: tuple[dict[str, Any], list[dict[str, Any]]]) -> None:
    actor, activities = written
    for activity in activities:
        proof = read_proof(activity)
        proof.verify(find_key(actor, proof.key_id), datetime.now(UTC))


def test_the_actor_is_read(written: tuple[dict[str, Any], list[dict[str, Any]]]) -> None:
    document, _ = written
    actor = parse_actor(document, now=datetime.now(UTC))
    assert (actor.id, actor.name, actor.summary) == (document["id"], "Alice Martin", "Au bout du chemin")
