"""The next dates of an organisation, on its own page."""

from datetime import UTC, datetime, timedelta

from starlette.requests import Request

from hub.agenda.cards import cards_of
from hub.agenda.models import Standing
from hub.exchange.cards import Here
from hub.exchange.models import Voice
from hub.organisations.models import Organisation
from hub.organisations.parts import Part
from hub.publications.models import Publication
from hub.publications.showing import reader_of
from hub.publications.visibility import visible_to

MOST = 4
LONGEST = timedelta(days=366)  # an exhibition


async def next_dates(request: Request, organisation: Organisation) -> Part | None:
    """The soonest first; only what it announced in its own name."""
    reader, site, now = reader_of(request.state.viewer), request.state.site, datetime.now(UTC)
    ahead = Publication.filter(
        visible_to(reader),
        event__organisation_id=organisation.id,
        event__voice=Voice.ORGANISATION,
        event__standing=Standing.PLANNED,
        event__starts_at__gt=now - LONGEST,  # so that the index of these is read from there
        event__ends_at__gt=now,
    )
    found = await ahead.order_by("event__starts_at", "id").limit(MOST).values("event__id")
    here = Here(timezone=site.timezone, now=now)
    cards = await cards_of([row["event__id"] for row in found], reader, here)
    return Part("agenda/_of_organisation.html", {"cards": cards}) if cards else None
