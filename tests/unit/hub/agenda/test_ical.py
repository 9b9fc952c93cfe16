"""Calendars that other programs read, as the icalendar library reads them back."""

import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import icalendar
import pytest
import pytest_asyncio

from hub.actors.models import Actor
from hub.agenda.actions import cancel, change_event, delete_event, draft_of
from hub.agenda.coming import join
from hub.agenda.export import export
from hub.agenda.models import CalendarKey, Event, JoinDraft, Shift, ShiftDraft
from hub.members.actions import erase
from hub.members.models import Member
from hub.participants.models import Person
from hub.publications.models import Publication, Scope
from hub.village.models import Village, Visibility
from tests import factories
from tests.others import announcement
from tests.unit.hub.agenda.conftest import ROSA, event, in_days
from tests.unit.hub.village.visitors import Browser, Visitors, page, words
from tests.unit.hub.village.visitors import visitors as visitors

PARIS = ZoneInfo("Europe/Paris")
YEAR = datetime.now(UTC).year + 3


@pytest_asyncio.fixture
async def visitor(visitors: Visitors) -> Browser:
    await factories.village(locale="en")
    return await visitors.browser()


@pytest_asyncio.fixture
async def lucie(visitor: Browser) -> Member:
    return await factories.member("Lucie")


@pytest_asyncio.fixture
async def resident(visitors: Visitors, lucie: Member) -> Browser:
    return await visitors.browser(lucie)


async def entries(browser: Browser, path: str) -> dict[str, icalendar.Event]:
    response = await browser.get(path)
    assert response.status_code == 200, path
    assert response.headers["content-type"] == "text/calendar; charset=utf-8"
    assert all(len(line.encode()) <= 75 for line in response.text.split("\r\n")), "RFC 5545, 3.1"
    calendar = icalendar.Calendar.from_ical(response.content)
    assert [error for one in calendar.walk() for error in getattr(one, "errors", [])] == []
    return {str(one["SUMMARY"]): one for one in calendar.events}


async def code_of(one: Event) -> str:
    return (await Publication.get(id=one.publication_id)).code


async def test_an_event_is_read_back_with_its_hours_in_its_time_zone(visitor: Browser) -> None:
    text = "Venez ; apportez, si possible, un vélo.\n\nUne deuxième ligne, " + "très longue " * 20
    made = await event(title="Été, à vélo; \\ loin", text=text, address="1 place Neuve", category="works")
    code = await code_of(made)
    [one] = (await entries(visitor, f"/{code}.ics")).values()
    assert str(one["SUMMARY"]) == "Été, à vélo; \\ loin"
    assert (one.start, one.end) == (in_days(7, 14), in_days(7, 17))
    assert one["DTSTART"].params["TZID"] == "Europe/Paris"
    assert one.start.astimezone(PARIS).utcoffset() == in_days(7).astimezone(PARIS).utcoffset()
    assert str(one["LOCATION"]) == "Salle des fêtes, 1 place Neuve"
    assert "apportez, si possible, un vélo.\nUne deuxième ligne" in str(one["DESCRIPTION"])
    publication = await Publication.get(id=made.publication_id)
    assert (str(one["UID"]), str(one["URL"])) == (publication.uri, publication.url)
    assert (one["SEQUENCE"], str(one["STATUS"])) == (0, "CONFIRMED")
    assert (await entries(visitor, f"/{code.upper()}.ics")).keys() == {str(one["SUMMARY"])}


async def test_the_time_zone_comes_with_its_rules(visitor: Browser) -> None:
    summer = datetime(YEAR, 7, 1, 10, tzinfo=PARIS)
    await event(title="Été", starts_at=summer, ends_at=summer + timedelta(hours=1))
    winter = datetime(YEAR, 12, 1, 10, tzinfo=PARIS)
    await event(title="Hiver", starts_at=winter, ends_at=winter + timedelta(hours=1))
    content = (await visitor.get("/agenda.ics")).content
    calendar = icalendar.Calendar.from_ical(content)
    [zone] = calendar.timezones
    rules = zone.to_tz()
    assert rules.utcoffset(datetime(YEAR, 7, 1, 10)) == timedelta(hours=2)  # noqa: DTZ001
    assert rules.utcoffset(datetime(YEAR, 12, 1, 10)) == timedelta(hours=1)  # noqa: DTZ001
    assert len(content) < 4000


