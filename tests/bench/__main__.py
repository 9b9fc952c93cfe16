"""How much memory and time a village takes: `python -m tests.bench`. It prints, and asserts nothing.

README.md beside this file says what each number means.
"""

import argparse
import platform
import signal
import sys

from tests.bench import board, deliveries, documents, engines, follows, inbox, pages, region, report
from tests.bench.engines import Engine, running_engine
from tests.bench.machine import CORES, leave_a_core_to_the_hub
from tests.bench.options import Options
from tests.bench.village import Missing

PARTS = {
    "pages": pages.measure,
    "board": board.measure,
    "region": region.measure,
    "documents": documents.measure,
    "inbox": inbox.measure,
    "follows": follows.measure,
    "deliveries": deliveries.measure,
}


def main() -> int:
    asked = _arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # every process that was started ends as well
    options = Options(size=0.1 if asked.small else 1, profile=asked.profile)
    print(f"Python {platform.python_version()}, {len(CORES)} cores, {platform.machine()}\n")
    if "pages" in asked.only:
        print(f"{'import hub.app, cold process':42} {pages.import_time():8.0f} ms", flush=True)
    leave_a_core_to_the_hub()
    missing = []
    for name in engines.NAMES if asked.engine == "both" else [asked.engine]:
        with running_engine(name) as engine:
            missing += [part for part in asked.only if not _measured(part, engine, options)]
    return 1 if missing else 0


def _measured(part: str, engine: Engine, options: Options) -> bool:
    report.heading(f"--- {part}, {engine.name}")
    try:
        PARTS[part](engine, options)
    except Missing as problem:
        report.remark(f"cannot be measured yet: {problem}")
        return False
    return True


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--engine", choices=[*engines.NAMES, "both"], default="both")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS), metavar="PART")
    parser.add_argument("--small", action="store_true", help="a tenth of everything: does the rig run?")
    parser.add_argument("--profile", action="store_true", help="list the hub's hottest functions as well")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
