"""What people do about accounts: join, sign in, invite, change, leave. Each is all or nothing."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from time import time
from typing import Any

from tortoise.exceptions import IntegrityError
from tortoise.expressions import Q
from tortoise.queryset import QuerySet

from hub import limits
from hub.db import transaction
from hub.errors import Conflict, InvalidInput, LinkSpent, NotAllowed, NotFound
from hub.jobs import enqueue
from hub.journal import record
from hub.members import mails, sessions
from hub.members.links import make_link, use_link
from hub.members.models import (
    Invitation,
    Link,
    Member,
    Purpose,
    Rhythm,
    Role,
    Session,
    hash_of,
    mail_key,
    new_token,
)
from hub.notifications.actions import end_links
from hub.text import N_

LAST_ADMINISTRATOR = N_("You are the only administrator. Give this role to somebody else first.")
MAIL_IN_USE = N_("Somebody already uses this address here.")

# What other slices do about somebody who leaves, in the same transaction; the composition root says which.
farewells: list[Callable[[int], Awaitable[None]]] = []

# What other slices do for an address without an account from which a link is asked for; as above.
known_otherwise: list[Callable[[str], Awaitable[None]]] = []


@dataclass(frozen=True, kw_only=True)
class Joining:
    """Who wants to become a member, as they entered it, checked."""

    name: str
    mail: str
    locale: str


async def ask_sign_in_link(mail: str, *, address: str, next_path: str = "/") -> None:
    """Mail a sign-in link, if somebody here has this address; the caller cannot tell.

    Who takes part without an account gets their own links. `address`: of the visitor's network.
    Raises TooMany.
    """
    await limits.spend(limits.LINKS_PER_ADDRESS, address)
    await limits.spend(limits.LINKS_PER_MAIL, mail_key(mail))
    member = await Member.by_mail(mail_key(mail))
    if member is not None:
        await enqueue(mails.sign_in_link, member_id=member.id, next_path=next_path, asked_at=time())
        return
    for ask_links in known_otherwise:
        await ask_links(mail)


async def sign_in(token: str, *, browser: str) -> tuple[str, str]:
    """Use a link: (cookie value, where to go next). Raises LinkSpent."""
    async with transaction():
        link = await use_link(token, Purpose.SIGN_IN)
        member = await Member.get_or_none(id=link.member_id, suspended_at=None)
        if member is None:
            raise LinkSpent
        return await sessions.open_session(member, browser), link.details.get("next", "/")


async def ask_to_join(joining: Joining, *, address: str) -> None:
    """Mail a link that makes the account; who has one already gets a sign-in link instead.

    So nobody learns from this form who is a member. Raises TooMany.
    """
    await limits.spend(limits.SIGN_UPS_PER_ADDRESS, address)
    await limits.spend(limits.LINKS_PER_MAIL, mail_key(joining.mail))
    member = await Member.by_mail(mail_key(joining.mail))
    if member is not None:
        await enqueue(mails.sign_in_link, member_id=member.id, next_path="/", asked_at=time())
    elif not await Member.exists(mail_key=mail_key(joining.mail)):
        await enqueue(mails.sign_up_link, **vars(joining), asked_at=time())


async def join(token: str, *, browser: str) -> str:
    """Use a sign-up link: a newcomer is made and signed in; returns the cookie value."""
    async with transaction():
        link = await use_link(token, Purpose.SIGN_UP)
        joining = Joining(**link.details)
        member = await Member.get_or_none(mail_key=mail_key(joining.mail))
        if member is None:
            member = await _add_or_spent(joining.name, mail=joining.mail, locale=joining.locale)
        if member.suspended_at is not None:
            raise LinkSpent
        return await sessions.open_session(member, browser)


async def add_member(
    name: str,
    *,
    mail: str | None = None,
    phone: str | None = None,
    role: Role = Role.RESIDENT,
    locale: str | None = None,
    trusted: bool = False,
) -> Member:
    """Make a member; raises InvalidInput when somebody has this address already."""
    if mail is not None and await Member.exists(mail_key=mail_key(mail)):
        raise InvalidInput({"contact": MAIL_IN_USE})
    try:
        return await Member.create(
            name=name,
            mail=mail,
            mail_key=mail_key(mail) if mail else None,
            phone=phone,
            role=role,
            locale=locale,
            trusted_at=datetime.now(UTC) if trusted else None,
        )
    except IntegrityError:  # somebody else was faster by a moment
        raise InvalidInput({"contact": MAIL_IN_USE}) from None


async def _add_or_spent(name: str, **facts: Any) -> Member:
    """add_member(), where an address that was taken meanwhile means that its owner is here already."""
    try:
        return await add_member(name, **facts)
    except InvalidInput:
        raise LinkSpent from None


async def invite(
    by: Member, name: str, *, mail: str | None, phone: str | None, role: Role = Role.RESIDENT
) -> str | None:
    """Keep a place for somebody; by mail, or else by the returned token, shown once to the inviter.

    Only administrators invite agents and administrators. Raises NotAllowed, InvalidInput, TooMany.
    """
    if role is not Role.RESIDENT and not by.is_administrator:
        raise NotAllowed
    await limits.spend(limits.INVITATIONS_PER_MEMBER, str(by.id))
    async with transaction():
        if mail is not None:
            if await Member.exists(mail_key=mail_key(mail)):
                raise InvalidInput({"contact": MAIL_IN_USE})
            await limits.spend(limits.LINKS_PER_MAIL, mail_key(mail))
        token = new_token()
        invitation = await Invitation.create(
            token_hash=hash_of(token),
            invited_by=by,
            name=name,
            mail=mail,
            phone=phone,
            role=role,
            ends_at=datetime.now(UTC) + timedelta(days=limits.INVITATION_DAYS),
        )
        if mail is None:
            return token
        await enqueue(mails.invitation, invitation_id=invitation.id)
        return None


async def accept_invitation(token: str, *, name: str, locale: str, browser: str) -> str:
    """Take the place that was kept; returns the cookie value. Raises LinkSpent."""
    async with transaction():
        found = Invitation.open().filter(token_hash=hash_of(token))
        if (
            await Invitation.filter(id__in=[each.id for each in await found], accepted_at=None).update(
                accepted_at=datetime.now(UTC)
            )
            != 1
        ):
            raise LinkSpent
        place = await Invitation.get(token_hash=hash_of(token)).select_related("invited_by")
        role = place.role if place.invited_by.is_administrator else Role.RESIDENT
        member = await _add_or_spent(
            name,
            mail=place.mail,
            phone=place.phone,
            role=role,
            locale=locale,
            trusted=place.invited_by.trusted_at is not None,
        )
        return await sessions.open_session(member, browser)


def _invitation_of(invitation_id: int, by: Member) -> QuerySet[Invitation]:
    """An open invitation: one's own, or any for an agent."""
    found: QuerySet[Invitation] = Invitation.open().filter(id=invitation_id)
    return found if by.is_agent else found.filter(invited_by=by)


