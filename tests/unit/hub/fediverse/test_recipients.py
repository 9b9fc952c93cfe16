"""Who gets an activity: everybody who should, once, and nobody who should not."""

import random
from datetime import UTC, datetime, timedelta

import pytest

from federation import activities
from federation.addressing import Recipient, inboxes
from federation.outgoing import Mention
from hub.actors.actions import establish
from hub.actors.hosts import policies_changed, use_federation
from hub.actors.models import Host, Policy, Role
from hub.db import transaction
from hub.fediverse.actions import Reach, publish
from hub.fediverse.models import AgreementState, Block, Delivery, Neighbour
from hub.publications.models import Deed, Kind, Reaction, Scope
from tests.unit.hub.fediverse.neighbourhood import (
    announce,
    document,
    follow,
    host,
    news,
    open_village,
    person,
    publication,
)


async def reached(reach):
    author = reach.followers_of[0] if reach.followers_of else await open_village()
    activity = await announce(author, reach=reach)
    return sorted(await Delivery.filter(activity=activity).values_list("inbox", flat=True))


async def reached_by_last_word(village):
    """Of a Delete for all followers."""
    created = news(village)
    body = activities.delete({"@context": created["@context"], **created["object"]}, at=datetime.now(UTC))
    async with transaction():
        sent = await publish(body, author=village, reach=Reach(followers_of=(village,)))
    return sorted(await Delivery.filter(activity=sent).values_list("inbox", flat=True))


async def test_a_shared_inbox_serves_several_and_who_is_alone_or_named_gets_their_own(village):
    for _ in range(3):
        await person("many.example", shares=True, follows=village)
    alone = await person("one.example", shares=True, follows=village)
    named = await person("many.example", shares=True, follows=village)
    without = [await person("plain.example", follows=village) for _ in range(2)]
    assert await reached(Reach(followers_of=(village,), named=(named,))) == sorted(
        ["https://many.example/inbox", named.inbox, alone.inbox, *(one.inbox for one in without)]
    )


@pytest.mark.parametrize("seed", range(5))
async def test_the_inboxes_are_those_that_the_library_would_choose(village, seed):
    chance = random.Random(seed)
    followers, named, recipients = [], [], []
    for _ in range(40):
        one = await person(f"h{chance.randrange(12)}.example", shares=chance.random() < 0.7)
        is_follower, is_named = chance.random() < 0.8, chance.random() < 0.2
        if is_follower:
            followers.append(await follow(one, village))
        if is_named:
            named.append(one)
        if is_follower or is_named:
            recipients.append(Recipient(one.inbox, one.shared_inbox, personal=is_named))
    wanted = inboxes(recipients, own_host="bourg.example")
    assert await reached(Reach(followers_of=(village,), named=tuple(named))) == sorted(wanted)


async def test_nothing_goes_to_those_whom_we_refuse_or_who_refuse_us(village):
    await person("blocked.example", follows=village)
    await person("below.blocked.example:8443", follows=village)
    await person("suspended.example", follows=village, suspended_at=village.created_at)
    await person("gone.example", follows=village, deleted_at=village.created_at)
    blocks = await person("blocks.example", follows=village)
    await Block.create(uri=f"{blocks.uri}/blocks/1", by=blocks, target=village)
    await follow(await person("waiting.example"), village, accepted=False)
    ours = await establish(Role.ORGANISATION, name="club", display_name="Club")
    await follow(ours, village)
    friend = await person("friend.example", follows=village)
    await Host.filter(name="blocked.example").update(policy=Policy.BLOCKED)
    policies_changed()
    assert await reached(Reach(followers_of=(village,))) == [friend.inbox]
    assert (await host("blocked.example")).next_at is None


async def test_a_village_that_speaks_with_neighbours_only_sends_to_no_one_else(village):
    await person("other.example", follows=village)
    await person("below.near.example", follows=village)
    near = await person("near.example", follows=village)
    gone = await person("gone.example", follows=village)
    await agreement("near.example")
    await agreement("gone.example", state=AgreementState.ENDED)
    use_federation("neighbours")
    policies_changed()
    assert await reached(Reach(followers_of=(village,))) == [near.inbox]
    assert await reached_by_last_word(village) == sorted([near.inbox, gone.inbox])
    await Neighbour.filter(host="gone.example").update(changed_at=datetime(2020, 1, 1, tzinfo=UTC))
    policies_changed()  # and what it still had to hear has had its time
    assert await reached_by_last_word(village) == [near.inbox]


async def test_news_about_a_publication_reach_all_who_met_it(village):
    board = await establish(Role.BOARD, name="agenda", display_name="Agenda")
    named = await person("named.example")
    thing = await publication(village)
    await document(thing, mentions=[Mention(named.uri, "x@named.example", named.uri)])
    await Reaction.create(deed=Deed.ANNOUNCE, uri="a", actor=board, publication=thing)
    of_board = await person("reads-board.example", follows=board)
    likes, boosts = await person("likes.example"), await person("boosts.example")
    await Reaction.create(deed=Deed.LIKE, uri="b", actor=likes, publication=thing)
    await Reaction.create(deed=Deed.ANNOUNCE, uri="c", actor=boosts, publication=thing)
    answers, deeper = await person("answers.example"), await person("deeper.example")
    direct = await publication(answers, kind=Kind.ANSWER, in_reply_to=thing.uri)
    await publication(deeper, kind=Kind.ANSWER, in_reply_to=direct.uri, root=thing)
    follower = await person("follower.example", follows=village)
    await person("nobody.example")
    assert await reached(Reach(followers_of=(village,), about=thing)) == sorted(
        one.inbox for one in (named, of_board, likes, boosts, answers, deeper, follower)
    )


