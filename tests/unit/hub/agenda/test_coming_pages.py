"""To say "I am coming", to change one's mind, and to find one's place again, with and without an account."""

from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio

from hub.agenda.actions import cancel
from hub.agenda.coming import join
from hub.agenda.models import (
    Attendance,
    Contribution,
    Event,
    JoinDraft,
    JoinMode,
    Presence,
    Shift,
    ShiftDraft,
)
from hub.participants.actions import new_key
from hub.participants.models import Person
from hub.publications.models import Scope
from hub.web.page_cache import forget_pages
from tests import factories
from tests.unit.hub.agenda.conftest import PAUL, event, in_days
from tests.unit.hub.village.visitors import engine as engine  # forms and words
from tests.unit.hub.village.visitors import errors, page, sent_again, statements, words
from tests.unit.hub.village.visitors import visitors as visitors

LUCIE = {"name": "Lucie Moulin", "contact": "lucie@example.fr", "people": "2"}


@pytest.fixture(autouse=True)
def _forget(village):
    forget_pages()


@pytest_asyncio.fixture
async def visitor(visitors):
    return await visitors.browser()


def path(workshop):
    return f"/{workshop.publication.code}"


async def fill_in(browser, workshop, **fields):
    """The form as it stands there, with these fields."""
    form = sent_again(await browser.get(f"{path(workshop)}/coming"))
    return await browser.post(f"{path(workshop)}/coming", **form | fields)


async def test_a_neighbour_comes_without_an_account_and_finds_their_place_again(visitor):
    workshop = await event(capacity=10)
    sent = await fill_in(visitor, workshop, **LUCIE, note="J’arrive à 15 h.")
    assert sent.status_code == 303
    assert sent.headers["location"].startswith("/mine/")
    assert sent.headers["cache-control"] == "private, no-store"
    shown = await visitor.get(sent.headers["location"])
    for expected in ("Atelier vélo", "Salle des fêtes", "J’arrive à 15 h.", "2 personnes"):
        assert expected in words(shown), expected
    assert (await Event.get(id=workshop.id)).coming == 2


async def test_the_form_stands_on_the_page_of_the_event(visitor):
    workshop = await event(capacity=8)
    await visitor.get("/sign-in")  # a browser with a cookie, not a server that previews
    shown = await visitor.get(path(workshop))
    assert page(shown).select_one(f'form[action="{path(workshop)}/coming"] [name=contact]')
    assert len(page(shown).select("#coming .slots i")) == 8


async def test_the_same_form_makes_one_place_and_leads_to_it(visitor):
    workshop = await event()
    form = sent_again(await visitor.get(f"{path(workshop)}/coming")) | LUCIE
    sent = [await visitor.post(f"{path(workshop)}/coming", **form) for _ in range(2)]
    assert [answer.status_code for answer in sent] == [303, 303]
    assert await Attendance.all().count() == 1
    other = form | {"contact": "somebody.else@example.fr"}
    assert (await visitor.post(f"{path(workshop)}/coming", **other)).status_code == 409


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"name": "", "contact": "lucie@example.fr"}, {"name"}),
        ({"name": "Lucie", "contact": "12"}, {"contact"}),
        ({**LUCIE, "people": "0"}, {"people"}),
        ({**LUCIE, "people": "21"}, {"people"}),
        ({**LUCIE, "people": "beaucoup"}, {"people"}),
        ({**LUCIE, "shift": "999999"}, {"shift"}),
        ({**LUCIE, "shift": "x"}, {"shift"}),
        ({**LUCIE, "note": "x" * 501}, {"note"}),
        ({"name": "", "contact": ""}, {"name", "contact"}),
    ],
)
async def test_what_is_wrong_is_said_at_its_field_and_nothing_is_lost(visitor, fields, wrong):
    workshop = await event(shifts=(ShiftDraft(name="Buvette", wanted=2),))
    refused = await fill_in(visitor, workshop, **{"note": "Sans gluten.", **fields})
    assert refused.status_code == 422
    assert errors(refused) == wrong
    assert "Sans gluten." in words(refused) or "note" in wrong
    assert await Attendance.all().count() == 0


async def test_a_shift_is_taken_with_what_one_brings(visitor):
    fete = await event(
        shifts=(ShiftDraft(name="Buvette", wanted=1),), contributions=("Une salade", "Un gâteau")
    )
    bar, salad = await Shift.get(), await Contribution.get(what="Une salade")
    fields = {"name": "Lucie", "contact": "lucie@example.fr", "shift": str(bar.id)}
    sent = await fill_in(visitor, fete, **fields, **{f"brings-{salad.id}": "yes"})
    shown = words(await visitor.get(sent.headers["location"]))
    assert "Buvette" in shown
    assert "Une salade" in shown
    form = await visitor.get(f"{path(fete)}/coming")
    assert "quelqu’un l’apporte" in words(form)
    assert "complet" in words(form)
    assert "Lucie" not in words(form)


