"""What somebody wants to see of the board: the query of its address, read leniently, and written again."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Self
from urllib.parse import urlencode

from hub.exchange.categories import CATEGORIES
from hub.exchange.models import SHOWN
from hub.places.distance import Point
from hub.publications.models import Kind
from hub.web.fields import page_number, plain_text

KINDS = (Kind.NEED, Kind.OFFER)
MINUTES = (60, 240)  # an hour, half a day
KILOMETRES = (0, 10, 25)  # 0: here alone
LIVING, URGENT, DONE = "", "urgent", "done"
STATES = (LIVING, URGENT, DONE, *(state.value for state in SHOWN))


@dataclass(frozen=True, kw_only=True)
class Choice:
    """`near` is where distances are measured from (None: the village), `within` in km (None: anywhere)."""

    words: str = ""
    kind: Kind | None = None
    category: str = ""
    state: str = LIVING
    minutes: int | None = None
    starts: date | None = None
    ends: date | None = None
    near: Point | None = None
    within: int | None = None
    area: str = ""
    page: int = 1

    @classmethod
    def of(cls, query: Mapping[str, str], *, kind: Kind | None = None) -> Self:
        """What makes no sense is left out. `kind`: of the board, where the query names none."""
        named = query.get("kind", "")
        state, category = query.get("state", ""), query.get("category", "")
        return cls(
            words=plain_text(query.get("q", ""))[:80],
            kind=next((one for one in KINDS if one.value == named), kind),
            category=category if category in CATEGORIES else "",
            state=state if state in STATES else LIVING,
            minutes=_number(query.get("minutes", ""), most=9999),
            starts=_day(query.get("starts", "")),
            ends=_day(query.get("ends", "")),
            near=_point(query.get("near", "")),
            within=_number(query.get("within", ""), most=20_000),
            area=plain_text(query.get("area", ""))[:80],
            page=page_number(query),
        )

    @property
    def narrows(self) -> bool:
        """Whether something of this board is left out that could be shown."""
        return replace(self, page=1) != type(self)(kind=self.kind, state=self.state)

    def address(self, path: str, **changes: object) -> str:
        """Of the same board with other choices; page 1 unless `changes` say otherwise."""
        chosen = replace(self, **{"page": 1, **changes})  # type: ignore[arg-type]
        pairs = {
            "q": chosen.words,
            "kind": "" if path != "/board" or chosen.kind is None else chosen.kind.value,
            "category": chosen.category,
            "state": chosen.state,
            "minutes": chosen.minutes,
            "starts": chosen.starts,
            "ends": chosen.ends,
            "near": chosen.near and f"{chosen.near[0]:g},{chosen.near[1]:g}",
            "within": chosen.within,
            "area": chosen.area,
            "page": chosen.page if chosen.page > 1 else "",
        }
        query = urlencode({name: value for name, value in pairs.items() if value not in ("", None)})
        return f"{path}?{query}" if query else path


def _number(text: str, *, most: int) -> int | None:
    return min(int(text), most) if re.fullmatch("[0-9]{1,6}", text) else None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII) else None
    except ValueError:
        return None


def _point(text: str) -> Point | None:
    """`44.58,5.13`."""
    found = re.fullmatch(r"(-?\d{1,3}(?:\.\d{1,8})?),(-?\d{1,3}(?:\.\d{1,8})?)", text, re.ASCII)
    if found is None:
        return None
    latitude, longitude = float(found[1]), float(found[2])
    return (latitude, longitude) if abs(latitude) <= 90 and abs(longitude) <= 180 else None
