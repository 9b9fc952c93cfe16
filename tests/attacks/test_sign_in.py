"""Coming in by a link of a mail: AUT-02 to AUT-12 of the attack table."""

from concurrent.futures import ThreadPoolExecutor

import httpx
import pyotp
import pytest

from tests.attacks.database import LONG_AGO
from tests.attacks.village import ADMINISTRATOR, Village, token_in
from tests.attacks.visitor import Visitor, heading, page
from tests.waiting import wait_until


def welcomes(answer: httpx.Response) -> bool:
    """Whether this answer opens a session."""
    return answer.status_code == 303 and answer.headers.get("set-cookie", "").startswith("session-")


def offers_another_link(answer: httpx.Response) -> bool:
    return answer.status_code == 410 and page(answer).select_one("form[action='/sign-in']") is not None


# ------------------------------------------------------------------ AUT-02: a link works once


def test_aut_02_a_link_works_once(village: Village) -> None:
    link = village.ask_link(ADMINISTRATOR)
    first, second = village.visitor(), village.visitor()
    assert welcomes(first.submit(link))
    assert offers_another_link(second.get(link))
    assert offers_another_link(second.post(link))
    assert not second.signed_in


def test_aut_02_of_many_browsers_at_once_one_comes_in(village: Village) -> None:
    link = village.ask_link(ADMINISTRATOR)
    browsers = [village.visitor() for _ in range(6)]
    for browser in browsers:
        browser.token()
    with ThreadPoolExecutor(len(browsers)) as threads:
        answers = list(threads.map(lambda browser: browser.post(link), browsers))
    assert sorted(answer.status_code for answer in answers) == [303, 410, 410, 410, 410, 410]


def test_aut_02_an_invitation_makes_one_account(village: Village, administrator: Visitor) -> None:
    administrator.post("/invitations", {"name": "Paul", "contact": "paul@example.fr"})
    link = village.mailed_link("paul@example.fr")
    browsers = [village.visitor() for _ in range(4)]
    for browser in browsers:
        browser.token()
    with ThreadPoolExecutor(len(browsers)) as threads:
        fields = {"name": "Paul", "charter": "yes"}
        answers = list(threads.map(lambda browser: browser.post(link, fields), browsers))
    assert sorted(answer.status_code for answer in answers) == [303, 410, 410, 410]
    assert village.database.value("SELECT count(*) FROM member WHERE mail_key = 'paul@example.fr'") == "1"


def test_aut_02_a_sign_up_link_works_once(village: Village) -> None:
    village.visitor().post("/sign-up", {"name": "Ida", "contact": "ida@example.fr", "charter": "yes"})
    link = village.mailed_link("ida@example.fr")
    assert welcomes(village.visitor().submit(link))
    assert village.visitor().get(link).status_code == 410
    assert village.visitor().post(link).status_code == 410


# ------------------------------------------------------------------ AUT-03: scanners open links


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_aut_03_looking_at_a_link_signs_nobody_in(village: Village, method: str) -> None:
    link, scanner = village.ask_link(ADMINISTRATOR), village.visitor()
    for _ in range(3):
        answer = scanner.send(method, link)
        assert answer.status_code == 200
        assert "session" not in scanner.cookies
    assert not scanner.signed_in
    assert welcomes(village.visitor().submit(link))


def test_aut_03_looking_at_an_invitation_makes_no_account(village: Village, administrator: Visitor) -> None:
    administrator.post("/invitations", {"name": "Lia", "contact": "lia@example.fr"})
    link = village.mailed_link("lia@example.fr")
    for _ in range(3):
        assert village.visitor().get(link).status_code == 200
    assert village.database.value("SELECT count(*) FROM member WHERE mail_key = 'lia@example.fr'") == "0"


# ------------------------------------------------------------------ AUT-04: old and replaced links


def test_aut_04_a_link_of_more_than_15_minutes_ago_is_refused(village: Village) -> None:
    link = village.ask_link(ADMINISTRATOR)
    soon = village.database.run("SELECT made_at, ends_at FROM link WHERE used_at IS NULL ORDER BY id DESC")[0]
    assert minutes_between(*soon.split("|")) == pytest.approx(15, abs=0.1)
    village.database.run(f"UPDATE link SET ends_at = '{LONG_AGO}' WHERE purpose = 'sign-in'")
    assert offers_another_link(village.visitor().get(link))
    assert offers_another_link(village.visitor().post(link))


