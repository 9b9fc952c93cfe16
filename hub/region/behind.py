"""Villages behind a region: what it passes on comes from them, without an agreement between them and us."""

from collections.abc import Mapping
from typing import Any

from hub.db import rows, transaction
from hub.fediverse.models import AgreementState, Neighbour
from hub.publications.models import Deed
from hub.publications.visibility import ANYBODY, visible_sql
from hub.region.models import Behind

MOST = 1000  # villages of one region
FEWEST = 5  # things that say where it is: of fewer, the middle would be somebody's place


async def look_behind() -> None:
    """Every so often, for it reads all that the regions pass on; a village counts where it is shown first."""
    neighbours = await Neighbour.filter(state=AgreementState.AGREED).order_by("id")
    agreed, found = {one.host for one in neighbours}, dict[str, Behind]()
    for region in (one for one in neighbours if one.is_region):
        for village in await _shown_by(region):
            if village.host not in agreed:
                found.setdefault(village.host, village)
    async with transaction():
        await Behind.all().delete()
        await Behind.bulk_create(found.values())


async def _shown_by(region: Neighbour) -> list[Behind]:
    """Called as who writes the most there, the village itself; what hangs there says where it is, to a km.

    Of a village with little on its board no place is known.
    """
    listed = await rows(
        "SELECT author.host AS host, author.display_name AS name, count(*) AS number,"
        " count(proposal.latitude) AS placed,"
        " avg(proposal.latitude) AS latitude, avg(proposal.longitude) AS longitude"
        " FROM actor AS passer JOIN reaction ON reaction.actor_id = passer.id"
        " JOIN publication ON publication.id = reaction.publication_id"
        " JOIN actor AS author ON author.id = publication.author_id"
        " LEFT JOIN proposal ON proposal.publication_id = publication.id"
        f" WHERE passer.host = $1 AND reaction.deed = '{Deed.ANNOUNCE}' AND {visible_sql(ANYBODY)}"
        " AND author.host NOT IN ('', $2) GROUP BY author.host, author.display_name",
        *(region.host, region.host),
    )
    most = {row["host"]: row for row in sorted(listed, key=lambda row: int(row["number"]))}
    return [
        Behind(
            host=host,
            region=region,
            name=(row["name"] or host)[:160],
            latitude=_middle(row, "latitude"),
            longitude=_middle(row, "longitude"),
        )
        for host, row in sorted(most.items())[:MOST]
    ]


def _middle(row: Mapping[str, Any], name: str) -> float | None:
    """In degrees, to a kilometre."""
    return round(float(row[name]), 2) if int(row["placed"]) >= FEWEST else None
