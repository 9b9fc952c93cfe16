"""What hangs in one village of the network, as far as a reader may see it."""

from datetime import UTC, datetime
from typing import Any

from hub.agenda import finding
from hub.agenda.cards import cards_of as dates_of
from hub.db import rows
from hub.db.conditions import Conditions, quoted
from hub.exchange.cards import Here, cards_by_id
from hub.exchange.models import LIVING
from hub.feed import board
from hub.projects.cards import cards_of as projects_of
from hub.projects.models import ACTIVE
from hub.publications.models import Kind
from hub.publications.visibility import Reader, visible_sql

MOST = {"proposal": 6, "event": 4, "project": 3}  # of each kind: the rest is read in the village itself


async def look(host: str, reader: Reader, here: Here) -> dict[str, Any]:
    """Cards by what they are: `needs`, `offers`, `dates`, `projects`. `host` is empty for this village."""
    hanging = await _hanging(host, reader, here)
    by_id = await cards_by_id(hanging, reader, here)
    cards = [by_id[each] for each in hanging if each in by_id]
    return {
        "needs": [card for card in cards if card.kind == Kind.NEED],
        "offers": [card for card in cards if card.kind == Kind.OFFER],
        "dates": await dates_of(await _dates(host, reader, here), reader, here),
        "projects": await projects_of(await _projects(host, reader), reader, here),
    }


async def _hanging(host: str, reader: Reader, here: Here) -> list[int]:
    """Needs and offers, of each the newest first: found together, as it takes all that this village has."""
    found = _of("proposal", host, reader)
    found.add(f"publication.kind IN ({quoted((Kind.NEED, Kind.OFFER))})")
    states = quoted(LIVING)
    found.add(f"proposal.state IN ({states}) AND proposal.expires_at > {{now}}", now=_now(here))
    place = f"row_number() OVER (PARTITION BY publication.kind ORDER BY {board.LATEST})"
    listed = await rows(
        f"SELECT id FROM (SELECT proposal.id AS id, {place} AS place {found.where}) AS hanging"
        f" WHERE place <= {MOST['proposal']} ORDER BY place",
        *found.values,
    )
    return [row["id"] for row in listed]


async def _dates(host: str, reader: Reader, here: Here) -> list[int]:
    found = _of("event", host, reader)
    standings = quoted(finding.SHOWN)
    found.add(f"event.standing IN ({standings}) AND event.ends_at > {{now}}", now=_now(here))
    return await _ids("event", found, "event.starts_at, event.id")


async def _projects(host: str, reader: Reader) -> list[int]:
    found = _of("project", host, reader)
    stages = quoted(ACTIVE)
    found.add(f"project.is_reviewed = {{yes}} AND project.stage IN ({stages})", yes=True)
    return await _ids("project", found, "project.changed_at DESC, project.id DESC")


def _of(table: str, host: str, reader: Reader) -> Conditions:
    """Of this village alone. CROSS: SQLite then begins with its authors, who are few."""
    found = Conditions(
        f"FROM actor CROSS JOIN publication JOIN {table} ON {table}.publication_id = publication.id"
    )
    found.add("actor.host = {host} AND publication.author_id = actor.id", host=host)
    found.add(visible_sql(reader))
    return found


def _now(here: Here) -> datetime:
    return here.now or datetime.now(UTC)


async def _ids(table: str, found: Conditions, order: str) -> list[int]:
    statement = f"SELECT {table}.id AS id {found.where} ORDER BY {order} LIMIT {MOST[table]}"
    return [row["id"] for row in await rows(statement, *found.values)]
