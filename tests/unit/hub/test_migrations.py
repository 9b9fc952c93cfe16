"""Migrations apply once, wholly or not at all, and lose no row, on both engines."""

import asyncio
import sqlite3
import subprocess
import sys
import tarfile
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import pytest

from hub.config import Config
from hub.db import close_database, database_file, open_database, places, rows
from hub.db.__main__ import TODO, difference, draft
from hub.db.backup import restore_backup
from hub.db.migrations import applied_migrations, migrate, require_current_schema
from hub.db.schema import create_tables, describe, split
from hub.errors import ConfigError, HubError, Unusable
from hub.jobs import Job
from hub.migrations import scripts

pytestmark = pytest.mark.slow

FIRST = """
CREATE TABLE "village" ("id" INTEGER PRIMARY KEY, "name" VARCHAR(20) NOT NULL, "code" VARCHAR(5) UNIQUE);
CREATE INDEX "village_name" ON "village" ("name");
CREATE TABLE "post" (
    "id" INTEGER PRIMARY KEY,
    "village_id" INTEGER NOT NULL REFERENCES "village" ("id") ON DELETE CASCADE
);
INSERT INTO "village" VALUES (1, 'Salles', '48500'), (2, 'Ispagnac', NULL);
INSERT INTO "post" VALUES (1, 1), (2, 1), (3, 2);
"""
LONGER_NAME = {
    "sqlite": """
CREATE TABLE "new_village" ("id" INTEGER PRIMARY KEY, "name" VARCHAR(200) NOT NULL, "code" VARCHAR(5) UNIQUE);
INSERT INTO "new_village" ("id", "name", "code") SELECT "id", "name", "code" FROM "village";
DROP TABLE "village";
ALTER TABLE "new_village" RENAME TO "village";
CREATE INDEX "village_name" ON "village" ("name");
""",
    "postgres": 'ALTER TABLE "village" ALTER COLUMN "name" TYPE VARCHAR(200);',
}
FAILS = """
ALTER TABLE "village" ADD COLUMN "area" INTEGER;
DELETE FROM "post";
INSERT INTO "nowhere" VALUES (1);
"""


@pytest.fixture
def history(engine: str) -> dict[str, str]:
    return {"0001_first": FIRST, "0002_longer_name": LONGER_NAME[engine]}


async def posts(config: Config) -> int:
    """Counted by somebody else than the program."""
    if config.database_url is None:
        with closing(sqlite3.connect(database_file(config))) as file:
            return int(file.execute("SELECT count(*) FROM post").fetchone()[0])
    connection = await asyncpg.connect(config.database_url)
    try:
        return int(await connection.fetchval("SELECT count(*) FROM post"))
    finally:
        await connection.close()


async def schema(config: Config) -> dict[str, list[str]]:
    await open_database(config)
    try:
        return await describe()
    finally:
        await close_database()


async def test_a_changed_parent_table_keeps_the_rows_of_its_children(
    engine_config: Config, history: dict[str, str]
) -> None:
    assert await migrate(engine_config, known={"0001_first": FIRST}) == ["0001_first"]
    before = await schema(engine_config)
    assert await migrate(engine_config, known=history) == ["0002_longer_name"]
    after = await schema(engine_config)
    assert await posts(engine_config) == 3
    changed = difference(before, after)
    assert len(changed) == 5, changed  # two lines of heading, one of place, the old column and the new one
    await open_database(engine_config)
    await rows("DELETE FROM village WHERE id = 1")
    await close_database()
    assert await posts(engine_config) == 1, "the references must work as before"


async def test_a_migration_that_fails_half_way_changes_nothing(
    engine_config: Config, history: dict[str, str]
) -> None:
    await migrate(engine_config, known={"0001_first": FIRST})
    before = await schema(engine_config)
    with pytest.raises(HubError, match="0003_fails failed, the database is as it was before"):
        await migrate(engine_config, known={**history, "0003_fails": FAILS})
    assert await applied_migrations(engine_config) == ["0001_first"]
    assert await schema(engine_config) == before
    assert await posts(engine_config) == 3
    assert await migrate(engine_config, known=history) == ["0002_longer_name"]


async def test_a_first_migration_that_fails_leaves_an_empty_database(engine_config: Config) -> None:
    with pytest.raises(HubError):
        await migrate(engine_config, known={"0001_first": FIRST + FAILS})
    assert await applied_migrations(engine_config) == []
    assert await schema(engine_config) == {}


async def test_rows_that_point_nowhere_are_noticed_before_the_commit(engine_config: Config) -> None:
    orphan = {"0001_first": FIRST, "0002_orphan": "INSERT INTO post VALUES (9, 99);"}
    with pytest.raises(HubError, match="0002_orphan failed"):
        await migrate(engine_config, known=orphan)
    assert await applied_migrations(engine_config) == []


