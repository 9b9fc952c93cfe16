"""Backups that nobody has to think of are made, thinned out, tried, and told about when they fail."""

import os
import shutil
from collections import namedtuple
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import time_machine

from hub import backups
from hub.config import Config
from hub.db import rows
from hub.db.backup import try_backup
from hub.db.dumps.postgres import OURS
from hub.db.sealing import is_sealed, new_key
from hub.errors import HubError, Unusable
from hub.health.doctor import examine_running
from hub.observations import Observation, Seen
from hub.village.models import Village
from tests import factories
from tests.postgres import Cluster

pytestmark = pytest.mark.slow

DISK = namedtuple("DISK", "total used free")
EVENING = datetime(2026, 4, 16, 20, 0, tzinfo=UTC)


@pytest.fixture
async def village(database: Config) -> Config:
    """A village of yesterday, with a photo; no backup of it was made yet."""
    await factories.village()
    await Village.all().update(opened_at=datetime.now(UTC) - timedelta(days=1))
    photos = database.data / "media" / "photos" / "3f"
    photos.mkdir(parents=True)
    (photos / "3f.webp").write_bytes(b"a photo" * 500)
    backups.use_config(database)
    return database


def kept(config: Config) -> list[Path]:
    return sorted((config.data / "backups").glob("*"))


async def told(config: Config, about: str) -> tuple[bool, str]:
    (finding,) = [each for each in await examine_running(config, ()) if each.about == about]
    return finding.well, finding.what


@pytest.mark.parametrize("engine", ["postgres"])
async def test_a_machine_that_has_no_data_folder_yet_tries_a_backup(village: Config, tmp_path: Path) -> None:
    backups.use_config(replace(village, data=tmp_path / "fresh", backup_folder=tmp_path / "shared"))
    await backups.back_up_each_night()
    await backups.try_newest()
    assert (await told(village, "restore"))[0]


@pytest.mark.parametrize("engine", ["postgres"])
async def test_a_trial_drops_what_another_left_and_nothing_else(village: Config) -> None:
    name = f"{(village.database_url or '').rpartition('/')[2]}_try"
    await backups.back_up_each_night()
    await rows(f"CREATE DATABASE {name}")
    try:
        assert not (await try_backup(village, kept(village)[0])).restored
        await rows(f"COMMENT ON DATABASE {name} IS '{OURS}'")
        assert (await try_backup(village, kept(village)[0])).restored
    finally:
        await rows(f"DROP DATABASE IF EXISTS {name}")


async def test_a_night_is_kept_once_and_tried_out(village: Config) -> None:
    await backups.back_up_each_night()
    await backups.back_up_each_night()
    [file] = kept(village)
    assert file.name.endswith("-night.tar")
    await backups.try_newest()
    tried = await Observation.of(Seen.RESTORE)
    assert tried is not None
    assert (tried.well, tried.said["restored"], tried.said["file"]) == (True, True, str(file))
    assert [path.name for path in village.data.iterdir() if "trial" in path.name] == []
    if village.database_url is not None:
        assert await rows("SELECT datname FROM pg_database WHERE datname LIKE '%\\_try'") == []
    well, words = await told(village, "restore")
    assert well
    assert "was restored on trial 0 minutes ago" in words
    assert (await told(village, "backup"))[0]

    async def try_again(*_: object) -> None:
        raise AssertionError("once a month is enough")

    backups_of_today = kept(village)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(backups, "try_restore", try_again)
        await backups.try_newest()
    assert kept(village) == backups_of_today


async def test_villages_share_a_disk_and_nothing_else_and_a_trial_leaves_nothing_there(
    village: Config, tmp_path: Path
) -> None:
    disk = tmp_path / "disk"
    for origin in ("https://haut.example", "https://bas.example"):
        backups.use_config(replace(village, backup_folder=disk, origin=origin))
        await rows("DELETE FROM observation")
        await backups.back_up_each_night()
        await backups.try_newest()
    tried = await Observation.of(Seen.RESTORE)
    assert tried is not None
    assert tried.well
    assert [each.parent.name for each in sorted(disk.glob("*/*"))] == ["bas.example", "haut.example"]


async def test_what_a_killed_process_left_behind_goes_with_the_next_night(village: Config) -> None:
    folder = village.data / "backups"
    for left in (
        folder / ".lavoir-backup-x1",
        village.data / ".lavoir-trial-x2",
        folder / ".lavoir-backup-x3",
    ):
        left.mkdir(parents=True)
        (left / "part").write_bytes(b"half")
    (folder / "my-night.tar").touch()
    long_ago = (datetime.now(UTC) - timedelta(days=2)).timestamp()
    for old in (folder / ".lavoir-backup-x1", village.data / ".lavoir-trial-x2"):
        os.utime(old, (long_ago, long_ago))
    await backups.back_up_each_night()
    assert [path.name for path in kept(village) if path.name.startswith(".")] == [".lavoir-backup-x3"]
    assert not (village.data / ".lavoir-trial-x2").exists()
    assert (folder / "my-night.tar").exists()


