"""What was injected, what is promised, and what was seen: one row for each fault, printed after the tests.

A test belongs to the faults that its name tells (`test_flt_14_to_18_…`, `test_flt_16_17_…`); what it has seen
it says with the fixture `seen`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

FAULTS = {
    1: ("kill -9 between a form and its answer", "all of it or nothing; the same form again makes one"),
    2: ("kill -9 in the middle of a fan-out", "every inbox gets it; what comes twice has the same id"),
    3: ("kill -9 in the inbox", "answered 202: handled once; else: sent again, handled once"),
    4: ("SIGTERM under load", "ends by itself, nothing that was answered is lost"),
    5: ("who holds a lease dies", "another one does the work when the lease is over"),
    6: ("two workers, two web processes", "each job and each post once; no page fails"),
    7: ("the database is locked", "wait, or 503 and when to come again; recovers alone"),
    8: ("PostgreSQL restarts, connections are cut", "503 for seconds, then all goes on; nothing half done"),
    9: ("the disk is full", "reading goes on, writing is refused clearly; recovers alone"),
    10: ("the power goes (SQLite)", "no page torn, nothing lost that was answered"),
    11: ("a peer is down for a week", "then gets everything, in order, little by little"),
    12: ("a peer is down for good", "costs one probe a day; said in words; revived by what it sends"),
    13: ("a peer answers slowly", "nobody else waits"),
    14: ("404 and 410 at an inbox", "not sent again; only 410 ends an actor"),
    15: ("401 and 403", "the other signature once, then no more"),
    16: ("429 and 503 with Retry-After", "obeyed within reason; not called dead"),
    17: ("500, reset, silence", "later and later, the host as a whole"),
    18: ("a redirect at an inbox", "not followed; the actor is asked anew"),
    19: ("name servers fail", "tried again later; nothing crashes"),
    20: ("TLS expired, of another host, of nobody", "nothing is sent; tried later; agents see it"),
    21: ("our own name is unreachable for days", "afterwards peers get what waited, and hear us"),
    22: (
        "the clock is wrong, or jumps",
        "peers within an hour are heard, all else is said; nothing is lost",
    ),
    23: ("messages doubled and out of order", "they end where they would have in order"),
    24: ("we can send but not receive, or the reverse", "nobody is called dead; goes on by itself"),
    25: ("a migration fails half way", "no start, the database as before, the old release starts"),
    26: ("upgrade with a full queue, and back", "the queue is worked off; the backup leads back"),
    27: ("yesterday's backup is restored", "starts; no id is given again; what is missed comes again"),
    28: ("a backup beside a writing program", "whole transactions only"),
    29: ("the folder of pictures cannot be used", "texts work, uploads are refused clearly"),
    30: ("the mail server is down", "mails wait and come; another way to sign in works"),
    31: ("out of memory, again and again", "what ends the program is set aside; the rest goes on"),
    32: ("a cache in between", "nothing private is ever stored there"),
    33: ("long work in the program", "others are answered meanwhile"),
    34: (
        "somebody reads for hours (SQLite)",
        "writing goes on; the log shrinks afterwards, its size is said",
    ),
    35: ("keys change while posts wait", "signed at the moment of sending, with the key of today"),
}
NAMED = re.compile(r"_flt((?:_\d\d)+)(?:_to_(\d\d))?")


@dataclass
class Row:
    outcomes: list[str] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)

    @property
    def verdict(self) -> str:
        if "failed" in self.outcomes:
            return "BROKEN"
        passed = self.outcomes.count("passed")
        return f"held {passed}x" if passed else "skipped"


def faults_of(test: str) -> Iterator[int]:
    """The numbers that the name of a test tells."""
    for named in NAMED.finditer(test):
        numbers = [int(number) for number in named[1].strip("_").split("_")]
        yield from range(numbers[0], int(named[2]) + 1) if named[2] else numbers


def write_faults(terminalreporter: pytest.TerminalReporter) -> None:
    rows = _collect(terminalreporter)
    if not rows:
        return
    terminalreporter.section("faults: injected, promised, seen")
    for number, row in sorted(rows.items()):
        injected, promise = FAULTS[number]
        terminalreporter.write_line(f"FLT-{number:02}  {row.verdict:9}  {injected}: {promise}")
        for line in row.seen:
            terminalreporter.write_line(f"{'':19}  - {line}")
    if missing := [f"FLT-{number:02}" for number in FAULTS if number not in rows]:
        terminalreporter.write_line(f"not run: {' '.join(missing)}")


def _collect(terminalreporter: pytest.TerminalReporter) -> dict[int, Row]:
    rows: dict[int, Row] = {}
    for outcome in ("passed", "failed", "error", "skipped"):
        for report in terminalreporter.stats.get(outcome, []):
            for number in faults_of(getattr(report, "nodeid", "").rpartition("::")[2]):
                row = rows.setdefault(number, Row())
                row.outcomes.append("failed" if outcome == "error" else outcome)
                seen = [str(value) for name, value in report.user_properties if name == f"flt-{number}"]
                row.seen += [line for line in seen if line not in row.seen]
    return rows
