"""Events on the page of somebody: where they come, and what they announced."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from starlette.requests import Request
from tortoise.expressions import Q, Subquery

from hub.agenda.models import Attendance, Event, Presence
from hub.agenda.places import Coming, comings_of
from hub.exchange.models import Voice
from hub.organisations.models import Spokesperson
from hub.participants.mine import Section
from hub.participants.models import Participant

SHOWN_AFTER = timedelta(days=30)
MOST = 100


async def section(request: Request, participants: Q, action: str) -> Section | None:
    """What is to come, and what was in the last month; nothing where there is nothing."""
    now = datetime.now(UTC)
    who = Subquery(Participant.filter(participants).values("id"))
    lately = Q(event__ends_at__gt=now - SHOWN_AFTER, event__publication__deleted_at=None)
    places = Attendance.filter(lately, participant_id__in=who).exclude(presence=Presence.LEFT)
    listed = (
        await places.select_related("participant", "shift", "event__publication__author")
        .order_by("event__starts_at", "id")
        .limit(MOST)
    )
    announced = await _announced(participants, _member_of(request, action), now)
    if not listed and not announced:
        return None
    timezone = request.state.site.timezone
    return Section(
        template="agenda/_mine.html",
        facts={
            "places": await comings_of(listed, timezone),
            "announced": [Coming(event=one, timezone=timezone, now=now) for one in announced],
            "action": f"{action}/events",
            "key": action.removeprefix("/mine").strip("/"),
        },
    )


async def _announced(participants: Q, member_id: int | None, now: datetime) -> Sequence[Event]:
    """By them, or in the name of an organisation that the viewer speaks for."""
    theirs = Q(owner_id__in=Subquery(Participant.filter(participants).values("id")))
    if member_id is not None:
        speaks = Spokesperson.filter(member_id=member_id).values("organisation_id")
        theirs |= Q(voice=Voice.ORGANISATION, organisation_id__in=Subquery(speaks))
    found = Event.filter(theirs, ends_at__gt=now - SHOWN_AFTER, publication__deleted_at=None)
    return await found.select_related("publication__author").order_by("starts_at", "id").limit(MOST)


def _member_of(request: Request, action: str) -> int | None:
    """Whose page it is; behind a link nobody's, whoever looks."""
    viewer = request.state.viewer
    return viewer.member_id if viewer is not None and action == "/mine" else None
