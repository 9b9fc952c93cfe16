"""The page of what one was told, the links of mails, and the list of calls."""

from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio

from hub.exchange import actions, pledges
from hub.exchange.models import Pledge, PledgeDraft, PledgeState, Proposal, ProposalDraft
from hub.members.models import Member, Rhythm, Role
from hub.notifications import mails
from hub.notifications.actions import Message, Recipient, tell
from hub.notifications.models import MailLink, MailStop, Notice
from hub.participants.models import Person
from hub.publications.models import Kind, Scope
from hub.tokens import hash_of
from tests import factories
from tests.mail import LINK
from tests.unit.hub.village.visitors import Browser, Visitors, page, words

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


async def need(person: Person, scope: Scope = Scope.VILLAGE) -> Proposal:
    facts = {"title": "Rentrer le bois", "text": "Huit stères.", "wanted": 2, "scope": scope}
    draft = ProposalDraft(kind=Kind.NEED, **facts)
    return await actions.publish_proposal(draft, person, trusted=True)


async def can_help(wood: Proposal, name: str = "Lucie") -> Pledge:
    person = Person(name=name, mail=f"{name.lower().replace('é', 'e')}@example.fr")
    return await pledges.pledge(wood, PledgeDraft(), person)


@pytest_asyncio.fixture
async def visitor(visitors: Visitors, village) -> Browser:
    return await visitors.browser()


@pytest_asyncio.fixture
async def rosa(village) -> Member:
    return await factories.member("Rosa")


@pytest_asyncio.fixture
async def wood(rosa: Member) -> Proposal:
    return await need(Person(name="Rosa", member_id=rosa.id, mail=rosa.mail))


@pytest.fixture
def act_links(mailbox, wood):
    """`await act_links("rosa@example.fr")`: paths of the links of the next mail to Rosa that acts."""

    async def links(to: str, way: str = "/act/") -> list[str]:
        await factories.do_jobs(mails.deliver)
        mail = mailbox.next(to=to, within=1)
        paths = [link.partition("localhost:8000")[2] for link in LINK.findall(mail.text)]
        return [path for path in paths if path.startswith(way)]

    return links


async def test_a_member_reads_what_they_were_told_the_newest_first_and_sees_what_is_new(visitors, wood, rosa):
    await can_help(wood)
    await can_help(wood, "Noé")
    browser = await visitors.browser(rosa)
    shown = await browser.get("/notices")
    assert words(shown).count("Nouveau") == 2
    titles = [link.text for link in page(shown).select("main li strong a")]
    assert titles == [
        f"{name} peut aider\N{NO-BREAK SPACE}: «\N{NO-BREAK SPACE}Rentrer le bois\N{NO-BREAK SPACE}»"
        for name in ("Noé", "Lucie")
    ]
    assert "Nouveau" not in words(await browser.get("/notices"))
    assert page(await browser.get("/me")).select_one('main a[href="/notices"]')


async def test_nobody_reads_what_others_were_told(visitors, visitor, wood):
    await can_help(wood)
    paul = await visitors.browser(await factories.member("Paul"))
    assert "Lucie" not in (await paul.get("/notices")).text
    assert (await visitor.get("/notices")).headers["location"].startswith("/sign-in")


async def test_notices_are_part_of_what_one_takes_along(visitors, wood, rosa):
    await can_help(wood)
    shown = await (await visitors.browser(rosa)).get("/me/export")
    assert shown.status_code == 200
    assert shown.json()["notices"][0]["subject"].startswith("Lucie peut aider")


async def test_aut_03_to_open_the_link_of_an_act_does_nothing_it_only_says_what_would_be(
    act_links, visitor, wood
):
    lucie = await can_help(wood)
    yes, no = await act_links("rosa@example.fr")
    for link in (yes, no):
        for _ in range(2):
            shown = await visitor.get(link)
            assert shown.status_code == 200
    assert "nous disons gentiment à Lucie que ce n’est pas pour cette fois" in words(shown)
    assert [each.text for each in page(shown).select("main h1, main button")] == ["Non, pas cette fois"] * 2
    assert (await Pledge.get(id=lucie.id)).state is PledgeState.PROPOSED


