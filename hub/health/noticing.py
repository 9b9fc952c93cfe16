"""What the doctor finds, noted every few minutes, so that pages that agents open each day only read it."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from hub.health.doctor import examine_running
from hub.health.outside import used_config
from hub.jobs import Function, Periodic
from hub.observations import Observation, Seen, observe

TOLD = frozenset("backup restore mail certificate clock disk database jobs deliveries hosts".split())
EVERY = timedelta(minutes=5)
OLD = timedelta(hours=1)  # whoever should note it is not at work

_watched: list[Function | Periodic] = []


def watch(jobs: Iterable[Function | Periodic]) -> None:
    """Said once at the start: those whose delay is a trouble."""
    _watched[:] = jobs


async def note_troubles() -> None:
    found = await examine_running(used_config(), _watched)
    troubles = sorted({finding.about for finding in found if not finding.well} & TOLD)
    await observe(Seen.TROUBLES, well=not troubles, troubles=troubles)


def troubles(noted: Observation | None) -> list[str]:
    """Names of what is not well, as it was noted last."""
    if noted is None:
        return []
    if datetime.now(UTC) - noted.at > OLD:
        return ["jobs"]
    return [str(name) for name in noted.said["troubles"]]


jobs: list[Function | Periodic] = [Periodic(note_troubles, every=EVERY)]
