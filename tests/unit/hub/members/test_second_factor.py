"""Codes of an app, and the pages that ask who is there (AUT-07, AUT-08, AUT-11, AUT-20)."""

import asyncio
import json
import re
from datetime import UTC, datetime, timedelta

import pyotp
import pytest
import time_machine
from bs4 import BeautifulSoup

from hub import limits
from hub.errors import Conflict, InvalidInput, TooMany
from hub.jobs import Job
from hub.members import second_factor, sessions
from hub.members.actions import add_member
from hub.members.models import Member, Passkey, Role, Session
from tests.unit.hub.members.conftest import SESSION, Browser

pytestmark = pytest.mark.usefixtures("database")

# RFC 6238, appendix B, SHA-1, the last six digits
VECTORS = [(59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (20000000000, "353130")]
RFC_SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"


async def agent(*, codes: bool = True, mail: str | None = "karim@example.org") -> Member:
    member = await add_member("Karim", mail=mail, role=Role.AGENT, trusted=True)
    if codes:
        await Member.filter(id=member.id).update(totp_secret=pyotp.random_base32())
    return await Member.get(id=member.id)


async def give_passkey(member: Member) -> None:
    await Passkey.create(member=member, credential_id=f"key of {member.id}", public_key=b"", name="Phone")


def code_of(member: Member, *, ago: float = 0) -> str:
    assert member.totp_secret is not None
    return pyotp.TOTP(member.totp_secret).at(datetime.now(UTC).timestamp() - ago)


def wrong_code_of(member: Member) -> str:
    right = {code_of(member, ago=ago) for ago in (-60, -30, 0, 30, 60)}
    return next(code for code in map("{:06}".format, range(10)) if code not in right)


@pytest.mark.parametrize(("at", "code"), VECTORS)
@pytest.mark.parametrize("engine", ["sqlite"])  # no database is asked
def test_codes_are_those_of_the_rfc(at: int, code: str) -> None:
    assert second_factor.step_of(RFC_SECRET, code, at=datetime.fromtimestamp(at, UTC)) == at // 30


@pytest.mark.parametrize(
    ("late", "accepted"), [(-60, False), (-30, True), (0, True), (30, True), (60, False)]
)
@pytest.mark.parametrize("engine", ["sqlite"])  # no database is asked
def test_a_clock_may_be_wrong_by_one_step(late: int, accepted: bool) -> None:
    at = datetime(2026, 4, 16, 10, 0, tzinfo=UTC)
    code = pyotp.TOTP(RFC_SECRET).at(at - timedelta(seconds=late))
    assert (second_factor.step_of(RFC_SECRET, code, at=at) is not None) is accepted


@pytest.mark.parametrize(
    "code", ["", "  ", "12345", "1234567", "abcdef", "２８７０８２", "287\x00", "9" * 5000]
)
@pytest.mark.parametrize("engine", ["sqlite"])  # no database is asked
def test_what_is_no_code_is_no_code(code: str) -> None:
    assert second_factor.step_of(RFC_SECRET, code, at=datetime.fromtimestamp(59, UTC)) is None


def test_a_code_may_be_typed_in_two_groups() -> None:
    assert second_factor.step_of(RFC_SECRET, " 287 082 ", at=datetime.fromtimestamp(59, UTC)) == 1


async def test_a_code_works_once_and_so_does_each_later_one() -> None:
    member = await agent()
    with time_machine.travel(datetime(2026, 4, 16, 10, 0, 10, tzinfo=UTC)) as clock:
        first = code_of(member)
        await second_factor.use_code(member.id, first)
        with pytest.raises(InvalidInput):
            await second_factor.use_code(member.id, first)
        with pytest.raises(InvalidInput):
            await second_factor.use_code(member.id, code_of(member, ago=30))
        clock.shift(30)
        await second_factor.use_code(member.id, code_of(member))


async def test_of_several_who_use_one_code_at_the_same_moment_one_comes_in() -> None:
    member = await agent()
    tries = [second_factor.use_code(member.id, code_of(member)) for _ in range(4)]
    ends = await asyncio.gather(*tries, return_exceptions=True)
    assert sorted(type(end).__name__ for end in ends) == ["InvalidInput"] * 3 + ["NoneType"]


async def test_after_some_wrong_codes_even_the_right_one_waits() -> None:
    member, neighbour = await agent(), await agent(mail="rosa@example.org")
    with time_machine.travel(datetime(2026, 4, 16, 10, 0, tzinfo=UTC)) as clock:
        for _ in range(limits.CODES_PER_MEMBER.burst):
            with pytest.raises(InvalidInput):
                await second_factor.use_code(member.id, wrong_code_of(member))
        with pytest.raises(TooMany):
            await second_factor.use_code(member.id, code_of(member))
        await second_factor.use_code(neighbour.id, code_of(neighbour))
        clock.shift(limits.CODES_PER_MEMBER.seconds)
        await second_factor.use_code(member.id, code_of(member))


async def test_no_code_is_right_for_somebody_without_codes() -> None:
    member = await agent(codes=False)
    for code in ("", "000000"):
        with pytest.raises(InvalidInput):
            await second_factor.use_code(member.id, code)


async def test_codes_are_on_once_the_app_shows_the_right_one() -> None:
    member, secret = await agent(codes=False), second_factor.new_secret()
    here = await Session.find(await sessions.open_session(member, "Firefox/140"))
    await sessions.open_session(member, "Chrome/140")
    assert here is not None
    for wrong, code in ((secret, "000000"), ("A" * 31, "000000"), ("é" * 32, "000000"), ("", "")):
        with pytest.raises(InvalidInput):
            await second_factor.turn_on(member.id, wrong, code=code, session_id=here.id)
    code = pyotp.TOTP(secret).now()
    await second_factor.turn_on(member.id, secret, code=code, session_id=here.id)
    assert [session.id for session in await Session.filter(member=member)] == [here.id]
    with pytest.raises(InvalidInput):
        await second_factor.use_code(member.id, code)
    with pytest.raises(Conflict):
        await second_factor.turn_on(member.id, secret, code=code, session_id=here.id)
    assert [json.loads(job.arguments)["what"] for job in await Job.all()] == ["codes-on"]


async def test_whoever_lost_a_phone_can_be_helped_back_in() -> None:
    member = await agent()
    await give_passkey(member)
    await sessions.open_session(member, "Firefox/140")
    await second_factor.forget(member.id)
    assert not await sessions.has_second_factor(await Member.get(id=member.id))
    assert not await Session.filter(member=member).exists()
    notices = [json.loads(job.arguments)["what"] for job in await Job.all().order_by("id")]
    assert notices == ["codes-off", "passkey-removed"]


async def test_a_link_alone_opens_no_page_of_somebody_with_a_second_factor(browser: Browser) -> None:
    await browser.sign_in(await agent())
    for path in ("/me", "/me/codes", "/me/passkeys", "/confirm", "/members"):
        answer = await browser.get(path)
        assert (answer.status_code, answer.headers["location"].partition("?")[0]) == (303, "/sign-in")
    assert (await browser.post("/confirm", code="000000")).headers["location"].startswith("/sign-in")


async def test_a_code_lets_them_in_under_another_cookie(browser: Browser) -> None:
    member = await agent()
    await browser.sign_in(member)
    page = await browser.get("/sign-in/second-factor?next=/me")
    field = BeautifulSoup(page.text, "html.parser").find("input", {"name": "code"})
    assert field is not None
    assert (field["inputmode"], field["autocomplete"]) == ("numeric", "one-time-code")
    before = browser.client.cookies[SESSION]
    answer = await browser.post("/sign-in/second-factor", code=code_of(member), next="/me")
    assert answer.headers["location"].partition("?")[0] == "/me"
    assert browser.client.cookies[SESSION] != before
    assert await Session.find(before) is None
    assert (await browser.get("/me")).status_code == 200


async def test_a_wrong_code_shows_the_form_again(browser: Browser) -> None:
    member = await agent()
    await browser.sign_in(member)
    answer = await browser.post("/sign-in/second-factor", code=wrong_code_of(member), next="/me")
    assert answer.status_code == 422
    assert "not the code of this moment" in answer.text
    assert 'value="/me"' in answer.text
    assert (await browser.get("/me")).status_code == 303


async def test_too_many_codes_get_a_page_that_says_when_to_come_back(browser: Browser) -> None:
    member = await agent()
    await browser.sign_in(member)
    fields = {"code": wrong_code_of(member)}
    answers = [await browser.post("/sign-in/second-factor", **fields) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [422] * 5 + [429]
    assert int(answers[-1].headers["retry-after"]) > 0


async def test_the_second_step_is_only_for_those_who_took_the_first(browser: Browser) -> None:
    assert (await browser.get("/sign-in/second-factor")).headers["location"] == "/sign-in"
    assert (await browser.post("/sign-in/second-factor", code="1")).headers["location"] == "/sign-in"
    await browser.sign_in(await agent(), strong=True)
    assert (await browser.get("/sign-in/second-factor?next=/me")).headers["location"] == "/me"
    assert (await browser.get("/sign-in/second-factor?next=//evil.example")).headers["location"] == "/"


async def test_each_is_asked_for_what_they_have(browser: Browser) -> None:
    ways = {
        "code": 'name="code"',
        "passkey": "data-passkey",
        "mail": "/confirm/link",
        "desk": "ask the town hall",
    }

    async def offered(member: Member) -> set[str]:
        await browser.sign_in(member, strong=True)
        page = (await browser.get("/confirm?next=/me/codes")).text
        return {way for way, sign in ways.items() if sign in page}

    resident = await add_member("Rosa", mail="rosa@example.org")
    without_mail = await add_member("Jeanne", phone="04 99 57 00 00")
    member = await agent()
    assert await offered(resident) == {"mail"}
    assert await offered(without_mail) == {"desk"}
    assert await offered(member) == {"code"}
    for each in (resident, without_mail, member):
        await give_passkey(each)
    assert await offered(resident) == {"mail", "passkey"}
    assert await offered(without_mail) == {"passkey"}
    assert await offered(member) == {"code", "passkey"}


async def test_a_code_confirms_and_leads_on(browser: Browser) -> None:
    member = await agent()
    await browser.sign_in(member, strong=True)
    await Session.all().update(confirmed_at=None)
    assert (await browser.get("/me/codes")).headers["location"] == "/confirm?next=/me/codes"
    wrong = await browser.post("/confirm", code=wrong_code_of(member), next="/me/codes")
    assert wrong.status_code == 422
    assert (await browser.get("/me/codes")).status_code == 303
    answer = await browser.post("/confirm", code=code_of(member), next="/me/codes")
    assert answer.headers["location"] == "/me/codes"
    assert (await browser.get("/me/codes")).status_code == 200


async def test_a_link_confirms_who_has_nothing_else_and_is_not_mailed_without_end(browser: Browser) -> None:
    await browser.sign_in(await add_member("Rosa", mail="rosa@example.org"))
    answer = await browser.post("/confirm/link", next="/me/passkeys")
    assert answer.headers["location"] == "/confirm?next=/me/passkeys&said=confirm-sent"
    job = await Job.get(name="members.sign_in_link")
    assert json.loads(job.arguments)["next_path"] == "/me/passkeys"
    answers = [await browser.post("/confirm/link", next="//evil.example") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [303, 303, 429]
    assert {json.loads(job.arguments)["next_path"] for job in await Job.all()} == {"/me/passkeys", "/"}


async def test_codes_are_turned_on_and_off_through_the_pages(browser: Browser) -> None:
    member = await agent(codes=False)
    await browser.sign_in(member)
    page = BeautifulSoup((await browser.get("/me/codes")).text, "html.parser")
    secret = page.find("input", {"name": "secret"})["value"]  # type: ignore[index]
    assert re.sub(r"\s", "", page.find("strong").text) == secret  # type: ignore[union-attr]
    wrong = await browser.post("/me/codes", secret=secret, code="000000")
    assert wrong.status_code == 422
    assert f'value="{secret}"' in wrong.text
    answer = await browser.post("/me/codes", secret=secret, code=pyotp.TOTP(secret).now())
    assert answer.headers["location"] == "/me/codes?said=codes-on"
    assert secret not in (await browser.get("/me/codes")).text
    answer = await browser.post("/me/codes/off")
    assert answer.headers["location"] == "/me/codes?said=codes-off"
    assert (await Member.get(id=member.id)).totp_secret is None


async def test_the_drawing_for_the_app_passes_our_own_policy(browser: Browser) -> None:
    await browser.sign_in(await agent(codes=False))
    page = (await browser.get("/me/codes")).text
    assert "<svg width=" in page
    assert "style=" not in page
    assert "data:" not in page


async def test_codes_are_for_those_who_can_do_a_lot(browser: Browser) -> None:
    await browser.sign_in(await add_member("Rosa", mail="rosa@example.org", trusted=True))
    assert (await browser.get("/me/codes")).status_code == 404
    assert (await browser.post("/me/codes", secret=RFC_SECRET, code="000000")).status_code == 404


async def test_whoever_signed_in_long_ago_confirms_before_codes_change(browser: Browser) -> None:
    member = await agent(codes=False)
    await browser.sign_in(member)
    await Session.all().update(confirmed_at=None)
    for path in ("/me/codes", "/me/codes/off"):
        answer = await browser.post(path, secret=RFC_SECRET, code=pyotp.TOTP(RFC_SECRET).now())
        assert answer.headers["location"].partition("?")[0] == "/confirm"
    assert (await Member.get(id=member.id)).totp_secret is None


async def test_fields_that_a_form_does_not_have_change_nothing(browser: Browser) -> None:
    member = await agent()
    await browser.sign_in(member)
    extra = {"role": "administrator", "is_admin": "true", "member_id": "1", "awaits_second_factor": "0"}
    await browser.post("/sign-in/second-factor", code=code_of(member), **extra)
    assert (await Member.get(id=member.id)).role is Role.AGENT
