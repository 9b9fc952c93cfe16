"""What others write to the village: taken and stored (202), then handled."""

import asyncio
import time

import uvloop

from tests.bench import report
from tests.bench.engines import Engine, Number
from tests.bench.load import Answers, send_all
from tests.bench.machine import Spent, Watch, forget_peak, memory
from tests.bench.options import Options
from tests.bench.people import Person, Village, mention, people_on, post, spread
from tests.bench.village import Hub, running_hub_among_others

ACTORS, ACTIVITIES = 50, 3_000
WAITING = "SELECT COUNT(*) FROM received WHERE failed_at IS NULL"
FAILED = "SELECT COUNT(*) FROM received WHERE failed_at IS NOT NULL"
STORED = "SELECT COUNT(*) FROM publication WHERE kind <> 'announcement'"


def measure(engine: Engine, options: Options) -> None:
    with running_hub_among_others(engine, options) as (hub, sink):
        village = hub.seen_from_outside()
        announced = hub.object_of(hub.publish("La pompe du lavoir"))
        people = people_on(sink, ACTORS, named="voisine")
        rest = memory(*hub.pids)
        uvloop.run(measure_writers(hub, Writers(people, village, announced), options.of(ACTIVITIES)))
        report.memory_under_load(hub.pids, rest)


class Writers:
    """Every other activity answers the announcement, the rest only mention the village."""

    def __init__(self, people: list[Person], village: Village, announced: str) -> None:
        self.people = people
        self.village = village
        self.announced = announced

    def posts(self, number: int) -> list[bytes]:
        return [self._post(person, position) for position, person in enumerate(spread(self.people, number))]

    def _post(self, person: Person, position: int) -> bytes:
        answered = self.announced if position // len(self.people) % 2 else None
        activity = mention(person, self.village, answered=answered)
        return post(person, self.village.shared_inbox, activity)


async def measure_writers(hub: Hub, writers: Writers, number: int) -> None:
    async with hub.reading() as asked:
        met = await send_all(hub.addresses, writers.posts(len(writers.people)))
        await _drain(asked)
        report.others("making acquaintance", met)
        before = await asked(STORED)
        posts = writers.posts(number)
        forget_peak(*hub.pids)
        with hub.sampled():
            watch, here = Watch(*hub.pids), Watch.here()
            answers = await send_all(hub.addresses, posts)
            accepted, generated = watch.spent(), here.spent()
            left = await _drain(asked)
            processed = watch.spent()
        failed, stored = await asked(FAILED), await asked(STORED) - before
    _tell(answers, number, accepted, processed)
    report.remark(f"{stored} of {number} stored, {left} still waiting, {failed} set aside")
    report.busy(hub=processed, generator=generated)


async def _drain(asked: Number, *, within: float = 45) -> int:
    """Wait until nothing waits; how many do when time has run out."""
    end = time.monotonic() + within
    while (waiting := await asked(WAITING)) and time.monotonic() < end:
        await asyncio.sleep(0.02)
    return waiting


def _tell(answers: Answers, number: int, accepted: Spent, processed: Spent) -> None:
    report.work("inbox: accepted", answers.good, accepted)
    report.line("inbox: accepted, p95 of the answers", answers.p95, "ms", digits=1)
    report.work("inbox: processed", answers.good, processed, rate=400, cpu=3)
    report.others("inbox", answers)
