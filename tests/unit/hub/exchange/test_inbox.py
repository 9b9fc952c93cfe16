"""Between hubs: needs of others hang here, pledges cross, and nothing is counted twice or told to others."""

import json
import os
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from hub.actors.models import Actor, Role
from hub.app import HANDLERS, use_slices
from hub.db import transaction
from hub.exchange import actions, elsewhere, pledges
from hub.exchange.models import Pledge, PledgeState, Proposal, State
from hub.fediverse import actions as fediverse
from hub.fediverse.models import Activity, Delivery, Follow, Received
from hub.fediverse.receiving import handle_batch
from hub.jobs import Job
from hub.notifications.models import Notice
from hub.publications.models import Kind, Publication, Scope
from tests import factories
from tests.others import activity, agree_with, create, new_uri, note, receive, sent, somebody
from tests.unit.hub.exchange.conftest import PAUL, hands, in_days, need

SECRETS = ("rosa@example.fr", "12, chemin des Combes", "06 12 34 56 78", "paul@val.example")


@pytest.fixture(autouse=True)
def slices(templates):
    use_slices()


@pytest_asyncio.fixture
async def val(village):
    """The village next door, whose actor ours follows."""
    actor = await somebody("val", "val.example", kind="Organization", display_name="Val")
    await follow(actor)
    return actor


async def follow(actor):
    async with transaction():
        ours = await fediverse.follow(await Actor.of_role(Role.VILLAGE), actor)
    await Follow.filter(id=ours.id).update(accepted_at=datetime.now(UTC))


async def hear(*messages):
    for message in messages:
        await receive(message)
        while await handle_batch(HANDLERS, now=datetime.now(UTC)):
            pass


def wire(at):
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def their_need(val, *, wanted=5, missing=None, finished=False, status="open", **facts):
    uri = facts.pop("id", None) or new_uri(val, "o")
    return note(
        val,
        "<p><strong>Besoin : Scier le bois</strong></p><p>Dix stères.</p>",
        id=uri,
        name="Besoin : Scier le bois",
        purpose="request",
        unitBased=True,
        publishes={
            "id": f"{uri}#primary",
            "type": "Intent",
            "action": "deliverService",
            "resourceQuantity": {"hasUnit": "one", "hasNumericalValue": "1"},
            "availableQuantity": {
                "hasUnit": "one",
                "hasNumericalValue": str(wanted if missing is None else missing),
            },
            "finished": finished,
        },
        **{
            "hasEnd": wire(datetime.now(UTC) + timedelta(days=20)),
            "lavoir:kind": "need",
            "lavoir:status": status,
            "lavoir:wanted": str(wanted),
            **facts,
        },
    )


def newer(document, minutes, **facts):
    return {
        **document,
        "updated": wire(datetime(2026, 11, 21, tzinfo=UTC) + timedelta(minutes=minutes)),
    } | facts


async def hung(document):
    return await Proposal.get(publication__uri=document["id"]).select_related("publication__author", "owner")


def an_offer(val, wood, quantity="1", *, name="Zoé", content="Je viens.", satisfies=None, **facts):
    intent = wood.intent_uri if satisfies is None else satisfies
    commitment = {"type": "Commitment", "satisfies": intent, "name": name}
    if quantity is not None:
        commitment["resourceQuantity"] = {"hasUnit": "one", "hasNumericalValue": quantity}
    agreement = {"type": "Agreement", "stipulates": commitment}
    village = f"{wood.publication.author.uri}" if wood is not None else "https://bourg.example/a/saint-martin"
    return activity("Offer", val, agreement, to=[village], content=content) | facts


async def fresh(row):
    return await type(row).get(id=row.id)


async def all_words():
    return [one.body for one in await Activity.all()]


# ------------------------------------------------------------ needs of others


async def test_a_need_of_a_village_that_we_follow_hangs_here_with_a_page(val):
    document = their_need(val)
    await hear(create(val, document))
    wood = await hung(document)
    publication = wood.publication
    assert (publication.kind, publication.title, publication.scope) == (
        Kind.NEED,
        "Scier le bois",
        Scope.PUBLIC,
    )
    assert publication.code
    assert (wood.owner, wood.state, wood.wanted, wood.promised) == (None, State.OPEN, 5, 0)
    assert wood.intent_uri == f"{document['id']}#primary"


async def test_of_whom_nobody_here_follows_nothing_hangs(village):
    stranger = await somebody("eve", "evil.example")
    await hear(create(stranger, their_need(stranger)))
    assert await Proposal.all().count() == 0


