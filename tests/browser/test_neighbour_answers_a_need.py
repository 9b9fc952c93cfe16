"""A need is answered, covered, opened again, thanked; an offer of housing fills up: in each way."""

from collections.abc import Awaitable, Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urljoin
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
HOUSE = "Deux chambres pour un soignant de passage"
PLACE = "12, chemin des Combes"


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


async def publish(author: Visitor, kind: str, **fields: str) -> str:
    """Its path; how the form looks on its three screens is told in test_publish_a_need.py."""
    await author.go(f"/new/{kind}")
    token = await author.page.locator("main form [name=_token]").get_attribute("value") or ""
    form = {"_token": token, "go": "publish", "text": "Gants fournis, gâteau aussi.", "scope": "public"}
    usual = {"area": "Hameau des Combes", "place": PLACE, "as": "self"}
    sent = await author.page.request.post(
        urljoin(author.home, f"/new/{kind}"), form={**form, **usual, **fields}, max_redirects=0
    )
    assert sent.status == 303, await sent.text()
    return sent.headers["location"].partition("?")[0]


async def answer(neighbour: Visitor, path: str, name: str, contact: str, **fields: str) -> str:
    """Fill in the form on the page, as somebody from the street; the address of their link."""
    await neighbour.go(path)
    await neighbour.page.locator("[name=name]").fill(name)
    await neighbour.page.locator("[name=contact]").fill(contact)
    for field, value in fields.items():
        if field.endswith("night"):
            await neighbour.page.locator(f"[name={field}]").select_option(index=int(value))
        else:
            await neighbour.page.locator(f"[name={field}]").fill(value)
    button = fr("I can help") if "first_night" not in fields else fr("That interests me")
    await neighbour.submit(button)
    return neighbour.page.url.removeprefix(neighbour.home).partition("?")[0]


async def look(visitor: Visitor, inspect: Inspect, name: str) -> None:
    await inspect(visitor)
    await visitor.picture(name)


async def press(author: Visitor, deed: str, name: str, *, fold: str = "", **words: str) -> None:
    """Press a button of the author's page that is about `name`."""
    card = author.page.locator("li.sheet").filter(has_text=name)
    if fold:
        await card.locator("summary", has_text=fold).click()
    for field, value in words.items():
        await card.locator("details[open]").locator(f"[name={field}]").fill(value)
    async with author.page.expect_navigation():
        await card.locator(f"button[value={deed}]").locator("visible=true").click()


@pytest.mark.parametrize("way", BOTH_ENDS, ids=lambda way: way.name)
async def test_a_need_is_answered_covered_opened_again_and_thanked(
    village: Site, visit: Visit, inspect: Inspect
) -> None:
    author = await marie(village, visit)
    path = await publish(
        author, "need", title=TITLE, template="hand", wanted="2", unit="personnes", starts=in_days(7)
    )
    lucie, paul, ines = [await visit(village.url) for _ in range(3)]

    await lucie.go(path)
    await look(lucie, inspect, "neighbour-need")
    await lucie.submit(fr("I can help"))
    await expect(lucie.page.get_by_role("alert")).to_contain_text(fr("Write something here."))
    await look(lucie, inspect, "neighbour-error")
    link = await answer(lucie, path, "Lucie Martel", "06 12 34 56 78", message="Je viens avec mes gants.")
    await expect(lucie.page.locator("main")).to_contain_text(fr("Waits for an answer"))
    await expect(lucie.page.locator("main")).not_to_contain_text(PLACE)
    await look(lucie, inspect, "neighbour-link")
    his = await answer(paul, path, "Paul", "paul@example.fr", message="Moi aussi.")
    hers = await answer(ines, path, "Inès", "ines@example.fr")

    await author.go(f"{path}/manage")
    await expect(author.page.locator("main")).not_to_contain_text("paul@example.fr")
    await look(author, inspect, "author-answers")
    await press(author, "accept", "Lucie")
    await press(author, "decline", "Paul", fold=fr("No, thank you"), reason="Nous sommes assez, merci.")
    await look(author, inspect, "author-decided")
    await expect(author.page.locator("main")).to_contain_text("06 12 34 56 78".replace(" ", "\u00a0"))
    await expect(author.page.locator("main")).not_to_contain_text("paul@example.fr")

    await paul.go(his)
    await expect(paul.page.locator("main")).to_contain_text("Nous sommes assez, merci.")
    await expect(paul.page.locator("main")).not_to_contain_text(PLACE)
    await look(paul, inspect, "neighbour-declined")
    await lucie.go(link)
    await expect(lucie.page.locator("main")).to_contain_text(PLACE)
    await look(lucie, inspect, "neighbour-accepted")

    await press(author, "accept", "Inès")
    await paul.go(path)
    await expect(paul.page.locator("article .pill").first).to_have_text(fr("Covered"))
    await expect(paul.page.locator("[name=contact]")).to_have_count(0)
    await look(paul, inspect, "need-covered")

    await lucie.page.locator("summary").click()
    await lucie.submit(fr("Take it back"))
    await expect(lucie.page.get_by_role("status")).to_be_visible()
    await look(lucie, inspect, "neighbour-withdrawn")
    await paul.go(path)
    await expect(paul.page.locator(".tl")).to_contain_text(fr("Open again, somebody cannot come"))
    await expect(paul.page.locator("article .pill").first).to_have_text(fr("Under way"))
    await look(paul, inspect, "need-open-again")

    await ines.go(hers)
    await ines.submit(fr("It was done"))
    await author.go(f"{path}/manage")
    await author.page.locator("[name=thanks]").fill("Merci à vous : le bois est au sec !")
    await author.submit(fr("It is done, thank you"))
    await look(author, inspect, "author-thanked")
    await paul.go(path)
    await expect(paul.page.locator("article").first).to_contain_text("le bois est au sec")
    await expect(paul.page.locator("article .pill").first).to_have_text(fr("Thanked"))
    await look(paul, inspect, "need-thanked")


