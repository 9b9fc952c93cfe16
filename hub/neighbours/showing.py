"""What the pages show of agreements: a few queries, however many there are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from tortoise.expressions import Q
from tortoise.functions import Count

from federation.origin import host_and_parents
from hub.actors.hosts import bare
from hub.actors.models import Host, Policy
from hub.fediverse.models import AgreementState, Delivery, Neighbour, Receipt
from hub.neighbours.meeting import KEYS_CHANGED
from hub.neighbours.models import Objection
from hub.neighbours.objections import answer_by
from hub.neighbours.wire import KINDS
from hub.places.distance import Point, km_between, point_of
from hub.publications.models import Kind
from hub.text import N_, gettext

__all__ = ["KEYS_CHANGED", "SHOWN", "Line", "Standing", "line_of", "listed", "over", "waiting"]

PER_PAGE = 50
SHOWN = (AgreementState.AGREED, AgreementState.PAUSED, AgreementState.ASKED)
OVER = (AgreementState.REFUSED, AgreementState.ENDED)

_KINDS = {
    Kind.NEED: N_("Needs"),
    Kind.OFFER: N_("Offers"),
    Kind.EVENT: N_("Agenda"),
    Kind.PROJECT: N_("Projects"),
    Kind.EXPERIENCE: N_("Experience sheets"),
}


class Standing(StrEnum):
    """The most important thing about an agreement."""

    WELL = "well"
    FAILING = "failing"
    PAUSED = "paused"
    ASKED = "asked"
    ASKS = "asks"
    REFUSED = "refused"
    ENDED = "ended"
    BLOCKED = "blocked"  # over, and their server has nothing to do with ours any more


@dataclass(frozen=True)
class Line:
    """An agreement in the table. `km` from here; `waiting`: what is still to be delivered there.

    `block`: the decision that holds for their server, about it or a name above it.
    """

    neighbour: Neighbour
    host: Host | None
    standing: Standing
    km: int | None
    waiting: int
    unacknowledged: int
    block: Host | None = None

    @property
    def sends(self) -> list[str]:
        return kinds_named(self.neighbour.kinds_sent)

    @property
    def receives(self) -> list[str]:
        return kinds_named(self.neighbour.kinds_received)

    @property
    def exchanged(self) -> list[str]:
        """Both ways together."""
        return kinds_named(self.neighbour.kinds_sent | self.neighbour.kinds_received)

    @property
    def site(self) -> str:
        """Where its pages are."""
        return self.neighbour.actor.uri.removesuffix("/actor")

    @property
    def name(self) -> str:
        return self.neighbour.name or self.neighbour.host

    @property
    def last_at(self) -> datetime | None:
        """When something last went there or came from there."""
        if self.host is None:
            return None
        return max(filter(None, (self.host.heard_at, self.host.succeeded_at)), default=None)

    @property
    def days(self) -> int:
        """Since it is as it is."""
        return (datetime.now(UTC) - self.neighbour.changed_at).days


async def listed(*, page: int, own_point: Point | None) -> tuple[list[Line], bool]:
    """A page of agreements by name, and of those that a block has ended; whether there are more."""
    ended = Neighbour.filter(state=AgreementState.ENDED, agreed_at__not_isnull=True)
    blocked = await _blocks([str(host) for host in await ended.values_list("host", flat=True)])
    shown = Neighbour.filter(Q(state__in=SHOWN) | Q(state=AgreementState.ENDED, host__in=list(blocked)))
    query = shown.select_related("actor").order_by("name", "id")
    found = await query.offset((page - 1) * PER_PAGE).limit(PER_PAGE + 1)
    return await _lines(found[:PER_PAGE], own_point), len(found) > PER_PAGE


async def waiting(own_point: Point | None) -> list[Line]:
    """Who proposes, the first first."""
    found = Neighbour.filter(state=AgreementState.ASKS).select_related("actor")
    return await _lines(await found.order_by("asked_at").limit(PER_PAGE), own_point)


async def over() -> list[Line]:
    """The latest that were refused or ended, but those that a block ended: they stand in the table."""
    found = Neighbour.filter(state__in=OVER).select_related("actor").order_by("-changed_at")
    lines = await _lines(await found.limit(PER_PAGE), None)
    return [line for line in lines if line.standing is not Standing.BLOCKED]


async def line_of(neighbour: Neighbour, *, own_point: Point | None) -> Line:
    await neighbour.fetch_related("actor")
    return (await _lines([neighbour], own_point))[0]


async def _lines(found: Sequence[Neighbour], own_point: Point | None) -> list[Line]:
    names = [one.host for one in found]
    hosts, blocks = await Host.in_bulk(names, "name"), await _blocks(names)
    counted = Delivery.filter(host__in=names).annotate(posts=Count("id")).group_by("host")
    posts = dict(await counted.values_list("host", "posts"))
    missing = Receipt.filter(neighbour_id__in=[one.id for one in found], acknowledged_at=None)
    receipts = dict(
        await missing.annotate(many=Count("id")).group_by("neighbour_id").values_list("neighbour_id", "many")
    )
    return [
        Line(
            one,
            hosts.get(one.host),
            standing_of(one, hosts.get(one.host), blocked=one.host in blocks),
            km_between(own_point, point_of(one)),
            posts.get(one.host, 0),
            receipts.get(one.id, 0),
            blocks.get(one.host),
        )
        for one in found
    ]


async def _blocks(names: Sequence[str]) -> dict[str, Host]:
    """Host -> the block that holds for it: of itself, or of a name above it."""
    above = {name: (name, *host_and_parents(bare(name))) for name in names}
    asked = {name for each in above.values() for name in each}
    known = {host.name: host for host in await Host.filter(policy=Policy.BLOCKED, name__in=list(asked))}
    return {name: known[one] for name, each in above.items() for one in reversed(each) if one in known}


def standing_of(neighbour: Neighbour, host: Host | None, *, blocked: bool = False) -> Standing:
    if neighbour.state is AgreementState.AGREED:
        return Standing.FAILING if host is not None and host.failing_since is not None else Standing.WELL
    if blocked and neighbour.state is AgreementState.ENDED and neighbour.agreed_at is not None:
        return Standing.BLOCKED
    return Standing(neighbour.state.value)


@dataclass(frozen=True)
class Objected:
    """An objection, and until when it is answered; `name` is for the town hall alone."""

    objection: Objection
    name: str
    until: datetime


async def objections_to(neighbour: Neighbour) -> list[Objected]:
    """The latest first."""
    found = Objection.filter(neighbour_id=neighbour.id).select_related("participant")
    return [
        Objected(one, one.participant.name if one.participant is not None else "", answer_by(one))
        for one in await found.order_by("-id").limit(PER_PAGE)
    ]


async def unanswered() -> list[tuple[int, str]]:
    """Agreements with objections that nobody has answered: number and name."""
    found = Neighbour.filter(objections__answered_at=None, objections__id__not_isnull=True).distinct()
    return [(one.id, one.name or one.host) for one in await found.order_by("name").limit(PER_PAGE)]


async def deletes_of(neighbour: Neighbour) -> list[Receipt]:
    """What was deleted here lately, with their word that it is gone there too; without it first."""
    asked = Receipt.filter(neighbour_id=neighbour.id)
    missing = await asked.filter(acknowledged_at=None).order_by("-id").limit(PER_PAGE)
    return [*missing, *await asked.filter(acknowledged_at__not_isnull=True).order_by("-id").limit(10)]


def kinds_in_words() -> list[tuple[str, str]]:
    return [(kind.value, gettext(_KINDS[kind])) for kind in KINDS]


def kinds_named(kinds: frozenset[str]) -> list[str]:
    return [words for kind, words in kinds_in_words() if kind in kinds]


def form_values(neighbour: Neighbour | None) -> dict[str, str]:
    """What the form of terms shows at first: what is sent now; of a new agreement, everything."""
    decided = neighbour is not None and neighbour.state is not AgreementState.ASKS
    sent = neighbour.kinds_sent if neighbour is not None and decided else frozenset(map(str, KINDS))
    values = {f"sends_{kind.value}": "yes" for kind in KINDS if kind.value in sent}
    if neighbour is not None and decided:
        values |= {"within": str(neighbour.within or ""), "why": neighbour.why}
    return values
