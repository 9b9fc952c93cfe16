"""The messages about projects as others see them, written down whole."""

import json
import os
import re
from pathlib import Path

import pytest

from hub.app import use_slices
from hub.fediverse.serving import serve
from hub.projects import membership
from hub.projects.models import Contributor, Project
from tests.others import activity, create, sent, somebody
from tests.unit.hub.projects.conftest import PAUL, project
from tests.unit.hub.projects.test_elsewhere import hear, joined, their_project
from tests.unit.hub.projects.test_elsewhere import val as val
from tests.unit.hub.projects.test_inbox import written_to

EXPECTED = Path(__file__).parent / "expected"
_CHANCE = (
    (re.compile(r"/[0-9a-hjkmnp-tv-z]{26}"), "/01arz3ndektsv4rrffq69g5fav"),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"), "2026-11-28T09:00:00Z"),
    (re.compile(r"bourg\.example/[2-9b-z]{6}\b"), "bourg.example/bcdfgh"),
    (re.compile(r'"publicKeyPem": "[^"]+"'), '"publicKeyPem": "-----BEGIN PUBLIC KEY-----"'),
    (re.compile(r'"publicKeyMultibase": "[^"]+"'), '"publicKeyMultibase": "z6Mk"'),
    (re.compile(r"/members/\d+/"), "/members/7/"),
)


@pytest.fixture(autouse=True)
def slices(village):
    use_slices()


def assert_expected(name, message):
    """LAVOIR_WRITE_EXPECTED=1 writes the snapshot; context and proof are those of all others."""
    message = {name: value for name, value in message.items() if name not in ("@context", "proof")}
    text, path = json.dumps(message, ensure_ascii=False, indent=1) + "\n", EXPECTED / f"{name}.json"
    for pattern, fixed in _CHANCE:
        text = pattern.sub(fixed, text)
    if os.environ.get("LAVOIR_WRITE_EXPECTED"):
        path.write_text(text, encoding="utf-8")
    assert json.loads(text) == json.loads(path.read_text(encoding="utf-8"))


async def test_what_the_group_of_a_project_looks_like(village):
    four = await project()
    assert_expected("group", (await serve(four.actor.uri, None)).document)


async def test_what_a_join_and_its_undo_look_like(val):
    document = their_project(val, id="https://val.example/o/1")
    await hear(create(val, document))
    there = await Project.get(publication__uri=document["id"]).select_related("publication__author")
    await membership.leave(await joined(there, PAUL))
    assert_expected("join", (await sent("Join"))[0])
    assert_expected("undo_join", (await sent("Undo"))[0])


async def test_what_a_yes_a_no_and_an_announce_look_like(village):
    four, zoe = await project(), await somebody("zoe", display_name="Zoé")
    await hear(activity("Join", zoe, four.publication.uri, id="https://social.example/joins/1"))
    post = written_to(four.actor, zoe, id="https://social.example/notes/1")
    await hear(create(zoe, post))
    await membership.decline(await Contributor.get(uri__not_isnull=True), "Nous sommes assez.")
    assert_expected("accept_join", (await sent("Accept"))[0])
    assert_expected("reject_join", (await sent("Reject"))[0])
    assert_expected("announce", next(one for one in await sent("Announce") if one["object"] == post["id"]))
