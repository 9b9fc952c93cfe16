"""FLT-25 to FLT-28: a migration fails or dies half way; yesterday's backup is put back."""

import asyncio
import shutil
from pathlib import Path

from hub.config import Config
from hub.db.migrations import migrate
from hub.migrations import scripts
from tests.attacks.database import Database, rows_of
from tests.attacks.fediverse import Fediverse, peers_settings
from tests.attacks.village import new_database, running_village
from tests.evilpeer import EvilPeer
from tests.faults.conftest import Seen
from tests.faults.insisting import Insisting, send, typed
from tests.faults.points import Point, Trigger
from tests.faults.queues import assert_sound, release
from tests.postgres import Cluster
from tests.site import ROOT, Site
from tests.waiting import wait_until

BEHIND = 3  # migrations that the older release did not have yet
APPLY = {"sqlite": "_apply_sqlite", "postgres": "apply_postgres"}


def test_flt_25_26_a_migration_that_fails_or_dies_half_way_leaves_the_database_of_the_old_release(
    database: Database, tmp_path: Path, seen: Seen
) -> None:
    engine = "sqlite" if database.url is None else "postgres"
    last = Point("two of three migrations are done", f"before hub.db.migrations:{APPLY[engine]}", call=BEHIND)
    trigger = Trigger(tmp_path, [last])
    site = Site(database.data, database_url=database.url, settings=trigger.settings)
    older = dict(list(scripts(engine).items())[:-BEHIND])
    asyncio.run(migrate(Config(data=database.data, database_url=database.url), known=older))
    database.run(
        "INSERT INTO job (name, arguments, due_at, attempts, last_error, created_at)"
        " VALUES ('of.the_queue', '{}', '2030-01-01', 0, '', '2026-01-01')"
    )
    before = database.dump()

    database.run("CREATE TABLE observation (in_the_way INT)")
    failed = site.command("migrate")
    assert failed.returncode != 0
    assert "the database is as it was" in failed.stderr
    assert "Traceback" not in failed.stderr
    database.run("DROP TABLE observation")
    assert schema_of(database.dump()) == schema_of(before)

    trigger.arm(last)
    assert site.command("migrate").returncode == -9
    assert not trigger.armed.exists()
    assert_sound(database)
    assert schema_of(database.dump()) == schema_of(before)
    assert rows_of(database.dump()) == rows_of(before)

    assert site.command("migrate").returncode == 0
    assert database.value("SELECT count(*) FROM job WHERE name = 'of.the_queue'") == "1"
    newest = max((database.data / "backups").glob("*-before-*.tar"))
    asyncio.run(back(database, newest, origin=site.url))
    assert schema_of(database.dump()) == schema_of(before)
    seen(
        f"{engine}: failed at 60 %, died at 60 %: as before; then done; its backup leads back, queue and all"
    )


def test_flt_25_after_a_migration_that_failed_the_release_before_starts_again_and_works(
    database: Database, tmp_path: Path, seen: Seen
) -> None:
    """The newer release is this program with one migration more, of which the third of five steps fails."""
    newer = newer_release(tmp_path / "newer")
    with running_village(database) as village:
        assert send(village.administrator, typed(village.administrator, "Avant")).status_code == 303
        assert village.site.stop() == 0
        before = database.dump()

        for command in ("migrate", "serve"):
            failed = village.site.command(command, program=newer)
            assert failed.returncode not in (0, -9), command
            assert "the database is as it was" in failed.stderr + failed.stdout
            assert "Traceback" not in failed.stderr + failed.stdout
        assert schema_of(database.dump()) == schema_of(before)
        assert rows_of(database.dump()) == rows_of(before)
        assert_sound(database)

        village.site.start()
        agent = village.administrator
        assert ">Avant</" in agent.get("/news").text
        assert send(agent, typed(agent, "Apres")).status_code == 303
        assert agent.get("/news").text.count(">Apres</") == 1
        assert village.newcomer("apres@example.fr").signed_in
    engine = "sqlite" if database.url is None else "postgres"
    seen(f"{engine}: the newer release did not start, the one before did, with its news, forms and mails")


