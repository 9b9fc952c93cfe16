"""What somebody is told: by a mail whose link asks once, on their page, and by a call."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from playwright.async_api import expect

from hub import text
from hub.app import build_app
from hub.config import Config
from hub.db import close_database, open_database
from hub.exchange import actions, pledges
from hub.exchange.models import PledgeDraft, ProposalDraft
from hub.exchange.templates import establish_templates
from hub.members.models import Member
from hub.participants.models import Person
from hub.publications.models import Kind
from hub.village.models import Village
from tests import factories
from tests.browser.conftest import Visit
from tests.browser.visitor import Visitor
from tests.mail import Mail
from tests.site import Site

Inspect = Callable[[Visitor], Awaitable[None]]

SET_UP = ("--insee", "26046", "--admin-email", "marie@example.fr", "--publisher", "Claire Auzias")


def fr(message: str) -> str:
    """What a French page says for this message."""
    with text.speaking("fr"):
        return text.gettext(message)


@pytest.fixture
def village(tmp_path: Path) -> Iterator[Site]:
    """Marie and Mme Blanc, who has a telephone only, need a hand; it is noon, so that mails go out."""
    site = Site(tmp_path / "data")
    assert site.command("setup", *SET_UP).returncode == 0
    asyncio.run(fill(Config(data=tmp_path / "data", origin=site.url)))
    with site:
        yield site


async def fill(config: Config) -> None:
    build_app(config)
    await open_database(config)
    await establish_templates()
    await Village.all().update(timezone=factories.zone_at_noon(), phone="04 65 71 20 14")
    marie = await Member.get(mail="marie@example.fr")
    await Member.filter(id=marie.id).update(name="Marie")
    wood = await need("Rentrer le bois", Person(name="Marie", member_id=marie.id, mail=marie.mail))
    ride = await need("Aller au marché", Person(name="Mme Blanc", phone="04 65 71 20 31"))
    for proposal in (wood, ride):
        lucie = Person(name="Lucie Moulin", mail="lucie@example.fr")
        await pledges.pledge(proposal, PledgeDraft(message="Je peux samedi, avec la remorque."), lucie)
    await close_database()


async def need(title: str, person: Person):  # type: ignore[no-untyped-def]
    draft = ProposalDraft(kind=Kind.NEED, title=title, text="…", wanted=2, unit="personnes", area="Les Aires")
    return await actions.publish_proposal(draft, person, trusted=True)


async def marie(village: Site, visit: Visit) -> Visitor:
    visitor = await visit(village.url)
    await visitor.go(village.command("sign-in-link", "marie@example.fr").stdout.strip())
    await visitor.submit(fr("Come in"))
    return visitor


async def next_mail(village: Site) -> Mail:
    return await asyncio.to_thread(village.mailbox.next, to="marie@example.fr")


async def test_a_link_of_a_mail_asks_once_and_does_it(village: Site, visit: Visit, inspect: Inspect) -> None:
    await next_mail(village)  # her link to sign in
    mail = await next_mail(village)
    assert mail.subject == "Lucie Moulin peut aider : « Rentrer le bois »"
    visitor = await visit(village.url)
    await visitor.go(mail.link)
    await inspect(visitor)
    await visitor.picture("act")
    await visitor.submit(fr("Yes, thank you"))
    await expect(visitor.page.get_by_role("status")).to_contain_text("C’est d’accord.")
    await inspect(visitor)
    await visitor.go(mail.link)
    await expect(visitor.page.locator("h1")).to_have_text(fr("This link no longer works"))
    await inspect(visitor)
    agreed = await next_mail(village)
    assert "lucie@example.fr" in agreed.text
    await visitor.go(agreed.message["List-Unsubscribe"].strip("<>"))
    await inspect(visitor)
    await visitor.picture("stop")
    await visitor.submit(fr("No more mails"))
    await expect(visitor.page.get_by_role("status")).to_contain_text("ne vient plus par mail")
    await inspect(visitor)


async def test_one_reads_what_one_was_told_and_calls_who_has_no_mail(
    village: Site, visit: Visit, inspect: Inspect
) -> None:
    visitor = await marie(village, visit)
    await visitor.go("/me")
    await inspect(visitor)
    await visitor.picture("me-rhythms")
    await visitor.page.get_by_role("main").get_by_role("link", name=fr("What you were told")).click()
    await expect(visitor.page.get_by_role("main")).to_contain_text("Lucie Moulin peut aider")
    await inspect(visitor)
    await visitor.picture("notices")
    await visitor.go("/calls")
    await expect(visitor.page.locator("h1")).to_contain_text("À appeler : 1")
    await inspect(visitor)
    await visitor.picture("calls")
    await visitor.submit("Oui, merci : Mme Blanc")
    await expect(visitor.page.get_by_role("main")).to_contain_text("Pour joindre Lucie Moulin")
    await visitor.submit("Prévenue : Mme Blanc")
    await expect(visitor.page.get_by_role("main")).to_contain_text(fr("Nobody waits for a call."))
    await inspect(visitor)