async def test_an_encrypted_night_is_read_by_its_key_alone(village: Config) -> None:
    sealing = replace(village, backup_key=new_key())
    backups.use_config(sealing)
    await backups.back_up_each_night()
    [file] = kept(village)
    assert file.name.endswith("-night.tar.age")
    assert is_sealed(file)
    assert b"Saint-Martin" not in file.read_bytes()
    assert (await try_backup(sealing, file)).restored
    with pytest.raises(Unusable, match="set LAVOIR_BACKUP_KEY"):
        await try_backup(village, file)
    with pytest.raises(Unusable, match="another key"):
        await try_backup(replace(village, backup_key=new_key()), file)
    file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(Unusable, match="not whole"):
        await try_backup(sealing, file)


async def test_a_backup_that_cannot_be_restored_is_told_until_another_can(village: Config) -> None:
    await backups.back_up_each_night()
    [file] = kept(village)
    content = bytearray(file.read_bytes())
    content[3000] ^= 1
    file.write_bytes(content)
    with pytest.raises(HubError):
        await backups.try_newest()
    well, words = await told(village, "restore")
    assert not well
    assert "cannot be restored" in words
    await backups.try_newest()  # the same one is not tried each hour
    await Observation.filter(key=Seen.BACKUP).update(well_at=datetime.now(UTC) - timedelta(days=1))
    await backups.back_up_each_night()
    await backups.try_newest()
    assert (await told(village, "restore"))[0]


async def test_a_backup_that_failed_says_why_and_leaves_the_last_ones(
    village: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    await backups.back_up_each_night()
    before = kept(village)
    await Observation.filter(key=Seen.BACKUP).update(well_at=datetime.now(UTC) - timedelta(days=1))
    monkeypatch.setattr(shutil, "disk_usage", lambda path: DISK(0, 0, backups.ROOM + 10))
    with pytest.raises(HubError, match="are free in"):
        await backups.back_up_each_night()
    monkeypatch.undo()
    well, words = await told(village, "backup")
    assert not well
    assert "are free in" in words
    assert str(before[0]) in words, "what there is stays known"
    assert kept(village) == before
    (village.data / "backups").rename(village.data / "elsewhere")
    (village.data / "backups").write_text("a file in its place")
    with pytest.raises(Exception, match="LAVOIR_BACKUP_FOLDER"):
        await backups.back_up_each_night()
    assert "LAVOIR_BACKUP_FOLDER" in (await told(village, "backup"))[1]


async def test_nothing_is_made_where_the_operator_has_another_way(village: Config) -> None:
    backups.use_config(replace(village, backup_keep=(0, 0)))
    await backups.back_up_each_night()
    await backups.try_newest()
    assert kept(village) == []


async def test_who_may_not_create_a_database_has_the_backup_read(
    village: Config, request: pytest.FixtureRequest
) -> None:
    if village.database_url is None:
        return
    cluster: Cluster = request.getfixturevalue("postgres_cluster")
    name = village.database_url.rpartition("/")[2]
    plain = replace(village, database_url=village.database_url.replace("lavoir@", "plain@"))
    await backups.back_up_each_night()
    cluster.sql("CREATE ROLE plain LOGIN")
    try:
        trial = await try_backup(plain, kept(village)[0])
        assert (trial.restored, trial.about.rows["village"]) == (False, 1)
    finally:
        cluster.sql("DROP ROLE plain", name=name)


@pytest.mark.parametrize(
    ("last", "now", "due"),
    [
        ("2026-04-16T01:20+00:00", "2026-04-16T20:00+00:00", False),  # made at 3:20 in the village
        ("2026-04-16T01:10+00:00", "2026-04-16T20:00+00:00", True),  # before the night's quarter past three
        ("2026-04-15T20:00+00:00", "2026-04-16T01:14+00:00", False),
        ("2026-04-15T20:00+00:00", "2026-04-16T01:15+00:00", True),
        ("2026-04-01T20:00+00:00", "2026-04-16T01:00+00:00", True),  # the machine was off
    ],
)
def test_a_backup_is_due_once_a_night_has_come(last: str, now: str, due: bool) -> None:
    village = Village(timezone="Europe/Paris", opened_at=datetime(2020, 1, 1, tzinfo=UTC))
    assert backups.is_due(village, datetime.fromisoformat(last), now=datetime.fromisoformat(now)) is due


def test_a_new_village_waits_for_its_first_night() -> None:
    village = Village(timezone="Europe/Paris", opened_at=EVENING)
    assert not backups.is_due(village, None, now=EVENING + timedelta(hours=3))
    assert backups.is_due(village, None, now=EVENING + timedelta(hours=6))


def test_seven_nights_and_four_weeks_stay() -> None:
    """Made and thinned out each night of two months, as the job does it."""
    there: list[Path] = []
    for night in range(60):
        with time_machine.travel(EVENING + timedelta(days=night, hours=8), tick=False):
            there.append(Path(f"{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}-night.tar"))
        gone = backups.superfluous(there, nights=7, weeks=4)
        there = [file for file in there if file not in gone]
    days = [date.fromisoformat(file.name[:8]) for file in there]
    newest = EVENING.date() + timedelta(days=60)
    assert [(newest - day).days for day in days][-7:] == [6, 5, 4, 3, 2, 1, 0]
    sundays = [day for day in days[:-7] if day.isoweekday() == 7]
    assert len(days) - 7 == len(sundays) == 2, "with the two weeks of the seven nights there are four"
    assert backups.superfluous(there, nights=7, weeks=0) == there[:-7]
    assert backups.superfluous([], nights=7, weeks=4) == []
