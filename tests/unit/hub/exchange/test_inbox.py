"""Between hubs: needs of others hang here, pledges cross, and nothing is counted twice or told to others."""

import json
import os
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hub.exchange import elsewhere, pledges
from hub.exchange.models import Pledge, PledgeState, Proposal, State
from hub.publications.models import Kind, Scope
from tests.others import activity, agree_with, create, sent, somebody
from tests.unit.hub.exchange.conftest import PAUL, hands, in_days, need
from tests.unit.hub.exchange.next_door import (
    an_offer,
    follow,
    fresh,
    hear,
    hung,
    newer,
    their_need,
)
from tests.unit.hub.exchange.next_door import slices as slices
from tests.unit.hub.exchange.next_door import val as val


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
