"""Somebody of another hub can help: their Offer comes in, and each side hears what it needs to know."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from hub.exchange import actions, pledges
from hub.exchange.models import Pledge, PledgeState, Proposal, State
from hub.fediverse.models import Activity, Delivery
from hub.jobs import Job
from hub.notifications.models import Notice
from hub.publications.models import Publication, Scope
from tests import factories
from tests.others import activity, create, note, sent, somebody
from tests.unit.hub.exchange.conftest import in_days, need
from tests.unit.hub.exchange.next_door import (
    SECRETS,
    an_offer,
    fresh,
    hear,
    wire,
)
from tests.unit.hub.exchange.next_door import slices as slices
from tests.unit.hub.exchange.next_door import val as val


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
