"""Put into the program under test: it dies at a named point, as if the power went.

LAVOIR_TEST_PLACES names the functions (`hub.jobs:Worker.claim`, with commas between them) that may be armed,
LAVOIR_TEST_ARMED a file. While that says `before hub.jobs:Worker.claim 2`, the second call ends the process.
The file goes just before, so that whoever armed it knows, and the next start lives.

LAVOIR_TEST_CLOCK names a file with the seconds by which the program takes it to be later than it is; SIGUSR2
makes it look there again. The program itself knows nothing of all this.
"""

import functools
import importlib.abc
import importlib.machinery
import inspect
import os
import signal
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import time_machine

ARMED = Path(os.environ.get("LAVOIR_TEST_ARMED", "/nowhere"))
_calls: Counter[str] = Counter()


def _reach(moment: str) -> None:
    """Die if it is this moment's time."""
    try:
        armed = ARMED.read_text(encoding="utf-8")
    except OSError:
        _calls.clear()
        return
    point, _, number = armed.rpartition(" ")
    if point == moment:
        _calls[armed] += 1
        if _calls[armed] == int(number):
            ARMED.unlink()
            os.kill(os.getpid(), signal.SIGKILL)


def _deadly(function: Callable[..., Any], place: str) -> Callable[..., Any]:
    if inspect.iscoroutinefunction(function):

        @functools.wraps(function)
        async def later(*arguments: Any, **named: Any) -> Any:
            _reach(f"before {place}")
            answer = await function(*arguments, **named)
            _reach(f"after {place}")
            return answer

        return later

    @functools.wraps(function)
    def now(*arguments: Any, **named: Any) -> Any:
        _reach(f"before {place}")
        answer = function(*arguments, **named)
        _reach(f"after {place}")
        return answer

    return now


class _Loader(importlib.abc.Loader):
    """Loads as the usual one does; what is in the module then is changed before anybody can import it."""

    def __init__(self, usual: importlib.abc.Loader, names: Sequence[str]) -> None:
        self.usual = usual
        self.names = names

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType | None:
        return self.usual.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        self.usual.exec_module(module)
        for name in self.names:
            *path, last = name.split(".")
            owner = functools.reduce(getattr, path, module)
            setattr(owner, last, _deadly(getattr(owner, last), f"{module.__name__}:{name}"))


class _Finder(importlib.abc.MetaPathFinder):
    def __init__(self, places: Sequence[str]) -> None:
        self.names: dict[str, list[str]] = {}
        for place in places:
            module, _, name = place.partition(":")
            self.names.setdefault(module, []).append(name)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname not in self.names:
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = _Loader(spec.loader, self.names[fullname])
        return spec


class _Clock:
    """The one of the wall; timers go on as they are."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._moved: time_machine.travel | None = None

    def look(self, *signal_and_frame: object) -> None:
        if self._moved is not None:
            self._moved.stop()
        ahead = timedelta(seconds=float(self.file.read_text(encoding="ascii")))
        self._moved = time_machine.travel(datetime.now(UTC) + ahead, tick=True)
        self._moved.start()


if "LAVOIR_TEST_CLOCK" in os.environ:
    clock = _Clock(Path(os.environ["LAVOIR_TEST_CLOCK"]))
    signal.signal(signal.SIGUSR2, clock.look)
    clock.look()

if "LAVOIR_TEST_PLACES" in os.environ:
    sys.meta_path.insert(0, _Finder(os.environ["LAVOIR_TEST_PLACES"].split(",")))
