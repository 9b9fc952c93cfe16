"""Passkeys are accepted from their owner, here, now, once; everything else is refused (AUT-19, AUT-20)."""

import asyncio
import json
from datetime import timedelta
from typing import Any

import httpx
import pytest
import time_machine

from hub import limits
from hub.config import Config
from hub.errors import Conflict, NotAllowed, NotFound
from hub.jobs import Job
from hub.members import passkeys, sessions
from hub.members.actions import add_member
from hub.members.models import Challenge, Member, Passkey, Role, Session
from hub.members.passkeys import Ceremony
from tests.authenticator import Authenticator
from tests.unit.hub.members.conftest import SESSION, Browser

pytestmark = pytest.mark.usefixtures("database")

READ_ABOVE_THE_DATABASE = pytest.mark.parametrize("engine", ["sqlite"])

ORIGIN = "https://les-aires.example"
HERE = Ceremony(origin=ORIGIN, browser_key="this browser")
ELSEWHERE = Ceremony(origin=ORIGIN, browser_key="another browser")


async def rosa(*, mail: str | None = "rosa@example.org", role: Role = Role.RESIDENT) -> Member:
    return await add_member("Rosa", mail=mail, role=role, trusted=True)


async def session_of(member: Member) -> Session:
    token = await sessions.open_session(member, "Firefox/140 Linux")
    found = await Session.find(token)
    assert found is not None
    return found


async def asked(ceremony: Ceremony = HERE, *, member_id: int | None = None) -> dict[str, Any]:
    options: dict[str, Any] = json.loads(await passkeys.ask_signature(ceremony, member_id=member_id))
    return options


async def asked_for_key(member: Member, ceremony: Ceremony = HERE) -> dict[str, Any]:
    text = await passkeys.ask_new_key(ceremony, member=member, village="Les Aires")
    options: dict[str, Any] = json.loads(text)
    return options


async def device_of(member: Member, *, name: str = "Phone", counts: bool = True) -> Authenticator:
    """A device whose passkey is on the member's account."""
    device = Authenticator(ORIGIN, counts=counts)
    session, answer = await session_of(member), device.create(await asked_for_key(member))
    await passkeys.add(HERE, answer, member_id=member.id, session_id=session.id, name=name)
    return device


async def refuses(answer: str, *, member_id: int | None = None, ceremony: Ceremony = HERE) -> bool:
    with pytest.raises(NotAllowed):
        await passkeys.recognise(ceremony, answer, member_id=member_id)
    return True


async def test_a_passkey_signs_its_owner_in_without_a_second_factor() -> None:
    member = await rosa(role=Role.ADMINISTRATOR)
    device = await device_of(member)
    token = await passkeys.sign_in(HERE, device.get(await asked()), browser="Firefox/140 Linux")
    session = await Session.find(token)
    assert session is not None
    assert session.member_id == member.id
    assert session.confirmed
    assert not session.awaits_second_factor


async def test_the_device_is_asked_for_a_key_of_its_own_and_for_the_person() -> None:
    member = await rosa()
    options = await asked_for_key(member)
    assert options["rp"] == {"id": "les-aires.example", "name": "Les Aires"}
    assert options["authenticatorSelection"]["residentKey"] == "required"
    assert options["authenticatorSelection"]["userVerification"] == "required"
    assert (await asked())["userVerification"] == "required"
    assert options["attestation"] == "none"


async def test_who_signs_in_need_not_say_who_they_are_and_who_confirms_uses_their_own_key() -> None:
    member = await rosa()
    device = await device_of(member)
    first = json.loads(device.get(await asked()))["id"]
    assert not (await asked()).get("allowCredentials")
    assert [key["id"] for key in (await asked(member_id=member.id))["allowCredentials"]] == [first]
    assert [key["id"] for key in (await asked_for_key(member))["excludeCredentials"]] == [first]


