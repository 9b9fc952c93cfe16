"""A machine that systemd runs, in a clean root: started, entered, restarted and thrown away."""

import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.deploy.roots import KEPT, PATH, clean_root, packages_of

# In a mount namespace of its own: nothing is left behind, however this ends.
START = """
set -e
mount -t tmpfs tmpfs "$1"
mkdir "$1/root"
mount -t overlay overlay -o "lowerdir=$2,upperdir=$3,workdir=$4" "$1/root"
shift 4
exec systemd-nspawn --quiet --register=no --keep-unit --console=pipe --kill-signal=SIGRTMIN+3 "$@"
"""
NAMESPACES = ("mount", "uts", "ipc", "net", "pid", "cgroup")


class Machine:
    """What is written on it is kept in `folder`, so that it can be switched off and on again."""

    def __init__(self, folder: Path, release: str, *, name: str) -> None:
        self.folder = folder
        self.name = name  # apt's archive is for one machine at a time
        self.base = clean_root(release, booted=True)
        for name in ("upper", "work", "at"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        self._process: subprocess.Popen[bytes] | None = None

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        self.stop()

    def __enter__(self) -> Self:
        return self

    def start(self, *, shown: Sequence[str] = (), network: bool = True) -> None:
        """Boot it. `shown`: folders of this machine that it sees (systemd-nspawn's --bind…).

        Without `network` it has a loopback of its own, and no port of this machine's.
        """
        (KEPT / "pip").mkdir(exist_ok=True)
        options = [
            *shown,
            f"--bind={KEPT / 'pip'}:/root/.cache/pip",
            f"--bind={packages_of(self.name)}:/var/cache/apt/archives",
        ]
        options += [] if network else ["--private-network"]
        at = self.folder / "at"
        layers = [str(at), str(self.base), str(self.folder / "upper"), str(self.folder / "work")]
        command = ["unshare", "--mount", "sh", "-c", START, "machine", *layers, "--boot"]
        with (self.folder / "console").open("ab") as console:
            self._process = subprocess.Popen(
                [*command, f"--directory={at / 'root'}", *options],
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=console,
                preexec_fn=_die_with_parent,
            )
        self._wait_until_booted()

    def stop(self) -> None:
        """Shut it down, as its power button does."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(60)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(60)
        self._process = None

    def run(
        self, *command: str, within: float = 300, status: int | None = 0
    ) -> subprocess.CompletedProcess[str]:
        """Do it there as root; the test fails where the exit status is another one."""
        done = subprocess.run(
            [*self._enter(*NAMESPACES), "env", "-i", f"PATH={PATH}", "HOME=/root", "LANG=C.UTF-8", *command],
            check=False,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=within,
        )
        told = f"{' '.join(command)}: {done.returncode}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
        assert status is None or done.returncode == status, told
        return done

    def reach(self, *command: str) -> str:
        """Run a program of this machine in the network of that one; what it prints."""
        return subprocess.run(
            [*self._enter("net"), *command], check=True, capture_output=True, text=True, timeout=120
        ).stdout

    def path(self, path: str) -> Path:
        """A file of it, as this machine sees it."""
        return Path(f"/proc/{self._leader()}/root{path}")

    def _enter(self, *namespaces: str) -> list[str]:
        return ["nsenter", f"--target={self._leader()}", *(f"--{name}" for name in namespaces), "--"]

    def _leader(self) -> int:
        assert self._process is not None, "the machine is off"
        pid = self._process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        assert children, f"the machine is not up: {(self.folder / 'console').read_text()}"
        return int(children[0])

    def _wait_until_booted(self) -> None:
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            assert self._process is not None
            if self._process.poll() is not None:
                break
            try:
                if self.run("systemctl", "is-system-running", status=None).stdout.strip() in (
                    "running",
                    "degraded",
                ):
                    return
            except AssertionError:
                pass  # its first process is not there yet
            time.sleep(0.2)
        raise AssertionError(f"it does not boot: {(self.folder / 'console').read_text()}")


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG; the machine's own processes go with it
    os.setsid()
