"""What our actors do is one transaction: rows, activity and what is to be sent, or nothing of it."""

import asyncio
import json
from datetime import UTC, datetime

import pytest

from federation.addressing import Visibility
from federation.signatures import read_proof
from federation.signatures.keys import find_key
from federation.vocabulary import PUBLIC
from hub.actors.actions import establish
from hub.actors.documents import actor_document
from hub.actors.hosts import use_federation
from hub.actors.keys import key_pair
from hub.actors.models import Actor, Host, Role
from hub.db import transaction
from hub.errors import NotAllowed
from hub.fediverse import queue
from hub.fediverse.actions import (
    Reach,
    accept_follow,
    boost,
    delete_actor,
    like,
    publish,
    reject_follow,
    rotate_keys,
    unboost,
    unfollow,
    unlike,
    update_actor,
)
from hub.fediverse.actions import follow as ask_to_follow
from hub.fediverse.jobs import tell_what_actors_say
from hub.fediverse.models import Activity, Delivery, Follow
from hub.publications.models import Deed, Kind, Publication, Reaction, Scope
from tests.unit.hub.fediverse.neighbourhood import (
    ORIGIN,
    announce,
    follow,
    host,
    news,
    person,
    publication,
)
from tests.waiting import GUARD

NOW = datetime.now(UTC)


async def sent(**which):
    """The activities that were stored, the oldest first."""
    return [json.loads(row.body) for row in await Activity.filter(**which).order_by("id")]


async def told():
    """inbox -> types of the activities that wait for it."""
    found = {}
    for row in await Delivery.all().order_by("id").select_related("activity"):
        found.setdefault(row.inbox, []).append(row.activity.type)
    return found


async def test_an_act_that_fails_leaves_nothing_and_wakes_nobody(village):
    await person(follows=village)
    woken = []

    def wake():
        woken.append("woken")

    queue.calls.add(wake)
    try:
        with pytest.raises(RuntimeError):
            async with transaction():
                await publish(news(village), author=village, reach=Reach(followers_of=(village,)))
                raise RuntimeError
        assert woken == []
        assert not await Activity.exists()
        assert not await Delivery.exists()
        assert (await host("social.example")).next_at is None
        await announce(village)
        assert woken == ["woken"]
    finally:
        queue.calls.discard(wake)


async def test_what_is_public_carries_a_proof_that_others_can_check(village):
    activity = await announce(village)
    stored = json.loads(activity.body)
    assert activity.public
    assert (activity.type, activity.object_uri) == ("Create", stored["object"]["id"])
    proof = read_proof(stored)
    proof.verify(find_key(await actor_document(village), proof.key_id), NOW)


async def test_what_is_not_public_carries_none(village):
    for visibility in (Visibility.FOLLOWERS, Visibility.DIRECT):
        async with transaction():
            activity = await publish(news(village, visibility=visibility), author=village, reach=Reach())
        assert not activity.public
        assert "proof" not in json.loads(activity.body)


async def test_where_the_exchange_is_off_nothing_waits_to_be_sent(village):
    await person(follows=village)
    use_federation("off")
    await announce(village)
    assert await Activity.all().count() == 1
    assert not await Delivery.exists()


async def test_who_asks_to_follow_twice_sends_two_questions_about_one_relation(village):
    ana = await person()
    first = await ask_to_follow(village, ana)
    second = await ask_to_follow(village, ana)
    assert first.id == second.id
    assert [activity["id"] for activity in await sent()] == [first.uri, second.uri]
    assert first.uri != second.uri
    assert await told() == {ana.inbox: ["Follow", "Follow"]}


async def test_asking_again_does_not_undo_an_answer(village):
    follow = await ask_to_follow(village, await person())
    await Follow.filter(id=follow.id).update(accepted_at=NOW)
    assert (await ask_to_follow(village, await follow.followed)).accepted_at is not None


async def test_actors_of_ours_follow_each_other_without_a_question(village):
    board = await establish(Role.BOARD, name="agenda", display_name="Agenda")
    assert (await ask_to_follow(village, board)).accepted_at is not None
    await Actor.filter(id=board.id).update(approves_followers=True)
    other = await establish(Role.ORGANISATION, name="club", display_name="Club")
    assert (await ask_to_follow(other, await Actor.get(id=board.id))).accepted_at is None
    assert await told() == {}


