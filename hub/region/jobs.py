"""What a region does by itself: pass on, write the daily files."""

from datetime import timedelta

from hub import limits
from hub.jobs import Function, Periodic
from hub.region import hearing, passing_on
from hub.region.behind import look_behind
from hub.region.dump import write_open_data
from hub.region.figures import keep_counts
from hub.region.view import heard
from hub.village.models import Village


async def count_villages() -> None:
    """So that pages need not: what hangs in each village of the network."""
    if (village := await Village.current()) is not None:
        await keep_counts(await heard(is_region=village.is_region))


jobs: list[Function | Periodic] = [
    Periodic(count_villages, every=timedelta(seconds=30)),
    Periodic(look_behind, every=timedelta(hours=1)),
    passing_on.settle,
    passing_on.settle_host,
    passing_on.forget_unsaid,
    Periodic(passing_on.sweep, every=timedelta(days=1)),
    Periodic(write_open_data, every=timedelta(hours=limits.OPEN_DATA_HOURS)),
]

network_jobs: list[Function | Periodic] = [hearing.fetch_passed_on]
