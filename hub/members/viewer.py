"""From the cookie of a browser to the viewer of a page."""

from datetime import UTC, datetime, timedelta

from starlette.requests import Request

from hub import limits
from hub.members.models import Member, Session
from hub.web.viewer import Viewer

SEEN_EVERY = timedelta(minutes=10)  # so that reading pages rarely writes


async def member_of(request: Request) -> Member:
    """Who does this, where only somebody who signed in can: whose decision stands in the journal."""
    return await Member.get(id=request.state.viewer.member_id)


async def find_viewer(token: str) -> Viewer | None:
    """Whose browser this is: one query, and rarely a write."""
    session = await Session.find(token)
    if session is None:
        return None
    now, member = datetime.now(UTC), session.member
    if renewed := now - session.seen_at > SEEN_EVERY:
        await Session.filter(id=session.id).update(
            seen_at=now, ends_at=now + timedelta(days=limits.SESSION_DAYS)
        )
    return Viewer(
        member_id=member.id,
        session_id=session.id,
        name=member.name,
        locale=member.locale,
        trusted=member.trusted_at is not None,
        is_agent=member.is_agent,
        is_administrator=member.is_administrator,
        renewed=renewed,
        awaits_second_factor=session.awaits_second_factor,
        confirmed=session.confirmed,
    )
