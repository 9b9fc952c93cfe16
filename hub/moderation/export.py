"""What a member takes along: the reports that they sent."""

from hub.moderation.models import Complaint


async def export(member_id: int) -> list[dict[str, object]]:
    """Each with its number, as long as its words are kept."""
    sent = await Complaint.filter(member_id=member_id).order_by("id").select_related("case")
    return [
        {
            "number": each.spoken_number,
            "about": each.case.path,
            "ground": each.ground.value,
            "explanation": each.explanation,
            "sent_at": each.made_at.isoformat(),
        }
        for each in sent
    ]
