"""Who is in the network: this village and its neighbours, or those of a region, as seen from a place."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from hub.cache import Cache
from hub.db import moment, rows
from hub.db.conditions import Conditions
from hub.exchange.cards import Card, Here, cards_by_id
from hub.exchange.models import State
from hub.fediverse.models import AgreementState
from hub.feed import board
from hub.matching.models import Suggestion
from hub.places.distance import Point, km_between
from hub.publications.models import Kind
from hub.publications.visibility import ANYBODY, may_see, visible_sql
from hub.region import figures
from hub.region.figures import NOTHING, Count
from hub.region.models import Behind
from hub.text import gettext
from hub.web.viewer import Site

LATE = timedelta(days=2)  # every village is asked for what is open there once a day
SILENT = timedelta(days=3)
MOST_SILENT = 4


@dataclass(frozen=True, kw_only=True)
class Village:
    """One of the network. `host` is empty for this one; `km` None: not known where it is, or from where.

    `url` is of its own site; `by`: the region that shows it to us, where we have no agreement with it.
    `heard_at`: when we last knew that what we have of it is what it has; of this one we always do.
    """

    host: str
    name: str
    point: Point | None
    heard_at: datetime | None
    url: str = "/"
    by: str = ""
    number: int = 0
    km: int | None = None
    count: Count = NOTHING

    @property
    def is_here(self) -> bool:
        return not self.host

    @property
    def key(self) -> str:
        """As in addresses."""
        return self.host or "here"

    def is_late(self, now: datetime) -> bool:
        return not self.is_here and (self.heard_at is None or self.heard_at < now - LATE)


@dataclass(frozen=True, kw_only=True)
class Network:
    """`villages`: the nearest to `middle` first, numbered; distances are measured from `start`.

    `start` None: from the middle of all of them, or of the region.
    """

    villages: Sequence[Village]
    start: Village | None
    middle: Point | None

    @cached_property
    def count(self) -> Count:
        return figures.together(village.count for village in self.villages)


_large: Cache[tuple[object, ...], Network] = Cache(seconds=board.SECONDS, most=20)


async def network(site: Site, start: str = "") -> Network:
    """All of it, counted; `start`: key of the village to measure from, else this one, else the middle.

    One of hundreds is put together once for all who look at it meanwhile, as its figures are.
    """
    key = (site.is_region, site.name, site.point, start)
    if (kept := _large.get(key)) is not None:
        return kept
    found = await _network(site, start)
    return _large.put(key, found) if len(found.villages) > figures.SMALL else found


async def _network(site: Site, start: str) -> Network:
    villages = await _villages(site)
    counts = await figures.counts({each.host: each.heard_at for each in villages})
    begin = next((each for each in villages if each.key == start), None)
    if begin is None and not site.is_region:
        begin = next(each for each in villages if each.is_here)
    middle = begin.point if begin is not None else site.point or _mean(villages)
    placed = [replace(each, km=km_between(middle, each.point)) for each in villages]
    placed.sort(key=lambda each: (each.key != getattr(begin, "key", None), _far(each), each.name, each.host))
    numbered = [
        replace(each, number=number, count=counts.get(each.host, NOTHING))
        for number, each in enumerate(placed, 1)
    ]
    return Network(villages=numbered, start=numbered[0] if begin is not None else None, middle=middle)


async def village(site: Site, key: str) -> Village | None:
    """One of them by itself, not counted."""
    found = next((each for each in await _villages(site, only=key) if each.key == key), None)
    return found and replace(found, km=km_between(site.point, found.point))


async def heard(*, is_region: bool) -> dict[str, datetime | None]:
    """Each host of the network, and when it was last heard from: what figures.counts() asks for."""
    return {each.host: each.heard_at for each in await _villages(Site(is_region=is_region))}


async def _villages(site: Site, *, only: str = "") -> list[Village]:
    """Those with an agreement, those that regions show us, and this one; `only`: a host, if it is there."""
    agreed = Conditions("FROM neighbour JOIN actor ON actor.id = neighbour.actor_id")
    agreed.source += " LEFT JOIN host ON host.name = neighbour.host"
    agreed.add(f"neighbour.state = '{AgreementState.AGREED}'")
    if only:
        agreed.add("(neighbour.is_region = {yes} OR neighbour.host = {only})", yes=True, only=only)
    listed = await rows(
        "SELECT neighbour.host AS host, neighbour.name AS name, neighbour.latitude AS latitude,"
        " neighbour.longitude AS longitude, neighbour.is_region AS is_region, actor.uri AS uri,"
        f" neighbour.caught_up_at AS read_at, host.heard_at AS heard_at {agreed.where}",
        *agreed.values,
    )
    found = [_village(row) for row in listed if not row["is_region"]]
    if regions := {row["host"]: row for row in listed if row["is_region"]}:
        found += await _behind(regions, known={village.host for village in found}, only=only)
    if not site.is_region:
        found.append(Village(host="", name=site.name, point=site.point, heard_at=None))
    return found


def _village(row: dict[str, Any]) -> Village:
    return Village(
        host=row["host"],
        name=row["name"] or row["host"],
        point=_point(row["latitude"], row["longitude"]),
        heard_at=_latest(row),
        url=f"{urlsplit(row['uri']).scheme}://{row['host']}/",
    )


async def _behind(regions: dict[str, dict[str, Any]], *, known: Collection[str], only: str) -> list[Village]:
    """Villages that only a region shows us; what it passes on is as new as what we heard from it."""
    shown = Behind.filter(region__host__in=list(regions)).select_related("region")
    return [
        Village(
            host=one.host,
            name=one.name,
            point=_point(one.latitude, one.longitude),
            heard_at=_latest(regions[one.region.host]),
            url=f"https://{one.host}/",
            by=one.region.name or one.region.host,
        )
        for one in await (shown.filter(host=only) if only else shown)
        if one.host not in known
    ]


def _latest(row: dict[str, Any]) -> datetime | None:
    """When we last heard, or read all that is open there."""
    return max((moment(row[name]) for name in ("heard_at", "read_at") if row[name] is not None), default=None)


def _point(latitude: float | None, longitude: float | None) -> Point | None:
    return None if latitude is None or longitude is None else (latitude, longitude)


def _mean(villages: Sequence[Village]) -> Point | None:
    points = [each.point for each in villages if each.point is not None]
    if not points:
        return None
    north, east = (sum(one[axis] for one in points) / len(points) for axis in (0, 1))
    return north, east


def _far(village: Village) -> float:
    return float("inf") if village.km is None else village.km


# ------------------------------------------------------------ what waits for long


async def silent(here: Here, *, most: int = MOST_SILENT, skip: int = 0) -> list[Card]:
    """Needs that everybody may see and nobody has answered for days, those that wait the longest first."""
    now = here.now or datetime.now(UTC)
    found = Conditions("FROM proposal JOIN publication ON publication.id = proposal.publication_id")
    found.add(f"proposal.state = '{State.OPEN.value}' AND proposal.changed_at < {{at}}", at=now - SILENT)
    found.add("proposal.promised = 0 AND proposal.link = '' AND proposal.expires_at > {now}", now=now)
    found.add(f"publication.kind = '{Kind.NEED.value}'")
    found.add(visible_sql(ANYBODY))
    statement = f"SELECT proposal.id AS id {found.where} ORDER BY proposal.changed_at, proposal.id"
    ids = [row["id"] for row in await rows(f"{statement} LIMIT {most} OFFSET {skip}", *found.values)]
    cards, notes = await cards_by_id(ids, ANYBODY, here), await _suggested(ids)
    return [replace(cards[each], note=notes.get(each, cards[each].note)) for each in ids if each in cards]


async def _suggested(needs: Sequence[int]) -> dict[int, str]:
    """A sentence for each need that an offer seems to suit; where it is, not whose it is."""
    if not needs:
        return {}
    found = Suggestion.filter(need_id__in=list(needs), dismissed_at=None).order_by("score", "id")
    notes: dict[int, str] = {}
    for one in await found.select_related("offer__publication__author"):
        if may_see(one.offer.publication, ANYBODY) and one.offer.takes_pledges:
            notes[one.need_id] = _seems_to_suit(one)
    return notes


def _seems_to_suit(suggestion: Suggestion) -> str:
    offer: Any = suggestion.offer
    place = offer.area or offer.publication.author.display_name
    return gettext("An offer seems to suit: %(title)s (%(place)s).") % {
        "title": offer.publication.title,
        "place": place,
    }
