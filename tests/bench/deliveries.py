"""What the village says, sent to 500 inboxes on 50 servers."""

import uvloop

from tests.bench import report
from tests.bench.engines import Engine
from tests.bench.follows import FOLLOWERS, make_followers
from tests.bench.machine import Watch, forget_peak, memory
from tests.bench.options import Options
from tests.bench.people import people_on
from tests.bench.sink import Sink
from tests.bench.village import Hub, running_hub_among_others
from tests.bench.wire import signature

ANNOUNCEMENTS = 5


def measure(engine: Engine, options: Options) -> None:
    with running_hub_among_others(engine, options) as (hub, sink):
        people = people_on(sink, options.of(FOLLOWERS), named="abonnee")
        rest = memory(*hub.pids)
        followers = make_followers(hub, sink, people)
        report.remark(f"{followers} of {len(people)} follow")
        forget_peak(*hub.pids)
        uvloop.run(_measure(hub, sink, "deliveries: the first announcement", followers, announcements=1))
        with hub.sampled():
            more = _measure(
                hub, sink, "deliveries", followers, announcements=ANNOUNCEMENTS, rate=900, cpu=0.9
            )
            uvloop.run(more)
        report.memory_under_load(hub.pids, rest)


async def _measure(
    hub: Hub, sink: Sink, name: str, followers: int, *, announcements: int, rate: float = 0, cpu: float = 0
) -> None:
    sink.forget()
    watch = Watch(*hub.pids)
    for number in range(announcements):
        hub.publish(f"Nouvelle numéro {number + 1}")
    published = watch.spent()
    number = announcements * followers
    arrived = await sink.wait_for("Create", number)
    tally = sink.tally()
    done = watch.spent(until=tally.last.get("Create"))
    report.work(name, arrived, done, rate=rate, cpu=cpu)
    report.remark(
        f"{arrived} of {number} arrived, {tally.doubles} twice, {tally.handshakes} TLS handshakes"
        f" ({tally.resumed} resumed); {announcements} forms took {published.seconds:.2f} s"
    )
    report.remark(f"the first one is {signature(hub, tally, 'Create')}")
    report.busy(hub=done, sink=tally.cpu / done.seconds)