async def test_whole_days_float_and_end_the_day_after(visitor: Browser) -> None:
    starts = datetime(YEAR, 3, 8, tzinfo=PARIS)
    await event(title="Stage", starts_at=starts, ends_at=starts + timedelta(days=2), all_day=True)
    [one] = (await entries(visitor, "/agenda.ics")).values()
    assert (one["DTSTART"].dt, one["DTEND"].dt) == (date(YEAR, 3, 8), date(YEAR, 3, 10))


async def test_changes_have_a_higher_number_and_the_same_identity(visitor: Browser) -> None:
    made = await event()
    path = f"/{await code_of(made)}.ics"
    [before] = (await entries(visitor, path)).values()
    draft = await draft_of(made)
    await change_event(made, draft)
    [changed] = (await entries(visitor, path)).values()
    await cancel(made, "Il pleut.")
    [off] = (await entries(visitor, path)).values()
    assert before["UID"] == changed["UID"] == off["UID"]
    assert before["SEQUENCE"] < changed["SEQUENCE"] < off["SEQUENCE"]
    assert str(off["STATUS"]) == "CANCELLED"
    assert "Il pleut." in str(off["DESCRIPTION"])


async def test_what_somebody_may_not_see_is_in_no_calendar(visitor: Browser, resident: Browser) -> None:
    public = await event(title="Pour tous")
    village = await event(title="Du village", scope=Scope.VILLAGE)
    unread = await event(title="À lire", trusted=False)
    gone = await event(title="Retiré")
    await delete_event(gone)
    assert set(await entries(visitor, "/agenda.ics")) == {"Pour tous"}
    assert set(await entries(resident, "/agenda.ics")) == {"Pour tous", "Du village"}
    assert (await visitor.get(f"/{await code_of(public)}.ics")).status_code == 200
    nothing = await visitor.get("/bcdfgh.ics")
    for hidden in (village, unread, gone):
        code = await code_of(hidden)
        answer = await visitor.get(f"/{code}.ics")
        assert answer.status_code == 404
        assert _without_id(answer) == _without_id(nothing).replace("bcdfgh", code)


def _without_id(response) -> str:
    return re.sub(r"\b[0-9a-f]{12}\b", "", response.text)


async def test_of_what_is_no_date_there_is_no_calendar(visitor: Browser) -> None:
    news = await announcement(await Actor.village())
    assert (await visitor.get(f"/{news.code}.ics")).status_code == 404


async def test_the_agenda_is_narrowed_as_its_page_is(visitor: Browser) -> None:
    await event(title="Soupe", category="food")
    await event(title="Chorale")
    await event(title="Hier", starts_at=in_days(-3), ends_at=in_days(-3, 16))
    await event(title="Jadis", starts_at=in_days(-100), ends_at=in_days(-100, 16))
    assert set(await entries(visitor, "/agenda.ics")) == {"Soupe", "Chorale", "Hier"}
    assert set(await entries(visitor, "/agenda.ics?category=food")) == {"Soupe"}
    link = page(await visitor.get("/agenda?category=food")).select_one('main a[href*=".ics"]')["href"]
    assert link == "/agenda.ics?category=food"


async def test_who_has_it_already_gets_nothing_again(visitor: Browser) -> None:
    made = await event()
    first = await visitor.get("/agenda.ics")
    headers = {"if-none-match": first.headers["etag"]}
    assert (await visitor.client.get("/agenda.ics", headers=headers)).status_code == 304
    await cancel(made)
    assert (await visitor.client.get("/agenda.ics", headers=headers)).status_code == 200


# ------------------------------------------------------------------ the address of a member


async def address_of(browser: Browser) -> str:
    """The one that is shown once, as a path."""
    shown = page(await browser.post("/me/calendar"))
    return str(shown.select_one("#f-all")["value"]).removeprefix("http://localhost:8000")


