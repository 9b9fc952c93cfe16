"""Agents say what a kind of need or offer asks; what hangs already stays as it is."""

import pytest

from hub.exchange.models import Mode, Proposal, Template
from hub.exchange.templates import establish_templates
from hub.members.models import Role
from hub.publications.models import Kind
from tests import factories
from tests.unit.hub.exchange.conftest import need
from tests.unit.hub.village.visitors import engine as engine  # forms and words
from tests.unit.hub.village.visitors import errors, page, sent_again
from tests.unit.hub.village.visitors import visitors as visitors


@pytest.fixture
async def marie(visitors, village):
    return await visitors.browser(await factories.member("Marie", role=Role.AGENT, locale="fr"))


FRUIT = {
    "name_fr": "Arbres fruitiers",
    "name_en": "Fruit trees",
    "hint_fr": "Planter, tailler, récolter.",
    "notice_fr": "Un arbre du domaine public demande l'accord de la mairie.",
    "kind_need": "yes",
    "kind_offer": "yes",
    "category": "garden",
    "asks_wanted": "yes",
    "asks_when": "yes",
    "unit_fr": "personnes",
    "mode": "gift",
    "days": "90",
    "question1_fr": "Quels arbres ?",
    "question1_required": "yes",
    "question3_fr": "Quels outils ?",
}


async def test_a_new_kind_can_be_chosen_at_once_and_asks_its_questions(marie, visitors):
    assert (await marie.post("/admin/templates/new", **FRUIT)).status_code == 303
    made = await Template.get(key="arbres-fruitiers")
    assert [one["name"] for one in made.questions] == ["q1", "q3"]
    assert [one["required"] for one in made.questions] == [True, False]
    visitor = await visitors.browser()
    first = await visitor.get("/new/need")
    assert "Arbres fruitiers" in first.text
    form = sent_again(first) | {"title": "Tailler les pommiers", "template": made.key}
    second = await visitor.post("/new/need", **form)
    assert "Quels arbres\N{NARROW NO-BREAK SPACE}?" in second.text
    assert errors(await visitor.post("/new/need", **sent_again(second))) == {"q_q1"}


async def test_a_kind_is_changed_in_both_languages_and_what_hangs_stays(marie):
    wood = await need()
    hand = await Template.get(key="hand")
    form = sent_again(await marie.get(f"/admin/templates/{hand.id}"))
    assert form["name_fr"] == "Coup de main"
    changes = {"name_fr": "Un coup de main", "name_en": "A helping hand", "days": "45", "category": "hand"}
    assert (await marie.post(f"/admin/templates/{hand.id}", **form | changes)).status_code == 303
    hand = await Template.get(key="hand")
    assert hand.names == {"fr": "Un coup de main", "en": "A helping hand"}
    assert (hand.days, hand.asks) == (45, ["wanted", "when", "slots", "area", "place", "minutes"])
    assert (await Proposal.get(id=wood.id)).category == "hand"
    await establish_templates()
    assert (await Template.get(key="hand")).names["fr"] == "Un coup de main"


async def test_questions_keep_their_names_so_that_answers_find_them(marie):
    transport = await Template.get(key="transport")
    form = sent_again(await marie.get(f"/admin/templates/{transport.id}"))
    changes = {"question1_fr": "D'où à où ?", "question4_fr": "Combien de bagages ?", "category": "transport"}
    await marie.post(f"/admin/templates/{transport.id}", **form | changes)
    names = [one["name"] for one in (await Template.get(key="transport")).questions]
    assert names == ["route", "days", "access", "q1"]


async def test_withdrawn_it_is_offered_no_more_until_it_comes_back(marie):
    hand = await Template.get(key="hand")
    for _ in range(2):
        assert (await marie.post(f"/admin/templates/{hand.id}/withdraw")).status_code == 303
    assert "hand" not in [one.key for one in await Template.offered(Kind.NEED)]
    shown = page(await marie.get("/admin/templates"))
    assert shown.select_one(f"form[action='/admin/templates/{hand.id}/bring-back']") is not None
    await marie.post(f"/admin/templates/{hand.id}/bring-back")
    assert "hand" in [one.key for one in await Template.offered(Kind.NEED)]


async def test_a_kind_with_gaps_comes_back_with_what_was_written(marie):
    gaps = FRUIT | {"name_fr": "", "name_en": "", "days": "5", "asks_nights": "yes", "category": "spaceships"}
    del gaps["kind_need"], gaps["kind_offer"]
    refused = await marie.post("/admin/templates/new", **gaps)
    assert errors(refused) == {"name_fr", "kind_need", "days", "asks_nights", "category"}
    assert sent_again(refused)["question1_fr"] == "Quels arbres ?"
    assert not await Template.filter(key__startswith="arbres").exists()


async def test_two_of_one_name_have_keys_of_their_own(marie):
    for _ in range(2):
        await marie.post("/admin/templates/new", **FRUIT | {"mode": "loan"})
    made = await Template.filter(key__startswith="arbres").order_by("id")
    assert [one.key for one in made] == ["arbres-fruitiers", "arbres-fruitiers-2"]
    assert {one.mode for one in made} == {Mode.LOAN}


async def test_only_agents_change_kinds(visitors, village):
    rosa = await visitors.browser(await factories.member("Rosa"))
    assert (await rosa.get("/admin/templates")).status_code == 404
    assert (await rosa.post("/admin/templates/new", **FRUIT)).status_code == 404
