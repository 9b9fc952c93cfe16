"""Who may act on an event of this village, and who is of its team: the one place that says it."""

from hub.agenda.models import Event
from hub.organisations.models import Spokesperson
from hub.participants.models import Participant
from hub.publications.groups import carries
from hub.web.viewer import Viewer


async def may_change(event: Event, viewer: Viewer | None, key: str = "") -> bool:
    """Who announced it, who speaks for its organisation, who carries the project that it is a part of,
    agents, and who holds the author's link (`key`).

    Of another hub's nobody: it is changed where it was written. What was read from somebody's calendar
    belongs to agents and to that organisation.
    """
    if event.owner_id is None and event.calendar_id is None:
        return False
    if viewer is not None and (viewer.is_agent or await _looks_after(event, viewer.member_id)):
        return True
    holder = await Participant.of_key(key) if key else None
    return holder is not None and holder.id == event.owner_id


async def is_team(event: Event, viewer: Viewer | None, key: str = "") -> bool:
    """Who knows who comes and how to reach them, private places and notes: who may change it. Of what was
    read from a calendar nobody signs up here.
    """
    return event.owner_id is not None and await may_change(event, viewer, key)


async def _looks_after(event: Event, member_id: int) -> bool:
    if event.owner_id and await Participant.filter(id=event.owner_id, member_id=member_id).exists():
        return True
    speaks = Spokesperson.filter(member_id=member_id, organisation_id=event.organisation_id)
    if event.organisation_id and await speaks.exists():
        return True
    return event.project_id is not None and await carries(member_id, event.project_id)