STEPS = (
    "CREATE TABLE tomorrow (id INTEGER PRIMARY KEY, words TEXT NOT NULL)",
    "UPDATE publication SET title = 'Lost'",
    "INSERT INTO tomorrow (id, words) VALUES (1, NULL)",
    "DELETE FROM activity",
    "DROP TABLE job",
)


def newer_release(folder: Path) -> Path:
    """Where this program lies with a migration that this one does not know."""
    shutil.copytree(ROOT / "hub", folder / "hub", ignore=shutil.ignore_patterns("__pycache__"))
    for part in ("federation", "templates"):
        (folder / part).symlink_to(ROOT / part)
    for engine in APPLY:
        script = "".join(f"{step};\n" for step in STEPS)
        (folder / f"hub/migrations/9999_tomorrow.{engine}.sql").write_text(script, encoding="utf-8")
    return folder


async def back(database: Database, file: Path, *, origin: str) -> None:
    from hub.db.backup import restore_backup

    database.hang_up()
    await restore_backup(Config(origin=origin, data=database.data, database_url=database.url), file)


def schema_of(dump: str) -> list[str]:
    """Without what differs between two dumps of the same."""
    return sorted(line for line in dump.splitlines() if line and not line.startswith(("--", "\\", "INSERT")))


def test_flt_27_28_the_backup_of_yesterday_is_whole_and_what_came_later_may_come_again(
    cluster: Cluster | None, peer: EvilPeer, tmp_path: Path, seen: Seen
) -> None:
    """The backup is taken while forms are written."""
    with (
        new_database(tmp_path / "data", cluster) as database,
        running_village(database, settings=peers_settings(peer, tmp_path)) as village,
    ):
        fediverse = Fediverse(village, peer)
        ana = fediverse.attacker()
        assert ana.post(ana.follow()).status == 202
        early = ana.mention("hier")
        assert ana.post(ana.create(early)).status == 202
        fediverse.settle()
        keys = fediverse.document(fediverse.actor)["publicKey"]
        backup = tmp_path / "yesterday.tar"
        with Insisting(village) as agent:
            wait_until(lambda: len(agent.taken) >= 2)
            assert village.site.command("backup", str(backup)).returncode == 0
            wait_until(lambda: len(agent.taken) >= 4)
        lost = fediverse.announce(title="Perdue")
        late = ana.mention("aujourd'hui")
        post = ana.create(late)
        assert ana.post(post).status == 202
        fediverse.settle()
        used = set(fediverse.rows("SELECT uri FROM publication")) | set(
            fediverse.rows("SELECT uri FROM activity")
        )
        told = len(ana.told("Create"))

        assert village.site.stop() == 0
        database.hang_up()
        restored = village.site.command("restore", str(backup))
        assert restored.returncode == 0, restored.stderr
        assert_sound(database)
        kept = set(fediverse.rows("SELECT uri FROM publication")) | set(
            fediverse.rows("SELECT uri FROM activity")
        )
        assert kept < used
        whole = "SELECT count(*) FROM publication WHERE title LIKE 'Sans cesse %'"
        written = int(fediverse.value(whole))
        assert 2 <= written <= len(agent.taken)
        assert fediverse.value(
            "SELECT count(*) FROM activity WHERE type = 'Create' AND body LIKE '%Sans cesse %'"
        ) == str(written)

        release(database)
        village.site.start()
        assert fediverse.document(fediverse.actor)["publicKey"] == keys
        new = fediverse.announce(title="Nouvelle")
        assert ana.post(post).status == 202
        assert ana.post(ana.create(early)).status == 202
        fediverse.hurry()
        fediverse.settle()
        assert new.uri not in used
        fresh = set(fediverse.rows("SELECT uri FROM publication UNION SELECT uri FROM activity")) - kept
        assert fresh & used <= {late["id"]}, "no id is given again"
        assert lost.uri not in fresh
        for note in (early, late):
            assert fediverse.value(f"SELECT count(*) FROM publication WHERE uri = '{note['id']}'") == "1"
        again = [each["id"] for each in ana.told("Create")[told:]]
        assert len(again) == len(set(again)), "what is sent again has its old id, and comes once"
        assert village.administrator.get("/admin").status_code == 200
        seen(
            f"{written} of {len(agent.taken)} forms in the backup, each whole; no id given again; what came"
            f" later was taken when it came again; {len(again)} posts after the restore"
        )
