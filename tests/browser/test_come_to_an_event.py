"""People come to a meal with roles: a place, the waiting list, leaving, the lists of the team, the door."""

import re
from collections.abc import Awaitable, Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urljoin
from zoneinfo import ZoneInfo

import pytest
from playwright.async_api import expect

from hub import text
from tests.browser.conftest import Visit
from tests.browser.visitor import Visitor
from tests.site import Site

Inspect = Callable[[Visitor], Awaitable[None]]

SET_UP = ("--insee", "26046", "--admin-email", "marie@example.fr", "--publisher", "Claire Auzias")
PRIVATE = "Chez Jeanne, derrière l’église"
SOON = datetime.now(ZoneInfo("Europe/Paris")) + timedelta(days=1)


def fr(message: str) -> str:
    """What a French page says for this message."""
    with text.speaking("fr"):
        return text.gettext(message)


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


async def announce(author: Visitor) -> str:
    """A meal tomorrow for two people at most, with a driver; its path."""
    await author.go("/new/event")
    token = await author.page.locator("main form [name=_token]").first.get_attribute("value") or ""
    form = {
        "_token": token,
        "go": "publish",
        "title": "Un repas pour qui ne sort plus",
        "text": "On cuisine ensemble le matin, on porte les repas à midi.",
        "starts": SOON.strftime("%d/%m/%Y"),
        "from": "10 h",
        "to": "14 h",
        "place": "Cuisine de la salle des fêtes",
        "join": "free",
        "capacity": "2",
        "shift1_name": "Porter les repas",
        "shift1_wanted": "1",
        "shift1_place": PRIVATE,
        "contributions": "Une salade\nUn gâteau",
        "as": "self",
        "scope": "public",
    }
    sent = await author.page.request.post(urljoin(author.home, "/new/event"), form={**form}, max_redirects=0)
    assert sent.status == 303, await sent.text()
    return sent.headers["location"].partition("?")[0]


async def look(visitor: Visitor, inspect: Inspect, name: str) -> None:
    await inspect(visitor)
    await visitor.picture(name)


async def come(visitor: Visitor, path: str, name: str, contact: str, *, button: str, shift: str = "") -> str:
    """Fill in the form on the page, as somebody from the street; the address of their link."""
    await visitor.go(path)
    form = visitor.page.locator("#coming")
    await form.locator("[name=name]").fill(name)
    await form.locator("[name=contact]").fill(contact)
    if shift:
        await form.get_by_label(re.compile(shift)).check()
        await form.get_by_label("Une salade").check()
    await visitor.submit(fr(button))
    return visitor.page.url.removeprefix(visitor.home).partition("?")[0]


async def test_people_take_a_role_wait_move_up_leave_and_are_there(
    village: Site, visit: Visit, inspect: Inspect
) -> None:
    author = await marie(village, visit)
    path = await announce(author)
    lucie, paul, ines = [await visit(village.url) for _ in range(3)]

    await lucie.go(path)
    await look(lucie, inspect, "event-coming")
    await expect(lucie.page.locator("main")).not_to_contain_text(PRIVATE)
    await lucie.submit(fr("I am coming"))
    await expect(lucie.page.get_by_role("alert")).to_contain_text(fr("Write something here."))
    await look(lucie, inspect, "event-coming-error")
    hers = await come(
        lucie, path, "Lucie Moulin", "lucie@example.fr", button="I am coming", shift="Porter les repas"
    )
    main = lucie.page.locator("main")
    await expect(main).to_contain_text(fr("You have a place"))
    await expect(main).to_contain_text(PRIVATE)  # it is tomorrow
    await look(lucie, inspect, "event-place")

    his = await come(paul, path, "Paul", "06 12 34 56 78", button="I am coming")
    await expect(paul.page.locator("main")).not_to_contain_text(PRIVATE)
    await come(ines, path, "Inès", "ines@example.fr", button="Put me on the waiting list")
    await expect(ines.page.locator("main")).to_contain_text(fr("On the waiting list"))
    await look(ines, inspect, "event-waiting")

    await author.go(f"{path}/team")
    for expected in ("Lucie Moulin", "lucie@example.fr", "Une salade", PRIVATE):
        await expect(author.page.locator("main")).to_contain_text(expected)
    await author.page.get_by_label(fr("A note for the team")).fill("Penser aux glacières.")
    await author.submit(fr("Note it"))
    await look(author, inspect, "event-team")

    await paul.go(his)
    await paul.submit(fr("I cannot come after all"))
    await look(paul, inspect, "event-left")
    await ines.page.reload()
    await expect(ines.page.locator("main")).to_contain_text(fr("You have a place"))

    await author.go(f"{path}/team")
    await expect(author.page.locator("main")).not_to_contain_text("06")
    await author.page.get_by_label(f"{fr('Was there')} Lucie Moulin").check()
    await author.submit(fr("Note who was there"))
    await expect(author.page.get_by_label(f"{fr('Was there')} Lucie Moulin")).to_be_checked()
    for paper in ("sheet", "brings", "door"):
        await author.go(f"{path}/team/{paper}")
        await look(author, inspect, f"event-paper-{paper}")
    door = await author.page.locator("main .handle").inner_text()
    await ines.go(door)
    await look(ines, inspect, "event-door")
    await lucie.go(hers)
    await expect(main).to_contain_text(fr("You were there."))
