"""What goes when a member leaves, of events: what others counted on in an orderly way."""


async def forget_member(member_id: int) -> None:
    """In the transaction that erases the account."""
