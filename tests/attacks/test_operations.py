"""What an operator relies on: OPS-02 to OPS-07 and OPS-09 to OPS-11."""

import json
import os
import re
import stat
import subprocess
import tarfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.attacks.database import LONG_AGO, Database, rows_of
from tests.attacks.village import ADMINISTRATOR, Village
from tests.attacks.visitor import Visitor, heading, page
from tests.postgres import Cluster
from tests.site import Site

Start = Callable[..., AbstractContextManager[Village]]
ROOT = Path(__file__).parents[2]

# ------------------------------------------------------------------ OPS-02: secrets in files


def test_ops_02_the_mail_folder_and_the_data_are_the_operators_alone(village: Village) -> None:
    village.ask_link(ADMINISTRATOR)
    data = village.site.data
    assert stat.S_IMODE(data.stat().st_mode) == 0o700
    for path in data.rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


# ------------------------------------------------------------------ OPS-03: words that are code elsewhere

PAYLOADS = [
    "'",
    '"',
    "';DROP TABLE member;--",
    "1 OR 1=1",
    "%",
    "_",
    "\\",
    "\x00",
    "a\x00b",
    "$1",
    "?1",
    "{{7*7}}{%",
    "%(x)s %s",
    "\ud7ff\uffff\U0010ffff",
    "\u202e\u200b",
    "²",
    "-1",
    "1e9",
    "9" * 30,
    "9" * 5000,
    "x" * 3000,
]
QUERIES = [
    ("/members", "q"),
    ("/members", "page"),
    ("/associations", "q"),
    ("/associations", "kind"),
    ("/associations", "page"),
    ("/sign-in", "next"),
    ("/language", "next"),
    ("/confirm", "next"),
    ("/me", "said"),
    ("/setup", "key"),
]
PATHS = ["/@{}", "/@{}/edit", "/members/{}", "/associations/claims/{}", "/sign-in/{}", "/admin/texts/{}/fr"]


def quoted(payload: str) -> str:
    from urllib.parse import quote

    return quote(payload.encode("utf-8", "surrogatepass"), safe="")


def test_ops_03_no_address_reaches_the_database_as_code(village: Village, administrator: Visitor) -> None:
    village.list_organisation("Injection")
    before, broken = rows_of(village.database.dump()), []
    addresses = [f"{path}?{name}={quoted(payload)}" for path, name in QUERIES for payload in PAYLOADS]
    addresses += [path.format(quoted(payload)) for path in PATHS for payload in PAYLOADS]
    addresses += [f"{path}?{name}=%ff%fe%00" for path, name in QUERIES] + ["/%ff%fe", "/@%ff%00", "/@%2e%2e"]
    for address in addresses:
        village.rest("tokens-address:%")
        if (status := administrator.get(address).status_code) not in (200, 303, 404, 410):
            broken.append(f"{address[:80]}: {status}")
    assert broken == []
    assert rows_of(village.database.dump()) == before


@pytest.mark.parametrize("words", ["%", "_", "%' OR '1'='1", "o_a", "R%a", "\\"])
def test_ops_03_a_search_finds_words_and_not_patterns(
    village: Village, administrator: Visitor, words: str
) -> None:
    village.administrator.post("/me", {"name": "Rosa", "locale": "fr", "rhythm": "never"})
    assert page(administrator.get("/members?q=Rosa")).select("tbody tr")
    for path in ("/members", "/associations"):
        soup = page(administrator.get(f"{path}?q={quoted(words)}"))
        assert not soup.select("tbody tr, li.sheet"), path


FORMS: list[tuple[str, dict[str, str], list[str]]] = [
    ("/sign-in", {"contact": "x@example.fr"}, ["contact", "next"]),
    ("/sign-up", {"name": "X", "contact": "x@example.fr", "charter": "yes"}, ["name", "contact", "charter"]),
    ("/language", {"locale": "fr"}, ["locale", "next"]),
    ("/invitations", {"name": "X", "contact": "06 03 03 03 03"}, ["name", "contact", "role"]),
    ("/associations/new", {"name": "X"}, ["name", "handle", "kind", "text", "website", "mail", "phone"]),
    ("/admin/texts/charter/en", {"text": "x"}, ["text"]),
    ("/me", {"name": "X", "locale": "fr", "rhythm": "never"}, ["name", "locale", "rhythm"]),
    ("/me/mail", {"contact": "x@example.fr"}, ["contact"]),
    ("/admin", {"name": "X"}, ["name", "latitude", "insee", "visibility", "phone"]),
    ("/confirm", {"code": "1"}, ["code", "credential", "next"]),
    ("/sign-in/passkey", {}, ["credential", "next"]),
    ("/associations/import/confirm", {"table": "nom\nX"}, ["table"]),
]


