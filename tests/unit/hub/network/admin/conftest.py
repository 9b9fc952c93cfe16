"""A village that is known elsewhere: actors of other servers, who follow it and wrote to it."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest_asyncio

from hub.actors.actions import establish, meet
from hub.actors.hosts import policies_changed, use_federation
from hub.actors.minting import use_origin
from hub.actors.models import Actor, Role
from hub.config import Config
from hub.fediverse.models import Activity, Delivery, Follow
from hub.members.models import Role as MemberRole
from hub.publications.models import Kind, Publication, Scope
from tests import factories
from tests.unit.hub.village.visitors import Browser, Visitors
from tests.unit.hub.village.visitors import visitors as visitors

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)


async def someone(host: str, name: str = "rosa", **facts: object) -> Actor:
    """An actor of another server, and the row of that server."""
    await meet(host, at=NOW)
    uri = f"https://{host}/users/{name}"
    usual: dict[str, object] = {"handle": f"{name}@{host}", "kind": "Person", "inbox": f"{uri}/inbox"}
    return await Actor.create(uri=uri, host=host, name=name, **(usual | facts))


async def follows(follower: Actor, followed: Actor, *, accepted: bool = True) -> Follow:
    uri = f"{follower.uri}/follows/{followed.id}"
    return await Follow.create(
        uri=uri, follower=follower, followed=followed, accepted_at=NOW if accepted else None
    )


async def post(author: Actor, number: int, **facts: object) -> Publication:
    uri = f"{author.uri}/posts/{number}"
    usual: dict[str, object] = {
        "kind": Kind.ANSWER,
        "type": "Note",
        "scope": Scope.PUBLIC,
        "published_at": NOW,
    }
    return await Publication.create(uri=uri, author=author, **(usual | facts))


async def waiting(author: Actor, *hosts: str) -> None:
    """One activity that is on its way to each of these servers."""
    activity = await Activity.create(
        uri=f"{author.uri}/{'-'.join(hosts)}", actor=author, type="Create", body="{}", public=True
    )
    for host in hosts:
        inbox = f"https://{host}/inbox"
        await Delivery.create(activity=activity, actor_id=author.id, host=host, inbox=inbox, queued_at=NOW)


@pytest_asyncio.fixture
async def village(database: Config) -> AsyncIterator[Actor]:
    """The village's actor, at https://lavande.example."""
    use_origin("https://lavande.example")
    policies_changed()
    yield await establish(Role.VILLAGE, name="lavande", display_name="Lavande")
    use_origin("http://localhost:8000")
    use_federation("open")
    policies_changed()


@pytest_asyncio.fixture
async def town(visitors: Visitors) -> AsyncIterator[Actor]:
    """A whole site, at http://localhost:8000, and the actor of its village."""
    await factories.village(locale="en")
    policies_changed()
    actor = await Actor.of_role(Role.VILLAGE)
    assert actor is not None
    yield actor
    use_federation("open")
    policies_changed()


@pytest_asyncio.fixture
async def mayor(visitors: Visitors, town: Actor) -> Browser:
    return await visitors.administrator()


@pytest_asyncio.fixture
async def agent(visitors: Visitors, town: Actor) -> Browser:
    return await visitors.browser(await factories.member("Marie", role=MemberRole.AGENT))
