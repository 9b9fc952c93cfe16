"""A village with two agents, a need on its board, and people who complain about it."""

from datetime import UTC, datetime, timedelta
from itertools import count

import pytest_asyncio

from hub.actors.models import Actor, Role
from hub.exchange.actions import publish_proposal
from hub.exchange.models import ProposalDraft
from hub.members.models import Role as MemberRole
from hub.moderation import actions
from hub.moderation.models import ComplaintDraft, Ground, Thing, new_number
from hub.participants.models import Person
from hub.publications.models import Kind, Publication, Scope
from tests import factories
from tests.unit.hub.network.admin.conftest import follows as follows
from tests.unit.hub.network.admin.conftest import someone as someone
from tests.unit.hub.village.visitors import Browser, Visitors
from tests.unit.hub.village.visitors import visitors as visitors

_numbers = count(1)


@pytest_asyncio.fixture
async def village(visitors: Visitors) -> Actor:
    await factories.village(locale="en")
    actor = await Actor.of_role(Role.VILLAGE)
    assert actor is not None
    return actor


@pytest_asyncio.fixture
async def marie(village: Actor):
    return await factories.member("Marie", role=MemberRole.AGENT)


@pytest_asyncio.fixture
async def claire(village: Actor):
    return await factories.member("Claire", role=MemberRole.ADMINISTRATOR)


@pytest_asyncio.fixture
async def agent(visitors: Visitors, marie) -> Browser:
    return await visitors.browser(marie)


@pytest_asyncio.fixture
async def visitor(visitors: Visitors, village: Actor) -> Browser:
    return await visitors.browser()


@pytest_asyncio.fixture
async def need(village: Actor):
    """A need of Rosa's, who left a mail address; its publication."""
    draft = ProposalDraft(
        kind=Kind.NEED,
        title="Bring the wood in",
        text="Eight cubic metres before the house.",
        scope=Scope.PUBLIC,
        wanted=5,
        unit="people",
        starts_at=datetime.now(UTC) + timedelta(days=7),
        ends_at=datetime.now(UTC) + timedelta(days=7, hours=3),
    )
    person = Person(name="Rosa", mail="rosa@example.fr", locale="en")
    proposal = await publish_proposal(draft, person, trusted=True)
    return await Publication.get(id=proposal.publication_id).select_related("author")


async def complaint(publication, *, number: str = "", **facts):
    """Paul says that it hurts somebody; the case with what hangs on it."""
    usual = {
        "ground": Ground.HURTS,
        "explanation": "It is about my mother.",
        "name": "Paul",
        "mail": "paul@example.fr",
        "locale": "en",
    }
    thing = Thing(path=f"/{publication.code}", publication=publication)
    made = await actions.complain(thing, ComplaintDraft(**(usual | facts)), number=number or new_number())
    await made.fetch_related("case__publication__author", "case__actor")
    return made


async def answer_from(author: Actor, below: Publication, **facts) -> Publication:
    """What somebody elsewhere wrote below it."""
    uri = f"{author.uri}/posts/{next(_numbers)}"
    usual = {
        "kind": Kind.ANSWER,
        "type": "Note",
        "scope": Scope.PUBLIC,
        "html": "<p>Not kind at all</p>",
        "published_at": datetime.now(UTC),
        "in_reply_to": below.uri,
        "root_id": below.id,
    }
    return await Publication.create(uri=uri, url=uri, author=author, **(usual | facts))