def minutes_between(first: str, last: str) -> float:
    from datetime import datetime

    def read(text: str) -> datetime:
        return datetime.fromisoformat(text if text[-3] == ":" else f"{text}:00")

    return (read(last) - read(first)).total_seconds() / 60


def test_aut_04_a_newer_link_makes_the_older_one_useless(village: Village) -> None:
    village.invited("older@example.fr")
    older = village.ask_link("older@example.fr")
    newer = village.ask_link("older@example.fr")
    assert village.visitor().post(older).status_code == 410
    assert welcomes(village.visitor().submit(newer))


def test_aut_04_links_to_the_old_address_die_with_it(village: Village) -> None:
    member = village.invited("moves@example.fr")
    old = village.ask_link("moves@example.fr")
    member.submit("/me/mail", contact="moved@example.fr")
    member.come_in(village.mailed_link("moved@example.fr"))
    assert village.visitor().post(old).status_code == 410


def test_aut_04_a_link_for_one_purpose_opens_nothing_else(village: Village, administrator: Visitor) -> None:
    token = token_in(village.ask_link(ADMINISTRATOR))
    stranger = village.visitor()
    for path in (f"/sign-up/{token}", f"/invitation/{token}"):
        assert stranger.post(path, {"name": "X", "charter": "yes"}).status_code == 410
    assert administrator.post(f"/me/mail/{token}").status_code == 410


def test_aut_04_an_expired_invitation_is_refused(village: Village, administrator: Visitor) -> None:
    administrator.post("/invitations", {"name": "Late", "contact": "late@example.fr"})
    link = village.mailed_link("late@example.fr")
    village.database.run(f"UPDATE invitation SET ends_at = '{LONG_AGO}' WHERE mail = 'late@example.fr'")
    assert village.visitor().get(link).status_code == 410
    assert village.visitor().post(link, {"name": "Late", "charter": "yes"}).status_code == 410


# ------------------------------------------------------------------ AUT-06: the host that is asked for


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "evil.example"},
        {"x-forwarded-host": "evil.example"},
        {"forwarded": "host=evil.example;proto=https"},
        {"x-forwarded-proto": "https", "x-forwarded-port": "666", "x-original-host": "evil.example"},
    ],
)
def test_aut_06_links_in_mails_lead_to_our_own_address(village: Village, headers: dict[str, str]) -> None:
    mail = f"host-{abs(hash(tuple(headers)))}@example.fr"
    answer = village.visitor().post(
        "/sign-up", {"name": "Host", "contact": mail, "charter": "yes"}, headers=headers
    )
    assert answer.status_code == 303
    sent = village.site.mailbox.next(to=mail)
    assert sent.link.startswith(f"{village.site.url}/sign-up/")
    assert "evil" not in sent.message.as_string()


@pytest.mark.parametrize("path", ["/", "/needs/", "/static", "/static/", "/nowhere", "/me", "/sign-in"])
def test_aut_06_no_answer_repeats_a_foreign_host(village: Village, visitor: Visitor, path: str) -> None:
    answer = visitor.get(path, headers={"host": "evil.example", "x-forwarded-host": "evil.example"})
    assert "evil.example" not in answer.headers.get("location", "") + answer.text


@pytest.mark.parametrize(
    "path", ["//evil.example", "/\\evil.example", "https://evil.example", "/\t/evil.example"]
)
def test_aut_06_after_signing_in_one_stays_on_this_site(village: Village, path: str) -> None:
    village.invited(mail := f"next-{abs(hash(path))}@example.fr")
    browser = village.visitor()
    browser.post("/sign-in", {"contact": mail, "next": path})
    answer = browser.submit(village.mailed_link(mail))
    assert answer.headers["location"].partition("?")[0] == "/"


# ------------------------------------------------------------------ AUT-07: guessing and storing


