"""Somebody who was away reads what became of the grocery, and who carries it goes on telling."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import expect

from hub import text
from hub.agenda.actions import publish_event
from hub.agenda.models import Event, EventDraft, Resolution
from hub.exchange.actions import publish_proposal
from hub.exchange.models import Proposal, ProposalDraft
from hub.members.models import Member
from hub.organisations.actions import list_organisation
from hub.organisations.models import Kind as OrganisationKind
from hub.organisations.models import OrganisationDraft
from hub.participants.models import Person
from hub.projects import actions, coverage, membership
from hub.projects.models import (
    ChapterDraft,
    Component,
    Contributor,
    ContributorDraft,
    HeardNeedDraft,
    Project,
    ProjectDraft,
    Sort,
    Stage,
)
from hub.publications.models import Kind, Scope
from tests.browser.conftest import Visit
from tests.browser.test_board import SET_UP, at, database_of
from tests.browser.visitor import PHONE_WITHOUT_JAVASCRIPT, Visitor
from tests.site import Site

Inspect = Callable[[Visitor], Awaitable[None]]

TITLE = "Le Comptoir du lavoir"
WORDS = "Une épicerie, un salon de thé et un atelier dans l’ancienne école, tenus par des habitants."
EDITS = "story change stage coverage coverage/new coverage/1 chapters/2 remove versions/2".split()
JEANNE = Person(name="Jeanne", mail="jeanne@example.fr")


def fr(message: str) -> str:
    """What a French page says for this message."""
    with text.speaking("fr"):
        return text.gettext(message)


@pytest_asyncio.fixture(loop_scope="session")
async def village(tmp_path: Path) -> AsyncIterator[Site]:
    """A village with a project that has lived for a while, carried by Marie."""
    site = Site(tmp_path / "data")
    done = site.command("setup", *SET_UP)
    assert done.returncode == 0, done.stderr
    async with database_of(site):
        await tell_all(await begun())
    with site:
        yield site


async def begun() -> Project:
    marie = await Member.get(mail="marie@example.fr")
    draft = ProjectDraft(title=TITLE, text=WORDS, contact="comptoir@saint-martin.example", category="food")
    project = await actions.begin(draft, Person(name="Inès Cordier", member_id=marie.id), trusted=True)
    await Contributor.filter(project_id=project.id).update(role="habitante")
    return project


async def tell_all(project: Project) -> None:
    await tell_story(project)
    await gather(project)
    await fill_table(project)
    for title, wanted in (
        ("Poser les étagères, deux bricoleurs", 2),
        ("Un réfrigérateur vitré, même ancien", 1),
    ):
        await ask(project, title, wanted)
    more = ProjectDraft(title=TITLE, text=WORDS + " Ouverture prévue en septembre.", category="food")
    await actions.rewrite(
        project, more, JEANNE, change="Le jour de l’ouverture", source=("Le Café du Diois", "")
    )


async def tell_story(project: Project) -> None:
    heard = "48 sur papier, 29 en ligne, 17 au porte-à-porte. https://example.fr/synthese"
    by = "Inès Cordier"
    for draft in (
        ChapterDraft(on=date(2025, 5, 20), title="103 personnes ont répondu", text=heard),
        ChapterDraft(on=at(200, 9).date(), title="Ouverture, et merci", text="On dira aussi ce qui reste."),
    ):
        await actions.tell(project, draft, by=by)
    await actions.reach_stage(
        project, Stage.DECIDED, by=by, title="Le conseil municipal dit oui", on=date(2026, 1, 22)
    )
    await actions.reach_stage(
        project, Stage.RUNNING, by=by, title="Peinture, étagères et cuisine", on=date(2026, 4, 1)
    )
    past = await workshop(project, "L’idée d’Inès, améliorée par le groupe", days=-9)
    await Event.filter(id=past.id).update(
        minutes="Le Club des Tilleuls ajoute le salon de thé.\n\n"
        + "Les artisans demandent un atelier. " * 20,
        minutes_at=datetime.now(UTC),
        next_step="Visiter le Café du Diois.",
        came=23,
    )
    await Resolution.create(
        event=past,
        project_id=project.publication_id,
        text="Bail de neuf ans",
        decided_on=(datetime.now(UTC) - timedelta(days=9)).date(),
    )
    await workshop(project, "Le comptoir prend forme", days=5)


async def workshop(project: Project, title: str, *, days: int) -> Event:
    draft = EventDraft(
        title=title,
        text="On choisit les étagères et les heures d’ouverture. Arriver en retard ne gêne personne.",
        starts_at=at(days, 17),
        ends_at=at(days, 19),
        place="Salle de l’école",
        scope=Scope.PUBLIC,
        method="world-cafe",
        project_id=project.publication_id,
    )
    return await publish_event(draft, JEANNE, trusted=True)


async def gather(project: Project) -> None:
    club = await list_organisation(
        OrganisationDraft(name="Club des Tilleuls", kind=OrganisationKind.ASSOCIATION)
    )
    for name in ("Club", "Paul", "Rosa"):
        who = await membership.join(project, ContributorDraft(), Person(name=name, mail=f"{name}@example.fr"))
        if name == "Club":
            await Contributor.filter(id=who.id).update(organisation_id=club.id, sort=Sort.ASSOCIATION)
            await membership.make_carrier(who, "06 12 34 56 78")


async def fill_table(project: Project) -> None:
    await coverage.name_components(project, ["Épicerie", "Salon de thé", "Atelier"])
    shop, tea, hall = [one.id for one in await Component.all().order_by("position")]
    for title, said_by, covered_by, is_covered in (
        ("Acheter le quotidien à pied", {"resident": 71}, [shop], True),
        ("Se retrouver, surtout l’hiver", {"resident": 58, "association": 3}, [tea, hall], True),
        ("Un lieu pour fabriquer et réparer", {"resident": 34, "company": 2}, [hall], False),
        ("Y aller sans voiture depuis les Aires", {"resident": 19}, [], None),
    ):
        row = HeardNeedDraft(title=title, said_by=said_by, covered_by=covered_by, is_covered=is_covered)
        await coverage.hear(project, row)


async def ask(project: Project, title: str, wanted: int) -> Proposal:
    draft = ProposalDraft(
        kind=Kind.NEED,
        title=title,
        text="",
        scope=Scope.PUBLIC,
        category="works",
        wanted=wanted,
        unit="personnes" if wanted > 1 else "objets",
        ends_at=at(30, 12),
        project_id=project.publication_id,
    )
    return await publish_proposal(draft, JEANNE, trusted=True)


async def test_somebody_who_was_away_reads_the_story(village: Site, visit: Visit, inspect: Inspect) -> None:
    reader = await visit(village.url)
    page = reader.page
    await reader.go("/")
    await inspect(reader)
    await reader.picture("project-home")
    await page.get_by_role("link", name=fr("Projects"), exact=True).first.click()
    await expect(page.get_by_role("heading", level=1)).to_have_text(fr("The projects of the village"))
    await inspect(reader)
    await reader.picture("project-list")
    await page.get_by_role("link", name=TITLE).click()
    await inspect(reader)
    await reader.picture("project")
    story = page.locator("ol.tl")
    await expect(story.locator("li.now")).to_contain_text("Peinture, étagères et cuisine")
    await expect(story.locator("li.next").last).to_contain_text("Ouverture, et merci")
    await expect(page.locator("#missing .notice")).to_have_count(2)
    await expect(page.get_by_text("Et encore 2 personnes dans le groupe")).to_be_visible()
    await page.get_by_role("link", name=fr("Who added what")).click()
    await expect(page.locator("ins")).to_contain_text("Ouverture prévue en septembre.")
    await inspect(reader)
    await reader.picture("project-versions")
    await page.get_by_role("link", name=fr("Read these words")).last.click()
    await inspect(reader)


@pytest.mark.parametrize("way", [PHONE_WITHOUT_JAVASCRIPT], ids=lambda way: way.name)
async def test_who_carries_it_goes_on_telling(village: Site, visit: Visit, inspect: Inspect) -> None:
    marie = await visit(village.url)
    page = marie.page
    await marie.go(village.command("sign-in-link", "marie@example.fr").stdout.strip())
    await marie.submit(fr("Come in"))
    await marie.go("/projects")
    await page.get_by_role("link", name=TITLE).click()
    address = page.url.removeprefix(village.url)
    await inspect(marie)
    await marie.picture("project-carried")
    for act in EDITS:
        await marie.go(f"{address}/{act}")
        await inspect(marie)
        await marie.picture(f"project-{act.replace('/', '-')}")
    await marie.go("/new/project?template=creche")
    await inspect(marie)
    await marie.picture("project-new")
    await marie.go(f"{address}/chapters/new")
    await page.get_by_label(fr("In a few words"), exact=True).fill("Les étagères sont posées")
    await page.get_by_label(fr("Which day?"), exact=True).fill("bientôt")
    await marie.submit(fr("Put it into the story"))
    await expect(page.get_by_role("alert")).to_be_visible()
    await inspect(marie)
    await page.get_by_label(fr("Which day?"), exact=True).fill("2/4/2026")
    await marie.submit(fr("Put it into the story"))
    await expect(page.locator("ol.tl")).to_contain_text("Les étagères sont posées")
