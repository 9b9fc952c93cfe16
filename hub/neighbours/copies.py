"""What is here of another hub: hidden for a while, shown again, or removed with all that hangs on it.

An answer to something of ours, or a letter to one of ours, is a conversation and no copy. What somebody here
follows anyway, or a region that we follow passes on, stays as far as everybody may read it.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from hub.db import places, rows, transaction
from hub.fediverse import interests
from hub.fediverse.models import AgreementState, Neighbour
from hub.jobs import enqueue
from hub.publications import hiding
from hub.publications.models import Deed, Kind, Publication

AT_ONCE = 100  # in one transaction
LOOKED_UP = timedelta(hours=6)  # what somebody here has just asked for stays so long

COPIED = (Kind.NEED, Kind.OFFER, Kind.EVENT, Kind.PROJECT, Kind.EXPERIENCE, Kind.POST)
_LIVING = (AgreementState.AGREED, AgreementState.PAUSED)

watchers: list[Callable[[str], Awaitable[None]]] = []
"""The composition root puts here who is told that much of a host was hidden, shown or removed."""


async def hide(neighbour: Neighbour) -> None:
    """For the pause that began at `changed_at`; in the caller's transaction."""
    shown = Publication.filter(author__host=neighbour.host, hidden_at=None, deleted_at=None)
    await hiding.move(shown.filter(kind__in=list(COPIED)), hidden_at=neighbour.changed_at)
    await _tell(neighbour.host)


async def show(neighbour: Neighbour) -> None:
    """What the pause hid, while `changed_at` is its beginning still; what agents hid stays so."""
    await _show(neighbour.host, neighbour.changed_at)
    await _tell(neighbour.host)


async def _show(host: str, hidden_at: datetime) -> None:
    theirs = Publication.filter(author__host=host, deleted_at=None)
    await hiding.move(theirs.filter(hidden_at=hidden_at), hidden_at=None)


async def remove_of(host: str, paused_at: str = "") -> None:
    """All copies of a hub with which it is over, some in each transaction; whoever waited for one is told.

    `paused_at`: of a pause until then (ISO 8601); what it hid, and stays, shows again.
    """
    if await Neighbour.exists(host=host, state__in=list(_LIVING)):
        return
    found = await _without_reason("actor.host = $2", host)
    async with transaction():
        await _remove(found)
        if len(found) == AT_ONCE:
            await enqueue(remove_of, host=host, paused_at=paused_at)
        else:
            if paused_at:
                await _show(host, datetime.fromisoformat(paused_at))
            await _forget_faces(host)
            await _tell(host)


async def let_go(publication_id: int) -> None:
    """Of what came by a region: nobody passes it on any more."""
    found = await _without_reason(_NOT_AGREED, publication_id)
    async with transaction():
        await _remove(found)


async def sweep() -> None:
    """Each night, whatever was said or missed: what is left of hubs with which nothing is agreed."""
    agreed_once = Neighbour.filter(agreed_at__not_isnull=True).exclude(state__in=list(_LIVING))
    for host in await agreed_once.values_list("host", flat=True):
        await remove_of(str(host))
    while found := await _without_reason(_OF_STRANGERS, datetime.now(UTC) - LOOKED_UP):
        async with transaction():
            await _remove(found)


async def _forget_faces(host: str) -> None:
    """Whose words are gone, and whom nobody follows, needs no picture: hub.media removes the file."""
    await rows(
        "UPDATE actor SET icon_url = NULL WHERE host = $1 AND icon_url IS NOT NULL"
        " AND NOT EXISTS (SELECT 1 FROM publication WHERE publication.author_id = actor.id"
        " AND publication.deleted_at IS NULL)"
        " AND NOT EXISTS (SELECT 1 FROM follow WHERE actor.id IN (follow.followed_id, follow.follower_id))",
        host,
    )


async def _tell(host: str) -> None:
    for watcher in watchers:
        await watcher(host)


