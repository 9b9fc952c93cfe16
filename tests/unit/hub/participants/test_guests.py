"""Who is at home elsewhere comes in by a number; what others could make of that comes to nothing."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest

from federation.errors import Unreachable
from hub import limits
from hub.actors.hosts import policies_changed
from hub.actors.models import Actor, Host, Policy, Role
from hub.fediverse import serving
from hub.fediverse.models import Block, Delivery
from hub.jobs import Job
from hub.participants.guests import WRONG, forget_guests, send_number
from hub.participants.models import Guest, Pin
from hub.village.models import Village, Visibility
from tests import factories
from tests.others import sent
from tests.unit.hub.participants.conftest import ask_number, comes_in, describe, messages, number_for
from tests.unit.hub.village.visitors import errors, page, words


async def test_the_number_of_the_message_lets_somebody_in_and_they_leave_again(visitors, rosa):
    browser = await visitors.browser()
    asked = await ask_number(browser, rosa.handle, next="/needs")
    assert asked.headers["location"].startswith("/guest/number?")
    (text,) = await messages(rosa)
    assert "Saint-Martin" in text
    assert "give this number to nobody" in text
    assert (await Delivery.get()).inbox == f"{rosa.uri}/inbox"
    answer = await browser.post("/guest/number", number=await number_for(rosa), next="/needs")
    assert answer.headers["location"] == "/needs?said=guest-in"
    assert "Rosa" in page(await browser.get("/needs")).header.text
    assert rosa.handle in words(await browser.get("/mine"))
    await browser.post("/guest/leave")
    assert not await Guest.exists()
    assert "Rosa" not in page(await browser.get("/needs")).header.text
    assert (await browser.get("/mine")).headers["location"].startswith("/sign-in")


async def test_digits_may_be_spaced_as_people_do(visitors, rosa):
    browser = await visitors.browser()
    await ask_number(browser, rosa.handle)
    number = await number_for(rosa)
    answer = await browser.post("/guest/number", number=f" {number[:3]} {number[3:]} ")
    assert answer.status_code == 303


async def test_the_number_is_worth_nothing_in_another_browser(visitors, elsewhere, rosa):
    browser, other = await visitors.browser(), await visitors.browser()
    await ask_number(browser, rosa.handle)
    number = await number_for(rosa)
    await ask_number(other, f"@nobody@{elsewhere.host}")
    assert errors(await other.post("/guest/number", number=number)) == {"number"}
    assert errors(await (await visitors.browser()).post("/guest/number", number=number)) == {"number"}
    assert (await browser.post("/guest/number", number=number)).status_code == 303


async def test_it_lets_in_once(visitors, rosa):
    browser = await visitors.browser()
    await comes_in(browser, rosa)
    cookie = browser.client.cookies
    assert "pin" not in cookie
    assert errors(await browser.post("/guest/number", number=await number_for(rosa))) == {"number"}


async def test_it_holds_for_ten_minutes(visitors, rosa):
    browser = await visitors.browser()
    await ask_number(browser, rosa.handle)
    await Pin.all().update(made_at=datetime.now(UTC) - timedelta(minutes=11))
    assert errors(await browser.post("/guest/number", number=await number_for(rosa))) == {"number"}


async def test_after_five_wrong_ones_the_right_one_is_wrong_too(visitors, rosa):
    browser = await visitors.browser()
    await ask_number(browser, rosa.handle)
    number = await number_for(rosa)
    wrong = "000000" if number != "000000" else "111111"
    for _ in range(limits.PIN_TRIES):
        answer = await browser.post("/guest/number", number=wrong)
        assert answer.status_code == 422
    assert errors(await browser.post("/guest/number", number=number)) == {"number"}
    assert not await Guest.exists()


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "abcdef", "12345٣", "'; --"])
@pytest.mark.parametrize("engine", ["sqlite"])  # refused above the database
async def test_what_is_no_number_costs_no_try(visitors, rosa, typed):
    browser = await visitors.browser()
    await ask_number(browser, rosa.handle)
    assert errors(await browser.post("/guest/number", number=typed)) == {"number"}
    assert (await Pin.get()).tries == 0


@pytest.mark.parametrize("typed", ["", "rosa", "@rosa", "rosa@", "@@", "https://a.example/rosa", "@a b@c.d"])
@pytest.mark.parametrize("engine", ["sqlite"])  # refused above the database
async def test_what_is_no_address_is_said_at_its_field(visitors, typed):
    browser = await visitors.browser()
    answer = await browser.post("/guest", address=typed)
    assert answer.status_code == 422
    assert errors(answer) == {"address"}
    assert not await Pin.exists()


async def test_an_address_of_this_site_signs_in_by_mail(visitors):
    answer = await (await visitors.browser()).post("/guest", address="@saint-martin@localhost:8000")
    assert "of this very site" in words(answer)


# ------------------------------------------------------------ nobody learns who may come in


async def seen(visitors, handle):
    """All that a browser sees of an address, up to a wrong number."""
    browser = await visitors.browser()
    asked = await ask_number(browser, handle)
    typed = await browser.get(asked.headers["location"])
    tried = await browser.post("/guest/number", number="000000", to=handle)
    plain = [answer.text.replace(handle, "@…") for answer in (typed, tried)]
    tokens = [page(answer).find("input", {"name": "_token"})["value"] for answer in (typed, tried)]
    plain = [text.replace(token, "TOKEN") for text, token in zip(plain, tokens, strict=True)]
    return asked.status_code, tried.status_code, plain


async def test_it_looks_the_same_whether_somebody_is_there_or_may_come_in(visitors, elsewhere):
    known = describe(elsewhere, "ana")
    usual = await seen(visitors, known.handle)
    assert len(await messages(known)) == 1
    blocked = describe(elsewhere, "eva")
    await ask_number(await visitors.browser(), blocked.handle)
    await Actor.filter(uri=blocked.uri).update(suspended_at=datetime.now(UTC))
    silent = describe(elsewhere, "ida")
    await ask_number(await visitors.browser(), silent.handle)
    await Actor.filter(uri=silent.uri).update(silenced_at=datetime.now(UTC))
    group = describe(elsewhere, "choir", kind="Group")
    before = len(await sent("Create"))
    for handle in (blocked.handle, silent.handle, group.handle, f"@nil@{elsewhere.host}"):
        assert await seen(visitors, handle) == usual
        await limits.Allowance.all().delete()
    assert len(await sent("Create")) == before


async def test_of_a_blocked_server_nobody_is_asked(visitors, elsewhere, rosa):
    await ask_number(await visitors.browser(), rosa.handle)
    asked = len(elsewhere.asked)
    await Host.filter(name=elsewhere.host).update(policy=Policy.BLOCKED)
    policies_changed()
    answer = await ask_number(await visitors.browser(), rosa.handle)
    assert answer.status_code == 303
    assert len(await messages(rosa)) == 1
    assert len(elsewhere.asked) == asked


# ------------------------------------------------------------ nobody is written to too often


async def test_one_person_is_written_to_three_times_and_nobody_sees_that_there_was_no_fourth(visitors, rosa):
    for _ in range(5):
        answer = await ask_number(await visitors.browser(), rosa.handle)
        assert answer.status_code == 303
        await limits.Allowance.filter(key__startswith="pins-address").delete()
    assert len(await messages(rosa)) == 3


async def test_other_spellings_of_an_address_are_the_same_person(visitors, elsewhere, rosa):
    name, host = "ROSA", elsewhere.host.upper()
    for handle in (rosa.handle, f"{name}@{host}", f"acct:rosa@{host}", rosa.handle.upper()):
        await ask_number(await visitors.browser(), handle)
        await limits.Allowance.filter(key__startswith="pins-address").delete()
    assert len(await messages(rosa)) == 3


async def test_one_browser_asks_for_so_many(visitors, elsewhere):
    browser = await visitors.browser()
    answers = [
        (await browser.post("/guest", address=f"@a{number}@{elsewhere.host}")).status_code
        for number in range(limits.PINS_PER_ADDRESS.burst + 1)
    ]
    assert answers == [303] * limits.PINS_PER_ADDRESS.burst + [429]


async def test_one_server_is_asked_so_often_and_nobody_learns_when_it_is_enough(visitors, elsewhere, rosa):
    browser = await visitors.browser()
    for number in range(limits.PINS_PER_HOST.burst):
        await limits.Allowance.filter(key__startswith="pins-address").delete()
        assert (await ask_number(browser, f"@a{number}@{elsewhere.host}")).status_code == 303
    await limits.Allowance.filter(key__startswith="pins-address").delete()
    asked = await ask_number(browser, rosa.handle)
    assert asked.status_code == 303
    assert asked.headers["location"].startswith("/guest/number?")
    assert await messages(rosa) == []


async def test_who_blocked_the_village_is_not_written_to(visitors, rosa):
    await ask_number(await visitors.browser(), rosa.handle)
    await Delivery.all().delete()
    theirs, village = await Actor.get(uri=rosa.uri), await Actor.of_role(Role.VILLAGE)
    await Block.create(uri=f"{rosa.uri}#block", by=theirs, target=village)
    await ask_number(await visitors.browser(), rosa.handle)
    assert not await Delivery.exists()


@pytest.mark.parametrize("host", ["localhost", "169.254.169.254", "10.0.0.1:22", "[::1]", "meta.internal"])
@pytest.mark.parametrize("engine", ["sqlite"])  # refused above the database
async def test_nobody_makes_the_village_ask_its_own_network(visitors, elsewhere, host):
    answer = await (await visitors.browser()).post("/guest", address=f"@root@{host}")
    assert answer.status_code in (303, 422)
    with suppress(Unreachable):
        await factories.do_jobs(send_number)
    assert elsewhere.asked == []
    assert not await Delivery.exists()


async def test_the_number_stands_in_no_job_and_no_row_of_its_own(visitors, rosa):
    await ask_number(await visitors.browser(), rosa.handle)
    number, pin = await number_for(rosa), await Pin.get()
    assert number not in (pin.number, pin.token)
    assert not await Job.filter(arguments__contains=number).exists()


async def test_the_message_is_for_one_reader_and_answers_nobody_else(visitors, rosa):
    await ask_number(await visitors.browser(), rosa.handle)
    (told,) = await sent("Create")
    assert (told["to"], told["cc"]) == ([rosa.uri], [])
    for uri in (told["id"], told["object"]["id"]):
        assert await serving.serve(uri, None) is None
        assert await serving.serve(uri, f"{rosa.uri}x") is None


async def test_a_job_that_runs_twice_writes_once(visitors, rosa):
    await ask_number(await visitors.browser(), rosa.handle)
    pin = await Pin.get()
    await send_number(pin.id, rosa.handle, "en")
    assert len(await messages(rosa)) == 1


async def test_what_could_be_sent_only_later_is_not_sent(visitors, rosa):
    browser = await visitors.browser()
    await browser.post("/guest", address=rosa.handle)
    await Pin.all().update(made_at=datetime.now(UTC) - timedelta(minutes=11))
    await factories.do_jobs(send_number)
    assert await messages(rosa) == []


# ------------------------------------------------------------ whom it ends for


@pytest.mark.parametrize("since", ["suspended_at", "silenced_at", "deleted_at"])
async def test_who_is_refused_or_gone_is_no_guest_any_more(guest, rosa, since):
    await Actor.filter(uri=rosa.uri).update(**{since: datetime.now(UTC)})
    assert (await guest.get("/mine")).headers["location"].startswith("/sign-in")
    assert "Rosa" not in page(await guest.get("/needs")).header.text


async def test_who_comes_from_a_server_that_is_blocked_is_no_guest_any_more(guest, elsewhere):
    await Host.filter(name=elsewhere.host).update(policy=Policy.BLOCKED)
    policies_changed()
    assert (await guest.get("/mine")).status_code == 303


async def test_a_guest_stays_for_thirty_days(guest):
    await Guest.all().update(ends_at=datetime.now(UTC) - timedelta(seconds=1))
    assert (await guest.get("/mine")).status_code == 303
    await Pin.create(token="old")
    await Pin.all().update(made_at=datetime.now(UTC) - timedelta(hours=1))
    await forget_guests()
    assert not await Guest.exists()
    assert not await Pin.exists()


async def test_a_guest_is_no_member(guest):
    for path in ("/me", "/members", "/new/announcement", "/admin/network", "/moderation/cases"):
        assert (await guest.get(path)).status_code in (303, 404), path
        assert "/sign-in" in (await guest.get(path)).headers.get("location", "/sign-in")


async def test_where_only_members_see_the_board_no_guest_does(guest, visitors, rosa):
    await Village.all().update(visibility=Visibility.MEMBERS)
    for path in ("/needs", "/mine", "/guest"):
        assert (await guest.get(path)).headers["location"].startswith("/sign-in"), path


async def test_who_signs_in_as_a_member_is_one(visitors, guest, rosa):
    from hub.members import sessions

    cookie = await sessions.open_session(await factories.member("Paul"), "Firefox/140")
    guest.client.cookies.set(guest.session, cookie, domain="localhost.local")
    assert "What I asked and promised" in words(await guest.get("/mine"))
    assert rosa.handle not in words(await guest.get("/mine"))


async def test_the_way_on_stays_on_this_site(visitors, rosa):
    browser = await visitors.browser()
    asked = await ask_number(browser, rosa.handle, next="https://evil.example/")
    assert "evil" not in asked.headers["location"]
    answer = await browser.post("/guest/number", number=await number_for(rosa), next="//evil.example")
    assert answer.headers["location"] == "/?said=guest-in"


async def test_the_message_speaks_the_language_of_the_browser(visitors, rosa):
    browser = await visitors.browser()
    await browser.post("/language", locale="fr", next="/")
    await ask_number(browser, rosa.handle)
    (text,) = await messages(rosa)
    assert "votre numéro" in text.lower()


def test_every_wrong_number_is_answered_alike():
    assert "%" not in WRONG
