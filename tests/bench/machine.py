"""What the system says of a process: its time, its memory, the core it runs on."""

import os
import re
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

CORES = sorted(os.sched_getaffinity(0))
TICKS = os.sysconf("SC_CLK_TCK")


def use_cores(*, hub_has_its_own: bool) -> None:
    """Of this process, and of whatever it starts from now on: all, or all but the hub's."""
    os.sched_setaffinity(0, (set(CORES[1:]) if hub_has_its_own else set()) or set(CORES))


def pin_hub(pid: int) -> None:
    for thread in Path(f"/proc/{pid}/task").iterdir():
        with suppress(ProcessLookupError):
            os.sched_setaffinity(int(thread.name), {CORES[0]})


def cpu_seconds(*pids: int) -> float:
    """User and system, all threads, since the processes began."""
    return sum(map(_cpu_seconds, pids))


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def database_seconds(name: str) -> float:
    """Of the PostgreSQL processes that work for one database."""
    seconds = 0.0
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if f"lavoir {name} ".encode() in (process / "cmdline").read_bytes():
                seconds += cpu_seconds(int(process.name))
    return seconds


def memory(*pids: int) -> float:
    """Of the whole process now (VmRSS), in MB; of several the largest."""
    return max(_status(pid, "VmRSS") for pid in pids)


def peak_memory(*pids: int) -> float:
    """The highest since the process began, or since forget_peak() (VmHWM), in MB."""
    return max(_status(pid, "VmHWM") for pid in pids)


def forget_peak(*pids: int) -> None:
    """Where the system forbids it, the peak of the start stays."""
    for pid in pids:
        with suppress(OSError):
            Path(f"/proc/{pid}/clear_refs").write_text("5", encoding="ascii")


def _status(pid: int, name: str) -> float:
    found = re.search(rf"{name}:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text(encoding="utf-8"))
    assert found
    return int(found[1]) / 1024


def _busy_seconds(core: int) -> float:
    """Of one core, by whomever, since the machine began."""
    stat = Path("/proc/stat").read_text(encoding="utf-8")
    found = re.search(rf"^cpu{core} (\d+) (\d+) (\d+) \d+ \d+ (\d+) (\d+)", stat, re.MULTILINE)
    assert found
    return sum(map(int, found.groups())) / TICKS


@dataclass(frozen=True)
class Spent:
    """What a piece of work took: seconds on the wall, and of the processor.

    `hub_core` is how busy the hub's core was, `other_core` the next one, if there is one: 1 is all the time.
    """

    seconds: float
    cpu: float
    hub_core: float
    other_core: float


class Watch:
    """Runs from now; `spent()` may be asked more than once."""

    def __init__(self, *pids: int) -> None:
        self.pids = pids
        self.began = time.monotonic()
        self._cpu = cpu_seconds(*pids)
        self._cores = [_busy_seconds(core) for core in CORES[:2]]

    def spent(self, *, until: float | None = None) -> Spent:
        """`until`: when the work ended, by time.monotonic(), where that is known better than now."""
        passed = max(time.monotonic() - self.began, 1e-9)
        seconds = passed if until is None else max(until - self.began, 1e-9)
        cores = [_busy_seconds(core) for core in CORES[:2]]
        busy = [(now - then) / passed for now, then in zip(cores, self._cores, strict=True)]
        return Spent(seconds, cpu_seconds(*self.pids) - self._cpu, busy[0], busy[-1])

    @classmethod
    def here(cls) -> Self:
        return cls(os.getpid())
