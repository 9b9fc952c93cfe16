"""Somebody reads the agenda, takes its dates into their own calendar, and has their club's calendar read."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import icalendar
import pytest_asyncio
from playwright.async_api import Browser, expect

from hub.agenda.actions import cancel, publish_event
from hub.agenda.models import Event, EventDraft
from hub.exchange.models import Voice
from hub.organisations.actions import list_organisation
from hub.organisations.models import OrganisationDraft, Spokesperson
from hub.participants.models import Person
from hub.publications.models import Scope
from hub.text import NO_BREAK
from tests import factories
from tests.browser.conftest import Visit
from tests.browser.test_board import SET_UP, database_of, fr
from tests.browser.visitor import Visitor, assert_light_on_first_load
from tests.site import Site

Inspect = Callable[[Visitor], Awaitable[None]]

PARIS = ZoneInfo("Europe/Paris")
WORKSHOP = "Atelier « le comptoir prend forme »"
FILE = """BEGIN:VCALENDAR
X-WR-CALNAME:Les dates du club
BEGIN:VEVENT
UID:1
DTSTART;TZID=Europe/Paris:{day:%Y%m%d}T100000
DTEND;TZID=Europe/Paris:{day:%Y%m%d}T120000
SUMMARY:Balade des Combes
LOCATION:Le lavoir
END:VEVENT
BEGIN:VEVENT
UID:2
DTSTART;VALUE=DATE:{day:%Y%m%d}
CLASS:PRIVATE
SUMMARY:Anniversaire
END:VEVENT
END:VCALENDAR
"""


def at(days: int, hour: int) -> datetime:
    return (datetime.now(PARIS) + timedelta(days=days)).replace(hour=hour, minute=0, second=0, microsecond=0)


@pytest_asyncio.fixture(loop_scope="session")
async def village(tmp_path: Path) -> AsyncIterator[Site]:
    """A village with something of everything in its agenda, and a club that Lise speaks for."""
    site = Site(tmp_path / "data")
    done = site.command("setup", *SET_UP)
    assert done.returncode == 0, done.stderr
    async with database_of(site):
        await fill_agenda()
    with site:
        yield site


async def fill_agenda() -> None:
    lise = await factories.member("Lise")
    club = await list_organisation(OrganisationDraft(name="Les Paniers du Vallon"))
    await Spokesperson.create(organisation=club, member=lise)
    person = Person(name="Lise", member_id=lise.id)
    of_club = {"voice": Voice.ORGANISATION, "organisation_id": club.id}

    async def plan(title: str, starts: datetime, ends: datetime, **facts: object) -> Event:
        voice = of_club if facts.pop("club", False) else {}
        draft = EventDraft(
            title=title, text="Venez.", scope=Scope.PUBLIC, starts_at=starts, ends_at=ends, **facts
        )
        return await publish_event(draft, person, trusted=True, **voice)

    await plan(WORKSHOP, at(2, 18), at(2, 20), place="Salle de l’école", capacity=12, method="world-cafe")
    await plan("Bourse aux plants et aux graines", at(4, 9), at(4, 12), place="Sous les tilleuls", club=True)
    await plan("Repas du comité des fêtes", at(5, 12), at(5, 17), place="Salle des fêtes", category="food")
    await plan("Stage de pierre sèche", at(9, 9), at(11, 17), place="Hameau des Combes", category="works")
    await cancel(await plan("Concert au lavoir", at(12, 20), at(12, 22), place="Le lavoir"), "Il pleut.")
    await plan("Fête du village", at(20, 0), at(22, 0), all_day=True, place="Partout")


async def read_back(visitor: Visitor, address: str) -> dict[str, icalendar.Event]:
    """What a calendar program finds at this address."""
    response = await visitor.page.request.get(address)
    assert response.headers["content-type"] == "text/calendar; charset=utf-8"
    calendar = icalendar.Calendar.from_ical(await response.body())
    return {str(event["SUMMARY"]): event for event in calendar.events}


async def look(visitor: Visitor, inspect: Inspect, name: str) -> None:
    await inspect(visitor)
    await visitor.picture(name)


async def test_the_agenda_is_read_taken_along_and_filled_from_a_calendar(
    village: Site, visit: Visit, inspect: Inspect, browser: Browser
) -> None:
    lise = await visit(village.url)
    await lise.go("/")
    week = lise.page.get_by_role("region", name=fr("This week"))
    await expect(week.get_by_role("link", name=WORKSHOP)).to_be_visible()
    await look(lise, inspect, "agenda-home")
    await read_the_agenda(lise, inspect)
    await assert_light_on_first_load(browser, f"{village.url}/agenda?month=")
    await lise.go(village.command("sign-in-link", "lise@example.fr").stdout.strip())
    await lise.submit(fr("Come in"))
    await have_a_calendar_read(lise, inspect)
    await subscribe(lise, inspect)


async def read_the_agenda(reader: Visitor, inspect: Inspect) -> None:
    page = reader.page
    await reader.go("/agenda")
    await look(reader, inspect, "agenda")
    feed = await page.get_by_role("link", name=fr("These dates for my calendar")).get_attribute("href")
    dates = await read_back(reader, f"{reader.home}{feed}")
    assert dates[WORKSHOP].start == at(2, 18)
    assert dates["Fête du village"].start == at(20, 0).date()
    assert str(dates["Concert au lavoir"]["STATUS"]) == "CANCELLED"
    shown = await page.locator(".day h3 > a").all_text_contents()
    assert set(dates) == {title.replace(NO_BREAK, " ") for title in shown}  # set as French, sent as typed
    await page.get_by_label(fr("Subject")).select_option("food")
    await reader.submit(fr("Search"))
    assert await page.locator(".day h3 > a").all_text_contents() == ["Repas du comité des fêtes"]
    await look(reader, inspect, "agenda-narrowed")
    await page.get_by_role("link", name=fr("show all")).click()
    await page.get_by_role("link", name=fr("Month"), exact=True).click()
    await look(reader, inspect, "agenda-month")
    await page.get_by_role("link", name=fr("The month after")).click()
    await inspect(reader)
    await reader.go("/search?q=pierre")
    await expect(page.get_by_role("link", name="Stage de pierre sèche")).to_be_visible()
    await look(reader, inspect, "agenda-search")


async def have_a_calendar_read(lise: Visitor, inspect: Inspect) -> None:
    page = lise.page
    await lise.go("/@les-paniers-du-vallon/calendars")
    await look(lise, inspect, "calendars")
    await page.locator("[name=file]").set_input_files(
        {"name": "club.ics", "mimeType": "text/calendar", "buffer": b"words"}
    )
    await lise.submit(fr("See what it will do"))
    await expect(page.get_by_role("alert")).to_be_visible()
    await look(lise, inspect, "calendars-error")
    content = FILE.format(day=at(3, 10)).encode()
    await page.locator("[name=file]").set_input_files(
        {"name": "club.ics", "mimeType": "text/calendar", "buffer": content}
    )
    await lise.submit(fr("See what it will do"))
    await expect(page.get_by_role("cell", name="Le lavoir")).to_be_visible()
    await look(lise, inspect, "calendars-preview")
    await lise.submit(fr("Put these dates into the agenda"))
    await lise.go("/agenda")
    await page.get_by_role("link", name="Balade des Combes").click()
    [one] = (await read_back(lise, f"{page.url.partition('?')[0]}.ics")).values()
    assert (one.start, one.end) == (at(3, 10), at(3, 12))


async def subscribe(lise: Visitor, inspect: Inspect) -> None:
    page = lise.page
    await lise.go("/me/calendar")
    await lise.submit(fr("Make my address"))
    address = await page.get_by_label(fr("Everything, with what I signed up for")).input_value()
    await look(lise, inspect, "my-calendar")
    assert "Balade des Combes" in await read_back(lise, address)
    await lise.submit(fr("Take this address back"))
    assert (await page.request.get(address)).status == 404
    await inspect(lise)
