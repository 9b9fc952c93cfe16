"""A village that is open, with something in its agenda."""

from datetime import UTC, datetime, timedelta

import pytest_asyncio

from hub.actors.hosts import use_federation
from hub.actors.minting import use_origin
from hub.agenda.actions import publish_event
from hub.agenda.models import EventDraft
from hub.exchange.models import Voice
from hub.participants.models import Person
from hub.publications.models import Scope
from tests import factories

ORIGIN = "https://bourg.example"

ROSA = Person(name="Rosa", mail="rosa@example.fr")
PAUL = Person(name="Paul", phone="06 12 34 56 78")


@pytest_asyncio.fixture
async def village(database):
    """Saint-Martin, known to the network as bourg.example."""
    use_origin(ORIGIN)
    use_federation("open")
    yield await factories.village()
    use_origin("http://localhost:8000")


def in_days(days, hour=14):
    return (datetime.now(UTC) + timedelta(days=days)).replace(hour=hour, minute=0, second=0, microsecond=0)


async def event(*, trusted=True, person=ROSA, code="", voice=Voice.SELF, organisation_id=None, **facts):
    """The repair workshop in the village hall, in a week."""
    usual = {
        "title": "Atelier vélo",
        "text": "Apportez votre vélo. C’est gratuit.",
        "scope": Scope.PUBLIC,
        "starts_at": in_days(7, 14),
        "ends_at": in_days(7, 17),
        "place": "Salle des fêtes",
    }
    return await publish_event(
        EventDraft(**(usual | facts)),
        person,
        voice=voice,
        organisation_id=organisation_id,
        code=code,
        trusted=trusted,
    )
