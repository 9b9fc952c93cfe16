"""Who wrote it changes it, closes it, thanks; nobody else even learns that it is there."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from hub.exchange import actions
from hub.exchange.models import Proposal, Slot, SlotDraft, State, Step, Template, Voice
from hub.members.models import Role
from hub.organisations.models import Kind as OrganisationKind
from hub.organisations.models import Organisation, Spokesperson
from hub.participants.actions import new_key
from hub.participants.models import Person
from tests import factories
from tests.unit.hub.exchange.conftest import in_days, need
from tests.unit.hub.village.visitors import engine as engine  # forms and words
from tests.unit.hub.village.visitors import errors, page, sent_again, words
from tests.unit.hub.village.visitors import visitors as visitors

ACTS = ("change", "renew", "close", "thank", "remove")


@pytest.fixture
async def rosa(village):
    return await factories.member("Rosa")


@pytest.fixture
async def wood(rosa):
    """Rosa's need."""
    return await need(person=Person(name="Rosa", member_id=rosa.id))


async def fresh(proposal):
    return await Proposal.get(id=proposal.id).select_related("publication", "owner")


def at(proposal, act):
    return f"/{proposal.publication.code}/{act}"


async def test_the_form_shows_what_is_there_and_changes_it(visitors, rosa, wood):
    browser = await visitors.browser(rosa)
    form = sent_again(await browser.get(at(wood, "change")))
    assert form["title"] == "Rentrer le bois"
    assert (form["wanted"], form["unit"], form["area"]) == ("5", "personnes", "Hameau des Combes")
    assert form["place"] == "12, chemin des Combes"
    unchanged = await browser.post(at(wood, "change"), **form)
    assert unchanged.status_code == 303
    before, after = wood, await fresh(wood)
    for name in ("wanted", "starts_at", "ends_at", "area", "exact_place", "mode", "category", "expires_at"):
        assert getattr(after, name) == getattr(before, name), name
    await browser.post(at(wood, "change"), **form | {"title": "Rentrer dix stères", "wanted": "6"})
    after = await fresh(wood)
    assert (after.publication.title, after.wanted) == ("Rentrer dix stères", 6)


async def test_a_later_day_keeps_it_on_the_board_longer(visitors, rosa, wood):
    browser = await visitors.browser(rosa)
    later = (datetime.now(ZoneInfo("Europe/Paris")) + timedelta(days=80)).strftime("%d/%m/%Y")
    await browser.post(
        at(wood, "change"), **sent_again(await browser.get(at(wood, "change"))) | {"starts": later}
    )
    after = await fresh(wood)
    assert after.starts_at.strftime("%d/%m/%Y") == later
    assert after.expires_at > after.ends_at


async def test_a_day_that_has_come_may_stay_and_no_other_past_one(visitors, rosa, wood):
    past = in_days(-1)
    await Proposal.filter(id=wood.id).update(
        starts_at=past, ends_at=past + timedelta(hours=3), moment="hours"
    )
    browser = await visitors.browser(rosa)
    form = sent_again(await browser.get(at(wood, "change")))
    assert (await browser.post(at(wood, "change"), **form | {"text": "Neuf stères."})).status_code == 303
    earlier = {"starts": in_days(-3).strftime("%d/%m/%Y")}
    assert "starts" in errors(await browser.post(at(wood, "change"), **form | earlier))


async def test_a_change_is_screened_for_what_is_new_in_it(visitors, rosa, wood):
    browser = await visitors.browser(rosa)
    form = sent_again(await browser.get(at(wood, "change"))) | {"text": "Appelez le 06 12 34 56 78."}
    refused = await browser.post(at(wood, "change"), **form)
    assert errors(refused) == {"sure"}
    assert "06 12 34 56 78" in words(refused)
    assert (await browser.post(at(wood, "change"), **form | {"sure": "yes"})).status_code == 303
    assert (await browser.post(at(wood, "change"), **form)).status_code == 303


async def test_times_that_people_chose_stay(visitors, rosa):
    slots = tuple(
        SlotDraft(starts_at=in_days(7, hour), ends_at=in_days(7, hour + 2), wanted=2) for hour in (9, 14)
    )
    tent = await need(
        person=Person(name="Rosa", member_id=rosa.id),
        slots=slots,
        wanted=4,
        starts_at=in_days(7),
        ends_at=in_days(7, 16),
    )
    browser = await visitors.browser(rosa)
    shown = await browser.get(at(tent, "change"))
    assert "wanted" not in sent_again(shown)
    assert "starts" not in sent_again(shown)
    await browser.post(at(tent, "change"), **sent_again(shown) | {"title": "Monter la tente"})
    after = await fresh(tent)
    assert (after.publication.title, after.wanted, after.starts_at) == ("Monter la tente", 4, tent.starts_at)
    assert await Slot.filter(proposal_id=tent.id).count() == 2


