"""Somebody elsewhere is blocked, or their server: promises that wait do so no more, agreed ones stand."""

import pytest
import pytest_asyncio

from hub.app import PEOPLE, use_slices
from hub.exchange import pledges
from hub.exchange.models import Pledge, PledgeDraft, PledgeState, Proposal
from hub.members.actions import add_member
from hub.members.models import Member, Role
from hub.moderation.silencing import block_actor
from hub.network import hosts
from hub.notifications.models import Notice
from hub.notifications.people import use_people
from hub.publications.models import Publication
from tests.others import activity, create, note, sent, somebody
from tests.unit.hub.exchange.conftest import PAUL, need
from tests.unit.hub.exchange.next_door import follow, hung, their_need
from tests.unit.hub.exchange.test_dialogue import hear, says

BLOCKED = "La mairie a bloqué ce compte."


@pytest.fixture(autouse=True)
def slices(templates):
    use_slices()
    use_people(PEOPLE)


@pytest_asyncio.fixture
async def marie() -> Member:
    return await add_member("Marie", mail="marie@example.fr", role=Role.ADMINISTRATOR, trusted=True)


async def asked_for(proposal, helper):
    """Their public answer, which the author takes for help."""
    reply = note(helper, "<p>Je peux venir !</p>", inReplyTo=proposal.publication.uri)
    await hear(create(helper, reply))
    kept = await Publication.get(uri=reply["id"]).select_related("author")
    return await pledges.count_as_pledge(proposal, kept)


async def state_of(pledge):
    return (await Pledge.get(id=pledge.id)).state


async def block(how, actor, marie):
    if how == "actor":
        await block_actor(actor, "Insults", by=marie)
    else:
        await hosts.block({actor.host: "Insults"}, by=marie)


@pytest.mark.parametrize("how", ["actor", "host"])
async def test_nobody_waits_for_them_and_what_was_agreed_stands(marie, how):
    wood, hedge = await need(wanted=2), await need(title="Tailler la haie", wanted=2)
    ana, bea = await somebody("ana"), await somebody("bea", "other.example")
    waiting, agreed, other = [
        await asked_for(thing, who) for thing, who in ((wood, ana), (hedge, ana), (wood, bea))
    ]
    await hear(create(ana, says(ana, "Oui", to=agreed.question_uri)))
    before = len(await sent())
    await block(how, ana, marie)
    assert await state_of(waiting) is PledgeState.WITHDRAWN
    assert await state_of(agreed) is PledgeState.ACCEPTED
    assert await state_of(other) is PledgeState.ASKED
    assert (await Proposal.get(id=hedge.id)).promised == 1
    assert not [one for one in (await sent())[before:] if one["type"] in ("Create", "Undo")]
    (notice,) = await Notice.filter(kind="withdrawn")
    assert notice.publication_id == wood.publication_id
    assert BLOCKED in notice.values["reason"]
    await hear(create(ana, says(ana, "Oui", to=waiting.question_uri)))
    assert await state_of(waiting) is PledgeState.WITHDRAWN


@pytest.mark.parametrize("how", ["actor", "host"])
async def test_who_offered_help_there_is_told_that_they_need_not_wait(marie, how):
    val = await somebody("val", "val.example", kind="Organization", display_name="Val")
    await follow(val)
    document = their_need(val)
    await hear(create(val, document))
    made = await pledges.pledge(await hung(document), PledgeDraft(quantity=1), PAUL)
    assert await state_of(made) is PledgeState.PROPOSED
    offered = len(await sent("Offer"))
    await block(how, val, marie)
    assert await state_of(made) is PledgeState.DECLINED
    (notice,) = await Notice.filter(kind="declined")
    assert (notice.phone, BLOCKED in notice.values["reason"]) == (PAUL.phone, True)
    assert offered == 1
    assert not [one for one in await sent("Undo") if one["object"].get("type") == "Offer"]
    await hear(activity("Accept", val, made.uri))
    assert await state_of(made) is PledgeState.DECLINED
