"""`/embed`: a part of the board for other sites, the town hall's own above all.

It says what anybody may see, whoever looks; it sets no cookie, has no script and no form, and only the sites
that the settings name may show it in a frame of theirs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from starlette.requests import Request
from starlette.responses import Response

from hub import limits
from hub.agenda import finding
from hub.agenda.cards import cards_of
from hub.agenda.choices import Choice as AgendaChoice
from hub.exchange.cards import Here
from hub.feed import board
from hub.feed.choices import Choice
from hub.publications.models import Kind
from hub.publications.visibility import ANYBODY
from hub.text import N_
from hub.village.models import Village
from hub.web.edge import CONTENT_POLICY
from hub.web.queries import whole_number
from hub.web.templates import render
from hub.web.viewer import Access, Page

SHOWN = 6
HEADINGS = {
    "needs": (N_("Who could lend a hand?"), "/needs"),
    "offers": (N_("What is offered"), "/offers"),
    "agenda": (N_("What is going on"), "/agenda"),
}


@dataclass(frozen=True)
class Line:
    """What is shown of a card."""

    title: str
    href: str
    language: str
    facts: Sequence[str]


@dataclass(frozen=True)
class Wish:
    """What the site wants to show, and how much of it; what makes no sense is as if it were not said."""

    show: str
    most: int

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Self:
        show = query.get("show", "")
        most = whole_number(query.get("most", ""), most=limits.EMBED_ROWS)
        return cls(show if show in HEADINGS else "needs", most or SHOWN)


async def show_embed(request: Request) -> Response:
    site, wish = request.state.site, Wish.of(request.query_params)
    here = Here.of(site)
    lines = await (_dates(wish, here) if wish.show == "agenda" else _notices(wish, here, site.is_region))
    heading, page = HEADINGS[wish.show]
    response = render(request, "region/embed.html", heading=heading, page=page, lines=lines)
    village = await Village.current()
    hosts = (village.embed_hosts or "").split() if village is not None else []
    response.headers["content-security-policy"] = _policy(hosts)
    # A site that isolates itself (COEP) may show it too: everybody may see it anyway.
    response.headers["cross-origin-resource-policy"] = "cross-origin" if hosts else "same-origin"
    response.headers["x-robots-tag"] = "noindex"
    return response


def _policy(hosts: Sequence[str]) -> str:
    """Many sites of small town halls are still reached over http: there is nothing here to steal."""
    if not hosts:
        return CONTENT_POLICY
    named = " ".join(f"{scheme}://{host}" for host in hosts for scheme in ("https", "http"))
    return CONTENT_POLICY.replace("frame-ancestors 'none'", f"frame-ancestors {named}")


async def _notices(wish: Wish, here: Here, is_region: bool) -> list[Line]:
    """What hangs there now, the latest first; a village shows its own."""
    kind = Kind.NEED if wish.show == "needs" else Kind.OFFER
    found = board.conditions(Choice(kind=kind, within=None if is_region else 0), ANYBODY, here)
    ids = await board.found_ids(found, board.LATEST, limit=wish.most)
    return [
        Line(card.title, card.href, card.language, _facts(card.when, card.where, f"{card.lead} {card.rest}"))
        for card in await board.cards(ids, ANYBODY, here)
    ]


async def _dates(wish: Wish, here: Here) -> list[Line]:
    ids = await finding.to_come(AgendaChoice(), ANYBODY, here, limit=wish.most)
    found = [
        (card, _facts(card.on, card.where, card.pill[2] if card.pill else ""))
        for card in await cards_of(ids, ANYBODY, here)
    ]
    return [Line(card.title, card.href, card.language, facts) for card, facts in found]


def _facts(*words: str) -> list[str]:
    return [word.strip() for word in words if word.strip()]


routes = [Page("/embed", show_embed, access=Access.VISITOR)]
