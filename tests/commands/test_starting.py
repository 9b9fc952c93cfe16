"""The commands as an operator types them first: settings, start, set-up, a way in, workers of their own.

Each starts an interpreter of its own here at least once, on both engines; where a test is about what they do
to each other, they are forks of one that has loaded the program.
"""

import asyncio
import os
import re
import signal
import socket
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from bs4 import BeautifulSoup

from hub.config import Config
from hub.db import close_database, open_database, rows
from hub.db.schema import HISTORY
from tests.commands.conftest import SET_UP, assert_refused, fill_in, signs_in
from tests.postgres import Cluster
from tests.site import Site, free_port
from tests.waiting import GUARD, eventually

# --- settings


def test_wrong_settings_are_all_named_at_once(tmp_path: Path) -> None:
    wrong = {
        "LAVOIR_ORIGIN": "village.example",
        "LAVOIR_WORKERS": "many",
        "LAVOIR_SMTP_URL": "http://smtp.example",
        "LAVOIR_COLOUR": "blue",
        "LAVOIR_LOG": "loud",
    }
    site = Site(tmp_path / "data", settings=wrong, afresh=True)
    for command in ("serve", "check-config", "doctor", "setup"):
        ended = site.command(command)
        assert ended.returncode == 2
        assert ended.stdout == ""
        assert "Traceback" not in ended.stderr
        assert {line.split(":")[0].strip() for line in ended.stderr.splitlines()[1:]} == wrong.keys()
    assert not site.data.exists()


@pytest.mark.parametrize("arguments", [(), ("launch",), ("serve", "now"), ("setup", "--latitude", "north")])
def test_wrong_arguments_are_named(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    ended = Site(tmp_path / "data", afresh=True).command(*arguments)
    assert ended.returncode == 2
    assert "usage: lavoir" in ended.stderr
    assert not (tmp_path / "data").exists()


def test_check_config_says_what_is_set_and_hides_passwords(tmp_path: Path) -> None:
    (tmp_path / "smtp").write_text("smtps://mairie%40example.fr:s3cr%3At@smtp.example.fr:465\n")
    settings = {
        "LAVOIR_DATABASE_URL": "postgres://lavoir:hunter2@db.example/village",
        "LAVOIR_SMTP_URL_FILE": str(tmp_path / "smtp"),
        "LAVOIR_METRICS": "1",
        "LAVOIR_METRICS_BIND": "[::1]:9000",
    }
    ended = Site(tmp_path / "data", settings=settings, afresh=True).command("check-config")
    assert ended.returncode == 0
    assert "hunter2" not in ended.stdout
    assert "s3cr" not in ended.stdout
    shown = dict(line.split("=", 1) for line in ended.stdout.splitlines())
    assert shown["LAVOIR_DATABASE_URL"] == "postgres://lavoir:***@db.example/village"
    assert shown["LAVOIR_SMTP_URL"] == "smtps://mairie%40example.fr:***@smtp.example.fr:465"
    assert (shown["LAVOIR_METRICS"], shown["LAVOIR_WORKERS"]) == ("1", "1")
    assert shown["LAVOIR_METRICS_BIND"] == "[::1]:9000"
    assert not (tmp_path / "data").exists()


def test_a_port_that_is_taken_is_named_and_nothing_is_touched(lone_site: Site) -> None:
    port = free_port()
    measured = {"LAVOIR_METRICS": "1", "LAVOIR_METRICS_BIND": f"127.0.0.1:{port}"}
    with socket.create_server(("127.0.0.1", lone_site.port)), socket.create_server(("127.0.0.1", port)):
        taken = f"LAVOIR_BIND: cannot listen on 127.0.0.1 port {lone_site.port}"
        assert_refused(lone_site.command("serve"), taken)
        metrics = Site(lone_site.data, settings=measured).command("serve")
        assert_refused(metrics, f"LAVOIR_METRICS_BIND: cannot listen on 127.0.0.1 port {port}")
    assert not lone_site.data.exists()


def test_a_certificate_authority_that_is_none_is_named(tmp_path: Path) -> None:
    site = Site(tmp_path / "data", settings={"LAVOIR_CA_FILE": __file__}, afresh=True)
    assert_refused(site.command("serve"), f"LAVOIR_CA_FILE: {__file__} holds no certificate")
    assert not site.data.exists()


@pytest.mark.parametrize("command", ["serve", "setup", "migrate", "backup", "doctor"])
def test_a_database_that_does_not_answer_is_named(tmp_path: Path, command: str) -> None:
    url = "postgres://lavoir:hunter2@127.0.0.1:1/village"
    arguments = [command, *([str(tmp_path / "file")] if command == "backup" else [])]
    ended = Site(tmp_path / "data", database_url=url, afresh=command == "migrate").command(*arguments)
    assert ended.returncode == (1 if command == "doctor" else 2)
    told = ended.stdout + ended.stderr
    assert "LAVOIR_DATABASE_URL" in told
    assert "hunter2" not in told
    assert "Traceback" not in told
    assert not (tmp_path / "file").exists()


def test_a_data_folder_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file where the folder should be")
    site = Site(tmp_path / "data")
    for command in ("serve", "migrate", "setup"):
        ended = site.command(command)
        assert (command, ended.returncode) == (command, 2)
        assert "LAVOIR_DATA" in ended.stderr
        assert "Traceback" not in ended.stderr


# --- the first start, and the next ones


def test_each_start_of_an_empty_site_prints_another_link_until_there_is_a_village(lone_site: Site) -> None:
    links = []
    for _ in range(2):
        lone_site.start()
        links.append(lone_site.set_up_link.removeprefix(lone_site.url))
        assert lone_site.stop() == 0
    old, fresh = links
    with lone_site, httpx.Client(base_url=lone_site.address, timeout=GUARD) as client:
        newest = lone_site.set_up_link.removeprefix(lone_site.url)
        assert len({old, fresh, newest}) == 3
        assert [client.get(link).status_code for link in (old, fresh, newest)] == [403, 403, 200]
    assert lone_site.command(*SET_UP).returncode == 0
    with lone_site, httpx.Client(base_url=lone_site.address, timeout=GUARD) as client:
        assert client.get(newest).status_code == 410
        lone_site.mailbox.next(to="rosa@example.fr")
        assert not [line for line in lone_site.lines[lone_site._started_at_line :] if "/setup?key=" in line]


def test_what_an_empty_site_writes_is_for_the_operator_alone(lone_site: Site) -> None:
    with lone_site:
        assert lone_site.command(*SET_UP).returncode == 0
        lone_site.mailbox.next(to="rosa@example.fr")
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in lone_site.data.rglob("*")}
        open_to_others = {name: oct(mode) for name, mode in modes.items() if mode & 0o077}
        assert open_to_others == {}
        assert stat.S_IMODE(lone_site.data.stat().st_mode) == 0o700