async def test_a_neighbour_hub_s_need_for_neighbours_hangs_here_for_neighbours(village):
    server = await somebody("server", "val.example", kind="Application")
    val = await somebody("val", "val.example", kind="Organization")
    await agree_with(server)
    document = their_need(val, to=[server.followers_uri], cc=[])
    await hear(create(val, document))
    assert (await hung(document)).publication.scope is Scope.NEIGHBOURS


async def test_what_is_for_neighbours_of_somebody_else_is_not_taken(val):
    await hear(create(val, their_need(val, to=["https://val.example/actor/followers"], cc=[])))
    assert await Proposal.all().count() == 0


async def test_state_follows_what_its_village_says_whatever_the_order(val):
    document = their_need(val)
    first = newer(document, 1)
    covered = newer(their_need(val, id=document["id"], missing=0, status="matched"), 2)
    await hear(
        activity("Update", val, covered),
        create(val, document),
        activity("Update", val, first),
        activity("Update", val, covered),
    )
    wood = await hung(document)
    assert (wood.state, wood.promised, await Proposal.all().count()) == (State.COVERED, 5, 1)


async def test_finished_wins_over_what_the_status_says(val):
    document = their_need(val, finished=True, status="open")
    await hear(create(val, document))
    assert (await hung(document)).state is State.CLOSED


async def test_what_is_past_its_end_is_over_without_a_word(val):
    document = their_need(val)
    await hear(create(val, document))
    await elsewhere.expire(datetime.now(UTC) + timedelta(days=21))
    assert (await hung(document)).state is State.EXPIRED


async def test_what_comes_past_its_end_is_over_at_once(val):
    document = their_need(val, hasEnd="2026-11-01T00:00:00Z")
    await hear(create(val, document))
    assert (await hung(document)).state is State.EXPIRED


async def test_what_is_deleted_there_is_gone_here_and_lets_everybody_go(val):
    document = their_need(val)
    await hear(create(val, document))
    mine = await pledges.pledge(await hung(document), hands(), PAUL)
    await hear(activity("Delete", val, {"id": document["id"], "type": "Tombstone"}))
    assert (await hung(document)).publication.deleted_at is not None
    assert (await fresh(mine)).state is PledgeState.DECLINED
    await hear(create(val, document))
    assert (await hung(document)).state is State.CLOSED


async def test_another_s_update_changes_nothing(val):
    document = their_need(val)
    await hear(create(val, document))
    eve = await somebody("eve", "val.example")
    await follow(eve)
    forged = newer(their_need(eve, id=document["id"], missing=0), 5)
    await hear(activity("Update", eve, forged | {"attributedTo": eve.uri}))
    assert (await hung(document)).state is State.OPEN


# ------------------------------------------------------------ an Offer comes in


async def test_an_offer_waits_for_the_author_and_names_who_helps(val):
    wood = await need()
    await hear(an_offer(val, wood, "2", content="Zoé, de Val : J’ai une scie."))
    made = await Pledge.get().select_related("participant")
    assert (made.state, made.quantity, made.message) == (PledgeState.PROPOSED, 2, "J’ai une scie.")
    assert (made.participant.name, made.participant.actor_id) == ("Zoé", val.id)
    assert await sent("Reject") == []


async def test_the_same_offer_again_is_one_pledge(val):
    wood = await need()
    offered = an_offer(val, wood)
    await hear(offered, offered, offered)
    assert await Pledge.all().count() == 1


async def test_the_author_says_yes_and_both_learn_what_they_need_and_nobody_else(val):
    wood = await need()
    offered = an_offer(val, wood)
    await hear(offered)
    await pledges.accept(await Pledge.get())
    (accepted,) = await sent("Accept")
    assert accepted["object"] == offered["id"]
    assert accepted["to"] == [val.uri]
    assert accepted["result"]["lavoir:contact"] == "Rosa, rosa@example.fr"
    assert accepted["result"]["lavoir:place"] == "12, chemin des Combes"
    assert accepted["result"]["stipulates"]["resourceQuantity"]["hasNumericalValue"] == "1"
    private = [one for one in await Activity.all() if any(word in one.body for word in SECRETS)]
    assert [one.type for one in private] == ["Accept"]
    assert not private[0].public
    assert {row.inbox for row in await Delivery.filter(activity_id=private[0].id)} == {val.inbox}