@pytest.mark.parametrize(("path", "form", "fields"), FORMS, ids=[form[0] for form in FORMS])
def test_ops_03_no_form_reaches_the_database_as_code(
    village: Village, administrator: Visitor, path: str, form: dict[str, str], fields: list[str]
) -> None:
    members = village.database.value("SELECT count(*) FROM member")
    broken = []
    for name in fields:
        for payload in PAYLOADS:
            village.database.run("DELETE FROM allowance")
            text = payload.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
            answer = administrator.post(path, form | {name: text})
            if answer.status_code >= 500:
                broken.append(f"{name}={payload[:40]!r}: {answer.status_code}")
    assert broken == []
    assert village.database.value("SELECT count(*) FROM member") == members


# ------------------------------------------------------------------ OPS-06: settings that are not safe


@pytest.mark.parametrize(
    "settings",
    [
        {"LAVOIR_ORIGIN": "http://village.example"},
        {"LAVOIR_ORIGIN": "http://203.0.113.7"},
        {"LAVOIR_ORIGIN": "village.example"},
        {"LAVOIR_ORIGIN": "https://village.example/hub"},
        {"LAVOIR_ORIGIN": "https://user:secret@village.example"},
        {"LAVOIR_DEBUG": "1"},
        {"LAVOIR_SECRET_KEY": "changeme"},
        {"LAVOIR_TRUSTED_PROXIES": "*"},
        {"LAVOIR_BIND": "everywhere"},
    ],
    ids=lambda settings: " ".join(f"{name[7:]}={value}" for name, value in settings.items()),
)
def test_ops_06_the_program_does_not_start_with_unsafe_settings(
    tmp_path: Path, settings: dict[str, str]
) -> None:
    site = Site(tmp_path / "data", settings=settings)
    result = site.command("serve")
    assert result.returncode == 2
    assert next(iter(settings)) in result.stderr
    assert "Traceback" not in result.stderr
    assert not (tmp_path / "data").exists()


def test_ops_06_there_is_no_debug_page(administrator: Visitor) -> None:
    for path in ("/debug", "/docs", "/openapi.json", "/metrics", "/console", "/.env", "/.git/config"):
        assert administrator.get(path).status_code == 404


def test_ops_06_static_files_come_from_their_folder_alone(visitor: Visitor) -> None:
    for path in (
        "/static/x/../../config.py",
        "/static/x/..%2f..%2fconfig.py",
        "/static/x/%2e%2e/%2e%2e/config.py",
        "/static/x//etc/passwd",
        "/static/..%5c..%5cconfig.py",
        "/static/x/%00",
        "/static/x/fonts",
        "/static/x/" + "a" * 3000,
    ):
        assert visitor.get(path).status_code == 404, path


# ------------------------------------------------------------------ OPS-07: who says where a request is from


@pytest.fixture(scope="module")
def without_proxy(start_village: Start) -> Iterator[Village]:
    """A site whose proxy is somewhere else: nobody on this machine is it."""
    with start_village(settings={"LAVOIR_TRUSTED_PROXIES": "10.0.0.0/8"}) as village:
        yield village


def ask_from(village: Village, forwarded: Callable[[int], dict[str, str]]) -> list[int]:
    statuses = []
    for number in range(28):
        visitor = village.visitor()
        visitor.headers = forwarded(number)
        statuses.append(visitor.post("/sign-in", {"contact": f"p{number}@example.fr"}).status_code)
    return statuses


def test_ops_07_nobody_but_the_proxy_says_where_a_request_is_from(without_proxy: Village) -> None:
    statuses = ask_from(
        without_proxy,
        lambda number: {
            "x-forwarded-for": f"100.64.9.{number}",
            "x-real-ip": f"100.64.9.{number}",
            "forwarded": f"for=100.64.9.{number}",
        },
    )
    assert statuses[-1] == 429


def test_ops_07_what_a_visitor_says_to_the_proxy_counts_for_nothing(village: Village) -> None:
    statuses = ask_from(village, lambda number: {"x-forwarded-for": f"100.64.9.{number}, 100.99.0.1"})
    assert statuses[-1] == 429
    neighbour = village.visitor(address="100.99.0.2")
    assert neighbour.post("/sign-in", {"contact": "p@example.fr"}).status_code == 303


def test_ops_07_an_address_that_is_none_is_no_way_around_the_rates(village: Village) -> None:
    statuses = ask_from(village, lambda number: {"x-forwarded-for": f"unknown-{number}"})
    assert statuses[-1] == 429


