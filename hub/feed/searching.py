"""The search over needs, offers, dates, projects and what they taught, news and associations.

No hit, no count of what somebody may not see.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple

from hub.agenda.cards import EventCard, cards_of
from hub.agenda.finding import SHOWN as SHOWN_EVENTS
from hub.db import rows
from hub.db.conditions import Conditions
from hub.exchange.cards import Card, Here, cards_by_id
from hub.exchange.models import LIVING, SHOWN
from hub.organisations.models import Organisation
from hub.projects.cards import cards_by_publication
from hub.publications import search
from hub.publications.models import Kind, Publication
from hub.publications.visibility import Reader, visible_sql

PER_PAGE = 12
MOST_ORGANISATIONS = 12


_ALONE = (Kind.ANNOUNCEMENT, Kind.EXPERIENCE)  # with nothing beside them that says whether they show

Hit = Card | EventCard | Publication


class Found(NamedTuple):
    """A publication; `proposal_id` of a need or an offer, `event_id` of a date."""

    id: int
    proposal_id: int | None
    event_id: int | None
    is_project: bool

    @property
    def is_news(self) -> bool:
        """Or what a project taught: it is all in its publication."""
        return self.proposal_id is None and self.event_id is None and not self.is_project


@dataclass(frozen=True, kw_only=True)
class Results:
    """In the order in which they are shown; `left`: how many come after this page."""

    hits: list[Hit] = field(default_factory=list)
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


async def _loaded(found: list[Found], reader: Reader, here: Here) -> dict[int, Hit]:
    """By the publication's id."""
    of_proposals = {each.proposal_id: each.id for each in found if each.proposal_id is not None}
    cards = await cards_by_id(list(of_proposals), reader, here)
    events = [each.event_id for each in found if each.event_id is not None]
    rest = [each.id for each in found if each.is_news]
    loaded: dict[int, Hit] = {of_proposals[number]: card for number, card in cards.items()}
    loaded |= {card.publication_id: card for card in await cards_of(events, reader, here)}
    loaded |= await cards_by_publication([each.id for each in found if each.is_project], reader, here)
    return loaded | {one.id: one for one in await Publication.filter(id__in=rest)}


async def _found(query: search.Query, reader: Reader, page: int) -> tuple[list[Found], int]:
    """Of this page, and how many there are. What still holds comes first, then what is done or over."""
    found = _conditions(query, reader)
    [counted] = await rows(f"SELECT COUNT(*) AS number {found.where}", *found.values)
    done = f"proposal.state IN ({_listed(SHOWN - LIVING)}) OR event.ends_at < {found.hold(datetime.now(UTC))}"
    listed = await rows(
        "SELECT publication.id AS id, proposal.id AS proposal_id, event.id AS event_id,"
        f" publication.kind AS kind {found.where}"
        f" ORDER BY CASE WHEN {done} THEN 1 ELSE 0 END, publication.published_at DESC, publication.id DESC"
        f" LIMIT {PER_PAGE} OFFSET {(page - 1) * PER_PAGE}",
        *found.values,
    )
    hits = [
        Found(row["id"], row["proposal_id"], row["event_id"], row["kind"] == Kind.PROJECT) for row in listed
    ]
    return hits, counted["number"]


def _conditions(query: search.Query, reader: Reader) -> Conditions:
    found = Conditions(
        "FROM publication LEFT JOIN proposal ON proposal.publication_id = publication.id"
        " LEFT JOIN event ON event.publication_id = publication.id"
        " LEFT JOIN project ON project.publication_id = publication.id"
    )
    found.add(visible_sql(reader))
    found.parts.append(search.found(found.hold(query.expression())))
    found.add(
        f"(publication.kind IN ({_listed(_ALONE)}) OR proposal.state IN ({_listed(SHOWN)})"
        f" OR event.standing IN ({_listed(SHOWN_EVENTS)}) OR project.is_reviewed = {{yes}})",
        yes=True,
    )
    return found


def _listed(words: Iterable[str]) -> str:
    return ", ".join(f"'{word}'" for word in sorted(words))


async def _organisations(query: search.Query) -> list[Organisation]:
    """By name, activity and place; they are few, and in no index."""
    listed = await Organisation.listed()
    found = [one for one in listed if query.matches(f"{one.name} {one.activity} {one.area}")]
    return found[:MOST_ORGANISATIONS]
