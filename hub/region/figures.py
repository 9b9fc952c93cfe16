"""The numbers of a network, of what everybody may see alone: how much hangs where, and how long people wait.

What is in each village is counted by a job and kept (Tally). Where there are few, a page counts those anew
that were heard from since; with hundreds, what it says may be half a minute old.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any

from hub.agenda.models import Standing
from hub.cache import Cache
from hub.db import moment, rows, transaction
from hub.db.conditions import Conditions, quoted
from hub.exchange.models import COMMITTED, LIVING, State
from hub.fediverse.local import HEARD
from hub.feed import board
from hub.projects.models import ACTIVE
from hub.publications.models import Kind
from hub.publications.visibility import ANYBODY, visible_sql
from hub.region.models import Tally

AGAIN = timedelta(minutes=15)  # a count is as old as this at the most: things also end by themselves
AT_ONCE = 4  # villages that one page counts anew, where there are no more than SMALL in all
SMALL = 30
FEW = 2000  # what hangs here: so few are counted again at once, of more the job takes care
BATCH = 50  # villages that one query of the job counts
LATEST = 500  # changes that the usual wait is taken from
FEWEST = 5  # below this many, a middle says nothing
DONE = (State.COVERED, State.THANKED)


@dataclass(frozen=True)
class Count:
    """What hangs in one village, or in several together: kind → category → how many."""

    by_kind: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    def of(self, kind: Kind) -> int:
        return sum(self.by_kind.get(kind.value, {}).values())

    @property
    def needs(self) -> int:
        return self.of(Kind.NEED)

    @property
    def offers(self) -> int:
        return self.of(Kind.OFFER)

    @property
    def events(self) -> int:
        return self.of(Kind.EVENT)

    @property
    def projects(self) -> int:
        return self.of(Kind.PROJECT)

    def in_category(self, kind: Kind, category: str) -> int:
        return self.by_kind.get(kind.value, {}).get(category, 0)


NOTHING = Count()


def together(counts: Iterable[Count]) -> Count:
    """The sum."""
    total: dict[str, dict[str, int]] = {}
    for count in counts:
        for kind, by_category in count.by_kind.items():
            of_kind = total.setdefault(kind, {})
            for category, number in by_category.items():
                of_kind[category] = of_kind.get(category, 0) + number
    return Count(total)


# ------------------------------------------------------------ village by village


_fresh: Cache[tuple[str, int], Count] = Cache(seconds=board.SECONDS, most=400)


async def counts(heard: Mapping[str, datetime | None]) -> dict[str, Count]:
    """Of each of these hosts, last heard from then; empty: this one, whose rows change by themselves."""
    kept = {host: (Count(counts), at) for host, counts, at in await _kept(heard)}
    never = [host for host in heard if host not in kept]  # for a minute, until the job has counted them
    stale = [
        host for host, at in heard.items() if host in kept and _is_stale(*kept[host], host=host, heard_at=at)
    ]
    now = [*never, *stale[: AT_ONCE if len(heard) <= SMALL else 0]]
    return {host: count for host, (count, _) in kept.items()} | await _count_now(now)


async def _kept(hosts: Iterable[str]) -> list[tuple[str, dict[str, dict[str, int]], datetime]]:
    return [
        (row["host"], row["counts"], row["counted_at"])
        for row in await Tally.filter(host__in=list(hosts)).values("host", "counts", "counted_at")
    ]


def _is_stale(count: Count, counted_at: datetime, *, host: str, heard_at: datetime | None) -> bool:
    """Whether something may have come since it was counted: when a host was heard is known to HEARD."""
    if not host:
        return count.needs + count.offers <= FEW
    return heard_at is not None and heard_at + HEARD >= counted_at


async def _count_now(hosts: Sequence[str]) -> dict[str, Count]:
    """Kept for a moment, unless something was hung up or taken down meanwhile."""
    if not hosts:
        return {}
    version = await board.version()
    known = {host: _fresh.get((host, version)) for host in hosts}
    missing = [host for host, count in known.items() if count is None]
    counted = await count_villages(missing)
    for host, count in counted.items():
        _fresh.put((host, version), count)
    return {host: count for host, count in known.items() if count is not None} | counted


async def count_villages(hosts: Sequence[str], now: datetime | None = None) -> dict[str, Count]:
    """By host, from the rows themselves: what everybody may see, and still holds."""
    if not hosts:
        return {}
    values: list[Any] = []
    parts = [part.where for part in _parts(hosts, now or datetime.now(UTC), values)]
    categories = ("proposal.category", "event.category", "project.category")
    statement = " UNION ALL ".join(
        f"SELECT actor.host AS host, publication.kind AS kind, {category} AS category, count(*) AS number"
        f" {part} GROUP BY actor.host, publication.kind, {category}"
        for part, category in zip(parts, categories, strict=True)
    )
    found: dict[str, dict[str, dict[str, int]]] = {host: {} for host in hosts}
    for row in await rows(statement, *values):
        found[row["host"]].setdefault(row["kind"], {})[row["category"]] = row["number"]
    return {host: Count(by_kind) for host, by_kind in found.items()}


def _parts(hosts: Sequence[str], now: datetime, values: list[Any]) -> list[Conditions]:
    """Needs and offers, dates, projects: those that hang, of authors of these hosts."""
    placed = None
    parts = []
    for table in ("proposal", "event", "project"):
        part = Conditions(
            # CROSS: SQLite then begins with the authors, of whom each village has a few
            f"FROM actor CROSS JOIN publication JOIN {table} ON {table}.publication_id = publication.id",
            values,
        )
        placed = placed or ", ".join(part.hold(host) for host in hosts)
        part.parts.append(f"actor.host IN ({placed}) AND publication.author_id = actor.id")
        part.add(visible_sql(ANYBODY))
        parts.append(part)
    proposals, events, projects = parts
    proposals.add(f"publication.kind IN ('{Kind.NEED.value}', '{Kind.OFFER.value}')")
    proposals.add(f"proposal.state IN ({quoted(LIVING)}) AND proposal.expires_at > {{now}}", now=now)
    events.add(f"event.standing = '{Standing.PLANNED.value}' AND event.ends_at > {{now}}", now=now)
    projects.add(f"project.is_reviewed = {{yes}} AND project.stage IN ({quoted(ACTIVE)})", yes=True)
    return parts


async def keep_counts(heard: Mapping[str, datetime | None], now: datetime | None = None) -> None:
    """Count anew what may have changed, a few villages at a time; forget those that are no longer there."""
    now = now or datetime.now(UTC)
    counted = dict(await Tally.all().values_list("host", "counted_at"))
    due = [host for host, at in heard.items() if not host or _is_due(counted.get(host), at, now)]
    for start in range(0, len(due), BATCH):
        found = await count_villages(due[start : start + BATCH], now)
        async with transaction():
            for host, count in found.items():
                facts = {"counts": count.by_kind, "counted_at": now}
                await Tally.update_or_create(defaults=facts, host=host)
    await Tally.filter(host__in=[host for host in counted if host not in heard]).delete()


def _is_due(counted_at: datetime | None, heard_at: datetime | None, now: datetime) -> bool:
    if counted_at is None or counted_at < now - AGAIN:
        return True
    if heard_at is None:
        return False
    return heard_at >= counted_at or counted_at <= heard_at + HEARD <= now


# ------------------------------------------------------------ all of it together


@dataclass(frozen=True, kw_only=True)
class Done:
    """Needs that were covered; `wait`: until somebody says yes, in the middle of all cases."""

    covered: int
    by_neighbours: int
    wait: timedelta | None


_done: Cache[tuple[object, ...], Done] = Cache(seconds=60, most=4)


async def done(since: datetime, neighbours: Sequence[str]) -> Done:
    """What went well since then, here and everywhere that we hear from."""
    key = (since, tuple(neighbours))
    kept = _done.get(key)
    return _done.put(key, await _look_back(since, neighbours)) if kept is None else kept


async def _look_back(since: datetime, neighbours: Sequence[str]) -> Done:
    return Done(
        covered=await _covered(since),
        by_neighbours=await _covered_by(neighbours, since) if neighbours else 0,
        wait=await _wait(),
    )


_OF_NEEDS = (
    "JOIN proposal ON proposal.id = {table}.proposal_id"
    " JOIN publication ON publication.id = proposal.publication_id"
)


async def _covered(since: datetime) -> int:
    found = Conditions("FROM proposal JOIN publication ON publication.id = proposal.publication_id")
    _add_covered(found, since)
    [row] = await rows(f"SELECT count(*) AS number {found.where}", *found.values)
    return int(row["number"])


async def _covered_by(hosts: Sequence[str], since: datetime) -> int:
    """Needs from here to which somebody of these hosts said yes."""
    found = Conditions(
        f"FROM pledge {_OF_NEEDS.format(table='pledge')}"
        " JOIN participant ON participant.id = pledge.participant_id"
        " JOIN actor ON actor.id = participant.actor_id"
    )
    _add_covered(found, since)
    found.add(f"pledge.state IN ({quoted(COMMITTED)})")
    found.parts.append(f"actor.host IN ({', '.join(found.hold(host) for host in hosts)})")
    [row] = await rows(f"SELECT count(DISTINCT proposal.id) AS number {found.where}", *found.values)
    return int(row["number"])


def _add_covered(found: Conditions, since: datetime) -> None:
    found.add(f"proposal.state IN ({quoted(DONE)}) AND proposal.changed_at >= {{since}}", since=since)
    found.add(f"publication.kind = '{Kind.NEED.value}'")
    found.add(visible_sql(ANYBODY))


async def _wait() -> timedelta | None:
    """Between a need and its first yes, in the middle of the latest; None: too few to say."""
    latest = (
        f"SELECT * FROM step WHERE state IN ('{State.UNDER_WAY.value}', {quoted(DONE)})"
        f" ORDER BY id DESC LIMIT {LATEST}"
    )
    found = Conditions(f"FROM ({latest}) AS step {_OF_NEEDS.format(table='step')}")
    # what came here only once it was covered says nothing of how long it took
    found.add(
        "EXISTS (SELECT 1 FROM step AS opened WHERE opened.proposal_id = step.proposal_id"
        f" AND opened.state = '{State.OPEN.value}' AND opened.id < step.id)"
    )
    found.add(f"publication.kind = '{Kind.NEED.value}'")
    found.add(visible_sql(ANYBODY))
    first: dict[int, timedelta] = {}
    for row in await rows(
        "SELECT step.proposal_id AS need, step.at AS at, publication.published_at AS published"
        f" {found.where} ORDER BY step.id DESC",
        *found.values,
    ):
        first[row["need"]] = moment(row["at"]) - moment(row["published"])
    waits = [max(0.0, wait.total_seconds()) for wait in first.values()]
    return timedelta(seconds=median(waits)) if len(waits) >= FEWEST else None