@pytest.mark.parametrize(
    "bent",
    [
        {"origin": "https://evil.example"},
        {"origin": "http://les-aires.example"},
        {"origin": "https://les-aires.example.evil.example"},
        {"origin": "https://sub.les-aires.example"},
        {"origin": None},
        {"rp_id": "evil.example"},
        {"rp_id": "example"},
        {"verified": False},
        {"cross_origin": True},
        {"type": "webauthn.create"},
        {"challenge": "bm90IG91cnM"},
        {"challenge": 7},
        {"handle": b"999"},
    ],
    ids=str,
)
@READ_ABOVE_THE_DATABASE
async def test_an_answer_with_one_thing_wrong_is_refused(bent: dict[str, Any]) -> None:
    device = await device_of(await rosa())
    assert await refuses(device.get(await asked(), **bent))


@pytest.mark.parametrize(
    "bent",
    [
        {"origin": "https://evil.example"},
        {"rp_id": "evil.example"},
        {"verified": False},
        {"cross_origin": True},
        {"type": "webauthn.get"},
        {"challenge": "bm90IG91cnM"},
        {"attestation": {"fmt": "tpm", "attStmt": {"ver": "2.0"}}},
        {"attestation": {"fmt": "packed", "attStmt": {"alg": -7, "sig": b"no", "x5c": [b"no"]}}},
        {"attestation": {"fmt": "packed", "attStmt": {"alg": -7, "sig": b"no"}}},
        {"attestation": {"fmt": "unheard-of"}},
        {"proof": True},
        {"attestation": {"authData": b"short"}},
        {"attestation": {"attStmt": 7}},
    ],
    ids=str,
)
@READ_ABOVE_THE_DATABASE
async def test_a_new_key_with_one_thing_wrong_is_refused(bent: dict[str, Any]) -> None:
    member, device = await rosa(), Authenticator(ORIGIN)
    session, answer = await session_of(member), device.create(await asked_for_key(member), **bent)
    with pytest.raises(NotAllowed):
        await passkeys.add(HERE, answer, member_id=member.id, session_id=session.id, name="Phone")
    assert not await Passkey.exists()


async def test_a_challenge_works_once() -> None:
    device, options = await device_of(await rosa()), await asked()
    answer = device.get(options)
    await passkeys.recognise(HERE, answer)
    assert await refuses(answer)
    assert await refuses(device.get(options))


async def test_of_two_answers_to_one_challenge_at_the_same_moment_one_is_refused() -> None:
    device, options = await device_of(await rosa(), counts=False), await asked()
    tries = [passkeys.recognise(HERE, device.get(options)) for _ in range(4)]
    ends = await asyncio.gather(*tries, return_exceptions=True)
    assert sorted(type(end).__name__ for end in ends) == ["NotAllowed"] * 3 + ["Passkey"]


async def test_a_challenge_is_spent_by_a_wrong_answer() -> None:
    device, options = await device_of(await rosa()), await asked()
    assert await refuses(device.get(options, verified=False))
    assert await refuses(device.get(options))


async def test_a_challenge_is_of_no_use_in_another_browser() -> None:
    device = await device_of(await rosa())
    assert await refuses(device.get(await asked(ELSEWHERE)))
    assert await refuses(device.get(await asked(HERE)), ceremony=ELSEWHERE)


async def test_a_challenge_that_is_too_old_is_refused_and_forgotten() -> None:
    device, options = await device_of(await rosa()), await asked()
    with time_machine.travel(timedelta(minutes=limits.CHALLENGE_MINUTES, seconds=1)):
        assert await refuses(device.get(options))
        await asked()
        assert await Challenge.all().count() == 1


async def test_a_count_that_goes_back_is_refused_for_a_copied_key_gave_it() -> None:
    device = await device_of(await rosa())
    await passkeys.recognise(HERE, device.get(await asked(), count=7))
    assert await refuses(device.get(await asked(), count=7))
    assert await refuses(device.get(await asked(), count=3))
    assert await refuses(device.get(await asked(), count=0))
    await passkeys.recognise(HERE, device.get(await asked(), count=8))
    assert (await Passkey.get()).sign_count == 8


