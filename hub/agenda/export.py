"""What `/me/export` gives back: events of a member, and what they took part in."""


async def export(member_id: int) -> dict[str, object]:
    """Plain values and aware UTC times, ready for JSON."""
    return {}
