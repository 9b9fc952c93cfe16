"""What a change of its state means for an agreement; in the caller's transaction, of a locked row."""

from datetime import UTC, datetime

from hub.actors.hosts import policies_changed
from hub.actors.models import Role
from hub.fediverse.models import AgreementState, Follow, Neighbour
from hub.jobs import enqueue
from hub.neighbours import copies, objections

LIVING = (AgreementState.AGREED, AgreementState.PAUSED)


def move(neighbour: Neighbour, state: AgreementState) -> None:
    neighbour.state, neighbour.changed_at = state, datetime.now(UTC)


async def ended_by_them(neighbour: Neighbour, state: AgreementState, *, why: str = "") -> None:
    """They said no, or no longer; its actor must be loaded."""
    neighbour.their_why = why or neighbour.their_why
    await Follow.filter(follower_id=neighbour.actor_id, followed__role=Role.SERVER).delete()
    await Follow.filter(followed_id=neighbour.actor_id, follower__role=Role.SERVER).delete()
    await end(neighbour, state, by_us=False)


async def end(neighbour: Neighbour, state: AgreementState, *, by_us: bool) -> None:
    """Their copies here go by a job, at once; of what we read there nothing counts any more."""
    had_copies, paused_at = neighbour.state in LIVING, ""
    if neighbour.state is AgreementState.PAUSED:
        paused_at = neighbour.changed_at.isoformat()
    neighbour.by_us, neighbour.answer_by = by_us, None
    neighbour.caught_up_at = neighbour.reading_since = neighbour.complete_since = None
    move(neighbour, state)
    await neighbour.save()
    policies_changed()
    await objections.close(neighbour)
    if had_copies:
        await enqueue(copies.remove_of, host=neighbour.host, paused_at=paused_at)
