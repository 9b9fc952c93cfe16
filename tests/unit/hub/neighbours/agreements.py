"""What the tests of agreements have in common: a hub that says who it is, and what is said to ours."""

from datetime import UTC, datetime

import pytest

from hub.actors.models import Actor, Role
from hub.app import HANDLERS, PEOPLE, use_slices
from hub.fediverse.models import AgreementState, Follow, Neighbour
from hub.fediverse.receiving import handle_batch
from hub.neighbours import agreeing
from hub.neighbours.wire import Terms
from hub.notifications.people import use_people
from tests.evilpeer import PEER, answers
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


async def hear_proposal(uri, server, **said):
    actor = await Actor.get_or_none(uri=uri)
    if actor is None:
        host = host_of(uri)
        actor = await somebody("server", host, uri=uri, kind="Application", inbox=f"{uri}/inbox")
    await hear(activity("Follow", actor, server, **said))
    await do_jobs(agreeing.meet_proposer)
    return actor


async def agreed(server, **facts):
    """With both follows."""
    neighbour = await hub("val.example", agreed_at=datetime.now(UTC), **facts)
    theirs = await Actor.get(id=neighbour.actor_id)
    at = datetime.now(UTC)
    await Follow.create(uri=f"{theirs.uri}/follows/1", follower=theirs, followed=server, accepted_at=at)
    return neighbour, theirs
