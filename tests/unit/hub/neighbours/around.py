"""Hubs around ours: our agreements with them as rows, and what they answer when they are asked."""

from dataclasses import replace
from datetime import UTC, datetime
from ipaddress import ip_network

import pytest_asyncio

from hub.actors.actions import meet
from hub.actors.hosts import use_federation
from hub.actors.models import Actor, Role
from hub.actors.peers import open_peers
from hub.fediverse.models import AgreementState, Follow, Neighbour
from hub.neighbours import copies
from hub.neighbours.catching_up import begin, catch_up, check_copies
from hub.neighbours.wire import EVERYTHING
from tests import factories
from tests.evilpeer import PEER, EvilPeer, answers
from tests.others import somebody

AS = "https://www.w3.org/ns/activitystreams"


async def hub(host="val.example", *, state=AgreementState.AGREED, followed=True, **facts):
    """A neighbour, with its server actor; `followed`: by ours, and accepted."""
    await meet(host, at=datetime.now(UTC))
    usual = {"sends": ",".join(EVERYTHING.sends), "name": host.partition(".")[0].title()}
    if state is AgreementState.AGREED:
        usual["agreed_at"] = datetime.now(UTC)
    uri = f"https://{host}/actor"
    actor = await Actor.create(
        uri=uri,
        host=host,
        name="server",
        kind="Application",
        inbox=f"{uri}/inbox",
        followers_uri=f"{uri}/followers",
        fetched_at=datetime.now(UTC),
    )
    neighbour = await Neighbour.create(actor=actor, host=host, state=state, **usual | facts)
    if followed:
        await follow(await Actor.of_role(Role.SERVER), actor)
    return neighbour


async def village_of(neighbour, name="village", *, kind="Organization"):
    """Its actor that writes; of a region the one that passes on, with kind="Service"."""
    uri = f"https://{neighbour.host}/a/{name}"
    known = await Actor.get_or_none(uri=uri)
    facts = {"inbox": f"{uri}/inbox", "followers_uri": f"{uri}/followers"}
    return known or await somebody(name, neighbour.host, uri=uri, kind=kind, **facts)


async def follow(follower, followed):
    at = datetime.now(UTC)
    uri = f"{follower.uri}/follows/{followed.id}"
    return await Follow.create(uri=uri, follower=follower, followed=followed, accepted_at=at)


@pytest_asyncio.fixture
async def peer(village, database, tmp_path):
    """Other servers on loopback addresses, which our client trusts."""
    async with EvilPeer() as peer:
        config = replace(database, ca_file=peer.ca_file(tmp_path), peer_networks=(ip_network("127.0.0.0/8"),))
        async with open_peers(replace(config, origin="https://bourg.example")):
            yield peer
    use_federation("open")


class Val:
    """A neighbour, whose list says what a test puts there."""

    def __init__(self, peer, neighbour, author):
        self.peer, self.row, self.author = peer, neighbour, author
        self.serve(neighbour.actor.uri, self.describe(neighbour.actor, **{"lavoir:open": self.open}))

    @classmethod
    async def at(cls, peer, host=PEER, **facts):
        neighbour = await hub(f"{host}:{peer.ports['valid']}", **facts)
        return cls(peer, neighbour, await village_of(neighbour))

    @property
    def open(self):
        return f"{self.row.actor.uri}/open"

    def describe(self, actor, **facts):
        return {
            "id": actor.uri,
            "type": actor.kind,
            "preferredUsername": actor.name,
            "inbox": actor.inbox,
            **facts,
        }

    def serve(self, uri, document, answer=None):
        host, _, path = uri.removeprefix("https://").partition("/")
        answer = answer or answers.document({"@context": AS, **document})
        self.peer.on(f"/{path}", answer, host=host.partition(":")[0])

    def lists(self, *pages, following=None):
        """Each page is a list of items; `following`: what the last one names."""
        uris = [f"{self.open}?after={number}" for number in range(len(pages))]
        self.serve(self.open, {"id": self.open, "type": "OrderedCollection", "first": uris[0]})
        for uri, items, after in zip(uris, pages, [*uris[1:], following], strict=True):
            page = {"id": uri, "type": "OrderedCollectionPage", "orderedItems": items}
            self.serve(uri, {**page, **({"next": after} if after else {})})

    def answers(self, uri, code):
        self.serve(uri, {}, answers.status(code))

    async def is_read(self):
        await Neighbour.filter(id=self.row.id).update(reading_since=None)
        await begin(self.row.id)
        while await factories.do_jobs(catch_up):
            pass
        await factories.do_jobs(check_copies, copies.remove_of)
        self.row = await Neighbour.get(id=self.row.id).select_related("actor")

    def asked(self, uri):
        host, _, path = uri.removeprefix("https://").partition("/")
        return sum(one.host == host.partition(":")[0] for one in self.peer.asked(f"/{path}"))
