"""The rows behind a running site: to age a link without waiting, and to see what a thief would see."""

import shutil
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from tests.postgres import Cluster

LONG_AGO = "2020-01-01 00:00:00+00:00"


class Database:
    """Of a site on SQLite, in the folder `data`; or, with `url`, in the cluster."""

    def __init__(self, data: Path, *, url: str | None = None, cluster: Cluster | None = None) -> None:
        self.data = data
        self.url = url
        self.cluster = cluster
        self.stays_open = False  # to open a file costs more than most of what it is asked
        self._kept: sqlite3.Connection | None = None

    def run(self, statement: str) -> list[str]:
        """Do this while the site runs; the rows of the answer, their columns joined by `|`."""
        if self.url is not None and self.cluster is not None:
            return self.cluster.ask(statement, name=self.url.rpartition("/")[2]).splitlines()
        with self._file() as database, database:
            found = database.execute(statement).fetchall()
        return ["|".join("" if value is None else str(value) for value in row) for row in found]

    @contextmanager
    def _file(self) -> Iterator[sqlite3.Connection]:
        file = self.data / "lavoir.sqlite3"
        database = self._kept or sqlite3.connect(file, timeout=20, check_same_thread=False)
        try:
            yield database
        finally:
            if self.stays_open:
                self._kept = database
            else:
                database.close()

    def hang_up(self) -> None:
        """Leave it to who wants to be alone there."""
        if self.url is None or self.cluster is None:
            return
        name = self.url.rpartition("/")[2]
        self.cluster.hang_up(name)
        there = f"SELECT count(*) FROM pg_stat_activity WHERE datname = '{name}'"
        for _ in range(200):  # its end takes a moment to hear of it
            if self.cluster.sql(there) == "0":
                return
            time.sleep(0.02)
        raise AssertionError(f"somebody stays in {name}")

    def value(self, statement: str) -> str:
        """The one value of the answer."""
        (line,) = self.run(statement)
        return line

    def dump(self) -> str:
        """Everything that is in there, as SQL."""
        if self.url is not None and self.cluster is not None:
            command = [self.cluster.programs / "pg_dump", "--inserts", "-d", self.url]
            return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout
        with closing(sqlite3.connect(self.data / "lavoir.sqlite3", timeout=20)) as database:
            return "\n".join(database.iterdump())

    def bytes(self) -> bytes:
        """What a thief would carry away: the dump, and for SQLite the files with all that was deleted."""
        files = [] if self.url is not None else sorted(self.data.glob("lavoir.sqlite3*"))
        return self.dump().encode() + b"".join(file.read_bytes() for file in files)

    def remove(self) -> None:
        if self._kept is not None:
            self._kept.close()
        if self.url is not None and self.cluster is not None:
            self.cluster.drop(self.url)
        shutil.rmtree(self.data, ignore_errors=True)


# What the program writes by itself: rates, jobs, and numbers that are counted again every half minute.
OF_ITSELF = frozenset({"allowance", "behind", "job", "observation", "tally"})


def rows_of(dump: str) -> list[str]:
    """The INSERT lines of a dump, without those that nobody asked for."""
    inserts = [line for line in dump.splitlines() if line.startswith("INSERT INTO")]
    return sorted(line for line in inserts if _table(line) not in OF_ITSELF)


def _table(insert: str) -> str:
    return insert.split()[2].partition("(")[0].rpartition(".")[2].strip('"')
