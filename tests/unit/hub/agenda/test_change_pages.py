"""Who announced an event changes it, cancels it, takes it down; nobody else does."""

from datetime import timedelta

import pytest

from hub.agenda.coming import join
from hub.agenda.models import (
    Attendance,
    Contribution,
    Event,
    JoinDraft,
    Presence,
    Rhythm,
    Shift,
    ShiftDraft,
    Standing,
)
from hub.exchange.models import Voice
from hub.members.models import Role
from hub.organisations.models import Kind as OrganisationKind
from hub.organisations.models import Organisation, Spokesperson
from hub.participants.actions import new_key
from hub.participants.models import Person
from hub.publications.models import Publication
from tests import factories
from tests.unit.hub.agenda.conftest import PAUL, ROSA, event, in_days
from tests.unit.hub.village.visitors import engine as engine  # forms and words
from tests.unit.hub.village.visitors import errors, page, sent_again, words
from tests.unit.hub.village.visitors import visitors as visitors


@pytest.fixture
async def rosa(village):
    return await factories.member("Rosa")


def as_member(member):
    return Person(name=member.name, member_id=member.id)


async def now(one):
    return await Event.get(id=one.id).select_related("publication")


async def changed(browser, address, **fields):
    """Send the form of a page with some other answers."""
    return await browser.post(address, **(sent_again(await browser.get(address)) | {"go": "save"} | fields))


async def test_the_form_says_what_is_there_and_changes_nothing_by_itself(visitors, rosa):
    fete = await event(
        person=as_member(rosa),
        capacity=20,
        address="Place Neuve",
        shifts=(
            ShiftDraft(name="Buvette", wanted=2, starts_at=in_days(7, 14), ends_at=in_days(7, 15)),
            ShiftDraft(name="Chauffeur", private_place="Rue Basse"),
        ),
        contributions=("Un gâteau", "Des tréteaux"),
    )
    before = await Event.get(id=fete.id).values()
    shifts = await Shift.all().order_by("id").values()
    browser = await visitors.browser(rosa)
    sent = await changed(browser, f"/{fete.publication.code}/change")
    assert sent.headers["location"] == f"/{fete.publication.code}?said=event-changed"
    assert await Event.get(id=fete.id).values() == before
    assert await Shift.all().order_by("id").values() == shifts
    assert [one.what for one in await Contribution.all().order_by("id")] == ["Un gâteau", "Des tréteaux"]


async def test_words_facts_and_lists_are_changed(visitors, rosa):
    fete = await event(
        person=as_member(rosa), shifts=(ShiftDraft(name="Buvette"),), contributions=("Un gâteau",)
    )
    browser = await visitors.browser(rosa)
    await changed(
        browser,
        f"/{fete.publication.code}/change",
        title="Grand bal",
        place="Halle",
        shift1_name="Bar",
        shift1_wanted="3",
        shift2_name="Rangement",
        contributions="Des chaises",
    )
    after = await now(fete)
    assert (after.publication.title, after.place) == ("Grand bal", "Halle")
    assert [(one.name, one.wanted) for one in await Shift.all().order_by("position")] == [
        ("Bar", 3),
        ("Rangement", 1),
    ]
    assert [one.what for one in await Contribution.all()] == ["Des chaises"]
    assert "Grand bal" in words(await browser.get(f"/{fete.publication.code}"))


async def test_what_somebody_has_taken_does_not_go(visitors, rosa):
    fete = await event(
        person=as_member(rosa),
        shifts=(ShiftDraft(name="Buvette", wanted=2),),
        contributions=("Un gâteau", "Du pain"),
    )
    bar, cake = await Shift.get(), await Contribution.get(what="Un gâteau")
    for person in (PAUL, ROSA):
        await join(fete, JoinDraft(shift_id=bar.id, contributions=(cake.id,)), person)
    browser, address = await visitors.browser(rosa), f"/{fete.publication.code}/change"
    assert errors(await changed(browser, address, shift1_wanted="1")) == {"shift1_wanted"}
    assert errors(await changed(browser, address, shift1_name="", shift1_wanted="")) == {"shift1_name"}
    await changed(browser, address, contributions="")
    assert [one.what for one in await Contribution.all()] == ["Un gâteau"]
    assert (await Shift.get()).taken == 2


