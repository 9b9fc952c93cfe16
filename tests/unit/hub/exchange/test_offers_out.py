"""Somebody here can help in another village: our Offer goes out, and the agreement is kept by both hubs."""

import json

import pytest_asyncio

from hub.exchange import actions, pledges
from hub.exchange.models import Pledge, PledgeState
from hub.fediverse.models import Activity, Delivery, Received
from hub.publications.models import Publication, Scope
from tests.others import activity, create, note, sent, somebody
from tests.unit.hub.exchange.conftest import PAUL, hands, need
from tests.unit.hub.exchange.next_door import (
    SECRETS,
    all_words,
    an_offer,
    fresh,
    hear,
    hung,
    newer,
    their_need,
    yes,
)
from tests.unit.hub.exchange.next_door import slices as slices
from tests.unit.hub.exchange.next_door import val as val


@pytest_asyncio.fixture
async def mine(val):
    """Paul's pledge for a need of the village next door."""
    document = their_need(val)
    await hear(create(val, document))
    return await pledges.pledge(await hung(document), hands(2, message="Je viens."), PAUL)


async def test_the_offer_is_the_village_s_and_says_who_helps_and_not_how_to_reach_them(mine, val):
    (offered,) = await sent("Offer")
    assert (offered["id"], offered["to"]) == (mine.uri, [val.uri])
    assert offered["content"] == "Paul, de Saint-Martin : Je viens."
    stipulates = offered["object"]["stipulates"]
    assert stipulates["satisfies"] == mine.proposal.intent_uri
    assert stipulates["resourceQuantity"]["hasNumericalValue"] == "2"
    assert not any(secret in words for words in await all_words() for secret in SECRETS)


async def test_their_yes_brings_place_and_contact_and_only_then_goes_ours(mine, val):
    await hear(yes(val, mine))
    ours = await fresh(mine)
    assert (ours.state, ours.owner_contact, ours.owner_place) == (
        PledgeState.ACCEPTED,
        "Léa, lea@val.example",
        "Scierie du bas",
    )
    private = [one for one in await Activity.all() if "06 12 34 56 78" in one.body]
    assert [(one.type, one.public) for one in private] == [("Create", False)]
    told = json.loads(private[0].body)["object"]
    assert (told["to"], told["cc"], told["context"]) == ([val.uri], [], ours.agreement_uri)
    assert {row.inbox for row in await Delivery.filter(activity_id=private[0].id)} == {val.inbox}


async def test_their_yes_again_changes_nothing(mine, val):
    await hear(yes(val, mine), yes(val, mine))
    assert len([words for words in await all_words() if "06 12 34 56 78" in words]) == 1


async def test_a_yes_to_something_else_is_none(mine, val):
    await hear(yes(val, mine, "3"))
    assert (await fresh(mine)).state is PledgeState.PROPOSED


async def test_only_the_author_says_yes_or_no(mine, val):
    eve = await somebody("eve", "val.example")
    await hear(activity("Accept", eve, mine.uri), activity("Reject", eve, mine.uri))
    assert (await fresh(mine)).state is PledgeState.PROPOSED


async def test_their_no_comes_with_its_reason_as_plain_text(mine, val):
    await hear(activity("Reject", val, mine.uri, content="<p>Merci, <b>assez</b> !</p>"))
    ours = await fresh(mine)
    assert (ours.state, ours.reason) == (PledgeState.DECLINED, "Merci, assez !")
    await hear(yes(val, mine))
    assert (await fresh(mine)).state is PledgeState.DECLINED


async def test_a_yes_that_was_taken_back_counts_no_more_in_either_order(mine, val):
    said = yes(val, mine)
    undone = activity("Undo", val, {key: said[key] for key in ("id", "type", "actor", "object")})
    await hear(undone, said)
    assert (await fresh(mine)).state is PledgeState.DECLINED
    assert not [words for words in await all_words() if "06 12 34 56 78" in words]


async def test_we_take_ours_back_in_a_way_that_they_know_and_in_words(mine, val):
    await hear(yes(val, mine))
    await pledges.withdraw(mine, "Malade.")
    (undone,) = await sent("Undo")
    assert (undone["object"]["id"], undone["object"]["type"]) == (mine.uri, "Offer")
    assert "Malade." in (await sent("Create"))[-1]["object"]["content"]
    await hear(yes(val, mine))
    assert (await fresh(mine)).state is PledgeState.WITHDRAWN


