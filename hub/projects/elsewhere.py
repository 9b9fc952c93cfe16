"""Projects of other villages: a row beside each publication, with what its own server said last.

Each function runs in the caller's transaction, unless it says otherwise, and may run twice.
"""

from federation.documents import Document
from hub.actors.models import Actor
from hub.publications.models import Publication


async def take(publication: Publication, document: Document, newer: bool) -> None:
    """One came, or came again; `newer`: its words were changed since."""


async def be_gone(publication: Publication) -> None:
    """It was deleted where it was written."""


async def be_left(actor: Actor) -> None:
    """An actor elsewhere is gone for ever: it takes part in nothing, and nobody waits for it."""
