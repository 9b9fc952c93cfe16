"""The words that an event is found by: its own, its place, its category, who speaks."""

from hub.agenda.models import Event
from hub.exchange.searching import category_words
from hub.organisations.models import Organisation
from hub.publications import search


async def index_event(event: Event) -> None:
    """In the transaction that changed it; its publication must be loaded."""
    found = [event.place, event.address, *category_words(event.category)]
    if isinstance(event.organisation, Organisation):
        found.append(event.organisation.name)
    await search.index(event.publication, found)