async def test_their_receipt_and_their_thanks_reach_who_helped(mine, val):
    await hear(yes(val, mine))
    agreement = (await fresh(mine)).agreement_uri
    event = {
        "id": f"{agreement}/done",
        "type": "EconomicEvent",
        "attributedTo": val.uri,
        "realizationOf": agreement,
        "resourceQuantity": {"hasUnit": "one", "hasNumericalValue": "2"},
        "to": ["https://bourg.example/a/saint-martin"],
    }
    thanks = note(
        val,
        to=["https://bourg.example/a/saint-martin"],
        cc=None,
        context=agreement,
        **{"lavoir:thanks": "Sans vous, rien."},
    )
    await hear(create(val, event), create(val, event), create(val, thanks), create(val, thanks))
    ours = await fresh(mine)
    assert (ours.state, ours.delivered, ours.thanks) == (PledgeState.DONE, 2, "Sans vous, rien.")
    assert await Publication.filter(author=val).count() == 1


async def test_we_send_receipt_and_thanks_to_who_helped_from_there(val):
    wood = await need()
    await hear(an_offer(val, wood, "2"))
    await pledges.accept(await Pledge.get())
    made = await Pledge.get()
    await hear(create(val, done_by(val, made)))
    assert (await fresh(made)).helper_done_at is not None
    await pledges.confirm_done(made, by_owner=True)
    await pledges.thank_helper(made, "Merci Zoé !")
    event, thanks = [one["object"] for one in await sent("Create")][-2:]
    assert (event["type"], event["realizationOf"], event["to"]) == (
        "EconomicEvent",
        made.agreement_uri,
        [val.uri],
    )
    assert thanks["lavoir:thanks"] == "Merci Zoé !"


def done_by(val, made):
    return {
        "id": f"{val.uri}/done/{made.id}",
        "type": "EconomicEvent",
        "attributedTo": val.uri,
        "fulfills": f"{made.agreement_uri}#primary",
        "to": ["https://bourg.example/a/saint-martin"],
    }


async def test_when_their_need_is_closed_nobody_here_waits(mine, val):
    document = their_need(val, id=mine.proposal.publication.uri, finished=True, status="withdrawn")
    await hear(activity("Update", val, newer(document, 3)))
    assert (await fresh(mine)).state is PledgeState.DECLINED


async def test_updates_reach_who_offered_without_following(village):
    wood = await need()
    stranger = await somebody("mont", "mont.example", kind="Organization")
    await hear(an_offer(stranger, wood))
    await pledges.accept(await Pledge.get())
    update = await Activity.filter(type="Update").order_by("-id").first()
    assert stranger.inbox in {row.inbox for row in await Delivery.filter(activity_id=update.id)}


async def test_a_word_of_another_hub_about_a_pledge_hangs_nowhere_and_one_of_people_does(val):
    wood = await need()
    await hear(an_offer(val, wood))
    await pledges.accept(await Pledge.get())
    made = await Pledge.get()
    village = ["https://bourg.example/a/saint-martin"]
    private = {"to": village, "cc": None, "context": made.agreement_uri}
    await hear(create(val, note(val, "<p>Annulé</p>", **private, **{"lavoir:pledge": made.uri})))
    assert not await Publication.filter(author=val).exists()
    await hear(create(val, note(val, "<p>À quelle heure ?</p>", **private)))
    assert (await Publication.get(author=val)).scope is Scope.DIRECT


async def test_once_the_need_is_deleted_nothing_about_it_shows_and_nothing_fails(val):
    wood = await need()
    offered = an_offer(val, wood)
    await hear(offered)
    await pledges.accept(await Pledge.get())
    made = await Pledge.get()
    await actions.delete_proposal(await fresh(wood))
    private = {"to": ["https://bourg.example/a/saint-martin"], "cc": None, "context": made.agreement_uri}
    await hear(
        create(val, note(val, **private, **{"lavoir:contact": "zoe@val.example"})),
        create(val, done_by(val, made)),
        activity("Undo", val, offered),
        activity("Reject", val, made.agreement_uri),
    )
    assert await Received.all().count() == 0
    assert not await Publication.filter(author=val).exists()


async def test_a_receipt_and_thanks_go_once_however_often_the_button_is_pressed(val):
    wood = await need()
    await hear(an_offer(val, wood))
    await pledges.accept(await Pledge.get())
    for _ in range(2):
        await pledges.confirm_done(await Pledge.get(), by_owner=True)
        await pledges.thank_helper(await Pledge.get(), "Merci !")
    told = [one["object"] for one in await sent("Create") if one["to"] == [val.uri]]
    assert [one["type"] for one in told] == ["EconomicEvent", "Note"]


async def test_with_a_village_that_is_gone_go_its_needs_and_its_promises(mine, val):
    wood = await need()
    await hear(an_offer(val, wood))
    await pledges.accept(await Pledge.get(proposal_id=wood.id))
    await hear(activity("Delete", val, val.uri))
    assert (await fresh(mine)).state is PledgeState.DECLINED
    assert (await Pledge.get(proposal_id=wood.id)).state is PledgeState.WITHDRAWN
    assert (await fresh(wood)).promised == 0
