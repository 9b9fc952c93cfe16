"""To answer a need in one form, to say "me too", and what its author does about the answers."""

import asyncio

import pytest
import pytest_asyncio

from hub import limits
from hub.exchange import actions, pledges
from hub.exchange.models import (
    Pledge,
    PledgeState,
    Proposal,
    ProposalDraft,
    Slot,
    SlotDraft,
    State,
    Support,
    Voice,
    Wish,
)
from hub.members.models import Member, Role
from hub.organisations.models import Kind as OrganisationKind
from hub.organisations.models import Organisation, Spokesperson
from hub.participants.models import Participant, Person
from hub.publications.models import Kind, Scope
from hub.web.page_cache import forget_pages
from tests import factories
from tests.conftest import ENGINES
from tests.unit.hub.exchange.conftest import PAUL, ROSA, hands, in_days, need
from tests.unit.hub.exchange.test_pages import answer, from_elsewhere, path
from tests.unit.hub.village.visitors import engine as engine  # forms and words
from tests.unit.hub.village.visitors import errors, page, sent_again, words
from tests.unit.hub.village.visitors import visitors as visitors

LUCIE = {"name": "Lucie", "contact": "lucie@example.fr", "quantity": "2", "message": "Je viens."}


@pytest.fixture(autouse=True)
def _forget():
    forget_pages()


@pytest_asyncio.fixture
async def visitor(visitors):
    return await visitors.browser()


@pytest_asyncio.fixture
async def rosa(visitors):
    """The author of `wood`, signed in."""
    return await visitors.browser(await factories.member("Rosa"))


@pytest_asyncio.fixture
async def wood(rosa):
    return await need(person=Person(name="Rosa", member_id=(await Member.get(name="Rosa")).id))


@pytest_asyncio.fixture
async def agent(visitors):
    return await visitors.browser(await factories.member("Marie", role=Role.AGENT))


@pytest_asyncio.fixture
async def member(visitors):
    return await visitors.browser(await factories.member("Paul"))


async def fill_in(browser, proposal, **fields):
    """The form as it stands there, with these fields."""
    form = sent_again(await browser.get(f"{path(proposal)}/help"))
    return await browser.post(f"{path(proposal)}/help", **form | fields)


async def state_of(proposal):
    return (await Proposal.get(id=proposal.id)).state


async def test_a_neighbour_answers_without_an_account_and_gets_a_link(visitor, wood):
    sent = await fill_in(visitor, wood, **LUCIE)
    assert sent.status_code == 303
    assert sent.headers["location"].startswith("/mine/")
    made = await Pledge.get().select_related("participant")
    assert (made.state, made.quantity, made.message) == (PledgeState.PROPOSED, 2, "Je viens.")
    assert (made.participant.name, made.participant.mail) == ("Lucie", "lucie@example.fr")
    assert "Attend une réponse" in words(await visitor.get(sent.headers["location"]))
    assert await state_of(wood) is State.OPEN  # nothing counts before the author's yes


async def test_the_same_form_twice_makes_one_pledge_and_opens_the_same_page(visitor, wood):
    form = sent_again(await visitor.get(f"{path(wood)}/help")) | LUCIE
    sent = [await visitor.post(f"{path(wood)}/help", **form) for _ in range(2)]
    assert {one.status_code for one in sent} == {303}
    assert await Pledge.all().count() == 1
    for one in sent:
        assert "Je viens." in words(await visitor.get(one.headers["location"]))


@pytest.mark.parametrize("engine", ENGINES)
async def test_the_same_form_at_the_same_moment_makes_one_pledge(visitor, wood):
    form = sent_again(await visitor.get(f"{path(wood)}/help")) | LUCIE
    sent = await asyncio.gather(*(visitor.post(f"{path(wood)}/help", **form) for _ in range(3)))
    assert {one.status_code for one in sent} == {303}
    assert await Pledge.all().count() == 1


async def test_nobody_gets_the_link_of_somebody_else_s_form(visitors, visitor, wood):
    form = sent_again(await visitor.get(f"{path(wood)}/help")) | LUCIE
    await visitor.post(f"{path(wood)}/help", **form)
    other = await visitors.browser()
    sent = await other.post(f"{path(wood)}/help", code=form["code"], name="X", contact="x@example.fr")
    assert sent.status_code == 409
    assert "mine" not in sent.headers.get("location", "")


async def test_a_form_with_gaps_comes_back_filled(visitor, wood):
    refused = await fill_in(visitor, wood, name="", contact="nowhere", quantity="0", message="À midi")
    assert refused.status_code == 422
    assert errors(refused) == {"name", "contact", "quantity"}
    assert "À midi" in refused.text
    assert "Rien n’est perdu" in words(refused)
    assert await Participant.exclude(name="Rosa").count() == 0


