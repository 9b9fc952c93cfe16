"""The agenda as a list and as a month: who sees what, how it is narrowed, what it asks of the database."""

from datetime import UTC, date, datetime, timedelta
from itertools import count
from zoneinfo import ZoneInfo

import pytest_asyncio

from hub.actors.models import Actor
from hub.agenda.actions import cancel, delete_event
from hub.agenda.choices import Choice
from hub.agenda.coming import join
from hub.agenda.models import Event, JoinDraft, Standing
from hub.agenda.words import when_words
from hub.exchange.models import Voice
from hub.organisations.actions import list_organisation
from hub.organisations.models import OrganisationDraft, Spokesperson
from hub.participants.models import Person
from hub.publications.models import Kind, Publication, Scope
from hub.text import speaking
from hub.village.models import Village
from tests import factories
from tests.unit.hub.agenda.conftest import PAUL, event, in_days
from tests.unit.hub.village.visitors import Browser, Visitors, page, statements, words
from tests.unit.hub.village.visitors import visitors as visitors

_numbers = count(1)
PARIS = ZoneInfo("Europe/Paris")


@pytest_asyncio.fixture
async def visitor(visitors: Visitors) -> Browser:
    """Somebody from the street, in a village that speaks English."""
    await factories.village(locale="en")
    return await visitors.browser()


@pytest_asyncio.fixture
async def resident(visitors: Visitors, visitor: Browser) -> Browser:
    return await visitors.browser(await factories.member("Lucie"))


def titles(response) -> list[str]:
    return [link.text for link in page(response).select("main .day h3 > a")]


async def elsewhere(title: str, *, scope: Scope = Scope.PUBLIC, **facts) -> Event:
    """An event of another village, as it is kept here."""
    uri = "https://vaubelle.example/a/vaubelle"
    author = await Actor.get_or_none(uri=uri) or await Actor.create(
        uri=uri,
        host="vaubelle.example",
        name="vaubelle",
        display_name="Vaubelle",
        kind="Organization",
        inbox=f"{uri}/inbox",
    )
    number = next(_numbers)
    publication = await Publication.create(
        uri=f"https://vaubelle.example/o/{number}",
        code=f"ddff{number:02}".replace("0", "g").replace("1", "h"),
        author=author,
        kind=Kind.EVENT,
        type="Event",
        scope=scope,
        title=title,
        published_at=datetime.now(UTC),
    )
    usual = {
        "standing": Standing.PLANNED,
        "starts_at": in_days(8, 9),
        "ends_at": in_days(8, 12),
        "latitude": 44.63,
        "longitude": 5.13,
        "place": "Halle",
    }
    return await Event.create(publication=publication, **(usual | facts))


async def test_dates_stand_in_their_order_with_day_hour_place_and_who_invites(visitor: Browser) -> None:
    await event(title="Repas", starts_at=in_days(20), ends_at=in_days(20, 16))
    await event()
    shown = await visitor.get("/agenda")
    assert titles(shown) == ["Atelier vélo", "Repas"]
    first = page(shown).select_one(".day")
    at = in_days(7).astimezone(PARIS)
    for part in (f"{at:%A}", str(at.day), f"{at:%B}", f"From {at:%-H}:00", "Salle des fêtes", "Rosa"):
        assert part in first.get_text(" ")
    assert datetime.fromisoformat(first.select_one("time")["datetime"]) == in_days(7)
    assert "2 dates to come." in words(shown)


async def test_an_empty_agenda_says_how_to_begin(visitor: Browser) -> None:
    shown = await visitor.get("/agenda")
    assert "No date is in the agenda yet." in words(shown)
    assert page(shown).select_one(".empty a")["href"] == "/new/event"


async def test_what_was_or_waits_or_is_not_for_all_does_not_show(visitor: Browser, resident: Browser) -> None:
    await event(title="Passé", starts_at=in_days(-2), ends_at=in_days(-2, 16))
    await event(title="À lire", trusted=False)
    await event(title="Du village", scope=Scope.VILLAGE)
    gone = await event(title="Retiré")
    await delete_event(gone)
    for path in ("/agenda", "/agenda?month=", "/agenda.ics", "/"):
        shown = (await visitor.get(path)).text
        assert not any(title in shown for title in ("À lire", "Du village", "Retiré")), path
    assert titles(await visitor.get("/agenda")) == []
    assert titles(await resident.get("/agenda")) == ["Du village"]


