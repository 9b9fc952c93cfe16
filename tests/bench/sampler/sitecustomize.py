"""Put into the measured process by `--profile`: where its main thread spends processor time, by samples.

SIGUSR1 begins and ends; at the end the samples are written to the file that LAVOIR_TEST_SAMPLES names.
"""

import json
import os
import signal
from collections import Counter
from pathlib import Path
from types import CodeType, FrameType

EVERY = 0.002  # seconds of processor time
_own: Counter[CodeType] = Counter()
_within: Counter[CodeType] = Counter()
_threads: dict[str, int] = {}


def _sample(number: int, frame: FrameType | None) -> None:
    if frame is None:
        return
    _own[frame.f_code] += 1
    seen = set()
    while frame is not None:
        seen.add(frame.f_code)
        frame = frame.f_back
    _within.update(seen)


def _toggle(number: int, frame: FrameType | None) -> None:
    if signal.getitimer(signal.ITIMER_PROF)[1]:
        signal.setitimer(signal.ITIMER_PROF, 0)
        _write()
        return
    _own.clear()
    _within.clear()
    _threads.update(_ticks())
    signal.setitimer(signal.ITIMER_PROF, EVERY, EVERY)


def _ticks() -> dict[str, int]:
    """Processor time of each thread so far, in ticks."""
    spent = {}
    for task in Path("/proc/self/task").iterdir():
        name, _, rest = (task / "stat").read_text(encoding="utf-8").partition("(")[2].rpartition(")")
        fields = rest.split()
        spent[f"{name} {task.name}"] = int(fields[11]) + int(fields[12])
    return spent


def _write() -> None:
    threads = {name: ticks - _threads.get(name, 0) for name, ticks in _ticks().items()}
    found = {
        "samples": _own.total(),
        "threads": threads,
        "own": [[_named(code), number] for code, number in _own.most_common(60)],
        "within": [[_named(code), number] for code, number in _within.most_common(120)],
    }
    file = Path(os.environ["LAVOIR_TEST_SAMPLES"])
    unfinished = file.with_suffix(".part")
    unfinished.write_text(json.dumps(found), encoding="utf-8")
    unfinished.rename(file)


def _named(code: CodeType) -> str:
    place = "/".join(Path(code.co_filename).parts[-3:])
    return f"{place}:{code.co_firstlineno} {code.co_qualname}"


if "LAVOIR_TEST_SAMPLES" in os.environ:
    signal.signal(signal.SIGUSR1, _toggle)
    signal.signal(signal.SIGPROF, _sample)
