"""Settings: each is read as it is meant, and every mistake is named at once."""

from ipaddress import ip_network
from pathlib import Path

import pytest
import trustme

from hub.config import READERS, Config, read_config
from hub.db.sealing import new_key
from hub.errors import ConfigError


def problems(**environ: str) -> list[str]:
    with pytest.raises(ConfigError) as raised:
        read_config(environ)
    return raised.value.problems


def test_without_any_setting_a_village_runs_on_this_machine() -> None:
    config = read_config({})
    assert config == Config()
    assert config.origin == "http://localhost:8000"
    assert not config.secure


def test_every_setting_is_read_as_what_it_is(tmp_path: Path) -> None:
    trustme.CA().cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    key = new_key()
    config = read_config(
        {
            "LAVOIR_ORIGIN": "https://Village.Example/",
            "LAVOIR_BIND": "[::1]:9001",
            "LAVOIR_DATA": str(tmp_path),
            "LAVOIR_DATABASE_URL": "postgres://lavoir@db/village",
            "LAVOIR_DATABASE_POOL": "5",
            "LAVOIR_MEDIA_URL": "s3://bucket/valbrume?endpoint=https://s3.example&region=fr-par",
            "LAVOIR_MEDIA_KEY_ID": "id",
            "LAVOIR_MEDIA_SECRET": "secret",
            "LAVOIR_WORKERS": "0",
            "LAVOIR_SMTP_URL": "smtps://me:secret@mail.example",
            "LAVOIR_FEDERATION": "neighbours",
            "LAVOIR_PEER_NETWORKS": "10.0.0.0/8, fd00::/8",
            "LAVOIR_CA_FILE": str(tmp_path / "ca.pem"),
            "LAVOIR_TRUSTED_PROXIES": "192.0.2.1,192.0.2.2",
            "LAVOIR_BACKUP_FOLDER": "/srv/backups",
            "LAVOIR_BACKUP_KEEP": "3, 0",
            "LAVOIR_BACKUP_KEY": key,
            "LAVOIR_METRICS": "1",
            "LAVOIR_METRICS_BIND": "127.0.0.1:9002",
            "LAVOIR_LOG": "json",
        }
    )
    assert config == Config(
        origin="https://village.example",
        bind=("::1", 9001),
        data=tmp_path,
        database_url="postgres://lavoir@db/village",
        database_pool=5,
        media_url="s3://bucket/valbrume?endpoint=https://s3.example&region=fr-par",
        media_key_id="id",
        media_secret="secret",
        workers=0,
        smtp_url="smtps://me:secret@mail.example",
        federation="neighbours",
        peer_networks=(ip_network("10.0.0.0/8"), ip_network("fd00::/8")),
        ca_file=tmp_path / "ca.pem",
        trusted_proxies=(ip_network("192.0.2.1/32"), ip_network("192.0.2.2/32")),
        backup_folder=Path("/srv/backups"),
        backup_keep=(3, 0),
        backup_key=key,
        metrics=True,
        metrics_bind=("127.0.0.1", 9002),
        log="json",
    )
    assert config.secure
    assert config.host == "village.example"


def test_every_field_of_the_settings_can_be_set() -> None:
    assert set(READERS) == set(Config.__dataclass_fields__)


def test_all_problems_are_named_at_once() -> None:
    found = problems(
        LAVOIR_ORIGIN="village.example",
        LAVOIR_BIND="everywhere",
        LAVOIR_WORKERS="many",
        LAVOIR_COLOUR="blue",
        LAVOIR_SMTP_URL_FILE="/nowhere/at/all",
    )
    assert [line.partition(":")[0] for line in sorted(found)] == [
        "LAVOIR_BIND",
        "LAVOIR_COLOUR",
        "LAVOIR_ORIGIN",
        "LAVOIR_SMTP_URL_FILE",
        "LAVOIR_WORKERS",
    ]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("ORIGIN", "ftp://village.example"),
        ("ORIGIN", "https://"),
        ("ORIGIN", "https://village.example/hub"),
        ("ORIGIN", "https://village.example?x"),
        ("ORIGIN", "https://me@village.example"),
        ("ORIGIN", "https://village.example:99999"),
        ("ORIGIN", "https://village.example:443"),
        ("ORIGIN", "https://vallée.example"),
        ("ORIGIN", "https://my village.example"),
        ("BIND", "127.0.0.1"),
        ("BIND", ":8000"),
        ("BIND", "127.0.0.1:0"),
        ("BIND", "127.0.0.1:70000"),
        ("BIND", "::1:80"),  # is it port 80 of ::1, or no port of ::1:80?
        ("BIND", "[127.0.0.1]:80"),
        ("BIND", "[::1:80"),
        ("METRICS_BIND", "fd00::9000"),
        ("DATA", __file__),
        ("BACKUP_FOLDER", __file__),
        ("BACKUP_FOLDER", "/" + "x" * 300),  # longer than a name may be
        ("CA_FILE", "/" + "x" * 300),
        ("WORKERS", "-1"),
        ("WORKERS", "65"),
        ("WORKERS", "1.5"),
        ("DATABASE_URL", "mysql://db/village"),
        ("DATABASE_URL", "postgres:///village"),
        ("DATABASE_URL", "postgres://db:port/village"),
        ("DATABASE_URL", "postgres://db:99999/village"),
        ("DATABASE_POOL", "1"),
        ("DATABASE_POOL", "101"),
        ("MEDIA_URL", "https://s3.example/bucket"),
        ("MEDIA_URL", "s3://key:secret@bucket/village"),
        ("MEDIA_URL", "s3://bucket?endpoint=s3.example"),
        ("MEDIA_URL", "s3://bucket?key=secret"),
        ("MEDIA_URL", "s3://bucket?endpoint"),
        ("SMTP_URL", "mail.example"),
        ("SMTP_URL", "smtp://me:secret@mail.example:587?startls=1"),
        ("SMTP_URL", "smtp://me:secret@mail.example:587?starttls=yes"),
        ("FEDERATION", "closed"),
        ("PEER_NETWORKS", "10.0.0.1/8"),
        ("TRUSTED_PROXIES", "*"),
        ("TRUSTED_PROXIES", "127.0.0.1,"),
        ("CA_FILE", "/nowhere/at/all.pem"),
        ("CA_FILE", __file__),
        ("MAP_FILE", "/proc/self/mem"),  # there, and cannot be read
        ("BACKUP_KEEP", "7"),
        ("BACKUP_KEEP", "seven,4"),
        ("BACKUP_KEY", "a word"),
        ("METRICS", "yes"),
        ("LOG", "xml"),
    ],
)
def test_a_value_that_cannot_be_meant_is_named(name: str, text: str) -> None:
    (problem,) = problems(**{f"LAVOIR_{name}": text})
    assert problem.startswith(f"LAVOIR_{name}: ")


