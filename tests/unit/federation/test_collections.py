from federation.collections import collection, page, whole_collection
from federation.documents import Collection, Document, parse_collection
from federation.outgoing import note
from tests.unit.federation.recorded import NOW, assert_expected
from tests.unit.federation.test_outgoing import NEWS, VILLAGE

OUTBOX = f"{VILLAGE}/outbox"


def test_a_collection_leads_to_its_first_page() -> None:
    outbox = collection(OUTBOX, total=7, first=f"{OUTBOX}?page=1")
    assert_expected("collection", outbox)
    found = parse_collection(outbox, now=NOW)
    assert (found.total, found.first) == (7, f"{OUTBOX}?page=1")


def test_hidden_members_are_only_counted() -> None:
    hidden = collection(f"{VILLAGE}/followers", total=7)
    assert_expected("collection_hidden", hidden)
    found = parse_collection(hidden, now=NOW)
    assert (found.total, found.first, found.items) == (7, None, ())


def test_a_page_leads_to_its_neighbours() -> None:
    items = [f"https://bourg.example/o/{number}" for number in range(3)]
    middle = page(
        f"{OUTBOX}?page=2",
        items,
        part_of=OUTBOX,
        following=f"{OUTBOX}?page=3",
        previous=f"{OUTBOX}?page=1",
    )
    assert_expected("collection_page", middle)
    found = parse_collection(middle, now=NOW)
    assert (found.next, found.previous, found.items) == (f"{OUTBOX}?page=3", f"{OUTBOX}?page=1", tuple(items))


def test_the_last_page_leads_nowhere() -> None:
    assert "next" not in page(f"{OUTBOX}?page=9", [], part_of=OUTBOX)


def test_a_short_collection_comes_whole() -> None:
    pinned = whole_collection(f"{VILLAGE}/featured", [note(NEWS), "https://bourg.example/o/2"])
    assert pinned["totalItems"] == 2
    assert "@context" not in pinned["orderedItems"][0]
    found = parse_collection(pinned, now=NOW)
    assert isinstance(found, Collection)
    assert isinstance(found.items[0], Document)
    assert found.items[0].id == NEWS.uri