async def renew_invitation(invitation_id: int, by: Member) -> tuple[Invitation, str | None]:
    """Send it again, or give a new slip: the link before no longer works. Raises NotFound, TooMany."""
    await limits.spend(limits.INVITATIONS_PER_MEMBER, str(by.id))
    async with transaction():
        place = await _invitation_of(invitation_id, by).first()
        if place is None or (place.role is not Role.RESIDENT and not by.is_administrator):
            raise NotFound
        token, ends_at = new_token(), datetime.now(UTC) + timedelta(days=limits.INVITATION_DAYS)
        await Invitation.filter(id=place.id).update(token_hash=hash_of(token), ends_at=ends_at)
        if place.mail is None:
            return place, token
        await enqueue(mails.invitation, invitation_id=place.id)
        return place, None


async def withdraw_invitation(invitation_id: int, by: Member) -> None:
    """Take an invitation back: one's own, or any for an agent. Raises NotFound."""
    mine = _invitation_of(invitation_id, by)
    if (
        await Invitation.filter(id__in=[each.id for each in await mine]).update(
            withdrawn_at=datetime.now(UTC)
        )
        != 1
    ):
        raise NotFound


async def change_profile(
    member_id: int, *, name: str, locale: str, rhythm: Rhythm, notices: Rhythm | None = None
) -> None:
    """Change what is shown of oneself, how often one hears from the village, and of what concerns one."""
    await Member.filter(id=member_id).update(name=name, locale=locale, rhythm=rhythm, own_rhythm=notices)


async def ask_new_mail(member_id: int, mail: str) -> None:
    """Mail a link to the new address; nothing changes before it is used. Raises TooMany."""
    key = mail_key(mail)
    if await Member.exists(mail_key=key):
        # Nothing is sent, so its owner's links are not spent; yet the answers must look the same.
        await limits.spend(limits.LINKS_PER_MAIL, f"not sent:{key}")
        return
    await limits.spend(limits.LINKS_PER_MAIL, key)
    await enqueue(mails.new_mail_link, member_id=member_id, mail=mail, asked_at=time())


async def take_new_mail(token: str, *, member_id: int, session_id: int) -> None:
    """Use the link of ask_new_mail, signed in as who asked.

    Older links and other browsers are of no use afterwards; the old address is told.
    Raises LinkSpent, also when somebody else took the address meanwhile.
    """
    async with transaction():
        link = await use_link(token, Purpose.NEW_MAIL)
        mail, member = link.details["mail"], await Member.get(id=member_id)
        if link.member_id != member_id or await Member.exists(mail_key=mail_key(mail)):
            raise LinkSpent
        if member.mail is not None:
            await enqueue(mails.security_notice, member_id=member.id, to=member.mail, what="mail-changed")
        try:
            await Member.filter(id=member_id).update(mail=mail, mail_key=mail_key(mail))
        except IntegrityError:  # somebody else was faster by a moment
            raise LinkSpent from None
        await Link.filter(member_id=member_id, used_at=None).delete()
        await end_links(member_id)
        await sessions.end_all(member_id, but=session_id)