async def test_of_two_answers_with_one_count_at_the_same_moment_one_is_refused() -> None:
    device = await device_of(await rosa())
    answers = [device.get(await asked(), count=5) for _ in range(2)]
    tries = [passkeys.recognise(HERE, answer) for answer in answers]
    ends = await asyncio.gather(*tries, return_exceptions=True)
    assert sorted(type(end).__name__ for end in ends) == ["NotAllowed", "Passkey"]


async def test_a_key_that_never_counts_works_again_and_again() -> None:
    device = await device_of(await rosa(), counts=False)
    for _ in range(3):
        assert (await passkeys.recognise(HERE, device.get(await asked()))).sign_count == 0


async def test_nobody_confirms_with_the_key_of_somebody_else() -> None:
    member, other = await rosa(), await add_member("Karim", mail="karim@example.org")
    device = await device_of(other)
    assert await refuses(device.get(await asked(member_id=member.id)), member_id=member.id)
    assert (
        await passkeys.recognise(HERE, device.get(await asked()), member_id=other.id)
    ).member_id == other.id


async def test_a_signature_of_another_key_under_a_known_name_is_refused() -> None:
    device, forger = await device_of(await rosa()), Authenticator(ORIGIN)
    forger.id, forger.handle, forger.count = device.id, device.handle, device.count
    assert await refuses(forger.get(await asked()))


async def test_a_key_that_somebody_holds_already_cannot_be_added_by_another() -> None:
    device, other = await device_of(await rosa()), await add_member("Karim", mail="karim@example.org")
    session, answer = await session_of(other), device.create(await asked_for_key(other))
    with pytest.raises(NotAllowed):
        await passkeys.add(HERE, answer, member_id=other.id, session_id=session.id, name="Phone")
    assert (await Passkey.get()).member_id != other.id


async def test_the_key_of_a_suspended_member_opens_nothing() -> None:
    member = await rosa()
    device = await device_of(member)
    await Member.filter(id=member.id).update(suspended_at=member.joined_at)
    assert await refuses(device.get(await asked()))


@pytest.mark.parametrize(
    "answer",
    ["", "null", "[]", "{}", "[" * 100_000, '{"id": 1}', "\x00", json.dumps({"id": "a", "rawId": "\x00"})],
    ids=lambda answer: repr(answer[:20]),
)
@READ_ABOVE_THE_DATABASE
async def test_what_is_no_answer_at_all_is_refused(answer: str) -> None:
    member = await rosa()
    session = await session_of(member)
    assert await refuses(answer)
    with pytest.raises(NotAllowed):
        await passkeys.add(HERE, answer, member_id=member.id, session_id=session.id, name="Phone")


@pytest.mark.parametrize(
    "part", ["id", "rawId", "type", "clientDataJSON", "authenticatorData", "signature", "userHandle"]
)
@READ_ABOVE_THE_DATABASE
async def test_an_answer_with_a_broken_part_is_refused(part: str) -> None:
    device = await device_of(await rosa())
    for value in ("", "AAAA", "é", "not base64!", 5, [], {}, True):
        answer = json.loads(device.get(await asked()))
        (answer if part in answer else answer["response"])[part] = value
        assert await refuses(json.dumps(answer)), value


async def test_an_account_holds_so_many_passkeys_and_not_one_more() -> None:
    member = await rosa()
    for number in range(limits.PASSKEYS_PER_MEMBER - 1):
        await device_of(member, name=f"Phone {number}")
    last, too_many = await asked_for_key(member), await asked_for_key(member)
    session = await session_of(member)
    answer = Authenticator(ORIGIN).create(last)
    await passkeys.add(HERE, answer, member_id=member.id, session_id=session.id, name="Last")
    answer = Authenticator(ORIGIN).create(too_many)
    with pytest.raises(Conflict):
        await passkeys.add(HERE, answer, member_id=member.id, session_id=session.id, name="One more")
    with pytest.raises(Conflict):
        await asked_for_key(member)
    assert await Passkey.all().count() == limits.PASSKEYS_PER_MEMBER


