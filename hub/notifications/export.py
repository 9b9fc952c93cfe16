"""What somebody takes along of what they were told."""

from hub.notifications.models import Notice


async def export(member_id: int) -> list[dict[str, object]]:
    """Plain values and aware UTC times, in the language of the moment, ready for JSON."""
    return [
        {"at": notice.made_at, "subject": notice.subject_words(), "text": notice.text_words()}
        for notice in await Notice.filter(member_id=member_id).order_by("made_at", "id")
    ]
