"""How much memory and time a village takes: `python -m tests.bench`. It prints, and asserts nothing.

README.md beside this file says what each number means.
"""

import argparse
import platform
import signal
import sys
import time
from collections.abc import Callable

from tests.bench import (
    back,
    big,
    board,
    deliveries,
    documents,
    engines,
    flood,
    follows,
    inbox,
    members,
    pages,
    publish,
    region,
    report,
    rush,
)
from tests.bench.engines import Engine, running_engine
from tests.bench.machine import CORES, use_cores
from tests.bench.options import Options
from tests.bench.village import Missing

ALL = frozenset(engines.NAMES)
ONE = frozenset({"sqlite", "postgres"})  # one process; what several of them share is not in question
PARTS: dict[str, tuple[Callable[[Engine, Options], None], frozenset[str]]] = {
    "pages": (pages.measure, ALL),
    "board": (board.measure, frozenset({"sqlite"})),
    "region": (region.measure, frozenset({"postgres"})),
    "documents": (documents.measure, ONE),
    "inbox": (inbox.measure, ALL),
    "follows": (follows.measure, ONE),
    "deliveries": (deliveries.measure, ALL),
    "publish": (publish.measure, ALL),
    "rush": (rush.measure, ALL),
    "members": (members.measure, ALL),
    "flood": (flood.measure, ONE),
    "back": (back.measure, frozenset({"postgres"})),
    "big": (big.measure, ONE),
}


WORDS = {"postgres": "PostgreSQL", "several": "PostgreSQL, two that serve and two that work"}


def main() -> int:
    asked = _arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # every process that was started ends as well
    options = Options(size=0.1 if asked.small else 1, profile=asked.profile)
    print(f"Python {platform.python_version()}, {len(CORES)} cores, {platform.machine()}\n")
    if "pages" in (asked.only or PARTS):
        print(f"{'import hub.app, cold process':42} {pages.import_time():8.0f} ms", flush=True)
    began, missing = time.monotonic(), []
    for name in engines.NAMES if asked.engine == "all" else [asked.engine]:
        use_cores(hub_has_its_own=name != "several")
        with running_engine(name) as engine:
            parts = [part for part in asked.only or PARTS if asked.only or name in PARTS[part][1]]
            missing += [part for part in parts if not _measured(part, engine, options)]
    report.heading(f"all that took {(time.monotonic() - began) / 60:.1f} minutes")
    return 1 if missing else 0


def _measured(part: str, engine: Engine, options: Options) -> bool:
    report.heading(f"--- {part}, {WORDS.get(engine.name, engine.name)}")
    began = time.monotonic()
    try:
        PARTS[part][0](engine, options)
    except Missing as problem:
        report.remark(f"cannot be measured yet: {problem}")
        return False
    finally:
        report.remark(f"this part took {time.monotonic() - began:.0f} s")
    return True


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--engine", choices=[*engines.NAMES, "all"], default="all")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=[], metavar="PART")
    parser.add_argument("--small", action="store_true", help="a tenth of everything: does the rig run?")
    parser.add_argument("--profile", action="store_true", help="list the hub's hottest functions as well")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