def test_aut_07_no_secret_that_works_is_in_the_database(village: Village, administrator: Visitor) -> None:
    mails = {name: f"{name}-07@example.fr" for name in ("invited", "joins", "moves")}
    village.visitor().post("/sign-up", {"name": "Joins", "contact": mails["joins"], "charter": "yes"})
    administrator.post("/invitations", {"name": "Invited", "contact": mails["invited"]})
    mover = village.invited("before-07@example.fr")
    mover.submit("/me/mail", contact=mails["moves"])
    links = [village.mailed_link(mail) for mail in mails.values()] + [village.ask_link(ADMINISTRATOR)]
    secrets = [token_in(link) for link in links]
    secrets += [administrator.session, mover.session]
    for link in links:
        asker = mover if "/me/mail/" in link else village.visitor()
        assert asker.get(link).status_code == 200, "it works"
    stolen = village.database.bytes()
    assert b"before-07@example.fr" in stolen
    for secret in secrets:
        assert len(secret) >= 43  # 256 bits in base64url
        assert secret.encode() not in stolen


def test_aut_07_no_secret_waits_in_the_queue(village: Village) -> None:
    """While a mail waits to be written there is no token yet: the job holds ids only."""
    village.database.run(
        "INSERT INTO job (name, arguments, due_at, attempts, last_error, created_at) "
        "SELECT 'members.sign_in_link', '{}', '2099-01-01 00:00:00+00:00', 0, '', '2026-01-01 00:00:00+00:00'"
    )
    links_before = village.database.value("SELECT count(*) FROM link")
    assert village.database.value("SELECT count(*) FROM link") == links_before
    village.ask_link(ADMINISTRATOR)
    for arguments in village.database.run("SELECT arguments FROM job"):
        assert "token" not in arguments


def test_aut_07_guessing_tokens_from_one_address_is_stopped(village: Village, visitor: Visitor) -> None:
    statuses = [visitor.get(f"/sign-in/{number:043}").status_code for number in range(30)]
    assert statuses[:20] == [410] * 20
    assert statuses[-1] == 429
    assert visitor.get(f"/invitation/{'a' * 43}").status_code == 429, "all kinds of links count together"
    assert village.visitor().get(f"/sign-in/{'a' * 43}").status_code == 410, "others do not wait"


def test_aut_07_guessing_the_six_digits_is_stopped(village: Village) -> None:
    agent = village.invited("codes-07@example.fr", role="agent")
    secret = turn_codes_on(agent)
    village.database.run("UPDATE member SET totp_counter = 0 WHERE mail_key = 'codes-07@example.fr'")
    thief = village.sign_in("codes-07@example.fr")
    assert not thief.signed_in, "the link alone is not enough"
    wrong = f"{(int(pyotp.TOTP(secret).now()) + 5) % 1_000_000:06}"
    statuses = [thief.post("/sign-in/second-factor", {"code": wrong}).status_code for _ in range(7)]
    assert statuses == [422] * 5 + [429] * 2
    right = {"code": pyotp.TOTP(secret).now()}
    assert thief.post("/sign-in/second-factor", right).status_code == 429, "not even the right one"
    assert not thief.signed_in


def turn_codes_on(agent: Visitor) -> str:
    """The agent's account asks for the codes of an app from now on; the app's secret."""
    secret = str(page(agent.get("/me/codes")).select_one("input[name=secret]")["value"])
    answer = agent.post("/me/codes", {"secret": secret, "code": pyotp.TOTP(secret).now()})
    assert answer.status_code == 303, heading(answer)
    return secret


# ------------------------------------------------------------------ AUT-08: many tries


def test_aut_08_one_address_asks_for_25_links_and_no_more_for_now(village: Village, visitor: Visitor) -> None:
    asked = [visitor.post("/sign-in", {"contact": f"n{number}@example.fr"}) for number in range(27)]
    assert [answer.status_code for answer in asked[:25]] == [303] * 25
    assert asked[-1].status_code == 429
    assert int(asked[-1].headers["retry-after"]) >= 1


def test_aut_08_many_addresses_that_ask_for_one_account_do_not_lock_its_owner_out(village: Village) -> None:
    village.invited("target@example.fr")
    statuses = [
        village.visitor().post("/sign-in", {"contact": "target@example.fr"}).status_code for _ in range(8)
    ]
    assert statuses == [303] * 3 + [429] * 5
    mails = [village.mailed_link("target@example.fr") for _ in range(3)]
    assert welcomes(village.visitor().submit(mails[-1])), "the newest of these links lets the owner in"


