"""An event is announced on one page: nothing is lost, and what is unclear is said plainly."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from hub.agenda.models import Contribution, Event, JoinMode, Shift, Standing
from hub.exchange.models import Voice
from hub.members.models import Role
from hub.organisations.models import Kind as OrganisationKind
from hub.organisations.models import Organisation, Spokesperson
from hub.publications.models import Publication, Scope
from tests import factories
from tests.unit.hub.village.visitors import engine as engine  # forms and words
from tests.unit.hub.village.visitors import errors, page, sent_again, words
from tests.unit.hub.village.visitors import visitors as visitors

ZONE = ZoneInfo("Europe/Paris")


def typed(days):
    """A day, as one writes it."""
    return (datetime.now(ZONE) + timedelta(days=days)).strftime("%d/%m/%Y")


@pytest.fixture
async def visitor(visitors, village):
    return await visitors.browser()


@pytest.fixture
async def rosa(visitors, village):
    """A member whom the village knows."""
    return await visitors.browser(await factories.member("Rosa"))


WORKSHOP = {
    "title": "Atelier vélo",
    "text": "Apportez votre vélo.",
    "from": "14 h",
    "to": "17 h 30",
    "place": "Salle des fêtes",
}


async def announced(browser, **fields):
    """Fill in the form; returns the answer."""
    form = await browser.get("/new/event")
    return await browser.post(
        "/new/event", **(sent_again(form) | {"starts": typed(7)} | WORKSHOP | {"go": "publish"} | fields)
    )


async def the_one():
    return await Event.get().select_related("publication", "owner", "organisation", "series")


async def test_a_member_puts_an_event_into_the_agenda(rosa):
    sent = await announced(rosa, capacity="12", scope="public", category="works", online="exemple.fr/visio")
    found = await the_one()
    assert sent.headers["location"] == f"/{found.publication.code}?said=event-published"
    assert (found.publication.title, found.publication.source) == ("Atelier vélo", "Apportez votre vélo.")
    assert found.starts_at.astimezone(ZONE).strftime("%d/%m/%Y %H:%M") == f"{typed(7)} 14:00"
    assert found.ends_at.astimezone(ZONE).strftime("%H:%M") == "17:30"
    assert (found.place, found.capacity, found.category) == ("Salle des fêtes", 12, "works")
    assert found.online_url == "https://exemple.fr/visio"
    assert (found.standing, found.join_mode, found.publication.scope) == (
        Standing.PLANNED,
        JoinMode.FREE,
        Scope.PUBLIC,
    )
    assert "Atelier vélo" in words(await rosa.get(sent.headers["location"]))


async def test_without_an_account_a_name_and_a_contact_are_enough_and_it_is_read_first(visitor):
    sent = await announced(visitor, name="Rosa", contact="rosa@example.fr")
    found = await the_one()
    assert sent.headers["location"] == "/new/event/sent?by=mail"
    assert "vous recevez un mail" in words(await visitor.get(sent.headers["location"])).lower()
    assert (found.standing, found.owner.mail, found.owner.member_id) == (
        Standing.REVIEW,
        "rosa@example.fr",
        None,
    )
    assert (await visitor.get(f"/{found.publication.code}")).status_code == 404


async def test_what_a_newcomer_announces_is_read_first(visitors, village):
    newcomer = await visitors.browser(await factories.member("Paul", trusted=False))
    assert (await announced(newcomer)).headers["location"] == "/new/event/sent?by=member"
    assert (await the_one()).standing is Standing.REVIEW


async def test_only_an_agent_speaks_for_the_town_hall_at_once(rosa, visitors):
    await announced(rosa, **{"as": "town-hall"})
    assert (await the_one()).standing is Standing.REVIEW
    agent = await visitors.browser(await factories.member("Marie", role=Role.AGENT))
    await announced(agent, title="Vœux", **{"as": "town-hall"})
    spoken = await Event.get(publication__title="Vœux")
    assert (spoken.standing, spoken.voice) == (Standing.PLANNED, Voice.TOWN_HALL)


async def test_who_speaks_for_an_association_invites_in_its_name(visitors, village):
    member = await factories.member("Rosa")
    club = await Organisation.create(
        handle="club", name="Club", name_key="club", kind=OrganisationKind.ASSOCIATION
    )
    await Spokesperson.create(member=member, organisation=club)
    rosa = await visitors.browser(member)
    await announced(rosa, **{"as": "@club"})
    found = await the_one()
    assert (found.voice, found.organisation.handle) == (Voice.ORGANISATION, "club")
    stranger = await visitors.browser(await factories.member("Paul"))
    assert errors(await announced(stranger, **{"as": "@club"})) == {"as"}


async def test_what_is_unclear_is_said_at_its_field_and_nothing_is_lost(rosa):
    answer = await announced(
        rosa, starts="le 12", contributions="Un gâteau", shift1_wanted="3", scope="galaxy"
    )
    assert answer.status_code == 422
    assert errors(answer) == {"starts", "shift1_name", "scope"}
    kept = sent_again(answer)
    assert (kept["text"], kept["contributions"], kept["shift1_wanted"]) == (
        WORKSHOP["text"],
        "Un gâteau",
        "3",
    )
    assert not await Event.exists()


async def test_every_problem_is_said_at_once(visitor):
    assert errors(await announced(visitor, title="", place="", capacity="0")) == {
        *("title", "place", "capacity", "name", "contact")
    }


async def test_tasks_and_a_list_of_what_to_bring(rosa):
    await announced(
        rosa,
        shift1_name="Buvette",
        shift1_wanted="4",
        shift1_from="14 h",
        shift1_to="16 h",
        shift2_name="Chauffeur",
        shift2_place="Chez Madame Faure",
        shift3_name="Rangement",
        shift3_from="23 h",
        shift3_to="1 h",
        contributions="- Un gâteau\n- Des tréteaux\n\nUn gâteau",
    )
    bar, driver, tidy = await Shift.all().order_by("position")
    assert (bar.name, bar.wanted, bar.starts_at.astimezone(ZONE).hour) == ("Buvette", 4, 14)
    assert (driver.wanted, driver.starts_at, driver.private_place) == (1, None, "Chez Madame Faure")
    assert tidy.ends_at - tidy.starts_at == timedelta(hours=2)
    assert [one.what for one in await Contribution.all().order_by("id")] == ["Un gâteau", "Des tréteaux"]


async def test_more_rows_come_without_a_script_and_lose_nothing(visitor):
    form = await visitor.get("/new/event")
    before = len(page(form).select("[name^=shift][name$=_name]"))
    more = await visitor.post(
        "/new/event", **(sent_again(form) | WORKSHOP | {"shift1_name": "Buvette", "go": "more"})
    )
    assert more.status_code == 200
    assert len(page(more).select("[name^=shift][name$=_name]")) > before
    kept = sent_again(more)
    assert (kept["title"], kept["shift1_name"], kept["code"]) == (
        "Atelier vélo",
        "Buvette",
        sent_again(form)["code"],
    )


async def test_one_sees_how_it_will_look_before_it_is_sent(rosa):
    seen = await announced(rosa, go="look")
    assert seen.status_code == 200
    shown = page(seen).select_one("#preview")
    assert "Atelier vélo" in shown.text
    assert "Salle des fêtes" in shown.text
    assert not await Event.exists()


async def test_a_phone_number_in_the_words_is_asked_about_once(rosa):
    answer = await announced(rosa, text="Appelez le 06 12 34 56 78.")
    assert errors(answer) == {"sure"}
    assert "06 12 34 56 78" in words(answer)
    await announced(rosa, text="Appelez le 06 12 34 56 78.", sure="yes")
    assert "06 12 34 56 78" in (await the_one()).publication.source


async def test_the_address_of_an_event_is_for_everybody(rosa):
    assert (await announced(rosa, address="12 rue des Écoles")).status_code == 303


async def test_the_same_form_twice_makes_one_event(rosa):
    form = sent_again(await rosa.get("/new/event"))
    fields = form | {"starts": typed(7)} | WORKSHOP | {"go": "publish"}
    first, again = [await rosa.post("/new/event", **fields) for _ in range(2)]
    assert first.headers["location"] == again.headers["location"]
    assert await Event.all().count() == 1


async def test_who_goes_back_to_the_form_and_writes_something_else_announces_that_too(rosa):
    form = sent_again(await rosa.get("/new/event"))
    fields = form | {"starts": typed(7)} | WORKSHOP | {"go": "publish"}
    for title in ("Atelier vélo", "Atelier tricot"):
        assert (await rosa.post("/new/event", **fields | {"title": title})).status_code == 303
    again = fields | {"title": "Atelier vélo", "starts": typed(14)}
    assert (await rosa.post("/new/event", **again)).status_code == 303
    titles = await Publication.filter(kind="event").values_list("title", flat=True)
    assert sorted(titles) == ["Atelier tricot", "Atelier vélo", "Atelier vélo"]


async def test_the_form_begins_with_what_the_address_says(visitor):
    form = sent_again(await visitor.get("/new/event?title=Atelier&text=Ensemble&place=Salle"))
    assert (form["title"], form["text"], form["place"]) == ("Atelier", "Ensemble", "Salle")


async def test_nobody_announces_without_end(visitor):
    for number in range(5):
        await announced(visitor, title=f"Bal {number}", name="Rosa", contact="rosa@example.fr")
    assert (await announced(visitor, name="Rosa", contact="rosa@example.fr")).status_code == 422
    assert await Publication.filter(kind="event").count() == 5


async def test_the_door_to_events_stands_beside_needs_and_offers(visitor):
    assert page(await visitor.get("/new")).select_one('a.door[href="/new/event"]') is not None
