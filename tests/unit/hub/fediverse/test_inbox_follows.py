"""Who follows whom, when others say so: each change by who may make it, in whatever order it comes."""

from datetime import UTC, datetime

import pytest

from hub.actors.actions import establish
from hub.actors.minting import use_origin
from hub.actors.models import Actor, Role
from hub.db import transaction
from hub.fediverse import actions
from hub.fediverse.models import Block, Delivery, Follow
from hub.jobs import Job
from tests import factories
from tests.others import activity, hear, sent, somebody


@pytest.fixture(autouse=True)
async def village(database):
    use_origin("https://bourg.example")
    await factories.village(handle="bourg", name="Bourg")
    yield await Actor.of_role(Role.VILLAGE)
    use_origin("http://localhost:8000")


@pytest.fixture
async def ana(village):
    return await somebody("ana")


async def followers(actor):
    rows = Follow.filter(followed=actor, accepted_at__not_isnull=True)
    return set(await rows.values_list("follower__name", flat=True))


async def test_a_follow_is_accepted_at_once_with_the_id_that_it_came_with(village, ana):
    asked = activity("Follow", ana, village)
    await hear(asked)
    assert await followers(village) == {"ana"}
    (answer,) = await sent()
    assert answer["type"] == "Accept"
    assert answer["object"]["id"] == asked["id"]
    assert (await Delivery.get()).inbox == ana.inbox


async def test_who_asks_again_is_answered_again(village, ana):
    again = activity("Follow", ana, village)
    await hear(activity("Follow", ana, village), again)
    assert [answer["type"] for answer in await sent()] == ["Accept", "Accept"]
    assert (await Follow.get()).uri == again["id"]


async def test_an_association_that_approves_its_followers_decides_later(village, ana):
    async with transaction():
        club = await establish(Role.ORGANISATION, name="boules", display_name="La Boule")
    await Actor.filter(id=club.id).update(approves_followers=True)
    await hear(activity("Follow", ana, club))
    assert await followers(club) == set()
    assert await Follow.exists(followed=club)
    assert await sent() == []


async def test_the_server_actor_is_followed_by_no_stranger(village, ana):
    """FED-08: it is there for agreements between hubs (hub.neighbours)."""
    server = await Actor.of_role(Role.SERVER)
    await hear(activity("Follow", ana, server))
    assert not await Follow.exists()
    assert [answer["type"] for answer in await sent()] == ["Reject"]


@pytest.mark.parametrize("facts", [{"moved_to": "https://new.example/u"}, {"deleted_at": datetime.now(UTC)}])
async def test_who_has_moved_or_gone_is_not_followed(village, ana, facts):
    await Actor.filter(id=village.id).update(**facts)
    await hear(activity("Follow", ana, village), activity("Follow", ana, "https://bourg.example/a/nobody"))
    assert not await Follow.exists()


async def test_an_undo_ends_it_by_id_or_by_whom_it_was_for(village, ana):
    await hear(activity("Follow", ana, village))
    known_by = activity("Follow", ana, village, id=f"{ana.uri}#forgotten")
    await hear(activity("Undo", ana, known_by))
    assert await followers(village) == set()
    asked = activity("Follow", ana, village)
    await hear(asked, activity("Undo", ana, asked["id"]))
    assert await followers(village) == set()


async def test_an_undo_that_comes_first_holds(village, ana):
    asked = activity("Follow", ana, village)
    await hear(activity("Undo", ana, asked), asked)
    assert not await Follow.exists()


async def test_an_old_undo_says_nothing_of_a_new_follow(village, ana):
    first, second = activity("Follow", ana, village), activity("Follow", ana, village)
    undo = activity("Undo", ana, first)
    await hear(first, undo, second, undo)
    assert await followers(village) == {"ana"}


async def test_nobody_undoes_what_somebody_else_did(village, ana):
    """INB-15"""
    bob = await somebody("bob")
    asked = activity("Follow", ana, village)
    await hear(asked, activity("Undo", bob, asked["id"]), activity("Undo", bob, {**asked, "actor": bob.uri}))
    assert await followers(village) == {"ana"}


async def test_one_of_ours_follows_once_the_followed_accepts(village, ana):
    """INB-17, INB-18"""
    bob = await somebody("bob")
    async with transaction():
        ours = await actions.follow(village, ana)
    question = (await sent("Follow"))[0]
    await hear(activity("Accept", bob, question), activity("Accept", bob, ours.uri))
    assert (await Follow.get(id=ours.id)).accepted_at is None
    await hear(activity("Accept", ana, ours.uri))
    assert (await Follow.get(id=ours.id)).accepted_at is not None
    await hear(activity("Reject", bob, question))
    assert await Follow.exists(id=ours.id)
    await hear(activity("Reject", ana, question), activity("Accept", ana, question))
    assert not await Follow.exists()


async def test_an_accept_may_name_the_follow_by_who_asked(village, ana):
    async with transaction():
        ours = await actions.follow(village, ana)
    await hear(activity("Accept", ana, {"type": "Follow", "actor": village.uri, "object": ana.uri}))
    assert (await Follow.get(id=ours.id)).accepted_at is not None


async def test_nobody_accepts_a_follow_that_is_not_ours(village, ana):
    """GRP-10"""
    await Actor.filter(id=village.id).update(approves_followers=True)
    asked = activity("Follow", ana, village)
    await hear(asked, activity("Accept", ana, asked))
    assert await followers(village) == set()


async def test_a_block_parts_both_and_holds_against_a_late_follow(village, ana):
    async with transaction():
        await actions.follow(village, ana)
    asked = activity("Follow", ana, village)
    block = activity("Block", ana, village)
    await hear(asked, block, asked)
    assert not await Follow.exists()
    assert (await Block.get()).uri == block["id"]
    await hear(activity("Undo", ana, block))
    assert not await Block.exists()


async def test_a_move_is_looked_into_only_for_somebody_whom_we_follow(village, ana):
    """INB-19: forged ones cost nothing, and none leads here"""
    move = activity("Move", ana, ana.uri, target="https://new.example/ana")
    await hear(move)
    assert not await Job.exists(name="fediverse.check_move")
    async with transaction():
        ours = await actions.follow(village, ana)
    await hear(activity("Accept", ana, ours.uri))
    await hear(
        activity("Move", ana, ana.uri, target=village.uri), activity("Move", ana, ana.uri, target=ana.uri)
    )
    assert not await Job.exists(name="fediverse.check_move")
    await hear(activity("Move", ana, ana.uri, target="https://new.example/ana"))
    assert (await Job.get(name="fediverse.check_move")).arguments
