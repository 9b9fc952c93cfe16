"""Secrets in what is shown, OPS-02: on pages, in commands, in the log."""

import re
import socketserver
import tarfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import pytest

from tests.attacks.conftest import StartVillage
from tests.attacks.test_access import follow_links
from tests.attacks.village import DATABASE_PASSWORD, Village
from tests.site import Site
from tests.waiting import wait_until

ENGINES = ("postgres",)  # whose address holds a secret; what shows none there has none of SQLite to show

MAIL_PASSWORD = "Password-of-the-mail-server"


class Refusing(socketserver.StreamRequestHandler):
    """A mail server that takes anybody's password and nobody's mail."""

    def handle(self) -> None:
        self.wfile.write(b"220 refuses\r\n")
        for line in self.rfile:
            word = line.split()[0].upper() if line.split() else b""
            answer = {
                b"EHLO": b"250-refuses\r\n250 AUTH PLAIN",
                b"AUTH": b"235 welcome",
                b"MAIL": b"250 go on",
                b"QUIT": b"221 bye",
            }.get(word, b"550 no such person here: " + line.strip())
            self.wfile.write(answer + b"\r\n")


@contextmanager
def refusing_mail_server() -> Iterator[int]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Refusing) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


@pytest.fixture(scope="module")
def with_mail_server(start_village: StartVillage) -> Iterator[Village]:
    with refusing_mail_server() as port:
        url = f"smtp://hub%40example.fr:{MAIL_PASSWORD}@127.0.0.1:{port}"
        with start_village(settings={"LAVOIR_SMTP_URL": url}) as village:
            yield village


def wait_for_failed_mail(village: Village) -> None:
    wait_until(lambda: "job failed" in village.log)


def test_ops_02_no_page_shows_a_secret_of_the_settings(with_mail_server: Village) -> None:
    seen, _ = follow_links(with_mail_server.administrator)
    assert "/admin" in seen
    source = seen.pop("/source")
    shown = [answer.text + str(answer.headers) for answer in seen.values()]
    for secret in (MAIL_PASSWORD, DATABASE_PASSWORD):
        assert secret not in "".join(shown)
    with tarfile.open(fileobj=BytesIO(source.content)) as archive:
        names = archive.getnames()
    assert not [name for name in names if re.search(r"\.env|sqlite3|\.eml|\.key|data/", name)]


def test_ops_02_no_command_and_no_log_line_shows_a_secret(with_mail_server: Village) -> None:
    site = with_mail_server.site
    wait_for_failed_mail(with_mail_server)
    told = "".join(
        result.stdout + result.stderr
        for result in (site.command("check-config"), site.command("doctor"), site.command("doctor", "--json"))
    )
    assert "LAVOIR_SMTP_URL=smtp://hub%40example.fr:***@127.0.0.1" in told
    log = with_mail_server.log
    for secret in (MAIL_PASSWORD, DATABASE_PASSWORD, *with_mail_server.administrator.cookies.values()):
        assert secret not in told
        assert secret not in log
    assert MAIL_PASSWORD not in with_mail_server.database.dump()


def test_ops_02_the_log_names_no_person_and_no_link(village: Village, with_mail_server: Village) -> None:
    village.invited("person-02@example.fr")
    link = village.ask_link("person-02@example.fr")
    village.visitor().come_in(link)
    village.visitor().post("/sign-in", {"contact": "not an address"})
    wait_for_failed_mail(with_mail_server)
    for log in (village.log, with_mail_server.log):
        lines = [line for line in log.splitlines() if "/setup?key=" not in line]
        assert not [line for line in lines if "@example.fr" in line]
        assert not [line for line in lines if re.search(r"[A-Za-z0-9_-]{43}", line)]
        assert not [line for line in lines if re.search(r"100\.6\d\.\d+\.\d+", line)], "no visitor's address"


@pytest.mark.parametrize(
    "setting",
    [
        {"LAVOIR_SMTP_URL": f"smtp://me:{MAIL_PASSWORD}@"},
        {"LAVOIR_SMTP_URL": f"http://me:{MAIL_PASSWORD}@host"},
        {"LAVOIR_DATABASE_URL": f"mysql://me:{MAIL_PASSWORD}@host/db"},
        {"LAVOIR_DATABASE_URL": f"postgres://me:{MAIL_PASSWORD}@127.0.0.1:1/db"},
        {"LAVOIR_DATABASE_URL": f"postgres://127.0.0.1:1/db?user=me&password={MAIL_PASSWORD}"},
        {"LAVOIR_DATABASE_URL": f"postgres://me:{MAIL_PASSWORD}/x@127.0.0.1/db"},
    ],
    ids=["smtp", "scheme", "engine", "refused", "query", "slash"],
)
def test_ops_02_a_wrong_setting_is_named_without_its_secret(tmp_path: Path, setting: dict[str, str]) -> None:
    site = Site(tmp_path / "data", settings=setting)
    for command in ("check-config", "doctor", "migrate"):
        result = site.command(command)
        assert MAIL_PASSWORD not in result.stdout + result.stderr, command
