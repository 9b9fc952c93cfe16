"""A project comes to its end: a workshop with a method, what remains, and what it taught other villages."""

import sqlite3
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
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
NEXT_WEEK = datetime.now(ZoneInfo("Europe/Paris")) + timedelta(days=7)


def fr(message: str) -> str:
    """What a French page says for this message."""
    with text.speaking("fr"):
        return text.gettext(message)


@pytest.fixture
def village(tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path / "data")
    done = site.command("setup", *SET_UP)
    assert done.returncode == 0, done.stderr
    with site:
        yield site


def was_yesterday(village: Site) -> None:
    """The only event that there is."""
    began = datetime.now(UTC) - timedelta(days=1)
    moments = [str(moment) for moment in (began, began + timedelta(hours=2))]
    with closing(sqlite3.connect(village.data / "lavoir.sqlite3", timeout=20)) as database, database:
        database.execute("UPDATE event SET starts_at = ?, ends_at = ?", moments)


async def test_a_project_ends_and_others_can_begin_from_it(
    village: Site, visit: Visit, inspect: Inspect
) -> None:
    marie = await visit(village.url)
    await marie.go(village.command("sign-in-link", "marie@example.fr").stdout.strip())
    await marie.submit(fr("Come in"))
    project = await send(
        marie,
        "/new/project",
        title="Le Comptoir du lavoir",
        text="Une épicerie, un salon de thé et un atelier.",
        contact_shown="marie@example.fr",
        scope="public",
    )

    await marie.go("/methods")
    await look(marie, inspect, "methods")
    await marie.page.get_by_role("link", name="Les tables qui tournent").click()
    await look(marie, inspect, "method")

    workshop = await send(
        marie,
        f"/new/event?project={project.strip('/')}&method=world-cafe",
        title="Les tables qui tournent",
        text="On vient comme on est.",
        starts=NEXT_WEEK.strftime("%d/%m/%Y"),
        to="20 h",
        place="Salle de l’école",
        scope="public",
        **{"from": "18 h 30"},
    )
    await marie.go(f"{workshop}/kit")
    await look(marie, inspect, "kit")
    await marie.go(f"{workshop}/minutes")
    await expect(marie.page.locator("main")).to_contain_text(
        fr("This has not begun yet. Write down what was said once it has.")
    )
    was_yesterday(village)
    await marie.go(workshop)
    await marie.page.get_by_role("link", name=fr("Write down what was said and decided")).click()
    await marie.page.get_by_label(fr("What was decided")).fill("On repeint en mai.")
    await look(marie, inspect, "minutes")
    await marie.submit(fr("Show it to everybody"))
    await expect(marie.page.locator("main")).to_contain_text("On repeint en mai.")

    await marie.go(f"{project}/closing")
    await marie.page.get_by_label(fr("An association takes over")).check()
    await marie.page.get_by_label(fr("One line of thanks")).fill("Merci à tous.")
    await marie.submit(fr("Close it, and say thank you"))
    await expect(marie.page.locator("main")).to_contain_text(fr("Say whom one can ask from now on."))
    await look(marie, inspect, "closing")
    await marie.page.get_by_label(fr("Whom can one ask from now on?")).fill("Inès, comptoir@example.fr")
    await marie.submit(fr("Close it, and say thank you"))

    await marie.page.get_by_label(fr("How many months did it take?")).fill("18")
    await look(marie, inspect, "write_experience")
    await marie.submit(fr("Share it"))
    await look(marie, inspect, "experience")
    anybody = await visit(village.url)
    await anybody.go(project)
    await expect(anybody.page.locator("main")).to_contain_text("comptoir@example.fr")
    await anybody.go("/experiences")
    await look(anybody, inspect, "experiences")
    await expect(anybody.page.locator("main")).to_contain_text("18 mois")


async def send(author: Visitor, path: str, **fields: str) -> str:
    """Open a form, change these fields, send it; where it leads."""
    await author.go(path)
    form = author.page.locator("main form[method=post]").last
    sent = {
        str(await field.get_attribute("name")): await field.input_value()
        for field in await form.locator("input[type=hidden], select").all()
    }
    target = await form.get_attribute("action") or path.partition("?")[0]
    answer = await author.page.request.post(
        urljoin(author.home, target), form={**sent, **fields}, max_redirects=0
    )
    assert answer.status == 303, await answer.text()
    return answer.headers["location"].partition("?")[0]


async def look(visitor: Visitor, inspect: Inspect, name: str) -> None:
    await inspect(visitor)
    await visitor.picture(name)
