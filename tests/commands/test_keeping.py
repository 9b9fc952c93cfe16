"""The commands that keep a village: backup, restore, doctor, and the figures beside the site."""

import io
import json
import os
import re
import signal
import sqlite3
import stat
import subprocess
import sys
import tarfile
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import httpx
import pytest
from bs4 import BeautifulSoup

from hub.config import Config
from hub.db import database_file
from hub.db.sealing import new_key
from tests.commands.conftest import SET_UP, assert_refused, fill_in, signs_in, site_of
from tests.postgres import Cluster
from tests.site import Site, free_port
from tests.waiting import GUARD

# --- backup and restore


def rename(site: Site, cookie: str, enough: threading.Event) -> None:
    """A member who changes their name, again and again."""
    with httpx.Client(base_url=site.address, headers={"cookie": cookie}, timeout=GUARD) as client:
        token = BeautifulSoup(client.get("/me").text, "html.parser").select_one("input[name=_token]")
        assert token is not None
        form = {"_token": str(token["value"]), "locale": "en", "rhythm": "never"}
        for number in count():
            assert client.post("/me", data=form | {"name": f"Rosa {number}"}).status_code == 303
            if enough.is_set():
                return


def session_of(site: Site, link: str) -> str:
    with httpx.Client(base_url=site.address, timeout=GUARD) as client:
        answer = fill_in(client, httpx.URL(link).path)
        return answer.headers["set-cookie"].partition(";")[0]