async def test_how_many_come_is_written_as_where_one_asks_for_them(visitor, wood):
    assert (await fill_in(visitor, wood, **LUCIE | {"quantity": "Deux personnes"})).status_code == 303
    assert (await Pledge.get()).quantity == 2


@pytest.mark.parametrize("quantity", ["-1", "0", "1000000", "999999999999", "deux ou trois", "1.5", "٣"])
async def test_odd_numbers_are_told_in_words(visitor, wood, quantity):
    refused = await fill_in(visitor, wood, **LUCIE | {"quantity": quantity})
    assert refused.status_code == 422
    assert errors(refused) == {"quantity"}


async def test_more_than_is_missing_is_told(visitor, wood):
    refused = await fill_in(visitor, wood, **LUCIE | {"quantity": "6"})
    assert errors(refused) == {"quantity"}
    assert "Il en manque moins" in words(refused)


@pytest.mark.parametrize("message", ["Appelez le 06 11 22 33 44", "Écrivez à moi@example.fr"])
async def test_a_contact_does_not_belong_into_words_that_everybody_reads(visitor, wood, message):
    refused = await fill_in(visitor, wood, **LUCIE | {"message": message})
    assert errors(refused) == {"message"}


async def test_once_nobody_is_needed_any_more_it_says_so_in_plain_words(visitor, wood):
    form = sent_again(await visitor.get(f"{path(wood)}/help")) | LUCIE
    await pledges.accept(await pledges.pledge(wood, hands(5), PAUL))
    late = await visitor.post(f"{path(wood)}/help", **form)
    assert late.status_code == 409
    assert "Il y a déjà assez de monde. Merci quand même." in words(late)
    assert "Il y a déjà assez de monde" in words(await visitor.get(f"{path(wood)}/help"))
    assert await Pledge.all().count() == 1


async def test_a_slot_of_another_need_is_no_slot(visitor):
    slots = (SlotDraft(starts_at=in_days(7, 9), ends_at=in_days(7, 11), wanted=2),)
    here, there = await need(wanted=2, slots=slots), await need(wanted=2, slots=slots)
    foreign = await Slot.get(proposal_id=there.id)
    for slot in (str(foreign.id), "", "x"):
        assert errors(await fill_in(visitor, here, **LUCIE | {"slot": slot})) == {"slot"}, slot
    own = await Slot.get(proposal_id=here.id)
    assert (await fill_in(visitor, here, **LUCIE | {"slot": str(own.id)})).status_code == 303


async def test_nights_that_do_not_fit_are_told(visitor):
    house = await need(nights=True, wanted=2, starts_at=in_days(10, 12), ends_at=in_days(14, 12))
    day = {number: in_days(number).date().isoformat() for number in range(9, 17)}
    for first, last in ((day[12], day[11]), (day[9], day[10]), (day[13], day[16])):
        refused = await fill_in(visitor, house, **LUCIE | {"first_night": first, "last_night": last})
        assert errors(refused) == {"first_night"}
    empty = await fill_in(visitor, house, **LUCIE | {"first_night": "", "last_night": "soon"})
    assert errors(empty) == {"first_night", "last_night"}
    kept = await fill_in(visitor, house, **LUCIE | {"first_night": day[10], "last_night": day[14]})
    assert kept.status_code == 303


async def test_a_member_answers_under_their_name_and_sees_it_on_the_page(member, wood):
    sent = await fill_in(member, wood, quantity="1", message="Avec mes gants", name="Somebody else")
    assert sent.headers["location"].partition("?")[0] == path(wood)
    made = await Pledge.get().select_related("participant__member")
    assert (made.participant.name, made.participant.member.name) == ("Paul", "Paul")
    shown = words(await member.get(path(wood)))
    assert "Votre réponse" in shown
    assert "Rosa la lit et dit oui ou non" in shown
    assert "rosa@example.fr" not in shown


async def test_too_many_answers_from_one_place_have_to_wait(visitor, wood, monkeypatch):
    monkeypatch.setattr(limits, "PLEDGES_PER_ADDRESS", limits.Rate("pledges-address", 2, 3600))
    sent = [await fill_in(visitor, wood, **LUCIE) for _ in range(3)]
    assert [one.status_code for one in sent] == [303, 303, 429]
    assert await Pledge.all().count() == 2


async def test_a_need_of_another_village_takes_answers_here(visitor):
    theirs = await from_elsewhere()
    assert (await fill_in(visitor, theirs, **LUCIE)).status_code == 303
    made = await Pledge.get()
    assert made.uri is not None
    assert (made.proposal_id, made.state) == (theirs.id, PledgeState.PROPOSED)


