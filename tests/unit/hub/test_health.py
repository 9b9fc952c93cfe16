"""What `/health` and the doctor find, and what they tell to do about it."""

import os
import shutil
from collections import namedtuple
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from hub.app import JOBS
from hub.config import Config
from hub.db import close_database, open_database
from hub.db.migrations import migrate
from hub.health import FREE_BYTES, Finding, examine, find_problem
from hub.jobs import Job
from hub.migrations import scripts
from tests.unit.hub.village.visitors import Visitors, visitors

__all__ = ["visitors"]

DISK = namedtuple("DISK", "total used free")


async def found(config: Config, words: str) -> Finding:
    """The one finding that holds these words."""
    told = await examine(config, JOBS)
    (finding,) = [each for each in told if words in each.what + each.remedy]
    return finding


@pytest.fixture
async def village(engine_config: Config) -> Config:
    """Settings with tables and no rows, as after a first start."""
    await migrate(engine_config)
    return engine_config


async def with_job(config: Config, **facts: Any) -> None:
    await open_database(config)
    await Job.create(name="members.sign_in_link", arguments="{}", **facts)
    await close_database()


async def test_a_site_that_works_is_well(database: Config) -> None:
    assert await find_problem() is None


async def test_all_is_well_after_a_first_start(village: Config) -> None:
    told = await examine(village, JOBS)
    assert [each for each in told if not each.well] == []
    assert any(each.what.startswith("0 jobs wait") for each in told)


async def test_health_answers_in_one_word_that_no_cache_keeps(visitors: Visitors) -> None:
    answer: httpx.Response = await (await visitors.browser()).get("/health")
    assert (answer.status_code, answer.text) == (200, "ok\n")
    assert "no-store" in answer.headers["cache-control"]
    assert "set-cookie" not in answer.headers


async def test_before_the_first_start_the_doctor_makes_nothing(engine_config: Config) -> None:
    told = await examine(engine_config, JOBS)
    assert [each.well for each in told].count(False) == 1
    assert "lavoir" in next(each for each in told if not each.well).remedy + told[-2].what
    if engine_config.database_url is None:
        assert not engine_config.data.exists()


async def test_tables_of_a_newer_program_are_named(village: Config, engine: str) -> None:
    await migrate(village, known={**scripts(engine), "9999_later": "SELECT 1;"}, backup=False)
    finding = await found(village, "newer than this program")
    assert not finding.well
    assert finding.remedy


@pytest.mark.parametrize(("hours", "well"), [(0, True), (1, False)])
async def test_work_that_nobody_does_is_noticed(village: Config, hours: int, well: bool) -> None:
    due = datetime.now(UTC) - timedelta(hours=hours)
    await with_job(village, due_at=due)
    finding = await found(village, "1 jobs wait")
    assert finding.well is well
    assert ("lavoir work" in finding.remedy) is not well


async def test_work_that_was_given_up_is_noticed(village: Config) -> None:
    now = datetime.now(UTC)
    await with_job(village, due_at=now, failed_at=now)
    finding = await found(village, "given up")
    assert not finding.well
    assert "job set aside" in finding.remedy


@pytest.mark.parametrize(("free", "well"), [(FREE_BYTES + 1, True), (FREE_BYTES - 1, False)])
async def test_a_full_disk_is_noticed(
    village: Config, monkeypatch: pytest.MonkeyPatch, free: int, well: bool
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: DISK(0, 0, free))
    finding = await found(village, "free for")
    assert finding.well is well


@pytest.mark.parametrize(("days", "known"), [(None, False), (1, True), (20, False)])
async def test_an_old_backup_is_no_backup(village: Config, days: int | None, known: bool) -> None:
    if days is not None:
        folder = village.data / "backups"
        folder.mkdir(parents=True)
        (folder / "village.tar").touch()
        then = (datetime.now(UTC) - timedelta(days=days)).timestamp()
        os.utime(folder / "village.tar", (then, then))
    finding = await found(village, "backup of this week")
    assert finding.well
    assert ("lavoir backup" not in finding.remedy) is known


async def test_the_doctor_says_where_mails_go(village: Config) -> None:
    assert "LAVOIR_SMTP_URL" in (await found(village, "mails are written into")).remedy
    sending = replace(village, smtp_url="smtp://mairie:secret@smtp.example.fr")
    assert "secret" not in (await found(sending, "mails are sent")).what


async def test_a_database_that_went_away_is_told(tmp_path: Path) -> None:
    config = Config(data=tmp_path, database_url="postgres://lavoir:secret@127.0.0.1:1/village")
    told = await examine(config, JOBS)
    assert [each.well for each in told].count(False) == 1
    assert "cannot connect" in told[-1].what
    assert "secret" not in str(told)


async def test_the_whole_sqlite_file_is_checked(tmp_path: Path) -> None:
    config = Config(data=tmp_path / "data")
    await migrate(config)
    assert "check: ok" in (await found(config, "SQLite")).what
