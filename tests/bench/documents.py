"""What others fetch most: the actor, an announcement, the profile page."""

from urllib.parse import urlsplit

import uvloop

from tests.bench import report
from tests.bench.engines import Engine
from tests.bench.load import repeat
from tests.bench.machine import Watch, forget_peak, memory
from tests.bench.options import Options
from tests.bench.village import ACTIVITY_JSON, Hub, running_hub_among_others

SECONDS = 4
ANNOUNCEMENTS = 20  # a profile with something on it


def measure(engine: Engine, options: Options) -> None:
    with running_hub_among_others(engine, options) as (hub, _):
        village = hub.seen_from_outside()
        page = ""
        for number in range(options.of(ANNOUNCEMENTS)):
            page = hub.publish(f"Nouvelle numéro {number + 1}")
        profile = f"/@{village.handle.partition('@')[0]}"
        rest, seconds = memory(*hub.pids), SECONDS * options.size
        report.line("memory at rest (RSS)", rest, "MB", goal="at most 110 MB", digits=1)
        forget_peak(*hub.pids)
        _measure(hub, "actor JSON", _get(hub, village.uri, ACTIVITY_JSON), seconds=seconds, rate=5_000)
        _measure(hub, "object JSON", _get(hub, hub.object_of(page), ACTIVITY_JSON), seconds=seconds)
        _measure(hub, "profile page", _get(hub, profile, "text/html"), seconds=seconds, rate=1_000)
        report.memory_under_load(hub.pids, rest)


def _get(hub: Hub, uri: str, accept: str) -> bytes:
    headers = {
        "host": hub.host,
        "accept": accept,
        "user-agent": "bench",
        "x-forwarded-for": "127.0.1.1",
        "x-forwarded-proto": "https",
    }
    lines = [f"GET {urlsplit(uri).path} HTTP/1.1", *map(": ".join, headers.items()), "", ""]
    return "\r\n".join(lines).encode()


def _measure(hub: Hub, name: str, request: bytes, *, seconds: float, rate: float = 0) -> None:
    uvloop.run(repeat(hub.addresses, request, seconds=seconds / 8))
    with hub.sampled():
        watch, here = Watch(*hub.pids), Watch.here()
        answers = uvloop.run(repeat(hub.addresses, request, seconds=seconds))
        spent, generated = watch.spent(), here.spent()
    report.work(name, answers.good, spent, rate=rate)
    report.line(f"{name}, p95", answers.p95, "ms", digits=1)
    report.others(name, answers)
    report.busy(hub=spent, generator=generated)
