"""Links in mails: made when the mail is written, spent once. Only hashes are stored."""

from datetime import UTC, datetime, timedelta

from hub import limits
from hub.db import hold, transaction
from hub.errors import LinkSpent
from hub.members.models import Link, Member, Purpose, hash_of, new_token


async def make_link(
    purpose: Purpose,
    member_id: int | None,
    *,
    ends_in: timedelta = timedelta(minutes=limits.LINK_MINUTES),
    asked_at: float | None = None,
    **details: str,
) -> str:
    """A fresh link, which makes the member's older ones of this purpose useless; returns its token.

    `asked_at`: Unix time, where somebody asked long ago: what was made since then stays good.
    """
    token = new_token()
    async with transaction():
        if member_id is not None:
            await hold(Member, [member_id])  # so that the newest is the only one
        older = Link.filter(purpose=purpose, member_id=member_id, used_at=None).exclude(member_id=None)
        if asked_at is not None:
            older = older.filter(made_at__lt=datetime.fromtimestamp(asked_at, UTC))
        await older.delete()
        await Link.create(
            token_hash=hash_of(token),
            purpose=purpose,
            member_id=member_id,
            details=details,
            ends_at=datetime.now(UTC) + ends_in,
        )
    return token


async def forget_link(token: str) -> None:
    """Of a mail that was not sent."""
    await Link.filter(token_hash=hash_of(token), used_at=None).delete()


async def use_link(token: str, purpose: Purpose) -> Link:
    """Spend a link, in the caller's transaction; of two who try at once, one raises LinkSpent."""
    if await Link.living(token, purpose).update(used_at=datetime.now(UTC)) != 1:
        raise LinkSpent
    return await Link.get(token_hash=hash_of(token))