def test_aut_08_an_ipv6_network_is_one_visitor(village: Village) -> None:
    statuses = []
    for number in range(27):
        visitor = village.visitor(address=f"2001:db8:1:2::{number:x}")
        statuses.append(visitor.post("/sign-in", {"contact": f"v{number}@example.fr"}).status_code)
    assert statuses[:25] == [303] * 25
    assert statuses[-1] == 429
    neighbour = village.visitor(address="2001:db8:1:3::1")
    assert neighbour.post("/sign-in", {"contact": "v@example.fr"}).status_code == 303


# ------------------------------------------------------------------ AUT-10: a full mailbox


@pytest.mark.parametrize(
    "victim", ["flood-0@example.fr", "Flood-1@Example.FR", "flood-2+tag@example.fr"], ids=["", "case", "tag"]
)
def test_aut_10_one_mailbox_gets_few_mails_whoever_asks(village: Village, victim: str) -> None:
    spellings = [victim, victim.lower(), victim.upper(), victim.replace("@", "+x@").replace("+tag+x", "+y")]
    for number in range(12):
        form = {"name": "Flood", "contact": spellings[number % 4], "charter": "yes"}
        village.visitor().post("/sign-up", form)
    for number in range(4):
        member = village.invited(f"06 11 11 {victim[6]}1 {number:02}")
        member.post("/invitations", {"name": "Flood", "contact": spellings[number % 4]})
        member.post("/me/mail", {"contact": spellings[number % 4]})
    assert mails_to(village, victim) <= 5


def mails_to(village: Village, victim: str) -> int:
    """How many mails to any spelling of an address are written, once the queue is empty."""
    from hub.members.models import mail_key

    wait_for_queue(village)
    return sum(mail_key(mail.to) == mail_key(victim) for mail in village.site.mailbox.unread())


def wait_for_queue(village: Village) -> None:
    waiting = "SELECT count(*) FROM job WHERE periodic IS NULL AND due_at < '2090-01-01 00:00:00+00:00'"
    wait_until(lambda: village.database.value(waiting) == "0")


def test_aut_10_a_flood_of_other_mails_does_not_take_a_members_sign_in_links(village: Village) -> None:
    village.invited("calm@example.fr")
    for number in range(4):
        member = village.invited(f"06 22 22 22 {number:02}")
        member.post("/me/mail", {"contact": "calm@example.fr"})
        member.post("/invitations", {"name": "Calm", "contact": "calm@example.fr"})
    assert village.visitor().post("/sign-in", {"contact": "calm@example.fr"}).status_code == 303
    assert welcomes(village.visitor().submit(village.mailed_link("calm@example.fr")))


# ------------------------------------------------------------------ AUT-11: planted sessions


def test_aut_11_a_cookie_from_before_is_replaced_at_sign_in(village: Village) -> None:
    planted, victim, attacker = "p" * 43, village.visitor(), village.visitor()
    name = victim.cookie_name("session")
    victim.cookies[name] = attacker.cookies[name] = planted
    victim.come_in(village.ask_link(ADMINISTRATOR))
    assert victim.session != planted
    assert victim.signed_in
    assert not attacker.signed_in


def test_aut_11_somebody_elses_session_does_not_become_mine(village: Village) -> None:
    attacker = village.invited("planter@example.fr")
    victim = village.visitor()
    victim.cookies = dict(attacker.cookies)
    victim.come_in(village.ask_link(ADMINISTRATOR))
    assert victim.session != attacker.session
    assert "planter" in attacker.get("/me").text


def test_aut_11_the_second_factor_gives_another_cookie(village: Village) -> None:
    agent = village.invited("codes-11@example.fr", role="agent")
    secret = turn_codes_on(agent)
    village.database.run("UPDATE member SET totp_counter = 0 WHERE mail_key = 'codes-11@example.fr'")
    browser = village.sign_in("codes-11@example.fr")
    copy = village.visitor()
    copy.cookies = dict(browser.cookies)
    answer = browser.submit("/sign-in/second-factor", code=pyotp.TOTP(secret).now())
    assert answer.status_code == 303, heading(answer)
    assert browser.signed_in
    assert not copy.signed_in


