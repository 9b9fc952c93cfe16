"""Accounts: who gets in, by what, and what stays behind."""

from datetime import UTC, datetime, timedelta

import pytest

from hub import limits
from hub.config import Config
from hub.errors import Conflict, InvalidInput, LinkSpent, NotAllowed, NotFound, TooMany
from hub.jobs import Job
from hub.members import actions, mails, sessions
from hub.members.actions import Joining
from hub.members.links import make_link
from hub.members.models import Invitation, Link, Member, Purpose, Rhythm, Role, Session, hash_of, mail_key
from hub.members.viewer import find_viewer
from hub.notifications.mail import use_config
from hub.setup.actions import add_administrator
from tests import factories
from tests.mail import Mailbox

FROM = "198.51.100.7"


@pytest.fixture
async def mailbox(database: Config) -> Mailbox:
    use_config(database)
    await factories.village()
    return Mailbox(database.data / "mail")


def token_in(link: str) -> str:
    return link.rsplit("/", 1)[1]


async def mailed_token(mailbox: Mailbox, to: str) -> str:
    await factories.do_jobs(mails.sign_in_link, mails.sign_up_link, mails.new_mail_link, mails.invitation)
    return token_in(mailbox.next(to=to).link)


async def test_a_member_signs_in_by_the_link_of_a_mail(mailbox: Mailbox) -> None:
    rosa = await factories.member("Rosa")
    await actions.ask_sign_in_link("ROSA@example.fr", address=FROM, next_path="/me")
    cookie, path = await actions.sign_in(await mailed_token(mailbox, "rosa@example.fr"), browser="")
    viewer = await find_viewer(cookie)
    assert viewer is not None
    assert (viewer.member_id, viewer.confirmed, path) == (rosa.id, True, "/me")


async def test_a_link_works_once(mailbox: Mailbox) -> None:
    rosa = await factories.member("Rosa")
    token = await make_link(Purpose.SIGN_IN, rosa.id)
    await actions.sign_in(token, browser="")
    with pytest.raises(LinkSpent):
        await actions.sign_in(token, browser="")
    assert await Session.all().count() == 1


async def test_a_newer_link_replaces_the_one_before(mailbox: Mailbox) -> None:
    rosa = await factories.member("Rosa")
    older = await make_link(Purpose.SIGN_IN, rosa.id)
    newer = await make_link(Purpose.SIGN_IN, rosa.id)
    with pytest.raises(LinkSpent):
        await actions.sign_in(older, browser="")
    await actions.sign_in(newer, browser="")


async def test_a_mail_that_waited_leaves_the_link_that_was_made_meanwhile(mailbox: Mailbox) -> None:
    """Mail does not go out, the operator prints a link, then the mail is tried once more."""
    rosa = await add_administrator("Rosa", "rosa@example.fr")
    await actions.ask_sign_in_link("rosa@example.fr", address=FROM)
    printed = await make_link(Purpose.SIGN_IN, rosa.id)
    first = await mailed_token(mailbox, "rosa@example.fr")
    while await factories.do_jobs(mails.sign_in_link):
        pass
    second = token_in(mailbox.next(to="rosa@example.fr").link)
    for token in (printed, first, second):
        await actions.sign_in(token, browser="")


async def test_a_mail_replaces_the_links_from_before_it_was_asked_for(mailbox: Mailbox) -> None:
    rosa = await factories.member("Rosa")
    older = await make_link(Purpose.SIGN_IN, rosa.id)
    await actions.ask_sign_in_link("rosa@example.fr", address=FROM)
    newer = await mailed_token(mailbox, "rosa@example.fr")
    with pytest.raises(LinkSpent):
        await actions.sign_in(older, browser="")
    await actions.sign_in(newer, browser="")


async def test_a_link_for_another_purpose_signs_nobody_in(mailbox: Mailbox) -> None:
    rosa = await factories.member("Rosa")
    with pytest.raises(LinkSpent):
        await actions.sign_in(await make_link(Purpose.NEW_MAIL, rosa.id, mail="x@example.fr"), browser="")