def test_a_name_that_does_not_exist_is_named() -> None:
    assert problems(LAVOIR_DATABASE="x") == ["LAVOIR_DATABASE: no such setting"]


def test_names_of_others_and_of_the_tests_are_left_alone() -> None:
    assert read_config({"HOME": "/root", "LAVOIR_TEST_REQUIRE_ALL": "1", "lavoir_log": "xml"}) == Config()


def test_a_store_of_pictures_has_both_of_its_keys() -> None:
    """Without them its library asks an address of the machine's network for some."""
    store = {"LAVOIR_MEDIA_URL": "s3://bucket", "LAVOIR_MEDIA_KEY_ID": "id", "LAVOIR_MEDIA_SECRET": "secret"}
    assert read_config(store).media_key_id == "id"
    for missing, named in (
        ({"LAVOIR_MEDIA_KEY_ID", "LAVOIR_MEDIA_SECRET"}, "LAVOIR_MEDIA_URL"),
        ({"LAVOIR_MEDIA_KEY_ID"}, "LAVOIR_MEDIA_SECRET"),
        ({"LAVOIR_MEDIA_SECRET"}, "LAVOIR_MEDIA_SECRET"),
    ):
        (problem,) = problems(**{name: value for name, value in store.items() if name not in missing})
        assert problem.startswith(f"{named}: it goes with LAVOIR_MEDIA_KEY_ID")


def test_an_empty_value_is_no_value() -> None:
    assert read_config({"LAVOIR_SMTP_URL": "", "LAVOIR_ORIGIN": "  "}) == Config()


def test_a_secret_may_be_in_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "smtp"
    secret.write_text("smtp://me:secret@mail.example\n")
    assert read_config({"LAVOIR_SMTP_URL_FILE": str(secret)}).smtp_url == "smtp://me:secret@mail.example"


def test_a_file_that_is_empty_is_named_for_it_may_be_the_key_of_the_backups(tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_text("\n")
    assert problems(LAVOIR_BACKUP_KEY_FILE=str(key)) == [f"LAVOIR_BACKUP_KEY_FILE: {key} is empty"]


def test_the_empty_name_of_a_file_is_no_value() -> None:
    assert read_config({"LAVOIR_SMTP_URL_FILE": " "}) == Config()


def test_a_value_that_is_given_twice_is_named(tmp_path: Path) -> None:
    (tmp_path / "smtp").write_text("smtp://one.example")
    file = {"LAVOIR_SMTP_URL_FILE": str(tmp_path / "smtp")}
    (problem,) = problems(LAVOIR_SMTP_URL="smtp://other.example", **file)
    assert problem == "LAVOIR_SMTP_URL_FILE: LAVOIR_SMTP_URL is set too, leave one of them out"


@pytest.mark.parametrize("content", [None, b"\xff\xfe\xff"])
def test_a_secret_that_cannot_be_read_is_named_with_its_file(tmp_path: Path, content: bytes | None) -> None:
    secret = tmp_path / "smtp"
    if content is not None:
        secret.write_bytes(content)
    (problem,) = problems(LAVOIR_SMTP_URL_FILE=str(secret))
    assert problem.startswith(f"LAVOIR_SMTP_URL_FILE: cannot read {secret}")


@pytest.mark.parametrize(
    "origin", ["http://localhost", "http://localhost:8000", "http://127.0.0.1:8000", "http://[::1]:8000"]
)
def test_without_tls_a_site_is_for_this_machine(origin: str) -> None:
    assert read_config({"LAVOIR_ORIGIN": origin}).origin == origin


@pytest.mark.parametrize("origin", ["http://village.example", "http://192.0.2.7", "http://localhost.example"])
def test_without_tls_a_site_is_for_nobody_else(origin: str) -> None:
    (problem,) = problems(LAVOIR_ORIGIN=origin)
    assert "https://" in problem


def test_without_tls_a_site_may_be_for_the_networks_of_its_peers() -> None:
    environ = {"LAVOIR_ORIGIN": "http://192.0.2.7", "LAVOIR_PEER_NETWORKS": "192.0.2.0/24"}
    assert not read_config(environ).secure


def test_a_site_without_workers_needs_a_database_that_others_can_reach() -> None:
    (problem,) = problems(LAVOIR_WORKERS="0")
    assert problem.startswith("LAVOIR_WORKERS: ")
