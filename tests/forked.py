"""The program as a process that is forked from one that has loaded it and waits.

To load it takes two seconds of a processor, and a run of all tests starts it more than a thousand times.
What is forked is a process like any other, with an environment, arguments, signals and an end of its own;
it only has not read the modules, templates and translations itself.
"""

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from multiprocessing import connection
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TextIO

ROOT = Path(__file__).parents[1]
INSIDE = "LAVOIR_TEST_INSIDE"  # the variable with a module of the tests to import before it begins
fork_server = multiprocessing.get_context("forkserver")
fork_server.set_forkserver_preload(["tests.loaded"])
_one_at_a_time = threading.Lock()  # each start asks for the ends of all others, which are told only once


class Forked:
    """What `subprocess.Popen([sys.executable, "-m", "hub", *arguments], env=environment)` would be."""

    def __init__(
        self, arguments: Sequence[str], environment: Mapping[str, str], *, merged: bool = True
    ) -> None:
        self.arguments = list(arguments)
        self.stdout, out = _pipe()
        self.stderr, err = (None, out) if merged else _pipe()
        self._process = fork_server.Process(
            target=_main, args=(self.arguments, dict(environment), out, err), daemon=True
        )
        with _one_at_a_time:
            self._process.start()
        out.close()
        err.close()

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    def poll(self) -> int | None:
        with _one_at_a_time:
            return self._process.exitcode

    def wait(self, timeout: float) -> int:
        connection.wait([self._process.sentinel], timeout)
        status = self.poll()
        if status is None:
            raise subprocess.TimeoutExpired(self.arguments, timeout)
        return status

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def run(
    arguments: Sequence[str], environment: Mapping[str, str], *, within: float
) -> subprocess.CompletedProcess[str]:
    """What `subprocess.run` would be for the same command, with all that it prints."""
    process = Forked(arguments, environment, merged=False)
    assert process.stderr is not None
    with process.stdout as out, process.stderr as err, ThreadPoolExecutor(2) as threads:
        printed, complained = threads.submit(out.read), threads.submit(err.read)
        try:
            status = process.wait(within)
        finally:
            process.kill()
        return subprocess.CompletedProcess(process.arguments, status, printed.result(), complained.result())


def _pipe() -> tuple[TextIO, Connection]:
    read, write = os.pipe()
    return os.fdopen(read, encoding="utf-8"), Connection(write, readable=False)


def _main(arguments: Sequence[str], environment: Mapping[str, str], out: Connection, err: Connection) -> None:
    """In the new process: what the interpreter does for `python -m hub`."""
    os.dup2(out.fileno(), 1)
    os.dup2(err.fileno(), 2)
    out.close()
    err.close()
    sys.stdout, sys.stderr = (os.fdopen(number, "w", encoding="utf-8", buffering=1) for number in (1, 2))
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(ROOT)
    sys.argv = ["lavoir", *arguments]
    if INSIDE in environment:
        import_module(environment[INSIDE])
    from hub.cli import main

    main()
