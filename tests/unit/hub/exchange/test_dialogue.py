"""A yes, in private: what people of the open network answer to our question, and what never shows."""

import json
from datetime import UTC, datetime

import pytest
import pytest_asyncio

from hub.app import HANDLERS, use_slices
from hub.errors import Conflict
from hub.exchange import actions, pledges
from hub.exchange.models import Pledge, PledgeState, Proposal, State
from hub.fediverse.models import Activity, Delivery, Received
from hub.fediverse.receiving import handle_batch
from hub.publications.models import Publication
from tests.others import activity, create, note, receive, sent, somebody
from tests.unit.hub.exchange.conftest import PAUL, hands, need

VILLAGE = "https://bourg.example/a/saint-martin"


@pytest.fixture(autouse=True)
def slices(templates):
    use_slices()


@pytest_asyncio.fixture
async def ana(village):
    return await somebody("ana")


@pytest_asyncio.fixture
async def wood(village):
    return await need(wanted=2)


async def hear(*messages):
    for message in messages:
        await receive(message)
        while await handle_batch(HANDLERS, now=datetime.now(UTC)):
            pass


async def asked(ana, wood, *, private=False, **facts):
    """Ana's answer to the need, taken for a pledge by its author."""
    addressed = {"to": [VILLAGE], "cc": None} if private else {}
    reply = note(ana, "<p>Je peux venir !</p>", inReplyTo=wood.publication.uri, **addressed, **facts)
    await hear(create(ana, reply))
    kept = await Publication.get(uri=reply["id"]).select_related("author")
    return await pledges.count_as_pledge(wood, kept)


def says(ana, words, *, to):
    mention = '<span class="h-card"><a href="https://bourg.example/@saint-martin">@saint-martin</a></span>'
    return note(ana, f"<p>{mention} {words}</p>", inReplyTo=to, to=[VILLAGE], cc=None)


async def fresh(row):
    return await type(row).get(id=row.id)


async def private_words():
    return [
        one["object"]
        for one in await sent("Create")
        if one["to"] != ["https://www.w3.org/ns/activitystreams#Public"]
    ]


async def test_who_answered_is_asked_in_private_and_below_their_own_words(ana, wood):
    made = await asked(ana, wood)
    (question,) = await private_words()
    assert (question["id"], question["to"], question["cc"]) == (made.question_uri, [ana.uri], [])
    assert question["inReplyTo"].startswith(ana.uri)
    assert "1 personne" in question["content"]
    assert "OUI ou NON" in question["content"]
    assert [tag["type"] for tag in question["tag"]] == ["Mention"]
    stored = await Activity.get(uri=f"{made.question_uri}/create")
    assert not stored.public
    assert {row.inbox for row in await Delivery.filter(activity_id=stored.id)} == {ana.inbox}
    assert (await fresh(wood)).promised == 0


async def test_the_question_is_in_their_language(ana, wood):
    await asked(ana, wood, contentMap={"en": "<p>I can come!</p>"})
    assert "YES or NO" in (await private_words())[0]["content"]


async def test_a_private_answer_can_be_a_pledge_too(ana, wood):
    made = await asked(ana, wood, private=True)
    await hear(create(ana, says(ana, "oui", to=made.question_uri)))
    assert (await fresh(made)).state is PledgeState.ACCEPTED


async def test_oui_commits_and_tells_where_and_how_in_private_alone(ana, wood):
    made = await asked(ana, wood)
    await hear(create(ana, says(ana, "Oui, avec plaisir !", to=made.question_uri)))
    assert (await fresh(made)).state is PledgeState.ACCEPTED
    wood = await fresh(wood)
    assert (wood.promised, wood.state) == (1, State.UNDER_WAY)
    last = (await private_words())[-1]
    assert "12, chemin des Combes" in last["content"]
    assert "rosa@example.fr" in last["content"]
    for one in await Activity.all():
        if one.public:
            assert "rosa" not in one.body.lower()
            assert "chemin des Combes" not in one.body
            assert ana.uri not in json.loads(one.body)["to"]


async def test_the_yes_itself_hangs_nowhere(ana, wood):
    made = await asked(ana, wood)
    await hear(create(ana, says(ana, "oui", to=made.question_uri)))
    assert await Publication.filter(author=ana).count() == 1


async def test_the_same_yes_again_counts_once(ana, wood):
    made = await asked(ana, wood)
    yes = create(ana, says(ana, "oui", to=made.question_uri))
    await hear(yes, yes, create(ana, says(ana, "oui", to=made.question_uri)))
    assert (await fresh(wood)).promised == 1
    assert len([one for one in await private_words() if "chemin des Combes" in one["content"]]) == 1


async def test_non_declines(ana, wood):
    made = await asked(ana, wood)
    await hear(create(ana, says(ana, "Non, désolée", to=made.question_uri)))
    assert (await fresh(made)).state is PledgeState.WITHDRAWN
    assert "C’est noté" in (await private_words())[-1]["content"]
    await hear(create(ana, says(ana, "oui", to=made.question_uri)))
    assert (await fresh(wood)).promised == 0


