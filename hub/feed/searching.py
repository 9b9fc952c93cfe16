"""The search over needs, offers, dates, projects and what they taught, news and associations.

No hit, no count of what somebody may not see.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

from hub.agenda.cards import EventCard, cards_of
from hub.agenda.finding import SHOWN as SHOWN_EVENTS
from hub.db import dialect, rows
from hub.db.conditions import Conditions, quoted
from hub.exchange.cards import Card, Here, cards_by_id
from hub.exchange.models import LIVING, SHOWN
from hub.organisations.models import Organisation
from hub.projects.cards import cards_by_publication
from hub.publications import search
from hub.publications.models import Kind, Publication
from hub.publications.visibility import Reader, visible_sql

PER_PAGE = 12
MOST_ORGANISATIONS = 12
MOST = 300  # hits are looked at, the newest
AMONG = (8000, 64_000, 0)  # publications, the latest; 0: all
EACH = 6  # rows of all tables are read for what the index of words finds, and one to see that it is no hit


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
    """In the order in which they are shown; `left`: how many come after this page; `more` were found."""

    hits: list[Hit] = field(default_factory=list)
    organisations: list[Organisation] = field(default_factory=list)
    total: int = 0
    left: int = 0
    more: bool = False


async def look_for(text: str, reader: Reader, here: Here, *, page: int) -> Results:
    """What still holds comes first, then the newest; associations on the first page."""
    query = search.Query(text)
    if not query:
        return Results()
    found = await _found(query, reader)
    shown = found[:MOST][(page - 1) * PER_PAGE : page * PER_PAGE]
    hits = await _loaded(shown, reader, here)
    return Results(
        hits=[hits[each.id] for each in shown if each.id in hits],
        organisations=await _organisations(query) if page == 1 else [],
        total=min(len(found), MOST),
        left=max(0, min(len(found), MOST) - page * PER_PAGE),
        more=len(found) > MOST,
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


async def _found(query: search.Query, reader: Reader) -> list[Found]:
    """What still holds comes first, then what is done or over; one more than MOST where there are more.

    Then it is the newest: a word that many have asks for another beside it. They are among the latest
    publications, so these are looked at first, then more, then all.
    """
    [row] = await rows("SELECT max(id) AS number FROM publication")
    listed: list[dict[str, Any]] = []
    last = int(row["number"] or 0)
    until = last
    for number in AMONG:
        if number and until < last and not _soon_met(len(listed), among=last - until, rest=until):
            continue
        after = max(0, last - number) if number else 0
        wanted = MOST + 1 - len(listed)
        listed += await _newest(query, reader, among=(after, until), limit=wanted, one_by_one=number > 0)
        until = after
        if len(listed) > MOST or not after:
            break
    return _in_order(listed)


def _in_order(listed: list[dict[str, Any]]) -> list[Found]:
    newest = sorted(listed, key=lambda each: (each["published_at"], each["id"]), reverse=True)
    return [
        Found(row["id"], row["proposal_id"], row["event_id"], row["kind"] == Kind.PROJECT)
        for row in sorted(newest, key=lambda each: bool(each["done"]))
    ]


def _soon_met(hits: int, *, among: int, rest: int) -> bool:
    """Whether enough of the rest is met one after the other, sooner than the index of words gives it all."""
    return among * (MOST + 1 - hits) / max(hits, 1) < EACH * rest * hits / among


async def _newest(
    query: search.Query, reader: Reader, *, among: tuple[int, int], limit: int, one_by_one: bool
) -> list[dict[str, Any]]:
    """Of publications with a higher number than the first of two, and none above the second.

    `one_by_one`: what has the words is looked for in publication after publication. Of many PostgreSQL
    would do that as well, to have them sorted, though the index of words knows.
    """
    found = _conditions(query, reader)
    key = f"search.{search.KEY[dialect()]}"
    order = key if one_by_one or dialect() == "sqlite" else f"{key} + 0"
    found.add(f"{order} > {{after}} AND {order} <= {{until}}", after=among[0], until=among[1])
    done = f"proposal.state IN ({quoted(SHOWN - LIVING)}) OR event.ends_at < {found.hold(datetime.now(UTC))}"
    return await rows(
        "SELECT publication.id AS id, proposal.id AS proposal_id, event.id AS event_id,"
        " publication.kind AS kind, publication.published_at AS published_at,"
        f" CASE WHEN {done} THEN 1 ELSE 0 END AS done {found.where} ORDER BY {order} DESC LIMIT {limit}",
        *found.values,
    )


def _conditions(query: search.Query, reader: Reader) -> Conditions:
    found = Conditions("")
    hits, matching = search.hits(found.hold(query.expression()))
    found.source = (
        f"FROM {hits} LEFT JOIN proposal ON proposal.publication_id = publication.id"
        " LEFT JOIN event ON event.publication_id = publication.id"
        " LEFT JOIN project ON project.publication_id = publication.id"
    )
    found.parts.append(matching)
    found.add(visible_sql(reader))
    found.add(
        f"(publication.kind IN ({quoted(_ALONE)}) OR proposal.state IN ({quoted(SHOWN)})"
        f" OR event.standing IN ({quoted(SHOWN_EVENTS)}) OR project.is_reviewed = {{yes}})",
        yes=True,
    )
    return found


async def _organisations(query: search.Query) -> list[Organisation]:
    """By name, activity and place; they are few, and in no index."""
    listed = await Organisation.listed()
    found = [one for one in listed if query.matches(f"{one.name} {one.activity} {one.area}")]
    return found[:MOST_ORGANISATIONS]