LATER = """
    INSERT INTO job (name, arguments, due_at, attempts, last_error, created_at) VALUES
    ('members.sign_in_link', '{"member_id": 1, "next_path": "/"}', '2999-01-01', 0, '', '2026-01-01')
"""


def test_a_signal_ends_an_idle_site_and_keeps_what_is_to_be_done(lone_site: Site) -> None:
    lone_site.start()
    assert lone_site.command(*SET_UP).returncode == 0
    lone_site.mailbox.next(to="rosa@example.fr")
    with sqlite3.connect(lone_site.data / "lavoir.sqlite3") as later:
        later.execute(LATER)
    later.close()
    with httpx.Client(base_url=lone_site.address, timeout=GUARD) as client:
        # a browser that keeps its connection
        assert client.get("/health").status_code == 200
        assert lone_site.stop(within=15) == 0
    again = sqlite3.connect(lone_site.data / "lavoir.sqlite3")
    assert again.execute("SELECT count(*) FROM job WHERE periodic IS NULL").fetchall() == [(1,)]
    assert again.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    again.close()
    lone_site.start()
    assert lone_site.stop() == 0


def test_an_interrupt_ends_a_site_as_well(lone_site: Site) -> None:
    lone_site.start()
    os.kill(lone_site.pid, signal.SIGINT)
    assert lone_site.wait(within=15) == 0
    assert not [line for line in lone_site.lines if "Traceback" in line]


# --- one village, one address, one folder


def test_the_database_of_another_village_is_refused_by_name(site: Site, tmp_path: Path) -> None:
    """Two villages of one machine whose settings were copied, or a domain that was changed."""
    assert site.command(*SET_UP).returncode == 0
    url = site._environment.get("LAVOIR_DATABASE_URL")
    other = Site(tmp_path / "other" if url else site.data, database_url=url, origin="http://localhost:9")
    for command in (("serve",), ("setup", "--name", "Peyrelac"), ("sign-in-link", "rosa@example.fr")):
        told = (
            f"LAVOIR_ORIGIN: this database is that of the village at {site.url}, not of http://localhost:9;"
        )
        assert_refused(other.command(*command), told)
    assert f"set LAVOIR_ORIGIN back to {site.url}" in other.command("doctor").stdout
    with site, httpx.Client(base_url=site.address, timeout=GUARD) as client:
        assert "Valbrume" in client.get("/").text