async def test_aut_02_an_act_is_done_once_and_ends_the_others_of_its_mail(act_links, visitor, wood):
    lucie = await can_help(wood)
    yes, no = await act_links("rosa@example.fr")
    assert "C’est d’accord" in words(await visitor.post(yes))
    for link in (yes, no):
        assert (await visitor.get(link)).status_code == 410
        assert (await visitor.post(link)).status_code == 410
    assert (await Pledge.get(id=lucie.id)).state is PledgeState.ACCEPTED


@pytest.mark.parametrize(("scope", "leads"), [(Scope.PUBLIC, True), (Scope.VILLAGE, False)])
async def test_who_has_no_account_is_led_to_no_page_that_asks_them_to_sign_in(
    act_links, visitor, scope, leads
):
    wood = await need(Person(name="Inès", mail="ines@example.fr"), scope)
    await can_help(wood)
    yes, _ = await act_links("ines@example.fr")
    done = await visitor.post(yes)
    assert "L’autre lien du mail" in words(done)
    links = [link["href"] for link in page(done).select("main a")]
    assert links == ([f"/{wood.publication.code}"] if leads else [])
    for link in links:
        assert (await visitor.get(link)).status_code == 200


async def test_a_spent_link_leads_each_where_they_may_go(act_links, visitor, visitors, rosa):
    wood = await need(Person(name="Inès", mail="ines@example.fr"), Scope.PUBLIC)
    await can_help(wood)
    yes, _ = await act_links("ines@example.fr")
    await visitor.post(yes)

    async def ways(browser: Browser) -> set[str]:
        return {str(link["href"]) for link in page(await browser.get(yes)).select("main a")}

    about = f"/{wood.publication.code}"
    assert {about, "/sign-in"} <= await ways(visitor)
    assert "/notices" not in await ways(visitor)
    assert not any(way.startswith("/mine/") for way in await ways(visitor)), "what is spent opens nothing"
    assert {about, "/notices"} <= await ways(await visitors.browser(rosa))


async def test_aut_02_of_two_who_press_at_once_one_acts(act_links, visitors, wood):
    import asyncio

    await can_help(wood)
    yes, _ = await act_links("rosa@example.fr")
    browsers = [await visitors.browser() for _ in range(2)]
    answers = await asyncio.gather(*(browser.post(yes) for browser in browsers))
    assert sorted(answer.status_code for answer in answers) == [200, 410]


async def test_aut_02_of_a_yes_and_a_no_at_once_one_counts(act_links, visitors, wood):
    import asyncio

    await can_help(wood)
    both = await act_links("rosa@example.fr")
    browsers = [(await visitors.browser(), link) for link in both * 4]
    answers = await asyncio.gather(*(browser.post(link) for browser, link in browsers))
    assert sorted(answer.status_code for answer in answers) == [200, *[410] * 7]


async def test_aut_04_an_act_is_over_after_two_weeks(act_links, visitor, wood):
    await can_help(wood)
    yes, _ = await act_links("rosa@example.fr")
    await MailLink.all().update(ends_at=datetime.now(UTC) - timedelta(seconds=1))
    assert (await visitor.get(yes)).status_code == 410
    assert (await visitor.post(yes)).status_code == 410
    assert not await Pledge.filter(state=PledgeState.ACCEPTED).exists()


@pytest.mark.parametrize("how", ["mail", "role", "suspended"])
async def test_aut_04_the_links_of_an_old_mailbox_or_role_are_of_no_use(
    how, act_links, visitor, visitors, wood, rosa
):
    from hub.members.actions import ask_new_mail, change_role, suspend
    from hub.members.mails import new_mail_link

    await can_help(wood)
    yes, _ = await act_links("rosa@example.fr")
    if how == "mail":
        browser = await visitors.browser(rosa)
        await ask_new_mail(rosa.id, "new@example.fr")
        await factories.do_jobs(new_mail_link)
        (link,) = await act_links("new@example.fr", "/me/mail/")
        await browser.post(link)
    elif how == "role":
        await change_role(rosa.id, Role.AGENT)
    else:
        await suspend(rosa.id, await factories.member("Claire", role=Role.ADMINISTRATOR))
    assert (await visitor.post(yes)).status_code == 410
    assert not await Pledge.filter(state=PledgeState.ACCEPTED).exists()


async def test_aut_07_only_hashes_of_links_are_kept(act_links, wood):
    await can_help(wood)
    yes, no = await act_links("rosa@example.fr")
    kept = {link.hash for link in await MailLink.all()}
    for link in (yes, no):
        token = link.removeprefix("/act/")
        assert len(token) == 43
        assert hash_of(token) in kept
        assert token not in str(await MailLink.all().values())


