"""What `/me/export` gives back: events of a member, and what they took part in."""

from typing import Any

from hub.agenda.models import Attendance, Calendar, CalendarKey, Contribution, Event

_OF_PUBLICATION = ("title", "source", "scope", "url", "published_at", "updated_at", "hidden_at")
_OF_EVENT = (
    "category voice organisation__name standing changed_at reason starts_at ends_at all_day timezone place"
    " address online_url join_mode join_url capacity coming came method minutes next_step minutes_at"
).split()
_OF_PLACE = "shift__name people presence note made_at decided_at came_at".split()


async def export(member_id: int) -> dict[str, object]:
    """Plain values and aware UTC times, ready for JSON."""
    about = ("event__publication__title", "event__publication__url", "event__starts_at")
    places = Attendance.filter(participant__member_id=member_id).order_by("id")
    brings = Contribution.filter(brought_by__member_id=member_id).order_by("id")
    return {
        "events": await _events(member_id),
        "places": await places.values(*about, *_OF_PLACE),
        "brings": await brings.values("event__publication__title", "what"),
        "calendars": await Calendar.filter(owner__member_id=member_id).values("name", "url", "made_at"),
        "calendar_address": await CalendarKey.filter(member_id=member_id).values("made_at", "used_at"),
    }


async def _events(member_id: int) -> list[dict[str, Any]]:
    named = [f"publication__{name}" for name in _OF_PUBLICATION]
    mine = Event.filter(owner__member_id=member_id).order_by("id")
    return [
        {name.removeprefix("publication__"): value for name, value in row.items()}
        for row in await mine.values(*named, *_OF_EVENT)
    ]
