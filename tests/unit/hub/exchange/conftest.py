"""A village that is open, with people who ask and people who help."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest_asyncio

from hub.actors.hosts import use_federation
from hub.actors.minting import use_origin
from hub.exchange.actions import publish_proposal
from hub.exchange.models import PledgeDraft, ProposalDraft
from hub.exchange.templates import establish_templates
from hub.participants.models import Person
from hub.publications.models import Kind, Scope
from tests import factories

ORIGIN = "https://bourg.example"


@pytest_asyncio.fixture
async def village(database):
    """Saint-Martin, with the kinds of needs that come with Lavoir."""
    use_origin(ORIGIN)
    use_federation("open")
    yield await factories.village()
    use_origin("http://localhost:8000")


@pytest_asyncio.fixture(autouse=True)
async def templates(village):
    await establish_templates()


ROSA = Person(name="Rosa", mail="rosa@example.fr")
PAUL = Person(name="Paul", phone="06 12 34 56 78")


def in_days(days, hour=9):
    """That hour of Greenwich, so many days after today in the village."""
    today = datetime.now(ZoneInfo("Europe/Paris")).date()
    return datetime.combine(today + timedelta(days=days), time(hour), UTC)


async def need(*, trusted=True, person=ROSA, code="", voice=None, **facts):
    """Five people for the wood, next week."""
    usual = {
        "kind": Kind.NEED,
        "title": "Rentrer le bois",
        "text": "Huit stères devant la maison.",
        "scope": Scope.PUBLIC,
        "template": "hand",
        "category": "hand",
        "wanted": 5,
        "unit": "personnes",
        "starts_at": in_days(7),
        "ends_at": in_days(7, 12),
        "area": "Hameau des Combes",
        "exact_place": "12, chemin des Combes",
    }
    options = {} if voice is None else {"voice": voice}
    draft = ProposalDraft(**(usual | facts))
    return await publish_proposal(draft, person, code=code, trusted=trusted, **options)


def hands(quantity=1, **facts):
    return PledgeDraft(quantity=quantity, **facts)
