"""What an organisation asks for and offers, on its own page."""

from starlette.requests import Request

from hub.exchange.cards import Here, cards_by_id
from hub.exchange.models import LIVING, Voice
from hub.organisations.models import Organisation
from hub.organisations.parts import Part
from hub.publications.models import Publication
from hub.publications.showing import reader_of
from hub.publications.visibility import visible_to

MOST = 6


async def on_the_board(request: Request, organisation: Organisation) -> Part | None:
    """The newest first; only what it said in its own name."""
    reader, site = reader_of(request.state.viewer), request.state.site
    hanging = Publication.filter(
        visible_to(reader),
        proposal__organisation_id=organisation.id,
        proposal__voice=Voice.ORGANISATION,
        proposal__state__in=LIVING,
    )
    found = await hanging.order_by("-proposal__id").limit(MOST).values("proposal__id")
    ids: list[int] = [row["proposal__id"] for row in found]
    cards = await cards_by_id(ids, reader, Here.of(site))
    shown = [cards[each] for each in ids if each in cards]
    return Part("exchange/_of_organisation.html", {"cards": shown}) if shown else None
