"""The words that a need or an offer is found by: its own, its place, its category, who speaks."""

from collections.abc import Awaitable, Callable

from hub.exchange.categories import CATEGORIES
from hub.exchange.documents import KIND_TAGS
from hub.exchange.models import Proposal
from hub.organisations.models import Organisation
from hub.publications import search
from hub.text import LOCALES, gettext, speaking

changed: list[Callable[[Proposal], Awaitable[None]]] = []
"""Who else wants to hear, in the same transaction; the composition root puts them here."""


async def index_proposal(proposal: Proposal) -> None:
    """In the transaction that changed it; its publication must be loaded."""
    await search.index(proposal.publication, words_around(proposal))
    for hear in changed:
        await hear(proposal)


def words_around(proposal: Proposal) -> list[str]:
    """What is not in its text. No name of a person: the town hall may speak for somebody."""
    tags = list(KIND_TAGS[proposal.publication.kind].values())
    found = [proposal.area, *proposal.details.values()]
    if isinstance(proposal.organisation, Organisation):
        found.append(proposal.organisation.name)
    return [*found, *category_words(proposal.category), *(f"#{tag}" for tag in tags)]


def category_words(key: str) -> list[str]:
    """Its name and its tag in each language."""
    category = CATEGORIES.get(key)
    if category is None:
        return []
    return [
        *(_said_in(locale, category.name) for locale in LOCALES),
        *(f"#{tag}" for tag in category.hashtag.values()),
    ]


def _said_in(locale: str, message: str) -> str:
    with speaking(locale):
        return gettext(message)
