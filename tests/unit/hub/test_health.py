"""What `/health` and the doctor find, and what they tell to do about it."""

import shutil
from collections import namedtuple
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import time_machine

from hub.actors.models import Host
from hub.app import JOBS
from hub.config import Config
from hub.db import close_database, open_database
from hub.db.migrations import migrate
from hub.fediverse.models import Received
from hub.health import FREE_BYTES, Finding, examine, find_problem
from hub.health.doctor import examine_running
from hub.jobs import Job
from hub.migrations import scripts
from hub.observations import Seen, observe
from hub.village.models import Village
from tests import factories
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


async def test_a_village_that_nobody_set_up_is_told_so(village: Config) -> None:
    finding = await found(village, "the village is not set up yet")
    assert (finding.well, "lavoir setup" in finding.remedy) == (True, True)


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


async def seen(config: Config, key: Seen, *, well: bool, days: float, **facts: object) -> None:
    """Write down what was seen, as of so many days ago."""
    await open_database(config)
    with time_machine.travel(datetime.now(UTC) - timedelta(days=days)):
        await observe(key, well=well, **facts)
    await close_database()


@pytest.mark.parametrize(
    ("nightly", "days", "well"), [(True, 1, True), (True, 3, False), (False, 3, True), (False, 20, False)]
)
async def test_an_old_backup_is_no_backup(village: Config, nightly: bool, days: int, well: bool) -> None:
    config = village if nightly else replace(village, backup_keep=(0, 0))
    await seen(village, Seen.BACKUP, well=True, days=days, file="/srv/village.tar")
    finding = await found(config, "/srv/village.tar")
    assert (finding.well, f"{days} days old" in finding.what or days == 1) == (well, True)
    assert bool(finding.remedy) is not well


async def test_a_disk_for_backups_that_is_not_there_is_told(village: Config) -> None:
    away = replace(village, backup_folder=village.data / "disk")
    assert not (await found(away, "LAVOIR_BACKUP_FOLDER")).well
    (village.data / "disk").mkdir(parents=True)
    assert not [each for each in await examine(away, JOBS) if "LAVOIR_BACKUP_FOLDER" in each.what]


async def test_a_village_without_any_backup_is_told_after_two_days(database: Config) -> None:
    await factories.village()
    for days, well in ((1, True), (3, False)):
        await Village.all().update(opened_at=datetime.now(UTC) - timedelta(days=days))
        (finding,) = [each for each in await examine_running(database, JOBS) if each.about == "backup"]
        assert (finding.well, "lavoir" in finding.remedy) == (well, True)


async def test_a_mail_server_that_refuses_is_told_and_forgiven(village: Config) -> None:
    sending = replace(village, smtp_url="smtp://smtp.example.fr")
    await seen(village, Seen.MAIL, well=False, days=0, reason="SMTPConnectError: no route")
    finding = await found(sending, "SMTPConnectError: no route")
    assert not finding.well
    assert "LAVOIR_SMTP_URL" in finding.remedy
    await seen(village, Seen.MAIL, well=True, days=0)
    assert (await found(sending, "mails are sent, the last one")).well


async def test_servers_that_are_gone_are_named_and_not_our_fault_unless_all_are(database: Config) -> None:
    now = datetime.now(UTC)
    for name in ("one.example", "two.example", "three.example"):
        await Host.create(name=name, succeeded_at=now - timedelta(days=30))
    gone = Host.filter(name="one.example")
    await gone.update(failing_since=now - timedelta(days=9), asked_at=now - timedelta(days=1))
    (hosts,) = [each for each in await examine_running(database, JOBS) if each.about == "hosts"]
    assert hosts.well
    assert "1 of them for more than a day: one.example" in hosts.what
    await Host.exclude(name="one.example").update(failing_since=now, asked_at=now)
    (hosts,) = [each for each in await examine_running(database, JOBS) if each.about == "hosts"]
    assert (hosts.well, "3 servers do not answer" in hosts.what) == (False, True)
    assert "firewall" in hosts.remedy


async def test_messages_that_nobody_handles_are_told(database: Config) -> None:
    await Received.create(
        uri="https://a.example/1",
        signer="https://a.example/a",
        inbox="http://localhost:8000/inbox",
        body="{}",
        received_at=datetime.now(UTC) - timedelta(hours=1),
    )
    (finding,) = [each for each in await examine_running(database, JOBS) if each.about == "deliveries"]
    assert not finding.well
    assert "1 messages of theirs wait, the oldest for 36" in finding.what
    assert "lavoir work" in finding.remedy


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
