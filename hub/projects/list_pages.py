"""The board of projects: those under way, and those that are done."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Self
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from hub.db import rows
from hub.db.conditions import Conditions, quoted
from hub.exchange.cards import Card, Here
from hub.exchange.categories import CATEGORIES
from hub.projects.cards import cards_of
from hub.projects.models import ACTIVE, CLOSED, Stage
from hub.projects.words import STAGE_NAMES
from hub.publications import search
from hub.publications.showing import reader_of
from hub.publications.visibility import Reader, visible_sql
from hub.text import gettext
from hub.web.fields import page_number, plain_text
from hub.web.queries import left_after
from hub.web.templates import render
from hub.web.viewer import Access, Page

PER_PAGE = 12
MOST = 300  # are counted
DONE = "closed"  # whatever came of them
_FROM = "FROM project JOIN publication ON publication.id = project.publication_id"


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What somebody wants to see. `stage`: under way where there is none."""

    words: str = ""
    category: str = ""
    stage: str = ""
    page: int = 1

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Self:
        """What makes no sense is left out."""
        category, stage = query.get("category", ""), query.get("stage", "")
        return cls(
            words=plain_text(query.get("q", ""))[:80],
            category=category if category in CATEGORIES else "",
            stage=stage if stage in (DONE, *Stage) else "",
            page=page_number(query),
        )

    @property
    def narrows(self) -> bool:
        return replace(self, page=1) != type(self)()

    def address(self, **changes: object) -> str:
        """Of the same board with other choices; page 1 unless `changes` say otherwise."""
        chosen = replace(self, **{"page": 1, **changes})  # type: ignore[arg-type]
        pairs = {
            "q": chosen.words,
            "category": chosen.category,
            "stage": chosen.stage,
            "page": chosen.page if chosen.page > 1 else "",
        }
        query = urlencode({name: value for name, value in pairs.items() if value})
        return f"/projects?{query}" if query else "/projects"


async def projects(request: Request) -> Response:
    choice, reader = Choice.of(request.query_params), reader_of(request.state.viewer)
    cards, total = await found(choice, reader, Here.of(request.state.site))
    return render(
        request,
        "projects/list.html",
        choice=choice,
        cards=cards,
        total=total,
        most=MOST,
        left=left_after(choice.page, len(cards), total=total, per_page=PER_PAGE, most=MOST),
        per_page=PER_PAGE,
        categories=CATEGORIES,
        stages=[(stage.value, gettext(STAGE_NAMES[stage])) for stage in Stage],
        closed=DONE,
    )


async def found(choice: Choice, reader: Reader, here: Here) -> tuple[list[Card], int]:
    """Those of this page, what moved last first, and how many there are: MOST + 1 says: more."""
    conditions = _conditions(choice, reader)
    latest = f"SELECT 1 {conditions.where} ORDER BY project.changed_at DESC LIMIT {MOST + 1}"
    [counted] = await rows(f"SELECT COUNT(*) AS number FROM ({latest}) AS latest", *conditions.values)
    skip = (choice.page - 1) * PER_PAGE
    listed = await rows(
        f"SELECT project.id AS id {conditions.where} ORDER BY project.changed_at DESC, project.id DESC"
        f" LIMIT {PER_PAGE} OFFSET {skip}",
        *conditions.values,
    )
    return await cards_of([row["id"] for row in listed], reader, here), counted["number"]


async def latest(reader: Reader, here: Here, *, most: int) -> list[Card]:
    """Of those under way the ones that moved last: for the first page."""
    conditions = _conditions(Choice(), reader)
    listed = await rows(
        f"SELECT project.id AS id {conditions.where}"
        f" ORDER BY project.changed_at DESC, project.id DESC LIMIT {most}",
        *conditions.values,
    )
    return await cards_of([row["id"] for row in listed], reader, here)


def _conditions(choice: Choice, reader: Reader) -> Conditions:
    conditions = Conditions(_FROM)
    conditions.add(visible_sql(reader))
    conditions.add("project.is_reviewed = {yes}", yes=True)
    if choice.stage in (DONE, ""):
        stages = CLOSED if choice.stage else ACTIVE
        conditions.parts.append(f"project.stage IN ({quoted(stages)})")
    else:
        conditions.add("project.stage = {stage}", stage=choice.stage)
    if choice.category:
        conditions.add("project.category = {category}", category=choice.category)
    if query := search.Query(choice.words):
        conditions.parts.append(search.found(conditions.hold(query.expression())))
    elif choice.words:
        conditions.parts.append("1 = 0")
    return conditions


routes: list[Page] = [
    Page("/projects", projects, access=Access.VISITOR),
]
