"""The network at a glance: which villages, what hangs in each, what waits for long; who sees what of it."""

from datetime import UTC, datetime, timedelta

import pytest

from hub.config import Config
from hub.exchange.models import State, Step
from hub.exchange.settling import set_state
from hub.exchange.templates import establish_templates
from hub.fediverse.models import AgreementState, Neighbour
from hub.feed import board
from hub.matching.models import Suggestion
from hub.publications.models import Deed, Kind, Publication, Reaction, Scope
from hub.region import figures, view
from hub.region.behind import FEWEST, look_behind
from hub.region.jobs import count_villages
from hub.region.models import Behind, Tally
from hub.village.models import Visibility
from hub.web.viewer import Site
from tests import factories
from tests.unit.hub.exchange.conftest import need
from tests.unit.hub.region.valley import AROUND, actor, hung, neighbour, valley
from tests.unit.hub.village.visitors import Browser, Visitors, page, statements, words
from tests.unit.hub.village.visitors import visitors as visitors


@pytest.fixture
async def visitor(visitors: Visitors) -> Browser:
    """Somebody from the street, in a village that speaks English."""
    await factories.village(locale="en")
    await establish_templates()
    return await visitors.browser()


@pytest.fixture
async def of_region(visitors: Visitors) -> Browser:
    """Somebody in front of a network of villages."""
    await factories.village(locale="en", name="Val de Lavande", handle="val-de-lavande", is_region=True)
    return await visitors.browser()


def table(response) -> dict[str, list[str]]:
    """The rows of "village by village", by name: number, distance, needs, offers, last heard from."""
    found = {}
    for row in page(response).select("#h-table ~ .scroll tbody tr"):
        cells = [" ".join(cell.text.split()) for cell in row.find_all("td")]
        found[" ".join(row.th.text.split())] = cells
    return found


def figures_of(response) -> list[str]:
    return [" ".join(each.get_text(" ").split()) for each in page(response).select(".figs li")]


async def test_a_village_sees_itself_and_its_neighbours_the_nearest_first(visitor: Browser) -> None:
    await neighbour("Mirevent", place=(44.65, 5.29))
    await neighbour("Vaubelle")
    await hung(at="Vaubelle")
    await hung(at="Vaubelle", kind=Kind.OFFER)
    await need()
    shown = await visitor.get("/region")
    assert "Saint-Martin and its neighbours" in words(shown)
    assert list(table(shown)) == ["Saint-Martin", "Vaubelle", "Mirevent"]
    rows = table(shown)
    assert rows["Saint-Martin"][:4] == ["1", "here", "1", "no offer"]
    assert rows["Vaubelle"][:4] == ["2", "6 km", "1", "1"]
    assert rows["Mirevent"][:4] == ["3", "15 km", "no need", "no offer"]
    assert figures_of(shown)[:2] == ["2 open needs", "1 offer"]


async def test_a_region_shows_its_villages_and_is_none_itself(of_region: Browser) -> None:
    await valley()
    shown = await of_region.get("/region")
    assert "11 villages" in page(shown).h1.text
    assert set(table(shown)) == {name for name, *_ in AROUND}
    assert page(shown).select_one("nav [aria-current=page]").text == "The network"
    assert (await of_region.get("/")).headers["location"] == "/region"
    discs = page(shown).select("svg.rings circle.v")
    assert len(discs) == 11
    assert not page(shown).select("svg.rings .me")


async def test_nobody_is_there_yet(of_region: Browser) -> None:
    shown = words(await of_region.get("/region"))
    assert "No other village is here yet." in shown
    assert "Village by village" not in shown


@pytest.mark.parametrize("state", [state for state in AgreementState if state is not AgreementState.AGREED])
async def test_only_villages_that_agreed_are_shown(visitor: Browser, state: AgreementState) -> None:
    await neighbour(state=state)
    await hung()
    assert list(table(await visitor.get("/region"))) == ["Saint-Martin"]
    assert (await visitor.get("/region/vaubelle.example")).status_code == 404