async def test_the_helper_s_contact_comes_after_the_yes_and_hangs_nowhere(val):
    wood = await need()
    await hear(an_offer(val, wood))
    await pledges.accept(await Pledge.get())
    made = await Pledge.get()
    words = note(
        val,
        "<p>Zoé : zoe@val.example</p>",
        to=["https://bourg.example/a/saint-martin"],
        cc=None,
        context=made.agreement_uri,
        inReplyTo=wood.publication.uri,
        **{"lavoir:contact": "zoe@val.example"},
    )
    await hear(create(val, words), create(val, words))
    assert (await Pledge.get().select_related("participant")).participant.contact == "zoe@val.example"
    assert not await Publication.filter(author=val).exists()


def their_contact(val, made):
    """How to reach Zoé, as her village says it once both said yes."""
    private = {"to": ["https://bourg.example/a/saint-martin"], "cc": None, "context": made.agreement_uri}
    return create(val, note(val, "<p>Zoé</p>", **private, **{"lavoir:contact": "zoe@val.example"}))


async def told_of_agreeing():
    """What the author read: one line for each notice, how to reach Zoé."""
    told = await Notice.filter(kind="accepted").order_by("id")
    return [notice.values["contact"] for notice in told]


async def test_the_author_is_told_once_that_it_is_agreed_with_the_contact_as_soon_as_it_is_here(val):
    await hear(an_offer(val, await need()))
    await pledges.accept(await Pledge.get())
    assert await told_of_agreeing() == []
    await hear(their_contact(val, await Pledge.get()))
    await factories.do_jobs(pledges.tell_agreed)
    assert await told_of_agreeing() == ["zoe@val.example"]


async def test_where_no_contact_comes_the_author_is_told_a_little_later_and_told_again_when_it_does(val):
    await hear(an_offer(val, await need()))
    await pledges.accept(await Pledge.get())
    waiting = await Job.get(name="exchange.tell_agreed")
    assert timedelta(0) < waiting.due_at - datetime.now(UTC) <= pledges.CONTACT_COMES
    await factories.do_jobs(pledges.tell_agreed)
    assert await told_of_agreeing() == ["@val@val.example"]
    await hear(their_contact(val, await Pledge.get()))
    assert await told_of_agreeing() == ["@val@val.example", "zoe@val.example"]


async def test_of_what_ended_before_a_contact_came_nobody_is_told_that_it_was_agreed(val):
    wood = await need()
    back, deleted = an_offer(val, wood), an_offer(val, await need(title="Scier"))
    await hear(back, deleted)
    for made in await Pledge.all():
        await pledges.accept(made)
    await hear(activity("Undo", val, back))
    await actions.delete_proposal(await Proposal.get(pledges__uri=deleted["id"]))
    await factories.do_jobs(pledges.tell_agreed)
    assert await told_of_agreeing() == []


async def test_a_contact_before_the_yes_is_not_taken_in(val):
    wood = await need()
    await hear(an_offer(val, wood))
    await Pledge.all().update(agreement_uri="https://bourg.example/o/x/agreements/1")
    words = note(
        val,
        to=["https://bourg.example/a/saint-martin"],
        cc=None,
        context="https://bourg.example/o/x/agreements/1",
        **{"lavoir:contact": "zoe@val.example"},
    )
    await hear(create(val, words))
    assert (await Pledge.get().select_related("participant")).participant.contact == ""


async def test_taken_back_before_or_after_the_yes_it_counts_no_more(val):
    wood = await need(wanted=2)
    early, late = an_offer(val, wood), an_offer(val, wood)
    await hear(early, late)
    await pledges.accept(await Pledge.get(uri=late["id"]))
    await hear(*(activity("Undo", val, one) for one in (early, late, late)))
    assert [one.state for one in await Pledge.all()] == [PledgeState.WITHDRAWN] * 2
    wood = await fresh(wood)
    assert (wood.promised, wood.state) == (0, State.OPEN)


async def test_an_offer_that_was_taken_back_before_it_came_never_counts(val):
    wood = await need()
    offered = an_offer(val, wood)
    await hear(activity("Undo", val, offered), offered)
    assert await Pledge.all().count() == 0
    assert await sent("Reject") == []


async def test_an_undo_by_the_bare_id_is_enough(val):
    wood = await need()
    offered = an_offer(val, wood)
    await hear(offered, activity("Undo", val, offered["id"]))
    assert (await Pledge.get()).state is PledgeState.WITHDRAWN