def test_the_database_of_another_village_is_not_brought_up_to_date(
    site: Site, engine_config: Config, tmp_path: Path
) -> None:
    assert site.command(*SET_UP).returncode == 0
    asyncio.run(forget_newest_migration(engine_config))
    url = engine_config.database_url
    other = Site(tmp_path / "other" if url else site.data, database_url=url, origin="http://localhost:9")
    for command in ("serve", "migrate"):
        assert_refused(other.command(command), f"this database is that of the village at {site.url}")
    assert not list(tmp_path.rglob("*-before-*.tar"))


async def forget_newest_migration(config: Config) -> None:
    await open_database(config)
    try:
        await rows(f"DELETE FROM {HISTORY} WHERE name = (SELECT max(name) FROM {HISTORY})")
    finally:
        await close_database()


def test_a_second_process_is_refused_on_a_folder_where_one_serves(lone_site: Site) -> None:
    assert lone_site.command(*SET_UP).returncode == 0
    second = Site(lone_site.data, origin=lone_site.url)
    with lone_site:
        assert_refused(second.command("serve"), f"LAVOIR_DATA: another `lavoir serve` has {lone_site.data}")
        assert lone_site.command("sign-in-link", "rosa@example.fr").returncode == 0
        lone_site.kill()
        with second:
            assert second.health() == 200


# --- setup


def test_setup_makes_a_village_and_mails_a_link(site: Site) -> None:
    done = site.command(*SET_UP, "--handle", "val", "--visibility", "members")
    assert done.returncode == 0
    assert done.stdout == f"Valbrume is set up at {site.url}; a sign-in link goes to rosa@example.fr\n"
    with site, httpx.Client(base_url=site.address, timeout=GUARD) as client:
        assert client.get("/").headers["location"] == "/sign-in?next=/"
        mail = site.mailbox.next(to="rosa@example.fr")
        assert signs_in(site, mail.link) == "Town hall"


def named_in(errors: str) -> set[str]:
    """The options that are named, each at the start of a line."""
    return set(re.findall(r"^(--[a-z-]+): \w", errors, re.MULTILINE))


def test_setup_names_wrong_options(lone_site: Site) -> None:
    first = lone_site.command("setup", "--latitude", "44.5")
    assert first.returncode == 2
    assert named_in(first.stderr) == {"--name", "--admin-email"}
    second = lone_site.command(*SET_UP, "--latitude", "95", "--longitude", "5", "--insee", "26")
    assert second.returncode == 2
    assert named_in(second.stderr) == {"--latitude", "--insee"}
    nowhere = lone_site.command("setup", "--insee", "99999", "--admin-email", "rosa@example.fr")
    assert_refused(nowhere, "--insee: No commune has this code.")
    assert lone_site.command(*SET_UP).returncode == 0
    third = lone_site.command("setup", "--handle", "another", "--name", "Elsewhere")
    assert third.returncode == 2
    assert third.stderr == "--handle: The short name of a village cannot be changed.\n"
    assert "Traceback" not in first.stderr + second.stderr + third.stderr


def test_setup_makes_somebody_else_an_administrator_and_says_where_the_link_goes(lone_site: Site) -> None:
    """The mailbox of the only one is dead."""
    assert lone_site.command(*SET_UP).returncode == 0
    done = lone_site.command("setup", "--admin-email", "ana@example.fr")
    assert done.stdout == "Valbrume: changed what was given; a sign-in link goes to ana@example.fr\n"
    with lone_site, httpx.Client(base_url=lone_site.address, timeout=GUARD) as client:
        fill_in(client, httpx.URL(lone_site.mailbox.next(to="ana@example.fr").link).path)
        assert client.get("/admin").status_code == 200


def test_setup_beside_a_running_site_shows_at_once(site: Site) -> None:
    assert site.command(*SET_UP).returncode == 0
    with site, httpx.Client(base_url=site.address, timeout=GUARD) as client:
        changed = site.command("setup", "--name", "Hautbrume", "--publisher", "Ana")
        assert (changed.returncode, changed.stdout) == (0, "Hautbrume: changed what was given\n")
        assert "Hautbrume" in client.get("/").text
        assert "Ana" in client.get("/legal").text


