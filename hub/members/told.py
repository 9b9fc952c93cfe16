"""What mails must know of members; hub.notifications asks for it through the composition root."""

from hub.members.models import Member, Rhythm
from hub.notifications.people import Account


async def find(member_id: int) -> Account | None:
    """A member who may be told something; None for who left or is suspended."""
    member = await Member.get_or_none(id=member_id, suspended_at=None)
    return None if member is None else account_of(member)


async def agents() -> list[Account]:
    """Who does the town hall's part."""
    return [account_of(member) for member in await Member.agents()]


def account_of(member: Member) -> Account:
    return Account(
        member_id=member.id,
        name=member.name,
        mail=member.mail,
        phone=member.phone,
        locale=member.locale,
        rhythm=member.notice_rhythm,
    )


async def stop(member_id: int, digest: bool) -> None:
    """No more mails: the village's digest, or notices about what concerns this member."""
    setting = "rhythm" if digest else "own_rhythm"
    await Member.filter(id=member_id).update(**{setting: Rhythm.NEVER})
