"""A village of ours and the servers around it; see neighbourhood.py."""

import pytest

from tests.unit.hub.fediverse.neighbourhood import Clock, Peers, close_village, open_village


@pytest.fixture
async def village(database):
    yield await open_village()
    close_village()


@pytest.fixture
def clock(village):
    return Clock()


@pytest.fixture
def peers():
    return Peers()