async def test_an_act_that_comes_too_late_says_so_and_can_be_tried_again(act_links, visitor, wood):
    lucie = await can_help(wood)
    yes, _ = await act_links("rosa@example.fr")
    await pledges.withdraw(lucie)
    refused = await visitor.post(yes)
    assert refused.status_code == 409
    assert "C’est déjà décidé" in words(refused)
    assert (await visitor.get(yes)).status_code == 200


async def test_a_link_to_stop_is_not_an_act_and_an_act_stops_nothing(act_links, visitor, wood):
    await can_help(wood)
    yes, _ = await act_links("rosa@example.fr")
    assert (await visitor.get(yes.replace("/act/", "/stop/"))).status_code == 410
    assert (await visitor.client.post(yes.replace("/act/", "/stop/"), data=ONE_CLICK)).status_code == 410
    assert (await visitor.get("/act/" + "x" * 43)).status_code == 410


async def test_one_click_of_the_mail_program_stops_the_mails_without_cookies_or_form(
    mailbox, visitor, wood, rosa
):
    await can_help(wood)
    await factories.do_jobs(mails.deliver)
    mail = mailbox.next(to="rosa@example.fr", within=1)
    address = mail.message["List-Unsubscribe"].strip("<>")
    assert mail.message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert address in mail.text
    for _ in range(2):
        answer = await visitor.client.post(address, data=ONE_CLICK)
        assert (answer.status_code, answer.text, dict(answer.cookies)) == (200, "", {})
    assert (await Member.get(id=rosa.id)).own_rhythm is Rhythm.NEVER
    await can_help(wood, "Noé")
    await factories.do_jobs(mails.deliver)
    assert not any(letter.to == "rosa@example.fr" for letter in mailbox.unread())


async def test_the_page_to_stop_asks_first_and_says_what_was_done(act_links, visitor, wood, rosa):
    await can_help(wood)
    (link,) = await act_links("rosa@example.fr", "/stop/")
    shown = await visitor.get(link)
    assert [button.text for button in page(shown).select("main button")] == ["Ne plus m’écrire"]
    assert (await Member.get(id=rosa.id)).own_rhythm is None
    sent = await visitor.post(link)
    assert (sent.status_code, sent.headers["location"]) == (303, link)
    assert "ne vient plus par mail" in words(await visitor.get(link))
    assert (await Member.get(id=rosa.id)).own_rhythm is Rhythm.NEVER


async def test_without_an_account_one_stops_the_mails_of_one_promise(act_links, visitor, wood, mailbox):
    lucie = await can_help(wood)
    (link,) = await act_links("lucie@example.fr", "/stop/")
    await visitor.post(link)
    assert (await MailStop.get()).reader == f"participant:{lucie.participant_id}"
    await pledges.accept(lucie)
    await factories.do_jobs(mails.deliver)
    assert not any(letter.to == "lucie@example.fr" for letter in mailbox.unread())


@pytest.mark.parametrize("digest", ["weekly", "monthly", "never"])
@pytest.mark.parametrize("own", ["at-once", "daily", "weekly", "never"])
@pytest.mark.parametrize("engine", ["sqlite"])  # a form
async def test_a_member_chooses_both_rhythms(visitors, rosa, digest, own):
    browser = await visitors.browser(rosa)
    saved = await browser.post("/me", name="Rosa", locale="fr", rhythm=digest, notices=own)
    assert saved.status_code == 303
    member = await Member.get(id=rosa.id)
    assert (member.rhythm.value, member.notice_rhythm.value) == (digest, own)
    shown = page(await browser.get("/me"))
    chosen = {field["name"]: field["value"] for field in shown.select("input[type=radio][checked]")}
    assert chosen == {"locale": "fr", "rhythm": digest, "notices": own}


@pytest.mark.parametrize(("name", "value"), [("rhythm", "at-once"), ("notices", "monthly"), ("notices", "x")])
@pytest.mark.parametrize("engine", ["sqlite"])  # refused above the database
async def test_a_rhythm_that_is_none_is_refused(visitors, rosa, name, value):
    browser = await visitors.browser(rosa)
    form = {"name": "Rosa", "locale": "fr", "rhythm": "weekly", "notices": "daily"} | {name: value}
    assert (await browser.post("/me", **form)).status_code == 422


