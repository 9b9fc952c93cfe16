"""The imagined valley: its offers hang on the board, and its needs are asked one after the other."""

import tomllib
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import time_machine

from hub.actors.models import Actor
from hub.exchange.models import Proposal, State
from hub.exchange.searching import index_proposal
from hub.publications.models import Kind, Publication, Scope

FOLDER = Path(__file__).parent
URI = "https://vallee.example/u/1"
DAY = datetime(2027, 4, 5, 8, tzinfo=UTC)
_numbers = count(1)
_FACTS = ("category", "area", "latitude", "longitude", "wanted", "unit", "minutes", "at_distance")


def on_its_day() -> time_machine.travel:
    """Block in which it is the day of the valley: what hangs there is over some weeks later."""
    return time_machine.travel(DAY)


def read(name: str) -> list[dict[str, Any]]:
    """Of `offers.toml` the offers, of `needs_….toml` the needs."""
    [listed] = tomllib.loads((FOLDER / name).read_text("utf-8")).values()
    return list(listed)


async def hang(kind: Kind, facts: dict[str, Any], **more: Any) -> Proposal:
    """On the board, as one of another village hangs there."""
    number = next(_numbers)
    publication = await Publication.create(
        uri=f"https://vallee.example/p/{number}",
        code=f"v{number}",
        author=await _author(),
        kind=kind,
        type="Note",
        scope=Scope.PUBLIC,
        title=facts["title"],
        html=f"<p>{facts.get('text', '')}</p>",
        language=facts.get("language", "fr"),
        published_at=DAY,
    )
    proposal = Proposal(
        publication=publication,
        state=State.OPEN,
        starts_at=facts.get("starts"),
        ends_at=facts.get("ends"),
        expires_at=DAY + timedelta(days=60),
        **{name: facts[name] for name in _FACTS if name in facts},
        **more,
    )
    await proposal.save()
    await index_proposal(proposal)
    return proposal


async def _author() -> Actor:
    known = await Actor.get_or_none(uri=URI)
    return known or await Actor.create(
        uri=URI, host="vallee.example", name="u1", kind="Person", inbox=f"{URI}/inbox"
    )
