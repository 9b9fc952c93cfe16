"""The village of the exchange tests, with a village and a region with which it has an agreement."""

from datetime import UTC, datetime

import pytest
import pytest_asyncio

from hub.actors.models import Actor
from hub.fediverse.models import AgreementState, Neighbour
from hub.web.page_cache import forget_pages
from tests.unit.hub.exchange.conftest import templates as templates
from tests.unit.hub.exchange.conftest import village as village

VALLEY, REGION = "val.example", "pays.example"
KINDS = "need,offer,event,project,experience"


@pytest.fixture(autouse=True)
def _forget():
    forget_pages()


async def hub_at(host, *, is_region=False, **facts):
    """Another hub, agreed with: its server actor, and the row of the agreement."""
    uri = f"https://{host}/actor"
    actor = await Actor.create(
        uri=uri, host=host, name=host, handle=f"{host}@{host}", kind="Application", inbox=f"{uri}/inbox"
    )
    usual = {"name": host.split(".")[0].capitalize(), "sends": KINDS, "receives": KINDS}
    return await Neighbour.create(
        actor=actor,
        host=host,
        state=AgreementState.AGREED,
        is_region=is_region,
        agreed_at=datetime.now(UTC),
        **(usual | facts),
    )


@pytest_asyncio.fixture
async def valley(village):
    return await hub_at(VALLEY)


@pytest_asyncio.fixture
async def region(village):
    return await hub_at(REGION, is_region=True)
