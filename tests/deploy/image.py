"""The image: built by buildah, which needs no engine, and run as its configuration and the compose file say.

The base is a clean root under the name that the Dockerfile asks for, so that every step is executed as it is
written, and nothing is fetched but packages. Layers are kept as Docker keeps them: a step whose files did not
change is not done again.
"""

import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.deploy.machine import _die_with_parent
from tests.deploy.roots import KEPT, alone, clean_root
from tests.waiting import GUARD

BASE = "docker.io/library/debian:trixie-slim"
NAME = "localhost/lavoir"
MOST_KEPT = 4 * 2**30  # bytes of old layers


@dataclass(frozen=True)
class Image:
    """A built image: its files, read-only, and what it says about itself."""

    root: Path
    config: dict[str, Any]
    log: str


@contextmanager
def built_image(checkout: Path) -> Iterator[Image]:
    """Every step of deploy/Dockerfile, executed."""
    with alone("images"), _unmounted_at_the_end():
        _buildah("rm", "--all")  # of a run that was killed
        _forget_much()
        _establish_base()
        log = _buildah(
            "build-using-dockerfile",
            "--isolation=chroot",
            "--pull-never",
            "--layers",
            "--format=docker",
            f"--file={checkout / 'deploy/Dockerfile'}",
            f"--tag={NAME}",
            str(checkout),
        )
        container = _buildah("from", "--pull-never", NAME).strip()
        try:
            root = Path(_buildah("mount", container).strip())
            config = json.loads(_buildah("inspect", "--type=image", NAME))["Docker"]["config"]
            yield Image(root, config, log)
        finally:
            _buildah("rm", container)


class Container:
    """The image, running: read-only, without rights and without a network, its data in a folder."""

    def __init__(self, image: Image, data: Path, settings: Mapping[str, str]) -> None:
        self.image = image
        self.data = data
        self.environment = [*image.config["Env"], *(f"{name}={value}" for name, value in settings.items())]
        self.user, self.group = (int(part) for part in image.config["User"].split(":"))
        data.mkdir(mode=0o700, exist_ok=True)
        os.chown(data, self.user, self.group)  # as Docker does with a new volume

    @contextmanager
    def running(self) -> Iterator["Container"]:
        """Its entrypoint with its command; ends it as `docker stop` does."""
        command = [*self.image.config["Entrypoint"], *self.image.config["Cmd"]]
        with tempfile.TemporaryFile() as self.log:
            process = subprocess.Popen(
                [*self._nspawn(), *command],
                stdin=subprocess.DEVNULL,
                stdout=self.log,
                stderr=self.log,
                preexec_fn=_die_with_parent,
            )
            self._process = process
            try:
                self._wait_until_healthy()
                yield self
                os.kill(self._leader(), signal.SIGTERM)
                assert process.wait(60) == 0, self.told()
            finally:
                process.kill()
                process.wait(60)

    def once(self, *arguments: str) -> str:
        """`docker run --rm … lavoir ARGUMENTS`: the program in a container of its own; what it prints."""
        return self._done([*self._nspawn(), *self.image.config["Entrypoint"], *arguments])

    def run(self, *command: str, status: int | None = 0) -> str:
        """`docker exec`: a command in the running container, as its user."""
        enter = ["nsenter", f"--target={self._leader()}", "--mount", "--net", "--pid", "--ipc", "--uts"]
        who = [f"--setuid={self.user}", f"--setgid={self.group}", "--", "env", "-i", *self.environment]
        return self._done([*enter, *who, *command], status=status)

    def healthy(self) -> bool:
        """Its own health check, once."""
        test = self.image.config["Healthcheck"]["Test"]
        assert test[0] == "CMD"
        try:
            self.run(*test[1:])
        except AssertionError:
            return False
        return True

    def rights(self) -> str:
        """What the kernel says of its first process."""
        return Path(f"/proc/{self._leader()}/status").read_text()

    def told(self) -> str:
        """What it has written so far."""
        self.log.seek(0)
        return self.log.read().decode()

    def _nspawn(self) -> list[str]:
        names = dict(line.split(":")[2::-2] for line in self._passwd())
        return [
            "systemd-nspawn",
            "--quiet",
            "--register=no",
            "--keep-unit",
            "--console=pipe",
            f"--directory={self.image.root}",
            "--read-only",
            "--tmpfs=/tmp",
            "--private-network",
            "--drop-capability=all",
            "--no-new-privileges=yes",
            f"--user={names[str(self.user)]}",
            f"--chdir={self.image.config['WorkingDir']}",
            *(f"--bind={self.data}:{volume}" for volume in self.image.config["Volumes"]),
            *(f"--setenv={variable}" for variable in self.environment),
        ]

    def _passwd(self) -> list[str]:
        return (self.image.root / "etc/passwd").read_text().splitlines()

    def _done(self, command: list[str], *, status: int | None = 0) -> str:
        done = subprocess.run(
            command, check=False, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120
        )
        assert status is None or done.returncode == status, f"{done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout + done.stderr

    def _leader(self) -> int:
        pid = self._process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        assert children, self.told()
        return int(children[0])

    def _wait_until_healthy(self) -> None:
        deadline = time.monotonic() + GUARD
        while self._process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.3)
            try:
                if self.healthy():
                    return
            except (AssertionError, FileNotFoundError):
                continue
        raise AssertionError(self.told())


@contextmanager
def _unmounted_at_the_end() -> Iterator[None]:
    """buildah leaves its store mounted on itself: then the folder could not be deleted."""
    try:
        yield
    finally:
        store = str(KEPT / "images" / "overlay")
        subprocess.run(["umount", "--recursive", store], check=False, capture_output=True, timeout=60)


def _establish_base() -> None:
    if BASE in _buildah("images", "--format={{.Name}}:{{.Tag}}").split():
        return
    container = _buildah("from", "scratch").strip()
    _buildah("add", "--quiet", container, str(clean_root("trixie")), "/")
    _buildah("commit", "--quiet", "--rm", container, BASE)


def _forget_much() -> None:
    """Layers of sources that are no more would fill the disk in the end."""
    store = KEPT / "images"
    size = sum(file.lstat().st_size for file in store.rglob("*") if file.is_file() and not file.is_symlink())
    if size > MOST_KEPT:
        _buildah("rm", "--all")
        _buildah("rmi", "--all", "--force")
        shutil.rmtree(store, ignore_errors=True)


def _buildah(*arguments: str) -> str:
    store = KEPT / "images"
    where = [f"--root={store}", f"--runroot={store}-run", "--storage-driver=overlay"]
    done = subprocess.run(
        ["buildah", *where, *arguments], check=False, capture_output=True, text=True, timeout=900
    )
    assert done.returncode == 0, (
        f"buildah {' '.join(arguments)}\n{done.stdout[-5000:]}\n{done.stderr[-5000:]}"
    )
    return done.stdout