async def test_to_unfollow_takes_the_question_back(village):
    ana = await person()
    follow = await ask_to_follow(village, ana)
    await unfollow(await Follow.get(id=follow.id))
    asked, undone = await sent()
    assert undone["type"] == "Undo"
    assert undone["object"] == {name: value for name, value in asked.items() if name != "@context"}
    assert undone["id"].startswith(f"{village.uri}/undos/")
    assert not await Follow.exists()
    assert await told() == {ana.inbox: ["Follow", "Undo"]}


async def test_who_is_accepted_twice_is_told_twice_with_the_id_of_the_question(village):
    ana = await person()
    asked = await follow(ana, village, accepted=False)
    await accept_follow(asked)
    accepted_at = (await Follow.get(id=asked.id)).accepted_at
    await accept_follow(await Follow.get(id=asked.id))
    assert (await Follow.get(id=asked.id)).accepted_at == accepted_at is not None
    first, second = await sent()
    assert first["id"] != second["id"]
    assert first["object"] == {
        "id": asked.uri,
        "type": "Follow",
        "actor": ana.uri,
        "object": village.uri,
    }
    assert await told() == {ana.inbox: ["Accept", "Accept"]}


async def test_a_follower_can_be_rejected_also_after_being_accepted(village):
    ana = await person()
    asked = await follow(ana, village)
    await reject_follow(asked)
    assert not await Follow.exists()
    assert await told() == {ana.inbox: ["Reject"]}


async def test_a_like_counts_once_is_told_to_the_author_and_can_be_taken_back(village):
    ana = await person()
    thing = await publication(ana, kind=Kind.POST)
    for _ in range(2):
        await like(village, thing)
    assert (await Publication.get(id=thing.id)).likes == 1
    await unlike(village, await Publication.get(id=thing.id))
    await unlike(village, await Publication.get(id=thing.id))
    assert (await Publication.get(id=thing.id)).likes == 0
    liked, undone = await sent()
    assert (liked["type"], liked["object"]) == ("Like", thing.uri)
    assert undone["object"]["id"] == liked["id"]
    assert await told() == {ana.inbox: ["Like", "Undo"]}


async def test_a_like_among_ourselves_is_only_counted(village):
    thing = await publication(village)
    board = await establish(Role.BOARD, name="agenda", display_name="Agenda")
    await like(board, thing)
    assert (await Publication.get(id=thing.id)).likes == 1
    assert await told() == {}


async def test_a_boost_goes_to_our_followers_and_the_author_by_id_alone(village):
    ana, reader = await person(), await person("reader.example", follows=village)
    thing = await publication(ana, kind=Kind.POST)
    for _ in range(2):
        await boost(village, thing)
    await unboost(village, thing)
    announced, undone = await sent()
    assert (announced["type"], announced["object"]) == ("Announce", thing.uri)
    assert announced["to"] == [PUBLIC]
    assert set(announced["cc"]) == {f"{village.uri}/followers", ana.uri}
    without = {"@context", "proof"}
    assert undone["object"] == {name: value for name, value in announced.items() if name not in without}
    assert await told() == {one.inbox: ["Announce", "Undo"] for one in (ana, reader)}
    assert not await Reaction.exists()


@pytest.mark.parametrize("scope", [scope for scope in Scope if scope is not Scope.PUBLIC])
async def test_what_is_not_public_cannot_be_boosted(village, scope):
    with pytest.raises(NotAllowed):
        await boost(village, await publication(await person(), scope=scope))
    assert not await Reaction.exists()