async def test_what_is_not_clear_changes_nothing_and_is_asked_again_once(ana, wood):
    made = await asked(ana, wood)
    for words in ("peut-être", "je vais voir", "à quelle heure ?"):
        await hear(create(ana, says(ana, words, to=made.question_uri)))
    assert (await fresh(made)).state is PledgeState.ASKED
    again = (await private_words())[1:]
    assert len(again) == 1
    assert "seulement OUI ou NON" in again[0]["content"]
    await hear(create(ana, says(ana, "oui", to=again[0]["id"])))
    assert (await fresh(made)).state is PledgeState.ACCEPTED


async def test_an_edit_may_make_it_clear(ana, wood):
    made = await asked(ana, wood)
    words = says(ana, "euh", to=made.question_uri)
    await hear(create(ana, words))
    await hear(activity("Update", ana, {**words, "content": "<p>Oui</p>", "updated": "2026-11-25T10:00:00Z"}))
    assert (await fresh(made)).state is PledgeState.ACCEPTED


@pytest.mark.parametrize("below", ["the question", "our last word", "their own yes"])
async def test_later_in_the_same_thread_they_can_still_say_no(ana, wood, below):
    made = await asked(ana, wood)
    yes = says(ana, "oui", to=made.question_uri)
    await hear(create(ana, yes))
    last = (await private_words())[-1]["id"]
    to = {"the question": made.question_uri, "our last word": last, "their own yes": yes["id"]}[below]
    await hear(create(ana, says(ana, "Désolée, je ne peux plus", to=to)))
    made = await fresh(made)
    assert (made.state, made.reason) == (PledgeState.WITHDRAWN, "Désolée, je ne peux plus")
    wood = await fresh(wood)
    assert (wood.promised, wood.state) == (0, State.OPEN)


async def test_who_comes_too_late_is_told_kindly(ana, wood):
    made = await asked(ana, wood)
    for helper in ("Paul", "Lucie"):
        one = await pledges.pledge(wood, hands(), PAUL.__class__(name=helper, phone="06 12 34 56 78"))
        await pledges.accept(one)
    await hear(create(ana, says(ana, "oui", to=made.question_uri)))
    assert (await fresh(made)).state is PledgeState.DECLINED
    assert "toutes les places ont été prises" in (await private_words())[-1]["content"]
    assert (await fresh(wood)).promised == 2


async def test_nobody_else_can_say_yes_for_them(ana, wood):
    made = await asked(ana, wood)
    eve = await somebody("eve")
    await hear(create(eve, says(eve, "oui", to=made.question_uri)))
    assert (await fresh(made)).state is PledgeState.ASKED


async def test_a_yes_below_the_need_itself_commits_nothing(ana, wood):
    made = await asked(ana, wood)
    await hear(create(ana, note(ana, "<p>Oui !</p>", inReplyTo=wood.publication.uri)))
    assert (await fresh(made)).state is PledgeState.ASKED


async def test_they_hear_what_becomes_of_it_in_private(ana, wood):
    made = await asked(ana, wood)
    await hear(create(ana, says(ana, "oui", to=made.question_uri)))
    await pledges.confirm_done(made, by_owner=True)
    await pledges.thank_helper(made, "Quel coup de main !")
    words = [one["content"] for one in await private_words()]
    assert "Aide reçue" in words[-2]
    assert "Quel coup de main !" in words[-1]


async def test_done_is_said_once_and_a_deleted_need_breaks_nothing(ana, wood):
    made = await asked(ana, wood)
    await hear(create(ana, says(ana, "oui", to=made.question_uri)))
    for _ in range(2):
        await pledges.confirm_done(made, by_owner=True)
    assert len([one for one in await private_words() if "Aide reçue" in one["content"]]) == 1
    await actions.delete_proposal(await Proposal.get(id=wood.id))
    await hear(create(ana, says(ana, "non", to=made.question_uri)))
    assert await Received.all().count() == 0


async def test_declined_cancelled_and_closed_are_told_in_private(ana, wood):
    declined = await asked(ana, wood)
    await pledges.decline(declined, "Assez de bras.")
    assert "Assez de bras." in (await private_words())[-1]["content"]
    bob = await somebody("bob")
    agreed = await asked(bob, wood)
    await hear(create(bob, says(bob, "yes", to=agreed.question_uri)))
    await pledges.decline(agreed, "La pluie.")
    last = (await private_words())[-1]
    assert "La pluie." in last["content"]
    assert last["to"] == [bob.uri]
    cid = await somebody("cid")
    await asked(cid, wood)
    await actions.close(await Proposal.get(id=wood.id))
    assert (await private_words())[-1]["to"] == [cid.uri]
    assert await sent("Reject") == await sent("Undo") == []


async def test_once_it_is_over_nobody_can_be_asked(ana, wood):
    await actions.close(wood)
    reply = note(ana, inReplyTo=wood.publication.uri)
    await hear(create(ana, reply))
    with pytest.raises(Conflict):
        await pledges.count_as_pledge(wood, await Publication.get(uri=reply["id"]).select_related("author"))
    assert await Pledge.all().count() == 0
