"""Whose things the open data hold: this hub's own, and those of the hubs that it has an agreement with.

Only they publish under the same licence. What another server sent that is no part of the network stays out.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from hub.actors.hosts import OPEN, Policies, policies
from hub.actors.minting import origin
from hub.actors.models import Actor, Role
from hub.cache import Cache
from hub.db import rows
from hub.fediverse.models import AgreementState
from hub.places.communes import codes_of
from hub.places.distance import Point
from hub.village.models import Village

_AGREED = AgreementState.AGREED.value


@dataclass(frozen=True, kw_only=True)
class Source:
    """A hub. `id` is the URI of its server's actor, which stays; `point` that of its village, in degrees."""

    id: str
    host: str
    name: str
    site: str
    insee: str | None = None
    point: Point | None = None
    is_region: bool = False
    heard_at: datetime | None = None  # when all that is open there was last read


class Sources:
    """All of them by their hosts; ours under the empty one, as everywhere in the database."""

    def __init__(self, by_host: Mapping[str, Source], *, decided: Policies, regions: list[int]) -> None:
        self.by_host = by_host
        self.regions = regions  # actors of regions that we have an agreement with
        self._decided = decided

    @classmethod
    async def now(cls) -> "Sources":
        """As things stand: three questions to the database."""
        village = await Village.current()
        assert village is not None, "no page but /setup answers before the set-up"
        agreed, decided = await rows(_AGREEMENTS), await policies()
        theirs = [_theirs(each) for each in agreed if not decided.refuse(each["host"], OPEN)]
        all_of_them = [await _ours(village), *await _with_codes(theirs)]
        regions = [source.host for source in theirs if source.is_region]
        # the actors that pass on; people there may boost what they like
        passing = Actor.filter(host__in=regions, kind="Service")
        ids = await passing.values_list("id", flat=True) if regions else []
        by_host = {source.host: source for source in all_of_them}
        return cls(by_host, decided=decided, regions=[int(str(each)) for each in ids])

    @property
    def ours(self) -> Source:
        return self.by_host[""]

    @property
    def villages(self) -> list[Source]:
        """Ours first, unless this hub is a region itself."""
        return [source for source in self.by_host.values() if not source.is_region]

    def takes(self, host: str) -> bool:
        """Whether nobody has blocked it: asked besides condition(), for each row that was found."""
        return host == "" or not self._decided.refuse(host, OPEN)

    def of(self, host: str) -> Source:
        """Of a village that only a region of ours has an agreement with no more than its host is known."""
        known = self.by_host.get(host)
        return known or Source(id="", host=host, name=host, site=f"https://{host}/")

    def condition(self) -> str:
        """That something is of one of them, or that a region among them passes it on: SQL on `actor`."""
        agreed = f"SELECT host FROM neighbour WHERE state = '{_AGREED}'"
        parts = ["actor.host = ''", f"actor.host IN ({agreed})"]
        if self.regions:
            parts.append(
                "EXISTS (SELECT 1 FROM reaction WHERE reaction.publication_id = publication.id"
                f" AND reaction.deed = 'announce' AND reaction.actor_id IN ({_numbers(self.regions)}))"
            )
        return f"({' OR '.join(parts)})"


def _numbers(ids: list[int]) -> str:
    return ", ".join(str(number) for number in ids)


async def _ours(village: Village) -> Source:
    server = await Actor.of_role(Role.SERVER)
    return Source(
        id=server.uri if server is not None else origin(),
        host="",
        name=village.name,
        site=f"{origin()}/",
        insee=village.insee,
        point=village.point,
        is_region=village.is_region,
    )


_AGREEMENTS = f"""
    SELECT actor.uri, neighbour.host, neighbour.name, neighbour.latitude, neighbour.longitude,
        neighbour.is_region, coalesce(neighbour.caught_up_at, neighbour.agreed_at) AS heard_at
    FROM neighbour JOIN actor ON actor.id = neighbour.actor_id
    WHERE neighbour.state = '{_AGREED}' ORDER BY neighbour.id
"""


def _theirs(row: Mapping[str, Any]) -> Source:
    scheme, _, rest = row["uri"].partition("://")
    north, east, heard_at = row["latitude"], row["longitude"], row["heard_at"]
    return Source(
        id=row["uri"],
        host=row["host"],
        name=row["name"] or row["host"],
        site=f"{scheme}://{rest.partition('/')[0]}/",
        point=None if north is None or east is None else (float(north), float(east)),
        is_region=bool(row["is_region"]),
        heard_at=datetime.fromisoformat(heard_at) if isinstance(heard_at, str) else heard_at,
    )


_Place = tuple[str, Point]
_codes: Cache[tuple[_Place, ...], dict[_Place, str]] = Cache(seconds=3600, most=2)


async def _with_codes(sources: list[Source]) -> list[Source]:
    """With the code of the commune that has this name where the village says that it is."""
    asked = tuple((each.name, each.point) for each in sources if each.point and not each.is_region)
    found = _codes.get(asked)
    if found is None:
        found = _codes.put(asked, await asyncio.to_thread(codes_of, asked) if asked else {})
    codes = [found.get((each.name, each.point)) if each.point else None for each in sources]
    return [replace(source, insee=code) for source, code in zip(sources, codes, strict=True)]
