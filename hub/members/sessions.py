"""Signed-in browsers: open, find, confirm, end. The cookie is the secret; we keep its hash."""

import re
from datetime import UTC, datetime, timedelta

from hub import limits
from hub.members.models import Member, Passkey, Session, hash_of, new_token


async def open_session(member: Member, browser: str, *, strong: bool = False) -> str:
    """A new session in the caller's transaction; returns the cookie's value.

    Always a new one at sign-in, so a cookie planted before is worth nothing. `strong`: a
    passkey was shown, so no second factor is asked.
    """
    token, now = new_token(), datetime.now(UTC)
    await Session.create(
        token_hash=hash_of(token),
        member=member,
        browser=browser_of(browser),
        ends_at=now + timedelta(days=limits.SESSION_DAYS),
        confirmed_at=now,
        awaits_second_factor=not strong and await has_second_factor(member),
    )
    extra = await Session.filter(member=member).order_by("-seen_at").offset(limits.SESSIONS_PER_MEMBER)
    await Session.filter(id__in=[session.id for session in extra]).delete()
    return token


async def has_second_factor(member: Member) -> bool:
    """Whether an agent or administrator turned a second factor on."""
    return member.is_agent and (member.totp_secret is not None or await Passkey.exists(member_id=member.id))


async def confirm(session_id: int) -> None:
    """The person showed again who they are."""
    await Session.filter(id=session_id).update(confirmed_at=datetime.now(UTC), awaits_second_factor=False)


async def rotate(session_id: int) -> str:
    """Another cookie for a browser that may do more from now on: a copy of the old one is worth nothing."""
    token = new_token()
    await Session.filter(id=session_id).update(token_hash=hash_of(token))
    return token


async def end(session_id: int, member_id: int) -> None:
    """Sign one browser out, if it is this member's."""
    await Session.filter(id=session_id, member_id=member_id).delete()


async def end_all(member_id: int, *, but: int | None = None) -> None:
    """Sign every browser of a member out, except session `but`."""
    sessions = Session.filter(member_id=member_id)
    await (sessions if but is None else sessions.exclude(id=but)).delete()


_BROWSERS = ("Firefox", "Edg", "OPR", "SamsungBrowser", "Chrome", "Safari")
_NAMES = {"Edg": "Edge", "OPR": "Opera", "SamsungBrowser": "Samsung Internet"}
_SYSTEMS = ("Android", "iPhone", "iPad", "Windows", "Mac OS", "Linux")


def browser_of(user_agent: str) -> str:
    """`Firefox, Android`: enough to recognise one's own phone, not more."""
    found = next((name for name in _BROWSERS if re.search(rf"\b{name}/", user_agent)), None)
    system = next((name for name in _SYSTEMS if name in user_agent), None)
    return ", ".join(filter(None, (_NAMES.get(found or "", found), system)))