@pytest_asyncio.fixture
async def agent(visitors: Visitors, village) -> Browser:
    return await visitors.browser(await factories.member("Marie", role=Role.AGENT))


@pytest_asyncio.fixture
async def blanc(village) -> Proposal:
    return await need(Person(name="Mme Blanc", phone="04 65 71 20 31"))


async def test_an_agent_sees_whom_to_call_why_and_what_to_say(agent, blanc):
    await can_help(blanc)
    shown = await agent.get("/calls")
    said = words(shown)
    assert "À appeler : 1" in said.replace("\N{NO-BREAK SPACE}", " ")
    assert page(shown).select_one('main a[href="tel:0465712031"]')
    assert "Lucie peut aider" in said
    waiting = page(await agent.get("/me")).select_one('#h-waiting + ul a[href="/calls"]')
    assert "1 personne à appeler" in waiting.text


async def test_what_they_say_on_the_telephone_is_done_by_the_agent(agent, blanc):
    lucie = await can_help(blanc)
    call = await Notice.get(call_after__not_isnull=True)
    sent = await agent.post(f"/calls/{call.id}/acts/0")
    assert sent.headers["location"] == "/calls?said=call-act-done"
    assert (await Pledge.get(id=lucie.id)).state is PledgeState.ACCEPTED
    call = await Notice.get(id=call.id)
    assert (call.call_after, call.called_by) == (None, "Marie")
    assert (await agent.post(f"/calls/{call.id}/acts/0")).status_code == 404


async def test_done_is_done_and_nobody_answered_comes_again(agent, blanc):
    await can_help(blanc)
    call = await Notice.get(call_after__not_isnull=True)
    await agent.post(f"/calls/{call.id}/missed")
    said = words(await agent.get("/calls"))
    assert "Personne n’attend d’appel." in said
    assert "Pas de réponse" in said
    missed = await Notice.get(id=call.id)
    assert missed.call_after > datetime.now(UTC) + timedelta(hours=2)
    assert (await agent.post(f"/calls/{call.id}/done")).status_code == 303
    assert "Mme Blanc" not in words(await agent.get("/calls"))
    done = await Notice.get(id=call.id)
    assert (done.call_after, done.called_by) == (None, "Marie")
    assert (await agent.post(f"/calls/{call.id}/done")).status_code == 404


async def test_later_is_tomorrow_morning(agent, blanc):
    await can_help(blanc)
    call = await Notice.get(call_after__not_isnull=True)
    await agent.post(f"/calls/{call.id}/later")
    later = (await Notice.get(id=call.id)).call_after - datetime.now(UTC)
    assert timedelta(hours=18) < later < timedelta(hours=22)  # it is noon in this village


@pytest.mark.parametrize("number", [2, 99])
async def test_an_act_that_the_call_does_not_offer_is_not_done(agent, blanc, number):
    await can_help(blanc)
    call = await Notice.get(call_after__not_isnull=True)
    assert (await agent.post(f"/calls/{call.id}/acts/{number}")).status_code == 404


async def test_calls_are_for_agents_alone(visitors, visitor, blanc):
    await can_help(blanc)
    neighbour = await visitors.browser(await factories.member("Paul"))
    call = await Notice.get(call_after__not_isnull=True)
    for deed in ("done", "missed", "later", "acts/0"):
        assert (await neighbour.post(f"/calls/{call.id}/{deed}")).status_code == 404
    assert (await neighbour.get("/calls")).status_code == 404
    assert (await visitor.get("/calls")).status_code == 303
    assert await Notice.filter(call_after__not_isnull=True).count() == 1


async def test_a_notice_of_somebody_who_left_goes_with_them(visitors, wood, rosa):
    from hub.members.actions import erase

    await can_help(wood)
    assert await Notice.filter(member_id=rosa.id).exists()
    await erase(rosa.id)
    assert not await Notice.filter(reader=f"member:{rosa.id}").exists()


async def test_what_was_told_shows_as_text(visitors, rosa):
    evil = "<script>alert(1)</script>"
    message = Message(kind="x", subject="%(what)s", text="%(what)s", values={"what": evil})
    await tell(Recipient(name="Rosa", member_id=rosa.id), message)
    shown = await (await visitors.browser(rosa)).get("/notices")
    assert evil not in shown.text
    assert "&lt;script&gt;" in shown.text
