"""Somebody looks for what they could do, narrows the board, turns its pages, finds a notice again."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from hub import text
from hub.actors.minting import use_origin
from hub.actors.models import Actor
from hub.announcements.actions import AnnouncementDraft, publish_announcement
from hub.config import Config
from hub.db import close_database, open_database
from hub.exchange import actions, pledges
from hub.exchange.models import Moment, PledgeDraft, Proposal, ProposalDraft, SlotDraft, State, Step, Voice
from hub.exchange.templates import establish_templates
from hub.feed.jobs import index_the_rest
from hub.organisations.actions import list_organisation
from hub.organisations.models import OrganisationDraft
from hub.participants.models import Person
from hub.publications.models import Kind, Publication, Scope
from tests.browser.conftest import Visit
from tests.browser.visitor import DESKTOP, Visitor, assert_light_on_first_load
from tests.site import Site

Inspect = Callable[[Visitor], Awaitable[None]]

SET_UP = ("--insee", "26046", "--admin-email", "marie@example.fr", "--publisher", "Claire Auzias")
WOOD = "Rentrer huit stères de bois avant la pluie"
ROSA = Person(name="Rosa Teixeira", mail="rosa@example.fr")
PAUL = Person(name="Paul", phone="06 12 34 56 78")


def fr(message: str) -> str:
    """What a French page says for this message."""
    with text.speaking("fr"):
        return text.gettext(message)


def at(days: int, hour: int) -> datetime:
    return (datetime.now(UTC) + timedelta(days=days)).replace(hour=hour, minute=0, second=0, microsecond=0)


@asynccontextmanager
async def database_of(site: Site) -> AsyncIterator[None]:
    """The village's database, written by its own actions while nobody serves it."""
    use_origin(site.url)
    await open_database(Config(data=site.data))
    try:
        yield
    finally:
        await close_database()
        use_origin("http://localhost:8000")


@pytest_asyncio.fixture(loop_scope="session")
async def village(tmp_path: Path) -> AsyncIterator[Site]:
    """A village with something of everything on its board."""
    site = Site(tmp_path / "data")
    done = site.command("setup", *SET_UP)
    assert done.returncode == 0, done.stderr
    async with database_of(site):
        await establish_templates()
        await fill_board()
    with site:
        yield site


async def hang(
    title: str, *, person: Person = ROSA, voice: Voice = Voice.SELF, promised: int = 0, **facts: object
) -> Proposal:
    usual: dict[str, object] = {
        "kind": Kind.NEED,
        "text": "Chacun vient quand il peut, on finit avec une soupe.",
        "scope": Scope.PUBLIC,
        "category": "hand",
        "unit": "personnes",
        "area": "Le bourg",
    }
    draft = ProposalDraft(title=title, **(usual | facts))  # type: ignore[arg-type]
    proposal = await actions.publish_proposal(draft, person, voice=voice, trusted=True)
    if promised:
        await pledges.accept(await pledges.pledge(proposal, PledgeDraft(quantity=promised), PAUL))
    return proposal


async def fill_board() -> None:
    await list_organisation(OrganisationDraft(name="Club des Tilleuls", activity="Pétanque"))
    news = AnnouncementDraft(
        title="Coupe de bois à la forêt communale", text="Inscription jusqu’au 15.\n\n#bois"
    )
    await publish_announcement(await Actor.village(), news)
    hours = {"moment": Moment.HOURS, "starts_at": at(6, 8), "ends_at": at(6, 11), "minutes": 180}
    await hang(WOOD, wanted=5, promised=2, area="Hameau des Combes", **hours)
    today = {"starts_at": None, "ends_at": at(1, 18), "minutes": 45, "category": "transport"}
    await hang("Aller chercher un traitement à la pharmacie", wanted=1, voice=Voice.TOWN_HALL, **today)
    slots = tuple(SlotDraft(starts_at=at(9, h), ends_at=at(9, h + 2), wanted=2) for h in (8, 10, 14, 16))
    await hang("Du monde à la buvette de la fête", wanted=8, slots=slots, area="Salle des fêtes")
    pots = await hang(
        "Trois cents pots en verre pour les confitures",
        wanted=300,
        unit="pots",
        promised=182,
        ends_at=at(40, 12),
    )
    await Proposal.filter(id=pots.id).update(delivered=96)
    letters = {"wanted": None, "unit": "lettres", "at_distance": True, "area": "", "category": "company"}
    await hang("Écrire une lettre aux résidents des Glycines", promised=12, **letters)
    offer = {"kind": Kind.OFFER, "category": "things", "wanted": None}
    await hang("Une remorque et son conducteur", **offer)
    nights = {
        "nights": True,
        "wanted": 2,
        "starts_at": at(12, 12),
        "ends_at": at(30, 12),
        "category": "housing",
    }
    await hang("Deux chambres pour un soignant de passage", area="Quartier du Moulin", **(offer | nights))
    await hang("Chat perdu, gris, très sauvage", scope=Scope.VILLAGE)
    fence = await hang("Repeindre la clôture de l’école", wanted=2, promised=2)
    await actions.thank(fence, "Merci, les enfants ont choisi le bleu.")
    for number in range(20):
        await hang(
            f"Tailler la haie numéro {number + 1}", wanted=2, area=("Les Aires", "Le bourg")[number % 2]
        )
    await a_neighbour()
    await index_the_rest()


