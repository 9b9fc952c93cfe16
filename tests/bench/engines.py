"""The databases, as durable as a village's: what was answered with 202 survives a power cut."""

import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg  # type: ignore[import-untyped]

from tests import postgres
from tests.postgres import Cluster, running_cluster

NAMES = ("sqlite", "postgres", "several")
Number = Callable[[str], Awaitable[int]]

# The tests' server does without; here its cost is a part of what is measured.
DURABLE = {"fsync": "on", "full_page_writes": "on", "shared_buffers": "128MB"}


@dataclass(frozen=True)
class Engine:
    """`several`: two processes that serve and two that work share one PostgreSQL."""

    name: str
    cluster: Cluster | None = None

    @property
    def several(self) -> bool:
        return self.name == "several"

    def new_database(self) -> str | None:
        """What LAVOIR_DATABASE_URL says; None is a file in the data folder."""
        return None if self.cluster is None else self.cluster.create()


@contextmanager
def running_engine(name: str) -> Iterator[Engine]:
    if name == "sqlite":
        yield Engine(name)
        return
    postgres.SETTINGS.update(DURABLE)
    with running_cluster() as cluster:
        yield Engine(name, cluster)


@asynccontextmanager
async def reading(data: Path, url: str | None) -> AsyncIterator[Number]:
    """Ask a running hub's database from outside, for one number at a time."""
    if url is None:
        with closing(sqlite3.connect(f"file:{data / 'lavoir.sqlite3'}?mode=ro", uri=True)) as database:

            async def from_sqlite(query: str) -> int:
                return int(database.execute(query).fetchone()[0])

            yield from_sqlite
        return
    connection = await asyncpg.connect(url)
    try:

        async def from_postgres(query: str) -> int:
            return int(await connection.fetchval(query))

        yield from_postgres
    finally:
        await connection.close()
