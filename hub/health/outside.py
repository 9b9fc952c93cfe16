"""What a machine cannot know of itself: whether browsers trust its certificate, whether its clock is right.

The certificate is that of whoever ends TLS for LAVOIR_ORIGIN, so it is looked at as a browser would. The time
comes from other servers, which all write it into their answers.
"""

import asyncio
import ssl
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from federation.client import Client
from federation.errors import FederationError
from federation.media_types import JRD
from federation.origin import parse_uri
from hub.actors.models import Actor, Host, Role
from hub.actors.peers import is_on, open_client
from hub.config import Config
from hub.db import rows, transaction
from hub.fediverse.actions import update_actor
from hub.fediverse.queue import ask_all
from hub.jobs import Function, Periodic
from hub.observations import Observation, Seen, observe

PATIENCE = 10  # seconds
ASKED = 3  # other servers
CLOCK_OFF = timedelta(minutes=1)  # codes of an app stop working; other servers refuse us at some more
CERTIFICATE_ENDS = timedelta(days=10)  # programs that renew it do so a month before

_config = Config()


def use_config(config: Config) -> None:
    """Said once at the start."""
    global _config  # noqa: PLW0603 (one process is one site)
    _config = config


def used_config() -> Config:
    """For those who are asked without one."""
    return _config


@dataclass(frozen=True)
class Certificate:
    """`until` None: it could not be seen. `problem`: why a browser refuses it."""

    until: datetime | None = None
    problem: str = ""

    @property
    def well(self) -> bool:
        ends = self.until is not None and self.until - datetime.now(UTC) < CERTIFICATE_ENDS
        return not self.problem and not ends


@dataclass(frozen=True)
class Clock:
    """`ahead`: of the others, in seconds; None where nobody could be asked."""

    ahead: float | None = None
    asked: int = 0

    @property
    def well(self) -> bool:
        return self.ahead is None or abs(self.ahead) < CLOCK_OFF.total_seconds()


async def look_outside() -> None:
    """Four times a day, for the page of the town hall and for the metrics."""
    if _config.secure:
        before, certificate = await Observation.of(Seen.CERTIFICATE), await see_certificate(_config)
        until = certificate.until.isoformat() if certificate.until else None
        await observe(Seen.CERTIFICATE, well=certificate.well, until=until, problem=certificate.problem)
        if before is not None and _was_shut(before) and until and not certificate.problem:
            await _say_hello()
            await ask_all(datetime.now(UTC))  # perhaps we could not reach them, either
    clock = await see_clock(_config)
    if clock.ahead is not None:
        await observe(Seen.CLOCK, well=clock.well, ahead=clock.ahead, asked=clock.asked)


def _was_shut(before: Observation) -> bool:
    """Whether others could not come in, as far as we saw."""
    return bool(before.said.get("problem")) or before.said.get("until") is None


async def _say_hello() -> None:
    """Others found us gone and send nothing more, until they hear a signed word of ours (FLT-21).

    The village and its server say it to all who know them; of the others whoever is followed from a server
    that has not heard it yet.
    """
    followed, greeted = await _followed_from(), set[str]()
    spoken_for = [actor.id for role in (Role.VILLAGE, Role.SERVER) if (actor := await Actor.of_role(role))]
    for actor_id in [*spoken_for, *sorted(followed, key=lambda each: (-len(followed[each]), each))]:
        hosts = followed.get(actor_id, set())
        if actor_id not in spoken_for and hosts <= greeted:
            continue
        async with transaction():
            await update_actor(await Actor.get(id=actor_id))
        greeted |= hosts


async def _followed_from() -> dict[int, set[str]]:
    """The servers from which each actor of ours is followed, by its id."""
    found: dict[int, set[str]] = defaultdict(set)
    for row in await rows(
        "SELECT DISTINCT follow.followed_id, follower.host FROM follow"
        " JOIN actor AS follower ON follower.id = follow.follower_id AND follower.host <> ''"
        " JOIN actor AS ours ON ours.id = follow.followed_id AND ours.host = '' AND ours.deleted_at IS NULL"
        " WHERE follow.accepted_at IS NOT NULL"
    ):
        found[row["followed_id"]].add(row["host"])
    return found


async def last_look() -> tuple[Certificate, Clock]:
    """What it found the last time."""
    certificate, clock = await _said(Seen.CERTIFICATE), await _said(Seen.CLOCK)
    until = datetime.fromisoformat(certificate["until"]) if certificate.get("until") else None
    seen = Certificate(until, certificate.get("problem", ""))
    return seen, Clock(clock.get("ahead"), clock.get("asked", 0))


async def _said(key: Seen) -> Mapping[str, Any]:
    found = await Observation.of(key)
    return {} if found is None else found.said


async def see_certificate(config: Config) -> Certificate:
    """As a browser would, which may be refused where the own address leads nowhere from inside."""
    parts, context = urlsplit(config.origin), ssl.create_default_context()
    if config.ca_file is not None:
        context.load_verify_locations(cafile=config.ca_file)
    try:
        async with asyncio.timeout(PATIENCE):
            _, writer = await asyncio.open_connection(parts.hostname, parts.port or 443, ssl=context)
    except ssl.SSLCertVerificationError as error:
        return Certificate(problem=error.verify_message)
    except (OSError, TimeoutError):
        return Certificate()
    ends = writer.get_extra_info("peercert")["notAfter"]
    writer.close()
    return Certificate(datetime.fromtimestamp(ssl.cert_time_to_seconds(ends), UTC))


async def see_clock(config: Config) -> Clock:
    """Against what the servers say that we reached last."""
    if not is_on():
        return Clock()
    hosts = Host.filter(succeeded_at__not_isnull=True, failing_since=None).order_by("-succeeded_at")
    async with open_client(config) as client, asyncio.TaskGroup() as tasks:
        asked = [tasks.create_task(_ahead_of(host, client)) for host in await hosts.limit(ASKED)]
    answers = sorted(seconds for task in asked if (seconds := task.result()) is not None)
    return Clock(round(answers[len(answers) // 2], 1), len(answers)) if answers else Clock()


async def _ahead_of(host: Host, client: Client) -> float | None:
    actor = await Actor.filter(host=host.name).first()
    if actor is None:
        return None
    origin = actor.uri[: actor.uri.index("/", 8)]
    try:
        async with asyncio.timeout(PATIENCE):
            address = parse_uri(f"{origin}/.well-known/nodeinfo", plain=True)
            answer = await client.get_bytes(address, accept=JRD, max_bytes=65_536)
        said = parsedate_to_datetime(answer.headers.get("date", ""))
    except (FederationError, TimeoutError, ValueError):
        return None
    return (datetime.now(UTC) - said).total_seconds()


network_jobs: list[Function | Periodic] = [Periodic(look_outside, every=timedelta(hours=6))]