async def test_me_too_needs_a_name_and_one_contact_and_counts_once(visitor, wood):
    assert errors(await visitor.post(f"{path(wood)}/support", wish="me-too")) == {"name", "contact"}
    for _ in range(2):
        sent = await visitor.post(
            f"{path(wood)}/support", wish="me-too", name="Léa", contact="06 11 22 33 44"
        )
        assert sent.headers["location"].partition("?")[0] == path(wood)
    assert await Support.all().count() == 1
    shown = words(await visitor.get(path(wood)))
    assert "Une personne le partage" in shown
    assert "Léa" not in shown


async def test_who_wants_to_look_after_it_chooses_whether_others_can_reach_them(member, visitor, wood):
    await member.post(f"{path(wood)}/support", wish="take-charge", shares="yes")
    await visitor.post(f"{path(wood)}/support", wish="take-charge", name="Léa", contact="lea@example.fr")
    said = await Support.all().order_by("id")
    assert [(one.wish, one.shares_contact) for one in said] == [
        (Wish.TAKE_CHARGE, True),
        (Wish.TAKE_CHARGE, False),
    ]
    assert errors(await member.post(f"{path(wood)}/support", wish="glory")) == {"wish"}


async def test_who_shares_the_need_of_another_village_says_so_there(visitor):
    theirs = await from_elsewhere()
    assert (await visitor.get(f"{path(theirs)}/support")).status_code == 404
    sent = await visitor.post(f"{path(theirs)}/support", wish="me-too", name="Léa", contact="lea@example.fr")
    assert sent.status_code == 404


async def test_the_author_accepts_one_and_declines_another(rosa, wood):
    one = await pledges.pledge(wood, hands(2, message="À deux"), PAUL)
    two = await pledges.pledge(wood, hands(message="Seul"), Person(name="Inès", mail="ines@example.fr"))
    before = (await rosa.get(f"{path(wood)}/manage")).text
    assert "06 12 34 56 78" not in before.replace("\xa0", " ")
    assert "ines@example.fr" not in before
    sent = await rosa.post(f"{path(wood)}/manage", pledge=str(one.id), do="accept")
    assert "Vous savez maintenant comment vous joindre" in words(await rosa.get(sent.headers["location"]))
    await rosa.post(f"{path(wood)}/manage", pledge=str(two.id), do="decline", reason="Nous sommes assez.")
    after = (await rosa.get(f"{path(wood)}/manage")).text.replace("\xa0", " ")
    assert "06 12 34 56 78" in after
    assert "ines@example.fr" not in after  # only of those whom she accepted
    states = {each.id: each.state for each in await Pledge.all()}
    assert states == {one.id: PledgeState.ACCEPTED, two.id: PledgeState.DECLINED}
    assert (await Pledge.get(id=two.id)).reason == "Nous sommes assez."


async def test_pressing_twice_changes_nothing_more(rosa, wood):
    made = await pledges.pledge(wood, hands(2), PAUL)
    for _ in range(2):
        sent = await rosa.post(f"{path(wood)}/manage", pledge=str(made.id), do="accept")
        assert sent.status_code == 303
    assert (await Proposal.get(id=wood.id)).promised == 2


async def test_two_for_the_last_place_the_second_is_told(rosa, wood):
    one = await pledges.pledge(wood, hands(3), PAUL)
    two = await pledges.pledge(wood, hands(3), Person(name="Inès", mail="ines@example.fr"))
    await rosa.post(f"{path(wood)}/manage", pledge=str(one.id), do="accept")
    late = await rosa.post(f"{path(wood)}/manage", pledge=str(two.id), do="accept")
    assert late.status_code == 409
    assert "Il n’y a plus de place" in words(late)


async def test_done_how_many_and_thanks(rosa, wood):
    made = await pledges.pledge(wood, hands(3), PAUL)
    await pledges.accept(made)
    await rosa.post(f"{path(wood)}/manage", pledge=str(made.id), do="done", delivered="2")
    await rosa.post(f"{path(wood)}/manage", pledge=str(made.id), do="thank", words="Merci Paul !")
    made = await Pledge.get(id=made.id)
    assert (made.state, made.delivered, made.thanks) == (PledgeState.DONE, 2, "Merci Paul !")
    await rosa.post(f"{path(wood)}/thank", thanks="Merci à tous.")
    wood = await Proposal.get(id=wood.id)
    assert (wood.state, wood.thanks) == (State.THANKED, "Merci à tous.")


async def test_it_is_taken_off_the_board_or_kept_up(rosa, wood):
    await rosa.post(f"{path(wood)}/renew")
    assert (await Proposal.get(id=wood.id)).expires_at > in_days(25)
    await rosa.post(f"{path(wood)}/close", reason="La pluie est venue.")
    assert await state_of(wood) is State.CLOSED


