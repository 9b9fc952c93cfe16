"""From an empty database to a village with somebody who can sign in."""

from datetime import timedelta
from typing import NamedTuple

from hub.db import runs_elsewhere, transaction
from hub.errors import InvalidInput
from hub.jobs import bring_forward, enqueue
from hub.members import mails
from hub.members.actions import add_member, change_role
from hub.members.links import make_link, use_link
from hub.members.models import Link, Member, Purpose, Role, mail_key
from hub.region.dump import write_open_data
from hub.text import N_, gettext, speak_for, speaking
from hub.village.actions import open_village
from hub.village.models import Village, VillageDraft

SUSPENDED = N_("This account is closed for now.")


class FirstMinute(NamedTuple):
    """A village, and who takes care of it."""

    village: VillageDraft
    administrator_name: str
    administrator_mail: str


async def make_set_up_link() -> str | None:
    """The token of a link that leads to the wizard; None once there is a village.

    The last one is the only one, but for those of processes that started together.
    """
    if await Village.exists():
        return None
    async with transaction():
        if not await runs_elsewhere():
            await Link.filter(purpose=Purpose.SET_UP).delete()
        return await make_link(Purpose.SET_UP, None, ends_in=timedelta(days=7))


def administrator_name(village: VillageDraft) -> str:
    """Of whom only a mail address is known."""
    speak_for(network=village.is_region)
    with speaking(village.locale):
        return gettext("Town hall")


async def set_up(first: FirstMinute, *, token: str | None = None) -> Member:
    """Make village and administrator, and mail them a sign-in link: all of it or nothing.

    `token` of the set-up link, which is spent; None on the command line. Raises LinkSpent,
    InvalidInput, Conflict.
    """
    async with transaction():
        if token is not None:
            await use_link(token, Purpose.SET_UP)
        await open_village(first.village)
        await bring_forward(write_open_data)  # else not before hours: its first turn found no village
        return await add_administrator(first.administrator_name, first.administrator_mail)


async def add_administrator(name: str, mail: str) -> Member:
    """Make, or raise to administrator, the member with this address, and mail a sign-in link."""
    member = await Member.get_or_none(mail_key=mail_key(mail))
    if member is None:
        member = await add_member(name, mail=mail, role=Role.ADMINISTRATOR, trusted=True)
    elif member.suspended_at is not None:
        raise InvalidInput({"contact": SUSPENDED})
    else:
        await change_role(member.id, Role.ADMINISTRATOR)
    await enqueue(mails.sign_in_link, member_id=member.id, next_path="/admin")
    return member