async def test_what_is_cancelled_stays_and_says_so(visitor: Browser) -> None:
    await cancel(await event(), "Il pleut.")
    shown = await visitor.get("/agenda")
    assert titles(shown) == ["Atelier vélo"]
    assert "Cancelled" in page(shown).select_one(".day").text
    month = in_days(7).astimezone(PARIS)
    assert page(await visitor.get(f"/agenda?month={month:%Y-%m}")).select_one("td s").text == "Atelier vélo"


async def test_what_is_cancelled_is_not_counted_among_the_dates_to_come(visitor: Browser) -> None:
    starts_at = datetime(2031, 3, 10, 9, tzinfo=UTC)
    for title in ("Marché", "Repas", "Chorale"):
        made = await event(title=title, starts_at=starts_at, ends_at=starts_at + timedelta(hours=3))
    await cancel(made, "Il pleut.")
    shown = words(await visitor.get("/agenda"))
    assert "2 dates to come." in shown
    assert "1 is cancelled." in shown
    assert "1 hidden by your choices" in words(await visitor.get("/agenda?q=repas"))
    month = page(await visitor.get("/agenda?month=2031-03"))
    assert month.caption.text == "2 dates in March 2031"


async def test_it_is_narrowed_by_words_subject_and_distance(visitor: Browser) -> None:
    await event(title="Soupe aux orties", category="food")
    await event(title="Chorale")
    await elsewhere("Bourse aux plants")  # 5.6 km away
    shown = await visitor.get("/agenda?q=ortie")
    assert titles(shown) == ["Soupe aux orties"]
    assert "2 hidden by your choices" in words(shown)
    assert titles(await visitor.get("/agenda?category=food")) == ["Soupe aux orties"]
    assert titles(await visitor.get("/agenda?within=0")) == ["Soupe aux orties", "Chorale"]
    assert titles(await visitor.get("/agenda?within=neighbours")) == ["Bourse aux plants"]
    assert len(titles(await visitor.get("/agenda?within=10"))) == 3
    assert "Bourse aux plants" not in titles(await visitor.get("/agenda?within=5"))
    assert titles(await visitor.get("/agenda?near=44.63,5.13&within=2")) == ["Bourse aux plants"]
    assert "Halle, 6 km away" in words(await visitor.get("/agenda?within=neighbours"))
    nothing = await visitor.get("/agenda?q=zzz")
    assert titles(nothing) == []
    assert "No date fits these choices" in words(nothing)
    assert page(nothing).select_one("meta[name=robots]")["content"] == "noindex"


async def test_a_long_agenda_has_pages(visitor: Browser) -> None:
    for number in range(23):
        await event(
            title=f"Rencontre {number:02}", starts_at=in_days(3 + number), ends_at=in_days(3 + number, 15)
        )
    first = await visitor.get("/agenda")
    assert len(titles(first)) == 20
    [more] = page(first).select(".pager a")
    assert titles(await visitor.get(str(more["href"]))) == [f"Rencontre {number}" for number in (20, 21, 22)]
    assert "There are no more." in words(await visitor.get("/agenda?page=9"))


async def test_a_month_is_a_table_with_each_date_on_its_days(visitor: Browser) -> None:
    start = datetime(2031, 3, 8, 9, tzinfo=PARIS)
    await event(title="Stage", starts_at=start, ends_at=start + timedelta(days=2))
    await event(
        title="Soirée",
        starts_at=start.replace(day=31, hour=21),
        ends_at=start.replace(month=4, day=1, hour=0),
    )
    whole = {
        "starts_at": start.replace(day=1, hour=0),
        "ends_at": start.replace(day=2, hour=0),
        "all_day": True,
    }
    await event(title="Journée", **whole)
    shown = page(await visitor.get("/agenda?month=2031-03"))
    cells = {cell.time["datetime"]: cell for cell in shown.select("td") if cell.find("a")}
    assert {day: [link.text for link in cell.select("a")] for day, cell in cells.items()} == {
        "2031-03-01": ["Journée"],
        "2031-03-08": ["Stage"],
        "2031-03-09": ["Stage"],
        "2031-03-10": ["Stage"],
        "2031-03-31": ["Soirée"],
    }
    assert shown.th.text == "Monday"
    assert shown.caption.text == "3 dates in March 2031"
    assert cells["2031-03-08"].select_one(".soft").text.strip() == "9:00"


