"""A project as a card on a board: what one must know before one opens it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from tortoise.queryset import QuerySet

from hub.agenda.models import Standing
from hub.db import moment, rows
from hub.db.conditions import Conditions, quoted
from hub.exchange.cards import Card, Here
from hub.exchange.models import LIVING
from hub.exchange.showing import display_name
from hub.projects.carriers import carrier_of
from hub.projects.models import Contributor, Part, Project
from hub.projects.words import STAGE_LOOKS, STAGE_NAMES
from hub.publications.models import Kind
from hub.publications.visibility import Reader, may_see, visible_sql
from hub.text import day_name, gettext, ngettext


@dataclass(frozen=True, kw_only=True)
class Around:
    """What is said of projects beside themselves, by the project or by its publication."""

    carriers: dict[int, list[Contributor]] = field(default_factory=dict)
    missing: dict[int, int] = field(default_factory=dict)
    next_at: dict[int, datetime] = field(default_factory=dict)


async def cards_of(ids: Sequence[int], reader: Reader, here: Here) -> list[Card]:
    """In this order; four questions to the database, whatever their number."""
    cards = await _cards(Project.filter(id__in=list(ids)), reader, here) if ids else []
    by_id = {project.id: card for project, card in cards}
    return [by_id[each] for each in ids if each in by_id]


async def cards_by_publication(ids: Sequence[int], reader: Reader, here: Here) -> dict[int, Card]:
    """The same for what was found among other things."""
    cards = await _cards(Project.filter(publication_id__in=list(ids)), reader, here) if ids else []
    return {project.publication_id: card for project, card in cards}


async def _cards(projects: QuerySet[Project], reader: Reader, here: Here) -> list[tuple[Project, Card]]:
    listed = await projects.select_related("publication__author")
    shown = [one for one in listed if may_see(one.publication, reader)]
    around = await _around(shown, reader, here)
    return [(one, card_of(one, around, here)) for one in shown]


def card_of(project: Project, around: Around, here: Here) -> Card:
    publication = project.publication
    who, who_icon = _who(project, around.carriers.get(project.id, []))
    look, icon = STAGE_LOOKS[project.stage]
    ours = publication.author.is_local
    return Card(
        kind=publication.kind.value,
        tab=gettext("Project"),
        pill=(look, icon, gettext(STAGE_NAMES[project.stage])),
        title=publication.title,
        href=f"/{publication.code}",
        language=publication.language or "",
        when=_when(around.next_at.get(publication.id), here),
        where=project.area,
        where_icon="place" if ours else "village",
        who=who,
        who_icon=who_icon,
        lead=str(project.members) if project.members else "",
        rest=ngettext("person takes part", "people take part", project.members) if project.members else "",
        note=_note(around.missing.get(publication.id, 0)),
    )


async def _around(projects: Sequence[Project], reader: Reader, here: Here) -> Around:
    publications, now = [one.publication_id for one in projects], here.now or datetime.now(UTC)
    carriers = Contributor.filter(project_id__in=[one.id for one in projects], part=Part.CARRIER)
    return Around(
        carriers=_by_project(
            await carriers.order_by("id").select_related("participant__actor", "organisation")
        ),
        missing={row["id"]: row["number"] for row in await _missing(publications, reader, now)},
        next_at={row["id"]: moment(row["at"]) for row in await _next(publications, reader, now)},
    )


async def _missing(projects: Sequence[int], reader: Reader, now: datetime) -> list[dict[str, Any]]:
    """How many needs of each are open."""
    found = _of("proposal", projects, reader)
    found.add(f"publication.kind = '{Kind.NEED.value}' AND proposal.state IN ({quoted(LIVING)})")
    found.add("proposal.expires_at > {now}", now=now)
    counted = f"SELECT proposal.project_id AS id, count(*) AS number {found.where}"
    return await rows(f"{counted} GROUP BY proposal.project_id", *found.values)


async def _next(projects: Sequence[int], reader: Reader, now: datetime) -> list[dict[str, Any]]:
    """When each has its next date."""
    found = _of("event", projects, reader)
    found.add(f"event.standing = '{Standing.PLANNED.value}' AND event.starts_at > {{now}}", now=now)
    first = f"SELECT event.project_id AS id, min(event.starts_at) AS at {found.where}"
    return await rows(f"{first} GROUP BY event.project_id", *found.values)


def _of(table: str, projects: Sequence[int], reader: Reader) -> Conditions:
    """What belongs to them. The project comes first in a query of its own: by that SQLite should find it,
    and not by a state or a time that half of all have.
    """
    found = Conditions("")
    mine = f"(SELECT id FROM {table} WHERE project_id IN ({', '.join(map(found.hold, projects)) or 'NULL'}))"
    found.source = f"FROM {table} JOIN publication ON publication.id = {table}.publication_id"
    found.add(f"{table}.id IN {mine}")
    found.add(visible_sql(reader))
    return found


def _by_project(contributors: Iterable[Contributor]) -> dict[int, list[Contributor]]:
    found: dict[int, list[Contributor]] = {}
    for one in contributors:
        found.setdefault(one.project_id, []).append(one)
    return found


def _who(project: Project, carriers: Sequence[Contributor]) -> tuple[str, str]:
    """The first who carries it, with what they are, and how many others do."""
    if not carriers:
        author = project.publication.author
        return display_name(author) if author.is_local else author.name_with_host, "village"
    first, others = carriers[0], len(carriers) - 1
    carrier = carrier_of(first)
    name = f"{carrier.name}, {carrier.sort}"
    icon = "person" if first.organisation is None else first.organisation.icon
    if not others:
        return name, icon
    words = ngettext("%(name)s, and %(count)s other", "%(name)s, and %(count)s others", others)
    return words % {"name": name, "count": others}, icon


def _when(at: datetime | None, here: Here) -> str:
    if at is None:
        return ""
    return gettext("Next time: %(day)s") % {"day": day_name(at.astimezone(ZoneInfo(here.timezone)).date())}


def _note(missing: int) -> str:
    if not missing:
        return ""
    return ngettext("%(count)s thing is missing", "%(count)s things are missing", missing) % {
        "count": missing
    }
