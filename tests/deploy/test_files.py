"""The files of deploy/, read by the programs that will read them and compared with the settings."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from hub.config import READERS
from hub.limits import PHOTOS_FORM_BYTES
from tests.parts import missing
from tests.site import ROOT

DEPLOY = ROOT / "deploy"
SCRIPTS = sorted(
    path.relative_to(ROOT)
    for path in [*DEPLOY.rglob("*"), *(ROOT / "tests").glob("*.sh"), ROOT / ".ci/run"]
    if path.is_file() and path.read_bytes().startswith(b"#!/bin/")
)


def told(*command: str | Path, cwd: Path = ROOT) -> str:
    """What a program that reads a file says; the test fails where it does not like it."""
    if shutil.which(str(command[0])) is None:
        missing(str(command[0]))
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=120, cwd=cwd)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_every_shell_script_is_without_fault() -> None:
    assert len(SCRIPTS) > 8
    told("shellcheck", "--exclude=SC1091", *SCRIPTS)


def test_the_dockerfile_is_without_fault() -> None:
    told(Path(sys.executable).with_name("hadolint"), "deploy/Dockerfile")


def test_everything_that_the_image_copies_may_be_copied() -> None:
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", (DEPLOY / "Dockerfile").read_text(), re.MULTILINE)
    allowed = set(re.findall(r"^!(\S+)$", (ROOT / ".dockerignore").read_text(), re.MULTILINE))
    assert {name for line in copied for name in line.split()} == allowed


def compose(folder: Path, settings: str) -> str:
    """The compose file as Docker Compose understands it."""
    shutil.copy(ROOT / "docker-compose.yml", folder)
    (folder / ".env").write_text(settings)
    return told("docker-compose", "config", cwd=folder)


def test_two_lines_give_a_village_on_its_own_domain(tmp_path: Path) -> None:
    understood = compose(tmp_path, "DOMAIN=die.example\nLAVOIR_SMTP_URL=smtp://mail.example\n")
    for line in ("DOMAIN: die.example", "LAVOIR_ORIGIN: https://die.example", "HUB: hub:8000"):
        assert line in understood
    assert "LAVOIR_SMTP_URL: smtp://mail.example" in understood
    assert understood.count("read_only: true") == 2


def test_without_a_domain_nothing_starts_and_one_line_says_why(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match=r"write DOMAIN=village\.example into the file \.env"):
        compose(tmp_path, "")


def test_the_units_are_without_fault_and_shut_in(tmp_path: Path) -> None:
    for name in ("lavoir.service", "lavoir@.service"):
        text = (DEPLOY / name).read_text().replace("/opt/lavoir/current/bin/lavoir", "/bin/true")
        (tmp_path / name).write_text(text)
        told("systemd-analyze", "verify", "--man=no", tmp_path / name)
    told("systemd-analyze", "security", "--offline=true", "--threshold=15", tmp_path / "lavoir.service")


def test_one_village_and_many_are_shut_in_alike() -> None:
    one, many = (
        (DEPLOY / name).read_text().splitlines()[1:] for name in ("lavoir.service", "lavoir@.service")
    )
    named = [line.replace("hub of %i", "hub of a village").replace("-%i", "") for line in many]
    assert named == one


def test_the_example_of_the_settings_has_each_of_them_once() -> None:
    named = re.findall(r"^#LAVOIR_(\w+)=", (DEPLOY / "env.example").read_text(), re.MULTILINE)
    assert sorted(named) == sorted(name.upper() for name in READERS)


def test_no_proxy_refuses_a_form_with_as_many_photos_as_may_be() -> None:
    """It would answer with a page of its own, and what was written would be lost."""
    caddy = re.findall(r"max_size (\d+)MiB", (DEPLOY / "Caddyfile").read_text())
    nginx = [
        re.findall(r"client_max_body_size (\d+)m;", (DEPLOY / file).read_text())
        for file in ("nginx.conf", "yunohost/conf/nginx.conf")
    ]
    assert [int(size) * 2**20 >= PHOTOS_FORM_BYTES for (size,) in (caddy, *nginx)] == [True] * 3


def test_every_package_is_there_for_arm_without_a_compiler(tmp_path: Path) -> None:
    platform = ["--python-platform=aarch64-manylinux_2_36", "--python-version=3.13", "--only-binary=:all:"]
    uv = [Path(sys.executable).with_name("uv"), "pip", "install", "--dry-run", "--quiet", "--require-hashes"]
    told(*uv, *platform, f"--target={tmp_path}", "--requirement=requirements.lock")


def test_the_yunohost_package_says_what_it_is() -> None:
    manifest = tomllib.loads((DEPLOY / "yunohost" / "manifest.toml").read_text())
    assert manifest["packaging_format"] == 2
    assert manifest["integration"]["helpers_version"] == "2.1"
    scripts = {path.name for path in (DEPLOY / "yunohost" / "scripts").iterdir()}
    assert scripts == {"_common.sh", "install", "remove", "upgrade", "backup", "restore", "change_url"}
    version = (ROOT / "hub" / "__init__.py").read_text()
    assert f'"{manifest["version"].partition("~")[0]}"' in version