async def test_a_newer_database_is_refused(engine_config: Config, history: dict[str, str]) -> None:
    await migrate(engine_config, known=history)
    with pytest.raises(HubError, match=r"newer than this program .*0002_longer_name"):
        await migrate(engine_config, known={"0001_first": FIRST})
    assert await applied_migrations(engine_config) == list(history)


async def test_commands_that_do_not_migrate_ask_for_it(engine_config: Config) -> None:
    with pytest.raises(HubError, match="lavoir migrate"):
        await require_current_schema(engine_config)
    await migrate(engine_config)
    await require_current_schema(engine_config)


async def test_a_backup_is_made_only_if_there_is_something_to_lose(
    engine_config: Config, history: dict[str, str]
) -> None:
    backups = engine_config.data / "backups"
    await migrate(engine_config, known={"0001_first": FIRST})
    await migrate(engine_config, known={"0001_first": FIRST})
    assert not backups.exists()
    await migrate(engine_config, known=history)
    [backup] = backups.iterdir()
    assert "before-0002_longer_name" in backup.name
    with tarfile.open(backup) as tar:
        assert "manifest.json" in tar.getnames()
    for number in range(3, 10):
        history[f"{number:04}_more"] = f"CREATE TABLE more{number} (id INTEGER);"
        await migrate(engine_config, known=history)
    assert len(list(backups.iterdir())) == 5, "old automatic backups go"


async def test_the_way_back_from_an_upgrade_is_its_backup(engine_config: Config, engine: str) -> None:
    """The release before starts on what is restored, as it was, and refuses what came after it."""
    before = dict(list(scripts(engine).items())[:-1])
    await migrate(engine_config, known=before)
    photo = engine_config.data / "media" / "photos" / "photo.webp"
    photo.parent.mkdir(parents=True)
    photo.write_bytes(b"taken after the upgrade, and kept")
    await remember(engine_config, "of the release before")
    assert await migrate(engine_config) == list(scripts(engine))[-1:]
    await remember(engine_config, "of the new release")
    with pytest.raises(Unusable, match="newer than this program"):
        await migrate(engine_config, known=before)
    [backup] = (engine_config.data / "backups").iterdir()
    await restore_backup(engine_config, backup)
    assert await applied_migrations(engine_config) == list(before)
    assert await migrate(engine_config, known=before) == []
    assert await remembered(engine_config) == ["of the release before"]
    assert photo.exists()
    await migrate(engine_config)
    assert await remembered(engine_config) == ["of the release before"]


async def remember(config: Config, name: str) -> None:
    await open_database(config)
    await Job.create(name=name, arguments="{}", due_at=datetime(2026, 4, 16, tzinfo=UTC))
    await close_database()


async def remembered(config: Config) -> list[str]:
    await open_database(config)
    names = [str(row["name"]) for row in await rows("SELECT name FROM job ORDER BY id")]
    await close_database()
    return names


MIGRATE = """
import asyncio, sys
from pathlib import Path
from hub.config import Config
from hub.db.migrations import migrate
known = {"0001_first": sys.argv[3], "0002_more": "CREATE TABLE more (id INTEGER);"}
config = Config(data=Path(sys.argv[1]), database_url=sys.argv[2] or None)
print(*asyncio.run(migrate(config, known=known)))
"""


