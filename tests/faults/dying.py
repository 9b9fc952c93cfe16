"""Put into the program under test: it dies at a named point, as if the power went.

LAVOIR_TEST_PLACES names the functions (`hub.jobs:Worker.do`, with commas between them) that may be armed,
LAVOIR_TEST_ARMED a file. While its lines are `before hub.jobs:Worker.do`, `2` and some words, the second call
ends the process in whose arguments these words stand; `after`, they may stand in ` -> ` and its answer, too.
The file goes just before, so that whoever armed it knows, and the next start lives. The program itself knows
nothing of all this.
"""

import functools
import inspect
import os
import signal
import sys
from collections import Counter
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

ARMED = Path(os.environ["LAVOIR_TEST_ARMED"])
_calls: Counter[str] = Counter()


def _reach(moment: str, told: str) -> None:
    """Die if it is this moment's time."""
    try:
        armed = ARMED.read_text(encoding="utf-8")
    except OSError:
        _calls.clear()
        return
    point, number, said = armed.split("\n")
    if point == moment and said in told:
        _calls[armed] += 1
        if _calls[armed] == int(number):
            ARMED.unlink()
            os.kill(os.getpid(), signal.SIGKILL)


def _deadly(function: Callable[..., Any], place: str) -> Callable[..., Any]:
    if inspect.iscoroutinefunction(function):

        @functools.wraps(function)
        async def later(*arguments: Any, **named: Any) -> Any:
            _reach(f"before {place}", f"{arguments}")
            answer = await function(*arguments, **named)
            _reach(f"after {place}", f"{arguments} -> {answer}")
            return answer

        return later

    @functools.wraps(function)
    def now(*arguments: Any, **named: Any) -> Any:
        _reach(f"before {place}", f"{arguments}")
        answer = function(*arguments, **named)
        _reach(f"after {place}", f"{arguments} -> {answer}")
        return answer

    return now


def _put_into(place: str) -> None:
    """Where it is, and in each module that has imported it."""
    module, _, name = place.partition(":")
    *path, last = name.split(".")
    owner = functools.reduce(getattr, path, import_module(module))
    usual = getattr(owner, last)
    deadly = _deadly(usual, place)
    setattr(owner, last, deadly)
    for each in [one for name, one in sys.modules.items() if name.partition(".")[0] in ("hub", "federation")]:
        for known in [name for name, value in vars(each).items() if value is usual]:
            setattr(each, known, deadly)


for place in os.environ["LAVOIR_TEST_PLACES"].split(","):
    _put_into(place)
