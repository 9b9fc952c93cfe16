"""What people read about projects in their mailbox, and what one click in a mail does."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
import pytest_asyncio

from hub.config import Config
from hub.exchange.actions import support
from hub.exchange.models import Wish
from hub.exchange.templates import establish_templates
from hub.members.models import Role
from hub.notifications import mails
from hub.notifications.actions import act_by_call
from hub.notifications.models import Notice
from hub.notifications.people import Holder
from hub.organisations.actions import list_organisation
from hub.organisations.models import Kind, OrganisationDraft
from hub.participants.models import Participant, Person
from hub.projects import actions, ageing, invitations, membership, work
from hub.projects.invitations import asked_by, begin_together, invite
from hub.projects.models import (
    Answer,
    Closing,
    Contributor,
    ContributorDraft,
    DateOption,
    HeardNeed,
    Invited,
    Part,
    Project,
    ProjectDraft,
    Remains,
    Sort,
    Stage,
)
from hub.village.models import Village
from tests import factories
from tests.mail import LINK, Mail, Mailbox
from tests.unit.hub.exchange.conftest import need
from tests.unit.hub.projects.conftest import PAUL, project
from tests.unit.hub.village.visitors import Browser, Visitors
from tests.unit.hub.village.visitors import visitors as visitors

LUCIE = Person(name="Lucie Moulin", mail="lucie@example.fr")
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


def links(mail: Mail, way: str = "/act/") -> list[str]:
    paths = [urlsplit(link).path for link in LINK.findall(mail.text)]
    return [path for path in paths if path.startswith(way)]


async def joiner():
    return await list_organisation(
        OrganisationDraft(name="Menuiserie Faure", kind=Kind.COMPANY, mail="faure@example.fr")
    )


async def part_of(contributor: Contributor) -> Part:
    return (await Contributor.get(id=contributor.id)).part


async def test_who_joins_without_an_account_gets_a_link_and_carriers_hear_how_to_reach_them(
    posted,
):
    comptoir = await project()
    await posted()
    await membership.join(comptoir, ContributorDraft(message="Je bricole."), LUCIE)
    told = await posted()
    assert told["ines@example.fr"].subject == "Lucie Moulin participe : « Le Comptoir du lavoir »"
    assert "lucie@example.fr" in told["ines@example.fr"].text
    assert "> Je bricole." in told["ines@example.fr"].text
    [key] = links(told["lucie@example.fr"], "/mine/")
    assert await Participant.of_key(key.removeprefix("/mine/"))
    assert "comptoir@saint-martin.example" in told["lucie@example.fr"].text
    assert "ines@example.fr" not in told["lucie@example.fr"].text


async def test_a_carrier_says_yes_or_no_with_one_click_from_the_mail(posted, browser):
    comptoir = await project(approves=True)
    await posted()
    lucie = await membership.join(comptoir, ContributorDraft(), LUCIE)
    told = await posted()
    yes, no = links(told["ines@example.fr"])
    assert (await browser.get(yes)).status_code == 200
    assert await part_of(lucie) is Part.ASKED
    await browser.post(yes)
    assert await part_of(lucie) is Part.MEMBER
    assert (await browser.post(no)).status_code == 410
    assert (await posted())["lucie@example.fr"].subject == "Bienvenue dans « Le Comptoir du lavoir »"


async def test_the_link_of_somebody_who_stepped_back_does_nothing(posted, browser):
    comptoir = await project(approves=True)
    [ines] = await membership.people_of(comptoir)
    await Contributor.create(
        project=comptoir,
        participant=await Participant.create(name="Paul", phone="06 12 34 56 78"),
        part=Part.CARRIER,
        contact="paul@example.fr",
    )
    lucie = await membership.join(comptoir, ContributorDraft(), LUCIE)
    yes, _ = links((await posted())["ines@example.fr"])
    await membership.step_back(ines)
    assert (await browser.post(yes)).status_code == 410
    assert await part_of(lucie) is Part.ASKED


async def test_associations_answer_yes_maybe_or_no_without_an_account(posted, browser):
    comptoir = await project()
    chosen = [
        await list_organisation(
            OrganisationDraft(name=name, kind=kind, mail=mail, phone=phone, contact_name=who)
        )
        for name, kind, mail, phone, who in (
            ("Club des Tilleuls", Kind.ASSOCIATION, "tilleuls@example.fr", "", "Odile"),
            ("Menuiserie Faure", Kind.COMPANY, "faure@example.fr", "", ""),
            ("Les Amis du four", Kind.GROUP, "four@example.fr", "", ""),
            ("La Boule", Kind.ASSOCIATION, "", "04 75 00 00 00", ""),
        )
    ]
    await posted()
    await invite(comptoir, [one.id for one in chosen], by="Inès Cordier", words="Venez penser\navec nous.")
    told = await posted()
    assert set(told) == {"tilleuls@example.fr", "faure@example.fr", "four@example.fr"}
    mail = told["tilleuls@example.fr"]
    assert mail.subject == "Voulez-vous participer ? « Le Comptoir du lavoir »"
    assert "> Venez penser\n> avec nous." in mail.text
    assert "> Une épicerie, un salon de thé" in mail.text
    yes, _, _ = links(mail)
    assert (await browser.get(yes)).status_code == 200
    assert not await Invited.exclude(answer=None).exists()  # nothing happens before the button
    await browser.post(yes)
    await browser.post(links(told["faure@example.fr"])[1])
    await browser.post(links(told["four@example.fr"])[2])
    assert (await asked_by(comptoir)).__dict__ == {"asked": 4, "yes": 1, "maybe": 1, "no": 1}
    club = await Contributor.get(sort=Sort.ASSOCIATION).select_related("participant", "organisation")
    assert (club.part, club.organisation.name, club.participant.name) == (
        Part.MEMBER,
        "Club des Tilleuls",
        "Odile",
    )
    assert await Notice.filter(phone="04 75 00 00 00", kind="invited-to-project").exists()


async def test_who_said_maybe_says_yes_later_from_the_second_mail(posted, browser):
    comptoir = await project()
    faure = await joiner()
    await invite(comptoir, [faure.id], by="Inès")
    first = (await posted())["faure@example.fr"]
    await browser.post(links(first)[1])
    again = (await posted())["faure@example.fr"]
    yes, _ = links(again)
    await browser.post(yes)
    assert (await Invited.get()).answer is Answer.YES
    assert await Contributor.filter(sort=Sort.COMPANY, part=Part.MEMBER).count() == 1
    told = await posted()
    assert "Menuiserie Faure dit oui" in told["ines@example.fr"].subject
    assert links(told["faure@example.fr"], "/mine/")
    await membership.leave(await Contributor.get(sort=Sort.COMPANY))


async def test_who_said_maybe_or_nothing_is_asked_once_more_and_then_no_more(posted, browser):
    comptoir = await project()
    faure, silent = (
        await joiner(),
        await list_organisation(OrganisationDraft(name="La Boule", mail="boule@example.fr")),
    )
    refuses = await list_organisation(OrganisationDraft(name="Le Ski", mail="ski@example.fr"))
    await invite(comptoir, [faure.id, silent.id, refuses.id], by="Inès")
    told = await posted()
    await browser.post(links(told["faure@example.fr"])[1])
    await browser.post(links(told["ski@example.fr"])[2])
    await posted()
    await ageing.ask_again()
    assert await posted() == {}
    later = datetime.now(UTC) + timedelta(days=11)
    for _ in range(2):
        await ageing.ask_again(later)
    again = await posted()
    assert set(again) == {"faure@example.fr", "boule@example.fr"}
    yes, _ = links(again["boule@example.fr"])
    await browser.post(yes)
    assert (await asked_by(comptoir)).yes == 1


async def test_an_agent_writes_down_what_an_association_says_on_the_telephone(posted):
    comptoir = await project()
    boule = await list_organisation(OrganisationDraft(name="La Boule", phone="04 75 00 00 00"))
    await invite(comptoir, [boule.id], by="Inès")
    call = await Notice.get(phone="04 75 00 00 00")
    await act_by_call(call.id, 0, by=Holder(name="Marie"))
    assert (await Invited.get()).answer is Answer.YES
    assert await Contributor.filter(organisation_id=boule.id, part=Part.MEMBER).exists()


async def test_a_closed_project_takes_no_late_yes(posted, browser):
    comptoir = await project()
    faure = await list_organisation(
        OrganisationDraft(name="Faure", kind=Kind.COMPANY, mail="faure@example.fr")
    )
    await invite(comptoir, [faure.id], by="Inès")
    yes, _, _ = links((await posted())["faure@example.fr"])
    await actions.close(comptoir, Closing(stage=Stage.ENDED, remains=Remains.NOTHING), by="Inès")
    assert (await browser.post(yes)).status_code == 409
    assert not await Contributor.filter(sort=Sort.COMPANY).exists()


async def test_those_who_wanted_to_look_after_a_need_are_asked_once_its_project_begins(posted, browser):
    await establish_templates()
    navette = await need(title="Une navette le jeudi")
    ines = await factories.member("Inès")
    paul = await factories.member("Paul")
    for one in (
        Person(name="Inès", member_id=ines.id),
        Person(name="Paul", member_id=paul.id),
        LUCIE,
    ):
        await support(navette, one, Wish.TAKE_CHARGE)
    await support(navette, Person(name="Noé", mail="noe@example.fr"), Wish.ME_TOO)
    await posted()
    draft = ProjectDraft(title="La navette", text="Un minibus partagé.", contact="ines@example.fr")
    for _ in range(2):  # the same form twice
        made = await begin_together(
            draft, Person(name="Inès", member_id=ines.id), proposal=navette, code="bcdfgh", trusted=True
        )
    heard = await HeardNeed.get(project_id=made.id)
    assert heard.need_id == navette.publication_id
    told = await posted()
    assert set(told) == {"paul@example.fr", "lucie@example.fr"}
    assert "Inès vous propose" in told["lucie@example.fr"].text
    assert "paul@example.fr" not in told["lucie@example.fr"].text
    await browser.post(links(told["lucie@example.fr"])[0])
    await browser.post(links(told["paul@example.fr"])[2])
    assert [one.participant.name for one in await membership.people_of(made)] == ["Inès", "Lucie Moulin"]
    assert await membership.of_member(made, paul.id) is None


async def test_a_project_that_is_read_first_asks_nobody_before_it_is_shown(posted):
    await establish_templates()
    navette = await need(title="Une navette le jeudi")
    member = await factories.member("Inès", trusted=False)
    for one in (Person(name="Inès", member_id=member.id), LUCIE):
        await support(navette, one, Wish.TAKE_CHARGE)
    await posted()
    draft = ProjectDraft(title="La navette", text="Un minibus.", contact="ines@example.fr")
    made = await begin_together(draft, Person(name="Inès", member_id=member.id), proposal=navette)
    assert "lucie@example.fr" not in await posted()
    await actions.approve(made, by="Marie")
    assert links((await posted())["lucie@example.fr"])


async def test_everybody_hears_that_a_date_is_looked_for_and_found(posted):
    carrier = Person(name="Inès", member_id=(await factories.member("Inès")).id)
    comptoir = await project(person=carrier)
    [ines] = await membership.people_of(comptoir)
    lucie = await membership.join(comptoir, ContributorDraft(), LUCIE)
    await posted()
    soon = datetime.now(UTC) + timedelta(days=10)
    poll = await work.ask_dates(comptoir, "Visite", [(soon, soon + timedelta(hours=2))], by=ines)
    told = await posted()
    assert set(told) == {"lucie@example.fr"}  # who asks knows it
    assert told["lucie@example.fr"].subject == "Quand pouvez-vous ? Visite, « Le Comptoir du lavoir »"
    option = await DateOption.get(poll_id=poll.id)
    await work.answer_dates(poll, lucie, {option.id: Answer.YES})
    await work.choose_date(option, carrier, place="École", trusted=True)
    found = await posted()
    assert set(found) == {"lucie@example.fr"}
    assert found["lucie@example.fr"].subject.startswith("Visite : ")
    assert "Le groupe de « Le Comptoir du lavoir » se réunit" in found["lucie@example.fr"].text


async def test_stages_and_the_end_are_told_to_all_who_take_part(posted):
    comptoir = await project()
    await membership.join(comptoir, ContributorDraft(), LUCIE)
    await posted()
    await actions.reach_stage(comptoir, Stage.DECIDED, by="Inès")
    assert (await posted())["lucie@example.fr"].subject == "« Le Comptoir du lavoir » : Décidé"
    closing = Closing(
        stage=Stage.KEPT_ALIVE,
        remains=Remains.ASSOCIATION,
        remains_contact="Odile, 04 75 00 00 00",
        thanks="Merci à tous.",
    )
    await actions.close(comptoir, closing, by="Inès")
    mail = (await posted())["lucie@example.fr"]
    assert mail.subject == "« Le Comptoir du lavoir » est terminé. Merci !"
    assert "> Merci à tous." in mail.text
    assert "Odile, 04 75 00 00 00" in mail.text


async def test_agents_are_told_when_the_town_hall_must_carry_a_project(posted):
    await factories.member("Marie", role=Role.AGENT)
    member = await factories.member("Inès")
    comptoir = await project(person=Person(name="Inès", member_id=member.id))
    await posted()
    await membership.forget((await membership.people_of(comptoir))[0])
    assert "la mairie le fait pour le moment" in (await posted())["marie@example.fr"].subject
    lucie = await membership.join(await Project.get(id=comptoir.id), ContributorDraft(), LUCIE)
    assert "marie@example.fr" in await posted()  # as the one who carries it
    assert await part_of(lucie) is Part.MEMBER


async def test_nobody_is_invited_to_what_nobody_may_see_yet(posted):
    comptoir = await project(trusted=False)
    faure = await list_organisation(
        OrganisationDraft(name="Faure", kind=Kind.COMPANY, mail="faure@example.fr")
    )
    with pytest.raises(invitations.Conflict):
        await invite(comptoir, [faure.id], by="Inès")
    assert "faure@example.fr" not in await posted()


async def test_somebody_with_a_phone_alone_is_called_about_what_matters(posted):
    comptoir = await project(approves=True)
    paul = await membership.join(comptoir, ContributorDraft(), PAUL)
    assert not await Notice.filter(phone=PAUL.phone).exists()
    await membership.admit(paul)
    assert await Notice.filter(phone=PAUL.phone, kind="welcome").exists()
