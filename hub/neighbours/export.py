"""What a member said about agreements, for their own file."""

from hub.neighbours.models import Objection


async def export(member_id: int) -> object:
    mine = Objection.filter(participant__member_id=member_id).select_related("neighbour")
    return [
        {
            "about": one.neighbour.host,
            "reason": one.reason,
            "made_at": one.made_at.isoformat(),
            "answer": one.answer,
        }
        for one in await mine.order_by("id")
    ]