async def a_neighbour() -> None:
    uri = "https://vaubelle.example/a/vaubelle"
    author = await Actor.create(
        uri=uri,
        host="vaubelle.example",
        name="vaubelle",
        display_name="Vaubelle",
        kind="Organization",
        inbox=uri,
    )
    publication = await Publication.create(
        uri=f"{uri}/1",
        code="bcdfgh",
        author=author,
        kind=Kind.OFFER,
        type="Note",
        scope=Scope.PUBLIC,
        title="Broyeur à végétaux, prêt à la journée",
        html="<p>Sur rendez-vous.</p>",
        published_at=datetime.now(UTC),
    )
    proposal = await Proposal.create(
        publication=publication, state=State.OPEN, expires_at=at(30, 12), area="Vaubelle", latitude=44.39,
        longitude=5.35, category="garden",
    )  # fmt: skip
    await Step.create(proposal=proposal, state=State.OPEN)


async def test_somebody_finds_what_they_can_do(village: Site, visit: Visit, inspect: Inspect) -> None:
    reader = await visit(village.url)
    page = reader.page
    await reader.go("/")
    await inspect(reader)
    await reader.picture("home")
    await expect(page.get_by_role("heading", name=fr("It is urgent"))).to_be_visible()
    await page.get_by_role("link", name=fr("The board"), exact=True).click()
    await expect(page.get_by_role("heading", level=1)).to_have_text(fr("The board of needs and offers"))
    await inspect(reader)
    await reader.picture("board")
    await expect(page.get_by_text("Chat perdu")).to_have_count(0)

    await page.get_by_label(fr("A word"), exact=True).fill("STERE")
    await page.get_by_label(fr("I have time for")).select_option("240")
    await reader.submit(fr("Search"))
    await expect(page.locator("ul.grid a.title").first).to_have_text(WOOD)
    await inspect(reader)
    await reader.picture("board-narrowed")
    await page.get_by_role("link", name=fr("show all")).click()
    await page.locator("p.pager a").click()
    await expect(page.get_by_role("link", name=fr("The ones before"))).to_be_visible()
    await inspect(reader)

    for path in (
        "/needs",
        "/offers",
        "/needs?q=hirondelle",
        "/needs?state=urgent",
        "/needs?state=done",
        "/agenda",
    ):
        await reader.go(path)
        await inspect(reader)
    await reader.go("/search?q=bois")
    await expect(page.get_by_role("link", name=WOOD)).to_be_visible()
    await expect(page.get_by_role("link", name="Coupe de bois à la forêt communale")).to_be_visible()
    await inspect(reader)
    await reader.picture("search")
    await reader.go("/search?q=p%C3%A9tanque")
    await expect(page.get_by_role("link", name="Club des Tilleuls")).to_be_visible()
    await inspect(reader)


@pytest.mark.parametrize("way", [DESKTOP], ids=lambda way: way.name)
async def test_the_board_is_light(village: Site, browser: Browser, visit: Visit) -> None:
    for path in ("/", "/board", "/needs", "/offers", "/search?q=bois"):
        await assert_light_on_first_load(browser, village.url + path)