async def test_no_program_follows_the_months_for_ever(visitor: Browser) -> None:
    today = datetime.now(PARIS)
    path, steps = f"/agenda?month={today:%Y-%m}", 0
    while path and steps < 100:
        links = page(await visitor.get(path)).select(".pager a")
        path = next((str(link["href"]) for link in links if "after" in link.text), "")
        steps += 1
    assert steps < 30
    for odd in ("2026-13", "x", "0001-01", "99999-01", ""):
        assert (await visitor.get(f"/agenda?month={odd}")).status_code == 200


async def test_a_page_asks_the_same_few_questions_whatever_its_length(visitor: Browser) -> None:
    await event()
    with statements() as one:
        await visitor.get("/agenda?category=food&within=10")
    for _ in range(12):
        await event(category="food")
    with statements() as many:
        await visitor.get("/agenda?category=food&within=10")
    about_events = [asked for asked in many if "event" in asked.lower()]
    assert len(about_events) <= 3
    assert len(many) <= len(one) + 1
    with statements() as month:
        await visitor.get("/agenda?month=")
    assert len([asked for asked in month if "event" in asked.lower()]) <= 2


async def test_places_that_are_left_are_said(visitor: Browser) -> None:
    workshop = await event(capacity=2)
    await join(workshop, JoinDraft(), PAUL)
    assert "1 place is left" in words(await visitor.get("/agenda"))


async def test_who_invites_is_named_with_what_it_is(visitor: Browser) -> None:
    rosa = await factories.member("Rosa")
    club = await list_organisation(OrganisationDraft(name="Club des Tilleuls"))
    await Spokesperson.create(organisation=club, member=rosa)
    person = Person(name="Rosa", member_id=rosa.id)
    await event(person=person, voice=Voice.ORGANISATION, organisation_id=club.id)
    await elsewhere("Bourse")
    shown = words(await visitor.get("/agenda"))
    assert "Club des Tilleuls, association." in shown
    assert "Vaubelle (vaubelle.example)." in shown


def test_choices_are_read_leniently_and_written_again() -> None:
    today = date(2026, 4, 18)
    choice = Choice.of(
        {"q": " vélo ", "within": "neighbours", "category": "nonsense", "month": "2026-05"}, today
    )
    assert choice.address() == "/agenda?q=v%C3%A9lo&within=neighbours&month=2026-05"
    assert Choice.of({"month": "nonsense"}, today).month == date(2026, 4, 1)
    assert Choice.of({"within": "abc", "near": "1000,2"}, today) == Choice()


async def test_whole_days_are_those_of_where_it_takes_place(visitors: Visitors) -> None:
    await factories.village(locale="en")
    await Village.all().update(timezone="America/Martinique")
    visitor, start = await visitors.browser(), datetime(2031, 3, 12, tzinfo=PARIS)
    fair = await elsewhere(
        "Foire", starts_at=start, ends_at=start + timedelta(days=1), all_day=True, timezone="Europe/Paris"
    )
    shown = page(await visitor.get("/agenda?month=2031-03"))
    assert [cell.time["datetime"] for cell in shown.select("td") if cell.find("a")] == ["2031-03-12"]
    shown = await visitor.get("/agenda")
    assert page(shown).select_one(".day time")["datetime"].startswith("2031-03-12")
    with speaking("fr"):
        assert when_words(fair, "America/Martinique").startswith("Mercredi 12 mars")


async def test_the_days_of_the_months_beside_it_are_not_empty_and_not_counted(visitor: Browser) -> None:
    for month, day in ((2, 28), (3, 1), (3, 31), (4, 6), (4, 7)):  # shown: 24 February to 6 April
        start = datetime(2031, month, day, 20, tzinfo=PARIS)
        await event(title=f"{day}/{month}", starts_at=start, ends_at=start + timedelta(hours=1))
    shown = page(await visitor.get("/agenda?month=2031-03"))
    cells = {cell.time["datetime"]: cell.a.text for cell in shown.select("td") if cell.find("a")}
    assert cells == {
        "2031-02-28": "28/2",
        "2031-03-01": "1/3",
        "2031-03-31": "31/3",
        "2031-04-06": "6/4",
    }
    assert shown.caption.text == "2 dates in March 2031"