async def test_news_of_an_actor_are_numbered_and_reach_who_knows_it(village):
    follower = await person("follower.example", follows=village)
    followed = await person("followed.example")
    await ask_to_follow(village, followed)
    liked_us, liked_by_us = await person("liked-us.example"), await person("liked-by-us.example")
    await Reaction.create(deed=Deed.LIKE, uri="a", actor=liked_us, publication=await publication(village))
    await like(village, await publication(liked_by_us, kind=Kind.POST))
    await person("nobody.example")
    await Delivery.all().delete()
    for _ in range(2):
        await update_actor(village)
    updates = await sent(type="Update")
    assert [update["id"] for update in updates] == [f"{village.uri}/update/1", f"{village.uri}/update/2"]
    assert set(await told()) == {one.inbox for one in (follower, followed, liked_us, liked_by_us)}


async def test_what_an_actor_says_since_a_release_is_told_once_to_who_follows_it_from_elsewhere(village):
    follower = await person(follows=village)
    await follow(village, await establish(Role.ORGANISATION, name="club", display_name="Club"))
    await update_actor(village)
    await Delivery.all().delete()
    await tell_what_actors_say()
    assert await told() == {}
    picture = {"image": {"type": "Image", "url": f"{ORIGIN}/static/actor/wide.png"}}
    await Actor.filter(id=village.id).update(extra=picture)
    for _ in range(2):
        await tell_what_actors_say()
    assert await told() == {follower.inbox: ["Update"]}
    assert (await sent())[-1]["object"]["image"] == picture["image"]


async def test_each_followed_actor_that_never_told_what_it_says_tells_it_once_and_a_hidden_one_does_not(
    village,
):
    roles = {Role.SERVER: "server", Role.RELAY: "relay", Role.BOARD: "agenda", Role.PROJECT: "four"}
    followed = [
        village,
        *[await establish(role, name=name, display_name=name) for role, name in roles.items()],
    ]
    await Actor.filter(name="four").update(also_known_as=["https://elsewhere.example/a/four"])
    followers = [await person(f"{each.name}.example", follows=each) for each in followed]
    await person(follows=await establish(Role.PROJECT, name="puits", display_name="Puits", hidden=True))
    for _ in range(3):
        await tell_what_actors_say()
    assert await told() == {one.inbox: ["Update"] for one in followers}


async def test_new_keys_are_made_known_by_the_old_one(village):
    await person(follows=village)
    old = await key_pair(village)
    async with transaction():
        await rotate_keys(village)
    new = await key_pair(village)
    assert new.rsa_pem != old.rsa_pem
    [update] = await sent()
    assert update["object"]["publicKey"]["publicKeyPem"] == new.rsa_pem
    assert "proof" not in update
    delivery = await Delivery.get().select_related("signing_key")
    assert delivery.signing_key.retired_at is not None
    activity = json.loads((await announce(village)).body)
    read_proof(activity).verify(find_key(await actor_document(village), f"{village.uri}#ed25519-key"), NOW)
    assert (await Delivery.all().order_by("-id").first()).signing_key_id is None


async def test_the_end_of_an_actor_is_told_to_all_who_know_it_once(village):
    club = await establish(Role.ORGANISATION, name="club", display_name="Club")
    follower = await person("follower.example", follows=club)
    answered = await person("answered.example")
    thing = await publication(club)
    await publication(answered, kind=Kind.ANSWER, in_reply_to=thing.uri, root=thing)
    for _ in range(2):
        async with transaction():
            await delete_actor(await Actor.get(id=club.id))
    [deleted] = await sent()
    assert (deleted["type"], deleted["object"]) == ("Delete", club.uri)
    assert await told() == {one.inbox: ["Delete"] for one in (follower, answered)}
    assert (await Actor.get(id=club.id)).deleted_at is not None
    assert not await Follow.exists()


async def test_who_publishes_at_the_same_time_waits_for_nobody_for_ever(village):
    names = [f"h{number}.example" for number in range(12)]
    for name in names:
        await person(name, follows=village)
    board = await establish(Role.BOARD, name="agenda", display_name="Agenda")
    for name in reversed(names):
        await person(name, follows=board)
    await key_pair(village)
    await key_pair(board)
    async with asyncio.timeout(GUARD):
        await asyncio.gather(*(announce(author) for author in (village, board) * 10))
    assert await Delivery.all().count() == 240
    assert await Host.filter(next_at__not_isnull=True).count() == 12
