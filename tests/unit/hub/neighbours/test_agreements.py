"""Agreements with other hubs: who may make one, what each side hears, and what ends it."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network

import pytest
import pytest_asyncio

from hub.actors.hosts import use_federation
from hub.actors.models import Actor, Host, KnownKey, Policy, Role
from hub.actors.peers import open_peers
from hub.app import HANDLERS, PEOPLE, use_slices
from hub.errors import Conflict, InvalidInput
from hub.fediverse.models import AgreementState, Delivery, Follow, Neighbour
from hub.fediverse.neighbours import is_neighbour
from hub.fediverse.receiving import handle_batch
from hub.jobs import Job
from hub.journal import Entry
from hub.neighbours import actions, agreeing, meeting
from hub.neighbours.wire import EVERYTHING, Terms
from hub.network import hosts
from hub.notifications.models import Notice
from hub.notifications.people import use_people
from tests import factories
from tests.evilpeer import NEIGHBOUR, PEER, EvilPeer, answers
from tests.factories import do_jobs
from tests.others import activity, receive, sent, somebody
from tests.unit.hub.neighbours.around import hub
from tests.unit.hub.projects.conftest import village as village

AS = "https://www.w3.org/ns/activitystreams"
PROFILE = [{"type": "Link", "href": "https://w3id.org/lavoir#profile-1"}]
SOME = Terms(sends=("need", "event"), within=25, why="Nous nous entraidons depuis toujours.")


@pytest.fixture(autouse=True)
def slices(village):
    use_slices()
    use_people(PEOPLE)


@pytest_asyncio.fixture
async def peer(village, database, tmp_path):
    """Other servers on loopback addresses, which our client trusts."""
    async with EvilPeer() as peer:
        config = replace(database, ca_file=peer.ca_file(tmp_path), peer_networks=(ip_network("127.0.0.0/8"),))
        async with open_peers(replace(config, origin="https://bourg.example")):
            yield peer
    use_federation("open")


@pytest.fixture
async def server(village):
    return await Actor.of_role(Role.SERVER)


def val(peer, *, host=PEER, **facts):
    """A hub that says who it is; the URI of its server actor."""
    uri = str(peer.uri("/actor", host=host))
    document = {
        "@context": AS,
        "id": uri,
        "type": "Application",
        "preferredUsername": "server",
        "name": "Val-des-Prés",
        "inbox": f"{uri}/inbox",
        "followers": f"{uri}/followers",
        "implements": PROFILE,
        "lavoir:open": f"{uri}/open",
        "location": {"type": "Place", "latitude": 44.7, "longitude": 5.0},
        **facts,
    }
    given = {name: value for name, value in document.items() if value is not None}
    peer.on("/actor", answers.document(given), host=host)
    return uri


def host_of(uri):
    return uri.split("/")[2]


async def hear(*messages):
    for message in messages:
        await receive(message)
        while await handle_batch(HANDLERS, now=datetime.now(UTC)):
            pass


async def the_answers(kind):
    return [one for one in await sent(kind) if one["actor"] == "https://bourg.example/actor"]


async def asked_by_us(host="val.example", **facts):
    """A hub to which we have proposed, and our Follow of it."""
    neighbour = await hub(host, state=AgreementState.ASKED, followed=False, **facts)
    follow = await Follow.create(
        uri=f"https://bourg.example/actor/follows/{host}",
        follower=await Actor.of_role(Role.SERVER),
        followed=await Actor.get(id=neighbour.actor_id),
    )
    return neighbour, await Actor.get(id=neighbour.actor_id), follow


def accept(actor, follow, **terms):
    asked = {"id": follow.uri, "type": "Follow", "actor": "https://bourg.example/actor", "object": actor.uri}
    return activity("Accept", actor, asked, **terms)


async def fresh(neighbour):
    return await Neighbour.get(id=neighbour.id)


# ------------------------------------------------------------ we propose


async def test_a_proposal_is_a_follow_with_what_we_would_send_and_why(peer, server):
    uri = val(peer)
    neighbour = await actions.propose(f"https://{host_of(uri)}/besoins?page=2", SOME)
    assert (neighbour.state, neighbour.name, neighbour.latitude) == (
        AgreementState.ASKED,
        "Val-des-Prés",
        44.7,
    )
    (asked,) = await the_answers("Follow")
    assert (asked["object"], asked["to"]) == (uri, [uri])
    assert (asked["lavoir:sends"], asked["lavoir:within"]) == (["need", "event"], 25)
    assert asked["content"] == SOME.why
    assert await Delivery.filter(inbox=f"{uri}/inbox").count() == 1
    assert not await is_neighbour(neighbour.host)
    assert await Entry.filter(act="neighbour-proposed", about=neighbour.host).exists()


async def test_their_yes_makes_it_an_agreement_and_what_is_open_there_is_read(village):
    neighbour, theirs, follow = await asked_by_us()
    await factories.member("Claire", role="administrator")
    await hear(
        accept(theirs, follow, **{"lavoir:sends": ["offer", "nonsense"], "content": "<p>Avec joie</p>"})
    )
    agreed = await fresh(neighbour)
    assert (agreed.state, agreed.receives, agreed.their_why) == (AgreementState.AGREED, "offer", "Avec joie")
    assert await is_neighbour("val.example")
    assert await Job.filter(name__endswith="catch_up").count() == 1
    assert await Notice.filter(kind="neighbour").count() == 1


async def test_then_they_follow_us_and_our_yes_comes_by_itself(village, server):
    neighbour, theirs, follow = await asked_by_us(sends="need", within=25)
    asked = activity("Follow", theirs, server, **{"lavoir:sends": ["need"], "lavoir:within": 10})
    await hear(accept(theirs, follow), asked)
    (answer,) = await the_answers("Accept")
    assert (answer["object"]["id"], answer["lavoir:sends"], answer["lavoir:within"]) == (
        asked["id"],
        ["need"],
        25,
    )
    assert ((await fresh(neighbour)).receives, (await fresh(neighbour)).their_within) == ("need", 10)
    assert await Follow.filter(follower=theirs, followed=server, accepted_at__not_isnull=True).exists()
    assert await the_answers("Follow") == []


async def test_who_proposes_at_the_same_time_says_yes_by_it(village, server):
    neighbour, theirs, follow = await asked_by_us()
    await hear(activity("Follow", theirs, server))
    assert [len(await the_answers(kind)) for kind in ("Accept", "Follow")] == [
        1,
        1,
    ]  # ours may have been lost
    assert (await fresh(neighbour)).state is AgreementState.ASKED
    again = await Follow.get(id=follow.id)
    await hear(accept(theirs, again))
    assert (await fresh(neighbour)).state is AgreementState.AGREED


async def test_who_proposed_already_is_answered_with_yes(peer, server):
    uri = val(peer)
    await _hear_proposal(uri, server)
    neighbour = await actions.propose(host_of(uri), SOME)
    assert neighbour.state is AgreementState.AGREED
    assert [len(await the_answers(kind)) for kind in ("Accept", "Follow")] == [1, 1]


async def test_nobody_else_can_say_yes_for_them(village):
    neighbour, theirs, follow = await asked_by_us()
    eve = await somebody("eve", "evil.example")
    said = accept(theirs, follow)
    await hear({**said, "id": f"{eve.uri}/1", "actor": eve.uri})
    same_host = await somebody("eve", "val.example")
    await hear({**said, "id": f"{same_host.uri}/1", "actor": same_host.uri})
    assert (await fresh(neighbour)).state is AgreementState.ASKED


async def test_their_no_is_read_with_its_reason(village):
    neighbour, theirs, follow = await asked_by_us()
    await hear({**accept(theirs, follow), "type": "Reject", "content": "Nous sommes <b>trop petits</b>."})
    refused = await fresh(neighbour)
    assert (refused.state, refused.their_why, refused.by_us) == (
        AgreementState.REFUSED,
        "Nous sommes trop petits.",
        False,
    )
    assert not await Follow.exists(followed=theirs)
    await hear(accept(theirs, follow))  # too late
    assert (await fresh(neighbour)).state is AgreementState.REFUSED


async def test_they_may_ask_for_time(village):
    neighbour, theirs, follow = await asked_by_us()
    await hear({**accept(theirs, follow), "type": "TentativeAccept", "endTime": "2026-12-24T12:00:00Z"})
    put_off = await fresh(neighbour)
    assert (put_off.state, put_off.answer_by.date().isoformat()) == (AgreementState.ASKED, "2026-12-24")


async def test_who_puts_us_off_again_and_again_is_told_of_a_few_times(village):
    await factories.member("Claire", role="administrator")
    neighbour, theirs, follow = await asked_by_us()
    later = {**accept(theirs, follow), "type": "TentativeAccept", "endTime": "2026-12-24T12:00:00Z"}
    for number in range(3):
        await hear({**later, "id": f"{theirs.uri}/later/{number}"})
    assert await Notice.filter(kind="neighbour").count() == 1
    for number in range(5):
        await hear({**later, "id": f"{theirs.uri}/words/{number}", "content": f"Non {number}"})
    assert await Notice.filter(kind="neighbour").count() == 2
    assert (await fresh(neighbour)).their_why == "Non 4"


async def test_a_proposal_is_taken_back_before_the_answer(village):
    neighbour, theirs, follow = await asked_by_us()
    await actions.withdraw(neighbour)
    (undone,) = await the_answers("Undo")
    assert undone["object"]["id"] == follow.uri
    await hear(accept(theirs, follow))
    assert (await fresh(neighbour)).state is AgreementState.ENDED


async def test_who_asks_too_and_was_answered_with_yes_is_told_when_we_take_ours_back(village, server):
    neighbour, theirs, _ = await asked_by_us()
    asked = activity("Follow", theirs, server)
    await hear(asked)
    await actions.withdraw(neighbour)
    (no,) = await the_answers("Reject")
    assert no["object"]["id"] == asked["id"]
    assert not await Follow.exists()


# ------------------------------------------------------------ what cannot be


@pytest.mark.parametrize(
    ("facts", "problem"),
    [
        ({"implements": None}, meeting.NO_HUB),
        ({"type": "Person"}, meeting.NO_HUB),
        ({"lavoir:open": None}, meeting.OLDER),
        ({"id": "https://peer.example/users/ana"}, meeting.NO_HUB),
        ({"inbox": "https://evil.example/inbox"}, meeting.NO_HUB),
    ],
)
async def test_what_is_no_hub_or_an_old_one_is_said_and_nothing_is_half_agreed(peer, facts, problem):
    uri = val(peer, **facts)
    with pytest.raises(InvalidInput) as error:
        await actions.propose(host_of(uri))
    assert error.value.by_field == {"address": problem}
    assert not await Neighbour.exists()
    assert not await Follow.exists()
    assert await sent() == []


async def test_nobody_at_home_oneself_and_nonsense_are_said(peer, village):
    for address, problem in {
        "127.0.0.1:9": meeting.NO_ANSWER,
        "https://bourg.example/": meeting.OURSELVES,
        "bourg.example": meeting.OURSELVES,
        "nicht so": meeting.NOT_AN_ADDRESS,
        "": meeting.NOT_AN_ADDRESS,
    }.items():
        with pytest.raises(InvalidInput) as error:
            await actions.propose(address)
        assert error.value.by_field == {"address": problem}, address
    assert not await Neighbour.exists()


async def test_who_is_blocked_or_agreed_with_already_is_not_asked(peer):
    uri = val(peer)
    await actions.propose(host_of(uri))
    with pytest.raises(InvalidInput, match="asked this village already"):
        await actions.propose(host_of(uri))
    await Neighbour.all().update(state=AgreementState.PAUSED)
    with pytest.raises(InvalidInput, match="exchange with this village already"):
        await actions.propose(host_of(uri))
    await hosts.block({host_of(uri): "Advertising"})
    with pytest.raises(InvalidInput) as error:
        await actions.propose(host_of(uri))
    assert error.value.by_field == {"address": meeting.BLOCKED}


async def test_a_hub_with_other_keys_than_before_is_asked_by_telephone_first(peer):
    from federation.signatures.keys import generate_rsa, public_pem

    old, new = (public_pem(generate_rsa().public_key()) for _ in range(2))
    uri = str(peer.uri("/actor"))
    val(peer, publicKey={"id": f"{uri}#main-key", "owner": uri, "publicKeyPem": new})
    await KnownKey.create(id=f"{uri}#main-key", owner=uri, pem=old, seen_at=datetime.now(UTC))
    with pytest.raises(InvalidInput) as error:
        await actions.propose(host_of(uri))
    assert error.value.by_field == {"address": meeting.KEYS_CHANGED}
    assert not await Neighbour.exists()
    assert (await actions.propose(host_of(uri), trusts_new_keys=True)).state is AgreementState.ASKED
    assert not await KnownKey.exists()


# ------------------------------------------------------------ they propose


async def _hear_proposal(uri, server, **said):
    actor = await Actor.get_or_none(uri=uri)
    if actor is None:
        host = host_of(uri)
        actor = await somebody("server", host, uri=uri, kind="Application", inbox=f"{uri}/inbox")
    await hear(activity("Follow", actor, server, **said))
    await do_jobs(agreeing.meet_proposer)
    return actor


async def test_a_proposal_waits_for_an_administrator_with_what_they_would_send(peer, server):
    await factories.member("Claire", role="administrator")
    uri = val(peer)
    terms = {"lavoir:sends": ["need", "offer"], "lavoir:within": 30, "content": "Nous sommes voisins."}
    await _hear_proposal(uri, server, **terms)
    waits = await Neighbour.get()
    assert (waits.state, waits.receives, waits.their_within) == (AgreementState.ASKS, "need,offer", 30)
    assert (waits.their_why, waits.name) == ("Nous sommes voisins.", "Val-des-Prés")
    assert not await Follow.filter(accepted_at__not_isnull=True).exists()
    assert await sent() == []
    assert await Notice.filter(kind="neighbour").count() == 1
    await _hear_proposal(uri, server, **terms)  # asked again: nobody is told twice
    assert await Notice.filter(kind="neighbour").count() == 1


async def test_a_follow_that_was_accepted_once_hides_no_proposal(peer, server):
    await factories.member("Claire", role="administrator")
    uri = val(peer)
    actor = await somebody("server", host_of(uri), uri=uri, kind="Application", inbox=f"{uri}/inbox")
    await Follow.create(
        uri=f"{uri}/follows/old", follower=actor, followed=server, accepted_at=datetime.now(UTC)
    )
    await _hear_proposal(uri, server)
    assert (await Neighbour.get()).state is AgreementState.ASKS
    assert await Notice.filter(kind="neighbour").count() == 1
    assert (await Follow.get()).accepted_at is None
    await actions.accept(await Neighbour.get(), SOME)
    assert len(await the_answers("Accept")) == 1


async def test_who_asks_anew_has_no_agreement_until_the_answer(peer, server):
    uri = val(peer)
    await _hear_proposal(uri, server)
    await actions.accept(await Neighbour.get())
    await actions.end(await Neighbour.get())
    assert (await Neighbour.get()).agreed_at is not None
    await _hear_proposal(uri, server)
    assert (await Neighbour.get()).agreed_at is None
    await actions.refuse(await Neighbour.get(), "Plus maintenant")
    await Neighbour.all().update(agreed_at=datetime.now(UTC))
    await actions.propose(host_of(uri))
    assert (await Neighbour.get()).agreed_at is None


async def test_accepting_says_yes_and_follows_back(peer, server):
    uri = val(peer)
    await _hear_proposal(uri, server)
    await actions.accept(await Neighbour.get(), SOME)
    (yes,), (ours,) = await the_answers("Accept"), await the_answers("Follow")
    assert (yes["lavoir:sends"], ours["lavoir:sends"]) == (["need", "event"], ["need", "event"])
    assert ours["object"] == uri
    assert (await Neighbour.get()).state is AgreementState.AGREED
    with pytest.raises(Conflict):
        await actions.accept(await Neighbour.get(), SOME)


async def test_a_region_is_not_followed_back(peer, server):
    uri = val(peer, **{"lavoir:region": True})
    await _hear_proposal(uri, server)
    assert (await Neighbour.get()).is_region
    await actions.accept(await Neighbour.get())
    assert len(await the_answers("Accept")) == 1
    assert await the_answers("Follow") == []
    assert not await Job.filter(name__endswith="catch_up").exists()  # nor read: it has nothing of its own
    assert not await is_neighbour(host_of(uri))


async def test_a_no_has_a_reason_and_holds_for_a_month(peer, server):
    uri = val(peer)
    actor = await _hear_proposal(uri, server)
    await actions.refuse(await Neighbour.get(), "Nous ne sommes pas prêts.")
    (no,) = await the_answers("Reject")
    assert no["content"] == "Nous ne sommes pas prêts."
    await hear(activity("Follow", actor, server))
    assert [one["content"] for one in await the_answers("Reject")] == ["Nous ne sommes pas prêts."] * 2
    assert not await Job.filter(name__endswith="meet_proposer").exists()
    await Neighbour.all().update(changed_at=datetime.now(UTC) - timedelta(days=40))
    await _hear_proposal(uri, server)
    assert (await Neighbour.get()).state is AgreementState.ASKS


async def test_time_is_asked_for_until_a_day(peer, server):
    uri = val(peer)
    await _hear_proposal(uri, server)
    until = datetime(2027, 1, 15, 12, tzinfo=UTC)
    await actions.ask_for_time(await Neighbour.get(), until, "Le conseil se réunit en janvier.")
    (later,) = await the_answers("TentativeAccept")
    assert (later["endTime"], later["content"]) == (
        "2027-01-15T12:00:00Z",
        "Le conseil se réunit en janvier.",
    )
    assert (await Neighbour.get()).state is AgreementState.ASKS


async def test_whom_we_ask_while_we_look_who_they_are_is_answered_at_once(peer, server):
    uri = val(peer)
    actor = await somebody("server", host_of(uri), uri=uri, kind="Application", inbox=f"{uri}/inbox")
    asked = activity("Follow", actor, server)
    await hear(asked)
    await actions.propose(host_of(uri), SOME)
    await do_jobs(agreeing.meet_proposer)
    (yes,) = await the_answers("Accept")
    assert yes["object"]["id"] == asked["id"]
    assert await Follow.filter(follower=actor, accepted_at__not_isnull=True).exists()


async def test_who_is_no_hub_is_told_no(peer, server):
    uri = val(peer, implements=None)
    await _hear_proposal(uri, server)
    ana = await somebody("ana")
    await hear(activity("Follow", ana, server))  # FED-08: the server actor is no profile
    assert [one["to"] for one in await the_answers("Reject")] == [[uri], [ana.uri]]
    assert not await Neighbour.exists()
    assert not await Follow.exists()


async def test_a_proposal_that_was_taken_back_meanwhile_does_not_wait(peer, server):
    uri = val(peer)
    actor = await somebody("server", host_of(uri), uri=uri, kind="Application", inbox=f"{uri}/inbox")
    asked = activity("Follow", actor, server)
    await hear(asked, activity("Undo", actor, asked))
    await do_jobs(agreeing.meet_proposer)
    assert not await Neighbour.exists()
    await hear(activity("Undo", actor, asked), asked)
    await do_jobs(agreeing.meet_proposer)
    assert not await Neighbour.exists()


async def test_only_so_many_proposals_wait_at_once(peer, server, monkeypatch):
    monkeypatch.setattr("hub.limits.PROPOSALS_WAITING", 1)
    await _hear_proposal(val(peer), server)
    await _hear_proposal(val(peer, host=NEIGHBOUR), server)
    assert await Neighbour.all().count() == 1
    assert len(await the_answers("Reject")) == 1


# ------------------------------------------------------------ it changes, pauses, ends


async def agreed(server, **facts):
    """With both follows."""
    neighbour = await hub("val.example", agreed_at=datetime.now(UTC), **facts)
    theirs = await Actor.get(id=neighbour.actor_id)
    at = datetime.now(UTC)
    await Follow.create(uri=f"{theirs.uri}/follows/1", follower=theirs, followed=server, accepted_at=at)
    return neighbour, theirs


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
    await _hear_proposal(uri, server)
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
