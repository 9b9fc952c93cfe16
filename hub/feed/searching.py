"""The search over needs, offers, news and associations: no hit, no count of what somebody may not see."""

from dataclasses import dataclass, field
from typing import NamedTuple

from hub.db import rows
from hub.exchange.cards import Card, Here
from hub.exchange.models import LIVING, SHOWN
from hub.feed import board
from hub.organisations.models import Organisation
from hub.publications import search
from hub.publications.models import Kind, Publication
from hub.publications.visibility import Reader, visible_sql

PER_PAGE = 12
MOST_ORGANISATIONS = 12


@dataclass(frozen=True, kw_only=True)
class Results:
    """In the order in which they are shown; `left`: how many come after this page."""

    hits: list[Card | Publication] = field(default_factory=list)
    organisations: list[Organisation] = field(default_factory=list)
    total: int = 0
    left: int = 0


async def look_for(text: str, reader: Reader, here: Here, *, page: int) -> Results:
    """What still holds comes first, then the newest; associations on the first page."""
    query = search.Query(text)
    if not query:
        return Results()
    found, total = await _found(query, reader, page)
    hits = await _loaded(found, reader, here)
    return Results(
        hits=[hits[each.id] for each in found if each.id in hits],
        organisations=await _organisations(query) if page == 1 else [],
        total=total,
        left=max(0, total - (page - 1) * PER_PAGE - len(found)),
    )


class Hit(NamedTuple):
    """A publication; `proposal_id` of a need or an offer."""

    id: int
    proposal_id: int | None


async def _loaded(found: list[Hit], reader: Reader, here: Here) -> dict[int, Card | Publication]:
    """By the publication's id."""
    proposals = {each.proposal_id: each.id for each in found if each.proposal_id is not None}
    cards = await board.cards_by_id(list(proposals), reader, here)
    loaded: dict[int, Card | Publication] = {proposals[number]: card for number, card in cards.items()}
    news = [each.id for each in found if each.proposal_id is None]
    return loaded | {one.id: one for one in await Publication.filter(id__in=news)}


async def _found(query: search.Query, reader: Reader, page: int) -> tuple[list[Hit], int]:
    """Of this page, and how many there are."""
    shown, done = (", ".join(f"'{state}'" for state in sorted(states)) for states in (SHOWN, SHOWN - LIVING))
    where = (
        "FROM publication LEFT JOIN proposal ON proposal.publication_id = publication.id"
        f" WHERE {visible_sql(reader)} AND {search.found('$1')}"
        f" AND (publication.kind = '{Kind.ANNOUNCEMENT}' OR proposal.state IN ({shown}))"
    )
    order = f"CASE WHEN proposal.state IN ({done}) THEN 1 ELSE 0 END, publication.published_at DESC"
    found = await rows(
        f"SELECT publication.id AS id, proposal.id AS proposal_id {where}"
        f" ORDER BY {order}, publication.id DESC LIMIT {PER_PAGE} OFFSET {(page - 1) * PER_PAGE}",
        query.expression(),
    )
    [counted] = await rows(f"SELECT COUNT(*) AS number {where}", query.expression())
    return [Hit(row["id"], row["proposal_id"]) for row in found], counted["number"]


async def _organisations(query: search.Query) -> list[Organisation]:
    """By name, activity and place; they are few, and in no index."""
    listed = await Organisation.listed()
    found = [one for one in listed if query.matches(f"{one.name} {one.activity} {one.area}")]
    return found[:MOST_ORGANISATIONS]