async def test_an_unknown_address_gets_no_mail_and_no_hint(mailbox: Mailbox) -> None:
    await actions.ask_sign_in_link("nobody@example.fr", address=FROM)
    assert not await Job.exists(name="members.sign_in_link")


async def test_a_flood_of_requests_stops_but_leaves_a_valid_link(mailbox: Mailbox) -> None:
    await factories.member("Rosa")
    for number in range(limits.LINKS_PER_MAIL.burst):
        await actions.ask_sign_in_link("rosa@example.fr", address=f"198.51.100.{number}")
    with pytest.raises(TooMany) as refusal:
        await actions.ask_sign_in_link("rosa+again@example.fr", address="198.51.100.99")
    assert 0 < refusal.value.after < limits.LINK_MINUTES * 60
    while await factories.do_jobs(mails.sign_in_link):
        pass
    tokens = [token_in(mailbox.next(to="rosa@example.fr").link) for _ in range(limits.LINKS_PER_MAIL.burst)]
    await actions.sign_in(tokens[-1], browser="")


async def test_who_joins_by_mail_is_a_newcomer(mailbox: Mailbox) -> None:
    await actions.ask_to_join(Joining(name="Lucette", mail="lucette@example.fr", locale="fr"), address=FROM)
    assert not await Member.exists()
    cookie = await actions.join(await mailed_token(mailbox, "lucette@example.fr"), browser="")
    viewer = await find_viewer(cookie)
    assert viewer is not None
    assert (viewer.name, viewer.trusted, viewer.is_agent) == ("Lucette", False, False)


async def test_joining_twice_signs_in_instead_and_tells_nobody_else(mailbox: Mailbox) -> None:
    await factories.member("Rosa")
    await actions.ask_to_join(Joining(name="Other", mail="Rosa+x@example.fr", locale="fr"), address=FROM)
    assert await Job.filter(name="members.sign_in_link").count() == 1
    cookie, _ = await actions.sign_in(await mailed_token(mailbox, "rosa@example.fr"), browser="")
    viewer = await find_viewer(cookie)
    assert viewer is not None
    assert viewer.name == "Rosa"


async def test_an_invitation_by_mail_makes_a_known_member(mailbox: Mailbox) -> None:
    rosa = await factories.member("Rosa")
    assert await actions.invite(rosa, "Ana", mail="ana@example.fr", phone=None) is None
    token = await mailed_token(mailbox, "ana@example.fr")
    await actions.accept_invitation(token, name="Ana F.", locale="fr", browser="")
    ana = await Member.get(name="Ana F.")
    assert ana.trusted_at is not None
    assert ana.mail == "ana@example.fr"
    with pytest.raises(LinkSpent):
        await actions.accept_invitation(token, name="Ana again", locale="fr", browser="")


async def test_an_invitation_for_a_phone_is_handed_over_by_the_inviter(mailbox: Mailbox) -> None:
    rosa = await factories.member("Rosa")
    token = await actions.invite(rosa, "Gilbert", mail=None, phone="04 65 71 20 14")
    assert token is not None
    await actions.accept_invitation(token, name="Gilbert", locale="fr", browser="")
    assert (await Member.get(name="Gilbert")).phone == "04 65 71 20 14"


async def test_only_administrators_invite_agents(mailbox: Mailbox) -> None:
    agent = await factories.member("Marie", role=Role.AGENT)
    with pytest.raises(NotAllowed):
        await actions.invite(agent, "Ana", mail="ana@example.fr", phone=None, role=Role.AGENT)


async def test_an_invitation_of_somebody_who_lost_the_role_gives_no_role(mailbox: Mailbox) -> None:
    first = await factories.member("Marie", role=Role.ADMINISTRATOR)
    await factories.member("Claire", role=Role.ADMINISTRATOR)
    token = await actions.invite(first, "Ana", mail=None, phone="0465712014", role=Role.ADMINISTRATOR)
    await actions.change_role(first.id, Role.RESIDENT)
    assert token is not None
    await actions.accept_invitation(token, name="Ana", locale="fr", browser="")
    assert (await Member.get(name="Ana")).role is Role.RESIDENT


