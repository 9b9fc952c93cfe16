"""A need hangs, is read before if its author is new, is covered, thanked, closed."""

import asyncio

import pytest

from hub.errors import Conflict, InvalidInput
from hub.exchange import actions, pledges
from hub.exchange.models import Pledge, PledgeState, Proposal, State, Step, Support, Template, Wish
from hub.fediverse.models import Activity
from hub.participants.models import Person
from hub.publications.models import Publication, Scope
from hub.publications.visibility import ANYBODY, Reader, may_see, visible_to
from tests.unit.hub.exchange.conftest import PAUL, ROSA, hands, in_days, need


async def fresh(proposal):
    return await Proposal.get(id=proposal.id).select_related("publication__author", "owner")


async def states(proposal):
    return [step.state for step in await Step.filter(proposal_id=proposal.id).order_by("id")]


async def test_a_known_person_s_need_hangs_at_once_and_goes_out():
    wood = await need()
    assert wood.state is State.OPEN
    assert await Publication.filter(visible_to(ANYBODY), id=wood.publication_id).exists()
    assert [one.type for one in await Activity.all().order_by("id")] == ["Create", "Announce"]


async def test_what_a_newcomer_writes_is_read_first_and_seen_by_agents_alone():
    wood = await need(trusted=False)
    assert wood.state is State.REVIEW
    assert not may_see(wood.publication, Reader(member=True))
    assert may_see(wood.publication, Reader(member=True, agent=True))
    assert await Activity.all().count() == 0


async def test_once_it_is_read_everybody_sees_it():
    wood = await need(trusted=False)
    await actions.approve(wood, by="Marie")
    await actions.approve(wood, by="Marie")
    wood = await fresh(wood)
    assert may_see(wood.publication, ANYBODY)
    assert await states(wood) == [State.REVIEW, State.OPEN]
    assert await Activity.filter(type="Create").count() == 1


async def test_what_is_refused_says_why_and_stays_unseen():
    wood = await need(trusted=False)
    await actions.refuse(wood, "La charte : pas de publicité.", by="Marie")
    assert (await fresh(wood)).state is State.REFUSED
    assert not may_see((await fresh(wood)).publication, Reader(member=True))
    assert (await Step.filter(proposal=wood).order_by("-id").first()).note == "La charte : pas de publicité."


async def test_the_same_form_twice_makes_one():
    first, second = await need(code="bcdfgh"), await need(code="bcdfgh")
    assert first.id == second.id
    assert await Proposal.all().count() == 1


async def test_who_goes_back_to_a_form_and_writes_something_else_loses_nothing():
    wood, hedge = await need(code="bcdfgh"), await need(code="bcdfgh", title="Tailler la haie")
    assert (wood.publication.title, hedge.publication.title) == ("Rentrer le bois", "Tailler la haie")
    assert wood.publication.code == "bcdfgh" != hedge.publication.code
    later = await need(code="bcdfgh", starts_at=in_days(9), ends_at=in_days(9))
    assert len({wood.id, hedge.id, later.id}) == 3


async def test_a_withdrawn_template_makes_nothing():
    await Template.filter(key="hand").update(retired_at=in_days(-1))
    with pytest.raises(Conflict):
        await need()
    assert await Publication.all().count() == 0


async def test_nobody_speaks_for_an_organisation_that_is_not_theirs():
    from hub.exchange.models import Voice

    with pytest.raises(Conflict):
        await need(voice=Voice.ORGANISATION)


async def test_it_closes_itself_when_covered_and_opens_again_when_somebody_withdraws():
    wood = await need(wanted=2)
    one = await pledges.pledge(wood, hands(), PAUL)
    two = await pledges.pledge(wood, hands(), Person(name="Lucie", mail="lucie@example.fr"))
    await pledges.accept(one)
    assert (await fresh(wood)).state is State.UNDER_WAY
    await pledges.accept(two)
    assert (await fresh(wood)).state is State.COVERED
    await pledges.withdraw(two, "Le train est annulé.")
    wood = await fresh(wood)
    assert (wood.state, wood.promised) == (State.UNDER_WAY, 1)
    assert await states(wood) == [State.OPEN, State.UNDER_WAY, State.COVERED, State.UNDER_WAY]


async def test_each_change_of_the_count_is_an_edit_for_others():
    wood = await need(wanted=2)
    await pledges.accept(await pledges.pledge(wood, hands(), PAUL))
    update = await Activity.filter(type="Update").order_by("-id").first()
    import json

    note = json.loads(update.body)["object"]
    assert note["publishes"]["availableQuantity"]["hasNumericalValue"] == "1"
    assert note["updated"] > note["published"]
    assert "1" in note["content"]