async def test_who_finds_no_place_is_on_the_list_and_moves_up_when_somebody_leaves(visitors):
    workshop = await event(capacity=1)
    lucie, ines = [await visitors.browser() for _ in range(2)]
    hers = (await fill_in(lucie, workshop, name="Lucie", contact="lucie@example.fr")).headers["location"]
    assert "Toutes les places sont prises" in words(await ines.get(f"{path(workshop)}/coming"))
    other = (await fill_in(ines, workshop, name="Inès", contact="ines@example.fr")).headers["location"]
    assert "Sur la liste d’attente" in words(await ines.get(other))
    place = await Attendance.get(participant__name="Lucie")
    for _ in range(2):
        left = await lucie.post(f"{hers.partition('?')[0]}/events", place=str(place.id), do="leave")
        assert left.status_code == 303
    assert "de nouveau libre" in words(await lucie.get(left.headers["location"]))
    assert "Vous avez une place" in words(await ines.get(other.partition("?")[0]))


async def test_a_member_comes_changes_and_leaves_on_their_own_page(visitors):
    paul = await factories.member("Paul")
    browser = await visitors.browser(paul)
    workshop = await event(capacity=3)
    sent = await fill_in(browser, workshop, people="2")
    assert sent.headers["location"] == f"{path(workshop)}?said=coming"
    assert "Votre place" in words(await browser.get(path(workshop)))
    await fill_in(browser, workshop, people="2")
    place = await Attendance.get()
    change = {"place": str(place.id), "do": "change"}
    changed = await browser.post("/mine/events", **change, people="trois", note="Avec Zoé")
    assert changed.headers["location"] == "/mine?said=coming-changed"
    shown = words(await browser.get("/mine"))
    assert "3 personnes" in shown
    assert "Avec Zoé" in shown
    refused = await browser.post("/mine/events", **change, people="4")
    assert refused.status_code == 422
    assert "Il ne reste pas autant de places" in words(refused)
    assert page(refused).select_one('form[action="/mine/events"]')
    assert (await Event.get(id=workshop.id)).coming == 3
    await browser.post("/mine/events", place=str(place.id), do="leave")
    assert (await Attendance.get()).presence is Presence.LEFT
    assert (await Event.get(id=workshop.id)).coming == 0


async def test_a_link_acts_on_nothing_but_its_own_place(visitors):
    workshop = await event()
    lucie = await join(workshop, JoinDraft(), Person(name="Lucie", mail="lucie@example.fr"))
    paul = await join(workshop, JoinDraft(), PAUL)
    key, browser = await new_key(lucie.participant_id), await visitors.browser()
    for deed in ("leave", "change", "here", "fly"):
        sent = await browser.post(f"/mine/{key}/events", place=str(paul.id), do=deed)
        assert sent.status_code == 404, deed
    assert (await browser.post("/mine/nobody/events", place=str(paul.id), do="leave")).status_code == 410
    assert (await browser.post(f"/mine/{key}/events", place=str(lucie.id), do="fly")).status_code == 404
    assert (await Attendance.get(id=paul.id)).presence is Presence.COMING
    assert "06 12 34" not in (await browser.get(f"/mine/{key}")).text.replace("\xa0", " ")


async def test_what_one_may_not_see_cannot_be_joined_and_answers_as_if_it_were_not(visitors):
    secret, missing = await event(scope=Scope.VILLAGE), "/bcdfgh"
    unread = await event(trusted=False)
    browser = await visitors.browser()
    for address in (path(secret), path(unread), missing):
        assert (await browser.get(f"{address}/coming")).status_code == 404
        assert (await browser.post(f"{address}/coming", **LUCIE)).status_code == 404
    assert await Attendance.all().count() == 0


async def test_nobody_signs_up_for_what_is_over_cancelled_or_elsewhere(visitor):
    over = await event()
    await Event.filter(id=over.id).update(starts_at=in_days(-2), ends_at=in_days(-1))
    elsewhere = await event(join_mode=JoinMode.EXTERNAL, join_url="https://example.org/inscription")
    open_to_all = await event(join_mode=JoinMode.NONE)
    off = await event()
    await cancel(off, "Il pleut.")
    for one in (over, elsewhere, open_to_all, off):
        assert not page(await visitor.get(f"{path(one)}/coming")).select("main form")
        assert (await visitor.post(f"{path(one)}/coming", **LUCIE)).status_code == 409
    assert await Attendance.all().count() == 0
    assert "example.org" in words(await visitor.get(path(elsewhere)))
    assert "Venez, tout simplement" in words(await visitor.get(path(open_to_all)))


async def test_who_had_a_place_in_what_is_cancelled_does_not_read_that_they_have_it(visitor):
    workshop = await event()
    mine = (await fill_in(visitor, workshop, **LUCIE)).headers["location"]
    assert "Vous avez une place" in words(await visitor.get(mine.partition("?")[0]))
    await cancel(await Event.get(id=workshop.id).select_related("publication"), "Il pleut.")
    shown = words(await visitor.get(mine.partition("?")[0]))
    assert "Annulé" in shown
    assert "Vous avez une place" not in shown


