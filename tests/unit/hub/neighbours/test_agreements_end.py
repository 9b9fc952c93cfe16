"""Agreements with other hubs: they change, are paused, and end; in a closed network they are the door."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from hub.actors.hosts import use_federation
from hub.actors.models import Host, Policy
from hub.errors import InvalidInput
from hub.fediverse.models import AgreementState, Delivery, Follow, Neighbour
from hub.fediverse.neighbours import is_neighbour
from hub.jobs import Job
from hub.journal import Entry
from hub.neighbours import actions
from hub.neighbours.wire import EVERYTHING, Terms
from hub.network import hosts
from tests import factories
from tests.others import activity, sent, somebody
from tests.unit.hub.neighbours.agreements import (
    SOME,
    agreed,
    fresh,
    hear,
    hear_proposal,
    host_of,
    the_answers,
    val,
)
from tests.unit.hub.neighbours.agreements import server as server
from tests.unit.hub.neighbours.agreements import slices as slices
from tests.unit.hub.neighbours.around import hub
from tests.unit.hub.neighbours.around import peer as peer
from tests.unit.hub.projects.conftest import village as village

# ------------------------------------------------------------ it changes, pauses, ends


async def test_what_we_send_can_be_changed_and_they_are_told(server):
    neighbour, _ = await agreed(server)
    await actions.change_terms(neighbour, SOME)
    (told,) = await the_answers("Follow")
    assert told["lavoir:sends"] == ["need", "event"]
    assert (await fresh(neighbour)).kinds_sent == {"need", "event"}


async def test_a_pause_is_ours_alone_and_goes_on_with_catching_up(server):
    neighbour, theirs = await agreed(server)
    await actions.pause(neighbour, "Trop de messages")
    assert not await is_neighbour("val.example")
    assert await sent() == []
    await hear(activity("Follow", theirs, server))  # what they say goes on, and does not end the pause
    assert (await fresh(neighbour)).state is AgreementState.PAUSED
    await actions.go_on(neighbour)
    assert await is_neighbour("val.example")
    assert await Job.filter(name__endswith="catch_up").count() == 1


async def test_who_ends_it_unfollows_says_no_and_removes_the_copies(server):
    neighbour, _ = await agreed(server)
    await actions.end(neighbour, "Nous quittons la vallée.")
    assert len(await the_answers("Undo")) == 1
    (no,) = await the_answers("Reject")
    assert no["content"] == "Nous quittons la vallée."
    assert not await Follow.exists()
    assert (await fresh(neighbour)).by_us
    assert await Job.filter(name__endswith="remove_of").count() == 1


@pytest.mark.parametrize("by", ["Reject", "Undo", "bare Undo", "Undo of Accept", "Block", "Delete"])
async def test_when_they_end_it_so_do_we(server, by):
    neighbour, theirs = await agreed(server)
    ours = await Follow.get(followed=theirs)
    their_follow = await Follow.get(follower=theirs)
    asked = {"id": their_follow.uri, "type": "Follow", "actor": theirs.uri, "object": server.uri}
    of_ours = {"id": ours.uri, "type": "Follow", "actor": server.uri, "object": theirs.uri}
    await hear(
        {
            "Reject": activity("Reject", theirs, of_ours, content="C’est fini."),
            "Undo": activity("Undo", theirs, asked),
            "bare Undo": activity("Undo", theirs, their_follow.uri),
            "Undo of Accept": activity("Undo", theirs, activity("Accept", theirs, of_ours)),
            "Block": activity("Block", theirs, server.uri),
            "Delete": activity("Delete", theirs, theirs.uri),
        }[by]
    )
    over = await fresh(neighbour)
    assert (over.state, over.by_us) == (AgreementState.ENDED, False)
    assert not await Follow.exists()
    assert not await is_neighbour("val.example")
    assert await Job.filter(name__endswith="remove_of").count() == 1


async def test_nobody_else_ends_it(server):
    neighbour, theirs = await agreed(server)
    eve, neighbour_of_theirs = await somebody("eve", "evil.example"), await somebody("eve", "val.example")
    their_follow = await Follow.get(follower=theirs)
    asked = {"id": their_follow.uri, "type": "Follow", "actor": theirs.uri, "object": server.uri}
    for one in (eve, neighbour_of_theirs):
        await hear(activity("Undo", one, asked), activity("Block", one, server.uri))
    assert (await fresh(neighbour)).state is AgreementState.AGREED


async def test_whom_we_block_we_agree_with_no_longer_and_what_came_from_there_goes(server):
    claire = await factories.member("Claire", role="administrator")
    neighbour, _ = await agreed(server)
    asks = await hub("below.val.example", state=AgreementState.ASKS, followed=False)
    await hosts.block({"val.example": "Advertising"}, by=claire)
    over = await fresh(neighbour)
    assert (over.state, over.by_us, over.caught_up_at) == (AgreementState.ENDED, True, None)
    assert (await fresh(asks)).state is AgreementState.ENDED
    (job,) = await Job.filter(name__endswith="remove_of")
    assert json.loads(job.arguments) == {"host": "val.example", "paused_at": ""}
    ended = Entry.filter(act="neighbour-ended")
    assert await ended.values_list("about", "by") == [("val.example", "Claire")]
    assert await sent() == []


async def test_what_was_decided_stands_in_the_journal(server):
    claire = await factories.member("Claire", role="administrator")
    neighbour, _ = await agreed(server)
    await actions.pause(neighbour, "Trop", by=claire)
    await actions.go_on(neighbour, by=claire)
    await actions.change_terms(neighbour, SOME, by=claire)
    await actions.end(neighbour, "Fini", by=claire)
    said = await Entry.filter(about="val.example").order_by("id").values_list("act", "by", "why")
    assert said == [
        ("neighbour-paused", "Claire", "Trop"),
        ("neighbour-resumed", "Claire", ""),
        ("neighbour-terms", "Claire", SOME.why),
        ("neighbour-ended", "Claire", "Fini"),
    ]


# ------------------------------------------------------------ LAVOIR_FEDERATION=neighbours


async def test_where_only_neighbours_are_let_in_these_are_exactly_the_agreements(peer, server):
    from hub.actors.hosts import is_refused, may_not_reach, policies_changed

    uri = val(peer)
    host = host_of(uri)
    await Host.create(name="friend.example", policy=Policy.ALLOWED)
    use_federation("neighbours")
    policies_changed()
    assert await is_refused(host)
    assert await is_refused("friend.example")  # what was allowed by hand before there were agreements
    neighbour = await actions.propose(host)
    assert not await is_refused(host)
    await actions.withdraw(neighbour)
    assert await is_refused(host)
    assert not await may_not_reach(host)  # our last word still goes there
    await Neighbour.all().update(changed_at=datetime.now(UTC) - timedelta(days=9))
    policies_changed()
    assert await may_not_reach(host)


async def test_who_only_asks_is_answered_and_not_let_in(peer, server):
    from hub.actors.hosts import is_refused, may_not_reach, policies_changed

    uri = val(peer)
    await hear_proposal(uri, server)
    use_federation("neighbours")
    policies_changed()
    assert await is_refused(host_of(uri))
    assert not await may_not_reach(host_of(uri))
    until = datetime(2027, 1, 15, 12, tzinfo=UTC)
    await actions.ask_for_time(await Neighbour.get(), until)
    assert await Delivery.filter(inbox=f"{uri}/inbox").count() == 1
    await actions.accept(await Neighbour.get())
    assert await Delivery.filter(inbox=f"{uri}/inbox").count() == 3
    assert not await is_refused(host_of(uri))


async def test_to_ask_is_not_to_let_in(peer, server):
    from hub.actors.hosts import is_refused

    use_federation("neighbours")
    uri = val(peer, implements=None)
    with pytest.raises(InvalidInput):
        await actions.propose(host_of(uri))
    assert await is_refused(host_of(uri))


def test_terms_are_read_with_suspicion():
    from hub.neighbours.wire import read_terms

    odd = {"lavoir:sends": ["event", "need", "need", 3, "x" * 500], "lavoir:within": True, "content": ["no"]}
    assert read_terms(odd) == Terms(sends=("need", "event"), within=None, why="")
    assert read_terms({"lavoir:sends": "need", "lavoir:within": -4}) == Terms(sends=(), within=None, why="")
    assert read_terms({"content": "x" * 5_000}).why == "x" * 1_000
    assert EVERYTHING.sends == ("need", "offer", "event", "project", "experience")
    assert json.dumps(EVERYTHING.sends)
