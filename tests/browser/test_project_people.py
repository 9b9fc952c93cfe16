"""A group comes together on a phone: somebody joins without an account, a date is found, and all know it."""

from collections.abc import Awaitable, Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from playwright.async_api import expect

from hub import text
from tests.browser.conftest import Visit
from tests.browser.visitor import Visitor
from tests.site import Site

Inspect = Callable[[Visitor], Awaitable[None]]

SET_UP = ("--insee", "26046", "--admin-email", "marie@example.fr", "--publisher", "Claire Auzias")
TITLE = "Le Comptoir du lavoir"


def fr(message: str) -> str:
    """What a French page says for this message."""
    with text.speaking("fr"):
        return text.gettext(message)


def in_days(number: int) -> str:
    return (datetime.now(ZoneInfo("Europe/Paris")) + timedelta(days=number)).strftime("%d/%m/%Y")


@pytest.fixture
def village(tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path / "data")
    done = site.command("setup", *SET_UP)
    assert done.returncode == 0, done.stderr
    with site:
        yield site


async def look(visitor: Visitor, inspect: Inspect, name: str) -> None:
    await inspect(visitor)
    await visitor.picture(name)


async def marie(village: Site, visit: Visit) -> Visitor:
    visitor = await visit(village.url)
    await visitor.go(village.command("sign-in-link", "marie@example.fr").stdout.strip())
    await visitor.submit(fr("Come in"))
    return visitor


async def begin(carrier: Visitor) -> str:
    """A project; the path of its page."""
    await carrier.go("/new/project")
    await carrier.page.locator("[name=title]").fill(TITLE)
    await carrier.page.locator("[name=text]").fill("Une épicerie et un salon de thé dans l’ancienne école.")
    await carrier.page.locator("[name=contact_shown]").fill("comptoir@saint-martin.example")
    public = carrier.page.locator("[name=scope][value=public]")
    if await public.count():
        await public.check()
    await carrier.page.locator("main form button[type=submit], main form button.big").last.click()
    await expect(carrier.page.get_by_role("heading", level=1)).to_have_text(TITLE)
    return carrier.page.url.removeprefix(village_of(carrier)).partition("?")[0]


def village_of(visitor: Visitor) -> str:
    return visitor.home.rstrip("/")


async def test_somebody_joins_by_phone_and_a_date_is_found_in_three_taps(
    village: Site, visit: Visit, inspect: Inspect
) -> None:
    carrier, lucie = await marie(village, visit), await visit(village.url)
    address = await begin(carrier)

    await lucie.go(address)
    await lucie.page.get_by_role("link", name=fr("I want to take part")).click()
    await lucie.submit(fr("I take part"))
    await look(lucie, inspect, "project-join-error")
    await lucie.page.locator("[name=name]").fill("Lucie")
    await lucie.page.locator("[name=contact]").fill("lucie@example.fr")
    await lucie.page.locator("[name=message]").fill("Je sais poser des étagères.")
    await look(lucie, inspect, "project-join")
    await lucie.submit(fr("I take part"))
    await expect(lucie.page.get_by_role("status")).to_contain_text("Bienvenue")
    link = lucie.page.url

    await carrier.go(f"{address}/people")
    await expect(carrier.page.locator("main")).to_contain_text("Je sais poser des étagères.")
    await look(carrier, inspect, "project-people")
    await carrier.go(f"{address}/invite?kind=association")
    await look(carrier, inspect, "project-invite")

    await carrier.go(f"{address}/work")
    await carrier.page.locator("summary", has_text=fr("Ask everybody when they can")).click()
    await carrier.page.locator("[name=what]").fill("Premier atelier")
    for number, day in enumerate((7, 9), start=1):
        await carrier.page.locator(f"[name=d{number}_day]").fill(in_days(day))
        await carrier.page.locator(f"[name=d{number}_from]").fill("18 h 30")
    await carrier.submit(fr("Ask everybody"))
    await carrier.page.locator("[name=task]").fill("Demander un devis")
    await carrier.submit(fr("Put it on the list"))
    await look(carrier, inspect, "project-work")

    await lucie.go(link)
    await look(lucie, inspect, "project-dates")
    await lucie.page.locator("fieldset").nth(0).get_by_label("Non").check()  # one tap
    await lucie.page.locator("fieldset").nth(1).get_by_label("Oui").check()  # two
    await lucie.submit(f"{fr('Send my dates')} Premier atelier")  # three
    await expect(lucie.page.get_by_role("status")).to_contain_text("Vos dates sont notées")

    await carrier.go(f"{address}/work")
    await carrier.page.locator("summary", has_text=fr("Choose the date")).click()
    await look(carrier, inspect, "project-choose")
    await carrier.submit(f"{fr('That day it is')} Premier atelier")
    await carrier.go(address)
    await expect(carrier.page.locator("#next")).to_contain_text("Premier atelier")
    await look(carrier, inspect, "project-people-show")
