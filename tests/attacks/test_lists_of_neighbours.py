"""What is open at a neighbour, read by us page by page, when its lists lie, lead elsewhere or have no end."""

import pytest

from tests.attacks.fediverse import Fediverse
from tests.attacks.hubs import Hub
from tests.attacks.test_neighbours import fediverse as fediverse
from tests.attacks.test_neighbours import mallory as mallory
from tests.attacks.test_neighbours import rested as rested
from tests.attacks.test_neighbours import told_about
from tests.attacks.test_neighbours import val as val
from tests.evilpeer import OUTSIDE, answers, set_trap

ENGINES = ("sqlite",)  # where a list leads, and how much of it is read, is decided above the database


def test_fet_01_11_12_lists_that_lead_elsewhere_are_not_followed(
    fediverse: Fediverse, val: Hub, mallory: Hub
) -> None:
    with set_trap() as trap:
        for site in (f"https://127.0.0.1:{trap.port}", f"http://{OUTSIDE}:{trap.port}", mallory.open):
            for way in ("first", "next", "open", "redirect"):
                val.elsewhere()
                lead_to(val, f"{site}/{way}", way)
                val.be_read()
        assert trap.visits == []
    assert mallory.asked(f"{mallory.open}/next") == []
    assert val.state == "agreed"


def lead_to(hub: Hub, uri: str, way: str) -> None:
    if way == "first":
        hub.serve(hub.open, {"id": hub.open, "type": "OrderedCollection", "first": uri})
    elif way == "next":
        hub.lists([], following=uri)
    elif way == "open":
        hub.publish(**{"lavoir:open": uri})
    else:
        hub.on(hub.open, answers.redirect(uri))


@pytest.mark.parametrize(
    "answer",
    [
        answers.endless(),
        answers.bomb(),
        answers.bomb("gzip, gzip"),
        answers.body(b"[" * 200_000),
        answers.body(b'{"id": 5, "first": {"first": []}, "orderedItems": "x", "next": {}}'),
        answers.body(b"<html><script>alert(1)</script>", kind="text/html"),
        answers.reset(),
        answers.status(500),
    ],
)
def test_fet_16_17_dos_02_06_lists_that_are_traps_end_and_nothing_is_lost(
    fediverse: Fediverse, val: Hub, answer: answers.Answer
) -> None:
    need = val.notice("Gardé malgré tout")
    val.lists([need])
    val.be_read()
    val.elsewhere()
    val.on(val.open, answer)
    val.be_read()
    assert fediverse.knows(need["id"])
    assert val.state == "agreed"
    assert "Gardé malgré tout" in fediverse.page("/needs")


def test_dos_12_13_adm_09_lists_without_end_come_to_an_end(fediverse: Fediverse, val: Hub) -> None:
    val.lists([val.notice("Au début")] * 500, [], [], following=f"{val.open}?after=0")
    asked = len(val.peer.requests)
    val.be_read()
    assert len(val.peer.requests) - asked <= 20
    needs = [val.notice(f"Flot {number}") for number in range(250)]
    val.elsewhere()
    val.lists(needs)
    val.be_read()
    flood = "SELECT count(*) FROM publication WHERE deleted_at IS NULL AND html LIKE '%Flot %'"
    assert int(fediverse.value(flood)) == 100  # of one page no more is looked at
    val.decide("end")
    assert fediverse.value(flood) == "0"
    assert told_about(fediverse, "Flot 7") == []
