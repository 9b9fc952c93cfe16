"""What `/me/export` gives back: what this slice keeps about a member."""

from hub.organisations.models import Claim, Spokesperson


async def export(member_id: int) -> dict[str, object]:
    """Plain values and aware UTC times, ready for JSON."""
    speaks = Spokesperson.filter(member_id=member_id).order_by("id")
    claims = Claim.filter(member_id=member_id).order_by("id")
    asked = ("organisation__name", "message", "made_at", "decided_at", "granted", "answer")
    return {
        "speaks_for": await speaks.values("organisation__name", "manages", "granted_at"),
        "claims": await claims.values(*asked),
    }
