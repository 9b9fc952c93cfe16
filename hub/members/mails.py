"""Mails about accounts. Each is a job: its link is made while it is written, never before."""

from time import time

from hub import limits
from hub.members.links import forget_link, make_link
from hub.members.models import Invitation, Member, Purpose, hash_of, mail_key, new_token
from hub.notifications.mail import send


def too_late(asked_at: float | None) -> bool:
    """Whether the mail waited so long (a mail server that was down) that nobody waits for it any more."""
    return asked_at is not None and time() - asked_at > limits.LINK_MINUTES * 60


async def sign_in_link(member_id: int, next_path: str, asked_at: float | None = None) -> None:
    """The link that signs a member in. `asked_at`: Unix time, if it is of no use much later.

    Without it a mail that waited for its server or for a worker leaves the links that were made meanwhile,
    as those that an operator prints because no mail comes.
    """
    if too_late(asked_at):
        return
    member = await Member.get_or_none(id=member_id, suspended_at=None)
    if member is None or member.mail is None:
        return
    token = await make_link(Purpose.SIGN_IN, member_id, asked_at=asked_at or 0, next=next_path)
    await _send_link(member.mail, locale=member.locale, template="sign_in", name=member.name, token=token)


async def sign_up_link(name: str, mail: str, locale: str, *, asked_at: float | None = None) -> None:
    """The link that makes an account."""
    if too_late(asked_at) or await Member.exists(mail_key=mail_key(mail)):
        return
    token = await make_link(Purpose.SIGN_UP, None, name=name, mail=mail, locale=locale)
    await _send_link(mail, locale=locale, template="sign_up", name=name, token=token)


async def new_mail_link(member_id: int, mail: str, asked_at: float | None = None) -> None:
    """The link that proves that a new address is the member's."""
    if too_late(asked_at):
        return
    member = await Member.get_or_none(id=member_id, suspended_at=None)
    if member is not None:
        token = await make_link(Purpose.NEW_MAIL, member_id, mail=mail)
        await _send_link(mail, locale=member.locale, template="new_mail", name=member.name, token=token)


async def invitation(invitation_id: int) -> None:
    """A place that is kept for somebody."""
    place = await Invitation.open().get_or_none(id=invitation_id).select_related("invited_by")
    if place is None or place.mail is None:
        return
    token = new_token()
    await Invitation.filter(id=place.id).update(token_hash=hash_of(token))
    await send(
        place.mail,
        locale=None,
        template="invitation",
        name=place.name,
        by=place.invited_by.name,
        until=place.ends_at,
        token=token,
    )


async def security_notice(member_id: int, to: str, what: str) -> None:
    """Tell somebody what was just changed about the safety of their account."""
    member = await Member.get_or_none(id=member_id)
    if member is not None:
        await send(to, locale=member.locale, template="security_notice", name=member.name, what=what)


async def _send_link(to: str, *, locale: str | None, template: str, name: str, token: str) -> None:
    minutes = limits.LINK_MINUTES
    try:
        await send(to, locale=locale, template=template, name=name, token=token, minutes=minutes)
    except Exception:
        await forget_link(token)  # the next try makes its own
        raise