async def test_a_new_key_is_told_by_mail_and_signs_only_who_can_do_a_lot_out_elsewhere() -> None:
    for role, left in ((Role.RESIDENT, 2), (Role.AGENT, 1)):
        member = await rosa(mail=f"{role.value}@example.org", role=role)
        await session_of(member)
        await device_of(member)
        assert await Session.filter(member=member).count() == left
    notices = [json.loads(job.arguments)["what"] for job in await Job.filter(name="members.security_notice")]
    assert notices == ["passkey-added", "passkey-added"]


async def test_a_removed_key_opens_nothing_and_the_other_browsers_are_signed_out() -> None:
    member = await rosa()
    device, here = await device_of(member), await session_of(member)
    passkey = await Passkey.get()
    await passkeys.remove(passkey.id, member_id=member.id, session_id=here.id)
    assert await refuses(device.get(await asked()))
    assert [session.id for session in await Session.filter(member=member)] == [here.id]
    notices = [json.loads(job.arguments)["what"] for job in await Job.all().order_by("id")]
    assert notices == ["passkey-added", "passkey-removed"]


async def test_nobody_removes_the_key_of_somebody_else() -> None:
    member, other = await rosa(), await add_member("Karim", mail="karim@example.org")
    await device_of(other)
    here, passkey = await session_of(member), await Passkey.get()
    for passkey_id in (passkey.id, 10**30):
        with pytest.raises(NotFound):
            await passkeys.remove(passkey_id, member_id=member.id, session_id=here.id)
    assert await Passkey.exists()


async def test_whoever_has_no_mailbox_keeps_the_last_passkey() -> None:
    member = await rosa(mail=None)
    await device_of(member)
    await device_of(member)
    here, (first, last) = await session_of(member), await Passkey.all().order_by("id")
    await passkeys.remove(first.id, member_id=member.id, session_id=here.id)
    with pytest.raises(Conflict):
        await passkeys.remove(last.id, member_id=member.id, session_id=here.id)
    assert await Passkey.exists(id=last.id)


@pytest.fixture
def device(database: Config) -> Authenticator:
    return Authenticator(database.origin)


async def add_through_pages(browser: Browser, device: Authenticator) -> httpx.Response:
    options = (await browser.post("/me/passkeys/challenge")).json()
    return await browser.post("/me/passkeys", credential=device.create(options), name=" My\x00 phone ")


async def test_a_member_adds_a_key_signs_out_and_comes_in_with_it(
    browser: Browser, device: Authenticator
) -> None:
    await browser.sign_in(await rosa())
    assert (await add_through_pages(browser, device)).headers["location"] == "/me/passkeys?said=passkey-added"
    page = await browser.get("/me/passkeys")
    assert "My phone" in page.text
    await browser.post("/sign-out")
    assert SESSION not in browser.client.cookies
    options = (await browser.post("/passkeys/challenge")).json()
    answer = await browser.post("/sign-in/passkey", credential=device.get(options), next="/me")
    assert (answer.status_code, answer.headers["location"].partition("?")[0]) == (303, "/me")
    assert (await browser.get("/me")).status_code == 200


async def test_a_passkey_leads_on_to_no_other_site(browser: Browser, device: Authenticator) -> None:
    await browser.sign_in(await rosa())
    await add_through_pages(browser, device)
    for path in ("https://evil.example/", "//evil.example", "/\\evil.example"):
        options = (await browser.post("/passkeys/challenge")).json()
        answer = await browser.post("/sign-in/passkey", credential=device.get(options), next=path)
        assert answer.headers["location"].partition("?")[0] == "/"


