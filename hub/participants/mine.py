"""What somebody takes part in, on their own page: of members at /mine, of others behind their link.

Each slice gives its part; the composition root lists them.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from tortoise.expressions import Q


@dataclass(frozen=True, kw_only=True)
class Section:
    """A part of the page: its template, which finds `facts` under `part`."""

    template: str
    facts: Mapping[str, Any]


# `Q(member_id=5)` or `Q(id=7)`: the participants who look, and the address to which forms go: /mine/KEY.
FindSection = Callable[[Request, Q, str], Awaitable[Section | None]]

sections: list[FindSection] = []
"""The composition root puts those of the slices here."""


async def sections_for(request: Request, participants: Q, action: str) -> list[Section]:
    """Those that have something to show; `participants` is a condition on Participant."""
    found = [await find(request, participants, action) for find in sections]
    return [one for one in found if one is not None]
