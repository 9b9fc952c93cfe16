"""A village with its agent, and what others say to it; see tests/unit/hub/village/visitors.py."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from itertools import count

import pytest
import pytest_asyncio

from hub.actors.models import Actor, Role
from hub.announcements.actions import AnnouncementDraft, publish_announcement
from hub.members.models import Role as MemberRole
from hub.publications.models import Kind, Publication, Scope
from tests import factories
from tests.unit.hub.village.visitors import Browser, Visitors
from tests.unit.hub.village.visitors import visitors as visitors

Say = Callable[..., Awaitable[Publication]]

_numbers = count(1)


@pytest_asyncio.fixture
async def village(visitors: Visitors) -> Actor:
    await factories.village(locale="en")
    actor = await Actor.of_role(Role.VILLAGE)
    assert actor is not None
    return actor


@pytest_asyncio.fixture
async def visitor(visitors: Visitors, village: Actor) -> Browser:
    return await visitors.browser()


@pytest_asyncio.fixture
async def agent(visitors: Visitors, village: Actor) -> Browser:
    return await visitors.browser(await factories.member("Marie", role=MemberRole.AGENT))


@pytest_asyncio.fixture
async def news(village: Actor) -> Publication:
    draft = AnnouncementDraft(title="Water cut", text="On **Tuesday** morning.\n\n#water", language="en")
    return await publish_announcement(village, draft)


async def ana(host: str = "social.example") -> Actor:
    """Somebody elsewhere."""
    uri = f"https://{host}/users/ana"
    known = await Actor.get_or_none(uri=uri)
    facts = {"host": host, "name": "ana", "handle": f"ana@{host}", "kind": "Person", "inbox": f"{uri}/inbox"}
    return known or await Actor.create(uri=uri, display_name="Ana", url=f"https://{host}/@ana", **facts)


@pytest.fixture
def say() -> Say:
    """`await say("<p>Hello</p>", below=news)`: what Ana wrote, as it is stored."""

    async def say(
        html: str, *, below: Publication | None = None, kind: Kind = Kind.ANSWER, **facts: object
    ) -> Publication:
        uri = f"https://social.example/posts/{next(_numbers)}"
        usual: dict[str, object] = {
            "uri": uri,
            "url": uri,
            "author": await ana(),
            "kind": kind,
            "type": "Note",
            "scope": Scope.PUBLIC,
            "html": html,
            "published_at": datetime.now(UTC),
            "in_reply_to": below.uri if below else None,
            "root_id": below.id if below else None,
        }
        return await Publication.create(**(usual | facts))

    return say
