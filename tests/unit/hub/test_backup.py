"""A backup is whole or absent, and a restore changes nothing before it knows that."""

import asyncio
import io
import json
import os
import sqlite3
import stat
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hub.config import Config
from hub.db import close_database, database_file, open_database, rows, transaction
from hub.db.backup import restore_backup, save_backup
from hub.db.migrations import migrate
from hub.errors import HubError, Unusable
from hub.jobs import Job
from tests.postgres import Cluster
from tests.waiting import GUARD

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]


@pytest.fixture
async def village(engine_config: Config) -> Config:
    return await filled(engine_config)


@pytest.fixture
async def lone_village(tmp_path: Path) -> Config:
    """On SQLite alone: for what the engine has no part in."""
    return await filled(Config(data=tmp_path / "data"))


async def filled(engine_config: Config) -> Config:
    """A migrated database with three rows, and two media files; closed."""
    await migrate(engine_config)
    await open_database(engine_config)
    for name in ("one", "two", "trois ✓"):
        await Job.create(name=name, arguments="{}", due_at=datetime(2026, 4, 16, tzinfo=UTC))
    await close_database()
    media = engine_config.data / "media" / "ab"
    media.mkdir(parents=True)
    (media / "photo.webp").write_bytes(b"\x00photo" * 1000)
    (media / "été.webp").write_bytes(b"summer")
    return engine_config


async def names(config: Config) -> list[str]:
    await open_database(config)
    found = [row["name"] for row in await rows("SELECT name FROM job ORDER BY id")]
    await close_database()
    return found


async def spoil(config: Config) -> None:
    """What an operator regrets."""
    await open_database(config)
    await Job.filter(name="one").delete()
    await Job.create(name="regretted", arguments="{}", due_at=datetime.now(UTC))
    await close_database()
    (config.data / "media" / "ab" / "photo.webp").write_bytes(b"spoilt")
    (config.data / "media" / "new.webp").touch()


def leftovers(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.name.startswith(".")]


async def test_a_restore_brings_back_what_the_backup_saw(village: Config, tmp_path: Path) -> None:
    file = tmp_path / "village.tar"
    about = await save_backup(village, file)
    assert about.rows["job"] == 3
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    await spoil(village)
    await restore_backup(village, file)
    assert await names(village) == ["one", "two", "trois ✓"]
    media = {path.name: path.read_bytes() for path in (village.data / "media").rglob("*") if path.is_file()}
    assert media == {"photo.webp": b"\x00photo" * 1000, "été.webp": b"summer"}
    assert leftovers(tmp_path) == leftovers(village.data) == []


async def test_what_was_there_before_a_restore_is_kept(village: Config, tmp_path: Path) -> None:
    await save_backup(village, tmp_path / "village.tar")
    await spoil(village)
    await restore_backup(village, tmp_path / "village.tar")
    [old_media] = village.data.glob("media.before-*")
    assert (old_media / "new.webp").exists()
    if village.database_url is None:
        [old] = village.data.glob("lavoir.sqlite3.before-*")
        old.replace(database_file(village))
    else:
        [old] = (village.data / "backups").glob("*-before-restore.tar")
        await restore_backup(village, old)
    assert await names(village) == ["two", "trois ✓", "regretted"]


