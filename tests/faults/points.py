"""Named points at which the program can be made to die, from outside and while it runs.

A point is the moment before or after a function of the program; dying.py sees to it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tests.forked import INSIDE
from tests.site import Site
from tests.waiting import GUARD


@dataclass(frozen=True)
class Point:
    """`moment` is what is true then, in words; `where`: before or after MODULE:NAME.

    Of its calls those count in which `said` stands: in the arguments, and after ` -> ` in the answer. What a
    loop calls every second, also where there is nothing to do, is told apart by that.
    """

    moment: str
    where: str
    call: int = 1
    said: str = ""

    @property
    def place(self) -> str:
        return self.where.partition(" ")[2]


class Trigger:
    """Of one site that was started with `settings`."""

    def __init__(self, folder: Path, points: Iterable[Point]) -> None:
        self.armed = folder / "armed"
        self._places = sorted({point.place for point in points})

    @property
    def settings(self) -> dict[str, str]:
        return {
            INSIDE: "tests.faults.dying",
            "LAVOIR_TEST_ARMED": str(self.armed),
            "LAVOIR_TEST_PLACES": ",".join(self._places),
        }

    def arm(self, point: Point) -> None:
        unfinished = self.armed.with_suffix(".part")
        unfinished.write_text(f"{point.where}\n{point.call}\n{point.said}", encoding="utf-8")
        unfinished.rename(self.armed)

    def wait_for_death(self, site: Site, *, within: float = GUARD) -> None:
        """It died, and there."""
        assert site.wait(within=within) == -9
        assert not self.armed.exists(), "it died, but not where it was meant to"
