"""What the pages of projects show: who carries it, its story, the needs it answers, what is missing."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from starlette.requests import Request

from hub.agenda.cards import card_of
from hub.errors import NotFound
from hub.exchange.cards import Card, Here, cards_by_id
from hub.exchange.models import LIVING, Proposal
from hub.projects.carriers import carriers_of as carriers_of
from hub.projects.models import Component, HeardNeed, Project, Sort
from hub.projects.rights import Rights, rights_of
from hub.projects.timeline import long_day, story_of
from hub.projects.words import STAGE_LOOKS, STAGE_NAMES, count_words
from hub.publications.models import Kind, Publication
from hub.publications.showing import reader_of
from hub.publications.visibility import Reader, may_know_gone, may_see
from hub.text import gettext

MOST_NEEDS = 24  # of what is missing, on the page
# Look, icon and words of a need of the table, as far as it is answered: yes, in part, not yet.
COVERED = {True: ("ok", "done"), False: ("go", "half"), None: ("late", "alert")}


@dataclass(frozen=True, kw_only=True)
class Row:
    """A need that was heard: who says it, and by which components it is answered (in their order)."""

    heard: HeardNeed
    said_by: str
    ticks: Sequence[bool]
    look: tuple[str, str]
    href: str = ""


@dataclass(frozen=True, kw_only=True)
class Coverage:
    components: Sequence[Component]
    rows: Sequence[Row]


async def find(request: Request) -> Project | None:
    """The project of this address; None if one may know that it is gone. Raises NotFound.

    Those inside see theirs also before the town hall has read it, carriers also where it was hidden.
    """
    publication = await Publication.of_code(request.path_params["code"])
    if publication is None or publication.kind is not Kind.PROJECT:
        raise NotFound
    viewer = request.state.viewer
    reader = reader_of(viewer)
    if may_see(publication, reader):
        return await project_of(publication)
    if may_know_gone(publication, reader) and publication.hidden_at is None:
        return None
    if publication.deleted_at is None and viewer is not None:
        project = await project_of(publication)
        if (await rights_of(project, viewer)).sees_hidden(project):
            return project
    raise NotFound


async def find_seen(request: Request) -> Project:
    """The project of this address, for a page of it."""
    project = await find(request)
    if project is None:
        raise NotFound
    return project


async def find_carried(request: Request) -> tuple[Project, Rights]:
    """The same for who carries it; for anybody else it does not exist."""
    project = await find_seen(request)
    rights = await rights_of(project, request.state.viewer)
    if not rights.carries:
        raise NotFound
    return project, rights


async def find_any(request: Request) -> Project:
    """Whoever may see it: rights are the caller's business."""
    publication = await Publication.of_code(request.path_params["code"])
    if publication is None or publication.deleted_at is not None or publication.kind is not Kind.PROJECT:
        raise NotFound
    return await project_of(publication)


async def project_of(publication: Publication) -> Project:
    """With its group."""
    found = await Project.filter(publication_id=publication.id).select_related("actor").first()
    if found is None:
        raise NotFound
    found.publication = publication
    return found


async def facts_of(project: Project, request: Request, *, whole: bool = False) -> dict[str, Any]:
    """All that its page says, in some ten questions to the database, however long it has lived."""
    reader, here = reader_of(request.state.viewer), Here.of(request.state.site)
    assert here.now is not None
    story = await story_of(project, reader, timezone=here.timezone, now=here.now, whole=whole)
    return {
        "project": project,
        "publication": project.publication,
        "carriers": await carriers_of(project),
        "story": story,
        "next_event": card_of(story.events[0], here) if story.events else None,
        "coverage": await coverage_of(project, reader),
        "missing": await missing_of(project, reader, here),
        "pill": pill_of(project),
        "due": long_day(project.due) if project.due is not None else "",
        "words": lead_of(project.publication.html),
        "today": here.now.astimezone(ZoneInfo(here.timezone)).date(),
    }


def lead_of(html: str) -> tuple[str, str]:
    """The first paragraph of clean HTML, to be read at a glance, and all that follows it."""
    if not html.startswith("<p>"):
        return "", html
    first, end, rest = html.partition("</p>")
    return first.removeprefix("<p>"), rest.strip() if end else ""


def pill_of(project: Project) -> tuple[str, str, str]:
    """Look, icon and words of its stage."""
    look, icon = STAGE_LOOKS[project.stage]
    return look, icon, gettext(STAGE_NAMES[project.stage])


async def coverage_of(project: Project, reader: Reader) -> Coverage:
    components = await Component.filter(project_id=project.id).order_by("position", "id")
    heard = HeardNeed.filter(project_id=project.id).order_by("position", "id")
    return Coverage(
        components=components,
        rows=[_row(one, components, reader) for one in await heard.select_related("need")],
    )


def _row(heard: HeardNeed, components: Sequence[Component], reader: Reader) -> Row:
    need = heard.need
    seen = need is not None and may_see(need, reader)
    return Row(
        heard=heard,
        said_by=said_words(heard.said_by),
        ticks=[component.id in heard.covered_by for component in components],
        look=COVERED[heard.is_covered],
        href=f"/{need.code}" if need is not None and seen else "",
    )


def said_words(said_by: dict[str, int]) -> str:
    """`58 habitants, 3 associations`."""
    return ", ".join(count_words(sort, said_by[sort.value]) for sort in Sort if said_by.get(sort.value))


async def missing_of(project: Project, reader: Reader, here: Here) -> list[Card]:
    """Needs of the project that hang on the board now, those due soonest first."""
    open_needs = Proposal.filter(
        project_id=project.publication_id,
        state__in=list(LIVING),
        publication__kind=Kind.NEED,
        expires_at__gt=here.now,
    )
    found = await open_needs.order_by("starts_at", "id").limit(MOST_NEEDS).values_list("id", flat=True)
    ids = [int(number) for number in found]  # type: ignore[call-overload]
    cards = await cards_by_id(ids, reader, here)
    return [cards[number] for number in ids if number in cards]
