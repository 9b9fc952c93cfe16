"""An event from its announcement to its cancellation, as a resident and the town hall see it, in each way."""

from collections.abc import Awaitable, Callable

from playwright.async_api import expect

from tests.browser.conftest import Visit
from tests.browser.test_publish_a_need import fr, in_days, look, marie
from tests.browser.test_publish_a_need import village as village
from tests.browser.visitor import Visitor
from tests.site import Site

Inspect = Callable[[Visitor], Awaitable[None]]
TITLE = "Tournée de repas chauds"


async def test_an_event_is_announced_read_changed_and_cancelled(
    village: Site, visit: Visit, inspect: Inspect
) -> None:
    rosa, agent = await visit(village.url), await marie(village, visit)
    await announce(rosa, inspect)

    await agent.go("/moderation/events")
    await expect(agent.page.get_by_role("heading", level=2).first).to_have_text(TITLE)
    await look(agent, inspect, "events-to-read")
    await agent.submit(f"{fr('Put it into the agenda')} {TITLE}")
    await look(agent, inspect, "events-read")

    await rosa.go("/agenda")
    await rosa.page.get_by_role("link", name=TITLE).first.click()
    await expect(rosa.page.get_by_role("heading", level=1)).to_have_text(TITLE)
    assert "12 rue Basse" not in await rosa.page.content()
    await look(rosa, inspect, "event")
    await change_and_cancel(agent, rosa.page.url, inspect)
    await rosa.page.reload()
    await expect(rosa.page.locator(".flash.no")).to_contain_text("Il neige.")
    await look(rosa, inspect, "event-cancelled")


async def announce(rosa: Visitor, inspect: Inspect) -> None:
    page = rosa.page
    await rosa.go("/new")
    await look(rosa, inspect, "new")
    await page.locator("a.door.event").click()
    await look(rosa, inspect, "event-new")
    await page.locator("[name=title]").fill(TITLE)
    await page.locator("[name=text]").fill("On cuisine ensemble, puis on livre à vélo ou en voiture. #repas")
    await page.locator("[name=starts]").fill(in_days(4))
    await page.locator("[name=from]").fill("12 h")
    await page.locator("[name=to]").fill("11 h")
    await page.locator("[name=place]").fill("Cuisine de la salle des fêtes")
    await page.locator("[name=capacity]").fill("8")
    await page.locator("#tasks > summary").click()
    await page.locator("[name=shift1_name]").fill("Chauffeur")
    await page.locator("[name=shift1_wanted]").fill("2")
    await page.locator("[name=shift2_name]").fill("Cuisine")
    await rosa.submit(fr("More tasks"))
    await expect(page.locator("[name=shift2_name]")).to_have_value("Cuisine")
    await page.locator("[name=shift1_place]").locator("xpath=ancestor::details[1]/summary").click()
    await page.locator("[name=shift1_place]").fill("12 rue Basse, code 4501")
    await page.locator("[name=contributions]").fill("Un gâteau\nDes boîtes")
    await page.locator("[name=repeats]").select_option("weekly")
    await page.locator("[name=until]").fill(in_days(60))
    await page.locator("[name=scope][value=public]").check()
    await page.locator("[name=name]").fill("Rosa")
    await page.locator("[name=contact]").fill("rosa@example.fr")
    await rosa.submit(fr("Send it to the town hall"))
    await expect(page.get_by_role("alert")).to_be_visible()
    await look(rosa, inspect, "event-new-error")
    await page.locator("[name=to]").fill("14 h 30")
    await rosa.submit(fr("See how it looks"))
    await expect(page.locator("#preview")).to_contain_text(TITLE)
    await look(rosa, inspect, "event-new-preview")
    await rosa.submit(fr("Send it to the town hall"))
    await look(rosa, inspect, "event-sent")


async def change_and_cancel(agent: Visitor, address: str, inspect: Inspect) -> None:
    page = agent.page
    await agent.go(address)
    await look(agent, inspect, "event-agent")
    await page.get_by_role("link", name=fr("Change it"), exact=True).click()
    await look(agent, inspect, "event-change")
    await page.locator("[name=place]").fill("École")
    await page.locator("[name=following][value=yes]").check()
    await agent.submit(fr("Save"))
    await expect(page.locator("article.notice")).to_contain_text("École")
    await page.locator("#dates ~ ul a").first.click()
    await expect(page.locator("article.notice")).to_contain_text("École")
    await agent.go(f"{address}/cancel")
    await look(agent, inspect, "event-cancel")
    await page.locator("[name=reason]").fill("Il neige.")
    await page.locator("[name=following][value='']").check()
    await agent.submit(fr("Cancel it"))
    await agent.go(f"{address}/remove")
    await look(agent, inspect, "event-remove")
