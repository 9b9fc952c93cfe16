"""200 Deletes in a second of accounts that nobody here knows (LD-06): they must cost next to nothing."""

import uvloop

from tests.bench import report
from tests.bench.engines import Engine
from tests.bench.load import pace
from tests.bench.machine import Watch
from tests.bench.options import Options
from tests.bench.people import delete, people_on, post
from tests.bench.sink import Sink
from tests.bench.village import Hub, running_hub_among_others

RATE, SECONDS, PEOPLE = 200, 10, 60
ROWS = " + ".join(f"(SELECT count(*) FROM {table})" for table in ("received", "seen", "actor", "host", "job"))


def measure(engine: Engine, options: Options) -> None:
    with running_hub_among_others(engine, options) as (hub, sink):
        village, seconds = hub.seen_from_outside(), max(2, SECONDS * options.size)
        people = people_on(sink, PEOPLE, named="partie")
        sink.show({})
        posts = [post(person, village.shared_inbox, delete(person)) for person in people]
        sink.forget()
        uvloop.run(_measure(hub, sink, posts, seconds=seconds))


async def _measure(hub: Hub, sink: Sink, posts: list[bytes], *, seconds: float) -> None:
    async with hub.reading() as asked:
        before = await asked(f"SELECT {ROWS}")
        watch = Watch(*hub.pids)
        with hub.sampled():
            answers = await pace(hub.addresses, posts, rate=RATE, seconds=seconds, connections=16, wanted=202)
        spent, more = watch.spent(), await asked(f"SELECT {ROWS}") - before
    report.line("LD-06: Deletes of strangers", answers.good / spent.seconds, "/s")
    report.line("of one core", spent.cpu / spent.seconds * 100, "%", goal="under 10 %", digits=1)
    report.line("p95 of the answers", answers.p95, "ms", digits=1)
    report.line("rows more than before", more, "", goal="none")
    report.line("questions to their servers", sink.tally().gets, "", goal="none")
    report.others("Deletes", answers)
    report.busy(hub=spent)
