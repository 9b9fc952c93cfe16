"""What slices above show on the page of an organisation; the composition root lists them."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NamedTuple

from starlette.requests import Request

from hub.organisations.models import Organisation


class Part(NamedTuple):
    """A part of the page: its template, which finds `facts` under `part`."""

    template: str
    facts: Mapping[str, Any]


FindPart = Callable[[Request, Organisation], Awaitable[Part | None]]

parts: list[FindPart] = []


async def parts_for(request: Request, organisation: Organisation) -> list[Part]:
    """Those that have something to show to who looks."""
    found = [await find(request, organisation) for find in parts]
    return [one for one in found if one is not None]