async def test_what_everybody_may_see_is_counted_and_nothing_else(visitor: Browser) -> None:
    await neighbour()
    await hung("Pour les voisins", scope=Scope.NEIGHBOURS)
    await hung("Fini", state=State.COVERED)
    await hung("Passé", expires_at=datetime.now(UTC) - timedelta(hours=1))
    hidden = await hung("Caché")
    await Publication.filter(id=hidden.publication_id).update(hidden_at=datetime.now(UTC))
    await need(scope=Scope.VILLAGE)
    rows = table(await visitor.get("/region"))
    assert [rows[name][2] for name in ("Saint-Martin", "Vaubelle")] == ["no need", "no need"]


async def test_what_was_hung_up_a_moment_ago_is_counted(visitor: Browser) -> None:
    await neighbour()
    assert table(await visitor.get("/region"))["Vaubelle"][2] == "no need"
    await hung()
    assert table(await visitor.get("/region"))["Vaubelle"][2] == "1"


async def test_one_that_nothing_was_heard_from_for_days_is_marked(visitor: Browser) -> None:
    await neighbour("Vaubelle", heard=datetime.now(UTC) - timedelta(days=3, hours=1))
    await neighbour("Mirevent", heard=datetime.now(UTC) - timedelta(hours=2))
    shown = await visitor.get("/region")
    assert table(shown)["Vaubelle"][4] == "3 days ago"
    assert table(shown)["Mirevent"][4] == "2 hours ago"
    assert [each.text.strip() for each in page(shown).select("td .pill.late")] == ["3 days ago"]
    assert "what stands here may have changed" in words(await visitor.get("/region/vaubelle.example"))


async def test_needs_without_an_answer_for_three_days_stand_apart_the_oldest_first(
    visitor: Browser,
) -> None:
    await hung("Depuis quatre jours", days=4)
    await hung("Depuis dix jours", days=10)
    await hung("Depuis deux jours", days=2)
    await hung("Quelqu’un a dit oui", days=9, promised=1, wanted=2, state=State.UNDER_WAY)
    await hung("Entre voisins", days=9, scope=Scope.NEIGHBOURS)
    await hung("Une offre", days=9, kind=Kind.OFFER)
    for path in ("/region", "/region/silent"):
        shown = page(await visitor.get(path)).select("main .notice a.title")
        assert [each.text for each in shown] == ["Depuis dix jours", "Depuis quatre jours"], path


async def test_an_offer_that_seems_to_suit_is_named_beside_a_silent_need(visitor: Browser) -> None:
    waiting, offer = await hung(days=4), await hung("Un tracteur", at="Mirevent", kind=Kind.OFFER)
    await Suggestion.create(need=waiting, offer=offer, score=0.9)
    assert "An offer seems to suit: Un tracteur (Mirevent)." in words(await visitor.get("/region"))
    await Publication.filter(id=offer.publication_id).update(scope=Scope.NEIGHBOURS)
    assert "seems to suit" not in words(await visitor.get("/region"))


async def test_subjects_are_counted_over_all_villages(of_region: Browser) -> None:
    await neighbour("Vaubelle")
    await neighbour("Mirevent")
    for at in ("Vaubelle", "Mirevent"):
        await hung(at=at, category="transport")
    await hung(at="Mirevent", category="garden", kind=Kind.OFFER)
    rows = page(await of_region.get("/region")).select("#h-subjects ~ .scroll tbody tr")
    found = [[cell.text.strip() for cell in row.find_all(["th", "td"])] for row in rows]
    assert found == [["Rides and transport", "2", "no offer"], ["Garden and animals", "no need", "1"]]


async def test_the_network_can_be_seen_from_another_village(of_region: Browser) -> None:
    await valley()
    shown = await of_region.get("/region?from=mirevent.example")
    assert table(shown)["Mirevent"][:2] == ["1", "here"]
    assert len(page(shown).select("svg.rings .me")) == 1
    assert (await of_region.get("/region?from=nowhere.example")).status_code == 200


