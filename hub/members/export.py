"""What `/me/export` gives back: all that this slice keeps about a member, no secrets."""

from hub.members.models import Invitation, Member, Passkey, Session


async def export(member_id: int) -> dict[str, object]:
    """Plain values and aware UTC times, ready for JSON."""
    person = ("name", "mail", "phone", "role", "locale", "rhythm", "own_rhythm", "joined_at", "trusted_at")
    return {
        "member": (await Member.filter(id=member_id).values(*person))[0],
        "sessions": await Session.filter(member_id=member_id).values("browser", "started_at", "seen_at"),
        "passkeys": await Passkey.filter(member_id=member_id).values("name", "added_at", "used_at"),
        "invitations": await Invitation.filter(invited_by_id=member_id).values(
            "name", "mail", "phone", "made_at", "accepted_at"
        ),
    }