async def test_a_withdrawn_invitation_is_worth_nothing(mailbox: Mailbox) -> None:
    rosa, ana = await factories.member("Rosa"), await factories.member("Ana")
    token = await actions.invite(rosa, "Gilbert", mail=None, phone="0465712014")
    place = await Invitation.get(name="Gilbert")
    with pytest.raises(NotFound):
        await actions.withdraw_invitation(place.id, ana)
    await actions.withdraw_invitation(place.id, rosa)
    assert token is not None
    with pytest.raises(LinkSpent):
        await actions.accept_invitation(token, name="Gilbert", locale="fr", browser="")


async def test_a_new_address_counts_only_once_its_mailbox_is_proved(mailbox: Mailbox) -> None:
    rosa = await factories.member("Rosa")
    here = await Session.find(await sessions.open_session(rosa, "Firefox/1 Android"))
    elsewhere = await sessions.open_session(rosa, "")
    old_link = await make_link(Purpose.SIGN_IN, rosa.id)
    assert here is not None
    await actions.ask_new_mail(rosa.id, "rosa@new.example.fr")
    token = await mailed_token(mailbox, "rosa@new.example.fr")
    assert (await Member.get(id=rosa.id)).mail == "rosa@example.fr"
    await actions.take_new_mail(token, member_id=rosa.id, session_id=here.id)
    assert (await Member.get(id=rosa.id)).mail_key == "rosa@new.example.fr"
    assert await find_viewer(elsewhere) is None
    with pytest.raises(LinkSpent):
        await actions.sign_in(old_link, browser="")
    await factories.do_jobs(mails.security_notice)
    assert "adresse" in mailbox.next(to="rosa@example.fr").text


async def test_the_link_for_a_new_address_is_of_use_to_its_member_only(mailbox: Mailbox) -> None:
    rosa, thief = await factories.member("Rosa"), await factories.member("Thief")
    token = await make_link(Purpose.NEW_MAIL, rosa.id, mail="other@example.fr")
    with pytest.raises(LinkSpent):
        await actions.take_new_mail(token, member_id=thief.id, session_id=1)
    assert (await Member.get(id=thief.id)).mail == "thief@example.fr"


async def test_a_suspended_member_is_out_at_once_everywhere(mailbox: Mailbox) -> None:
    marie, rosa = await factories.member("Marie", role=Role.AGENT), await factories.member("Rosa")
    cookie, link = await sessions.open_session(rosa, ""), await make_link(Purpose.SIGN_IN, rosa.id)
    await actions.suspend(rosa.id, marie)
    assert await find_viewer(cookie) is None
    with pytest.raises(LinkSpent):
        await actions.sign_in(link, browser="")
    await actions.ask_sign_in_link("rosa@example.fr", address=FROM)
    assert not await Job.exists(name="members.sign_in_link")


async def test_an_agent_does_not_judge_agents(mailbox: Mailbox) -> None:
    marie, other = (
        await factories.member("Marie", role=Role.AGENT),
        await factories.member("Paul", role=Role.AGENT),
    )
    with pytest.raises(NotAllowed):
        await actions.suspend(other.id, marie)


async def test_the_last_administrator_stays(mailbox: Mailbox) -> None:
    marie = await factories.member("Marie", role=Role.ADMINISTRATOR)
    with pytest.raises(Conflict):
        await actions.change_role(marie.id, Role.RESIDENT)
    with pytest.raises(Conflict):
        await actions.suspend(marie.id, marie)
    with pytest.raises(Conflict):
        await actions.erase(marie.id)
    assert await Member.count_administrators() == 1


