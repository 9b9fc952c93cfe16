"""The pages by which an organisation has its calendar read: who may, what is shown, what comes of it."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network

import pytest_asyncio

from hub.actors.peers import open_peers
from hub.agenda import importing
from hub.agenda.calendar_sources import Reading
from hub.agenda.models import Calendar, Event
from hub.jobs import Job
from hub.organisations.actions import list_organisation
from hub.organisations.models import Organisation, OrganisationDraft, Spokesperson
from hub.publications.models import Scope
from hub.web.visit import token_of
from tests import factories
from tests.evilpeer import EvilPeer, answers
from tests.unit.hub.agenda.conftest import in_days
from tests.unit.hub.village.visitors import Browser, Visitors, errors, page, words
from tests.unit.hub.village.visitors import visitors as visitors

ICS = """BEGIN:VCALENDAR
X-WR-CALNAME:Les dates du club
BEGIN:VEVENT
UID:1
DTSTART:{0:%Y%m%dT%H%M%SZ}
DTEND:{1:%Y%m%dT%H%M%SZ}
SUMMARY:Balade au lavoir
LOCATION:Lavoir
END:VEVENT
BEGIN:VEVENT
UID:2
DTSTART:{0:%Y%m%dT%H%M%SZ}
CLASS:PRIVATE
SUMMARY:Dentiste
END:VEVENT
END:VCALENDAR
"""


def ics() -> bytes:
    return ICS.format(in_days(5), in_days(5) + timedelta(hours=2)).encode()


@pytest_asyncio.fixture
async def club(visitors: Visitors) -> Organisation:
    await factories.village(locale="en")
    return await list_organisation(OrganisationDraft(name="Club"))


@pytest_asyncio.fixture
async def jean(visitors: Visitors, club: Organisation) -> Browser:
    member = await factories.member("Jean")
    await Spokesperson.create(organisation=club, member=member)
    return await visitors.browser(member)


async def choose(browser: Browser, content: bytes, **fields: str):
    token = token_of(browser.client.cookies[browser.session])
    files = {"file": ("club.ics", content, "text/calendar")}
    return await browser.client.post("/@club/calendars", data={"_token": token, **fields}, files=files)


async def test_a_file_is_shown_first_and_taken_over_after_a_yes(jean: Browser) -> None:
    chosen = await choose(jean, ics(), scope="village", category="garden")
    assert chosen.status_code == 303
    path = chosen.headers["location"]
    shown = await jean.get(path)
    for part in (
        "1 date comes into the agenda",
        "Balade au lavoir",
        "Les dates du club",
        "marked as private",
    ):
        assert part in words(shown)
    assert not await Event.exists()
    done = await jean.post(path)
    assert done.headers["location"] == "/@club/calendars?said=calendar-read"
    made = await Event.get().select_related("publication")
    assert (made.publication.title, made.publication.scope, made.category) == (
        "Balade au lavoir",
        Scope.VILLAGE,
        "garden",
    )
    assert (await jean.post(path)).status_code == 303
    assert await Event.all().count() == 1
    assert "Balade au lavoir" in words(await jean.get("/agenda"))


async def test_bad_files_are_told_at_the_field_and_nothing_is_kept(jean: Browser) -> None:
    for content in (b"nonsense", b"%PDF-1.7", b""):
        refused = await choose(jean, content, scope="neighbours")
        assert refused.status_code == 422
        assert errors(refused) <= {"file", "url"}
        assert page(refused).select_one("input[name=scope][checked]")["value"] == "neighbours"
    assert not await Calendar.exists()


async def test_bad_addresses_are_told_at_the_field(jean: Browser) -> None:
    for address in ("ftp://club.example/a.ics", "not an address", "https://"):
        refused = await jean.post("/@club/calendars", url=address)
        assert (refused.status_code, errors(refused)) == (422, {"url"})
        assert page(refused).select_one("#f-url")["value"] == address
    off = await jean.post("/@club/calendars", url="webcal://club.example/a.ics")
    assert errors(off) == {"url"}
    assert "Choose a file instead." in words(off)


async def test_an_address_is_read_each_day_from_a_yes_on(jean: Browser, database, tmp_path) -> None:
    async with EvilPeer() as peer:
        config = replace(database, ca_file=peer.ca_file(tmp_path), peer_networks=(ip_network("127.0.0.0/8"),))
        async with open_peers(replace(config, origin="https://bourg.example")):
            peer.on("/club.ics", answers.body(ics(), kind="application/octet-stream"))
            address = str(peer.uri("/club.ics")).replace("https://", "webcal://")
            chosen = await jean.post("/@club/calendars", url=address)
            await importing.read_all()
            assert not await Job.exists(name="agenda.read_again"), "nobody has agreed yet"
            await jean.post(chosen.headers["location"])
            shown = words(await jean.get("/@club/calendars"))
            assert "Les dates du club 127.0.0.5" in shown
            assert "1 date so far." in shown
            again = await jean.post("/@club/calendars", url=address)
            assert errors(again) == {"url"}
            peer.on("/club.ics", answers.status(404))
            await importing.read_all()
            assert await factories.do_jobs(importing.read_again) == 1
    assert "There is nothing at this address." in words(await jean.get("/@club/calendars"))
    assert "Balade au lavoir" in words(await jean.get("/agenda"))


async def test_only_who_speaks_for_it_may_and_agents(visitors: Visitors, jean: Browser) -> None:
    path = (await choose(jean, ics())).headers["location"]
    stranger = await visitors.browser(await factories.member("Zoé"))
    await list_organisation(OrganisationDraft(name="Autre"))
    for address in ("/@club/calendars", path):
        assert (await stranger.get(address)).status_code == 404
    assert (await stranger.post(path)).status_code == 404
    number = re.sub(r"\D", "", path)
    assert (await jean.get(f"/@autre/calendars/{number}")).status_code == 404
    assert (await (await visitors.administrator()).get(path)).status_code == 200
    assert not await Event.exists()


async def test_reading_is_stopped_with_or_without_its_dates(jean: Browser) -> None:
    await jean.post((await choose(jean, ics())).headers["location"])
    calendar = await Calendar.get()
    await Calendar.filter(id=calendar.id).update(url="https://club.example/a.ics")
    assert "1 date so far." in words(await jean.get("/@club/calendars"))
    await jean.post(f"/@club/calendars/{calendar.id}/stop", dates="remove")
    assert "so far" not in words(await jean.get("/@club/calendars"))
    assert "Balade" not in words(await jean.get("/agenda"))


async def test_a_yes_that_is_one_too_many_is_told_at_the_field(jean: Browser, club: Organisation) -> None:
    now, url = datetime.now(UTC), "https://club.example/a.ics"
    await Calendar.create(organisation=club, name="Club", url=url, read_at=now)
    same = await Calendar.create(organisation=club, name="Club", url=url, waiting=Reading().as_json())
    refused = await jean.post(f"/@club/calendars/{same.id}")
    assert (refused.status_code, errors(refused)) == (422, {"url"})
