"""Somebody without an account reports; an agent hides from the mail and decides; the author contests."""

import os
import re
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Visit
from tests.browser.test_news import SET_UP, fr
from tests.browser.visitor import Visitor
from tests.mail import LINK
from tests.site import ROOT, Site

Inspect = Callable[[Visitor], Awaitable[None]]

TITLE = "Tailler la haie de mon voisin"

# What people did before, by the same actions as the pages; how the pages do it is tested elsewhere.
BEFORE = """
import asyncio, sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from hub.actors.minting import use_origin
from hub.config import Config
from hub.db import close_database, open_database
from hub.exchange.actions import publish_proposal
from hub.exchange.models import ProposalDraft
from hub.members.actions import add_member
from hub.members.models import Role
from hub.participants.models import Person
from hub.publications.models import Kind, Scope
from hub.village.models import Village

async def before(data, origin, title):
    use_origin(origin)
    await open_database(Config(data=data))
    try:
        await fill_in(title)
    finally:  # its threads would keep the process
        await close_database()

async def fill_in(title):
    await add_member("Nadia", mail="nadia@example.fr", role=Role.AGENT, locale="fr", trusted=True)
    await add_member("Un nom qui est long comme un jour sans pain", mail="long@example.fr", trusted=True)
    ahead = 12 - datetime.now(UTC).hour  # it is noon here: no quiet hours, whenever the test runs
    await Village.filter(id=1).update(timezone=f"Etc/GMT{-ahead:+d}" if ahead else "Etc/GMT")
    soon = datetime.now(UTC) + timedelta(days=7)
    draft = ProposalDraft(kind=Kind.NEED, title=title, text="Il ne le fait jamais, ce fainéant.",
        scope=Scope.PUBLIC, wanted=2, unit="personnes", starts_at=soon, ends_at=soon + timedelta(hours=2))
    rosa = Person(name="Rosa", mail="rosa@example.fr", locale="fr")
    need = await publish_proposal(draft, rosa, trusted=True)
    print(need.publication.code)

asyncio.run(before(Path(sys.argv[1]), sys.argv[2], sys.argv[3]))
"""


@pytest.fixture
def village(tmp_path: Path) -> Iterator[Site]:
    """A village with Marie as its administrator."""
    site = Site(tmp_path / "data")
    done = site.command("setup", *SET_UP)
    assert done.returncode == 0, done.stderr
    with site:
        yield site