async def test_somebody_shares_the_need_and_wants_to_look_after_it(
    village: Site, visit: Visit, inspect: Inspect
) -> None:
    author, lea = await marie(village, visit), await visit(village.url)
    path = await publish(author, "need", title=TITLE, template="hand", wanted="2", unit="personnes")
    await lea.go(path)
    await lea.page.get_by_role("link", name=fr("I want to look after it")).click()
    await look(lea, inspect, "support")
    await lea.page.locator("[name=name]").fill("Léa")
    await lea.page.locator("[name=contact]").fill("lea@example.fr")
    await lea.submit(fr("Count me in"))
    await expect(lea.page.get_by_role("status")).to_be_visible()
    await expect(lea.page.locator("main")).to_contain_text("une veut s’en occuper")
    await inspect(lea)
    await author.go("/mine")
    await expect(author.page.get_by_role("link", name=TITLE)).to_be_visible()
    await look(author, inspect, "mine")


async def test_an_offer_of_housing_is_full_for_its_nights(
    village: Site, visit: Visit, inspect: Inspect
) -> None:
    author, nurse = await marie(village, visit), await visit(village.url)
    nights = {"starts": in_days(10), "ends": in_days(12)}
    path = await publish(author, "offer", title=HOUSE, template="housing", wanted="1", unit="lits", **nights)
    await nurse.go(path)
    await look(nurse, inspect, "housing")
    await answer(nurse, path, "Anne", "anne@example.fr", first_night="1", last_night="2")
    await author.go(f"{path}/manage")
    await press(author, "accept", "Anne")
    await look(author, inspect, "housing-author")
    await nurse.go(path)
    await expect(nurse.page.locator("article .meta li", has_text=fr("full"))).to_have_count(1)
    await look(nurse, inspect, "housing-some-full")
    await answer(nurse, path, "Zoé", "zoe@example.fr", first_night="1", last_night="1")
    await author.go(f"{path}/manage")
    await press(author, "accept", "Zoé")
    await nurse.go(path)
    await expect(nurse.page.locator("article .pill").first).to_have_text(fr("Full"))
    await expect(nurse.page.locator("main")).to_contain_text(fr("Full for all its nights."))
    await look(nurse, inspect, "housing-full")


async def test_a_gift_of_money_leaves_the_site_with_a_word(
    village: Site, visit: Visit, inspect: Inspect
) -> None:
    author, giver = await marie(village, visit), await visit(village.url)
    facts = {"beneficiary": "Les amis de la chapelle", "link": "https://dons.example/toit"}
    path = await publish(author, "need", title="Un toit pour la chapelle", template="donation", **facts)
    await giver.go(path)
    await look(giver, inspect, "gift")
    await giver.page.get_by_role("link", name=fr("Go to the page for gifts")).click()
    await expect(giver.page.locator("main")).to_contain_text("Les amis de la chapelle")
    await look(giver, inspect, "gift-leaving")