async def test_after_the_agreement_a_reject_of_it_takes_it_back_too(val):
    wood = await need()
    await hear(an_offer(val, wood))
    await pledges.accept(await Pledge.get())
    await hear(activity("Reject", val, (await Pledge.get()).agreement_uri, content="Malade"))
    made = await Pledge.get()
    assert (made.state, made.reason) == (PledgeState.WITHDRAWN, "Malade")


async def test_nobody_takes_back_what_another_offered(val):
    wood = await need()
    offered = an_offer(val, wood)
    await hear(offered)
    await pledges.accept(await Pledge.get())
    eve = await somebody("eve", "val.example")
    forged = {**offered, "actor": eve.uri}
    await hear(
        activity("Undo", eve, forged),
        activity("Undo", eve, offered["id"]),
        activity("Reject", eve, (await Pledge.get()).agreement_uri),
        activity("Reject", eve, offered["id"]),
    )
    assert (await Pledge.get()).state is PledgeState.ACCEPTED


async def test_the_author_takes_the_yes_back_and_says_so_in_two_ways(val):
    wood = await need()
    offered = an_offer(val, wood)
    await hear(offered)
    await pledges.accept(await Pledge.get())
    await pledges.decline(await Pledge.get(), "Il pleut.")
    (undone,) = await sent("Undo")
    assert (undone["object"]["type"], undone["object"]["object"]) == ("Accept", offered["id"])
    assert not any(secret in json.dumps(undone) for secret in SECRETS)
    last = (await sent("Create"))[-1]["object"]
    assert last["to"] == [val.uri]
    assert (last["context"], last["lavoir:pledge"]) == ((await Pledge.get()).agreement_uri, offered["id"])
    assert (await fresh(wood)).promised == 0


async def refusals(val, *offers):
    await hear(*offers)
    assert await Pledge.filter(participant__actor=val).count() == 0
    return await sent("Reject")


async def test_what_cannot_be_is_rejected_with_a_reason_in_the_language_of_the_need(val):
    closed, expired, few = await need(), await need(), await need(wanted=2)
    await actions.close(closed)
    await Proposal.filter(id=expired.id).update(expires_at=in_days(-1))
    told = await refusals(
        val,
        an_offer(val, closed),
        an_offer(val, expired),
        an_offer(val, few, "3"),
        an_offer(val, few, "0"),
        an_offer(val, few, "1.5"),
        an_offer(val, few, "plein"),
        an_offer(val, few, "-1"),
        an_offer(val, few, "1000000000000"),
    )
    assert len(told) == 8
    assert {one["content"][:22] for one in told[:2]} == {told[0]["content"][:22]}
    assert "Merci" in told[0]["content"]
    assert all(one["to"] == [val.uri] and one["content"] for one in told)


async def test_a_reason_is_in_the_language_of_who_asks(val):
    few = await need(wanted=2)
    (told,) = await refusals(val, an_offer(val, few, "3", contentMap={"en": "Me"}))
    assert told["content"] == pledges.TOO_MANY


async def test_prv_02_what_they_may_not_see_is_answered_like_what_does_not_exist(val):
    inside, near = await need(scope=Scope.VILLAGE), await need(scope=Scope.NEIGHBOURS)
    unread, hidden, gone = await need(trusted=False), await need(), await need()
    await Publication.filter(id=hidden.publication_id).update(hidden_at=datetime.now(UTC))
    await actions.delete_proposal(gone)
    nothing = "https://bourg.example/o/01arz3ndektsv4rrffq69g5fav#primary"
    offers = [an_offer(val, one, "99") for one in (inside, near, unread, hidden, gone)]
    told = await refusals(val, *offers, an_offer(val, inside, satisfies=nothing))
    without_names = [{**one, "id": "", "object": ""} for one in told]
    assert len(told) == 6
    assert all(one == without_names[0] for one in without_names)


async def test_a_refused_offer_that_comes_again_is_answered_once(val):
    few = await need(wanted=1)
    offered = an_offer(val, few, "3")
    assert len(await refusals(val, offered, offered)) == 1


async def test_other_kinds_of_offers_are_none_of_ours(val):
    await hear(activity("Offer", val, {"type": "Note", "content": "?"}), activity("Offer", val, val.uri))
    assert await sent("Reject") == []


