"""A member's private address of their agenda: made, taken back, and what it shows."""

from datetime import UTC, datetime, timedelta

from hub.agenda.models import HOLDING, Attendance, CalendarKey
from hub.db import transaction
from hub.members.models import Member
from hub.tokens import hash_of, new_token

USED = timedelta(hours=1)  # its last use is written down no more often


async def make_key(member_id: int) -> str:
    """A new address; the one before, if any, opens nothing any more. Only its hash is stored."""
    token = new_token()
    async with transaction():
        await CalendarKey.filter(member_id=member_id).delete()
        await CalendarKey.create(hash=hash_of(token), member_id=member_id)
    return token


async def revoke_key(member_id: int) -> None:
    await CalendarKey.filter(member_id=member_id).delete()


async def member_of_key(token: str) -> Member | None:
    """Whose address this is; of accounts that are closed it opens nothing."""
    found = CalendarKey.filter(hash=hash_of(token), member__suspended_at=None)
    key = await found.select_related("member").first()
    if key is None:
        return None
    now = datetime.now(UTC)
    if key.used_at is None or now - key.used_at > USED:
        await CalendarKey.filter(hash=key.hash).update(used_at=now)
    return key.member


async def taking_part(member_id: int) -> dict[int, Attendance]:
    """Where they come or wait, by the key of the event, with their shifts."""
    theirs = Attendance.filter(participant__member_id=member_id, presence__in=list(HOLDING))
    return {one.event_id: one for one in await theirs.select_related("shift").order_by("-id")}