async def test_a_member_gets_an_address_that_shows_where_they_are_coming(
    visitor: Browser, resident: Browser, lucie: Member
) -> None:
    await event(title="Chorale")
    await event(title="Du village", scope=Scope.VILLAGE)
    fete = await event(title="Fête", shifts=(ShiftDraft(name="Buvette", private_place="Derrière la grange"),))
    full = await event(title="Complet", capacity=1)
    await join(full, JoinDraft(), ROSA)
    me = Person(name="Lucie", member_id=lucie.id)
    bar = await Shift.get(event_id=fete.id)
    await join(fete, JoinDraft(shift_id=bar.id), me)
    await join(full, JoinDraft(), me)
    path = await address_of(resident)
    got = await entries(visitor, path)
    assert set(got) == {"Chorale", "Du village", "Fête (Buvette)", "Complet"}
    assert (str(got["Fête (Buvette)"]["TRANSP"]), str(got["Chorale"]["TRANSP"])) == ("OPAQUE", "TRANSPARENT")
    assert str(got["Complet"]["STATUS"]) == "TENTATIVE"
    assert "You are coming." in str(got["Fête (Buvette)"]["DESCRIPTION"])
    mine = await entries(visitor, path.replace(".ics", "/mine.ics"))
    assert set(mine) == {"Fête (Buvette)", "Complet"}
    response = await visitor.get(path)
    assert response.headers["cache-control"] == "private, no-cache"
    assert "grange" not in response.text, "calendars are copied to many places"


async def test_a_shift_with_hours_of_its_own_stands_at_its_hours(
    visitor: Browser, resident: Browser, lucie: Member
) -> None:
    at = {"starts_at": in_days(7, 15), "ends_at": in_days(7, 16)}
    fete = await event(title="Fête", shifts=(ShiftDraft(name="Buvette", **at),))
    bar = await Shift.get(event_id=fete.id)
    await join(fete, JoinDraft(shift_id=bar.id), Person(name="Lucie", member_id=lucie.id))
    [one] = (await entries(visitor, (await address_of(resident)).replace(".ics", "/mine.ics"))).values()
    assert (one.start, one.end) == (in_days(7, 15), in_days(7, 16))


async def test_only_a_fingerprint_is_kept_and_a_new_address_ends_the_old(
    visitor: Browser, resident: Browser
) -> None:
    old = await address_of(resident)
    token = old.removeprefix("/calendar/").removesuffix(".ics")
    [key] = await CalendarKey.all()
    assert token not in (key.hash, str(vars(key)))
    assert (await visitor.get(old)).status_code == 200
    new = await address_of(resident)
    assert (await visitor.get(old)).status_code == 404
    assert (await visitor.get(new)).status_code == 200
    shown = await resident.get("/me/calendar")
    assert token not in shown.text
    assert "A calendar read it on" in words(shown)


async def test_an_address_that_was_taken_back_opens_nothing(
    visitor: Browser, resident: Browser, lucie: Member
) -> None:
    path = await address_of(resident)
    await resident.post("/me/calendar/revoke")
    assert (await visitor.get(path)).status_code == 404
    path = await address_of(resident)
    await Member.filter(id=lucie.id).update(suspended_at=datetime.now(UTC))
    assert (await visitor.get(path)).status_code == 404
    await Member.filter(id=lucie.id).update(suspended_at=None)
    assert [*(await export(lucie.id))["calendar_address"][0]] == ["made_at", "used_at"]
    await erase(lucie.id)
    assert (await visitor.get(path)).status_code == 404


async def test_it_works_where_only_members_see_the_site(visitor: Browser, resident: Browser) -> None:
    await event()
    path = await address_of(resident)
    await Village.all().update(visibility=Visibility.MEMBERS)
    assert (await visitor.get("/agenda.ics")).status_code != 200
    assert len(await entries(visitor, path)) == 1


@pytest.mark.parametrize("path", ["/calendar/x.ics", "/calendar/x/mine.ics", f"/calendar/{'a' * 5000}.ics"])
async def test_no_address_is_guessed(visitor: Browser, path: str) -> None:
    assert (await visitor.get(path)).status_code == 404


async def test_no_cache_between_keeps_what_members_see(visitor: Browser, resident: Browser) -> None:
    party = await event(title="Du village", scope=Scope.VILLAGE)
    await event()
    for path in ("/agenda.ics", f"/{await code_of(party)}.ics"):
        assert (await resident.get(path)).headers["cache-control"] == "private, no-cache"
    assert (await visitor.get("/agenda.ics")).headers["cache-control"] == "no-cache"
