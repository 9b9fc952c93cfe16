"""What each part of the suite took, at the end of a run: who writes a test sees what it costs everybody.

The times are of all test processes together, so that a run takes about their sum over the processes.
`LAVOIR_TEST_MODULES=20` names the dearest modules as well.
"""

import os
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import pytest


@dataclass
class Part:
    """Tests of one folder or module, by outcome, and the seconds that they took."""

    outcomes: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0


def suite(nodeid: str) -> str:
    """`tests/unit/hub/agenda/test_x.py::test_y` belongs to `unit/hub`, `tests/attacks/…` to `attacks`."""
    folders = nodeid.partition("::")[0].split("/")[1:-1]
    return "/".join(folders[:2] if folders[:1] == ["unit"] else folders[:1]) or "(top)"


def module(nodeid: str) -> str:
    return nodeid.partition("::")[0].removeprefix("tests/")


def parts(reports: Iterable[pytest.TestReport], of: Callable[[str], str]) -> dict[str, Part]:
    """What the reports of a run say, the dearest part first."""
    found: dict[str, Part] = defaultdict(Part)
    for report in reports:
        part = found[of(report.nodeid)]
        part.seconds += report.duration
        if report.when == "call" or report.outcome != "passed":
            part.outcomes[report.outcome] += 1
    return dict(sorted(found.items(), key=lambda item: -item[1].seconds))


def write_summary(terminal: pytest.TerminalReporter) -> None:
    kinds = (
        "passed",
        "failed",
        "error",
        "skipped",
        "",
    )  # a module that cannot be read is a report of another kind
    told = [each for kind in kinds for each in terminal.stats.get(kind, [])]
    reports = [each for each in told if isinstance(each, pytest.TestReport)]
    if len(reports) < 200:  # somebody works on a few tests
        return
    terminal.section("summary by suite")
    _write(terminal, parts(reports, suite))
    if most := int(os.environ.get("LAVOIR_TEST_MODULES", "0")):
        terminal.section("dearest modules")
        _write(terminal, dict(list(parts(reports, module).items())[:most]))


def _write(terminal: pytest.TerminalReporter, found: dict[str, Part]) -> None:
    for name, part in found.items():
        words = ", ".join(f"{number} {outcome}" for outcome, number in sorted(part.outcomes.items()))
        terminal.write_line(f"{name:56} {part.seconds:7.0f} s   {words}")
