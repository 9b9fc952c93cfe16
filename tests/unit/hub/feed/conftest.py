"""A village with its board; see tests/unit/hub/village/visitors.py."""

import pytest

from hub.exchange.templates import establish_templates
from tests import factories
from tests.unit.hub.village.visitors import Browser, Visitors
from tests.unit.hub.village.visitors import visitors as visitors


@pytest.fixture
async def visitor(visitors: Visitors) -> Browser:
    """Somebody from the street, in a village that speaks English."""
    await factories.village(locale="en")
    await establish_templates()
    return await visitors.browser()


@pytest.fixture
async def resident(visitors: Visitors, visitor: Browser) -> Browser:
    return await visitors.browser(await factories.member("Lucie"))
