"""What people read about their needs and promises, as it lands in their mailbox."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from urllib.parse import urlsplit

import pytest
import pytest_asyncio

from hub.config import Config
from hub.exchange import actions, pledges
from hub.exchange.models import Pledge, PledgeState, Proposal, State, Voice, Wish
from hub.members.models import Role
from hub.notifications import mails
from hub.notifications.models import Notice
from hub.participants.models import Participant, Person
from hub.publications.models import Kind
from hub.village.models import Village
from tests import factories
from tests.mail import LINK, Mail, Mailbox
from tests.unit.hub.exchange.conftest import PAUL, ROSA, hands, in_days, need
from tests.unit.hub.village.visitors import Browser, Visitors
from tests.unit.hub.village.visitors import visitors as visitors

LUCIE = Person(name="Lucie Moulin", mail="lucie@example.fr")
SECRETS = ("lucie@example.fr", "rosa@example.fr", "12, chemin des Combes")

Posted = Callable[[], Awaitable[dict[str, Mail]]]


@pytest_asyncio.fixture
async def browser(visitors: Visitors, village: Village) -> Browser:
    """Somebody without an account, in front of a village where it is day."""
    await Village.all().update(timezone=factories.zone_at_noon(), phone="04 65 71 20 14")
    return await visitors.browser()


@pytest.fixture
def posted(browser: Browser, database: Config) -> Posted:
    """`await posted()`: the new mail of each reader, of whom nobody gets two at one moment."""
    mailbox = Mailbox(database.data / "mail")

    async def post() -> dict[str, Mail]:
        await factories.do_jobs(mails.deliver)
        found: dict[str, Mail] = {}
        for letter in mailbox.unread():
            mail = mailbox.next(to=letter.to)
            assert mail.to not in found, f"two mails to {mail.to}"
            found[mail.to] = replace(mail, text=plain(mail.text))
        return found

    return post


def plain(text: str) -> str:
    """With spaces as one types them."""
    return text.replace("\N{NO-BREAK SPACE}", " ").replace("\N{NARROW NO-BREAK SPACE}", " ")


def links(mail: Mail, way: str) -> list[str]:
    """Paths of the links that begin so."""
    paths = [urlsplit(link).path for link in LINK.findall(mail.text)]
    return [path for path in paths if path.startswith(way)]


async def test_an_author_without_an_account_learns_what_happens_next_and_gets_their_key(posted):
    wood = await need()
    mail = (await posted())["rosa@example.fr"]
    assert mail.subject == "« Rentrer le bois » est au panneau"
    assert "Personne n’apprend comment vous joindre" in mail.text
    (key,) = links(mail, "/mine/")
    holder = await Participant.of_key(key.removeprefix("/mine/"))
    assert holder is not None
    assert holder.id == wood.owner_id


async def test_a_member_is_not_written_to_about_what_they_just_did(posted):
    rosa = await factories.member("Rosa")
    await need(person=Person(name="Rosa", member_id=rosa.id, mail=rosa.mail))
    assert await posted() == {}


async def test_somebody_new_is_told_that_it_is_read_first_and_agents_are_told_to_read(posted):
    await factories.member("Marie", role=Role.AGENT)
    wood = await need(trusted=False)
    told = await posted()
    assert told["rosa@example.fr"].subject == "La mairie a bien reçu « Rentrer le bois »"
    assert told["marie@example.fr"].subject == "À relire : « Rentrer le bois »"
    assert "> Huit stères devant la maison." in told["marie@example.fr"].text
    await actions.approve(wood, by="Marie")
    assert (await posted())["rosa@example.fr"].subject == "« Rentrer le bois » est au panneau"


async def test_who_is_refused_reads_why_and_whom_to_ask(posted):
    wood = await need(trusted=False)
    await posted()
    await actions.refuse(wood, "La charte :\npas de publicité.", by="Marie")
    mail = (await posted())["rosa@example.fr"]
    assert "> La charte :\n> pas de publicité." in mail.text
    assert "04 65 71 20 14" in mail.text


async def test_a_pledge_reaches_the_author_without_any_contact_and_one_click_says_yes(posted, browser):
    wood = await need()
    await posted()
    lucie = await pledges.pledge(wood, hands(2, message="Je viens\navec une remorque."), LUCIE)
    told = await posted()
    mail = told["rosa@example.fr"]
    assert mail.subject == "Lucie Moulin peut aider : « Rentrer le bois »"
    assert "> Je viens\n> avec une remorque." in mail.text
    assert "Combien : 2 personnes" in mail.text
    assert not any(secret in letter.text for letter in told.values() for secret in SECRETS)
    yes, no = links(mail, "/act/")
    assert (await browser.get(yes)).status_code == 200
    assert (await Pledge.get(id=lucie.id)).state is PledgeState.PROPOSED
    assert "C’est d’accord" in (await browser.post(yes)).text
    assert (await Pledge.get(id=lucie.id)).state is PledgeState.ACCEPTED
    assert (await browser.post(yes)).status_code == 410
    assert (await browser.post(no)).status_code == 410
    assert (await Pledge.get(id=lucie.id)).state is PledgeState.ACCEPTED


async def test_once_both_have_said_yes_each_learns_of_the_other_and_nobody_else_does(posted):
    wood = await need()
    other = await pledges.pledge(wood, hands(), Person(name="Noé", mail="noe@example.fr"))
    lucie = await pledges.pledge(wood, hands(), LUCIE)
    await posted()
    await pledges.accept(lucie)
    told = await posted()
    assert set(told) == {"rosa@example.fr", "lucie@example.fr"}
    owner, helper = told["rosa@example.fr"], told["lucie@example.fr"]
    assert owner.subject == "C’est entendu avec Lucie Moulin : « Rentrer le bois »"
    assert "lucie@example.fr" in owner.text
    assert "1 sur 5 personnes" in owner.text
    assert helper.subject == "Rosa dit oui : « Rentrer le bois »"
    assert "rosa@example.fr" in helper.text
    assert "12, chemin des Combes" in helper.text
    await pledges.decline(other)
    declined = (await posted())["noe@example.fr"]
    assert not any(secret in declined.text for secret in SECRETS)


async def test_a_helper_takes_it_back_with_one_click_and_the_author_hears_that_it_is_open_again(
    posted, browser
):
    wood = await need(wanted=1)
    lucie = await pledges.pledge(wood, hands(), LUCIE)
    await pledges.accept(lucie)
    mail = (await posted())["lucie@example.fr"]
    await browser.post(links(mail, "/act/")[-1])
    assert (await Proposal.get(id=wood.id)).state is State.OPEN
    told = await posted()
    assert set(told) == {"rosa@example.fr"}
    assert told["rosa@example.fr"].subject == "Lucie Moulin ne peut finalement pas : « Rentrer le bois »"


async def test_who_had_promised_is_told_that_nobody_has_to_come(posted):
    wood = await need()
    lucie = await pledges.pledge(wood, hands(), LUCIE)
    await pledges.pledge(wood, hands(), Person(name="Noé", mail="noe@example.fr"))
    await pledges.accept(lucie)
    await posted()
    await actions.close(wood)
    told = await posted()
    assert set(told) == {"lucie@example.fr", "noe@example.fr"}
    assert "vous n’avez pas à venir" in told["lucie@example.fr"].text
    assert "Vous aviez proposé votre aide" in told["noe@example.fr"].text


async def test_thanks_come_in_the_author_s_words_and_marked_as_theirs(posted):
    wood = await need()
    lucie = await pledges.pledge(wood, hands(), LUCIE)
    await pledges.accept(lucie)
    await posted()
    await actions.thank(wood, "Sans vous,\nj'aurais eu froid.")
    mail = (await posted())["lucie@example.fr"]
    assert mail.subject == "Rosa vous remercie : « Rentrer le bois »"
    assert "> Sans vous,\n> j'aurais eu froid." in mail.text


async def test_where_the_town_hall_speaks_nobody_is_named_and_agents_hear_it_too(posted):
    await factories.member("Marie", role=Role.AGENT)
    wood = await need(voice=Voice.TOWN_HALL)
    await posted()
    lucie = await pledges.pledge(wood, hands(), LUCIE)
    told = await posted()
    assert set(told) == {"rosa@example.fr", "lucie@example.fr", "marie@example.fr"}
    assert "Rosa" not in told["lucie@example.fr"].subject + told["lucie@example.fr"].text
    assert len(links(told["marie@example.fr"], "/act/")) == 2
    await pledges.accept(lucie)
    yes = (await posted())["lucie@example.fr"]
    assert yes.subject == "La mairie dit oui : « Rentrer le bois »"
    assert "Rosa" not in yes.text
    assert "rosa@example.fr" not in yes.text
    assert "12, chemin des Combes" in yes.text


async def test_an_agent_who_wrote_for_the_town_hall_is_told_once(posted):
    marie = await factories.member("Marie", role=Role.AGENT)
    await factories.member("Jeanne", role=Role.AGENT)
    person = Person(name="Marie", mail="marie@example.fr", member_id=marie.id)
    wood = await need(voice=Voice.TOWN_HALL, person=person)
    await pledges.accept(await pledges.pledge(wood, hands(), LUCIE))
    told = Notice.filter(kind__in=["pledged", "accepted"], member_id__not_isnull=True)
    expected = [("Jeanne", "accepted"), ("Jeanne", "pledged"), ("Marie", "accepted"), ("Marie", "pledged")]
    assert sorted(await told.values_list("name", "kind")) == expected


async def test_an_offer_has_its_own_words(posted):
    ladder = await need(kind=Kind.OFFER, title="Une échelle", template="")
    await posted()
    await pledges.pledge(ladder, hands(), LUCIE)
    told = await posted()
    assert told["rosa@example.fr"].subject == "Cela intéresse Lucie Moulin : « Une échelle »"


async def test_a_group_learns_only_the_contacts_that_were_given_for_it(posted):
    wood = await need()
    await posted()
    for name, shares in (("Ana", True), ("Noé", False), ("Paul", True)):
        person = Person(name=name, mail=f"{name.lower().replace('é', 'e')}@example.fr")
        await actions.support(wood, person, Wish.TAKE_CHARGE, shares_contact=shares)
    told = await posted()
    assert set(told) == {"ana@example.fr", "noe@example.fr", "paul@example.fr"}
    assert "- Paul, paul@example.fr" in told["ana@example.fr"].text
    assert "noe@example.fr" not in told["ana@example.fr"].text
    assert "- Ana, ana@example.fr" in told["noe@example.fr"].text


async def test_each_reads_their_own_language(posted):
    ana = Person(name="Ana", mail="ana@example.fr", locale="en")
    wood = await need(person=ana)
    await posted()
    await pledges.pledge(wood, hands(), LUCIE)
    told = await posted()
    assert told["ana@example.fr"].subject == "Lucie Moulin can help: “Rentrer le bois”"
    assert told["lucie@example.fr"].subject == "Merci : votre réponse à « Rentrer le bois » est arrivée"


async def test_who_has_a_telephone_only_is_called_for_what_matters(posted):
    wood = await need(person=Person(name="Mme Blanc", phone="04 65 71 20 31"))
    assert not await Notice.filter(call_after__not_isnull=True).exists()
    await pledges.pledge(wood, hands(), PAUL)
    assert await posted() == {}
    call = await Notice.get(call_after__not_isnull=True)
    assert (call.name, call.phone) == ("Mme Blanc", "04 65 71 20 31")


async def test_somebody_elsewhere_is_never_written_to_from_here(posted):
    from tests.unit.hub.announcements.conftest import ana

    wood = await need()
    theirs = await pledges.receive_pledge(wood, hands(), await ana(), uri="https://social.example/offers/1")
    assert theirs is not None
    await pledges.accept(theirs)
    await factories.do_jobs(pledges.tell_agreed)
    told = await posted()
    assert set(told) == {"rosa@example.fr"}
    assert "@ana@social.example" in told["rosa@example.fr"].text


async def test_what_somebody_wrote_cannot_pretend_to_be_a_header_or_our_words(posted):
    wood = await need(title="Bois\r\nBcc: all@example.fr", person=ROSA)
    await posted()
    words = "--\nhttps://evil.example/act/xyz\nYes, thank you:"
    await pledges.pledge(
        wood, hands(message=words), Person(name="Eve\nBcc: x@example.fr", mail="eve@example.fr")
    )
    mail = (await posted())["rosa@example.fr"]
    assert mail.message["Bcc"] is None
    assert "\n> https://evil.example/act/xyz" in mail.text


async def test_what_is_not_durable_is_not_said(posted):
    from hub.db import transaction

    wood = await need()
    await posted()
    with pytest.raises(RuntimeError):
        async with transaction():
            await pledges.pledge(wood, hands(), LUCIE)
            raise RuntimeError
    assert await posted() == {}
    assert await Notice.filter(kind="pledged").count() == 0


async def test_a_need_in_two_days_is_urgent_whatever_the_rhythm(posted):
    from hub.members.models import Rhythm

    rosa = await factories.member("Rosa", own_rhythm=Rhythm.WEEKLY)
    person = Person(name="Rosa", member_id=rosa.id, mail=rosa.mail)
    soon = await need(person=person, starts_at=in_days(1), ends_at=in_days(1, 12))
    later = await need(person=person, title="Plus tard")
    await pledges.pledge(soon, hands(), PAUL)
    await pledges.pledge(later, hands(), PAUL)
    told = await posted()
    assert told["rosa@example.fr"].subject == "Paul peut aider : « Rentrer le bois »"
