"""A village moves between SQLite and PostgreSQL with every row as it was, or it stays where it is."""

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from hub.config import Config
from hub.db import close_database, database_file, open_database, rows
from hub.db.migrations import migrate
from hub.db.moving import move_to_postgres, move_to_sqlite
from hub.errors import HubError, Unusable
from hub.jobs import Job
from tests.postgres import Cluster

pytestmark = pytest.mark.slow

NOW = datetime(2026, 11, 28, 14, 30, 0, 123_456, UTC)
ROWS = 2_500  # of one table: more than are carried at once


@pytest.fixture
async def village(tmp_path: Path) -> Config:
    """On SQLite, with three rows in each table, of every kind of value; closed."""
    config = Config(data=tmp_path / "data")
    await migrate(config)
    with closing(sqlite3.connect(database_file(config))) as database, database:
        for table in tables(database):
            for number in (1, 2, 3):
                fill(database, table, number)
        database.executemany("INSERT INTO seen (uri, at) VALUES (?, ?)", many())
        database.execute("INSERT INTO search (rowid, words) VALUES (1, 'soupe lavoir été #soupe'), (3, '')")
        database.execute("DELETE FROM job WHERE id = 3")  # its number is never given again
    return config


def many() -> list[tuple[str, str]]:
    """In an order of letters that a French locale has otherwise."""
    letters = "aZéÉ-_b"
    return [
        (
            f"https://x.example/{letters[number % 7]}/{number}",
            (NOW + timedelta(seconds=number)).isoformat(" "),
        )
        for number in range(ROWS)
    ]


def tables(database: sqlite3.Connection) -> list[str]:
    found = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    own = ("sqlite_", "search", "migration")
    return sorted(name for (name,) in found if not name.startswith(own))


def fill(database: sqlite3.Connection, table: str, number: int) -> None:
    """A row of which each column has something in it; what refers to others refers to one that is there."""
    columns = database.execute(f"PRAGMA table_info('{table}')").fetchall()
    refers = {row[3] for row in database.execute(f"PRAGMA foreign_key_list('{table}')")}
    values = {name: value(kind, number, refers=name in refers) for _, name, kind, *_ in columns}
    values |= {name: None for _, name, _, needed, *_ in columns if not needed and number == 3}
    words = ", ".join(f'"{name}"' for name in values)
    places = ", ".join("?" * len(values))
    database.execute(f'INSERT INTO "{table}" ({words}) VALUES ({places})', list(values.values()))


def value(kind: str, number: int, *, refers: bool) -> Any:
    if refers:
        return number if not kind.startswith("VARCHAR") else "abc"[number - 1]
    if kind.startswith("VARCHAR"):
        return "abc"[number - 1]
    return {
        "INTEGER": number,
        "BIGINT": number,
        "SMALLINT": number,
        "INT": 1,  # a number or a yes
        "REAL": 44.812_345_678_9 + number,
        "TEXT": f"Été {number} « ’\t\n\\ ✓ 🧺",
        "JSON": json.dumps({"b": [1, 2.5, None, True], "a": 'é\\" ✓', "numéro": number}),
        "DATE": date(2026, 2, 28).isoformat(),
        "TIMESTAMP": (NOW if number == 1 else NOW.replace(microsecond=0)).isoformat(" "),
        "BLOB": bytes([0, 255, number]),
    }[kind]


def dump(config: Config) -> list[str]:
    """Every row, JSON in the one way to write it."""
    with closing(sqlite3.connect(database_file(config))) as database:
        lines = []
        for table in [*tables(database), "sqlite_sequence"]:
            found = database.execute(f'SELECT * FROM "{table}"').fetchall()
            lines += sorted(f"{table} {[plain(each) for each in row]}" for row in found)
        words = database.execute("SELECT rowid, words FROM search").fetchall()
        return [*lines, *(f"search {number} {sorted(text.split())}" for number, text in words)]


def plain(value: Any) -> Any:
    if isinstance(value, str) and value.startswith("{"):
        return json.dumps(json.loads(value), sort_keys=True)
    return value


async def test_there_and_back_every_row_is_as_it_was_and_no_number_is_given_twice(
    village: Config, postgres_cluster: Cluster, tmp_path: Path
) -> None:
    url = postgres_cluster.create()
    there = replace(village, database_url=url)
    before = dump(village)
    counts = await move_to_postgres(village, url)
    assert dump(village) == before, "what was moved is untouched"
    assert (counts["seen"], counts["search"]) == (ROWS + 3, 2)
    assert all(counts.values())

    await open_database(there)
    found = await rows("SELECT publication_id FROM search WHERE words @@ to_tsquery('simple', '''été''')")
    assert [row["publication_id"] for row in found] == [1]
    await close_database()

    back = replace(village, data=tmp_path / "back")
    assert await move_to_sqlite(replace(back, database_url=url)) == counts
    after = dump(back)
    assert [line for line in after if not line.startswith("sqlite_sequence")] == [
        line for line in before if not line.startswith("sqlite_sequence")
    ]
    for config in (there, back):
        await open_database(config)
        assert (await Job.create(name="next", arguments="{}", due_at=NOW)).id == 4
        await close_database()


async def refused(village: Config, url: str, words: str, cluster: Cluster) -> None:
    before = dump(village)
    tables = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
    has = cluster.sql(tables, name=url.rpartition("/")[2])
    with pytest.raises(HubError, match=words):
        await move_to_postgres(village, url)
    assert dump(village) == before
    assert cluster.sql(tables, name=url.rpartition("/")[2]) == has


async def test_it_stays_where_it_is_when_something_is_in_the_way(
    village: Config, postgres_cluster: Cluster
) -> None:
    full, empty = postgres_cluster.create(), postgres_cluster.create()
    postgres_cluster.sql("CREATE TABLE something (id int)", name=full.rpartition("/")[2])
    await refused(village, full, "not empty", postgres_cluster)

    before = dump(village)
    with pytest.raises(Unusable, match="nothing was moved: cannot connect"):
        await move_to_postgres(village, "postgres://nobody@127.0.0.1:1/village")
    assert dump(village) == before

    await open_database(village)
    assert await Job.all().count() == 2
    await refused(village, empty, "still running", postgres_cluster)
    await close_database()

    with closing(sqlite3.connect(database_file(village))) as database, database:
        database.execute("UPDATE member SET phone = ? WHERE id = 1", ("1" * 500,))
    await refused(village, empty, "a row of member does not fit", postgres_cluster)
    with closing(sqlite3.connect(database_file(village))) as database, database:
        database.execute("UPDATE member SET phone = '' WHERE id = 1")
        database.execute("UPDATE session SET member_id = 99 WHERE id = 1")
    await refused(village, empty, "missing rows", postgres_cluster)


async def test_nothing_is_written_over_and_nobody_writes_meanwhile(
    village: Config, postgres_cluster: Cluster, tmp_path: Path
) -> None:
    url = postgres_cluster.create()
    there = replace(village, database_url=url)
    await migrate(there)
    with pytest.raises(Unusable, match="a database already"):
        await move_to_sqlite(there)
    elsewhere = replace(there, data=tmp_path / "back")
    await open_database(there)
    with pytest.raises(Unusable, match="still running"):
        await move_to_sqlite(elsewhere)
    await close_database()
    assert not elsewhere.data.exists()
