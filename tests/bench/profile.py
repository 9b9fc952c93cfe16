"""`--profile`: the functions of the hub that take the most time while something is measured."""

import json
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench import report
from tests.site import ROOT

FOLDER = Path(__file__).parent / "sampler"
SHOWN = 40


def settings(file: Path) -> dict[str, str]:
    """For the environment of the process that is measured."""
    return {"PYTHONPATH": f"{FOLDER}{os.pathsep}{ROOT}", "LAVOIR_TEST_SAMPLES": str(file)}


@contextmanager
def sampled(pid: int, file: Path | None) -> Iterator[None]:
    """Sample while the block runs, then print; nothing at all where there is no file to write to."""
    if file is None:
        yield
        return
    os.kill(pid, signal.SIGUSR1)
    yield
    os.kill(pid, signal.SIGUSR1)
    end = time.monotonic() + 10
    while not file.exists() and time.monotonic() < end:
        time.sleep(0.05)
    _show(json.loads(file.read_text(encoding="utf-8")))
    file.unlink()


def _show(found: dict[str, object]) -> None:
    samples, threads = int(str(found["samples"])) or 1, dict(found["threads"])  # type: ignore[call-overload]
    ticks = sum(threads.values()) or 1
    report.heading(f"profile: {samples} samples of the main thread")
    for name, spent in sorted(threads.items(), key=lambda each: -each[1])[:5]:
        report.remark(f"{spent / ticks:6.1%}  of the time in thread {name}")
    for title, list_name in (("in the function itself", "own"), ("in it and what it calls", "within")):
        report.heading(f"profile: {title}")
        for name, number in found[list_name][:SHOWN]:  # type: ignore[index]
            report.remark(f"{number / samples:6.1%}  {name}")
