"""A need is written on three screens: nothing is lost on the way, and what is unclear is said plainly."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from hub import limits
from hub.exchange.models import Mode, Moment, Proposal, Slot, State, Template, Voice
from hub.members.models import Role
from hub.organisations.models import Kind as OrganisationKind
from hub.organisations.models import Organisation, Spokesperson
from hub.participants.models import Key, Participant
from hub.publications.models import Publication, Scope
from tests import factories
from tests.unit.hub.exchange.conftest import need
from tests.unit.hub.village.visitors import engine as engine  # forms and words
from tests.unit.hub.village.visitors import errors, page, sent_again, statements, words
from tests.unit.hub.village.visitors import visitors as visitors

ZONE = ZoneInfo("Europe/Paris")


@pytest.fixture
def day():
    """A day next week, as one writes it."""
    return (datetime.now(ZONE) + timedelta(days=7)).strftime("%d/%m/%Y")


@pytest.fixture
async def visitor(visitors, village):
    return await visitors.browser()


@pytest.fixture
async def rosa(visitors, village):
    """A member whom the village knows."""
    return await visitors.browser(await factories.member("Rosa"))


async def through(browser, path="/new/need", *, what, when=None, you=None):
    """Fill in the three screens in turn; returns the last answer."""
    answer = await browser.get(path)
    for changes, target in ((what, "when"), (when or {}, "you"), (you or {}, "publish")):
        answer = await browser.post(path, **sent_again(answer) | {"go": target} | changes)
        if answer.status_code != 200:
            break
    return answer


async def the_one():
    return await Proposal.get().select_related("publication", "owner", "organisation")


WOOD = {"title": "Rentrer le bois", "text": "Huit stères devant la maison."}
ROSA = {"name": "Rosa", "contact": "rosa@example.fr"}


async def test_a_resident_writes_a_need_on_three_screens(rosa, day):
    sent = await through(
        rosa,
        what=WOOD,
        when={
            "wanted": "2",
            "starts": day,
            "from": "9 h",
            "to": "12 h 30",
            "area": "Hameau des Combes",
            "place": "12, chemin des Combes",
            "minutes": "une heure",
        },
        you={"scope": "public"},
    )
    found = await the_one()
    assert sent.status_code == 303
    assert sent.headers["location"] == f"/{found.publication.code}?said=proposal-published"
    assert (found.publication.title, found.publication.source) == (WOOD["title"], WOOD["text"])
    assert (found.wanted, found.unit, found.minutes, found.moment) == (2, "personnes", 60, Moment.HOURS)
    assert found.starts_at.astimezone(ZONE).strftime("%d/%m/%Y %H:%M") == f"{day} 09:00"
    assert found.ends_at.astimezone(ZONE).strftime("%H:%M") == "12:30"
    assert (found.area, found.exact_place) == ("Hameau des Combes", "12, chemin des Combes")
    assert (found.state, found.publication.scope, found.category) == (State.OPEN, Scope.PUBLIC, "hand")
    assert found.owner.name == "Rosa"


async def test_without_an_account_a_name_and_a_contact_are_enough_and_it_is_read_first(visitor):
    sent = await through(visitor, what=WOOD, you=ROSA)
    found = await the_one()
    assert sent.headers["location"] == "/new/sent?kind=need&by=mail"
    after = words(await visitor.get(sent.headers["location"]))
    assert "La mairie" in after
    assert "vous recevez un mail" in after.lower()
    assert found.state is State.REVIEW
    assert (found.owner.name, found.owner.mail, found.owner.member_id) == ("Rosa", "rosa@example.fr", None)
    assert (await visitor.get(f"/{found.publication.code}")).status_code == 404


async def test_what_a_newcomer_writes_is_read_first(visitors, village):
    newcomer = await visitors.browser(await factories.member("Paul", trusted=False))
    sent = await through(newcomer, what=WOOD)
    assert sent.headers["location"] == "/new/sent?kind=need&by=member"
    assert (await the_one()).state is State.REVIEW


async def test_an_offer_is_written_in_the_same_way(rosa, day):
    last = (datetime.now(ZONE) + timedelta(days=10)).strftime("%d/%m/%Y")
    await through(
        rosa,
        "/new/offer",
        what={"title": "Une chambre pour deux", "template": "housing"},
        when={"wanted": "2", "starts": day, "ends": last, "area": "Le bourg"},
    )
    offer = await the_one()
    assert (offer.publication.kind, offer.nights, offer.wanted, offer.unit) == ("offer", True, 2, "lits")
    assert offer.starts_at.strftime("%d/%m/%Y") == day
    assert offer.ends_at.strftime("%d/%m/%Y") == last
    assert offer.publication.scope is Scope.VILLAGE


async def test_going_back_and_forth_loses_nothing(visitor, day):
    first = await visitor.get("/new/need")
    second = await visitor.post("/new/need", **sent_again(first) | WOOD | {"template": "transport"})
    answers = {"wanted": "3", "starts": day, "q_route": "Du bourg à Die", "moment": "evening"}
    third = await visitor.post("/new/need", **sent_again(second) | answers)
    back = await visitor.post("/new/need", **sent_again(third) | ROSA | {"go": "when"})
    assert sent_again(back).items() >= answers.items()
    first_again = await visitor.post("/new/need", **sent_again(back) | {"go": "what"})
    assert sent_again(first_again).items() >= (WOOD | {"template": "transport"} | answers | ROSA).items()
    second_again = await visitor.post("/new/need", **sent_again(first_again))
    assert sent_again(second_again).items() >= answers.items()
    assert await Publication.all().count() == 0


async def test_another_kind_brings_its_own_questions_and_unit(visitor):
    first = await visitor.get("/new/need")
    second = await visitor.post("/new/need", **sent_again(first) | WOOD)
    assert sent_again(second)["unit"] == "personnes"
    back = await visitor.post("/new/need", **sent_again(second) | {"go": "what", "wanted": "4"})
    other = await visitor.post("/new/need", **sent_again(back) | {"template": "meal"})
    assert (sent_again(other)["unit"], sent_again(other)["wanted"]) == ("repas", "4")
    assert "santé" in words(other)


async def test_the_same_form_sent_twice_makes_one_need(rosa):
    second = await rosa.post("/new/need", **sent_again(await rosa.get("/new/need")) | WOOD)
    third = await rosa.post("/new/need", **sent_again(second))
    places = {
        (await rosa.post("/new/need", **sent_again(third) | {"go": "publish"})).headers["location"]
        for _ in range(2)
    }
    assert len(places) == 1
    assert await Proposal.all().count() == 1


async def test_the_code_of_something_else_makes_nothing_of_it(rosa, visitors):
    agent = await visitors.browser(await factories.member("Marie", role=Role.AGENT))
    news = await agent.post("/new/announcement", title="Eau", text="Coupée.", scope="public")
    code = news.headers["location"].strip("/").partition("?")[0]
    sent = await through(rosa, what=WOOD | {"code": code})
    assert sent.status_code == 303
    assert (await the_one()).publication.code != code


async def test_every_field_may_come_at_once(rosa, day):
    """As a script or an old page would send them."""
    fields = {
        "go": "publish",
        **WOOD,
        "template": "hand",
        "wanted": "2",
        "unit": "personnes",
        "starts": day,
        "moment": "morning",
        "area": "Le bourg",
        "scope": "village",
        "as": "self",
    }
    sent = await rosa.post("/new/need", **fields)
    assert sent.status_code == 303
    assert (await the_one()).moment is Moment.MORNING


UNCLEAR = [
    ({"starts": "01/01/2020"}, "starts"),
    ({"starts": "31/02/2027"}, "starts"),
    ({"starts": "bientôt"}, "starts"),
    ({"starts": "01/01/2999"}, "starts"),
    ({"from": "12 h", "to": "9 h"}, "to"),
    ({"from": "25 h", "to": "26 h"}, "from"),
    ({"from": "9 h"}, "to"),
    ({"wanted": "0"}, "wanted"),
    ({"wanted": "-3"}, "wanted"),
    ({"wanted": "1000000"}, "wanted"),
    ({"wanted": "beaucoup"}, "wanted"),
    ({"wanted": "9" * 100}, "wanted"),
    ({"minutes": "longtemps"}, "minutes"),
    ({"area": "x" * 81}, "area"),
    ({"place": "x" * 501}, "place"),
    ({"slot1_day": "01/01/2020", "slot1_from": "9 h", "slot1_to": "10 h"}, "slot1_day"),
    ({"slot2_from": "9 h", "slot2_to": "8 h"}, "slot2_day"),
]


async def test_what_is_unclear_about_when_and_where_is_said_at_its_field(visitor, day):
    second = await visitor.post("/new/need", **sent_again(await visitor.get("/new/need")) | WOOD)
    form = sent_again(second) | {"starts": day}
    for wrong, field in UNCLEAR:
        refused = await visitor.post("/new/need", **form | wrong)
        assert refused.status_code == 422, wrong
        assert field in errors(refused), wrong
        assert sent_again(refused).items() >= (WOOD | wrong).items()
        assert page(refused).title.text.startswith("Erreur")
    assert "Écrivez jusqu’à quand" in words(await visitor.post("/new/need", **form | {"from": "9 h"}))
    assert errors(await visitor.post("/new/need", **form | {"moment": "midnight"})) == {"moment"}
    assert await Publication.all().count() == 0


async def test_the_words_have_their_limits(visitor):
    first = sent_again(await visitor.get("/new/need"))
    refused = await visitor.post("/new/need", **first | {"title": "", "text": "x" * 5001})
    assert errors(refused) == {"title", "text"}
    refused = await visitor.post("/new/need", **first | {"title": "x" * 121})
    assert errors(refused) == {"title"}


async def test_this_morning_is_past_in_the_evening(visitor, monkeypatch):
    from hub.exchange import new_pages

    evening = datetime.now(ZONE).replace(hour=20, minute=0).astimezone(UTC)

    class Evening(datetime):
        @classmethod
        def now(cls, tz=None):
            return evening

    monkeypatch.setattr(new_pages, "datetime", Evening)
    today = evening.astimezone(ZONE).strftime("%d/%m/%Y")
    second = await visitor.post("/new/need", **sent_again(await visitor.get("/new/need")) | WOOD)
    refused = await visitor.post("/new/need", **sent_again(second) | {"starts": today, "moment": "morning"})
    assert errors(refused) == {"moment"}
    fine = await visitor.post("/new/need", **sent_again(second) | {"starts": today, "moment": "evening"})
    assert fine.status_code == 200


async def test_a_withdrawn_kind_keeps_the_words_and_shows_the_others(visitor):
    third = await visitor.post(
        "/new/need",
        **sent_again(await visitor.post("/new/need", **sent_again(await visitor.get("/new/need")) | WOOD)),
    )
    await Template.filter(key="hand").update(retired_at=datetime.now(UTC))
    refused = await visitor.post("/new/need", **sent_again(third) | ROSA | {"go": "publish"})
    assert refused.status_code == 422
    assert errors(refused) == {"template"}
    assert sent_again(refused).items() >= WOOD.items()
    offered = {radio["value"] for radio in page(refused).select("input[name=template]")}
    assert "hand" not in offered
    assert "transport" in offered
    assert await Publication.all().count() == 0


async def test_only_kinds_for_offers_are_offered_there(visitor):
    offered = {radio["value"] for radio in page(await visitor.get("/new/offer")).select("[name=template]")}
    assert "donation" not in offered
    assert "housing" in offered


async def test_what_can_be_answered_from_afar_needs_no_place(rosa, day):
    await through(rosa, what={"title": "Écrire aux résidents", "template": "letters"}, when={"due": day})
    letters = await the_one()
    assert (letters.at_distance, letters.wanted, letters.starts_at) == (True, None, None)
    assert letters.ends_at.astimezone(ZONE).strftime("%d/%m/%Y") == day


async def test_several_times_are_filled_each_by_itself(rosa, day):
    rows = {
        f"slot{row}_{part}": text
        for row, hours in ((1, ("9 h", "12 h")), (2, ("14 h", "17 h")))
        for part, text in zip(("day", "from", "to", "wanted"), (day, *hours, "3"), strict=True)
    }
    await through(rosa, what=WOOD, when=rows)
    found = await the_one()
    slots = await Slot.filter(proposal_id=found.id).order_by("starts_at")
    assert [slot.wanted for slot in slots] == [3, 3]
    assert [slot.starts_at.astimezone(ZONE).hour for slot in slots] == [9, 14]
    assert (found.wanted, found.starts_at, found.ends_at) == (6, slots[0].starts_at, slots[1].ends_at)


async def test_a_gift_of_money_names_who_receives_and_is_read_first(rosa):
    what = {"title": "Pour la caserne", "template": "donation"}
    refused = await through(rosa, what=what, when={"link": "http://dons.example"})
    assert errors(refused) == {"link", "beneficiary"}
    gift = {"link": "https://dons.example/caserne", "beneficiary": "Amicale des pompiers"}
    sent = await through(rosa, what=what, when=gift)
    found = await the_one()
    assert sent.headers["location"].startswith("/new/sent")
    assert (found.link, found.beneficiary, found.wanted) == (*gift.values(), None)


async def test_the_blank_kind_asks_what_it_is_about(rosa):
    await through(
        rosa, what={"title": "Une idée", "template": "blank"}, when={"category": "garden", "mode": "exchange"}
    )
    assert ((await the_one()).category, (await the_one()).mode) == ("garden", Mode.EXCHANGE)


async def test_the_questions_of_a_kind_are_asked_and_kept(rosa):
    what = {"title": "Aller au marché", "template": "transport"}
    refused = await through(rosa, what=what)
    assert errors(refused) == {"q_route"}
    await through(rosa, what=what, when={"q_route": "Du bourg à Die", "q_days": "Le mercredi"})
    assert (await the_one()).details == {"route": "Du bourg à Die", "days": "Le mercredi"}


@pytest.mark.parametrize(
    ("field", "text", "found"),
    [
        ("title", "Appelez le 06 12 34 56 78", "06 12 34 56 78"),
        ("text", "Écrire à rosa.m@example.fr", "rosa.m@example.fr"),
        ("area", "12 les Combes", "12 les Combes"),
        ("text", "Venez au 3 rue du Four", "3 rue du Four"),
    ],
)
async def test_what_everybody_could_read_is_named_and_needs_a_tick(rosa, field, text, found):
    what, when = WOOD | ({field: text} if field != "area" else {}), {"area": text} if field == "area" else {}
    refused = await through(rosa, what=what, when=when)
    assert refused.status_code == 422
    assert errors(refused) == {"sure"}
    assert found in words(refused)
    assert f"Tout le monde peut lire « {found} »" in words(refused)
    assert "À part cela, votre contact n’y est jamais." in words(refused)
    assert await Publication.all().count() == 0
    sent = await rosa.post("/new/need", **sent_again(refused) | {"go": "publish", "sure": "yes"})
    assert sent.status_code == 303


async def test_the_exact_place_may_be_an_address(rosa):
    assert (await through(rosa, what=WOOD, when={"place": "3 rue du Four"})).status_code == 303


async def test_a_tick_does_not_count_for_what_is_written_after_it(rosa):
    refused = await through(rosa, what=WOOD | {"text": "06 12 34 56 78"})
    back = await rosa.post("/new/need", **sent_again(refused) | {"go": "what", "sure": "yes"})
    assert "sure" not in sent_again(back)


async def test_who_has_no_account_must_leave_a_name_and_a_way(visitor):
    refused = await through(visitor, what=WOOD, you={"name": "", "contact": "chez moi"})
    assert errors(refused) == {"name", "contact"}


async def test_a_phone_number_is_a_way_too(visitor):
    sent = await through(visitor, what=WOOD, you={"name": "Rosa", "contact": "0612345678"})
    assert sent.headers["location"].endswith("by=phone")
    assert (await the_one()).owner.phone == "06 12 34 56 78"


async def test_the_town_hall_lends_its_name_to_what_it_has_read(rosa, visitors):
    await through(rosa, what=WOOD, you={"as": "town-hall"})
    found = await the_one()
    assert (found.voice, found.state) == (Voice.TOWN_HALL, State.REVIEW)
    marie = await visitors.browser(await factories.member("Marie", role=Role.AGENT))
    await through(marie, what=WOOD, you={"as": "town-hall"})
    assert (await Proposal.all().order_by("-id").first()).state is State.OPEN


async def test_one_speaks_for_an_organisation_only_with_its_leave(visitors, village):
    rosa = await factories.member("Rosa")
    club = await Organisation.create(
        handle="club", name="Club", name_key="club", kind=OrganisationKind.ASSOCIATION
    )
    browser = await visitors.browser(rosa)
    refused = await through(browser, what=WOOD, you={"as": "@club"})
    assert errors(refused) == {"as"}
    await Spokesperson.create(organisation=club, member=rosa)
    await through(browser, what=WOOD, you={"as": "@club"})
    found = await the_one()
    assert (found.voice, found.organisation_id) == (Voice.ORGANISATION, club.id)


async def test_the_preview_shows_what_others_see_and_nothing_else(rosa, day):
    second = await rosa.post("/new/need", **sent_again(await rosa.get("/new/need")) | WOOD)
    private = {"place": "12, chemin des Combes", "area": "Les Combes", "starts": day}
    third = await rosa.post("/new/need", **sent_again(second) | private)
    card = page(third).select_one(".notice")
    assert WOOD["title"] in card.text
    assert "Les Combes" in card.text
    assert "Rosa" in card.text
    assert card.a is None
    assert "chemin des Combes" not in words(third)
    quiet = await rosa.post("/new/need", **sent_again(third) | {"as": "town-hall", "go": "you"})
    assert "Rosa" not in page(quiet).select_one(".notice").text


async def test_who_publishes_very_much_waits_and_loses_nothing(visitor, monkeypatch):
    monkeypatch.setattr(limits, "PROPOSALS_PER_ADDRESS", limits.Rate("few", 1, 600))
    assert (await through(visitor, what=WOOD, you=ROSA)).status_code == 303
    refused = await through(visitor, what=WOOD, you=ROSA)
    assert refused.status_code == 422
    assert sent_again(refused).items() >= (WOOD | ROSA).items()
    assert await Proposal.all().count() == 1


async def test_a_wild_form_is_answered_in_plain_words(visitor):
    for fields in (
        {},
        {"go": "publish"},
        {"screen": "galaxy", "go": "nowhere"},
        {"go": "you", "title": "\0"},
    ):
        assert (await visitor.post("/new/need", **fields)).status_code == 422
    hostile = "<script>alert(1)</script>{{ 7*7 }}"
    shown = await visitor.post("/new/need", title=hostile, template="hand", go="when")
    assert "<script>alert" not in shown.text
    assert "{{ 7*7 }}" in shown.text


async def test_hamlets_that_are_known_already_are_offered_and_none_that_is_hidden(visitor):
    await need(area="Les Combes")
    await need(area="Chez Rosa", trusted=False)
    await need(area="La Ferme", scope=Scope.VILLAGE)
    await Organisation.create(
        handle="club", name="Club", name_key="club", kind=OrganisationKind.ASSOCIATION, area="Le bourg"
    )
    second = await visitor.post("/new/need", **sent_again(await visitor.get("/new/need")) | WOOD)
    assert [one["value"] for one in page(second).select("datalist option")] == ["Le bourg", "Les Combes"]


async def test_the_choice_leads_to_both(visitor):
    links = {link["href"] for link in page(await visitor.get("/new")).select("main a")}
    assert {"/new/need", "/new/offer"} <= links


async def test_the_last_screen_asks_the_database_little(rosa, day):
    second = await rosa.post("/new/need", **sent_again(await rosa.get("/new/need")) | WOOD)
    form = sent_again(second)
    with statements() as asked:
        await rosa.post("/new/need", **form)
    assert len(asked) <= 12
    assert await Key.all().count() == await Participant.all().count() == 0
