"""What is asked of other servers after a message: their own word counts, at their own address."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from ipaddress import ip_network

import pytest

from federation.errors import Unreachable
from federation.vocabulary import PUBLIC
from hub.actors.hosts import use_federation
from hub.actors.minting import use_origin
from hub.actors.models import Actor, Role
from hub.actors.peers import open_peers
from hub.db import transaction
from hub.fediverse import actions
from hub.fediverse.asking import confirm_handle, refresh_actor
from hub.fediverse.fetching import check_move, fetch_object, verify_gone
from hub.fediverse.models import Follow, Received
from hub.jobs import Job
from hub.publications.models import Deed, Kind, Publication, Reaction
from tests import factories
from tests.evilpeer import NEIGHBOUR, PEER, EvilPeer, answers
from tests.others import activity, announcement, handle, hear, note, receive, sent, somebody

AS = "https://www.w3.org/ns/activitystreams"
TOMBSTONE = {"@context": AS, "type": "Tombstone"}


@pytest.fixture(autouse=True)
async def peer(database, tmp_path):
    """Other servers on loopback addresses, and our guarded client that trusts them."""
    async with EvilPeer() as peer:
        networks = (ip_network("127.0.0.0/8"),)
        config = replace(database, ca_file=peer.ca_file(tmp_path), peer_networks=networks)
        async with open_peers(replace(config, origin="https://bourg.example")):
            await factories.village(handle="bourg", name="Bourg")
            yield peer
    use_origin("http://localhost:8000")
    use_federation("open")


@pytest.fixture
async def village(peer):
    return await Actor.of_role(Role.VILLAGE)


def address(peer, path, host=PEER):
    return str(peer.uri(path, host=host))


def person(peer, name="ana", host=PEER, **properties):
    """The document of a person, served at its address."""
    uri = address(peer, f"/users/{name}", host)
    document = {
        "@context": AS,
        "id": uri,
        "type": "Person",
        "preferredUsername": name,
        "name": name.title(),
        "inbox": f"{uri}/inbox",
        "followers": f"{uri}/followers",
        **properties,
    }
    peer.on(f"/users/{name}", answers.document(document), host=host)
    return document


async def known(peer, name="ana", host=PEER):
    netloc = f"{host}:{peer.ports['valid']}"
    return await somebody(name, netloc, fetched_at=datetime(2026, 1, 1, tzinfo=UTC))


def served(peer, thing):
    path = thing["id"].partition(str(peer.ports["valid"]))[2]
    peer.on(path, answers.document({"@context": AS, **thing}))
    return thing["id"]


async def follow(village, actor):
    async with transaction():
        ours = await actions.follow(village, actor)
    await Follow.filter(id=ours.id).update(accepted_at=datetime.now(UTC))


async def test_an_actor_is_as_its_own_server_says(peer):
    ana = await known(peer)
    person(peer, name="ana", summary="<p>Bonjour<script>x</script></p>")
    await refresh_actor(ana.uri)
    now = await Actor.get(id=ana.id)
    assert (now.display_name, now.summary) == ("Ana", "<p>Bonjour</p>")


async def test_an_actor_that_was_asked_since_is_not_asked_again(peer):
    ana = await known(peer)
    await refresh_actor(ana.uri, asked_at="2025-01-01T00:00:00+00:00")
    assert peer.asked() == []


async def test_a_stranger_s_message_is_handled_once_their_server_has_answered(peer, village):
    uri = person(peer)["id"]
    await receive(activity("Follow", Actor(uri=uri), village))
    await handle()
    assert await Received.exists()
    await factories.do_jobs(refresh_actor)
    await handle()
    assert (await Follow.get().select_related("follower")).follower.uri == uri


async def test_only_410_ends_an_actor(peer):
    """FLT-14"""
    ana, bob = await known(peer, "ana"), await known(peer, "bob")
    peer.on("/users/bob", answers.status(410))
    await refresh_actor(ana.uri)
    await refresh_actor(bob.uri)
    assert (await Actor.get(id=ana.id)).deleted_at is None
    assert (await Actor.get(id=bob.id)).deleted_at is not None


async def test_a_server_that_is_down_is_asked_again(peer):
    ana = await known(peer)
    peer.on("/users/ana", answers.status(503))
    with pytest.raises(Unreachable):
        await refresh_actor(ana.uri)


@pytest.mark.parametrize("leads_to", ["ana", "mallory"])
async def test_a_handle_is_shown_once_its_host_leads_back(peer, leads_to):
    """ORG-14"""
    ana = await known(peer)
    acct = f"acct:ana@{ana.host}"
    link = {"rel": "self", "type": "application/activity+json", "href": address(peer, f"/users/{leads_to}")}
    found = answers.body(json.dumps({"subject": acct, "links": [link]}).encode(), kind="application/jrd+json")
    for query in (acct, acct.replace(":", "%3A").replace("@", "%40")):
        peer.on(f"/.well-known/webfinger?resource={query}", found)
    await confirm_handle(ana.id)
    expected = f"ana@{ana.host}" if leads_to == "ana" else None
    assert (await Actor.get(id=ana.id)).handle == expected


async def test_a_thing_of_which_only_the_id_came_is_stored_as_its_server_says(peer, village):
    ana = await known(peer)
    thing = note(ana, cc=[village.uri])
    served(peer, thing)
    await hear(activity("Create", ana, thing["id"], to=[PUBLIC], cc=[village.uri]))
    await factories.do_jobs(fetch_object)
    assert (await Publication.get()).kind is Kind.MESSAGE


async def test_a_thing_of_somebody_else_is_not_taken_for_the_teller_s(peer, village):
    ana, bob = await known(peer), await known(peer, "bob")
    uri = served(peer, note(bob, cc=[village.uri]))
    await fetch_object(uri, ana.id)
    assert not await Publication.exists()


@pytest.mark.parametrize("to", [[PUBLIC], ["https://other.example/eva"]])
async def test_what_somebody_announced_whom_we_follow_is_kept_if_all_may_read_it(peer, village, to):
    ana = await known(peer)
    await follow(village, ana)
    author = person(peer, "bob", host=NEIGHBOUR)
    thing = note(Actor(uri=author["id"], followers_uri=author["followers"]), to=to, cc=None)
    served(peer, thing)
    announced = activity("Announce", ana, thing["id"])
    await hear(announced)
    await factories.do_jobs(fetch_object)
    kept = await Publication.get_or_none(uri=thing["id"]).select_related("author")
    if to != [PUBLIC]:
        assert kept is None
        return
    assert (kept.kind, kept.author.uri, kept.shares) == (Kind.POST, author["id"], 1)
    assert (await Reaction.get()).deed is Deed.ANNOUNCE
    await hear(activity("Undo", ana, announced))
    assert not await Reaction.exists()


async def test_an_announce_that_was_taken_back_meanwhile_leaves_nothing(peer, village):
    ana = await known(peer)
    await follow(village, ana)
    author = person(peer, "bob", host=NEIGHBOUR)
    thing = note(Actor(uri=author["id"], followers_uri=author["followers"]))
    served(peer, thing)
    announced = activity("Announce", ana, thing["id"])
    await hear(announced, activity("Undo", ana, announced))
    await factories.do_jobs(fetch_object)
    assert not await Publication.exists()


@pytest.mark.parametrize("answer", ["here", "tombstone", "404", "410"])
async def test_what_another_says_is_gone_goes_when_its_server_agrees(peer, village, answer):
    """INB-14"""
    ana = await known(peer)
    news = await announcement(village)
    thing = note(ana, inReplyTo=news.uri)
    await hear(activity("Create", ana, thing))
    served(peer, {"here": thing, "tombstone": {**TOMBSTONE, "id": thing["id"]}}.get(answer, thing))
    if answer.isdigit():
        peer.on(thing["id"].partition(str(peer.ports["valid"]))[2], answers.status(int(answer)))
    await verify_gone(thing["id"])
    assert ((await Publication.get(uri=thing["id"])).deleted_at is None) == (answer == "here")


@pytest.mark.parametrize("names_old", [True, False])
async def test_we_follow_somebody_to_an_address_that_names_the_old_one(peer, village, names_old):
    """INB-19"""
    ana = await known(peer)
    await follow(village, ana)
    new = person(peer, "ana2", host=NEIGHBOUR, alsoKnownAs=[ana.uri] if names_old else [])
    await hear(activity("Move", ana, ana.uri, target=new["id"]))
    await factories.do_jobs(check_move)
    followed = (await Follow.get().select_related("followed")).followed
    assert followed.uri == (new["id"] if names_old else ana.uri)
    types = [one["type"] for one in await sent()]
    assert types == (["Follow", "Follow", "Undo"] if names_old else ["Follow"])


async def test_nobody_moves_twice_in_a_week(peer, village):
    """INB-19"""
    ana = await known(peer)
    await follow(village, ana)
    for name in ("ana2", "ana3"):
        new = person(peer, name, host=NEIGHBOUR, alsoKnownAs=[ana.uri])
        await check_move(ana.id, new["id"])
    assert (await Actor.get(id=ana.id)).moved_to == address(peer, "/users/ana2", NEIGHBOUR)
    assert await Job.all().count() == 0
