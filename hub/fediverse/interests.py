"""What slices above make of the things and people of other servers; told in the caller's transaction."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from federation.documents import Document
from hub.actors.models import Actor
from hub.fediverse.known import Known
from hub.publications import receiving
from hub.publications.models import Publication


def _no(document: Document) -> bool:
    return False


async def _nothing(*what: object) -> None:
    return None


@dataclass(frozen=True, kw_only=True)
class Interest:
    """Whether something is a slice's business, by default not, and what becomes of it; each may come twice.

    `take` is told after it was stored, and after its author sent it again; whether that was newer. `heard`:
    of everything that was stored or came again, whatever it is. `gone`: of a publication of others that was
    deleted; `left`: of an actor elsewhere who is gone for ever.
    """

    recognises: Callable[[Document], bool] = _no
    take: Callable[[Publication, Document, bool], Awaitable[None]] = _nothing
    heard: Callable[[Publication, Document, Known], Awaitable[None]] = _nothing
    gone: Callable[[Publication], Awaitable[None]] = _nothing
    left: Callable[[Actor], Awaitable[None]] = _nothing


interests: list[Interest] = []
"""The composition root puts those of the slices here."""


def recognise(document: Document) -> bool:
    """Whether it is any slice's business."""
    return any(interest.recognises(document) for interest in interests)


async def tell(publication: Publication, document: Document, known: Known, *, newer: bool) -> None:
    for interest in interests:
        if interest.recognises(document):
            await interest.take(publication, document, newer)
        await interest.heard(publication, document, known)


async def remove(publication: Publication, *, at: datetime) -> None:
    """It was deleted where it was written."""
    for interest in interests:
        await interest.gone(publication)
    await receiving.remove(publication, at=at)


async def be_left(actor: Actor) -> None:
    for interest in interests:
        await interest.left(actor)