async def test_grp_13_of_two_pledges_for_the_last_place_one_counts():
    wood = await need(wanted=1)
    one = await pledges.pledge(wood, hands(), PAUL)
    two = await pledges.pledge(wood, hands(), Person(name="Lucie", mail="lucie@example.fr"))
    outcomes = await asyncio.gather(pledges.accept(one), pledges.accept(two), return_exceptions=True)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Conflict", "NoneType"]
    assert await Pledge.filter(state=PledgeState.ACCEPTED).count() == 1
    assert (await fresh(wood)).promised == 1


async def test_who_wants_to_give_more_than_is_missing_is_told():
    wood = await need(wanted=2)
    with pytest.raises(InvalidInput) as problem:
        await pledges.pledge(wood, hands(3), PAUL)
    assert "quantity" in problem.value.by_field


async def test_nobody_is_needed_any_more_once_it_is_covered_or_over():
    wood = await need(wanted=1)
    await pledges.accept(await pledges.pledge(wood, hands(), PAUL))
    with pytest.raises(Conflict):
        await pledges.pledge(wood, hands(), ROSA)


async def test_housing_is_full_for_its_nights_and_free_for_others():
    house = await need(
        template="housing", nights=True, wanted=2, starts_at=in_days(10, 12), ends_at=in_days(14, 12)
    )
    first, last = in_days(10).date(), in_days(11).date()
    await pledges.accept(await pledges.pledge(house, hands(2, first_night=first, last_night=last), PAUL))
    with pytest.raises(InvalidInput):
        await pledges.pledge(house, hands(1, first_night=last, last_night=in_days(12).date()), ROSA)
    await pledges.accept(
        await pledges.pledge(
            house, hands(2, first_night=in_days(12).date(), last_night=in_days(14).date()), ROSA
        )
    )
    assert (await fresh(house)).state is State.COVERED


async def test_done_and_thanked_is_shown_and_final():
    wood = await need(wanted=1)
    mine = await pledges.pledge(wood, hands(), PAUL)
    await pledges.accept(mine)
    await pledges.confirm_done(mine, by_owner=False)
    await pledges.confirm_done(mine, by_owner=True)
    await actions.thank(wood, "Merci à tous !")
    wood = await fresh(wood)
    assert (wood.state, wood.delivered, wood.thanks) == (State.THANKED, 1, "Merci à tous !")
    with pytest.raises(Conflict):
        await pledges.pledge(wood, hands(), PAUL)


async def test_of_a_series_promised_and_delivered_are_counted_apart():
    visors = await need(template="series", wanted=500, unit="visières")
    mine = await pledges.pledge(visors, hands(120), PAUL)
    await pledges.accept(mine)
    await pledges.confirm_done(mine, by_owner=True, delivered=80)
    visors = await fresh(visors)
    assert (visors.promised, visors.delivered, visors.missing) == (120, 80, 380)


async def test_what_the_author_counted_the_helper_does_not_count_again():
    visors = await need(template="series", wanted=500, unit="visières")
    mine = await pledges.pledge(visors, hands(120), PAUL)
    await pledges.accept(mine)
    await pledges.confirm_done(mine, by_owner=False, delivered=100)
    assert (await fresh(visors)).delivered == 100
    await pledges.confirm_done(mine, by_owner=True, delivered=80)
    await pledges.confirm_done(mine, by_owner=False)
    assert (await fresh(visors)).delivered == 80


async def test_closing_lets_everybody_go():
    wood = await need()
    waiting = await pledges.pledge(wood, hands(), PAUL)
    await actions.close(wood, note="La pluie est arrivée.")
    assert (await Pledge.get(id=waiting.id)).state is PledgeState.DECLINED
    assert (await fresh(wood)).state is State.CLOSED


async def test_me_too_counts_once_for_each():
    wood = await need()
    for _ in range(2):
        await actions.support(wood, PAUL, Wish.ME_TOO)
    await actions.support(wood, ROSA, Wish.TAKE_CHARGE, shares_contact=True)
    assert await Support.all().count() == 2


async def test_what_is_for_the_village_never_leaves():
    wood = await need(scope=Scope.VILLAGE)
    await pledges.accept(await pledges.pledge(wood, hands(), PAUL))
    await actions.thank(wood, "Merci !")
    assert await Activity.all().count() == 0


async def test_deleted_it_keeps_its_address_and_no_words():
    wood = await need()
    await actions.delete_proposal(wood)
    publication = await Publication.get(id=wood.publication_id)
    assert (publication.title, publication.source, publication.document) == ("", "", None)
    assert await Activity.filter(type="Delete").count() == 1