async def test_what_is_for_neighbours_goes_to_those_with_whom_it_was_agreed_alone(village):
    thing = await publication(village, scope=Scope.NEIGHBOURS, kind=Kind.NEED)
    agreed = await agreement("agreed.example", sends="offer,need")
    await agreement("paused.example", state=AgreementState.PAUSED)
    await agreement("asks.example", state=AgreementState.ASKS)
    await agreement("region.example", is_region=True)
    await agreement("offers.example", sends="offer")
    named = await person("named.example")
    assert await reached(Reach(named=(named,), about=thing, agreed=thing)) == [agreed.inbox]


async def test_a_region_gets_what_everybody_may_read_of_the_kinds_that_were_agreed(village):
    need = await publication(village, kind=Kind.NEED)
    offer = await publication(village, kind=Kind.OFFER)
    news = await publication(village)
    region = await agreement("region.example", is_region=True, sends="need")
    for thing, who in ((need, [region.inbox]), (offer, []), (news, [])):
        assert await reached(Reach(agreed=thing)) == who


async def test_only_what_is_near_enough_is_sent(village):
    need = await publication(village, kind=Kind.NEED)
    need.document = {"location": {"type": "Place", "latitude": 44.70, "longitude": 5.00}}
    away = {"latitude": 44.70, "longitude": 5.25}  # 19.8 km
    near, anywhere, unknown = (
        await agreement("near.example", within=20, **away),
        await agreement("anywhere.example", **away),
        await agreement("unknown.example", within=1),
    )
    await agreement("far.example", within=19, **away)
    assert await reached(Reach(agreed=need)) == sorted(one.inbox for one in (near, anywhere, unknown))


async def test_that_it_is_gone_is_told_to_whoever_may_have_it_whatever_was_agreed_since(village):
    thing = await publication(village, kind=Kind.NEED, scope=Scope.NEIGHBOURS)
    told = [
        await agreement("other-kinds.example", sends="event"),
        await agreement("paused.example", state=AgreementState.PAUSED),
        await agreement("over.example", state=AgreementState.ENDED),
        await agreement("was-near.example", within=1, latitude=48.0, longitude=2.0),
    ]
    await agreement("never.example", state=AgreementState.REFUSED, agreed_at=None)
    await agreement("region.example", is_region=True)
    await agreement("asks-again.example", state=AgreementState.ASKS, agreed_at=None)
    await agreement("before.example", state=AgreementState.ENDED, changed_at=datetime(2020, 1, 1, tzinfo=UTC))
    reach = Reach(about=thing, agreed=thing, gone_since=thing.published_at)
    assert await reached(reach) == sorted(one.inbox for one in told)


async def test_who_met_what_was_for_neighbours_hears_that_it_is_gone_if_they_may_have_it(village):
    thing = await publication(village, kind=Kind.NEED, scope=Scope.NEIGHBOURS)
    before = datetime(2020, 1, 1, tzinfo=UTC)
    await agreement("before.example", state=AgreementState.ENDED, changed_at=before)
    await agreement("region.example", is_region=True)
    told = [(await agreement("agreed.example")).inbox]
    for name in ("before.example", "region.example", "agreed.example"):
        liker = await person(name)
        await Reaction.create(deed=Deed.LIKE, uri=name, actor=liker, publication=thing)
        told += [liker.inbox] if name == "agreed.example" else []
    reach = Reach(about=thing, agreed=thing, gone_since=thing.published_at)
    assert await reached(reach) == sorted(told)


async def test_a_region_hears_that_it_is_gone_of_what_everybody_could_read(village):
    thing = await publication(village, kind=Kind.NEED)
    region = await agreement("region.example", is_region=True)
    reach = Reach(about=thing, agreed=thing, gone_since=thing.published_at)
    assert await reached(reach) == [region.inbox]


async def agreement(host, *, state=AgreementState.AGREED, **facts):
    """The server actor of a hub with which there is one, or was."""
    server = await person(host)
    usual = {"sends": "need,offer", "agreed_at": datetime.now(UTC), "changed_at": datetime.now(UTC)}
    await Neighbour.create(actor=server, host=host, state=state, **(usual | facts))
    return server


async def test_what_is_for_the_village_goes_nowhere(village):
    await person("friend.example", follows=village)
    thing = await publication(village, scope=Scope.VILLAGE)
    assert await reached(Reach(followers_of=(village,), about=thing)) == []


async def test_what_is_for_one_person_goes_to_nobody_who_answers_or_likes_it(village):
    told, eve = await person("told.example"), await person("eve.example", follows=village)
    thing = await publication(village, kind=Kind.ANSWER, scope=Scope.DIRECT)
    await document(thing, mentions=[Mention(told.uri, "x@told.example", told.uri)])
    await publication(eve, kind=Kind.MESSAGE, in_reply_to=thing.uri)
    await Reaction.create(deed=Deed.LIKE, uri="a", actor=eve, publication=thing)
    assert await reached(Reach(named=(told,), about=thing)) == [told.inbox]


async def test_a_reach_of_nobody_is_no_trouble(village):
    assert await reached(Reach()) == []


async def test_a_host_is_called_at_once_unless_it_has_to_wait(village):
    await person("well.example", follows=village)
    waits = await person("waits.example", follows=village)
    later = village.created_at + timedelta(days=1000)
    await Host.filter(name=waits.host).update(next_at=later)
    await announce(village)
    assert (await host("well.example")).next_at is not None
    assert (await host("waits.example")).next_at == later
