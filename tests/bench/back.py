"""A server comes back after a week, and 2,000 posts wait for it (LD-05): one goes, then more and more."""

import asyncio
import json
from datetime import UTC, datetime, timedelta

from hub.actors.models import Actor, Host, Role
from hub.db import close_database, open_database, rows, transaction
from hub.fediverse.models import Activity, Delivery
from tests.bench import report
from tests.bench.engines import Engine
from tests.bench.machine import Watch
from tests.bench.options import Options
from tests.bench.sink import ADDRESSES, Sink
from tests.bench.village import Hub, running_hub_among_others

POSTS, AWAY = 2000, timedelta(days=7)
STEPS = ((0, 8), (2, 8), (4, 8), (10, 40))  # minutes since it came back, seconds that we look


def measure(engine: Engine, options: Options) -> None:
    with running_hub_among_others(engine, options) as (hub, sink):
        number = options.of(POSTS)
        asyncio.run(_let_wait(hub, sink, number))
        asyncio.run(_measure(hub, sink, number))


async def _let_wait(hub: Hub, sink: Sink, number: int) -> None:
    """Straight into the tables: what a week of silence leaves behind."""
    host, left_at = f"{ADDRESSES[0]}:{sink.port}", datetime.now(UTC) - AWAY
    await open_database(hub.config)
    village = await Actor.of_role(Role.VILLAGE)
    assert village is not None
    async with transaction():
        await Activity.bulk_create([_activity(village, each) for each in range(number)], batch_size=200)
        told = await Activity.filter(uri__contains="/numbered-").order_by("id")
        inbox = f"https://{host}/inbox"
        posts = [_delivery(one, village, left_at, host=host, inbox=inbox) for one in told]
        await Delivery.bulk_create(posts, batch_size=200)
        now = datetime.now(UTC)
        asked_at = now - timedelta(days=1, hours=1)
        await Host.create(name=host, failing_since=left_at, failures=30, asked_at=asked_at, next_at=now)
    await close_database()


def _activity(village: Actor, number: int) -> Activity:
    uri = f"{village.uri}/numbered-{number}"
    body = {"id": uri, "type": "Create", "actor": village.uri, "object": f"{uri}/note"}
    return Activity(uri=uri, actor=village, type="Create", body=json.dumps(body), public=True)


def _delivery(one: Activity, village: Actor, at: datetime, *, host: str, inbox: str) -> Delivery:
    return Delivery(activity=one, actor_id=village.id, host=host, inbox=inbox, queued_at=at)


async def _measure(hub: Hub, sink: Sink, number: int) -> None:
    """Nobody waits ten minutes for it: the moment at which it came back is put into the past."""
    host = f"{ADDRESSES[0]}:{sink.port}"
    await sink.wait_for("Create", 1)
    await open_database(hub.config)
    for minutes, seconds in STEPS:
        if minutes:
            revived_at = datetime.now(UTC) - timedelta(minutes=minutes)
            await rows("UPDATE host SET revived_at = $1 WHERE name = $2", revived_at, host)
        before, watch = sink.count("Create"), Watch(*hub.pids)
        came = await sink.wait_for("Create", number, within=seconds)
        took = watch.spent().seconds
        report.line(f"LD-05: {minutes} min after it came back", (came - before) / took, "/s", digits=1)
    await close_database()
    numbers = sink.tally().numbers
    report.remark(f"{len(numbers)} of {number} arrived, {sink.tally().doubles} twice")
    report.remark("in their order" if numbers == sorted(numbers) else "NOT in their order")