def what_was_before(village: Site) -> str:
    """Nadia is an agent, and Rosa has hung up a need; its code."""
    done = subprocess.run(
        [sys.executable, "-c", BEFORE, str(village.data), village.url, TITLE],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


async def sign_in(village: Site, visit: Visit, mail: str) -> Visitor:
    visitor = await visit(village.url)
    await visitor.go(village.command("sign-in-link", mail).stdout.strip())
    await visitor.submit(fr("Come in"))
    return visitor


def mail_about(village: Site, to: str, word: str) -> str:
    """The text of the next mail to this person that has the word in its subject."""
    while True:
        letter = village.mailbox.next(to=to)
        if word in letter.subject:
            return letter.text


def link_in(text: str, path: str) -> str:
    return next(link for link in LINK.findall(text) if path in link)


async def fill(visitor: Visitor, **fields: str) -> None:
    for name, words in fields.items():
        await visitor.page.locator(f"[name={name}]").fill(words)


async def test_what_should_not_be_here_is_reported_hidden_decided_and_contested(
    village: Site, visit: Visit, inspect: Inspect
) -> None:
    code = what_was_before(village)
    paul, marie = await visit(village.url), await sign_in(village, visit, "marie@example.fr")
    number = await report(paul, code, inspect)
    alarm = mail_about(village, "marie@example.fr", "Un signalement à lire")
    assert "mon voisin" in alarm
    await hide_from_the_mail(await visit(village.url), alarm, inspect)
    gone = await paul.go(f"/{code}")
    assert gone.status == 404
    await decide(marie, inspect)

    outcome = mail_about(village, "paul@example.fr", "ce qui a été décidé")
    assert "Ce n’est plus montré" in outcome
    await paul.go(link_in(outcome, f"/report/{number}"))
    await expect(paul.page.locator("main")).to_contain_text("Il traite quelqu’un de fainéant.")
    await inspect(paul)

    notice = mail_about(village, "rosa@example.fr", "À propos de ce que vous avez publié")
    assert "Paul" not in notice
    await contest(await visit(village.url), link_in(notice, "/contest/"), inspect)
    nadia = await sign_in(village, visit, "nadia@example.fr")
    await settle(marie, nadia, inspect)
    shown = await paul.go(f"/{code}")
    assert shown.status == 200
    second = mail_about(village, "rosa@example.fr", "À propos de ce que vous avez publié")
    assert "encore une fois" in second
    for path in (
        "/transparency",
        "/moderation/journal",
        "/moderation/cases?show=decided",
        "/moderation/cases",
    ):
        await marie.go(path)
        await inspect(marie)
        await marie.picture("moderation" + re.sub(r"[^a-z]+", "-", path))
    await assert_tabs_stay_where_they_are(marie)


async def assert_tabs_stay_where_they_are(marie: Visitor) -> None:
    """Whoever goes from one to the next finds them under the same finger."""
    tabs = marie.page.get_by_role("navigation", name=fr("Read and decide"))
    paths = [await tab.get_attribute("href") for tab in await tabs.get_by_role("link").all()]
    for width in (390, 1280):
        async with marie.as_wide_as(width):
            places = set()
            for path in paths:
                await marie.go(str(path))
                box = await tabs.bounding_box()
                assert box is not None
                places.add((box["x"], box["width"], box["height"]))
            assert len(places) == 1, f"at {width} px: {places}"


async def report(paul: Visitor, code: str, inspect: Inspect) -> str:
    """By the link at the foot of the page; the number that he is told."""
    await paul.go(f"/{code}")
    await paul.page.locator("footer").get_by_role("link", name=fr("Report something")).click()
    await expect(paul.page.locator("[name=what]")).to_have_value(f"/{code}")
    await inspect(paul)
    await paul.submit(fr("Send the report"))
    await expect(paul.page.get_by_role("alert")).to_be_visible()
    await inspect(paul)
    await paul.picture("moderation-report-errors")
    await paul.page.get_by_label(fr("It hurts, insults or threatens somebody")).check()
    await fill(paul, explanation="Il m’insulte.", name="Paul", contact="paul@example.fr")
    await paul.page.locator("[name=good_faith]").check()
    await paul.picture("moderation-report")
    await paul.submit(fr("Send the report"))
    await expect(paul.page.get_by_role("status")).to_contain_text(fr("Thank you. Your report has arrived."))
    await inspect(paul)
    await paul.picture("moderation-number")
    return paul.page.url.partition("?")[0].rpartition("/")[2]


async def hide_from_the_mail(somebody: Visitor, alarm: str, inspect: Inspect) -> None:
    """On a telephone that is not signed in."""
    await somebody.go(link_in(alarm, "/act/"))
    await inspect(somebody)
    await somebody.picture("moderation-act")
    await somebody.submit(fr("Hide it now, decide later"))
    await expect(somebody.page.locator("main")).to_contain_text(
        fr("It is hidden. Now there is time to decide, with a reason.")
    )
    await inspect(somebody)


async def decide(marie: Visitor, inspect: Inspect) -> None:
    await marie.go("/me")
    await marie.page.get_by_role("link", name=re.compile("1 signalement à décider")).click()
    await inspect(marie)
    await marie.picture("moderation-cases")
    await marie.page.get_by_role("link", name=TITLE).click()
    await expect(marie.page.locator("main")).to_contain_text("Paul, paul@example.fr")
    await inspect(marie)
    await marie.picture("moderation-case")
    await marie.submit(fr("Decide, and tell them"))
    await expect(marie.page.get_by_role("alert")).to_be_visible()
    await inspect(marie)
    await marie.page.get_by_label(fr("It is no longer shown"), exact=True).check()
    await fill(marie, rule="ligne 2", reason="Il traite quelqu’un de fainéant.")
    await marie.submit(fr("Decide, and tell them"))
    await expect(marie.page.get_by_role("status")).to_be_visible()
    await inspect(marie)


async def contest(rosa: Visitor, link: str, inspect: Inspect) -> None:
    await rosa.go(link)
    await expect(rosa.page.locator("main")).to_contain_text("Il traite quelqu’un de fainéant.")
    await inspect(rosa)
    await rosa.picture("moderation-contest")
    await fill(rosa, words="C’est pour rire, il est d’accord.")
    await rosa.submit(fr("Contest the decision"))
    await expect(rosa.page.get_by_role("status")).to_be_visible()
    await inspect(rosa)


async def settle(marie: Visitor, nadia: Visitor, inspect: Inspect) -> None:
    """By Nadia, for Marie decided first."""
    await marie.go("/moderation/cases?show=contested")
    await inspect(marie)
    await marie.page.get_by_role("link", name=TITLE).click()
    await expect(marie.page.locator("main")).to_contain_text("Quelqu’un d’autre à la mairie le fait.")
    await nadia.go(marie.page.url)
    await inspect(nadia)
    await nadia.page.get_by_label(fr("It stays"), exact=True).check()
    await fill(nadia, reason="Le voisin l’a confirmé.")
    await nadia.submit(fr("Decide, and tell them"))
    await expect(nadia.page.get_by_role("status")).to_be_visible()
    await inspect(nadia)
    await nadia.picture("moderation-settled")