def test_what_sets_up_and_lets_in_does_not_wait_for_the_whole_site(tmp_path: Path) -> None:
    """On a small board the pages alone take seconds to load."""
    site = Site(tmp_path / "data", settings={"PYTHONPROFILEIMPORTTIME": "1"})
    for command in (SET_UP, ("sign-in-link", "rosa@example.fr")):
        ended = site.command(*command)
        assert ended.returncode == 0
        loaded = {line.rpartition("|")[2].strip() for line in ended.stderr.splitlines()}
        assert "hub.setup.database" in loaded
        assert not {"hub.app", "hub.serve", "uvicorn"} & loaded


# --- a link for somebody who is locked out


def test_a_sign_in_link_works_once_and_only_for_a_member(site: Site) -> None:
    assert site.command(*SET_UP).returncode == 0
    nobody = site.command("sign-in-link", "nobody@example.fr")
    told = "Nobody here signs in with nobody@example.fr. Administrators: rosa@example.fr; `lavoir setup"
    assert_refused(nobody, told)
    with site:
        printed = site.command("sign-in-link", "ROSA@example.fr")
        assert (printed.returncode, printed.stderr) == (0, "")
        link = printed.stdout.strip()
        assert re.fullmatch(rf"{site.url}/sign-in/[\w-]{{43}}", link)
        assert signs_in(site, link) == "Town hall"
        assert signs_in(site, link) is None


def test_a_link_without_the_second_factor_is_for_who_lost_their_phone(lone_site: Site) -> None:
    assert lone_site.command(*SET_UP).returncode == 0
    with sqlite3.connect(lone_site.data / "lavoir.sqlite3") as file:
        file.execute("UPDATE member SET totp_secret = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP'")
    file.close()
    with lone_site:
        lone_site.mailbox.next(to="rosa@example.fr")
        halfway = lone_site.command("sign-in-link", "rosa@example.fr").stdout.strip()
        assert signs_in(lone_site, halfway) is None
        link = lone_site.command("sign-in-link", "rosa@example.fr", "--without-second-factor").stdout.strip()
        assert signs_in(lone_site, link) == "Town hall"
        notice = lone_site.mailbox.next(to="rosa@example.fr")
        assert "no longer asks for a code" in notice.text or "ne demande plus de code" in notice.text


# --- workers of their own

APART = {"LAVOIR_WORKERS": "0"}


def test_workers_of_their_own_need_postgresql(lone_site: Site) -> None:
    ended = lone_site.command("work")
    assert ended.returncode == 2
    assert "LAVOIR_DATABASE_URL" in ended.stderr
    without = Site(lone_site.data, settings=APART).command("serve")
    assert without.returncode == 2
    assert "LAVOIR_WORKERS: 0 needs LAVOIR_DATABASE_URL" in without.stderr


@contextmanager
def worker_of(site: Site, cluster: Cluster, *, afresh: bool = False) -> Iterator[None]:
    """`lavoir work` with the settings of a site, once it listens; ended as its operator would."""
    url = site._environment["LAVOIR_DATABASE_URL"]
    listening = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND datname ="
    listening += f" '{url.rpartition('/')[2]}' AND application_name LIKE 'lavoir %"
    worker = Site(site.data, database_url=url, origin=site.url, settings=APART, afresh=afresh)
    worker.program[-1] = "work"
    worker.launch()
    try:
        eventually(lambda: cluster.sql(f"{listening} {worker.pid}'") == "1")
        yield
        assert worker.stop() == 0
    finally:
        worker.kill()


def test_workers_of_their_own_do_what_the_site_leaves_to_them(
    postgres_cluster: Cluster, tmp_path: Path
) -> None:
    url = postgres_cluster.create()
    site = Site(tmp_path / "data", database_url=url, settings=APART)
    assert site.command(*SET_UP).returncode == 0
    with site:
        assert postgres_cluster.sql("SELECT attempts FROM job", name=url.rpartition("/")[2]) == "0"
        assert site.mailbox.unread() == []
        with worker_of(site, postgres_cluster, afresh=True), worker_of(site, postgres_cluster):
            assert signs_in(site, site.mailbox.next(to="rosa@example.fr").link) == "Town hall"
            with httpx.Client(base_url=site.address, timeout=GUARD) as client:
                for number in range(5):
                    page = BeautifulSoup(client.get("/sign-up").text, "html.parser")
                    token = page.select_one("input[name=_token]")
                    assert token is not None
                    mail = f"v{number}@example.fr"
                    form = {"_token": str(token["value"]), "name": "V", "contact": mail, "charter": "yes"}
                    assert client.post("/sign-up", data=form).status_code == 303
            for number in range(5):
                site.mailbox.next(to=f"v{number}@example.fr")
        assert site.mailbox.unread() == []
    postgres_cluster.drop(url)
