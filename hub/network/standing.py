"""How things stand with other servers: for the pages of the network, and for `lavoir doctor`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from tortoise.expressions import Q
from tortoise.functions import Count
from tortoise.queryset import QuerySet

from federation.limits import HOST_ASLEEP
from federation.origin import host_and_parents
from hub.actors.hosts import OPEN, Policies, bare, federation_mode, policies
from hub.actors.models import Host, Policy, Role
from hub.fediverse.models import Delivery, Follow, Received

PER_PAGE = 50


class State(StrEnum):
    """The most important thing about a server."""

    BLOCKED = "blocked"
    STRANGER = "stranger"  # where only neighbours are let in, and it is none
    ASLEEP = "asleep"
    FAILING = "failing"
    SILENCED = "silenced"
    NEW = "new"
    WELL = "well"


class Show(StrEnum):
    """Which servers are listed."""

    ALL = "all"
    FAILING = "failing"
    BLOCKED = "blocked"
    SILENCED = "silenced"


_CONDITIONS = {
    Show.ALL: Q(),
    Show.FAILING: Q(failing_since__not_isnull=True) & ~Q(policy=Policy.BLOCKED),
    Show.BLOCKED: Q(policy=Policy.BLOCKED),
    Show.SILENCED: Q(policy=Policy.SILENCED),
}


@dataclass(frozen=True)
class Line:
    """A server in the table; `waiting`: deliveries."""

    host: Host
    state: State
    waiting: int


@dataclass(frozen=True)
class Figures:
    """Of the whole village and its organisations."""

    followers: int
    followed: int
    waiting: int
    failing: int


@dataclass(frozen=True)
class NetworkHealth:
    """What `doctor` says. `oldest`: how long the first delivery waits for a server that is well."""

    failing: int
    waiting: int
    oldest: timedelta
    set_aside: int
    received: int = 0
    oldest_received: timedelta = timedelta(0)  # of what may be handled now


async def listed(words: str, show: Show, *, page: int) -> tuple[list[Line], bool]:
    """A page of servers by name, and whether there are more; two queries, however many they are."""
    query = Host.filter(_CONDITIONS[show] & (Q(name__icontains=words) if words else Q()))
    found = await query.order_by("name").offset((page - 1) * PER_PAGE).limit(PER_PAGE + 1)
    return await _lines(found[:PER_PAGE]), len(found) > PER_PAGE


async def line_of(host: Host) -> Line:
    return (await _lines([host]))[0]


async def _lines(hosts: Sequence[Host]) -> list[Line]:
    waiting = dict(
        await Delivery.filter(host__in=[host.name for host in hosts])
        .annotate(posts=Count("id"))
        .group_by("host")
        .values_list("host", "posts")
    )
    decided, mode = await policies(), federation_mode()
    return [Line(host, state_of(host, decided, mode), waiting.get(host.name, 0)) for host in hosts]


def state_of(host: Host, decided: Policies, mode: str) -> State:
    if decided.refuse(host.name, OPEN):
        return State.BLOCKED
    if decided.refuse(host.name, mode):
        return State.STRANGER
    if host.failing_since is not None:
        return State.ASLEEP if asleep(host) else State.FAILING
    if decided.silence(host.name):
        return State.SILENCED
    return State.NEW if host.heard_at is None and host.succeeded_at is None else State.WELL


def asleep(host: Host) -> bool:
    """It has not answered for so long that it is asked once a day."""
    if host.failing_since is None or host.asked_at is None:
        return False
    return host.asked_at - host.failing_since >= HOST_ASLEEP


async def decided_above(host: Host) -> Host | None:
    """The name above it for which a decision was made that holds for it too."""
    above = host_and_parents(bare(host.name))
    return await Host.filter(name__in=above).exclude(name=host.name).exclude(policy=Policy.NONE).first()


async def figures() -> Figures:
    return Figures(
        followers=await followers().count(),
        followed=await Follow.filter(follower__host="", accepted_at__not_isnull=True)
        .exclude(followed__host="")
        .count(),
        waiting=await Delivery.all().count(),
        failing=await Host.filter(_CONDITIONS[Show.FAILING]).count(),
    )


def followers() -> QuerySet[Follow]:
    """Of actors of ours, by actors of others, once accepted."""
    return Follow.filter(followed__host="", accepted_at__not_isnull=True).exclude(follower__host="")


def requests() -> QuerySet[Follow]:
    """Those who wait for somebody here to decide."""
    asked = Follow.filter(followed__host="", accepted_at=None).exclude(follower__host="")
    return asked.exclude(followed__role__in=[Role.SERVER, Role.RELAY])  # these have pages of their own


async def network_health() -> NetworkHealth:
    failing = [host.name for host in await Host.filter(failing_since__not_isnull=True).only("name")]
    due = Delivery.filter(not_before=None).exclude(host__in=failing) if failing else Delivery.all()
    oldest = await due.order_by("queued_at").first()
    received = Received.filter(failed_at=None)
    first = await received.filter(not_before=None).order_by("id").first()
    return NetworkHealth(
        failing=await Host.filter(_CONDITIONS[Show.FAILING]).count(),
        waiting=await Delivery.all().count(),
        oldest=timedelta(0) if oldest is None else datetime.now(UTC) - oldest.queued_at,
        set_aside=await Received.filter(failed_at__not_isnull=True).count(),
        received=await received.count(),
        oldest_received=timedelta(0) if first is None else datetime.now(UTC) - first.received_at,
    )
