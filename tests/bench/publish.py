"""A village with 5,000 followers on 1,000 servers says something (LD-03); some are dead, some slow."""

import asyncio
import time
from statistics import median

import uvloop

from hub.actors.models import Actor, Host, Role
from hub.db import close_database, open_database, rows, transaction
from hub.fediverse.models import Follow
from tests.bench import report
from tests.bench.engines import Engine
from tests.bench.load import Answers
from tests.bench.machine import Watch, forget_peak, memory
from tests.bench.options import Options
from tests.bench.rush import members_reading
from tests.bench.sink import ADDRESSES, CLOSED, MUTE, SLOW, Sink
from tests.bench.village import Hub, running_hub_among_others

PORTS, FOLLOWERS_EACH = 20, 5
FORMS, PATIENCE = 5, 60
TROUBLE = (CLOSED, MUTE, SLOW)


def measure(engine: Engine, options: Options) -> None:
    further = max(4, round(PORTS * options.size)) - 1
    with running_hub_among_others(engine, options, further=further) as (hub, sink):
        asyncio.run(_make_followers(hub, sink))
        hub.publish("Bonjour")  # who is dead and who is slow is known from now on
        uvloop.run(sink.wait_for("Create", _well(sink), within=PATIENCE))
        rest = memory(*hub.pids)
        forget_peak(*hub.pids)
        _measure_spreading(hub, sink)
        _measure_forms(hub)
        report.memory_under_load(hub.pids, rest)


def _well(sink: Sink) -> int:
    """Servers that take a post at once."""
    return len(ADDRESSES) * (len(sink.ports) - len(TROUBLE))


async def _make_followers(hub: Hub, sink: Sink) -> None:
    await open_database(hub.config)
    village = await Actor.of_role(Role.VILLAGE)
    assert village is not None
    hosts = [f"{address}:{port}" for port in sink.ports for address in ADDRESSES]
    async with transaction():
        await Host.bulk_create([Host(name=host) for host in hosts], batch_size=500)
        await Actor.bulk_create(
            [_actor(host, each) for host in hosts for each in range(FOLLOWERS_EACH)], batch_size=500
        )
        followers = await Actor.filter(role=None)
        await Follow.bulk_create([_follow(one, village) for one in followers], batch_size=500)
    await rows("ANALYZE")
    await close_database()
    report.remark(f"{len(followers)} followers on {len(hosts)} servers")


def _actor(host: str, number: int) -> Actor:
    uri = f"https://{host}/users/abonnee{number}"
    return Actor(
        uri=uri,
        host=host,
        name=f"abonnee{number}",
        kind="Person",
        inbox=f"{uri}/inbox",
        shared_inbox=f"https://{host}/inbox",
    )


def _follow(follower: Actor, village: Actor) -> Follow:
    return Follow(
        uri=f"{follower.uri}/follows/1", follower=follower, followed=village, accepted_at=village.created_at
    )


def _measure_spreading(hub: Hub, sink: Sink) -> None:
    """One announcement, while members read."""
    sink.forget()
    watch, here = Watch(*hub.pids), Watch.here()
    with hub.sampled():
        published, members = uvloop.run(_publish_and_read(hub, sink))
    spent = watch.spent()
    well = sorted(
        at - watch.began for at, port in sink.tally().arrivals if sink.ports.index(port) not in TROUBLE
    )
    report.line("LD-03: the form", published * 1000, "ms", goal="under 100 ms", digits=1)
    for share in (0.5, 0.9, 1):
        number = round(_well(sink) * share)
        if len(well) >= number:
            goal = "under 120 s" if share == 0.9 else ""
            report.line(
                f"{share:.0%} of {_well(sink)} servers that are well",
                well[number - 1],
                "s",
                goal=goal,
                digits=1,
            )
        else:
            report.remark(f"{len(well)} of {_well(sink)} had it after {PATIENCE} s")
    report.line("members' pages meanwhile, p95", members.p95, "ms", goal="under 500 ms", digits=1)
    report.others("members", members)
    report.busy(hub=spent, generator=here.spent(), sink=sink.tally().cpu / spent.seconds)


async def _publish_and_read(hub: Hub, sink: Sink) -> tuple[float, Answers]:
    began = time.perf_counter()
    await asyncio.to_thread(hub.publish, "La pompe du lavoir")
    took = time.perf_counter() - began
    reading = asyncio.create_task(members_reading(hub, seconds=4))
    await sink.wait_for("Create", _well(sink), within=PATIENCE)
    return took, await reading


def _measure_forms(hub: Hub) -> None:
    """One after the other, while what they say goes out."""
    times = []
    for number in range(FORMS):
        began = time.perf_counter()
        hub.publish(f"Nouvelle numéro {number}")
        times.append((time.perf_counter() - began) * 1000)
        time.sleep(0.5)
    report.line(
        "publishing while others are sent, median", median(times), "ms", goal="under 100 ms", digits=1
    )
    report.line("and the longest", max(times), "ms", digits=1)