async def test_unknown_buttons_and_the_pledges_of_others_do_not_exist(rosa, wood):
    foreign = await pledges.pledge(await need(), hands(), PAUL)
    for fields in (
        {"do": "accept", "pledge": str(foreign.id)},
        {"do": "accept"},
        {"do": "accept", "pledge": "9" * 30},
        {"do": "fly"},
        {},
    ):
        assert (await rosa.post(f"{path(wood)}/manage", **fields)).status_code == 404, fields
    assert (await Pledge.get(id=foreign.id)).state is PledgeState.PROPOSED


async def test_nobody_else_opens_the_authors_page(visitor, member, wood):
    made = await pledges.pledge(wood, hands(), PAUL)
    assert (await member.get(f"{path(wood)}/manage")).status_code == 404
    assert (await visitor.get(f"{path(wood)}/manage")).headers["location"].startswith("/sign-in")
    for browser in (member, visitor):
        for deed in ("manage", "count"):
            await browser.post(f"{path(wood)}/{deed}", pledge=str(made.id), do="accept", answer="1")
    assert (await Pledge.get(id=made.id)).state is PledgeState.PROPOSED


async def test_contacts_are_for_the_author_and_not_for_the_town_hall_unless_it_speaks(agent, wood):
    quiet = await need(voice=Voice.TOWN_HALL)
    for proposal, known in ((wood, False), (quiet, True)):
        await pledges.accept(await pledges.pledge(proposal, hands(), PAUL))
        shown = (await agent.get(f"{path(proposal)}/manage")).text.replace("\xa0", " ")
        assert ("06 12 34 56 78" in shown) is known
        assert ("12, chemin des Combes" in shown) is known


async def test_who_speaks_for_the_organisation_looks_after_its_needs(member, visitors):
    club = await Organisation.create(
        handle="club",
        name="Club des Tilleuls",
        name_key="club des tilleuls",
        kind=OrganisationKind.ASSOCIATION,
    )
    farid = await factories.member("Farid")
    await Spokesperson.create(member=farid, organisation=club)
    rosa = await factories.member("Rosa")
    await Spokesperson.create(member=rosa, organisation=club)
    draft = ProposalDraft(kind=Kind.NEED, title="La buvette", text="Du monde.", scope=Scope.PUBLIC)
    bar = await actions.publish_proposal(
        draft,
        Person(name="Rosa", member_id=rosa.id),
        voice=Voice.ORGANISATION,
        organisation_id=club.id,
        trusted=True,
    )
    made = await pledges.pledge(bar, hands(), PAUL)
    browser = await visitors.browser(farid)
    await browser.post(f"{path(bar)}/manage", pledge=str(made.id), do="accept")
    assert "06 12 34 56 78" in (await browser.get(f"{path(bar)}/manage")).text.replace("\xa0", " ")
    assert (await member.get(f"{path(bar)}/manage")).status_code == 404
    assert "pour Club des Tilleuls (association)" in words(await member.get(path(bar)))


async def test_an_answer_from_the_open_network_is_counted_by_the_author(rosa, member, wood):
    said = await answer(wood)
    assert f'action="{path(wood)}/count"' in (await rosa.get(path(wood))).text
    assert f'action="{path(wood)}/count"' not in (await member.get(path(wood))).text
    for _ in range(2):
        sent = await rosa.post(f"{path(wood)}/count", answer=str(said.id))
        assert sent.status_code == 303
    made = await Pledge.get().select_related("participant__actor")
    assert (made.state, made.reply_id, made.participant.actor_id) == (
        PledgeState.ASKED,
        said.id,
        said.author_id,
    )
    assert (await member.post(f"{path(wood)}/count", answer=str(said.id))).status_code == 404


async def test_only_answers_below_this_need_can_be_counted(rosa, wood):
    elsewhere = await answer(await need())
    for number in (str(elsewhere.id), "", "0", "9" * 30):
        assert (await rosa.post(f"{path(wood)}/count", answer=number)).status_code == 404
    assert await Pledge.all().count() == 0


async def test_the_author_sees_what_waits_to_be_read_with_their_page(rosa, visitors):
    fresh = await need(
        trusted=False, person=Person(name="Rosa", member_id=(await Member.get(name="Rosa")).id)
    )
    assert (await rosa.get(path(fresh))).status_code == 404
    assert "La mairie relit d’abord" in words(await rosa.get(f"{path(fresh)}/manage"))


async def test_after_it_was_deleted_its_page_is_gone_for_its_author_too(rosa, wood):
    await actions.delete_proposal(wood)
    assert (await rosa.get(f"{path(wood)}/manage")).status_code == 404
    assert (await rosa.post(f"{path(wood)}/manage", do="renew")).status_code == 404
    assert page(await rosa.get(path(wood))).select("main form") == []


async def test_the_authors_own_name_is_the_one_they_gave(visitor):
    assert "Rosa vous répond" in words(await visitor.get(path(await need(person=ROSA))))
