"""How tests wait: for a state, and as long as the slowest and busiest machine may take to come to it."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
GUARD = 120  # seconds after which a hang is called a hang
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 0.5  # seconds


def wait_until(look: Callable[[], T], *, within: float = GUARD) -> T:
    """What is true in the end; seen at once, for something is done at that moment."""
    deadline = time.monotonic() + within
    while not (found := look()):
        assert time.monotonic() < deadline, f"it never came to that within {within} s"
        time.sleep(0.02)
    return found


def eventually(what: Callable[[], T], *, within: float = GUARD) -> T:
    """Ask until the answer is true; the answer. What travels between servers takes its time.

    The longer it takes, the less often it is asked: each answer costs the server, which has that to do.
    """
    deadline, pause = time.monotonic() + within, FIRST_PAUSE
    while not (answer := what()):
        assert time.monotonic() < deadline, f"not within {within} s; the last answer: {answer!r}"
        time.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE)
    return answer