def test_two_processes_that_migrate_at_once_apply_each_migration_once(engine_config: Config) -> None:
    arguments = [str(engine_config.data), engine_config.database_url or "", FIRST]
    processes = [
        subprocess.Popen([sys.executable, "-c", MIGRATE, *arguments], stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    applied = [process.communicate(timeout=120)[0].split() for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0]
    assert sorted(applied) == [[], [], ["0001_first", "0002_more"]]
    assert asyncio.run(posts(engine_config)) == 3


async def test_the_migrations_lead_to_the_tables_of_the_models(engine_config: Config) -> None:
    await migrate(engine_config)
    migrated = await schema(engine_config)
    other = replace(engine_config, data=engine_config.data / "other")
    await open_database(other)
    if other.database_url is not None:
        await rows("CREATE SCHEMA other")
        await rows(
            "ALTER ROLE CURRENT_USER IN DATABASE "
            + other.database_url.rpartition("/")[2]
            + " SET search_path = other"
        )
        await close_database()
        await open_database(other)
    await create_tables()
    wanted = await describe()
    await close_database()
    assert difference(migrated, wanted) == []
    assert "job" in wanted


async def test_a_migrated_database_works_for_the_models(engine_config: Config) -> None:
    await migrate(engine_config)
    await open_database(engine_config)
    assert await Job.all().count() == 0
    await close_database()


async def test_whoever_followed_the_server_before_there_were_agreements_does_so_no_more(
    engine_config: Config, engine: str
) -> None:
    """0009: until then anybody could, and a follow that is accepted already would hide every proposal."""
    history = {name: script for name, script in scripts(engine).items() if name < "0010"}
    await migrate(engine_config, known={name: script for name, script in history.items() if name < "0009"})
    await open_database(engine_config)
    roles = {"server": "server", "village": "village", "hub": None, "ana": None}
    ids = {name: await _actor_of_0008(name, role) for name, role in roles.items()}
    pairs = [("server", "hub"), ("hub", "server"), ("ana", "server"), ("ana", "village"), ("village", "hub")]
    for number, (follower, followed) in enumerate(pairs):
        await rows(
            "INSERT INTO follow (uri, asked_at, accepted_at, follower_id, followed_id)"
            " VALUES ($1, CURRENT_TIMESTAMP, CURRENT_TIMESTAMP, $2, $3)",
            *(f"https://{number}.example", ids[follower], ids[followed]),
        )
    await close_database()
    await migrate(engine_config, known=history)
    await open_database(engine_config)
    left = await rows("SELECT follower_id, followed_id FROM follow ORDER BY id")
    await close_database()
    assert [(row["follower_id"], row["followed_id"]) for row in left] == [
        (ids["ana"], ids["village"]),
        (ids["village"], ids["hub"]),
    ]


async def _actor_of_0008(name: str, role: str | None) -> int:
    given = {"uri": f"https://{name}.example", "name": name, "inbox": f"https://{name}.example/inbox"}
    empty = dict.fromkeys(("host", "display_name", "summary", "url"), "")
    facts = {**given, **empty, "kind": "Application", "role": role, "updates": 0}
    added = await rows(
        f"INSERT INTO actor ({', '.join(facts)},"
        " hidden, approves_followers, also_known_as, extra, created_at)"
        f" VALUES ({places(len(facts))},"
        " false, false, '[]', '{}', CURRENT_TIMESTAMP) RETURNING id",
        *facts.values(),
    )
    return int(added[0]["id"])


async def test_a_drafted_migration_leads_where_the_models_are(engine_config: Config, engine: str) -> None:
    wanted = [
        'CREATE TABLE "village" (\n"id" INTEGER PRIMARY KEY,\n"name" VARCHAR(20) NOT NULL,'
        '\n"code" VARCHAR(5) UNIQUE,\n"area" INTEGER\n);',
        'CREATE INDEX "village_name" ON "village" ("name");',
        'CREATE TABLE "place" ("id" INTEGER PRIMARY KEY);',
    ]
    target = Config(data=engine_config.data / "wanted")
    await migrate(target, known={"0001": "\n".join(wanted)})
    await migrate(Config(data=engine_config.data / "had"), known={"0001": FIRST})
    have, want = await schema(Config(data=engine_config.data / "had")), await schema(target)
    drafted = "\n".join(draft(have, want, engine=engine, statements=wanted))
    assert TODO not in drafted
    await migrate(engine_config, known={"0001_first": FIRST, "0002_drafted": drafted})
    reached = await schema(engine_config)
    assert sorted(reached) == ["place", "village"]
    assert "area" in str(reached["village"])
    assert engine == "postgres" or reached == want


def test_a_draft_does_not_guess_what_old_rows_get() -> None:
    have = {"village": ["column id INTEGER"]}
    want = {"village": ["column area INTEGER NOT NULL", "column id INTEGER"]}
    statements = ['CREATE TABLE "village" (\n"id" INTEGER,\n"area" INTEGER NOT NULL\n);']
    for engine in ("sqlite", "postgres"):
        assert TODO in "".join(draft(have, want, engine=engine, statements=statements))


def test_both_engines_have_the_same_history() -> None:
    assert list(scripts("sqlite")) == list(scripts("postgres"))
    numbers = [int(name.partition("_")[0]) for name in scripts("sqlite")]
    assert numbers == list(range(1, len(numbers) + 1))


def test_statements_are_told_apart_but_triggers_are_kept_whole() -> None:
    trigger = "CREATE TRIGGER t AFTER INSERT ON a BEGIN\n  DELETE FROM b;\n  DELETE FROM c;\nEND;"
    assert list(split(f"-- why\nSELECT 1;\n\n{trigger}\nSELECT 2; -- said\n-- end\n")) == [
        "-- why\nSELECT 1;",
        trigger,
        "SELECT 2; -- said",
    ]


async def test_a_data_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="LAVOIR_DATA"):
        await migrate(Config(data=tmp_path / "file" / "data"))
