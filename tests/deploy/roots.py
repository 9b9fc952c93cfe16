"""Clean roots of Debian, as small as they come: what the image and a bare machine begin with.

A root is made once by mmdebstrap and kept below .venv/deploy, without a trace of Lavoir; so are the packages
that were fetched. Each run works on a copy, which takes no time (an overlay) and is thrown away.

How this machine reaches its package registries (apt's sources and options, pip's settings, certificate
authorities) is written into the root, where the programs look for it, and nowhere else.
"""

import fcntl
import os
import platform
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from tests.parts import missing
from tests.site import ROOT

KEPT = (ROOT / ".venv" / "deploy").resolve()
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
AUTHORITIES = Path("/etc/ssl/certs/ca-certificates.crt")
BOOTED = ["dbus", "systemd", "systemd-sysv"]  # what every installed machine has, and a smallest root has not


def needs(*programs: str) -> None:
    """Skip a test where a clean root cannot be made."""
    if os.geteuid() != 0:
        missing("root: only root can make and enter a root of its own")
    for program in programs:
        if shutil.which(program) is None:
            missing(program)


@contextmanager
def alone(name: str) -> Iterator[Path]:
    """The folder for things that are kept, for one process at a time."""
    KEPT.mkdir(parents=True, exist_ok=True)
    with (KEPT / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield KEPT


def clean_root(release: str, *, booted: bool = False) -> Path:
    """The folder of a Debian of that release, made if it is not there yet; nobody may write into it."""
    name = f"{release}-booted" if booted else release
    with alone(name) as kept:
        target = kept / name
        if not target.exists():
            _make(target.with_suffix(".new"), release, booted=booted)
            target.with_suffix(".new").rename(target)
        _tell_about_this_machine(target, release)
    return target


def packages_of(name: str) -> Path:
    """Where the apt of that machine keeps what it fetched."""
    folder = KEPT / f"apt-{name}"
    (folder / "partial").mkdir(parents=True, exist_ok=True)
    return folder


def _make(target: Path, release: str, *, booted: bool) -> None:
    shutil.rmtree(target, ignore_errors=True)
    packages = ["ca-certificates", *(BOOTED if booted else [])]
    command = ["mmdebstrap", "--quiet", "--mode=root", "--variant=minbase", f"--include={','.join(packages)}"]
    command += [f"--aptopt={options}" for options in Path("/etc/apt/apt.conf.d").glob("99*")]
    command += ["--skip=cleanup/apt/lists"]  # else each machine fetches them anew
    command += ["--dpkgopt=force-unsafe-io"]  # also of what is installed there later: it is thrown away
    _run([*command, release, str(target), *_mirror()])


@cache
def _mirror() -> list[str]:
    """Where this machine takes Debian from; elsewhere mmdebstrap knows a place."""
    if not Path("/etc/debian_version").exists() or "debian" not in platform.freedesktop_os_release()["ID"]:
        return []
    told = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(ORIGIN) $(SITE)", "Created-By: Packages"],
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    ).stdout
    sites = [line.split()[1] for line in told.splitlines() if line.startswith("Debian ")]
    return sites[:1]


def _tell_about_this_machine(root: Path, release: str) -> None:
    (root / "etc/hosts").write_text("127.0.0.1 localhost\n::1 localhost\n")
    shutil.copy("/etc/resolv.conf", root / "etc/resolv.conf")
    sources = [f"deb {site} {release} main\n" for site in _mirror()]
    if sources:
        (root / "etc/apt/sources.list").write_text("".join(sources))
    for options in Path("/etc/apt/apt.conf.d").glob("99*"):
        shutil.copy(options, root / "etc/apt/apt.conf.d")
    if AUTHORITIES.exists():
        shutil.copy(AUTHORITIES, root / "etc/authorities.crt")
    (root / "etc/pip.conf").write_text(_pip_settings())


@cache
def _pip_settings() -> str:
    """pip's own answer, from files and the environment alike, but for what lies on this machine's disk."""
    lines = ["[global]"]
    told = subprocess.run(
        ["python3", "-m", "pip", "config", "list"], check=False, capture_output=True, text=True, timeout=60
    ).stdout
    for line in told.splitlines():
        name, _, value = line.partition("=")
        option, value = name.rpartition(".")[2].strip(":"), value.strip("'\"")
        if option in ("index-url", "extra-index-url", "trusted-host", "proxy", "timeout", "default-timeout"):
            urls = [part for part in value.split() if not part.startswith(("file:", "/"))]
            lines += [f"{option} = {' '.join(urls)}"] if urls else []
    return "\n".join([*lines, "cert = /etc/authorities.crt" if AUTHORITIES.exists() else "", ""])


def _run(command: list[str]) -> None:
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
