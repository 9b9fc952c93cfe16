"""What other servers may ask for beside an event: how many come, and what is to come (FEP-8a8e)."""

from datetime import UTC, datetime

from hub.actors.models import Actor, Role
from hub.agenda.models import Event, JoinMode, Standing
from hub.publications.groups import GROUP
from hub.publications.models import Kind, Publication
from hub.publications.visibility import ANYBODY, visible_to

LISTED = 100


async def upcoming(actor: Actor) -> list[str] | None:
    """URIs of what is to come, the soonest first: of the whole village, an organisation or a project."""
    ahead = Publication.filter(
        visible_to(ANYBODY),
        kind=Kind.EVENT,
        author__host="",
        event__standing=Standing.PLANNED,
        event__ends_at__gt=datetime.now(UTC),
        event__sent_at__not_isnull=True,
    )
    if actor.role is Role.ORGANISATION:
        ahead = ahead.filter(author_id=actor.id)
    elif actor.role is Role.PROJECT:
        ahead = ahead.filter(event__project__uri=actor.extra.get(GROUP, ""))
    elif not actor.has_agenda:
        return None
    soonest = ahead.order_by("event__starts_at", "id").limit(LISTED)
    return [str(uri) for uri in await soonest.values_list("uri", flat=True)]


async def attendees(publication: Publication) -> int | None:
    """How many; who, only the team knows."""
    event = await Event.get_or_none(publication_id=publication.id)
    return None if event is None or event.join_mode is not JoinMode.FREE else event.coming
