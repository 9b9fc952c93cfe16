"""A village that writes to its people: the whole site, and the folder in which its mails land."""

from collections.abc import Awaitable, Callable

import pytest
import pytest_asyncio

from hub.config import Config
from hub.exchange.templates import establish_templates
from hub.village.models import Village
from tests import factories
from tests.mail import Mailbox
from tests.unit.hub.village.visitors import Visitors
from tests.unit.hub.village.visitors import visitors as visitors

Open = Callable[..., Awaitable[Village]]


@pytest_asyncio.fixture
async def village(visitors: Visitors) -> Village:
    village = await factories.village(phone="04 65 71 20 14")
    await Village.all().update(timezone=factories.zone_at_noon())
    await establish_templates()
    return village


@pytest.fixture
def mailbox(database: Config, village: Village) -> Mailbox:
    return Mailbox(database.data / "mail")