@pytest.mark.parametrize("scheme", ["https", "http", "javascript", "https, http"])
def test_ops_07_a_forged_scheme_changes_nothing(
    without_proxy: Village, village: Village, scheme: str
) -> None:
    for each in (without_proxy, village):
        answer = each.visitor().get("/sign-in", headers={"x-forwarded-proto": scheme})
        assert answer.status_code == 200
        assert "strict-transport-security" not in answer.headers
        assert "secure" not in answer.headers["set-cookie"].lower()


# ------------------------------------------------------------------ OPS-09: packages


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock", "requirements-build.lock"])
def test_ops_09_every_package_is_pinned_with_its_hashes(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    packages = [part for part in re.split(r"\n(?=\S)", text.strip()) if not part.startswith("#")]
    assert packages
    for package in packages:
        assert re.match(r"[A-Za-z0-9._-]+==\S+", package), package
        assert "--hash=sha256:" in package, package


def test_ops_09_what_the_site_needs_is_little(village: Village) -> None:
    names = re.findall(r"^([A-Za-z0-9._-]+)==", (ROOT / "requirements.lock").read_text(), re.MULTILINE)
    assert len(names) <= 55, sorted(names)


# ------------------------------------------------------------------ OPS-10: backups


def test_ops_10_a_backup_is_the_operators_alone(village: Village, tmp_path: Path) -> None:
    previous = os.umask(0)
    try:
        result = village.site.command("backup", str(tmp_path / "village.backup"))
    finally:
        os.umask(previous)
    assert result.returncode == 0, result.stderr
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert files
    for path in files:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


def test_ops_10_no_backup_holds_a_secret_that_works(village: Village, tmp_path: Path) -> None:
    member = village.invited("backup-10@example.fr")
    link = village.ask_link("backup-10@example.fr")
    assert village.site.command("backup", str(tmp_path / "village.backup")).returncode == 0
    everything = content_of(tmp_path / "village.backup", village.database)
    assert b"backup-10@example.fr" in everything
    assert link.rpartition("/")[2].encode() not in everything
    assert member.session.encode() not in everything


def read_dump(dump: Path, cluster: Cluster) -> bytes:
    command = [cluster.programs / "pg_restore", "-f", "-", dump]
    return subprocess.run(command, check=True, capture_output=True, timeout=60).stdout


def content_of(backup: Path, database: Database) -> bytes:
    """All that is in a backup, unpacked: an archive around a SQLite file or a dump of PostgreSQL."""
    with tarfile.open(backup) as archive:
        # our own archive, and Python 3.11.2 of Debian 12 has no filter to ask for
        archive.extractall(folder := backup.with_suffix(".unpacked"))
    files = [path for path in folder.rglob("*") if path.is_file()]
    dumps = [path for path in files if path.suffix == ".pgdump"]
    assert bool(dumps) == (database.url is not None)
    unpacked = [read_dump(path, database.cluster) for path in dumps if database.cluster]
    return b"".join([path.read_bytes() for path in files] + unpacked)


# ------------------------------------------------------------------ OPS-11: one's own data


def test_ops_11_nobody_but_its_owner_gets_an_export(village: Village) -> None:
    owner, other = village.invited("owner-11@example.fr"), village.invited("other-11@example.fr")
    assert village.visitor().get("/me/export").headers["location"].startswith("/sign-in")
    answer = owner.get("/me/export")
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["content-type"] == "application/json"
    assert "no-store" in answer.headers["cache-control"]
    mine, theirs = answer.text, other.get("/me/export").text
    assert "owner-11@example.fr" in mine
    assert "other-11@example.fr" not in mine
    assert "owner-11@example.fr" not in theirs
    for path in ("/me/export?member_id=1", "/me/export?id=1"):
        assert ADMINISTRATOR not in owner.get(path).text
    for path in ("/me/export/1", "/export/1", "/exports", "/members/1/export"):
        assert owner.get(path).status_code == 404


def test_ops_11_an_export_holds_no_secret(village: Village, administrator: Visitor) -> None:
    text = json.dumps(administrator.get("/me/export").json())
    for word in ("token", "hash", "totp", "secret", "public_key", "credential_id", "sign_count"):
        assert word not in text
    assert administrator.session not in text


def test_ops_11_an_export_asks_again_who_is_there(village: Village) -> None:
    member = village.invited("06 11 00 00 11")
    number = village.member_id(member)
    village.database.run(f"UPDATE session SET confirmed_at = '{LONG_AGO}' WHERE member_id = {number}")
    answer = member.get("/me/export")
    assert answer.status_code == 303, heading(answer)
    assert answer.headers["location"] == "/confirm?next=/me/export"
