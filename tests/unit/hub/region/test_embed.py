"""The part of the board that other sites show: what anybody may see, where the settings allow it."""

from datetime import UTC, datetime

import pytest

from hub.exchange.models import Proposal, State
from hub.exchange.templates import establish_templates
from hub.publications.models import Kind, Publication, Scope
from hub.village.models import Village, Visibility
from tests import factories
from tests.unit.hub.exchange.conftest import need
from tests.unit.hub.region.test_open_data import event
from tests.unit.hub.region.valley import hung, neighbour
from tests.unit.hub.village.test_settings import FACTS
from tests.unit.hub.village.visitors import Browser, Visitors, errors, page, words
from tests.unit.hub.village.visitors import visitors as visitors


@pytest.fixture
async def visitor(visitors: Visitors) -> Browser:
    await factories.village(locale="en")
    await establish_templates()
    return await visitors.browser()


async def test_it_shows_what_anybody_may_see_of_this_village_the_latest_first(
    visitors: Visitors, visitor: Browser
) -> None:
    await need(title="Bois")
    await need(title="Entre nous", scope=Scope.VILLAGE)
    await need(title="Pour voisins", scope=Scope.NEIGHBOURS)
    hidden = await need(title="Cachée")
    await Publication.filter(id=hidden.publication_id).update(hidden_at=datetime.now(UTC))
    await Proposal.filter(id=(await need(title="Faite")).id).update(state=State.COVERED)
    await need(title="Remorque", kind=Kind.OFFER)
    await need(title="Chaises")
    await neighbour("Vaubelle")
    await hung("Tracteur")
    await event("Fête")
    for who in (visitor, await visitors.administrator()):
        shown = {
            show: [link.text for link in page(await who.get(f"/embed?show={show}")).select("li a")]
            for show in ("needs", "offers", "agenda", "nonsense")
        }
        assert shown["needs"] == shown["nonsense"] == ["Chaises", "Bois"]
        assert (shown["offers"], shown["agenda"]) == (["Remorque"], ["Fête"])


async def test_a_region_shows_what_its_villages_show(visitor: Browser) -> None:
    await Village.filter(id=1).update(is_region=True)
    await neighbour("Vaubelle")
    await hung("Tracteur")
    await hung("Entre voisins", scope=Scope.NEIGHBOURS)
    assert [link.text for link in page(await visitor.get("/embed")).select("li a")] == ["Tracteur"]


async def test_how_much_is_shown_can_be_chosen_and_has_an_end(visitor: Browser) -> None:
    for number in range(3):
        await need(title=f"Besoin {number}")
    for most, number in (("1", 1), ("2", 2), ("0", 3), ("x", 3), ("99999999", 3)):
        assert len(page(await visitor.get(f"/embed?most={most}")).select("li")) == number


async def test_links_leave_the_frame_and_the_page_is_tiny_without_cookies_scripts_or_forms(
    visitor: Browser,
) -> None:
    for number in range(6):
        await need(title=f"Besoin {number}")
    answer = await visitor.get("/embed")
    shown = page(answer)
    assert "set-cookie" not in answer.headers
    assert not shown.select("script, form, img, iframe")
    assert {link["target"] for link in shown.select("a")} == {"_top"}
    assert shown.html is not None
    assert shown.html["lang"] == "en"
    assert len(answer.content) < 6_000
    assert words(answer).startswith("Who could lend a hand?")


async def test_only_the_sites_that_the_settings_name_may_show_it(visitors: Visitors) -> None:
    await factories.village(locale="en")
    mayor, stranger = await visitors.administrator(), await visitors.browser()

    async def policy(path: str = "/embed") -> str:
        return str((await stranger.get(path)).headers["content-security-policy"])

    assert "frame-ancestors 'none'" in await policy()
    hosts = "https://www.Mairie.example/accueil\n\n mairie.example:8080 \nmairie.example:8080"
    saved = await mayor.post("/admin", **FACTS, embed_hosts=hosts)
    assert saved.status_code == 303
    allowed = "https://www.mairie.example http://www.mairie.example https://mairie.example:8080"
    assert f"frame-ancestors {allowed} http://mairie.example:8080" in await policy()
    assert (await policy()).count("frame-ancestors") == 1
    for path in ("/", "/open-data/", "/needs", "/sign-in"):
        assert "frame-ancestors 'none'" in await policy(path)
    assert "These sites may do so: www.mairie.example" in words(await stranger.get("/open-data/"))
    assert (await mayor.post("/admin", **FACTS)).status_code == 303
    assert "frame-ancestors 'none'" in await policy()


async def test_what_is_no_site_is_refused_at_its_field_and_nothing_is_lost(visitors: Visitors) -> None:
    await factories.village(locale="en")
    mayor = await visitors.administrator()
    for hosts in (
        *("*", "*.example", "mairie", "a b; script-src *", "mairie.example;script-src", "'self'", "https:"),
        *(
            "mairie.example/../x y",
            "javascript:alert(1)",
            "é\x00.example",
            "\n".join(f"a{n}.fr" for n in range(21)),
        ),
    ):
        refused = await mayor.post("/admin", **FACTS, embed_hosts=hosts)
        assert (refused.status_code, errors(refused)) == (422, {"embed_hosts"}), hosts
        assert (await Village.get()).embed_hosts is None


async def test_it_is_for_members_where_the_site_is(visitor: Browser) -> None:
    await Village.filter(id=1).update(visibility=Visibility.MEMBERS, embed_hosts="mairie.example")
    assert (await visitor.get("/embed")).headers["location"] == "/sign-in?next=/embed"
