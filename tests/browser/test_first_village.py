"""The first minute and the first day of a village, as its people live them, in each way to look at it."""

from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from hub import text
from tests.browser.conftest import Visit
from tests.browser.visitor import BOTH_ENDS, DESKTOP, Visitor, assert_light_on_first_load
from tests.site import Site

Inspect = Callable[[Visitor], Awaitable[None]]


def fr(message: str) -> str:
    """What a French page says for this message."""
    with text.speaking("fr"):
        return text.gettext(message)


@pytest.fixture
def empty_site(tmp_path: Path) -> Iterator[Site]:
    with Site(tmp_path / "data") as site:
        yield site


@pytest.fixture
def village(tmp_path: Path) -> Iterator[Site]:
    """A village that is set up, with Marie as its administrator."""
    site = Site(tmp_path / "data")
    site.command(
        "setup", "--insee", "26046", "--admin-email", "marie@example.fr", "--publisher", "Claire Auzias"
    )
    with site:
        site.mailbox.next(to="marie@example.fr")  # the set-up's own, which nobody opens
        yield site


async def come_in(visitor: Visitor, link: str) -> None:
    await visitor.go(link)
    await visitor.submit(fr("Come in"))


async def sign_in(visitor: Visitor, site: Site, mail: str) -> None:
    await come_in(visitor, site.command("sign-in-link", mail).stdout.strip())


@pytest.mark.parametrize("way", BOTH_ENDS, ids=lambda way: way.name)
async def test_a_village_is_set_up_and_lived_in(empty_site: Site, visit: Visit, inspect: Inspect) -> None:
    site = empty_site
    marie = await visit(site.url)
    page = marie.page

    await marie.go("/")
    await inspect(marie)  # the page that says where the set-up link is
    await marie.go(site.set_up_link)
    await inspect(marie)
    await page.get_by_label(fr("Name or postcode of the commune")).fill("26110")
    await marie.submit(fr("Search"))
    await inspect(marie)
    await marie.picture("setup-place")
    await page.get_by_role("link", name="Bellecombe-Tarendol").click()
    await inspect(marie)
    await marie.picture("setup-form")

    await marie.submit(fr("Open the village"))  # something is missing: nothing is lost
    await expect(page.get_by_role("alert")).to_be_visible()
    await expect(page.locator("[name=name]")).to_have_value("Bellecombe-Tarendol")
    await inspect(marie)
    await page.locator("[name=administrator]").fill("Marie Vasseur")
    await page.locator("[name=contact]").fill("marie@example.fr")
    await page.locator("[name=publisher]").fill("Claire Auzias, maire")
    await marie.submit(fr("Open the village"))
    await inspect(marie)

    mail = site.mailbox.next(to="marie@example.fr")
    assert "Marie Vasseur" in mail.text
    await marie.go(mail.link)
    await inspect(marie)
    await marie.submit(fr("Come in"))
    await expect(page).to_have_url(f"{site.url}/admin?said=signed-in")
    await inspect(marie)
    await page.locator("[name=phone]").fill("04.65.71.20.14")
    await page.locator("[name=address]").fill("1, place du Lavoir")
    await marie.submit(fr("Save"))
    await expect(page.locator(".dateline")).to_contain_text("04 65 71 20 14")

    await invite_a_neighbour(marie, site, visit, inspect)
    await add_an_association(marie, inspect)
    await change_language_and_leave(marie, inspect)


async def invite_a_neighbour(marie: Visitor, site: Site, visit: Visit, inspect: Inspect) -> None:
    await marie.go("/invitations")
    await inspect(marie)
    await marie.page.locator("[name=name]").fill("Rosa Teixeira")
    await marie.page.locator("[name=contact]").fill("rosa@example.fr")
    await marie.submit(fr("Invite"))
    await expect(marie.page.locator("main")).to_contain_text("Rosa Teixeira")
    await inspect(marie)

    rosa = await visit(site.url)
    await rosa.go(site.mailbox.next(to="rosa@example.fr").link)
    await inspect(rosa)
    await rosa.submit(fr("Come in"))  # without a yes to the charter
    await expect(rosa.page.get_by_role("alert")).to_be_visible()
    await rosa.page.locator("[name=charter]").check()
    await rosa.submit(fr("Come in"))
    await expect(rosa.page.get_by_role("status")).to_contain_text(fr("Welcome. You are signed in."))
    await rosa.go("/me")
    await inspect(rosa)
    await rosa.picture("me")


