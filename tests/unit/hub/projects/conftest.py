"""A village that is open, with a project."""

import pytest_asyncio

from hub.actors.hosts import use_federation
from hub.actors.minting import use_origin
from hub.participants.models import Person
from hub.projects.actions import begin
from hub.projects.models import ProjectDraft
from tests import factories

ORIGIN = "https://bourg.example"

INES = Person(name="Inès Cordier", mail="ines@example.fr")
PAUL = Person(name="Paul", phone="06 12 34 56 78")


@pytest_asyncio.fixture
async def village(database):
    """Saint-Martin, known to the network as bourg.example."""
    use_origin(ORIGIN)
    use_federation("open")
    yield await factories.village()
    use_origin("http://localhost:8000")


async def project(*, trusted=True, person=INES, code="", **facts):
    """A grocery, a tea room and a workshop in the old school."""
    usual = {
        "title": "Le Comptoir du lavoir",
        "text": "Une épicerie, un salon de thé et un atelier dans l’ancienne école.",
        "contact": "comptoir@saint-martin.example",
    }
    return await begin(ProjectDraft(**(usual | facts)), person, code=code, trusted=trusted)