async def test_a_backup_can_move_to_an_empty_machine(
    village: Config, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    await save_backup(village, tmp_path / "village.tar")
    elsewhere = replace(village, data=tmp_path / "elsewhere" / "data")
    if village.database_url is not None:
        cluster = request.getfixturevalue("postgres_cluster")
        elsewhere = replace(elsewhere, database_url=cluster.create())
    await restore_backup(elsewhere, tmp_path / "village.tar")
    assert await migrate(elsewhere) == []
    assert await names(elsewhere) == ["one", "two", "trois ✓"]
    await open_database(elsewhere)
    added = await Job.create(name="next", arguments="{}", due_at=datetime.now(UTC))
    await close_database()
    assert added.id == 4, "numbers go on behind the restored ones"
    if elsewhere.database_url is not None:
        cluster.drop(elsewhere.database_url)


async def test_a_backup_beside_a_writing_program_holds_only_whole_transactions(
    village: Config, tmp_path: Path
) -> None:
    await open_database(village)
    stop = asyncio.Event()

    async def write_pairs() -> int:
        written = 0
        while not stop.is_set():
            async with transaction():
                for part in ("first", "second"):
                    await Job.create(name=f"{written}.{part}", arguments="{}", due_at=datetime.now(UTC))
            written += 1
            await asyncio.sleep(0)
        return written

    writer = asyncio.create_task(write_pairs())
    saved = [await save_backup(village, tmp_path / f"{n}.tar", media=False) for n in range(3)]
    stop.set()
    assert await writer > 0
    await close_database()
    for number, about in enumerate(saved):
        await restore_backup(village, tmp_path / f"{number}.tar")
        restored = await names(village)
        assert about.rows["job"] == len(restored)
        firsts = [name for name in restored if name.endswith(".first")]
        assert len(restored) == 3 + 2 * len(firsts)
    assert len(await names(village)) > 3


Change = Callable[[list[tuple[tarfile.TarInfo, bytes]]], None]


def rewritten(file: Path, change: Change) -> Path:
    """A copy of a backup with other members."""
    with tarfile.open(file) as tar:
        members = [(member, tar.extractfile(member).read()) for member in tar]  # type: ignore[union-attr]
    change(members)
    with tarfile.open(file.with_name("changed.tar"), "w") as tar:
        for member, content in members:
            member.size = len(content) if member.isreg() else 0
            tar.addfile(member, io.BytesIO(content))
    return file.with_name("changed.tar")


def add_member(name: str, kind: bytes = tarfile.REGTYPE, target: str = "") -> Change:
    def change(members: list[tuple[tarfile.TarInfo, bytes]]) -> None:
        member = tarfile.TarInfo(name)
        member.type = kind
        member.linkname = target
        members.insert(0, (member, b"evil" if kind == tarfile.REGTYPE else b""))

    return change


def change_manifest(**values: object) -> Change:
    def change(members: list[tuple[tarfile.TarInfo, bytes]]) -> None:
        member, content = members.pop()
        members.append((member, json.dumps({**json.loads(content), **values}).encode()))

    return change


def flip_a_byte(members: list[tuple[tarfile.TarInfo, bytes]]) -> None:
    member, content = members[0]
    middle = len(content) // 2
    members[0] = (member, content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (flip_a_byte, "damaged"),
        (lambda members: members.pop(), "ends before its manifest"),
        (lambda members: members.pop(0), "damaged"),
        (lambda members: members.append(members[0]), "not a backup that Lavoir made"),
        (change_manifest(format=2), "format 2"),
        (change_manifest(format=None), "format"),
        (change_manifest(surprise=1), "cannot be read"),
        (change_manifest(schema=["9999_future"]), "newer than this program"),
        (change_manifest(engine="other"), "this backup is of other"),
        (add_member("../evil"), "not a backup that Lavoir made"),
        (add_member("/tmp/evil"), "not a backup that Lavoir made"),
        (add_member("media/../../evil"), "not a backup that Lavoir made"),
        (add_member("media//evil"), "not a backup that Lavoir made"),
        (add_member("lavoir.sqlite3"), "not a backup that Lavoir made"),
        (add_member("media/link", tarfile.SYMTYPE, "/etc/passwd"), "not a backup that Lavoir made"),
        (add_member("media/link", tarfile.LNKTYPE, "/etc/passwd"), "not a backup that Lavoir made"),
        (add_member("media/pipe", tarfile.FIFOTYPE), "not a backup that Lavoir made"),
        (add_member("media/extra"), "damaged"),
    ],
)
async def test_a_backup_that_is_not_whole_touches_nothing(
    lone_village: Config, tmp_path: Path, change: Change, words: str
) -> None:
    await save_backup(lone_village, tmp_path / "village.tar")
    with pytest.raises(Unusable, match=words):
        await restore_backup(lone_village, rewritten(tmp_path / "village.tar", change))
    assert await names(lone_village) == ["one", "two", "trois ✓"]
    assert sorted(path.name for path in lone_village.data.glob("*before*")) == []
    assert not (lone_village.data / "backups").exists()
    assert leftovers(lone_village.data) == []


async def test_a_file_that_is_no_backup_is_refused(village: Config, tmp_path: Path) -> None:
    whole = tmp_path / "village.tar"
    await save_backup(village, whole)
    cut = tmp_path / "cut.tar"
    cut.write_bytes(whole.read_bytes()[:5000])
    text = tmp_path / "text.tar"
    text.write_text("Dear village,\n" * 1000)
    for file in (cut, text, tmp_path / "absent.tar", tmp_path):
        with pytest.raises(HubError, match="backup"):
            await restore_backup(village, file)
    assert await names(village) == ["one", "two", "trois ✓"]


