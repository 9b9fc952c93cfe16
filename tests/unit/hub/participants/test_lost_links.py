"""Somebody who takes part without an account, lost the mail, and asks for a link where one signs in."""

from dataclasses import replace
from time import time

import pytest

from hub import limits
from hub.config import Config
from hub.exchange import actions, pledges
from hub.exchange.models import PledgeDraft, Proposal, ProposalDraft
from hub.members import actions as members
from hub.members import mails
from hub.members.models import Role
from hub.participants.ageing import forget_people
from hub.participants.lost_links import mail_links
from hub.participants.models import Participant, Person
from hub.publications.models import Kind
from tests import factories, others
from tests.mail import LINK, Mailbox
from tests.unit.hub.village.visitors import Visitors, words

LUCIE = Person(name="Lucie", mail="lucie@example.fr", locale="fr")


@pytest.fixture
def mailbox(database: Config, visitors: Visitors) -> Mailbox:
    return Mailbox(database.data / "mail")


@pytest.fixture
async def browser(visitors: Visitors):
    return await visitors.browser()


async def need(title: str) -> Proposal:
    rosa = Person(name="Rosa", phone="06 12 34 56 78")
    return await actions.publish_proposal(
        ProposalDraft(kind=Kind.NEED, title=title, text="Huit stères.", wanted=2), rosa, trusted=True
    )


async def ask(browser, address: str) -> str:
    """What the page says after it."""
    answer = await browser.post("/sign-in", contact=address)
    assert answer.status_code == 303
    await factories.do_jobs(mail_links, mails.sign_in_link)
    return words(await browser.get(answer.headers["location"]))


def paths_in(text: str) -> list[str]:
    return [link.partition("localhost:8000")[2] for link in LINK.findall(text)]


async def test_they_get_their_own_link_to_each_thing_that_they_take_part_in(browser, mailbox):
    await pledges.pledge(await need("Rentrer le bois"), PledgeDraft(), LUCIE)
    await pledges.pledge(await need("Garder le chat"), PledgeDraft(), LUCIE)
    await ask(browser, "Lucie@Example.fr")
    mail = mailbox.next(to="lucie@example.fr", within=1)
    assert "Bonjour Lucie" in mail.text
    cat, wood = paths_in(mail.text)
    assert mail.text.count("Depuis le ") == 2
    for path, title in ((wood, "Rentrer le bois"), (cat, "Garder le chat")):
        assert title in mail.text
        assert title in words(await browser.get(path))
    assert "Garder le chat" not in words(await browser.get(wood))


async def test_the_page_says_the_same_to_everybody_and_only_who_takes_part_gets_a_mail(browser, mailbox):
    await factories.member("Paul")
    await pledges.pledge(await need("Rentrer le bois"), PledgeDraft(), LUCIE)
    said = {await ask(browser, f"{name}@example.fr") for name in ("lucie", "paul", "nobody")}
    assert len(said) == 1
    assert sorted(mail.to for mail in mailbox.unread()) == ["lucie@example.fr", "paul@example.fr"]


async def test_who_has_an_account_too_gets_the_usual_mail(browser, mailbox):
    lucie = await factories.member("Lucie")
    await pledges.pledge(await need("Rentrer le bois"), PledgeDraft(), LUCIE)
    await ask(browser, lucie.mail)
    assert "/sign-in/" in mailbox.next(to=lucie.mail, within=1).link
    assert mailbox.unread() == []


async def test_an_address_that_only_looks_like_theirs_opens_nothing(browser, mailbox):
    """In capitals `ı` is the I of any `i`, to a database: another domain, and somebody else's."""
    await pledges.pledge(
        await need("Rentrer le bois"), PledgeDraft(), replace(LUCIE, mail="lucie@mail.example")
    )
    await pledges.pledge(
        await need("Garder le chat"), PledgeDraft(), replace(LUCIE, mail="lucie@maıl.example")
    )
    await ask(browser, "lucie@maıl.example")
    [path] = paths_in(mailbox.next(to="lucie@xn--mal-kua.example", within=1).text)
    assert "Garder le chat" in words(await browser.get(path))


async def test_adm_03_an_account_that_is_suspended_gets_none(browser, mailbox):
    lucie = await factories.member("Lucie")
    await pledges.pledge(await need("Rentrer le bois"), PledgeDraft(), LUCIE)
    await members.suspend(lucie.id, await factories.member("Claire", role=Role.ADMINISTRATOR))
    await ask(browser, lucie.mail)
    assert mailbox.unread() == []


async def test_who_helps_from_another_hub_finds_their_links_there(browser, mailbox):
    made = await pledges.pledge(await need("Rentrer le bois"), PledgeDraft(), LUCIE)
    elsewhere = await others.somebody("val", "val.example")
    await Participant.filter(id=made.participant_id).update(actor_id=elsewhere.id)
    await ask(browser, "lucie@example.fr")
    assert mailbox.unread() == []


async def test_links_are_not_asked_for_without_end(browser, mailbox):
    await pledges.pledge(await need("Rentrer le bois"), PledgeDraft(), LUCIE)
    for _ in range(limits.LINKS_PER_MAIL.burst):
        await ask(browser, "lucie@example.fr")
    assert (await browser.post("/sign-in", contact="lucie@example.fr")).status_code == 429


async def test_nothing_goes_to_who_was_forgotten_nor_long_after_it_was_asked_for(browser, mailbox):
    made = await pledges.pledge(await need("Rentrer le bois"), PledgeDraft(), LUCIE)
    await mail_links("lucie@example.fr", asked_at=time() - limits.LINK_MINUTES * 60 - 1)
    participant = await Participant.get(id=made.participant_id)
    await forget_people([participant.id], participant.made_at)
    await ask(browser, "lucie@example.fr")
    assert mailbox.unread() == []
