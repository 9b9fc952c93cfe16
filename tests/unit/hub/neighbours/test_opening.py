"""What is open here is one collection, of which each hub gets what our terms with it say."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from hub.actors.documents import actor_document
from hub.actors.models import Actor, Role
from hub.agenda.actions import delete_event
from hub.app import use_slices
from hub.db import dialect, rows
from hub.exchange.actions import delete_proposal, publish_proposal
from hub.exchange.models import Proposal, ProposalDraft, State
from hub.fediverse.models import AgreementState, Neighbour
from hub.fediverse.serving import serve
from hub.neighbours import opening
from hub.publications.models import Kind, Publication, Scope
from hub.village.models import Village
from tests.bench.plans import listening
from tests.unit.hub.agenda.conftest import ROSA, event
from tests.unit.hub.neighbours.around import follow, hub, village_of
from tests.unit.hub.projects.conftest import ORIGIN, project
from tests.unit.hub.projects.conftest import village as village

OPEN = f"{ORIGIN}/actor/open"


@pytest.fixture(autouse=True)
def slices(village):
    use_slices()


async def need(title="Rentrer le bois", *, kind=Kind.NEED, scope=Scope.PUBLIC, **facts):
    draft = ProposalDraft(kind=kind, title=title, text="Huit stères.", scope=scope, wanted=5)
    made = await publish_proposal(draft, ROSA, trusted=True)
    await Proposal.filter(id=made.id).update(**facts or {"wanted": 5})
    return made


async def listed(asked_by=None, collection=OPEN):
    """All items, page by page, as who asks gets them."""
    served = await serve(collection, asked_by)
    assert served.document["type"] == "OrderedCollection"
    uri, items = served.document["first"], []
    while uri is not None:
        page = (await serve(uri, asked_by)).document
        assert page["id"] == uri
        assert len(page["orderedItems"]) <= opening.PAGE_ITEMS
        items += page["orderedItems"]
        uri = page.get("next")
    return items


def name_of(item):
    return item["name"].rpartition("\xa0: ")[2]


async def names(asked_by=None, collection=OPEN):
    return [name_of(item) for item in await listed(asked_by, collection)]


async def age(thing, days):
    at = datetime.now(UTC) - timedelta(days=days)
    await Publication.filter(id=thing.publication_id).update(published_at=at, updated_at=None)


async def test_the_newest_change_comes_first_and_what_is_over_is_not_there():
    old, workshop, school = await need("Un tracteur"), await event(), await project()
    covered = await need("Des bras", state=State.COVERED)
    gone, closed, past = (
        await need("Parti"),
        await need("Fini", state=State.CLOSED),
        await event(title="Passé"),
    )
    await need("Trop tard", expires_at=datetime.now(UTC) - timedelta(hours=1))
    await delete_proposal(gone)
    await delete_event(past)
    for days, thing in enumerate((school, workshop, old, covered, closed)):
        await age(thing, days)
    assert await names() == ["Le Comptoir du lavoir", "Atelier vélo", "Un tracteur", "Des bras"]
    await Publication.filter(id=old.publication_id).update(
        updated_at=datetime.now(UTC) + timedelta(seconds=1)
    )
    assert (await names())[0] == "Un tracteur"


async def test_items_are_whole_documents_as_they_were_sent():
    wood = await need()
    [item] = await listed()
    assert item == (await Publication.get(id=wood.publication_id)).document
    assert (await serve(OPEN, None)).partial  # who signs may get more


async def test_pages_follow_each_other_also_while_something_changes():
    made = [await need(f"Besoin {number}") for number in range(opening.PAGE_ITEMS + 5)]
    first = (await serve((await serve(OPEN, None)).document["first"], None)).document
    assert len(first["orderedItems"]) == opening.PAGE_ITEMS
    await Publication.filter(id=made[-1].publication_id).update(
        updated_at=datetime.now(UTC) + timedelta(days=1)
    )
    rest = (await serve(first["next"], None)).document["orderedItems"]
    assert [name_of(item) for item in rest] == [f"Besoin {number}" for number in range(4, -1, -1)]


async def test_strangers_get_what_everybody_may_read_and_neighbours_more():
    await need("Pour tous"), await need("Entre voisins", scope=Scope.NEIGHBOURS)
    await need("Au village", scope=Scope.VILLAGE)
    val, region = await hub(), await hub("drome.example", is_region=True, followed=False)
    asked = await hub("roc.example", state=AgreementState.ASKS, followed=False)
    await follow(val.actor, await Actor.of_role(Role.SERVER))
    assert set(await names(val.actor.uri)) == {"Pour tous", "Entre voisins"}
    for other in (None, "https://social.example/users/ana", region.actor.uri, asked.actor.uri):
        assert await names(other) == ["Pour tous"]
    assert not (await serve(OPEN, val.actor.uri)).public


async def test_each_neighbour_gets_the_kinds_and_the_distance_that_we_agreed_on():
    await need("Près", latitude=44.6, longitude=5.1), await need("Loin", latitude=45.6, longitude=5.1)
    await need("Partout")  # it has no place of its own
    await need("Une tondeuse", kind=Kind.OFFER), await event()
    near = await hub("val.example", sends="need", within=20, latitude=44.58, longitude=5.13)
    assert set(await names(near.actor.uri)) == {"Près", "Partout"}
    far = await hub("mont.example", sends="need,offer,event", within=20, latitude=46.9, longitude=5.13)
    assert await names(far.actor.uri) == []
    nothing = await hub("sec.example", sends="")
    assert await names(nothing.actor.uri) == []


async def test_during_a_pause_nothing_is_told_and_afterwards_that_it_is_over():
    val = await hub()
    await Neighbour.filter(id=val.id).update(state=AgreementState.PAUSED)
    assert await serve(OPEN, val.actor.uri) is None
    await Neighbour.filter(id=val.id).update(state=AgreementState.ENDED)
    assert (await serve(OPEN, val.actor.uri)).gone
    assert await names() == []


async def test_the_village_and_its_boards_tell_their_needs_and_offers(village):
    await need("Un tracteur"), await need("Une tondeuse", kind=Kind.OFFER), await event()
    actor = await Actor.of_role(Role.VILLAGE)
    collections = [f"{actor.uri}/open", *(f"{ORIGIN}/a/{name}/open" for name in ("besoins", "offres"))]
    assert [set(await names(None, each)) for each in collections] == [
        {"Un tracteur", "Une tondeuse"},
        {"Un tracteur"},
        {"Une tondeuse"},
    ]
    assert (await actor_document(actor))["lavoir:proposals"] == collections[0]
    assert await serve(f"{ORIGIN}/a/agenda/open", None) is None


async def test_the_server_says_where_it_is_and_what_is_open(village):
    document = await actor_document(await Actor.of_role(Role.SERVER))
    assert document["lavoir:open"] == OPEN
    assert document["lavoir:coverage"]["name"] == village.name
    assert "lavoir:region" not in document
    await Village.all().update(is_region=True)
    await hub(latitude=44.58, longitude=5.38)
    document = await actor_document(await Actor.of_role(Role.SERVER))
    assert document["lavoir:region"] is True
    assert (document["lavoir:coverage"]["radius"], document["lavoir:coverage"]["units"]) == (20, "km")
    assert (await actor_document(await Actor.of_role(Role.VILLAGE)))["type"] == "Service"


async def test_what_a_region_passes_on_is_listed_by_its_server_alone():
    assert await serve(f"{OPEN}?after=p9", None) is None
    await Village.all().update(is_region=True)
    village = await Actor.of_role(Role.VILLAGE)
    assert (await serve(f"{OPEN}?after=p9", None)).document["orderedItems"] == []
    for collection in (f"{village.uri}/open", f"{ORIGIN}/a/besoins/open"):
        assert await serve(f"{collection}?after=p9", None) is None


async def test_things_of_others_are_not_looked_at(village):
    """A region has few of its own among 200,000."""
    ours = await need()
    val = await hub()
    others = [await village_of(val, f"village{number}") for number in range(100)]
    await Publication.bulk_create(
        Publication(
            uri=f"{others[number % 100].uri}/{number}",
            author=others[number % 100],
            kind=Kind.PROJECT,
            type="Group",
            scope=Scope.PUBLIC,
            published_at=datetime.now(UTC),
        )
        for number in range(5_000)
    )
    await rows("ANALYZE")
    with listening() as asked:
        assert await names() == [name_of((await Publication.get(id=ours.publication_id)).document)]
    [question] = [one for one in asked if "CROSS JOIN publication" in one[0]]
    way = await plan(*question)
    assert re.search(r"(Index Scan|SEARCH).*author_", way)
    assert not re.search(r"Seq Scan on publication|SCAN publication", way)


async def plan(query, values):
    """How the engine finds what is asked for."""
    explain = "EXPLAIN" if dialect() == "postgres" else "EXPLAIN QUERY PLAN"
    return "\n".join([str(row) for row in await rows(f"{explain} {query}", *values)])


@pytest.mark.parametrize(
    "after",
    ["p9999999999999999999", "o", "p", "o1-", "o-1", "p-1", "x1", "o1-99999999999999999999", "p١", "1"],
)
@pytest.mark.parametrize("engine", ["sqlite"])  # refused above the database
async def test_a_page_that_we_never_named_is_not_there(after):
    await Village.all().update(is_region=True)
    assert await serve(f"{OPEN}?after={after}", None) is None


async def test_the_last_page_of_all_that_we_could_have_named_is_empty():
    assert (await serve(f"{OPEN}?after=o99999999999999999-1", None)).document["orderedItems"] == []