async def trust(member_id: int, by: Member | None = None) -> None:
    """A newcomer is known from now on; their words show at once."""
    async with transaction():
        fresh = Member.filter(id=member_id, trusted_at=None)
        if await fresh.update(trusted_at=datetime.now(UTC)):
            await record("member-trusted", _page(member_id), by=by)


async def distrust(member_id: int, by: Member) -> bool:
    """What they publish is read first again; whether that is new. Raises NotAllowed."""
    _may_judge(await Member.get(id=member_id), by)
    return bool(await Member.filter(id=member_id).exclude(trusted_at=None).update(trusted_at=None))


async def change_role(member_id: int, role: Role, by: Member | None = None) -> None:
    """Give a role; the member is told, and signs in anew. Raises Conflict for the last administrator."""
    async with transaction():
        member = await _locked(member_id)
        if member.role is role:
            return
        await _keep_an_administrator(member)
        await Member.filter(id=member_id).update(role=role, trusted_at=member.trusted_at or datetime.now(UTC))
        await Link.filter(member_id=member_id, used_at=None).delete()
        await end_links(member_id)
        await sessions.end_all(member_id)
        await record("role-changed", _page(member_id), by=by, why=f"{member.role.value} → {role.value}")
        await tell(member, "role-changed")


async def suspend(member_id: int, by: Member) -> None:
    """Close an account for now: every browser is signed out at once. Raises NotAllowed, Conflict."""
    async with transaction():
        member = await _locked(member_id)
        _may_judge(member, by)
        await _keep_an_administrator(member)
        await Member.filter(id=member_id).update(suspended_at=datetime.now(UTC))
        await Link.filter(member_id=member_id).delete()
        await end_links(member_id)
        await sessions.end_all(member_id)
        if member.suspended_at is None:
            await record("member-suspended", _page(member_id), by=by)


async def readmit(member_id: int, by: Member) -> None:
    """Open a suspended account again. Raises NotAllowed."""
    _may_judge(await Member.get(id=member_id), by)
    async with transaction():
        if await Member.filter(id=member_id).exclude(suspended_at=None).update(suspended_at=None):
            await record("member-readmitted", _page(member_id), by=by)


def _page(member_id: int) -> str:
    """How the journal names a member: by number, for the name goes when they go."""
    return f"/members/{member_id}"


def _may_judge(member: Member, by: Member) -> None:
    if member.is_agent and not by.is_administrator:
        raise NotAllowed


async def print_access(member_id: int) -> str:
    """A token for a paper slip, for a resident without mail; it works once, within a week.

    Raises NotAllowed for anyone whom a mail can reach, or who is more than a resident: nobody
    may open another's account by paper.
    """
    member = await Member.get_or_none(id=member_id, suspended_at=None)
    if member is None or member.mail is not None or member.is_agent:
        raise NotAllowed
    return await make_link(Purpose.SIGN_IN, member_id, ends_in=timedelta(days=limits.SLIP_DAYS), next="/me")


async def erase(member_id: int) -> None:
    """Forget a person: the account and all that hangs on it. Raises Conflict for the last administrator."""
    async with transaction():
        try:
            member = await _locked(member_id)
        except NotFound:  # the button was pressed twice
            return
        await _keep_an_administrator(member)
        await end_links(member_id)
        await _say_farewell(member_id)
        await Member.select_for_update().get(id=member_id)  # from now on nothing more can become theirs
        await _say_farewell(member_id)  # to what they began in another window meanwhile
        await member.delete()


async def _say_farewell(member_id: int) -> None:
    for say_farewell in farewells:
        await say_farewell(member_id)


async def tell(member: Member, what: str) -> None:
    """Mail a notice about the safety of an account, where a mail can reach it."""
    if member.mail is not None:
        await enqueue(mails.security_notice, member_id=member.id, to=member.mail, what=what)


async def _locked(member_id: int) -> Member:
    """The member, locked together with every administrator, so that of two who leave at once one stays.

    Without their keys: whoever holds an event and tells one of them of it waits for nobody. Raises NotFound.
    """
    rows = Member.filter(Q(id=member_id) | Q(role=Role.ADMINISTRATOR)).order_by("id")
    for member in await rows.select_for_update(no_key=True):
        if member.id == member_id:
            return member
    raise NotFound


async def _keep_an_administrator(member: Member) -> None:
    if member.is_administrator and member.suspended_at is None and await Member.count_administrators() == 1:
        raise Conflict(LAST_ADMINISTRATOR)


async def sweep() -> None:
    """Forget what is over: sessions, links, invitations, counters."""
    now = datetime.now(UTC)
    await Session.filter(ends_at__lt=now).delete()
    await Link.filter(ends_at__lt=now - timedelta(days=1)).delete()
    await Invitation.filter(ends_at__lt=now - timedelta(days=30)).delete()
    await limits.forget_rested()