async def test_whoever_signed_in_long_ago_confirms_before_a_key_is_added_or_removed(
    browser: Browser, device: Authenticator
) -> None:
    await browser.sign_in(await rosa())
    options = (await browser.post("/me/passkeys/challenge")).json()
    answer = device.create(options)
    await Session.all().update(confirmed_at=None)
    for path in ("/me/passkeys", "/me/passkeys/challenge", "/me/passkeys/1/remove"):
        refused = await browser.post(path, credential=answer)
        assert (refused.status_code, refused.headers["location"].partition("?")[0]) == (303, "/confirm")
    assert not await Passkey.exists()
    page = await browser.get("/me/passkeys")
    assert "/confirm?next=/me/passkeys" in page.text
    assert "data-passkey" not in page.text


async def test_a_visitor_can_neither_see_nor_add_passkeys(browser: Browser) -> None:
    assert (await browser.get("/me/passkeys")).status_code == 303
    for path in ("/me/passkeys", "/me/passkeys/challenge", "/me/passkeys/1/remove"):
        assert (await browser.post(path)).headers["location"].partition("?")[0] == "/sign-in"


async def test_a_passkey_confirms_under_another_cookie(browser: Browser, device: Authenticator) -> None:
    await browser.sign_in(await rosa())
    await add_through_pages(browser, device)
    await Session.all().update(confirmed_at=None)
    before = browser.client.cookies[SESSION]
    options = (await browser.post("/passkeys/challenge")).json()
    answer = await browser.post("/confirm", credential=device.get(options), next="/me/passkeys")
    assert answer.headers["location"] == "/me/passkeys"
    assert browser.client.cookies[SESSION] != before
    assert await Session.find(before) is None
    session = await browser.session()
    assert session is not None
    assert session.confirmed


async def test_the_key_of_somebody_else_neither_confirms_nor_takes_the_second_step(
    browser: Browser, device: Authenticator
) -> None:
    await browser.sign_in(await add_member("Karim", mail="karim@example.org"))
    await add_through_pages(browser, device)
    member = await rosa(role=Role.AGENT)
    await Member.filter(id=member.id).update(totp_secret="A" * 32)
    await browser.sign_in(await Member.get(id=member.id))
    options = (await browser.post("/passkeys/challenge")).json()
    answer = await browser.post("/sign-in/second-factor", credential=device.get(options))
    assert answer.status_code == 403
    await Session.all().update(awaits_second_factor=False, confirmed_at=None)
    options = (await browser.post("/passkeys/challenge")).json()
    assert (await browser.post("/confirm", credential=device.get(options))).status_code == 403
    session = await browser.session()
    assert session is not None
    assert not session.confirmed


async def test_a_refused_passkey_gets_a_page_that_says_so(browser: Browser) -> None:
    answer = await browser.post("/sign-in/passkey", credential="{}")
    assert answer.status_code == 403
    assert "This passkey was not accepted" in answer.text
    assert SESSION not in browser.client.cookies


async def test_challenges_need_the_form_of_our_own_page_and_are_not_given_without_end(
    browser: Browser,
) -> None:
    assert (await browser.client.post("/passkeys/challenge")).status_code == 403
    statuses = [(await browser.post("/passkeys/challenge")).status_code for _ in range(26)]
    assert statuses == [200] * 25 + [429]


async def test_the_page_says_when_a_passkey_is_the_only_way_in(
    browser: Browser, device: Authenticator
) -> None:
    await browser.sign_in(await rosa(mail=None))
    await add_through_pages(browser, device)
    page = await browser.get("/me/passkeys")
    assert "your only way in" in page.text
    assert "/remove" not in page.text
    passkey = await Passkey.get()
    assert (await browser.post(f"/me/passkeys/{passkey.id}/remove")).status_code == 409