def test_a_backup_of_a_running_village_becomes_the_same_village_elsewhere(
    engine_config: Config, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    first, file = site_of(engine_config, afresh=True), tmp_path / "village.tar"
    assert first.command(*SET_UP).returncode == 0
    with first:
        cookie = session_of(first, first.mailbox.next(to="rosa@example.fr").link)
        enough = threading.Event()
        with ThreadPoolExecutor() as threads:
            renamed = threads.submit(rename, first, cookie, enough)
            saved_on = f"{datetime.now(UTC):%Y-%m-%d}"
            saved = first.command("backup", str(file))
            enough.set()
            renamed.result(timeout=GUARD)
        assert (saved.returncode, saved.stdout, saved.stderr) == (0, f"{file}: complete\n", "")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with empty_place(engine_config, tmp_path / "elsewhere", request) as elsewhere:
        second, typed = (
            Site(elsewhere.data, database_url=elsewhere.database_url, origin=first.url, afresh=afresh)
            for afresh in (False, True)
        )
        done = typed.command("restore", str(file))
        assert (done.returncode, done.stderr) == (0, "")
        assert re.match(rf"{file}: restored, as it was on {saved_on} at \d\d:\d\d \(UTC\)\.", done.stdout)
        with (
            second,
            httpx.Client(base_url=second.address, headers={"cookie": cookie}, timeout=GUARD) as client,
        ):
            page = BeautifulSoup(client.get("/me").text, "html.parser")
            name = page.select_one("input[name=name]")
            assert name is not None
            assert re.fullmatch(r"Rosa \d+|Town hall", str(name["value"]))
            link = typed.command("sign-in-link", "rosa@example.fr").stdout.strip()
            assert signs_in(second, link) == name["value"]
            assert "Valbrume" in client.get("/").text
            assert "A backup was put back" in client.get("/me").text
        doctor = typed.command("doctor")
        assert (doctor.returncode, "BAD" in doctor.stdout) == (0, False), doctor.stdout


@contextmanager
def empty_place(config: Config, data: Path, request: pytest.FixtureRequest) -> Iterator[Config]:
    """Settings for another machine with nothing on it."""
    if config.database_url is None:
        yield replace(config, data=data)
        return
    cluster: Cluster = request.getfixturevalue("postgres_cluster")
    url = cluster.create()
    yield replace(config, data=data, database_url=url)
    cluster.drop(url)


def newer(file: Path, target: Path) -> None:
    """The same backup, as a later release would have made it."""
    with tarfile.open(file) as old, tarfile.open(target, "w") as new:
        for member in old:
            content = old.extractfile(member).read()  # type: ignore[union-attr]
            if member.name == "manifest.json":
                manifest = json.loads(content)
                content = json.dumps({**manifest, "schema": [*manifest["schema"], "9999_later"]}).encode()
                member.size = len(content)
            new.addfile(member, io.BytesIO(content))


def test_rubbish_is_not_restored_and_nothing_is_touched(lone_site: Site, tmp_path: Path) -> None:
    assert lone_site.command(*SET_UP).returncode == 0
    good, torn = tmp_path / "good.tar", tmp_path / "torn.tar"
    assert lone_site.command("backup", str(good)).returncode == 0
    torn.write_bytes(good.read_bytes()[:-15_000])
    (tmp_path / "rubbish").write_bytes(os.urandom(5000))
    with tarfile.open(tmp_path / "other.tar", "w") as other:
        other.add(__file__, arcname="notes.py")
    newer(good, tmp_path / "newer.tar")
    encrypted = Site(lone_site.data, settings={"LAVOIR_BACKUP_KEY": new_key()})
    assert encrypted.command("backup", str(tmp_path / "sealed")).returncode == 0
    (tmp_path / "half").write_bytes((tmp_path / "sealed").read_bytes()[:2000])
    before = (lone_site.data / "lavoir.sqlite3").read_bytes()
    refusals = {
        "rubbish": "cannot be read as a backup",
        "other.tar": "is not a backup that Lavoir made",
        "torn.tar": "cannot be read as a backup",
        "absent.tar": "No such file",
        "newer.tar": "this backup is newer than this program (it has 9999_later)",
        "sealed": "is encrypted: set LAVOIR_BACKUP_KEY",
    }
    for name, words in refusals.items():
        assert_refused(lone_site.command("restore", str(tmp_path / name)), words)
    assert_refused(
        encrypted.command("restore", "--try", str(tmp_path / "half")), "is encrypted, and not whole"
    )
    assert (lone_site.data / "lavoir.sqlite3").read_bytes() == before
    tried = encrypted.command("restore", "--try", str(tmp_path / "sealed"))
    assert (tried.returncode, "restored on trial" in tried.stdout) == (0, True)
    assert [path for path in lone_site.data.iterdir() if "restore" in path.name] == []


def test_the_backup_of_another_village_is_refused_and_nothing_is_touched(site: Site, tmp_path: Path) -> None:
    assert site.command(*SET_UP).returncode == 0
    assert site.command("backup", str(tmp_path / "village.tar")).returncode == 0
    url = site._environment.get("LAVOIR_DATABASE_URL")
    other = Site(tmp_path / "other", database_url=url, origin="http://localhost:9")
    refused = other.command("restore", str(tmp_path / "village.tar"))
    told = f"this backup is of the village at {site.url}, but LAVOIR_ORIGIN says http://localhost:9"
    assert_refused(refused, told)
    assert list(other.data.rglob("*before-restore*")) == []
    assert site.command("restore", "--try", str(tmp_path / "village.tar")).returncode == 0


def test_a_running_village_is_neither_replaced_nor_moved(site: Site, tmp_path: Path) -> None:
    assert site.command(*SET_UP).returncode == 0
    assert site.command("backup", str(tmp_path / "village.tar")).returncode == 0
    url = site._environment.get("LAVOIR_DATABASE_URL")
    elsewhere = Site(tmp_path / "elsewhere", database_url=url) if url else site
    with site, httpx.Client(base_url=site.address, timeout=GUARD) as client:
        assert_refused(site.command("restore", str(tmp_path / "village.tar")), "still running")
        moved = elsewhere.command("move", "sqlite" if url else "postgres://nobody@127.0.0.1:1/village")
        assert_refused(moved, "still running")
        assert client.get("/").status_code == 200
    assert list(site.data.rglob("*before-restore*")) == []


def test_what_cannot_begin_ends_as_wrong_settings_do(lone_site: Site, tmp_path: Path) -> None:
    assert_refused(lone_site.command("backup", str(tmp_path / "village.tar")), "there is no database")
    assert_refused(lone_site.command("move", "postgres://nobody@127.0.0.1:1/village"), "there is no database")
    lone_site.data.mkdir()
    database_file(Config(data=lone_site.data)).touch()
    assert_refused(lone_site.command("move", "postgres://nobody@127.0.0.1:1/village"), "run `lavoir migrate`")


def test_a_trial_by_hand_is_one_for_the_doctor(site: Site, tmp_path: Path) -> None:
    assert site.command(*SET_UP).returncode == 0
    assert site.command("backup", str(tmp_path / "village.tar")).returncode == 0
    assert "or by `lavoir restore --try FILE`" in site.command("doctor").stdout
    assert site.command("restore", "--try", str(tmp_path / "village.tar")).returncode == 0
    assert "ok   a backup was restored on trial 0 minutes ago" in site.command("doctor").stdout


def test_a_backup_into_a_folder_that_is_not_there_says_so(lone_site: Site, tmp_path: Path) -> None:
    assert lone_site.command(*SET_UP).returncode == 0
    assert_refused(lone_site.command("backup", str(tmp_path / "nowhere" / "village.tar")), "nowhere")
    assert_refused(lone_site.command("backup", "/proc/village.tar"), "/proc/village.tar cannot be written")


def test_a_backup_takes_the_place_of_no_pipe_and_follows_a_link(lone_site: Site, tmp_path: Path) -> None:
    assert lone_site.command(*SET_UP).returncode == 0
    pipe, link, disk = tmp_path / "pipe", tmp_path / "link.tar", tmp_path / "disk"
    os.mkfifo(pipe)
    disk.mkdir()
    link.symlink_to(disk / "village.tar")
    assert_refused(lone_site.command("backup", str(pipe)), f"{pipe} cannot be written")
    assert pipe.is_fifo()
    assert lone_site.command("backup", str(link)).returncode == 0
    assert link.is_symlink()
    assert lone_site.command("restore", "--try", str(disk / "village.tar")).returncode == 0


def as_at_a_terminal() -> None:
    """Ctrl-C is heard, also where the tests themselves run in the background, where it is not."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_a_command_that_is_ended_says_so_in_one_line(lone_site: Site, tmp_path: Path) -> None:
    assert lone_site.command(*SET_UP).returncode == 0
    os.mkfifo(tmp_path / "key")  # nobody writes into it: the command waits where a test can find it
    waiting = [sys.executable, "-m", "hub", "backup", str(tmp_path / "village.tar")]
    environ = {**os.environ, "LAVOIR_DATA": str(lone_site.data)}
    environ["LAVOIR_BACKUP_KEY_FILE"] = str(tmp_path / "key")
    with subprocess.Popen(
        waiting, env=environ, stderr=subprocess.PIPE, text=True, preexec_fn=as_at_a_terminal
    ) as command:
        writer = os.open(tmp_path / "key", os.O_WRONLY)  # opens once the command reads
        command.send_signal(signal.SIGINT)
        told = command.communicate()[1]
        os.close(writer)
    assert (command.returncode, told) == (130, "ended before it was done\n")
    assert not (tmp_path / "village.tar").exists()


# --- doctor


def test_a_village_that_is_well_is_told_so(site: Site) -> None:
    assert site.command(*SET_UP).returncode == 0
    with site:
        site.mailbox.next(to="rosa@example.fr")
        told, for_machines = site.command("doctor"), site.command("doctor", "--json")
    assert (told.returncode, told.stderr) == (0, "")
    assert {line[:4] for line in told.stdout.splitlines()} == {"ok  "}
    findings = json.loads(for_machines.stdout)
    assert for_machines.returncode == 0
    assert all(finding["well"] and finding["what"] for finding in findings)
    assert len(findings) == len(told.stdout.splitlines())


def test_each_problem_is_told_with_its_remedy(lone_site: Site) -> None:
    assert lone_site.command(*SET_UP).returncode == 0
    with sqlite3.connect(lone_site.data / "lavoir.sqlite3") as file:
        file.execute(
            "UPDATE job SET due_at = '2026-01-01 00:00:00+00:00' WHERE name = 'members.sign_in_link'"
        )
        file.execute(
            "INSERT INTO job (name, arguments, due_at, failed_at, attempts, last_error, created_at) VALUES"
            " ('members.sign_in_link', '{}', '2026-01-01', '2026-01-02', 15, 'x', '2026-01-01')"
        )
    file.close()
    told = lone_site.command("doctor")
    assert told.returncode == 1
    bad = [line for line in told.stdout.splitlines() if line.startswith("BAD ")]
    assert "1 jobs were given up: look for “job set aside” in the log" in bad[1]
    assert "is `lavoir serve` or `lavoir work` running?" in bad[0]
    findings = json.loads(lone_site.command("doctor", "--json").stdout)
    assert [finding["well"] for finding in findings].count(False) == 2
    assert all(finding["remedy"] for finding in findings if not finding["well"])


def test_a_site_that_was_never_started_is_told_what_to_run(site: Site) -> None:
    told = site.command("doctor")
    assert told.returncode == 1
    assert "Traceback" not in told.stderr
    assert "lavoir migrate" in told.stdout or "lavoir serve" in told.stdout
    assert not site.data.exists()


def test_a_damaged_database_is_told(lone_site: Site) -> None:
    lone_site.data.mkdir()
    database_file(Config(data=lone_site.data)).write_bytes(b"rubbish" * 1000)
    told = lone_site.command("doctor")
    assert told.returncode == 1
    assert "BAD  database" in told.stdout
    assert "Traceback" not in told.stderr
    for command in ("serve", "setup", "migrate"):
        ended = lone_site.command(command)
        assert (command, ended.returncode) == (command, 2)
        assert "LAVOIR_DATA" in ended.stderr
        assert "Traceback" not in ended.stderr


def test_a_database_with_a_torn_page_is_told(lone_site: Site) -> None:
    assert lone_site.command(*SET_UP).returncode == 0
    with database_file(Config(data=lone_site.data)).open("r+b") as file:
        file.seek(4096)
        file.write(b"torn" * 2048)
    told = lone_site.command("doctor")
    assert told.returncode == 1
    assert "restore the newest backup" in told.stdout
    saved = lone_site.command("backup", str(lone_site.data / "backup.tar"))
    assert saved.returncode == 1
    assert "malformed" in saved.stderr
    assert "Traceback" not in told.stderr + saved.stderr
    assert not (lone_site.data / "backup.tar").exists()


def test_figures_and_findings_are_served_beside_the_site(site: Site) -> None:
    port = free_port()
    measured = Site(
        site.data,
        database_url=site._environment.get("LAVOIR_DATABASE_URL"),
        settings={"LAVOIR_METRICS": "1", "LAVOIR_METRICS_BIND": f"127.0.0.1:{port}"},
    )
    assert measured.command(*SET_UP).returncode == 0
    with measured, httpx.Client(timeout=GUARD) as client:
        assert client.get(f"{measured.address}/").status_code == 200
        for hidden in ("/metrics", "/@secret-name"):
            assert client.get(f"{measured.address}{hidden}").status_code == 404
        figures = client.get(f"http://127.0.0.1:{port}/metrics").text
        findings = client.get(f"http://127.0.0.1:{port}/health")
    assert 'lavoir_requests_total{method="GET",route="/",status="200"} 1.0' in figures
    assert "secret-name" not in figures
    assert "lavoir_jobs_failed 0.0" in figures
    assert "lavoir_backup_age_seconds NaN" in figures
    assert "process_resident_memory_bytes" in figures
    assert findings.status_code == 200, findings.text
    assert {"disk", "backup", "restore", "mail", "jobs", "deliveries", "clock"} <= {
        finding["about"] for finding in findings.json()
    }
