"""What the first page shows of the board: what presses, what is new, what was done together."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from hub.agenda import finding
from hub.agenda.cards import EventCard, cards_of
from hub.agenda.choices import Choice as AgendaChoice
from hub.cache import Cache
from hub.db import rows
from hub.exchange.cards import Card, Here, card_of, proposals, slots_of
from hub.exchange.models import Proposal
from hub.exchange.speaking import speaker
from hub.feed import board
from hub.feed.choices import Choice
from hub.publications.models import Kind
from hub.publications.visibility import Reader, scopes, visible_sql

SHOWN = 3
DATES = 4
WEEK = 7  # days


class Story(NamedTuple):
    """Something that was done, and the thanks for it."""

    title: str
    href: str
    people: int
    thanks: str
    who: str


@dataclass(frozen=True, kw_only=True)
class Look:
    """`open_needs` hang there now; `published` and `covered` are needs since the first of January."""

    urgent: list[Card]
    newest: list[Card]
    neighbours: list[Card]
    stories: list[Story]
    open_needs: int
    published: int
    covered: int


_kept: Cache[tuple[object, ...], tuple[dict[str, list[int]], dict[str, int]]] = Cache(
    seconds=board.SECONDS, most=20
)


async def look(reader: Reader, here: Here) -> Look:
    """A few questions to the database: which ones, how many, what about them, at what times."""
    parts, counts = await _found(reader, here)
    ids = [each for ids in parts.values() for each in ids]
    loaded = {one.id: one for one in await proposals(ids, reader)} if ids else {}
    slots = await slots_of(ids) if ids else {}

    def of(part: str) -> list[Proposal]:
        return [loaded[each] for each in parts[part] if each in loaded]

    def cards(part: str) -> list[Card]:
        return [card_of(each, here, slots=slots.get(each.id, ())) for each in of(part)]

    return Look(
        urgent=cards("urgent"),
        newest=cards("newest"),
        neighbours=cards("neighbours"),
        stories=[_story(each) for each in of("done")],
        **counts,
    )


async def this_week(reader: Reader, here: Here) -> list[EventCard]:
    """What is going on within seven days, the soonest first; where there is nothing, what comes next."""
    ids = await finding.to_come(AgendaChoice(), reader, here, limit=DATES)
    found = await cards_of(ids, reader, here)
    now = (here.now or datetime.now(UTC)).astimezone(ZoneInfo(here.timezone))
    soon = [card for card in found if card.day <= now.date() + timedelta(days=WEEK)]
    return soon or found[:1]


async def _found(reader: Reader, here: Here) -> tuple[dict[str, list[int]], dict[str, int]]:
    """Kept for a few seconds: it is the same for all who may see the same."""
    key = (scopes(reader), reader.agent, await board.version())
    kept = _kept.get(key)
    return _kept.put(key, (await _ids(reader, here), await _counts(reader, here))) if kept is None else kept


async def _ids(reader: Reader, here: Here) -> dict[str, list[int]]:
    """All parts in one question; what presses is not shown among the new ones again."""
    ours, theirs = "proposal.owner_id IS NOT NULL", "proposal.owner_id IS NULL"
    values: list[object] = []

    def of(choice: Choice, more: str, order: str, *, limit: int = SHOWN) -> str:
        found = board.conditions(choice, reader, here, values=values)
        found.add(more)
        return f"SELECT proposal.id AS id {found.where} ORDER BY {order} LIMIT {limit}"

    parts = {
        "urgent": board.pressing(Choice(), reader, here, values=values, limit=SHOWN, more=ours),
        "newest": of(Choice(), ours, board.LATEST, limit=2 * SHOWN),
        "neighbours": of(Choice(), theirs, board.LATEST),
        "done": board.lately_done(Choice(kind=Kind.NEED), reader, here, values=values, limit=SHOWN),
    }
    statement = " UNION ALL ".join(
        f"SELECT '{name}' AS part, id FROM ({one}) AS {name}" for name, one in parts.items()
    )
    ids: dict[str, list[int]] = {name: [] for name in parts}
    for row in await rows(statement, *values):
        ids[row["part"]].append(row["id"])
    ids["newest"] = [each for each in ids["newest"] if each not in ids["urgent"]][:SHOWN]
    return ids


async def _counts(reader: Reader, here: Here) -> dict[str, int]:
    now = here.now or datetime.now(UTC)
    local = now.astimezone(ZoneInfo(here.timezone))
    new_year = local.replace(month=1, day=1, hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)
    living = "proposal.state IN ('open', 'under-way') AND proposal.expires_at > $2"
    [row] = await rows(
        f"SELECT SUM(CASE WHEN {living} THEN 1 ELSE 0 END) AS open_needs,"
        " SUM(CASE WHEN publication.published_at >= $1 THEN 1 ELSE 0 END) AS published,"
        " SUM(CASE WHEN publication.published_at >= $1 AND proposal.state IN ('covered', 'thanked')"
        " THEN 1 ELSE 0 END) AS covered"
        " FROM proposal JOIN publication ON publication.id = proposal.publication_id"
        f" WHERE {visible_sql(reader)} AND publication.kind = '{Kind.NEED.value}'"
        f" AND proposal.owner_id IS NOT NULL AND (publication.published_at >= $1 OR {living})",
        *(new_year, now),
    )
    return {name: int(number or 0) for name, number in row.items()}


def _story(proposal: Proposal) -> Story:
    publication = proposal.publication
    return Story(
        title=publication.title,
        href=f"/{publication.code}",
        people=proposal.promised,
        thanks=proposal.thanks,
        who=speaker(proposal)[0],
    )
