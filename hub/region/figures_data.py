"""The figures of each village as open data: how much, and about what. Of people only large numbers.

They count all that there is, so they are made for the files; see hub.region.dump.
"""

from collections import Counter
from datetime import UTC, datetime, timedelta

from hub.db import rows
from hub.db.conditions import quoted
from hub.exchange.models import PledgeState
from hub.projects.models import ACTIVE, CLOSED
from hub.publications.visibility import ANYBODY, visible_sql
from hub.region.sources import Sources
from hub.region.tables import WHERE, Field, Record, Rows, Type, Value, floored, place_facts
from hub.text import N_

ALL, OTHER = "all", "other"
YEAR = timedelta(days=365)

_COUNTED = {
    "needs_open": N_("Needs that are open now"),
    "needs_covered": N_("Needs that were covered"),
    "offers_open": N_("Offers that hold now"),
    "events_to_come": N_("Events to come"),
    "projects_active": N_("Projects under way"),
    "projects_closed": N_("Projects that are closed"),
}
FIELDS = (
    Field("id", Type.STRING, N_("Of this line for ever")),
    Field("category", Type.STRING, N_("What they are about; all: the whole village")),
    *(Field(name, Type.INTEGER, words) for name, words in _COUNTED.items()),
    Field("helpers", Type.INTEGER, N_("People who helped within a year, here alone; empty below %(floor)s")),
    *(column for column in WHERE if column.name not in ("latitude", "longitude")),
)

_Counts = Counter[tuple[str, str, str]]  # by host, category, and the name of the column


async def read(sources: Sources, after: int) -> Rows:
    del after  # they all come at once
    counts: _Counts = Counter()
    now = datetime.now(UTC)
    for statement in _STATEMENTS:
        values = [now] if "$1" in statement else []
        for row in await rows(statement.format(source=sources.condition()), *values):
            for category in {row["category"] or OTHER, ALL} if sources.takes(row["host"]) else ():
                counts[row["host"], category, row["name"]] += int(row["number"])
    helpers = await _helpers(now)
    lines = dict.fromkeys([*((source.host, ALL) for source in sources.villages), *_lines(counts)])
    return Rows([_record(sources, counts, line=line, helpers=helpers) for line in sorted(lines)])


def _lines(counts: _Counts) -> list[tuple[str, str]]:
    return [(host, category) for host, category, _ in counts]


def _record(sources: Sources, counts: _Counts, *, line: tuple[str, str], helpers: int) -> Record:
    host, category = line
    source = sources.of(host)
    facts = place_facts(source)
    counted: dict[str, Value] = {name: counts[host, category, name] for name in _COUNTED}
    return {
        "id": f"{source.site}#{category}",
        "category": category,
        **counted,
        "helpers": floored(helpers) if host == "" and category == ALL else None,
        **{name: facts[name] for name in ("village", "village_site", "insee")},
    }


def _statement(table: str, *, name: str, condition: str) -> str:
    """How many by village and category; `name` is SQL for that of the column."""
    return (
        f"SELECT actor.host AS host, {table}.category AS category, {name} AS name, count(*) AS number"
        f" FROM {table} JOIN publication ON publication.id = {table}.publication_id"
        " JOIN actor ON actor.id = publication.author_id"
        f" WHERE {visible_sql(ANYBODY)} AND actor.suspended_at IS NULL AND actor.deleted_at IS NULL"
        f" AND {{source}} AND {condition} GROUP BY 1, 2, 3"
    )


_STATEMENTS = (
    _statement(
        "proposal",
        name="CASE publication.kind WHEN 'offer' THEN 'offers_open' ELSE 'needs_open' END",
        condition=(
            "publication.kind IN ('need', 'offer') AND proposal.state IN ('open', 'under-way')"
            " AND proposal.expires_at > $1"
        ),
    ),
    _statement(
        "proposal",
        name="'needs_covered'",
        condition="publication.kind = 'need' AND proposal.state IN ('covered', 'thanked')",
    ),
    _statement(
        "event",
        name="'events_to_come'",
        condition=(
            "event.standing = 'planned' AND event.ends_at > $1"
            " AND (actor.host <> '' OR event.sent_at IS NOT NULL)"
        ),
    ),
    _statement(
        "project",
        name=f"CASE WHEN project.stage IN ({quoted(ACTIVE)}) THEN 'projects_active'"
        " ELSE 'projects_closed' END",
        condition=f"project.is_reviewed AND project.stage IN ({quoted(ACTIVE | CLOSED)})",
    ),
)


async def _helpers(now: datetime) -> int:
    """People who kept a promise made within a year; each once, however often."""
    [row] = await rows(
        "SELECT count(DISTINCT pledge.participant_id) AS number FROM pledge"
        f" WHERE pledge.state = '{PledgeState.DONE}' AND pledge.made_at > $1",
        now - YEAR,
    )
    return int(row["number"])