def test_aut_11_showing_again_who_one_is_gives_another_cookie(village: Village) -> None:
    agent = village.invited("codes-11b@example.fr", role="agent")
    secret = turn_codes_on(agent)
    village.database.run("UPDATE member SET totp_counter = 0 WHERE mail_key = 'codes-11b@example.fr'")
    copy = village.visitor()
    copy.cookies = dict(agent.cookies)
    answer = agent.submit("/confirm", code=pyotp.TOTP(secret).now())
    assert answer.status_code == 303, heading(answer)
    assert agent.signed_in
    assert not copy.signed_in


# ------------------------------------------------------------------ AUT-12: the end of a session


def test_aut_12_signing_out_ends_the_session_and_not_only_the_cookie(village: Village) -> None:
    browser = village.sign_in(village_member(village, "out@example.fr"))
    copy = village.visitor()
    copy.cookies = dict(browser.cookies)
    assert browser.submit("/sign-out").status_code == 303
    assert "session" not in browser.cookies
    assert not copy.signed_in


def village_member(village: Village, mail: str) -> str:
    village.invited(mail)
    return mail


def test_aut_12_ending_one_or_all_other_sessions_works_at_once(village: Village) -> None:
    first = village.invited("many@example.fr")
    second = village.sign_in("many@example.fr")
    form = page(first.get("/me")).select_one("form[action^='/me/sessions/'][action$='/end']")
    assert form is not None
    first.post(str(form["action"]))
    assert not second.signed_in
    third = village.sign_in("many@example.fr")
    third.post("/me/sessions/end")
    assert third.signed_in
    assert not first.signed_in


def test_aut_12_nobody_ends_somebody_elses_session(village: Village) -> None:
    victim, attacker = village.invited("06 33 33 33 33"), village.invited("06 33 33 33 34")
    number = village.database.value(
        f"SELECT max(id) FROM session WHERE member_id = {village.member_id(victim)}"
    )
    attacker.post(f"/me/sessions/{number}/end")
    assert victim.signed_in


def test_aut_12_a_closed_account_is_signed_out_everywhere(village: Village, administrator: Visitor) -> None:
    member = village.invited("closed@example.fr")
    other = village.sign_in("closed@example.fr")
    waiting_link = village.ask_link("closed@example.fr")
    path = f"/members/{village.member_id(member)}"
    assert administrator.post(f"{path}/suspend").status_code == 303
    assert not member.signed_in
    assert not other.signed_in
    assert village.visitor().post(waiting_link).status_code == 410
    administrator.post(f"{path}/readmit")
    assert not member.signed_in, "old cookies stay dead"


def test_aut_12_another_role_another_address_or_no_account_end_the_sessions(
    village: Village, administrator: Visitor
) -> None:
    agent = village.invited("06 44 44 44 44", role="agent")
    administrator.post(f"/members/{village.member_id(agent)}/role", {"role": "resident"})
    assert not agent.signed_in

    member = village.invited("first@example.fr")
    other = village.sign_in("first@example.fr")
    member.submit("/me/mail", contact="second@example.fr")
    member.come_in(village.mailed_link("second@example.fr"))
    assert member.signed_in
    assert not other.signed_in

    copy = village.visitor()
    copy.cookies = dict(member.cookies)
    assert member.submit("/me/erase").status_code == 303
    assert not copy.signed_in


def test_aut_12_a_session_that_nobody_used_for_long_is_over(village: Village) -> None:
    member = village.invited("06 55 55 55 55")
    number = village.member_id(member)
    village.database.run(f"UPDATE session SET ends_at = '{LONG_AGO}' WHERE member_id = {number}")
    assert not member.signed_in


def test_aut_12_a_link_of_the_command_line_replaces_the_mailed_one(village: Village) -> None:
    mailed = village.ask_link(ADMINISTRATOR)
    printed = village.printed_link()
    assert village.visitor().post(mailed).status_code == 410
    assert welcomes(village.visitor().submit(printed))