async def test_it_changes_although_its_kind_was_withdrawn(visitors, rosa, wood):
    await Template.filter(key="hand").update(retired_at=datetime.now(UTC))
    browser = await visitors.browser(rosa)
    form = sent_again(await browser.get(at(wood, "change")))
    assert (await browser.post(at(wood, "change"), **form | {"title": "Le bois"})).status_code == 303
    assert (await fresh(wood)).template == "hand"


async def test_each_act_asks_first_and_then_does_it(visitors, rosa):
    browser = await visitors.browser(rosa)
    for act, fields, state in (
        ("renew", {}, State.OPEN),
        ("close", {"reason": "La pluie."}, State.CLOSED),
        ("thank", {"thanks": "Merci à tous !"}, State.THANKED),
    ):
        wood = await need(person=Person(name="Rosa", member_id=rosa.id))
        assert wood.publication.title in words(await browser.get(at(wood, act)))
        for _ in range(2):
            assert (await browser.post(at(wood, act), **fields)).status_code == 303
        assert (await fresh(wood)).state is state


async def test_thanks_need_words(visitors, rosa, wood):
    browser = await visitors.browser(rosa)
    assert errors(await browser.post(at(wood, "thank"), thanks=" ")) == {"thanks"}
    assert (await fresh(wood)).state is State.OPEN


async def test_what_is_over_cannot_be_changed(visitors, rosa, wood):
    await actions.close(wood)
    browser = await visitors.browser(rosa)
    for act in ("change", "close", "thank", "renew"):
        assert (await browser.get(at(wood, act))).status_code == 409
    assert (await browser.post(at(wood, "change"), title="Encore")).status_code == 409


async def test_deleted_it_is_gone(visitors, rosa, wood):
    browser = await visitors.browser(rosa)
    assert (await browser.get(at(wood, "remove"))).status_code == 200
    sent = await browser.post(at(wood, "remove"))
    assert sent.headers["location"].startswith("/needs?said=")
    assert (await fresh(wood)).publication.title == ""
    assert (await browser.get(at(wood, "change"))).status_code == 404


async def test_for_others_it_is_as_if_there_were_no_such_page(visitors, wood):
    paul = await visitors.browser(await factories.member("Paul"))
    visitor = await visitors.browser()
    for act in ACTS:
        path = at(wood, act)
        for method in (paul.get, paul.post):
            theirs, none = await method(path), await method(f"/zzzzzz/{act}")
            assert theirs.status_code == none.status_code == 404
        assert (await visitor.get(path)).headers["location"].startswith("/sign-in")
        assert (await visitor.post(path)).status_code != 200
    assert (await fresh(wood)).state is State.OPEN
    assert (await fresh(wood)).publication.deleted_at is None


async def test_an_agent_acts_with_their_name_shown(visitors, wood):
    marie = await visitors.browser(await factories.member("Marie", role=Role.AGENT))
    assert (await marie.get(at(wood, "change"))).status_code == 200
    await marie.post(at(wood, "close"), reason="Rosa a appelé : c'est fait.")
    assert (await Step.filter(proposal_id=wood.id).order_by("-id").first()).by == "Marie"


async def test_who_speaks_for_the_organisation_acts_too(visitors, rosa):
    club = await Organisation.create(
        handle="club", name="Club", name_key="club", kind=OrganisationKind.ASSOCIATION
    )
    paul = await factories.member("Paul")
    for member in (rosa, paul):
        await Spokesperson.create(organisation=club, member=member)
    tent = await need(person=Person(name="Rosa", member_id=rosa.id))
    await Proposal.filter(id=tent.id).update(voice=Voice.ORGANISATION, organisation_id=club.id)
    browser = await visitors.browser(paul)
    assert (await browser.get(at(tent, "change"))).status_code == 200
    await Spokesperson.filter(member=paul).delete()
    assert (await browser.get(at(tent, "change"))).status_code == 404


async def test_a_link_opens_what_its_holder_wrote_without_an_account(visitors):
    wood, other = await need(), await need(title="Autre")
    key = await new_key(wood.owner_id)
    browser = await visitors.browser()
    shown = await browser.get(f"/mine/{key}/change")
    assert shown.headers["referrer-policy"] == "strict-origin"
    assert "no-store" in shown.headers["cache-control"]
    sent = await browser.post(f"/mine/{key}/change", **sent_again(shown) | {"title": "Le bois de Rosa"})
    assert sent.headers["location"] == f"/mine/{key}?said=proposal-changed"
    assert (await fresh(wood)).publication.title == "Le bois de Rosa"
    assert (await fresh(other)).publication.title == "Autre"
    assert page(await browser.get(f"/mine/{key}/close")).form is not None
    for wrong in (key[:-1], "x" * 43, "%00"):
        assert (await browser.get(f"/mine/{wrong}/change")).status_code == 404


async def test_a_member_s_page_is_no_key_for_another(visitors, wood):
    """A key is of one participant; it opens nothing of anybody else."""
    mine = await need(title="À moi")
    key = await new_key(mine.owner_id)
    browser = await visitors.browser()
    assert "Rentrer le bois" not in (await browser.get(f"/mine/{key}/change")).text
    assert (await browser.get(at(wood, "change"))).status_code == 303
