"""A neighbour or a region that turns hostile.

What is told of agreements is told to our server; what is open at a hub is read page by page. Both may lie.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from tests.attacks.board import publish
from tests.attacks.fediverse import NEIGHBOUR, PEER, PUBLIC, Attacker, Fediverse, Json, rsa_key
from tests.attacks.hubs import KINDS, Hub
from tests.attacks.visitor import Visitor


@pytest.fixture(scope="module")
def fediverse(watched: Fediverse) -> Fediverse:
    return watched


@pytest.fixture(autouse=True)
def rested(request: pytest.FixtureRequest) -> None:
    """What other tests asked for does not count."""
    if "fediverse" in request.fixturenames:
        fediverse: Fediverse = request.getfixturevalue("fediverse")
        fediverse.village.rest("proposals-%")


@pytest.fixture
def val(fediverse: Fediverse) -> Hub:
    """A village with which ours has an agreement."""
    val = Hub(fediverse)
    if val.state != "agreed":
        val.be_forgotten()
        val.agree()
    return val


@pytest.fixture
def mallory(fediverse: Fediverse) -> Iterator[Hub]:
    """A hub of which ours has never heard."""
    mallory = Hub(fediverse, host=PEER, key=0)
    mallory.be_forgotten()
    yield mallory
    mallory.be_forgotten()


@pytest.fixture
def region(mallory: Hub) -> Attacker:
    """The actor that passes on for a region with which ours has an agreement."""
    mallory.publish(**{"lavoir:region": True})
    mallory.agree()
    return mallory.somebody("drome", type="Service")


def told_about(fediverse: Fediverse, title: str, *, by: Visitor | None = None) -> list[str]:
    """The pages and files that show these words; a search is for the last of them."""
    visitor, word = by or fediverse.village.visitor(), title.split()[-1]
    return [path for path in PAGES if title in visitor.get(path.format(word=word)).text]


PAGES = (
    "/",
    "/board",
    "/needs",
    "/search?q={word}",
    "/region",
    "/region/silent",
    "/map",
    "/map.json",
    "/neighbours",
    "/feed.atom",
    "/needs.atom",
    "/@valbrume.atom",
    "/@valbrume",
    "/embed?show=needs",
    "/open-data/needs.json?after=0",
    "/open-data/needs.csv?after=0",
    "/open-data/needs.geojson?after=0",
)


def open_here(fediverse: Fediverse, asker: Attacker | None) -> str:
    """What is open here, as it is told to `asker`, or to nobody in particular."""
    uri, read = f"{fediverse.origin}/actor/open", list[str]()
    while uri and len(read) < 20:
        answer = fediverse.get(uri) if asker is None else asker.get(uri)
        read.append(answer.text)
        found = answer.json() if answer.status == 200 else {}
        uri = found.get("first") or found.get("next") or ""
    return "\n".join(read)


# ---------------------------------------------------------------- agreements that are none


def test_fed_08_a_flood_of_proposals_is_one_and_others_are_heard_meanwhile(
    fediverse: Fediverse, mallory: Hub, val: Hub
) -> None:
    asked, told = len(mallory.asked()), len(mallory.told())
    for _ in range(30):
        assert mallory.post(mallory.follow(mallory.ours)).status == 202
    need = val.notice("Entendu pendant le flot")
    assert val.village.post(val.village.create(need)).status == 202
    fediverse.settle()
    assert fediverse.knows(need["id"])
    assert mallory.state == "asks"
    assert len(mallory.asked()) - asked <= 12
    assert mallory.told()[told:] == []


def test_fed_08_who_is_no_hub_is_told_no_a_few_times_and_asked_as_often(
    fediverse: Fediverse, mallory: Hub
) -> None:
    mallory.publish(implements=[])
    asked, told = len(mallory.asked()), len(mallory.told("Reject"))
    for _ in range(30):
        assert mallory.post(mallory.follow(mallory.ours)).status == 202
    fediverse.settle()
    assert mallory.state == ""
    assert 1 <= len(mallory.told("Reject")) - told <= 5
    assert len(mallory.asked()) - asked <= 12


def test_fed_08_only_a_server_proposes_to_a_server(
    fediverse: Fediverse, attacker: Attacker, mallory: Hub
) -> None:
    for somebody in (attacker, mallory.village):
        assert somebody.post(somebody.follow(mallory.ours)).status == 202
    fediverse.settle()
    assert [one["type"] for one in attacker.told()] == ["Reject"]
    assert mallory.state == ""
    ours = "SELECT count(*) FROM follow JOIN actor ON followed_id = actor.id WHERE actor.role = 'server'"
    theirs = f"{ours} AND follower_id IN (SELECT id FROM actor WHERE host = '{mallory.netloc}')"
    assert fediverse.value(theirs) == "0"


def test_sig_01_03_nobody_proposes_in_the_name_of_another(
    fediverse: Fediverse, mallory: Hub, attacker: Attacker
) -> None:
    """Not even on the same host: what another passes on is asked for where it is said to be, and is not."""
    forged = mallory.follow(mallory.ours, **{"lavoir:sends": list(KINDS)})
    assert attacker.post(forged).status in (202, 400, 401, 403)
    of_val = {**forged, "id": f"https://{NEIGHBOUR}/1", "actor": f"https://{NEIGHBOUR}/actor"}
    assert mallory.post(of_val).status in (400, 401, 403)
    assert fediverse.village.client.post("/actor/inbox", json=forged).status_code in (401, 403)
    fediverse.settle()
    assert mallory.state == ""


def test_inb_17_a_yes_to_what_nobody_proposed_is_no_agreement(fediverse: Fediverse, mallory: Hub) -> None:
    told = len(mallory.told())
    ours = {"type": "Follow", "actor": mallory.ours, "object": mallory.uri}
    for asked in (f"{mallory.ours}/follows/1", {**ours, "id": f"{mallory.ours}/follows/1"}, ours):
        for kind in ("Accept", "TentativeAccept", "Reject"):
            posted = mallory.post(mallory.activity(kind, object=asked, **{"lavoir:sends": ["need"]}))
            assert posted.status in (202, 400)
    fediverse.settle()
    assert mallory.state == ""
    assert len(mallory.told()) == told
    assert open_here(fediverse, mallory) == open_here(fediverse, None)


def test_inb_17_grp_10_only_who_was_asked_says_yes(fediverse: Fediverse, mallory: Hub, val: Hub) -> None:
    asked = mallory.be_asked()
    for other in (val, val.village, mallory.village):
        for thing in (asked["id"], asked):
            assert other.post(other.activity("Accept", object=thing)).status == 202
    fediverse.settle()
    assert mallory.state == "asked"
    assert mallory.get(publish(fediverse.village, scope="neighbours").uri).status == 404


@pytest.mark.parametrize(
    "terms",
    [
        {"lavoir:sends": ["x" * 100] * 2000, "lavoir:within": 2**52},
        {"lavoir:sends": {"need": {"need": []}}, "lavoir:within": -1, "content": ["x"]},
        {"lavoir:sends": "need", "lavoir:within": 1.5, "content": {"fr": "x"}},
        {"lavoir:sends": [["need"], None, 7, True], "lavoir:within": True},
        {"content": "<script>alert(1)</script>\u202e\u0000" + "x" * 200_000, "lavoir:within": "25"},
        {"content": "<img src=x onerror=alert(1)>" * 500, "endTime": "9999-12-31T23:59:59-14:00"},
    ],
)
def test_dos_06_09_htm_03_terms_without_measure_are_left_out(
    fediverse: Fediverse, mallory: Hub, terms: Json
) -> None:
    mallory.publish(
        name="<script>alert(2)</script>" + "é" * 5_000,
        location={"type": "Place", "latitude": 1e300, "longitude": [7]},
    )
    assert mallory.post(mallory.follow(mallory.ours, **terms)).status in (202, 400)
    fediverse.settle()
    asked = mallory.be_asked() if mallory.state == "" else None
    if asked is not None:
        late = mallory.activity("TentativeAccept", object=asked["id"], **terms)
        assert mallory.post(late).status in (202, 400)
        fediverse.settle()
    for path in ("/neighbours", f"/neighbours/{mallory.row}", "/region", "/map", "/map.json", "/notices"):
        html = fediverse.agents_page(path)
        assert "<script>alert" not in html
        assert "<img src=x" not in html
        assert len(html) < 200_000
    assert int(fediverse.value(f"SELECT length(their_why) FROM neighbour WHERE id = {mallory.row}")) <= 1_000
    facts = fediverse.value(
        f"SELECT receives || '|' || COALESCE(CAST(their_within AS TEXT), '') FROM neighbour"
        f" WHERE id = {mallory.row}"
    )
    assert facts == "|"


def test_inb_15_18_nobody_else_ends_an_agreement(fediverse: Fediverse, mallory: Hub, val: Hub) -> None:
    theirs, ours = val.follow_of_ours, val.followed_by_ours
    embedded = {"type": "Follow", "id": theirs, "actor": val.uri, "object": val.ours}
    asked = {"type": "Follow", "id": ours, "actor": val.ours, "object": val.uri}
    for other in (mallory, mallory.village, val.village):
        for activity in (
            other.activity("Undo", object=theirs),
            other.activity("Undo", object=embedded),
            other.activity("Undo", object={"type": "Accept", "actor": val.uri, "object": asked}),
            other.activity("Reject", object=ours),
            other.activity("Reject", object=asked),
            other.activity("Block", object=val.uri),
            other.activity("Delete", object=val.uri),
            other.activity("Move", object=val.uri, target=other.uri),
        ):
            assert other.post(activity).status in (202, 400, 401, 403)
    fediverse.settle()
    fediverse.rows(f"DELETE FROM block WHERE by_id IN (SELECT id FROM actor WHERE host = '{val.netloc}')")
    assert val.state == "agreed"
    assert val.get(publish(fediverse.village, scope="neighbours").uri).status == 200


def test_fed_07_what_is_agreed_is_agreed_with_who_holds_the_keys(
    fediverse: Fediverse, mallory: Hub, val: Hub
) -> None:
    """A key that its own server does not show opens nothing; to one that shows others nothing is proposed."""
    need, other = publish(fediverse.village, scope="neighbours"), replace(val.key, key=rsa_key(2))
    assert val.get(need.uri, key=other).status in (401, 404)
    assert "need" not in str(val.get(f"{val.ours}/open?after=first", key=other).body)
    assert mallory.post(mallory.activity("Like", object=fediverse.actor)).status == 202
    fediverse.settle()
    Hub(fediverse, host=PEER, key=2)
    fields = {"address": mallory.netloc, "sends_need": "yes"}
    answer = fediverse.village.administrator.post("/neighbours/new", fields)
    assert answer.status_code == 422
    assert "trusts_new_keys" in answer.text
    assert mallory.state == ""
    mallory.publish()


# ---------------------------------------------------------------- lies about the things of others


def test_org_01_02_inb_05_14_a_neighbour_speaks_for_its_own_things_only(
    fediverse: Fediverse, val: Hub, mallory: Hub
) -> None:
    mallory.agree()
    true = mallory.notice("Vrai besoin de Mallemort")
    assert mallory.village.post(mallory.village.create(true)).status == 202
    fediverse.settle()
    shown, ours = fediverse.stored(true["id"]), publish(fediverse.village, title="Notre besoin vrai")
    assert shown is not None
    lie = "Rien que mensonge"
    forged = {**true, "name": lie, "content": f"<p>{lie}</p>", "updated": "2030-01-01T00:00:00Z"}
    unseen = {**forged, "id": mallory.place("o")}
    of_ours = {**forged, "id": ours.uri, "attributedTo": fediverse.actor}
    liar = val.village
    named_otherwise = {**forged, "id": val.place("o")}
    for thing in (forged, unseen, of_ours, named_otherwise):
        for kind in ("Create", "Update", "Announce"):
            posted = liar.post(liar.activity(kind, object=thing, to=[PUBLIC], cc=[fediverse.actor]))
            assert posted.status in (202, 400, 401, 403)
        for gone in (thing["id"], {"type": "Tombstone", "id": thing["id"]}):
            assert liar.post(liar.delete(gone)).status in (202, 400, 401, 403)
    val.lists([forged, unseen, of_ours, named_otherwise, true["id"], ours.uri])
    val.be_read()
    fediverse.settle()
    assert fediverse.stored(true["id"]) == shown
    assert fediverse.knows(true["id"])
    assert not fediverse.knows(unseen["id"])
    assert not fediverse.knows(named_otherwise["id"])
    assert "Notre besoin vrai" in fediverse.page(ours.path)
    assert told_about(fediverse, lie) == []


def test_prv_02_inb_14_a_neighbour_is_not_told_what_is_here_of_others(
    fediverse: Fediverse, val: Hub, mallory: Hub
) -> None:
    """It deletes what it never had: whether it is here or not, there is no receipt."""
    secret, told = publish(fediverse.village, scope="village"), len(val.told("Accept"))
    for uri in (secret.uri, f"{secret.uri}x", mallory.place("o"), f"{fediverse.origin}/o/none"):
        assert val.village.post(val.village.delete(uri)).status in (202, 400)
    fediverse.settle()
    assert len(val.told("Accept")) == told
    assert fediverse.knows(secret.uri)


def test_inb_17_nobody_says_for_a_neighbour_that_something_is_gone_there(
    fediverse: Fediverse, val: Hub, mallory: Hub
) -> None:
    need = publish(fediverse.village, title="Bientôt parti")
    fediverse.settle()
    fediverse.press(f"/{need.code}/remove")
    fediverse.settle()
    waiting = f"SELECT uri FROM receipt WHERE object_uri = '{need.uri}' AND acknowledged_at IS NULL"
    (delete,) = fediverse.rows(waiting)
    for other in (mallory, mallory.village, val.village):
        for thing in (delete, f"{delete}/2", {"type": "Delete", "id": delete, "actor": fediverse.actor}):
            assert other.post(other.activity("Accept", object=thing)).status in (202, 400)
    for never_sent in (need.uri, f"{delete}x", f"{fediverse.actor}/deletes/1", f"{delete}/2/2"):
        assert val.post(val.activity("Accept", object=never_sent)).status in (202, 400)
    fediverse.settle()
    assert fediverse.rows(waiting) == [delete]
    assert val.post(val.activity("Accept", object=delete)).status == 202
    fediverse.settle()
    assert fediverse.rows(waiting) == []


# ---------------------------------------------------------------- what comes from there, or is passed on


def test_inb_24_a_flood_of_notices_is_cut_and_others_are_heard_meanwhile(
    fediverse: Fediverse, val: Hub, mallory: Hub
) -> None:
    """What is true of it is read in its list, which has an end."""
    mallory.agree()
    needs = [mallory.notice(f"Crue {number}") for number in range(8)]
    mallory.village.post(mallory.village.create(needs[0]))
    fediverse.settle()
    counter = f"kept-hub:{mallory.netloc}"
    assert fediverse.value(f"SELECT count(*) FROM allowance WHERE key = '{counter}'") == "1"
    rest = 298 * 30  # all but one of the three hundred at once were used a moment ago
    fediverse.rows(f"UPDATE allowance SET rests_at = rests_at + {rest} WHERE key = '{counter}'")
    for need in needs[1:]:
        assert mallory.village.post(mallory.village.create(need)).status == 202
        assert mallory.village.post(mallory.village.update(need)).status == 202
    other = val.notice("Entendu pendant la crue")
    assert val.village.post(val.village.create(other)).status == 202
    fediverse.settle()
    assert fediverse.knows(other["id"])
    assert fediverse.knows(needs[0]["id"])
    assert sum(fediverse.knows(need["id"]) for need in needs) <= 3
    mallory.lists(needs)
    mallory.be_read()
    assert all(fediverse.knows(need["id"]) for need in needs)
    mallory.decide("end")


# ---------------------------------------------------------------- regions


def test_grp_06_inb_15_22_25_what_a_region_passes_on_only_it_takes_back(
    fediverse: Fediverse, val: Hub, region: Attacker
) -> None:
    need = val.notice("Passé par la région")
    assert val.village.post(val.village.create(need)).status == 202
    fediverse.settle()
    announce = region.activity("Announce", object=need["id"], to=[PUBLIC])
    assert region.post(announce).status == 202
    fediverse.settle()
    standing = f"SELECT uri FROM reaction WHERE uri = '{announce['id']}'"
    assert fediverse.rows(standing) == [announce["id"]]
    server = Hub(fediverse, host=PEER, key=0)
    for other in (val, val.village, server.village):
        for undone in (announce["id"], announce, {"type": "Announce", "object": need["id"]}):
            assert other.post(other.activity("Undo", object=undone)).status in (202, 400, 401, 403)
        assert other.post(other.activity("Remove", object=need["id"], target=fediverse.actor)).status == 202
    fediverse.settle()
    assert fediverse.rows(standing) == [announce["id"]]


def test_org_01_inb_22_24_a_region_is_not_believed_what_it_says_of_others(
    fediverse: Fediverse, val: Hub, region: Attacker
) -> None:
    unseen = val.notice("Comme il est chez lui")
    lie = {**unseen, "name": "Menti par la région", "content": "<p>Menti par la région</p>"}
    ours = publish(fediverse.village, scope="village", title="Pas pour la région")
    for thing in (lie, region.create(lie), ours.uri, {"type": "Note", "id": ours.uri, "name": "x"}):
        assert region.post(region.activity("Announce", object=thing, to=[PUBLIC])).status in (202, 400, 403)
    fediverse.settle()
    assert told_about(fediverse, "Menti par la région") == []
    assert told_about(fediverse, "Pas pour la région") == []
    assert fediverse.rows(f"SELECT 1 FROM reaction WHERE publication_id = {ours.id}") == []


def test_org_02_grp_14_who_claims_to_be_a_region_is_none(
    fediverse: Fediverse, val: Hub, attacker: Attacker
) -> None:
    """A neighbour that says so after the agreement, and a stranger that never made one."""
    val.publish(**{"lavoir:region": True})
    assert val.post(val.update(val.document(**{"lavoir:region": True}))).status == 202
    service = val.somebody("region", type="Service")
    note = attacker.note("nobody asked for this")
    attacker.serve(note["id"], note)
    asked = len(attacker.asked(note["id"]))
    for teller in (service, attacker):
        assert teller.post(teller.activity("Announce", object=note["id"], to=[PUBLIC])).status == 202
    fediverse.settle()
    val.publish()
    assert len(attacker.asked(note["id"])) == asked
    assert not fediverse.knows(note["id"])
    assert fediverse.value(f"SELECT count(*) FROM neighbour WHERE is_region AND id = {val.row}") == "0"


# ---------------------------------------------------------------- what is for neighbours alone


def answers_alike(one: Any, other: Any) -> bool:
    return (one.status, one.text) == (other.status, other.text)


def test_prv_01_02_10_18_what_is_for_neighbours_is_for_nobody_else(
    fediverse: Fediverse, val: Hub, region: Attacker, attacker: Attacker
) -> None:
    title = "Confidence entre voisins"
    need = publish(fediverse.village, title=title, scope="neighbours")
    at_home = publish(fediverse.village, title="Rien pour les voisins", scope="village")
    fediverse.settle()
    for reader in (val, val.village):
        assert answers_alike(reader.get(at_home.uri), reader.get(f"{fediverse.origin}/o/{'0' * 26}"))
        assert "Rien pour les voisins" not in open_here(fediverse, reader)
        seen = reader.get(need.uri)
        assert (seen.status, title in seen.text) == (200, True)
        assert "no-store" in seen.headers["cache-control"]
        assert title in open_here(fediverse, reader)
    assert "no-store" in val.get(f"{val.ours}/open?after=first").headers["cache-control"]
    for stranger in (attacker, region, Hub(fediverse, host=PEER, key=0)):
        for below in ("", "/replies", "/likes", "/create"):
            seen = stranger.get(f"{need.uri}{below}")
            assert seen.status == 404
            assert title not in seen.text
        assert answers_alike(stranger.get(need.uri), stranger.get(f"{fediverse.origin}/o/{'0' * 26}"))
        assert title not in open_here(fediverse, stranger)
        assert title not in "".join(str(told) for told in stranger.told())
    assert fediverse.get(need.uri).status == 404
    assert title not in open_here(fediverse, None)
    for collection in ("outbox", "outbox?page=1", "open?after=first", "featured", "followers"):
        assert title not in fediverse.get(f"{fediverse.actor}/{collection}").text
    assert told_about(fediverse, title) == []
    assert title not in fediverse.page(need.path)


def pause(hub: Hub) -> None:
    hub.decide("pause")


def end(hub: Hub) -> None:
    hub.decide("end")


def end_theirs(hub: Hub) -> None:
    assert hub.post(hub.activity("Undo", object=hub.follow_of_ours)).status == 202


def block_theirs(hub: Hub) -> None:
    assert hub.post(hub.activity("Block", object=hub.ours)).status == 202


def block(hub: Hub) -> None:
    hub.fediverse.block(NEIGHBOUR)


@pytest.mark.parametrize("over", [pause, end, end_theirs, block_theirs, block])
def test_prv_13_fed_02_04_adm_09_when_it_is_over_every_door_is_closed_at_once(
    fediverse: Fediverse, val: Hub, over: Any
) -> None:
    secret = publish(fediverse.village, title="Entre voisins", scope="neighbours")
    copy = val.notice(f"Copie {over.__name__}")
    assert val.village.post(val.village.create(copy)).status == 202
    fediverse.settle()
    assert told_about(fediverse, copy["name"])
    assert val.get(secret.uri).status == 200
    over(val)
    fediverse.settle()
    told = len(val.told("Create"))
    try:
        for reader in (val, val.village):
            assert reader.get(secret.uri).status in (403, 404)
            assert "Entre voisins" not in open_here(fediverse, reader)
        assert told_about(fediverse, copy["name"]) == []
        publish(fediverse.village, title="Après la fin")
        publish(fediverse.village, title="Après la fin aussi", scope="neighbours")
        new = val.notice("Encore un besoin")
        assert val.village.post(val.village.create(new)).status in (202, 403)
        fediverse.settle()
        fediverse.hurry()
        fediverse.settle()
        assert told_about(fediverse, "Encore un besoin") == []
        assert len(val.told("Create")) == told
    finally:
        if over is block:
            fediverse.press(f"/admin/network/hosts/{NEIGHBOUR}/release")
        val.be_forgotten()
