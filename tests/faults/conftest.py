"""What the tests of faults share: databases of their own, and a way to say what was seen."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.attacks.database import Database
from tests.attacks.village import new_database
from tests.evilpeer import EvilPeer, running_evil_peer
from tests.faults.table import faults_of
from tests.postgres import Cluster

# `make test-fast` tries one of them only.
ENGINES = os.environ.get("LAVOIR_TEST_ENGINES", "sqlite postgres").split()
Seen = Callable[[str], None]


@pytest.fixture(scope="module", params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def cluster(engine: str, request: pytest.FixtureRequest) -> Cluster | None:
    return request.getfixturevalue("postgres_cluster") if engine == "postgres" else None


@pytest.fixture
def database(cluster: Cluster | None, tmp_path: Path) -> Iterator[Database]:
    with new_database(tmp_path / "data", cluster) as database:
        yield database


@pytest.fixture(scope="module")
def peer() -> Iterator[EvilPeer]:
    """Everybody else's servers."""
    with running_evil_peer() as peer:
        yield peer


@pytest.fixture
def seen(request: pytest.FixtureRequest, record_property: Callable[[str, object], None]) -> Seen:
    """What goes into the rows of the table that this test is about."""

    def say(words: str) -> None:
        for number in faults_of(request.node.name):
            record_property(f"flt-{number}", words)

    return say
