"""A notice is passed on by somebody whom a hundred thousand follow: servers and readers come within a minute.

LD-01 of the list of attacks, then the same number of pages that nobody has ready; meanwhile members read.
"""

import asyncio
from collections.abc import Sequence
from urllib.parse import quote, urlsplit

import uvloop

from tests.bench import report
from tests.bench.engines import Engine
from tests.bench.load import Answers, pace
from tests.bench.machine import Watch, forget_peak, memory
from tests.bench.options import Options
from tests.bench.village import ACTIVITY_JSON, Hub, running_hub_among_others
from tests.bench.villages import WORDS

RATE, SECONDS, CONNECTIONS = 500, 10, 128  # connections to each that serves
MEMBERS_RATE, MEMBERS_CONNECTIONS = 5, 8
SIGNED = 'keyId="https://mastodon.example/actor#main-key",headers="(request-target)",signature="bm90IHRydWU="'


def measure(engine: Engine, options: Options) -> None:
    with running_hub_among_others(engine, options) as (hub, _):
        pages = [hub.publish(f"La pompe du lavoir, {number}") for number in range(5)]
        rest, seconds = memory(*hub.pids), max(2, SECONDS * options.size)
        forget_peak(*hub.pids)
        _measure(hub, "LD-01: what a boost brings", _boost(hub, pages[-1]), seconds=seconds)
        _measure(hub, "as many pages, none of them ready", _crawl(hub), seconds=seconds)
        report.memory_under_load(hub.pids, rest)


def _boost(hub: Hub, page: str) -> list[bytes]:
    """Each server asks for the note, who wrote it, WebFinger, and what readers see."""
    village = hub.seen_from_outside()
    note, actor = _get(hub, hub.object_of(page), ACTIVITY_JSON), _get(hub, village.uri, ACTIVITY_JSON)
    finger = _get(hub, f"/.well-known/webfinger?resource=acct:{village.handle}", "application/jrd+json")
    return [note, actor, finger, note, actor, finger, note, actor, _get(hub, page, "text/html"), note]


def _crawl(hub: Hub) -> list[bytes]:
    return [
        _get(hub, f"{path}?q={quote(word)}&page={number}", "text/html")
        for number in range(1, 9)
        for word in WORDS
        for path in ("/board", "/search", "/agenda")
    ]


def _get(hub: Hub, uri: str, accept: str, *, cookie: str = "") -> bytes:
    parts = urlsplit(uri)
    target = f"{parts.path}?{parts.query}" if parts.query else parts.path
    headers = {"host": hub.host, "accept": accept, "user-agent": "bench", "x-forwarded-proto": "https"}
    headers |= {"cookie": cookie} if cookie else {"signature": SIGNED}
    lines = [f"GET {target} HTTP/1.1", *map(": ".join, headers.items()), "", ""]
    return "\r\n".join(lines).encode()


def members_pages(hub: Hub) -> list[bytes]:
    paths = ("/", "/board", "/me", "/agenda", "/needs?q=bois", "/projects")
    return [page_of(hub, path, cookie=hub.session) for path in paths]


def page_of(hub: Hub, path: str, *, cookie: str) -> bytes:
    """For somebody who is signed in."""
    return _get(hub, quote(path, safe="/?=&"), "text/html", cookie=cookie)


def _measure(hub: Hub, name: str, requests: Sequence[bytes], *, seconds: float) -> None:
    watch, here = Watch(*hub.pids), Watch.here()
    with hub.sampled():
        strangers, members = uvloop.run(_together(hub, requests, seconds=seconds))
    spent, generated = watch.spent(), here.spent()
    report.line(f"{name}: asked", RATE, "/s")
    report.line("answered", strangers.good / seconds, "/s")
    report.line("p95 of these answers", strangers.p95, "ms", goal="under 300 ms, or a clean 503", digits=1)
    report.line("told to come back later (503)", strangers.statuses[503] / seconds, "/s")
    if strangers.told_when < strangers.statuses[503]:
        report.remark(f"{strangers.statuses[503] - strangers.told_when} of these do not say when")
    report.line("members' pages meanwhile, p95", members.p95, "ms", goal="under 1000 ms", digits=1)
    report.others("members", members)
    report.busy(hub=spent, generator=generated)


async def _together(hub: Hub, requests: Sequence[bytes], *, seconds: float) -> tuple[Answers, Answers]:
    return await asyncio.gather(
        pace(
            hub.addresses, requests, rate=RATE, seconds=seconds, connections=CONNECTIONS * len(hub.addresses)
        ),
        members_reading(hub, seconds=seconds),
    )


async def members_reading(hub: Hub, *, seconds: float) -> Answers:
    """What somebody who is signed in sees of it all."""
    return await pace(
        hub.addresses,
        members_pages(hub),
        rate=MEMBERS_RATE,
        seconds=seconds,
        connections=MEMBERS_CONNECTIONS,
    )
