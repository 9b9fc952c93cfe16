"""Offers for a need, and needs for an offer: a few dozen by an index, then the best of them by their score.

Each open need or offer has its traits: what it is about, and its cell of the map. So finding what suits it
reads some ranges of one index, however many others there are.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from math import cos, floor, radians

from tortoise.expressions import Q

from hub.db import rows
from hub.exchange.models import LIVING, Proposal
from hub.matching.models import Trait
from hub.matching.scoring import BESIDE, LEAST, RADIUS_KM, Profile, Reasons, profile, score
from hub.matching.thesaurus import thesaurus
from hub.places.distance import Point
from hub.publications.models import Kind, Scope
from hub.village.models import Village

MOST = 5
CANDIDATES = 80  # read and compared of those that share something
TERMS = 24  # of one need or offer: those that say most of it
ANYWHERE = -1
TIMEZONE = "Europe/Paris"  # where there is no village yet
_CELL = 0.5  # degrees
_ROW = 1000  # cells around the globe, and some
_KM_PER_DEGREE = 111.2
SHARED = [Scope.PUBLIC.value, Scope.NEIGHBOURS.value, Scope.VILLAGE.value]
_OTHER = {Kind.NEED: Kind.OFFER, Kind.OFFER: Kind.NEED}


@dataclass(frozen=True)
class Suggested:
    """`score` and `reasons` as in hub.matching.scoring.Score."""

    proposal: Proposal
    score: float
    reasons: Reasons


async def suggest(proposal: Proposal, most: int = MOST) -> list[Suggested]:
    """What suits it best of all that is open here, the best first; nothing, where nothing suits.

    Who may see what was found is for the page that shows it.
    """
    await asyncio.to_thread(thesaurus)  # it takes a second to read, once
    await proposal.fetch_related("publication")
    timezone, kind = await _timezone(), proposal.publication.kind
    here = profile(proposal, timezone)
    others = await _open(await candidates(here, _OTHER[kind]), besides=proposal)
    found = [_suggested(other, here, profile(other, timezone)) for other in others]
    found.sort(key=lambda one: (-one.score, one.proposal.id))
    best = found[0].score if found and kind is Kind.NEED else 0.0
    return [one for one in found if one.score >= max(LEAST, BESIDE * best)][:most]


def _suggested(other: Proposal, here: Profile, there: Profile) -> Suggested:
    need, offer = (there, here) if other.publication.kind is Kind.NEED else (here, there)
    result = score(need, offer)
    return Suggested(other, result.value, result.reasons)


def is_open(proposal: Proposal, now: datetime | None = None) -> bool:
    """Whether something may be suggested for it; its publication must be loaded."""
    publication = proposal.publication
    return (
        proposal.state in LIVING
        and proposal.expires_at > (now or datetime.now(UTC))
        and not proposal.link
        and publication.kind in _OTHER
        and publication.deleted_at is None
        and publication.scope in SHARED
    )


async def candidates(here: Profile, kind: Kind) -> list[int]:
    """Ids of needs or offers that have most in common with it, near enough; some may be over."""
    asked = _asked(here)
    if not asked:
        return []
    cells = cells_around(here)
    near = f" AND trait.cell IN ({', '.join(map(str, cells))})" if cells else ""
    values = [value for term, weight in asked for value in (term, weight)]
    found = await rows(
        f"WITH asked (term, weight) AS (VALUES {_values(len(asked))})"
        " SELECT trait.proposal_id AS id FROM asked CROSS JOIN trait"
        f" WHERE trait.kind = '{kind.value}' AND trait.term = asked.term{near}"
        f" GROUP BY trait.proposal_id ORDER BY SUM(asked.weight * trait.weight) DESC LIMIT {CANDIDATES}",
        *values,
    )
    return [row["id"] for row in found]


def traits_of(proposal: Proposal, timezone: str) -> list[Trait]:
    """Rows to be stored; its publication must be loaded."""
    facts, kind = profile(proposal, timezone), proposal.publication.kind
    cell = cell_of(facts)
    terms = [("", 0.0), *_telling(facts.meaning.terms.items())]
    return [
        Trait(proposal_id=proposal.id, kind=kind, term=term[:40], cell=cell, weight=weight)
        for term, weight in terms
    ]


def cell_of(facts: Profile) -> int:
    if facts.at_distance or facts.point is None:
        return ANYWHERE
    return _cell(facts.point)


def cells_around(facts: Profile) -> list[int]:
    """The cells within the radius, and what may be anywhere; none: wherever it is."""
    if facts.at_distance or facts.point is None:
        return []
    latitude, longitude = facts.point
    north = RADIUS_KM / _KM_PER_DEGREE
    east = north / max(0.1, cos(radians(latitude)))
    rows_of_cells = range(floor((latitude - north) / _CELL), floor((latitude + north) / _CELL) + 1)
    columns = range(floor((longitude - east) / _CELL), floor((longitude + east) / _CELL) + 1)
    return [ANYWHERE, *(_number(row, column) for row in rows_of_cells for column in columns)]


def _cell(point: Point) -> int:
    return _number(floor(point[0] / _CELL), floor(point[1] / _CELL))


def _number(row: int, column: int) -> int:
    """Never negative: rows from -180, columns from -360."""
    return (row + 200) * _ROW + column % 720


def _telling(terms: Iterable[tuple[str, float]]) -> list[tuple[str, float]]:
    """The terms that say most, of a text that may be long."""
    return sorted(terms, key=lambda one: (-one[1], one[0]))[:TERMS]


def _asked(here: Profile) -> list[tuple[str, float]]:
    """Its own terms, and topics that are near them."""
    asked = dict(_telling(here.meaning.terms.items()))
    for term, weight in list(asked.items()):
        for other in thesaurus().near.get(term, ()):
            asked[other] = max(asked.get(other, 0.0), weight / 3)
    return sorted(asked.items())


def _values(count: int) -> str:
    """Placeholders with their types, which PostgreSQL cannot guess."""
    return ", ".join(
        f"(CAST(${2 * at + 1} AS varchar), CAST(${2 * at + 2} AS double precision))" for at in range(count)
    )


async def _open(ids: list[int], *, besides: Proposal) -> list[Proposal]:
    """Those of them that are still open, with their publications; nobody is offered what is theirs."""
    now = datetime.now(UTC)
    found = Proposal.filter(
        id__in=ids,
        state__in=list(LIVING),
        expires_at__gt=now,
        link="",
        publication__deleted_at=None,
        publication__hidden_at=None,
        publication__scope__in=SHARED,
    )
    if besides.owner_id is not None:
        found = found.filter(Q(owner_id=None) | ~Q(owner_id=besides.owner_id))
    return await found.select_related("publication")


async def _timezone() -> str:
    village = await Village.current()
    return village.timezone if village is not None else TIMEZONE