async def test_a_slot_is_found_by_its_times(val):
    from hub.exchange.models import Slot, SlotDraft

    slots = tuple(SlotDraft(starts_at=in_days(7, at), ends_at=in_days(7, at + 2), wanted=2) for at in (8, 14))
    wood = await need(slots=slots)
    offered = an_offer(val, wood)
    times = {"hasBeginning": wire(in_days(7, 14)), "hasEnd": wire(in_days(7, 16))}
    offered["object"]["stipulates"] |= times
    await hear(offered, an_offer(val, wood))
    made = await Pledge.get().select_related("slot")
    assert made.slot == await Slot.get(starts_at=in_days(7, 14))
    assert len(await sent("Reject")) == 1


async def test_grp_13_two_hubs_offer_the_last_place_and_one_gets_it(val):
    wood = await need(wanted=1)
    other = await somebody("mont", "mont.example", kind="Organization")
    await hear(an_offer(val, wood), an_offer(other, wood))
    first, second = await Pledge.all().order_by("id")
    await pledges.accept(first)
    from hub.errors import Conflict

    with pytest.raises(Conflict):
        await pledges.accept(second)
    assert (await fresh(wood)).promised == 1


# ------------------------------------------------------------ an Offer goes out


@pytest_asyncio.fixture
async def mine(val):
    """Paul's pledge for a need of the village next door."""
    document = their_need(val)
    await hear(create(val, document))
    return await pledges.pledge(await hung(document), hands(2, message="Je viens."), PAUL)


def yes(val, mine, quantity="2", **facts):
    uri = f"{val.uri}/agreements/{mine.id}"
    return activity(
        "Accept",
        val,
        mine.uri,
        result={
            "id": uri,
            "type": "Agreement",
            "attributedTo": val.uri,
            "stipulates": {
                "id": f"{uri}#primary",
                "type": "Commitment",
                "resourceQuantity": {"hasUnit": "one", "hasNumericalValue": quantity},
            },
            "lavoir:contact": "Léa, lea@val.example",
            "lavoir:place": "Scierie du bas",
        },
        **facts,
    )


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


# ------------------------------------------------------------ on the profile


async def test_the_most_urgent_open_needs_are_on_the_profile_after_what_is_pinned(village):
    from hub.fediverse.serving import serve

    later, sooner, undated = (
        await need(starts_at=in_days(9)),
        await need(starts_at=in_days(2)),
        await need(starts_at=None, ends_at=None),
    )
    covered, inside = await need(wanted=1), await need(scope=Scope.VILLAGE)
    await pledges.accept(await pledges.pledge(covered, hands(), PAUL))
    served = await serve("https://bourg.example/a/saint-martin/featured", None)
    uris = [one.publication.uri for one in (sooner, later, undated)]
    assert served.document["orderedItems"] == uris
    assert inside.publication.uri not in str(served.document)


# ------------------------------------------------------------ as others see it

EXPECTED = Path(__file__).parent / "expected"
_CHANCE = (
    (re.compile(r"/[0-9a-hjkmnp-tv-z]{26}"), "/01arz3ndektsv4rrffq69g5fav"),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"), "2026-11-28T09:00:00Z"),
)


def assert_expected(name, message):
    """LAVOIR_WRITE_EXPECTED=1 writes the snapshot: what FEDERATION.md shows to others."""
    text, path = json.dumps(message, ensure_ascii=False, indent=1) + "\n", EXPECTED / f"{name}.json"
    for pattern, fixed in _CHANCE:
        text = pattern.sub(fixed, text)
    if os.environ.get("LAVOIR_WRITE_EXPECTED"):
        path.write_text(text, encoding="utf-8")
    assert json.loads(text) == json.loads(path.read_text(encoding="utf-8"))


async def test_what_an_offer_and_its_undo_look_like(val):
    document = their_need(val, id="https://val.example/o/1")
    await hear(create(val, document))
    mine = await pledges.pledge(await hung(document), hands(2, message="Je viens."), PAUL)
    await pledges.withdraw(mine, "Malade.")
    assert_expected("offer", (await sent("Offer"))[0])
    assert_expected("undo_offer", (await sent("Undo"))[0])


async def test_what_a_yes_and_its_undo_look_like(val):
    wood = await need()
    await hear(an_offer(val, wood, id="https://val.example/o/2"))
    await pledges.accept(await Pledge.get())
    await pledges.decline(await Pledge.get())
    assert_expected("accept", (await sent("Accept"))[0])
    assert_expected("undo_accept", (await sent("Undo"))[0])
