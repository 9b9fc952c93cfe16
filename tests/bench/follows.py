"""Followers whom nobody here knows: their key is fetched, the Follow is stored, the Accept goes back."""

import asyncio

import uvloop

from tests.bench import report
from tests.bench.engines import Engine
from tests.bench.load import Answers, send_all
from tests.bench.machine import Watch, forget_peak, memory
from tests.bench.options import Options
from tests.bench.people import Person, Village, follow, people_on, post
from tests.bench.sink import Sink
from tests.bench.village import Hub, running_hub_among_others
from tests.bench.wire import signature

FOLLOWERS = 500
TRIES = 8


def measure(engine: Engine, options: Options) -> None:
    with running_hub_among_others(engine, options) as (hub, sink):
        village = hub.seen_from_outside()
        people = people_on(sink, options.of(FOLLOWERS), named="inconnue")
        rest = memory(*hub.pids)
        uvloop.run(_measure(hub, sink, _follows(people, village)))
        report.memory_under_load(hub.pids, rest)


def make_followers(hub: Hub, sink: Sink, people: list[Person]) -> int:
    """Let all of them follow the village; how many were accepted."""
    posts = _follows(people, hub.seen_from_outside())

    async def follow_and_wait() -> int:
        report.others("making followers", await send_until_taken(hub, posts))
        return await sink.wait_for("Accept", len(posts))

    return uvloop.run(follow_and_wait())


def _follows(people: list[Person], village: Village) -> list[bytes]:
    return [post(person, village.inbox, follow(person, village)) for person in people]


async def _measure(hub: Hub, sink: Sink, posts: list[bytes]) -> None:
    sink.forget()
    forget_peak(*hub.pids)
    with hub.sampled():
        watch, here = Watch(*hub.pids), Watch.here()
        answers = await send_until_taken(hub, posts)
        taken, generated = watch.spent(), here.spent()
        accepted = await sink.wait_for("Accept", len(posts))
        tally = sink.tally()
        done = watch.spent(until=tally.last.get("Accept"))
    report.work("follows: posts taken", answers.good, taken)
    report.work("follows: accepted", accepted, done, rate=100)
    report.others("follows", answers)
    report.remark(f"{accepted} of {len(posts)} Accepts came back, {tally.doubles} twice")
    report.remark(f"the first one is {signature(hub, tally, 'Accept')}")
    report.remark(f"{tally.gets} documents fetched from the others, {tally.handshakes} TLS handshakes")
    report.unknown(tally)
    report.busy(hub=done, generator=generated, sink=tally.cpu / done.seconds)


async def send_until_taken(hub: Hub, posts: list[bytes]) -> Answers:
    """As other servers do: what was not taken comes again, here after a second."""
    answers = await send_all(hub.addresses, posts, within=20)
    for _ in range(TRIES):
        if not answers.failed or answers.cut_off:
            break
        await asyncio.sleep(1)
        again = await send_all(hub.addresses, answers.failed, within=20)
        again.statuses += answers.statuses
        again.times += answers.times
        again.reconnects += answers.reconnects
        answers = again
    return answers