async def test_hundreds_of_villages_are_read_page_by_page(of_region: Browser) -> None:
    for number in range(43):
        await neighbour(f"Commune {number}", place=(44.58 + number / 100, 5.13))
    first, second = await of_region.get("/region"), await of_region.get("/region?page=2")
    assert (len(table(first)), len(table(second))) == (40, 3)
    for shown in (first, second):
        numbers = {each.text for each in page(shown).select("svg.rings text:not(.km)")}
        assert numbers == {row[0] for row in table(shown).values()}
    # those before are dots without a number among them
    assert len(page(second).select("svg.rings circle.v")) == 43
    assert (await of_region.get("/region?page=3")).status_code == 404


async def test_a_page_asks_the_same_however_many_villages_there_are(visitor: Browser) -> None:
    await neighbour()
    await hung()
    await count_villages()
    with statements() as few:
        await visitor.get("/region")
    await valley_but("Vaubelle")
    await count_villages()
    with statements() as many:
        await visitor.get("/region")
    assert len(many) <= len(few) + 2


async def valley_but(name: str) -> None:
    for other, north, east in AROUND:
        if other != name:
            await neighbour(other, place=(44.58 + north / 111.2, 5.13 + east / 79.2))
            await hung(at=other)


async def test_counts_are_kept_and_counted_anew_once_something_was_heard(database: Config) -> None:
    await factories.village()
    await neighbour(heard=datetime.now(UTC) - timedelta(hours=1))
    await hung()
    await count_villages()
    assert (await Tally.get(host="vaubelle.example")).counts == {"need": {"hand": 1}}
    with statements() as asked:
        counted = await figures.counts(await view.heard(is_region=True))
    assert counted["vaubelle.example"].needs == 1
    assert not any("GROUP BY" in each for each in asked)
    await hung()
    await neighbour_heard()
    assert (await figures.counts(await view.heard(is_region=True)))["vaubelle.example"].needs == 2


async def test_what_came_after_a_count_is_counted_although_it_is_known_only_roughly_when(
    database: Config,
) -> None:
    """That a host was heard is written down every ten minutes: it may have sent something since."""
    await factories.village()
    await neighbour(heard=datetime.now(UTC) - timedelta(minutes=4))
    await hung()
    await count_villages()
    await hung()
    assert (await figures.counts(await view.heard(is_region=True)))["vaubelle.example"].needs == 2


async def neighbour_heard() -> None:
    await Neighbour.filter(host="vaubelle.example").update(caught_up_at=datetime.now(UTC))


async def test_a_village_that_is_no_longer_there_is_counted_no_more(database: Config) -> None:
    await factories.village()
    await neighbour()
    await hung()
    await count_villages()
    assert await Tally.filter(host="vaubelle.example").exists()
    await Neighbour.all().update(state=AgreementState.ENDED)
    await count_villages()
    assert not await Tally.filter(host="vaubelle.example").exists()


async def test_the_usual_wait_is_the_middle_of_those_that_were_seen_to_open(database: Config) -> None:
    await factories.village()
    now = datetime.now(UTC)
    for hours in (1, 5, 30, 50, 200):
        proposal = await hung(days=10)
        await proposal.fetch_related("publication__author")
        await set_state(proposal, State.UNDER_WAY)
        at = proposal.publication.published_at + timedelta(hours=hours)
        await Step.filter(proposal_id=proposal.id, state=State.UNDER_WAY).update(at=at)
    late = await hung(days=30)
    await Step.filter(proposal_id=late.id).update(state=State.COVERED)  # it came here when it was over
    found = await figures.done(now - timedelta(days=20), [])
    assert found.wait is not None
    assert round(found.wait / timedelta(hours=1)) == 30


async def test_what_a_village_shows_stands_on_its_own_page(visitor: Browser, visitors: Visitors) -> None:
    await neighbour()
    await hung("Un tracteur")
    await hung("Pour les voisins", scope=Scope.NEIGHBOURS)
    await hung("Une remorque", kind=Kind.OFFER)
    await hung("D’ailleurs", at="Mirevent")
    shown = await visitor.get("/region/vaubelle.example")
    titles = [each.text for each in page(shown).select("main .notice a.title")]
    assert titles == ["Un tracteur", "Une remorque"]
    assert page(shown).find("a", href="https://vaubelle.example/")
    member = await visitors.browser(await factories.member("Lucie"))
    assert "Pour les voisins" in words(await member.get("/region/vaubelle.example"))
    assert (await visitor.get("/region/here")).status_code == 200


