"""How well needs find the offers that a neighbour would name: printed beside plain full-text search.

    python -m tests.matching.evaluate

Recall in the first five, and mean reciprocal rank (of the first right offer), over the needs that may be
looked at while the search is tuned, and over those that may not.
"""

import asyncio
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hub.config import Config
from hub.db import close_database, dialect, open_database, rows
from hub.db.schema import create_tables
from hub.exchange.models import Proposal
from hub.matching.finding import suggest
from hub.matching.looking import look_around
from hub.publications import search
from hub.publications.models import Kind
from tests.matching.valley import hang, on_its_day, read

SEEN, UNSEEN = "needs_seen.toml", "needs_unseen.toml"
FIRST = 5
_DEPTH = 50

Finder = Callable[[Proposal], Awaitable[list[int]]]
"""The ids of the offers that it finds for a need, the best first."""


@dataclass
class Quality:
    recalls: list[float] = field(default_factory=list)
    ranks: list[float] = field(default_factory=list)

    def add(self, found: list[int], right: set[int]) -> None:
        self.recalls.append(len(right & set(found[:FIRST])) / len(right))
        places = [place for place, one in enumerate(found, start=1) if one in right]
        self.ranks.append(1 / places[0] if places else 0.0)

    @property
    def recall(self) -> float:
        return sum(self.recalls) / len(self.recalls)

    @property
    def rank(self) -> float:
        return sum(self.ranks) / len(self.ranks)


async def measure(*files: str) -> dict[tuple[str, str], Quality]:
    """By file of needs and way of finding; the offers are hung up here, in an empty database."""
    with on_its_day():
        return await _measure(files)


async def _measure(files: Sequence[str]) -> dict[tuple[str, str], Quality]:
    offers = {}
    for facts in read("offers.toml"):
        offer = await hang(Kind.OFFER, facts)
        await look_around(offer.id)
        offers[facts["id"]] = offer.id
    found = {(name, way): Quality() for name in files for way in WAYS}
    for name in files:
        for facts in read(name):
            need = await hang(Kind.NEED, facts)
            for way, find in WAYS.items():
                found[name, way].add(await find(need), {offers[one] for one in facts["offers"]})
            await need.delete()
    return found


async def _by_suggestion(need: Proposal) -> list[int]:
    return [one.proposal.id for one in await suggest(need, _DEPTH)]


async def _by_plain_search(need: Proposal) -> list[int]:
    """Any of the words, ranked as the database ranks."""
    publication = need.publication
    words = search.words_of(f"{publication.title} {search.plain_words(publication.html)}")
    stems = {stem for word in words if search.fold(word) not in search.EMPTY for stem in search.stems(word)}
    mark, either, best = ('"', " OR ", "search.rank") if dialect() == "sqlite" else ("'", " | ", _RANK)
    source, condition = search.hits("$1")
    listed = await rows(
        f"SELECT proposal.id AS id FROM {source} JOIN proposal ON proposal.publication_id = publication.id"
        f" WHERE {condition} AND publication.kind = 'offer' ORDER BY {best}, proposal.id LIMIT {_DEPTH}",
        either.join(f"{mark}{stem}{mark}" for stem in sorted(stems)),
    )
    return [row["id"] for row in listed]


_RANK = "ts_rank(search.words, CAST(CAST($1 AS text) AS tsquery)) DESC"
WAYS: dict[str, Finder] = {"suggestions": _by_suggestion, "plain search": _by_plain_search}


def table(found: dict[tuple[str, str], Quality]) -> str:
    """Side by side."""
    lines = [f"{'':18}{'':14}{'needs':>7}{'recall@5':>10}{'MRR':>8}"]
    for (name, way), quality in found.items():
        count = len(quality.recalls)
        lines.append(f"{name:18}{way:14}{count:>7}{quality.recall:>10.3f}{quality.rank:>8.3f}")
    return "\n".join(lines)


async def _main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        await open_database(Config(data=Path(folder)))
        await create_tables()
        try:
            print(table(await measure(SEEN, UNSEEN)))
        finally:
            await close_database()


if __name__ == "__main__":
    asyncio.run(_main())