async def test_a_changed_role_ends_the_sessions_that_had_the_old_one(mailbox: Mailbox) -> None:
    await factories.member("Claire", role=Role.ADMINISTRATOR)
    marie = await factories.member("Marie", role=Role.ADMINISTRATOR)
    cookie = await sessions.open_session(marie, "")
    await actions.change_role(marie.id, Role.RESIDENT)
    assert await find_viewer(cookie) is None


async def test_an_erased_member_leaves_nothing(mailbox: Mailbox) -> None:
    rosa = await factories.member("Rosa")
    await sessions.open_session(rosa, "")
    await make_link(Purpose.SIGN_IN, rosa.id)
    await actions.invite(rosa, "Ana", mail="ana@example.fr", phone=None)
    await actions.erase(rosa.id)
    assert [await table.all().count() for table in (Member, Session, Link, Invitation)] == [0, 0, 0, 0]


async def test_paper_access_is_for_residents_whom_no_mail_reaches(mailbox: Mailbox) -> None:
    gilbert = await factories.member("Gilbert", mail=None, phone="04 65 71 20 14")
    cookie, _ = await actions.sign_in(await actions.print_access(gilbert.id), browser="")
    assert await find_viewer(cookie) is not None
    for reachable in (
        await factories.member("Rosa"),
        await factories.member("M", mail=None, role=Role.AGENT),
    ):
        with pytest.raises(NotAllowed):
            await actions.print_access(reachable.id)


async def test_two_members_never_share_an_address(mailbox: Mailbox) -> None:
    await factories.member("Rosa")
    for same in ("rosa@example.fr", "ROSA@EXAMPLE.FR", "rosa+two@example.fr", "ｒosa@example.fr"):
        with pytest.raises(InvalidInput):
            await actions.add_member("Somebody", mail=same)


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("A.B@Example.FR", "a.b@example.fr"),
        ("a+b@example.fr", "a@example.fr"),
        ("+x@example.fr", "+x@example.fr"),
    ],
)
def test_the_unique_form_of_an_address(written: str, key: str) -> None:
    assert mail_key(written) == key


async def test_what_is_over_is_forgotten(mailbox: Mailbox) -> None:
    rosa = await factories.member("Rosa")
    long_ago = datetime.now(UTC) - timedelta(days=60)
    await Session.create(token_hash=hash_of("a"), member=rosa, browser="", ends_at=long_ago)
    await Link.create(token_hash=hash_of("b"), purpose=Purpose.SIGN_IN, member=rosa, ends_at=long_ago)
    await limits.Allowance.create(key="old", rests_at=0.0)
    living = await sessions.open_session(rosa, "")
    await actions.sweep()
    assert [await Session.all().count(), await Link.all().count(), await limits.Allowance.all().count()] == [
        1,
        0,
        0,
    ]
    assert await find_viewer(living) is not None


async def test_a_profile_changes_and_nothing_else_does(mailbox: Mailbox) -> None:
    rosa = await factories.member("Rosa")
    await actions.change_profile(rosa.id, name="Rosa T.", locale="en", rhythm=Rhythm.NEVER)
    changed = await Member.get(id=rosa.id)
    assert (changed.name, changed.locale, changed.rhythm) == ("Rosa T.", "en", Rhythm.NEVER)
    assert (changed.mail, changed.role) == (rosa.mail, rosa.role)


async def test_trust_is_given_once_and_keeps_its_date(mailbox: Mailbox) -> None:
    lucette = await factories.member("Lucette", trusted=False)
    await actions.trust(lucette.id)
    first = (await Member.get(id=lucette.id)).trusted_at
    await actions.trust(lucette.id)
    assert first is not None
    assert (await Member.get(id=lucette.id)).trusted_at == first


def test_a_browser_is_named_so_that_its_owner_knows_it() -> None:
    phone = "Mozilla/5.0 (Android 14; Mobile; rv:128.0) Gecko/128.0 Firefox/128.0"
    desk = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/126.0 Safari/537.36 Edg/126.0"
    assert [sessions.browser_of(agent) for agent in (phone, desk, "")] == [
        "Firefox, Android",
        "Edge, Windows",
        "",
    ]