async def test_on_a_site_for_members_alone_nobody_else_sees_the_network(visitors: Visitors) -> None:
    await factories.village(visibility=Visibility.MEMBERS)
    await neighbour()
    stranger = await visitors.browser()
    for path in ("/region", "/region/silent", "/region/vaubelle.example", "/map", "/map.json"):
        assert (await stranger.get(path)).status_code == 303, path


async def test_every_village_reads_the_board_of_a_region(of_region: Browser) -> None:
    await neighbour()
    await hung("Un tracteur")
    for path in ("/board", "/needs", "/search?q=tracteur"):
        assert (await of_region.get(path)).status_code == 200, path
    assert "Un tracteur" in words(await of_region.get("/needs"))
    assert await board.version()


async def test_a_region_knows_where_it_is_or_takes_the_middle_of_its_villages(database: Config) -> None:
    await factories.village(is_region=True, latitude=None, longitude=None)
    await neighbour("Vaubelle", place=(44.0, 5.0))
    await neighbour("Mirevent", place=(45.0, 6.0))
    network = await view.network(Site(is_region=True))
    assert network.middle == (44.5, 5.5)
    assert network.start is None


async def test_who_wants_to_write_to_a_region_is_asked_where_they_live(of_region: Browser) -> None:
    await neighbour("Vaubelle")
    for path in ("/new", "/new/need", "/new/offer"):
        assert (await of_region.get(path)).headers["location"].startswith("/region/at-home?new="), path
    assert (await of_region.post("/new/need", title="Un tracteur")).status_code == 303
    assert not await Publication.exists()
    shown = page(await of_region.get("/region/at-home?new=offer"))
    assert shown.find("a", href="https://vaubelle.example/new/offer")
    assert (await of_region.get("/region/at-home?new=//evil.example")).status_code == 200


async def test_villages_behind_a_region_that_we_follow_are_shown_once(of_region: Browser) -> None:
    south = await neighbour("Pays du Sud", place=None, is_region=True)
    await neighbour("Vaubelle")
    passed = [await hung(at=at, latitude=44.7, longitude=5.2) for at in ("Vaubelle", "Mirevent", "Mirevent")]
    service = await actor(south.host, "a/pays", "Pays du Sud", kind="Service")
    for each in passed:
        await Reaction.create(
            deed=Deed.ANNOUNCE,
            uri=f"https://{south.host}/announces/{each.id}",
            actor=service,
            publication_id=each.publication_id,
        )
    await look_behind()
    rows = table(await of_region.get("/region"))
    assert set(rows) == {"Vaubelle", "Mirevent by Pays du Sud"}
    assert rows["Mirevent by Pays du Sud"][2] == "2"
    for host, status in (("mirevent", 200), ("vaubelle", 200), ("pays-du-sud", 404), ("nowhere", 404)):
        assert (await of_region.get(f"/region/{host}.example")).status_code == status
    await Neighbour.filter(id=south.id).update(state=AgreementState.ENDED)
    assert set(table(await of_region.get("/region"))) == {"Vaubelle"}
    await look_behind()
    assert not await Behind.exists()


async def test_a_village_behind_a_region_is_shown_to_a_kilometre_and_nobody_s_own_place(
    of_region: Browser,
) -> None:
    south = await neighbour("Pays du Sud", place=None, is_region=True)
    service = await actor(south.host, "a/pays", "Pays du Sud", kind="Service")
    exact = {"latitude": 44.712345, "longitude": 5.254321}
    passed = [await hung(at="Mirevent", **exact) for _ in range(FEWEST)]
    passed += [await hung(at="Combe-Claire", **exact) for _ in range(FEWEST - 1)]
    passed += [await hung(at="Combe-Claire")]
    for each in passed:
        await Reaction.create(
            deed=Deed.ANNOUNCE,
            uri=f"https://{south.host}/announces/{each.id}",
            actor=service,
            publication_id=each.publication_id,
        )
    await look_behind()
    found = {one.host: (one.latitude, one.longitude) for one in await Behind.all()}
    assert found == {"mirevent.example": (44.71, 5.25), "combe-claire.example": (None, None)}
