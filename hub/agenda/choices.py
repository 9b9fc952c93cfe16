"""What somebody wants to see of the agenda: the query of its address, read leniently, and written again."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Self
from urllib.parse import urlencode

from hub.exchange.categories import CATEGORIES
from hub.places.distance import Point
from hub.web.fields import page_number, plain_text
from hub.web.queries import degrees, whole_number

NEIGHBOURS = "neighbours"


@dataclass(frozen=True, kw_only=True)
class Choice:
    """`near` is where distances are measured from (None: the village), `within` in km (0: what is from here).

    `neighbours`: only what stands in the agenda of others; `month`: its first day, or none for the list.
    """

    words: str = ""
    category: str = ""
    near: Point | None = None
    within: int | None = None
    neighbours: bool = False
    month: date | None = None
    page: int = 1

    @classmethod
    def of(cls, query: Mapping[str, str], today: date) -> Self:
        """What makes no sense is left out. `today` is where a month is wanted and none is named."""
        category, within = query.get("category", ""), query.get("within", "")
        return cls(
            words=plain_text(query.get("q", ""))[:80],
            category=category if category in CATEGORIES else "",
            near=degrees(query.get("near", "")),
            within=whole_number(within, most=20_000),
            neighbours=within == NEIGHBOURS,
            month=_month(query.get("month"), today),
            page=page_number(query),
        )

    @property
    def narrows(self) -> bool:
        """Whether something is left out that could be shown."""
        return replace(self, page=1) != type(self)(month=self.month)

    @property
    def distance(self) -> str:
        """As the form has it."""
        if self.neighbours:
            return NEIGHBOURS
        return "" if self.within is None else str(self.within)

    def address(self, **changes: object) -> str:
        """Of the agenda with other choices; page 1 unless `changes` say otherwise."""
        chosen = replace(self, **{"page": 1, **changes})  # type: ignore[arg-type]
        pairs = {
            "q": chosen.words,
            "category": chosen.category,
            "near": chosen.near and f"{chosen.near[0]:g},{chosen.near[1]:g}",
            "within": chosen.distance,
            "month": chosen.month and f"{chosen.month:%Y-%m}",
            "page": chosen.page if chosen.page > 1 else "",
        }
        query = urlencode({name: value for name, value in pairs.items() if value not in ("", None)})
        return f"/agenda?{query}" if query else "/agenda"


def _month(text: str | None, today: date) -> date | None:
    """`2026-04`; of anything else the month of today."""
    if text is None:
        return None
    found = re.fullmatch(r"(20\d\d)-(0[1-9]|1[0-2])", text, re.ASCII)
    return date(int(found[1]), int(found[2]), 1) if found else today.replace(day=1)
