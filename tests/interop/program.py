"""Foreign software as a process of its own: started, told apart when it is ready, always ended."""

import atexit
import json
import os
import queue
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def running_program(
    command: Sequence[str | Path], *, folder: Path, settings: Mapping[str, str], within: float = 60
) -> Iterator[dict[str, str]]:
    """The line of JSON that it prints once it is ready; its log is printed at the end."""
    process = subprocess.Popen(
        command,
        cwd=folder,
        env={"PATH": os.environ["PATH"], **settings},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
    )
    atexit.register(process.kill)
    log = _Log(process)
    try:
        yield log.ready(within)
    finally:
        _end(process)
        log.close()
        atexit.unregister(process.kill)
        print("\n".join(["", f"--- log of {Path(command[1]).name} {settings}", *log.lines]))


def _end(process: subprocess.Popen[str]) -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(10)


class _Log:
    """Reads all that the process says, so that it never waits for us."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.lines: list[str] = []
        self._process = process
        self._first: queue.Queue[dict[str, str]] = queue.Queue()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def ready(self, within: float) -> dict[str, str]:
        try:
            told = self._first.get(timeout=within)
        except queue.Empty:
            told = {}
        assert told, "\n".join(["the program did not start; its log:", *self.lines])
        return told

    def close(self) -> None:
        self._thread.join(10)

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as log:
            for line in log:
                if line.startswith("{"):
                    self._first.put(json.loads(line))
                else:
                    self.lines.append(line.rstrip("\n"))
        self._first.put({})
