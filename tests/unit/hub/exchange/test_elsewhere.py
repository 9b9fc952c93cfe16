"""Needs of others that come in a roundabout way, grow old, or come in any order."""

import itertools
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network

import pytest
import pytest_asyncio

from hub.actors.peers import open_peers
from hub.exchange import elsewhere, pledges
from hub.exchange.models import Pledge, PledgeState, Proposal, State
from hub.fediverse.fetching import fetch_object
from hub.fediverse.jobs import forget_old
from hub.publications.models import Publication
from tests import factories
from tests.evilpeer import PEER, EvilPeer, answers
from tests.others import activity, create, note, somebody
from tests.unit.hub.exchange.conftest import PAUL, hands, need
from tests.unit.hub.exchange.next_door import (
    an_offer,
    follow,
    hear,
    hung,
    newer,
    their_need,
    yes,
)
from tests.unit.hub.exchange.next_door import slices as slices
from tests.unit.hub.exchange.next_door import val as val


@pytest_asyncio.fixture
async def peer(village, database, tmp_path):
    """Another server on the loopback, which our client trusts."""
    async with EvilPeer() as peer:
        config = replace(database, ca_file=peer.ca_file(tmp_path), peer_networks=(ip_network("127.0.0.0/8"),))
        async with open_peers(replace(config, origin="https://bourg.example")):
            yield peer


async def known(peer, name):
    return await somebody(name, f"{PEER}:{peer.ports['valid']}", kind="Group")


async def test_what_a_board_next_door_passes_on_hangs_here(peer):
    board, val = await known(peer, "besoins"), await known(peer, "val")
    await follow(board)
    document = their_need(val, id=str(peer.uri("/o/1")))
    peer.on("/o/1", answers.document({"@context": "https://www.w3.org/ns/activitystreams", **document}))
    await hear(activity("Announce", board, document["id"]))
    await factories.do_jobs(fetch_object)
    assert (await hung(document)).state is State.OPEN


async def test_a_need_that_is_told_by_its_address_alone_hangs_here(peer):
    val = await known(peer, "val")
    await follow(val)
    document = their_need(val, id=str(peer.uri("/o/2")), type="Proposal", content=None)
    peer.on("/o/2", answers.document({"@context": "https://www.w3.org/ns/activitystreams", **document}))
    await hear(activity("Create", val, document["id"], to=document["to"]))
    await factories.do_jobs(fetch_object)
    assert (await hung(document)).publication.title == "Scier le bois"


async def test_what_is_long_over_is_forgotten_unless_somebody_here_had_to_do_with_it(val):
    idle, helped = their_need(val), their_need(val)
    await hear(create(val, idle), create(val, helped))
    await pledges.pledge(await hung(helped), hands(), PAUL)
    for document in (idle, helped):
        await hear(activity("Update", val, newer(document, 1) | {"lavoir:status": "expired"}))
    later = datetime.now(UTC) + timedelta(days=91)
    await elsewhere.forget_old(later)
    await elsewhere.forget_old(later)
    assert [one.publication_id for one in await Proposal.all()] == [(await hung(helped)).publication_id]
    await Publication.filter(uri=idle["id"]).update(received_at=datetime.now(UTC) - timedelta(days=91))
    await forget_old()
    assert not await Publication.exists(uri=idle["id"])


async def test_an_answer_that_looks_like_a_need_is_an_answer(val):
    wood = await need()
    await hear(create(val, their_need(val, inReplyTo=wood.publication.uri)))
    assert await Proposal.filter(owner_id=None).count() == 0


async def test_a_plain_note_of_theirs_is_a_post(val):
    await hear(create(val, note(val)))
    assert await Proposal.filter(owner_id=None).count() == 0


# ------------------------------------------------------------ any order, any number of times


@pytest.mark.parametrize("seed", range(6))
async def test_offers_and_what_takes_them_back_may_come_in_any_order_and_often(val, seed):
    wood = await need(wanted=9)
    kept, withdrawn = [an_offer(val, wood, "2") for _ in range(2)], [an_offer(val, wood) for _ in range(2)]
    undone = [activity("Undo", val, withdrawn[0]), activity("Undo", val, withdrawn[1]["id"])]
    messages = [*kept, *withdrawn, *undone] * 3
    random.Random(seed).shuffle(messages)
    await hear(*messages)
    waiting = await Pledge.filter(state=PledgeState.PROPOSED)
    assert sorted(one.uri for one in waiting) == sorted(one["id"] for one in kept)
    for one in waiting:
        await pledges.accept(one)
    await hear(*messages)
    assert (await Proposal.get(id=wood.id)).promised == 4
    assert await Pledge.filter(uri__in=[one["id"] for one in kept]).count() == 2


@pytest.mark.parametrize("order", sorted(set(itertools.permutations(["yes", "yes", "undone"]))))
async def test_a_yes_that_is_taken_back_is_none_in_whatever_order(val, order):
    document = their_need(val)
    await hear(create(val, document))
    mine = await pledges.pledge(await hung(document), hands(2), PAUL)
    said = yes(val, mine)
    undone = activity("Undo", val, {key: said[key] for key in ("id", "type", "actor", "object")})
    await hear(*({"yes": said, "undone": undone}[one] for one in order))
    assert (await Pledge.get(id=mine.id)).state is PledgeState.DECLINED


@pytest.mark.parametrize("seed", range(4))
async def test_of_many_updates_in_any_order_the_newest_stands(val, seed):
    document = their_need(val, wanted=9)
    updates = [
        activity("Update", val, newer(their_need(val, id=document["id"], wanted=9, missing=9 - n), n))
        for n in range(1, 6)
    ]
    messages = [create(val, document), *updates, *updates]
    random.Random(seed).shuffle(messages)
    await hear(*messages)
    assert (await hung(document)).promised == 5
    assert await Proposal.all().count() == 1