async def add_an_association(marie: Visitor, inspect: Inspect) -> None:
    await marie.go("/associations/new")
    await inspect(marie)
    await marie.page.locator("[name=name]").fill("Les Paniers du Vallon")
    await marie.page.locator("form [name=activity]").fill("Jardin partagé")
    await marie.submit(fr("Put it in the list"))
    await inspect(marie)
    await marie.go("/@les-paniers-du-vallon")
    await expect(marie.page.get_by_role("heading", level=1)).to_have_text("Les Paniers du Vallon")
    await marie.go("/associations")
    await expect(marie.page.locator("main")).to_contain_text("Les Paniers du Vallon")
    await inspect(marie)
    await marie.picture("associations")
    await marie.go("/")
    await inspect(marie)
    await marie.picture("home")


async def change_language_and_leave(marie: Visitor, inspect: Inspect) -> None:
    page = marie.page
    await page.get_by_role("link", name="English").click()
    await inspect(marie)
    await marie.submit("English")
    await expect(page.locator("html")).to_have_attribute("lang", "en")
    await expect(page.get_by_role("link", name="My account")).to_be_visible()
    await page.get_by_role("link", name="My account").click()
    await page.get_by_role("link", name="Sign out").click()
    await inspect(marie)
    await marie.submit("Sign out")
    await expect(page.get_by_role("status")).to_contain_text("You are signed out.")
    await expect(page.get_by_role("link", name="Sign in")).to_be_visible()


WORDS = ["/about", "/charter", "/legal", "/privacy", "/accessibility", "/needs", "/offers", "/agenda"]
DOORS = [
    "/sign-in",
    "/sign-in/sent",
    "/sign-in/used-up",
    "/sign-up",
    "/sign-up/used-up",
    "/invitation/used-up",
    "/nowhere",
]


async def test_every_page_of_words_is_for_everyone(village: Site, visit: Visit, inspect: Inspect) -> None:
    visitor = await visit(village.url)
    for path in [*WORDS, *DOORS]:
        await visitor.go(path)
        await inspect(visitor)


MARIES_PAGES = [
    "/me",
    "/me/mail",
    "/me/mail/used-up",
    "/me/erase",
    "/me/passkeys",
    "/me/codes",
    "/sign-out",
    "/confirm",
    "/invitations",
    "/members",
    "/members/1",
    "/admin",
    "/admin/texts/charter/fr",
    "/associations/new",
    "/associations/import",
    "/associations/claims",
]


async def test_every_page_of_the_town_hall_is_for_everyone(
    village: Site, visit: Visit, inspect: Inspect
) -> None:
    marie = await visit(village.url)
    await sign_in(marie, village, "marie@example.fr")
    for path in MARIES_PAGES:
        await marie.go(path)
        await inspect(marie)


async def test_a_spent_link_says_so_and_offers_another(village: Site, visit: Visit) -> None:
    marie = await visit(village.url)
    link = village.command("sign-in-link", "marie@example.fr").stdout.strip()
    await come_in(marie, link)
    again = await marie.go(link)
    assert again.status == 410
    await expect(marie.page.get_by_role("heading", level=1)).to_have_text(fr("This link no longer works"))
    await marie.page.locator("[name=contact]").fill("marie@example.fr")
    await marie.submit(fr("Send me a new link"))
    await come_in(marie, village.mailbox.next(to="marie@example.fr").link)
    await expect(marie.page.get_by_role("status")).to_be_visible()


@pytest.mark.parametrize("way", [DESKTOP], ids=lambda way: way.name)
async def test_pages_are_light(village: Site, browser: Browser, visit: Visit) -> None:
    for path in ("/", "/sign-in", "/privacy", "/associations"):
        await assert_light_on_first_load(browser, village.url + path)
