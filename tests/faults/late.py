"""Put into the program under test: it takes the time to be another one.

LAVOIR_TEST_CLOCK names a file with the seconds by which it takes it to be later than it is; SIGUSR2 makes it
look there again. The program itself knows nothing of this.
"""

import os
import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path

import time_machine


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


clock = _Clock(Path(os.environ["LAVOIR_TEST_CLOCK"]))
signal.signal(signal.SIGUSR2, clock.look)
clock.look()
