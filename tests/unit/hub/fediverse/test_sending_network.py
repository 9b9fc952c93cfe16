"""The sender and real connections: what other servers answer over TLS, and what it makes of it."""

import asyncio
import ipaddress
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from federation.limits import LONGEST_WISH
from federation.signatures import SignedRequest, read_signature
from federation.signatures.keys import find_key
from hub.actors.documents import actor_document
from hub.fediverse.models import Delivery
from hub.fediverse.network import open_network
from hub.fediverse.sending import run_sender
from tests.evilpeer import NEIGHBOUR, PEER, EvilPeer, answers
from tests.unit.hub.fediverse.neighbourhood import announce, host, person
from tests.waiting import GUARD


@pytest.fixture
async def peer():
    async with EvilPeer() as peer:
        yield peer


@pytest.fixture
async def sending(village, peer, database, tmp_path):
    """A sender that runs, on a network where loopback addresses are peers."""
    peers = (ipaddress.ip_network("127.0.0.0/8"),)
    config = replace(
        database, origin="https://bourg.example", peer_networks=peers, ca_file=peer.ca_file(tmp_path)
    )
    stop = asyncio.Event()
    async with open_network(config):
        running = asyncio.create_task(run_sender(stop))
        yield
        stop.set()
        async with asyncio.timeout(GUARD):
            await running


async def somebody(peer, village, address=PEER):
    inbox = str(peer.uri("/inbox", host=address))
    return await person(f"{address}:{peer.ports['valid']}", follows=village, inbox=inbox)


async def until(condition):
    async with asyncio.timeout(GUARD):
        while not await condition():
            await asyncio.sleep(0.01)


async def nothing_waits():
    return not await Delivery.exists()


async def was_put_off(name):
    return (await host(name)).asked_at is not None


async def test_what_arrives_is_signed_by_its_author_and_is_what_was_stored(village, peer, sending):
    await somebody(peer, village)
    peer.on("/inbox", answers.status(202))
    activity = await announce(village)
    await until(nothing_waits)
    [post] = peer.asked("/inbox")
    assert post.body == activity.body.encode()
    assert post.headers["content-type"] == "application/activity+json"
    headers = tuple(
        (name, value)
        for name, value in post.headers.items()
        if name in "host date digest content-type signature".split()
    )
    signature = read_signature(SignedRequest("POST", str(peer.uri("/inbox")), headers, post.body))
    signature.verify(find_key(await actor_document(village), signature.key_id), datetime.now(UTC))


async def test_a_server_that_refuses_one_kind_of_signature_gets_the_other_from_then_on(
    village, peer, sending
):
    ana = await somebody(peer, village)
    peer.on("/inbox", answers.in_turn(answers.status(401), answers.status(202)))
    await announce(village)
    await until(nothing_waits)
    await announce(village)
    await until(nothing_waits)
    assert ["signature-input" in post.headers for post in peer.asked("/inbox")] == [False, True, True]
    async with asyncio.timeout(GUARD):
        while (await host(ana.host)).scheme != "rfc9421":
            await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    ("words", "longest"),
    [
        ("3600", timedelta(hours=1)),
        ("315360000", LONGEST_WISH),
        ("Fri, 31 Dec 9999 23:59:59 GMT", LONGEST_WISH),
        ("-5", timedelta(minutes=2)),
        ("soon, perhaps", timedelta(minutes=2)),
    ],
)
async def test_flt_16_how_long_a_server_wants_to_be_left_alone_is_obeyed_within_reason(
    village, peer, sending, words, longest
):
    ana = await somebody(peer, village)
    peer.on("/inbox", answers.status(429, retry_after=words))
    begin = datetime.now(UTC)
    await announce(village)
    await until(lambda: was_put_off(ana.host))
    row = await host(ana.host)
    assert row.failing_since is None
    assert longest / 2 <= row.next_at - begin <= longest + timedelta(minutes=1)
    assert len(peer.asked("/inbox")) == 1


@pytest.mark.parametrize("listener", ["expired", "of_another_host", "self_made"])
async def test_flt_20_nothing_is_sent_to_a_server_that_cannot_show_who_it_is(
    village, peer, sending, listener
):
    name = f"{PEER}:{peer.ports[listener]}"
    await person(name, follows=village, inbox=str(peer.uri("/inbox", listener=listener)))
    await announce(village)
    await until(lambda: was_put_off(name))
    assert peer.requests == []
    assert await Delivery.all().count() == 1
    assert (await host(name)).failing_since is not None


async def test_flt_13_who_answers_slowly_delays_nobody_else(village, peer, sending):
    slow = await somebody(peer, village)
    held = asyncio.Event()

    async def answer_later(request):
        await held.wait()
        return await answers.status(202)(request)

    peer.on("/inbox", answer_later, host=PEER)
    peer.on("/inbox", answers.status(202), host=NEIGHBOUR)
    await somebody(peer, village, NEIGHBOUR)
    for number in range(5):
        await announce(village, number)
    await until(lambda: _is_empty(NEIGHBOUR, peer))
    assert await Delivery.filter(host=slow.host).count() == 5
    posts = [post for post in peer.asked("/inbox") if post.host == NEIGHBOUR]
    assert len({json.loads(post.body)["id"] for post in posts}) == 5
    held.set()
    await until(nothing_waits)


async def _is_empty(address, peer):
    return not await Delivery.filter(host=f"{address}:{peer.ports['valid']}").exists()