async def test_a_private_place_is_for_who_has_the_shift_and_only_from_the_day_before(visitors):
    meal = await event(
        shifts=(
            ShiftDraft(name="Conduire", wanted=1, private_place="12, chemin des Combes"),
            ShiftDraft(name="Cuisiner", wanted=2, private_place="Cuisine de Rosa"),
        )
    )
    drives, cooks = await Shift.filter(event_id=meal.id).order_by("id")
    places = [
        await join(meal, JoinDraft(shift_id=shift.id), Person(name=name, mail=f"{name}@example.fr"))
        for shift, name in ((drives, "lucie"), (cooks, "ines"), (drives, "zoe"))
    ]
    browser = await visitors.browser()
    links = [f"/mine/{await new_key(one.participant_id)}" for one in places]
    assert "à partir de la veille" in words(await browser.get(links[0]))
    for link in (*links, path(meal), f"{path(meal)}/coming"):
        assert "12, chemin des Combes" not in (await browser.get(link)).text
    soon = datetime.now(UTC) + timedelta(hours=3)
    await Event.filter(id=meal.id).update(starts_at=soon, ends_at=soon + timedelta(hours=2))
    forget_pages()
    assert "12, chemin des Combes" in words(await browser.get(links[0]))
    for link in (links[1], links[2], path(meal), f"{path(meal)}/coming"):  # the last one waits
        assert "12, chemin des Combes" not in (await browser.get(link)).text, link
    assert "Cuisine de Rosa" in words(await browser.get(links[1]))
    past = datetime.now(UTC) - timedelta(hours=3)
    await Event.filter(id=meal.id).update(starts_at=past, ends_at=past + timedelta(hours=2))
    assert "12, chemin des Combes" not in (await browser.get(links[0])).text


async def test_at_the_door_a_person_is_found_by_name_or_written_down(visitors):
    workshop = await event()
    lucie = await join(workshop, JoinDraft(), Person(name="Lucie Moulin", mail="lucie@example.fr"))
    door = f"{path(workshop)}/door/{workshop.check_in}"
    browser = await visitors.browser()
    early = await browser.post(door, name="Lucie Moulin")
    assert early.status_code == 409
    assert not page(await browser.get(door)).select("main form")
    assert (await Attendance.get(id=lucie.id)).came_at is None
    await Event.filter(id=workshop.id).update(starts_at=datetime.now(UTC) - timedelta(minutes=5))
    assert "Bienvenue" in words(await browser.get(door))
    form = sent_again(await browser.get(door))
    known = await browser.post(door, **form | {"name": " lucie  MOULIN "})
    for _ in range(2):
        unknown = await browser.post(door, **form | {"name": "Zoé"})
    assert words(known) == words(unknown)  # nobody learns who is on the list
    assert (await Attendance.get(id=lucie.id)).came_at is not None
    zoe = await Attendance.get(participant__name="Zoé").select_related("participant")
    assert zoe.came_at is not None
    assert (zoe.participant.mail, zoe.participant.phone) == (None, None)
    assert (await Event.get(id=workshop.id)).coming == 2
    assert "lucie" not in (await browser.get(door)).text.lower()
    for wrong in (f"{path(workshop)}/door/{'0' * 32}", f"{path(workshop)}/door/None"):
        assert (await browser.get(wrong)).status_code == 404
        assert (await browser.post(wrong, name="Lucie Moulin")).status_code == 404


async def test_who_is_signed_in_is_found_at_the_door_by_their_account(visitors):
    paul = await factories.member("Paul")
    workshop = await event()
    await join(workshop, JoinDraft(), Person(name="Paul", member_id=paul.id))
    await Event.filter(id=workshop.id).update(starts_at=datetime.now(UTC))
    browser = await visitors.browser(paul)
    await browser.post(f"{path(workshop)}/door/{workshop.check_in}", name="Popol")
    assert (await Attendance.get()).came_at is not None


async def test_somebody_says_behind_their_own_link_that_they_are_there(visitor):
    workshop = await event()
    lucie = await join(workshop, JoinDraft(), Person(name="Lucie", mail="lucie@example.fr"))
    link = f"/mine/{await new_key(lucie.participant_id)}"
    assert "Je suis là" not in words(await visitor.get(link))
    assert (await visitor.post(f"{link}/events", place=str(lucie.id), do="here")).status_code == 409
    await Event.filter(id=workshop.id).update(starts_at=datetime.now(UTC) + timedelta(hours=1))
    assert "Je suis là" in words(await visitor.get(link))
    await visitor.post(f"{link}/events", place=str(lucie.id), do="here")
    assert "Vous y étiez" in words(await visitor.get(link))


async def test_a_page_of_many_places_asks_the_database_no_more(visitors):
    paul = await factories.member("Paul")
    browser, counts = await visitors.browser(paul), []
    for _ in range(2):
        for _ in range(3):
            await join(await event(), JoinDraft(), Person(name="Paul", member_id=paul.id))
            await event(person=Person(name="Paul", member_id=paul.id))
        with statements() as asked:
            await browser.get("/mine")
        counts.append(len(asked))
    assert counts[0] == counts[1]