async def test_more_places_let_those_who_wait_move_up(visitors, rosa):
    fete = await event(person=as_member(rosa), capacity=1)
    for person in (PAUL, ROSA):
        await join(fete, JoinDraft(), person)
    browser, address = await visitors.browser(rosa), f"/{fete.publication.code}/change"
    await changed(browser, address, capacity="5")
    assert {one.presence for one in await Attendance.all()} == {Presence.COMING}
    assert errors(await changed(browser, address, capacity="1")) == {"capacity"}


async def test_what_is_wrong_is_said_at_its_field(visitors, rosa):
    fete = await event(person=as_member(rosa))
    browser, address = await visitors.browser(rosa), f"/{fete.publication.code}/change"
    answer = await changed(browser, address, starts="11/04/2020", text="Appelez le 06 12 34 56 78")
    assert errors(answer) == {"starts"}
    assert "06 12 34 56 78" in sent_again(answer)["text"]
    assert errors(await changed(browser, address, text="Appelez le 06 12 34 56 78")) == {"sure"}
    assert (await now(fete)).publication.source == "Apportez votre vélo. C’est gratuit."


async def test_what_goes_on_may_keep_its_beginning(visitors, rosa):
    fete = await event(person=as_member(rosa))
    await Event.filter(id=fete.id).update(starts_at=in_days(-1), ends_at=in_days(2))
    browser = await visitors.browser(rosa)
    sent = await changed(browser, f"/{fete.publication.code}/change", place="Halle")
    assert sent.status_code == 303
    assert (await now(fete)).place == "Halle"


async def test_what_is_over_is_not_changed_any_more(visitors, rosa):
    fete = await event(person=as_member(rosa))
    browser = await visitors.browser(rosa)
    form = sent_again(await browser.get(f"/{fete.publication.code}/change"))
    await Event.filter(id=fete.id).update(starts_at=in_days(-3), ends_at=in_days(-2))
    assert (await browser.get(f"/{fete.publication.code}/change")).status_code == 409
    assert (await browser.post(f"/{fete.publication.code}/change", **form)).status_code == 409


async def test_cancelled_its_page_stays_and_says_why(visitors, rosa):
    fete = await event(person=as_member(rosa))
    browser = await visitors.browser(rosa)
    sent = await changed(browser, f"/{fete.publication.code}/cancel", reason="Il pleut.")
    assert sent.headers["location"] == f"/{fete.publication.code}?said=event-cancelled"
    assert (await now(fete)).standing is Standing.CANCELLED
    visitor = await visitors.browser()
    shown = await visitor.get(f"/{fete.publication.code}")
    assert "Il pleut." in words(shown)
    assert page(shown).select_one("form[action$='/coming']") is None
    assert (await browser.get(f"/{fete.publication.code}/cancel")).status_code == 409


async def test_deleted_it_is_gone_and_says_so(visitors, rosa):
    fete = await event(person=as_member(rosa))
    browser = await visitors.browser(rosa)
    await changed(browser, f"/{fete.publication.code}/remove")
    assert (await Publication.get(id=fete.publication_id)).title == ""
    visitor = await visitors.browser()
    assert (await visitor.get(f"/{fete.publication.code}")).status_code == 410
    assert (await visitor.get(f"/{fete.publication.code}/change")).status_code in (303, 404)


async def test_of_a_series_one_chooses_which(visitors, rosa):
    until = in_days(40).date()
    first = await event(person=as_member(rosa), repeats=Rhythm.WEEKLY, until=until)
    browser, address = await visitors.browser(rosa), f"/{first.publication.code}"
    await changed(browser, f"{address}/change", place="Halle", following="yes")
    assert {one.place for one in await Event.all()} == {"Halle"}
    await changed(browser, f"{address}/change", place="Stade")
    assert len([one for one in await Event.all() if one.place == "Stade"]) == 1
    await changed(browser, f"{address}/cancel", following="yes")
    assert not await Event.filter(standing=Standing.PLANNED, publication__deleted_at=None).exists()


