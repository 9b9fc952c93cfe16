"""A village's site as its own process, started and ended as its operator would: for black-box tests."""

import atexit
import contextlib
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from tests import forked
from tests.forked import Forked
from tests.mail import Mailbox
from tests.waiting import GUARD

ROOT = Path(__file__).parents[1]


class Site:
    """`lavoir serve` on a free loopback port, with a data folder of its own.

        with Site(tmp_path / "data") as site:
            httpx.get(site.url)

    `settings` are environment variables beside those that the other arguments stand for. A stopped
    or killed site starts again, on the same port and data, with `start()`. With `afresh` each process
    is started as an operator would, `python -m hub`; without, it is a fork of one that has loaded all that.
    """

    def __init__(
        self,
        data: Path,
        *,
        database_url: str | None = None,
        origin: str | None = None,
        settings: Mapping[str, str] | None = None,
        afresh: bool = False,
    ) -> None:
        self.data = data
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.url = origin or f"http://localhost:{self.port}"
        self.mailbox = Mailbox(data / "mail")
        self.lines: list[str] = []
        # Where somebody looks into the interpreter (PYTHONPATH, PYTHON…), there must be one.
        self.afresh = afresh or any(name.startswith("PYTHON") for name in settings or {})
        self.program = [sys.executable, "-m", "hub", "serve"]
        self._process: subprocess.Popen[str] | Forked | None = None
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("LAVOIR_")},
            "PYTHONPATH": str(ROOT),
            "PYTHONUNBUFFERED": "1",
            "LAVOIR_ORIGIN": self.url,
            "LAVOIR_BIND": f"127.0.0.1:{self.port}",
            "LAVOIR_DATA": str(data),
            **({"LAVOIR_DATABASE_URL": database_url} if database_url else {}),
            **(settings or {}),
        }

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        self.kill() if kind is not None else self.stop()
        print("\n".join(["", f"--- log of {self.url}", *self.lines]))  # pytest shows it where a test failed

    def start(self, *, within: float = GUARD) -> Self:
        """Start the process and wait until it says that it is healthy."""
        self.launch()
        self.wait_until_healthy(within=within)
        return self

    def launch(self) -> None:
        """Start the process without waiting for it: it may be meant to fail."""
        assert self._process is None, "this site runs already"
        self._started_at_line = len(self.lines)
        self._process = self._new_process()
        atexit.register(self.kill)
        self._reader = threading.Thread(target=self._read_log, args=(self._process,), daemon=True)
        self._reader.start()

    def _new_process(self) -> subprocess.Popen[str] | Forked:
        if not self.afresh and self.program[:3] == [sys.executable, "-m", "hub"]:
            return Forked(self.program[3:], self._environment)
        return subprocess.Popen(
            self.program,
            env=self._environment,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
        )

    def wait_until_healthy(self, *, within: float = GUARD) -> None:
        deadline = time.monotonic() + within
        while time.monotonic() < deadline:
            if not self.running:
                raise AssertionError(
                    self._told(f"the site ended with status {self.wait()} instead of starting")
                )
            if self.health() == 200:
                return
            time.sleep(0.05)
        self.kill()
        raise AssertionError(self._told(f"the site was not healthy within {within} s"))

    def health(self) -> int | None:
        """The status of /health, or None where nobody answers."""
        try:
            with urllib.request.urlopen(f"{self.address}/health", timeout=GUARD) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            with error:
                return error.code
        except OSError:
            return None

    @property
    def pid(self) -> int:
        assert self._process is not None, "this site does not run"
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def set_up_link(self) -> str:
        """The one-time link that an empty site prints when it starts."""
        return self.wait_for_line(r"https?://\S+/set-?up\S*")

    def wait_for_line(self, pattern: str, *, within: float = GUARD) -> str:
        """The part of the log that matches, since the latest start; waits until it is written."""
        deadline = time.monotonic() + within
        while time.monotonic() < deadline:
            for line in self.lines[self._started_at_line :]:
                if found := re.search(pattern, line):
                    return found[0]
            time.sleep(0.05)
        raise AssertionError(self._told(f"no line of the log matches {pattern!r}"))

    def stop(self, *, within: float = GUARD) -> int | None:
        """End the process as an operator would (SIGTERM); its exit status, or None if it did not run."""
        if self._process is None:
            return None
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGTERM)
        try:
            return self.wait(within=within)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(self._told(f"the site did not end within {within} s of SIGTERM")) from None

    def kill(self) -> None:
        """End the process as a power cut would (SIGKILL)."""
        if self._process is not None:
            self._process.kill()
            self.wait()

    def wait(self, *, within: float = GUARD) -> int:
        """Wait for a process that ends by itself; its exit status."""
        assert self._process is not None, "this site does not run"
        status = self._process.wait(timeout=within)
        self._reader.join(timeout=GUARD)
        self._process = None
        atexit.unregister(self.kill)
        return status

    def command(
        self, *arguments: str, within: float = GUARD, program: Path = ROOT
    ) -> subprocess.CompletedProcess[str]:
        """Run another command of `lavoir` with this site's settings, whether or not the site runs.

        `program`: the folder of another release.
        """
        if not self.afresh and program == ROOT:
            return forked.run(arguments, self._environment, within=within)
        return subprocess.run(
            [sys.executable, "-m", "hub", *arguments],
            env=self._environment if program == ROOT else {**self._environment, "PYTHONPATH": str(program)},
            cwd=program,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=within,
            check=False,
        )

    def _read_log(self, process: subprocess.Popen[str] | Forked) -> None:
        assert process.stdout is not None
        with process.stdout as log:
            for line in log:
                self.lines.append(line.rstrip("\n"))

    def _told(self, problem: str) -> str:
        return "\n".join([f"{problem}; its log:", *self.lines])


def free_port() -> int:
    """A port of the loopback that nobody listens on.

    Below those that systems give to whoever asks for any: until it is used, no other test's connection gets
    it.
    """
    while True:
        port = 12_000 + secrets.randbelow(20_000)  # not by `random`: each test process has the same seed
        with socket.socket() as listener, contextlib.suppress(OSError):
            listener.bind(("127.0.0.1", port))
            return port
