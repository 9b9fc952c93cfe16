"""A need from its first word to the board, as a resident and the town hall see it, in each way."""

from collections.abc import Awaitable, Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from playwright.async_api import expect

from hub import text
from tests.browser.conftest import Visit
from tests.browser.visitor import BOTH_ENDS, Visitor
from tests.site import Site

Inspect = Callable[[Visitor], Awaitable[None]]

SET_UP = ("--insee", "26046", "--admin-email", "marie@example.fr", "--publisher", "Claire Auzias")
TITLE = "Rentrer huit stères de bois avant la pluie"
WORDS = "Le bois est livré devant la maison, à trente mètres de l’abri. Brouette fournie."


def fr(message: str) -> str:
    """What a French page says for this message."""
    with text.speaking("fr"):
        return text.gettext(message)


def in_days(number: int) -> str:
    return (datetime.now(ZoneInfo("Europe/Paris")) + timedelta(days=number)).strftime("%d/%m/%Y")


@pytest.fixture
def village(tmp_path: Path) -> Iterator[Site]:
    """A village that is set up, with Marie as its administrator."""
    site = Site(tmp_path / "data")
    done = site.command("setup", *SET_UP)
    assert done.returncode == 0, done.stderr
    with site:
        yield site


async def marie(village: Site, visit: Visit) -> Visitor:
    visitor = await visit(village.url)
    await visitor.go(village.command("sign-in-link", "marie@example.fr").stdout.strip())
    await visitor.submit(fr("Come in"))
    return visitor


@pytest.mark.parametrize("way", BOTH_ENDS, ids=lambda way: way.name)
async def test_a_need_is_written_on_three_screens_read_and_hung_up(
    village: Site, visit: Visit, inspect: Inspect
) -> None:
    rosa, agent = await visit(village.url), await marie(village, visit)
    screens = await write(rosa, inspect)
    assert screens == 3
    await expect(rosa.page.get_by_role("heading", level=1)).to_have_text(
        fr("Thank you. The town hall reads it now.")
    )
    await look(rosa, inspect, "need-sent")

    await agent.go("/moderation")
    await expect(agent.page.get_by_role("heading", level=2).first).to_have_text(TITLE)
    await look(agent, inspect, "moderation")
    await agent.submit(f"{fr('Hang it up')} {TITLE}")
    await look(agent, inspect, "moderation-empty")

    await rosa.go("/needs")
    await rosa.page.get_by_role("link", name=TITLE).first.click()
    await expect(rosa.page.get_by_role("heading", level=1)).to_have_text(TITLE)
    assert "chemin des Combes" not in await rosa.page.content()
    await change(agent, rosa.page.url, inspect)


async def write(rosa: Visitor, inspect: Inspect) -> int:
    """Fill in the three screens, with a day that is past at first; how many screens there were."""
    page = rosa.page
    await rosa.go("/new")
    await look(rosa, inspect, "new")
    await page.locator("a.door.need").click()
    await look(rosa, inspect, "need-1")
    await page.locator("[name=title]").fill(TITLE)
    await page.locator("[name=text]").fill(WORDS)
    await page.locator("[name=template][value=hand]").check()
    await rosa.submit(fr("Go on"))

    await page.locator("[name=wanted]").fill("5")
    await page.locator("[name=starts]").fill("11/04/2020")
    await page.locator("[name=moment][value=morning]").check()
    await page.locator("[name=area]").fill("Hameau des Combes")
    await rosa.submit(fr("Go on"))
    await expect(page.get_by_role("alert")).to_contain_text(fr("That day is past. Choose today or later."))
    await look(rosa, inspect, "need-2-error")
    await page.locator("[name=starts]").fill(in_days(7))
    await rosa.submit(fr("Go on"))

    await page.locator("[name=name]").fill("Rosa")
    await page.locator("[name=contact]").fill("rosa@example.fr")
    await page.locator("[name=scope][value=public]").check()
    await rosa.submit(fr("See how it looks"))
    await expect(page.locator(".notice")).to_contain_text("Rosa")
    await look(rosa, inspect, "need-3")
    await rosa.submit(fr("Back to step %(number)s") % {"number": 2})
    await look(rosa, inspect, "need-2")
    await rosa.submit(fr("Go on"))
    await expect(page.locator("[name=contact]")).to_have_value("rosa@example.fr")
    await rosa.submit(fr("Send it to the town hall"))
    return 3


async def look(visitor: Visitor, inspect: Inspect, name: str) -> None:
    await inspect(visitor)
    await visitor.picture(name)


async def change(agent: Visitor, address: str, inspect: Inspect) -> None:
    for act in ("change", "renew", "close", "thank", "remove"):
        await agent.go(f"{address}/{act}")
        await look(agent, inspect, f"need-{act}")
    await agent.go(f"{address}/change")
    await agent.page.locator("[name=text]").fill("Écrire à rosa@example.fr")
    await agent.submit(fr("Save"))
    await expect(agent.page.get_by_role("alert")).to_be_visible()
    await look(agent, inspect, "need-change-warning")


async def test_what_everybody_could_read_is_named_before_it_is_published(
    village: Site, visit: Visit, inspect: Inspect
) -> None:
    agent = await marie(village, visit)
    page = agent.page
    await agent.go("/new/offer?template=housing")
    await look(agent, inspect, "offer-1")
    await page.locator("[name=title]").fill("Une chambre pour deux")
    await page.locator("[name=text]").fill("Appelez le 06 12 34 56 78.")
    await agent.submit(fr("Go on"))
    await look(agent, inspect, "offer-2")
    await page.locator("[name=starts]").fill(in_days(5))
    await page.locator("[name=ends]").fill(in_days(9))
    await page.locator("[name=wanted]").fill("2")
    await agent.submit(fr("Go on"))
    await expect(page.locator("main")).to_contain_text("06 12 34 56 78")
    await look(agent, inspect, "offer-3")
    await agent.submit(fr("Hang it on the board"))
    await expect(page.get_by_role("alert")).to_be_visible()
    await look(agent, inspect, "offer-3-error")
    await page.get_by_role("checkbox", name=fr("Publish it all the same")).check()
    await agent.submit(fr("Hang it on the board"))
    await expect(page.get_by_role("heading", level=1)).to_have_text("Une chambre pour deux")


async def test_agents_look_after_the_kinds(village: Site, visit: Visit, inspect: Inspect) -> None:
    agent = await marie(village, visit)
    await agent.go("/admin/templates")
    await look(agent, inspect, "templates")
    await agent.page.get_by_role("link", name="Transport partagé").click()
    await look(agent, inspect, "template")
    await agent.page.locator("[name=name_fr]").fill("Covoiturage")
    await agent.submit(fr("Save"))
    await agent.submit(f"{fr('Withdraw')} Covoiturage")
    await expect(agent.page.get_by_role("button", name=f"{fr('Bring it back')} Covoiturage")).to_be_visible()
    await inspect(agent)