async def test_a_single_one_asks_for_no_choice(visitors, rosa):
    fete = await event(person=as_member(rosa))
    browser = await visitors.browser(rosa)
    for deed in ("change", "cancel", "remove"):
        shown = page(await browser.get(f"/{fete.publication.code}/{deed}"))
        assert not shown.select("[name=following]")


async def test_somebody_without_an_account_does_all_of_it_by_their_link(visitors, village):
    fete = await event(person=ROSA)
    key, code = await new_key(fete.owner_id), fete.publication.code
    browser = await visitors.browser()
    form = page(await browser.get(f"/mine/{key}/{code}/change"))
    for deed in ("cancel", "remove"):
        assert form.select_one(f"a[href='/mine/{key}/{code}/{deed}']") is not None
    sent = await changed(browser, f"/mine/{key}/{code}/change", place="Halle")
    assert sent.headers["location"] == f"/mine/{key}?said=event-changed"
    assert sent.headers["cache-control"] == "private, no-store"
    assert (await now(fete)).place == "Halle"
    await changed(browser, f"/mine/{key}/{code}/cancel")
    assert (await now(fete)).standing is Standing.CANCELLED
    await changed(browser, f"/mine/{key}/{code}/remove")
    assert (await now(fete)).publication.deleted_at is not None


async def test_a_link_opens_what_is_its_holders_alone(visitors, village):
    theirs, others = await event(person=ROSA), await event(person=PAUL)
    key = await new_key(theirs.owner_id)
    browser = await visitors.browser()
    for deed in ("change", "cancel", "remove"):
        assert (await browser.get(f"/mine/{key}/{others.publication.code}/{deed}")).status_code == 404
        assert (await browser.get(f"/mine/wrong/{theirs.publication.code}/{deed}")).status_code == 410
        assert (await browser.post(f"/mine/{key}/{others.publication.code}/{deed}")).status_code == 404


async def test_nobody_else_does_any_of_it(visitors, rosa):
    fete = await event(person=as_member(rosa))
    stranger = await visitors.browser(await factories.member("Paul"))
    visitor = await visitors.browser()
    for deed in ("change", "cancel", "remove"):
        for answer in (
            await stranger.get(f"/{fete.publication.code}/{deed}"),
            await stranger.post(f"/{fete.publication.code}/{deed}"),
        ):
            assert answer.status_code == 404
        assert (await visitor.get(f"/{fete.publication.code}/{deed}")).status_code == 303
    assert (await now(fete)).standing is Standing.PLANNED


async def test_agents_and_who_speaks_for_the_association_may(visitors, rosa):
    member, agent = await factories.member("Zoé"), await factories.member("Marie", role=Role.AGENT)
    club = await Organisation.create(
        handle="club", name="Club", name_key="club", kind=OrganisationKind.ASSOCIATION
    )
    for each in (rosa, member):
        await Spokesperson.create(member=each, organisation=club)
    person = as_member(rosa)
    fete = await event(person=person, voice=Voice.ORGANISATION, organisation_id=club.id)
    for each in (member, agent):
        browser = await visitors.browser(each)
        assert (await browser.get(f"/{fete.publication.code}/change")).status_code == 200
        assert page(await browser.get(f"/{fete.publication.code}")).select_one("a[href$='/change']")


async def test_another_villages_is_changed_where_it_was_written(visitors, rosa):
    fete = await event(person=as_member(rosa))
    await Event.filter(id=fete.id).update(owner_id=None)
    agent = await visitors.browser(await factories.member("Marie", role=Role.AGENT))
    assert (await agent.get(f"/{fete.publication.code}/change")).status_code == 404


async def test_what_waits_to_be_read_can_be_changed_by_its_author(visitors, village):
    newcomer = await factories.member("Paul", trusted=False)
    fete = await event(person=as_member(newcomer), trusted=False)
    browser = await visitors.browser(newcomer)
    sent = await changed(browser, f"/{fete.publication.code}/change", place="Halle")
    assert sent.headers["location"] == "/mine?said=event-changed"
    after = await now(fete)
    assert (after.place, after.standing) == ("Halle", Standing.REVIEW)
    assert after.ends_at - after.starts_at == timedelta(hours=3)