async def test_a_database_that_lies_about_itself_is_refused(village: Config, tmp_path: Path) -> None:
    await save_backup(village, tmp_path / "village.tar")
    if village.database_url is None:
        lie = change_manifest(rows={"job": 7})
        with pytest.raises(HubError, match="not what its manifest says"):
            await restore_backup(village, rewritten(tmp_path / "village.tar", lie))
    assert await names(village) == ["one", "two", "trois ✓"]


async def test_a_failed_backup_leaves_the_one_before(village: Config, tmp_path: Path) -> None:
    file = tmp_path / "village.tar"
    await save_backup(village, file)
    before = file.read_bytes()
    if village.database_url is None:
        nowhere = replace(village, data=tmp_path / "nowhere")
    else:
        nowhere = replace(village, database_url=village.database_url + "_absent")
    with pytest.raises(Exception, match=r"no database|cannot connect"):
        await save_backup(nowhere, file)
    assert file.read_bytes() == before
    assert leftovers(tmp_path) == []


SAVE = """
import asyncio, sys
from pathlib import Path
from hub.config import Config
from hub.db.backup import save_backup
config = Config(data=Path(sys.argv[1]), database_url=sys.argv[2] or None)
print("saving", flush=True)
while True:
    asyncio.run(save_backup(config, Path(sys.argv[3])))
"""


async def test_a_backup_that_is_killed_leaves_the_one_before(village: Config, tmp_path: Path) -> None:
    file = tmp_path / "village.tar"
    await save_backup(village, file)
    arguments = [str(village.data), village.database_url or "", str(file)]
    for delay in (0.0, 0.02, 0.05, 0.1):
        process = subprocess.Popen([sys.executable, "-c", SAVE, *arguments], stdout=subprocess.PIPE, cwd=ROOT)
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(delay)
        process.kill()
        process.communicate(timeout=30)
        await restore_backup(village, file)
    assert await names(village) == ["one", "two", "trois ✓"]


async def test_a_database_in_use_is_not_replaced(village: Config, tmp_path: Path) -> None:
    await save_backup(village, tmp_path / "village.tar")
    await open_database(village)
    await Job.create(name="later", arguments="{}", due_at=datetime.now(UTC))
    with pytest.raises(Unusable, match="still running"):
        await restore_backup(village, tmp_path / "village.tar")
    await close_database()
    assert not (village.data / "backups").exists()
    assert await names(village) == ["one", "two", "trois ✓", "later"]


async def test_a_broken_database_can_be_replaced(village: Config, tmp_path: Path) -> None:
    if village.database_url is not None:
        return
    await save_backup(village, tmp_path / "village.tar")
    database_file(village).write_bytes(b"rubbish" * 1000)
    database_file(village).with_name("lavoir.sqlite3-wal").write_bytes(b"old")
    await restore_backup(village, tmp_path / "village.tar")
    assert await names(village) == ["one", "two", "trois ✓"]
    [old] = village.data.glob("lavoir.sqlite3.before-*[0-9]Z")
    assert old.read_bytes().startswith(b"rubbish")


async def test_a_restored_database_is_for_its_owner_alone(village: Config, tmp_path: Path) -> None:
    if village.database_url is not None:
        return
    old = os.umask(0)
    try:
        await save_backup(village, tmp_path / "village.tar")
        await restore_backup(village, tmp_path / "village.tar")
    finally:
        os.umask(old)
    restored = [*village.data.glob("lavoir*"), *(village.data / "media").rglob("*.webp")]
    assert {stat.S_IMODE(path.stat().st_mode) for path in restored} == {0o600}
    with sqlite3.connect(database_file(village)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()


async def test_missing_programs_of_postgresql_are_named(
    village: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if village.database_url is None:
        return
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("hub.db.dumps.postgres.DEBIAN", tmp_path)
    with pytest.raises(Unusable, match="pg_dump is missing: install"):
        await save_backup(village, tmp_path / "village.tar")
    assert list(tmp_path.glob("village.tar")) == []


async def test_who_has_just_hung_up_is_not_taken_for_a_program_that_runs(
    postgres_cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL shows a connection for a moment after its end, longer where the machine is busy."""
    from hub.db.dumps.postgres import require_alone
    from hub.db.postgres import connect

    config = Config(data=tmp_path, database_url=postgres_cluster.create())
    async with connect(config.database_url) as other:
        with pytest.raises(Unusable, match="still running"):
            await require_alone(config)
        monkeypatch.setattr("hub.db.dumps.postgres.LOOKS", GUARD * 10)
        looking = asyncio.create_task(require_alone(config))
        await asyncio.sleep(0.2)
        assert not looking.done()
        await other.close()
        await looking
    postgres_cluster.drop(str(config.database_url))
