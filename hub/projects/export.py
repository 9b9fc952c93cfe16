"""What `/me/export` gives back: projects of a member, and what they took part in."""

from hub.projects.models import Contributor, DateAnswer, Invited, Task, Version

_OF_PROJECT = ("project__publication__title", "project__publication__url", "project__stage")


async def export(member_id: int) -> dict[str, object]:
    """Plain values and aware UTC times, ready for JSON."""
    parts = Contributor.filter(participant__member_id=member_id).order_by("id")
    versions = Version.filter(by_participant__member_id=member_id).order_by("id")
    tasks = Task.filter(taken_by__participant__member_id=member_id).order_by("id")
    dates = DateAnswer.filter(contributor__participant__member_id=member_id).order_by("id")
    asked = Invited.filter(participant__member_id=member_id).order_by("id")
    about = ("part", "sort", "role", "contact", "message", "organisation__name", "made_at", "decided_at")
    words = ("number", "title", "text", "change", "source_name", "source_link", "made_at", "contested")
    return {
        "takes_part_in": await parts.values(*_OF_PROJECT, *about),
        "words_written": await versions.values(*_OF_PROJECT, *words),
        "tasks": await tasks.values(*_OF_PROJECT, "title", "due", "done_at"),
        "dates_answered": await dates.values("option__poll__title", "option__starts_at", "answer", "at"),
        "asked_to_take_part_in": await asked.values(*_OF_PROJECT, "answer", "made_at", "answered_at"),
    }
