"""What somebody wants to see of the board: the query of its address, read leniently, and written again."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Self
from urllib.parse import urlencode

from hub.exchange.categories import CATEGORIES
from hub.exchange.models import SHOWN
from hub.places.distance import Point
from hub.publications.models import Kind
from hub.web.fields import page_number, plain_text
from hub.web.queries import degrees, iso_day, whole_number

KINDS = (Kind.NEED, Kind.OFFER)
MINUTES = (60, 240)  # an hour, half a day
KILOMETRES = (0, 10, 25)  # 0: here alone
_NAMES = {"words": "q"}  # in an address, where it is another one
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
            minutes=whole_number(query.get("minutes", ""), most=9999),
            starts=iso_day(query.get("starts", "")),
            ends=iso_day(query.get("ends", "")),
            near=degrees(query.get("near", "")),
            within=whole_number(query.get("within", ""), most=20_000),
            area=plain_text(query.get("area", ""))[:80],
            page=page_number(query),
        )

    @property
    def narrows(self) -> bool:
        """Whether something of this board is left out that could be shown."""
        return replace(self, page=1) != type(self)(kind=self.kind, state=self.state)

    def address(self, path: str, **changes: object) -> str:
        """Of the same board with other choices; page 1 unless `changes` say otherwise."""
        chosen: dict[str, Any] = {**self.__dict__, "page": 1, **changes}
        pairs = {_NAMES.get(name, name): value for name, value in chosen.items() if value not in ("", None)}
        if path != "/board":
            pairs.pop("kind", None)
        if near := chosen["near"]:
            pairs["near"] = f"{near[0]:g},{near[1]:g}"
        if chosen["page"] == 1:
            del pairs["page"]
        query = urlencode(pairs)
        return f"{path}?{query}" if query else path
