"""Fixtures for everybody: a database of its own for each test, on both engines."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, settings
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling
from xdist.workermanage import WorkerController

from hub.config import Config
from hub.db import close_database, database_file, open_database
from hub.db.schema import create_tables
from tests.faults.table import write_faults
from tests.kept import keep
from tests.postgres import Cluster, running_cluster
from tests.summary import write_summary

TEMPLATE = "template_lavoir"
# `make test-fast` tries one of them only.
ENGINES = os.environ.get("LAVOIR_TEST_ENGINES", "sqlite postgres").split()

# How fast the machine is, and how busy, says nothing about a behaviour.
settings.register_profile("any-machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any-machine")

keep()

# Those that take the longest first, and never one of them alone at the end. What is dear waits much, for
# other processes and for clocks, and what is cheap only computes: see FromBothEnds. A suite is a folder here.
DEAREST = ("deploy/test_install", "stories/test_valley", "faults/test_soak", "deploy/test_image", "deploy")
IN_THIS_ORDER = (*DEAREST, "browser", "faults", "stories", "interop", "attacks", "several", "commands")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=_rank)


def _rank(item: pytest.Item) -> int:
    within = item.nodeid.removeprefix("tests/")
    return next(
        (rank for rank, start in enumerate(IN_THIS_ORDER) if within.startswith(start)), len(IN_THIS_ORDER)
    )


class FromBothEnds(LoadScopeScheduling):
    """Every other process takes the cheap modules, from the end: while some wait, the others compute."""

    def _assign_work_unit(self, node: WorkerController) -> None:
        if self.nodes.index(node) % 2:
            self.workqueue.move_to_end(next(reversed(self.workqueue)), last=False)
        super()._assign_work_unit(node)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> FromBothEnds | None:
    return FromBothEnds(config, log) if config.getvalue("dist") == "loadscope" else None


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    write_faults(terminalreporter)
    write_summary(terminalreporter)


@pytest.fixture(scope="session")
def postgres_cluster() -> Iterator[Cluster]:
    """A PostgreSQL server for this test process, started by the first test that needs it."""
    with running_cluster() as cluster:
        yield cluster


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    """Every test that reaches this runs once for each database engine."""
    return str(request.param)


@pytest.fixture
def engine_config(engine: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Config]:
    """Settings with an empty database and an empty data folder: what a new operator has."""
    config = Config(data=tmp_path / "data")
    if engine == "sqlite":
        yield config
        return
    cluster: Cluster = request.getfixturevalue("postgres_cluster")
    url = cluster.create()
    yield replace(config, database_url=url)
    cluster.drop(url)


@pytest.fixture
def schema_config(engine: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Config]:
    """Settings with a database that has every table and no row, for processes that open it themselves."""
    template: Config = request.getfixturevalue(f"{engine}_template")
    config = replace(template, data=tmp_path / "data")
    if engine == "sqlite":
        config.data.mkdir(mode=0o700)
        shutil.copy(database_file(template), database_file(config))
        yield config
        return
    cluster: Cluster = request.getfixturevalue("postgres_cluster")
    url = cluster.lend(TEMPLATE)
    yield replace(config, database_url=url)
    cluster.take_back(url, like=TEMPLATE)


@pytest_asyncio.fixture
async def database(schema_config: Config) -> AsyncIterator[Config]:
    """An open database with every table and no row; its settings."""
    await open_database(schema_config)
    yield schema_config
    await close_database()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Config:
    """A SQLite file with every table, to be copied."""
    config = Config(data=tmp_path_factory.mktemp("template"))
    asyncio.run(_fill(config))
    return config


@pytest.fixture(scope="session")
def postgres_template(postgres_cluster: Cluster) -> Config:
    """A PostgreSQL database with every table, to be cloned."""
    postgres_cluster.sql(f"CREATE DATABASE {TEMPLATE} TEMPLATE template0")
    config = Config(database_url=postgres_cluster.url(TEMPLATE))
    asyncio.run(_fill(config))
    return config


async def _fill(config: Config) -> None:
    await open_database(config)
    await create_tables()
    await close_database()