async def _without_reason(which: str, value: Any) -> list[int]:
    """Rows of the index; `which` is a condition with the placeholder $2."""
    found = await rows(
        "SELECT publication.id FROM actor JOIN publication ON publication.author_id = actor.id"
        f" WHERE {which} AND actor.host <> '' AND publication.deleted_at IS NULL"
        f" AND publication.kind IN ({', '.join(repr(kind.value) for kind in COPIED)})"
        f" AND (publication.scope = 'neighbours' OR NOT ({_FOLLOWED} OR {_PASSED_ON}))"
        f" ORDER BY publication.id LIMIT $1",
        *(AT_ONCE, value),
    )
    return [row["id"] for row in found]


_FOLLOWED_BY_US = (
    "EXISTS (SELECT 1 FROM follow JOIN actor AS ours ON ours.id = follow.follower_id AND ours.host = ''"
    " WHERE follow.followed_id = {actor} AND follow.accepted_at IS NOT NULL)"
)
_FOLLOWED = _FOLLOWED_BY_US.format(actor="actor.id")
_PASSED_ON = (
    "EXISTS (SELECT 1 FROM reaction JOIN actor AS teller ON teller.id = reaction.actor_id"
    f" WHERE reaction.publication_id = publication.id AND reaction.deed = '{Deed.ANNOUNCE}'"
    f" AND ({_FOLLOWED_BY_US.format(actor='teller.id')} OR teller.host IN (SELECT neighbour.host"
    f" FROM neighbour WHERE neighbour.is_region AND neighbour.state = '{AgreementState.AGREED}')))"
)

# Somebody here offered, comes, takes part, answered, liked, passed it on or reported it: a matter of theirs,
# wherever it lives. The relay and the actor of a region pass on whatever comes.
_ENGAGED = (
    "EXISTS (SELECT 1 FROM proposal JOIN pledge ON pledge.proposal_id = proposal.id"
    " WHERE proposal.publication_id = publication.id)"
    " OR EXISTS (SELECT 1 FROM event JOIN attendance ON attendance.event_id = event.id"
    " WHERE event.publication_id = publication.id)"
    " OR EXISTS (SELECT 1 FROM project JOIN contributor ON contributor.project_id = project.id"
    " WHERE project.publication_id = publication.id)"
    " OR EXISTS (SELECT 1 FROM publication AS answer JOIN actor AS ours ON ours.id = answer.author_id"
    " WHERE answer.in_reply_to = publication.uri AND ours.host = '')"
    " OR EXISTS (SELECT 1 FROM reaction JOIN actor AS ours ON ours.id = reaction.actor_id AND ours.host = ''"
    " WHERE reaction.publication_id = publication.id AND ours.role <> 'relay'"
    " AND NOT (ours.role = 'village' AND EXISTS (SELECT 1 FROM village WHERE village.is_region)))"
    " OR EXISTS (SELECT 1 FROM moderation_case WHERE moderation_case.publication_id = publication.id)"
)
_OF_STRANGERS = (
    "actor.host NOT IN (SELECT neighbour.host FROM neighbour WHERE neighbour.agreed_at IS NOT NULL)"
    " AND publication.received_at < $2"
    f" AND (publication.scope = 'neighbours' OR (publication.kind <> 'post' AND NOT ({_ENGAGED})))"
)
_NOT_AGREED = (
    "publication.id = $2 AND actor.host NOT IN (SELECT neighbour.host FROM neighbour"
    f" WHERE neighbour.state IN ('{AgreementState.AGREED}', '{AgreementState.PAUSED}'))"
)


async def _remove(publications: Sequence[int]) -> None:
    """Whoever waited for them is told first; what was a matter of somebody here stays as a wordless row."""
    if not publications:
        return
    at = datetime.now(UTC)
    for publication in await Publication.filter(id__in=list(publications)).select_related("author"):
        await interests.remove(publication, at=at)
    among = places(len(publications))
    await rows(f"DELETE FROM publication WHERE id IN ({among}) AND NOT ({_ENGAGED})", *publications)
