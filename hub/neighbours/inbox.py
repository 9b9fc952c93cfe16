"""What other hubs say about agreements, and that something is gone there too; all else others claim."""

from datetime import UTC, datetime

from federation.documents import Activity, thing_id
from federation.local import Received
from federation.origin import parse_uri
from hub.actors.models import Actor, Role
from hub.fediverse import interests
from hub.fediverse.inbox import Claim
from hub.fediverse.known import Known
from hub.neighbours import agreeing, receipts


async def follow(received: Received, actor: Actor, known: Known) -> bool:
    """Of our server actor: a proposal, if a server actor says it; any other is answered with no."""
    asked = received.activity
    server = known.ours(asked.object_id)
    if server is None or server.role is not Role.SERVER or not _is_server(actor):
        return False
    if not known.is_gone(asked.id, by=actor.uri):
        await agreeing.be_asked(actor, asked, server)
        known.follows_changed()
    return True


async def accept(received: Received, actor: Actor, known: Known) -> bool:
    if await agreeing.be_agreed(actor, received.activity):
        known.follows_changed()
        return True
    return await receipts.be_acknowledged(actor, received.activity.object_id)


async def delay(received: Received, actor: Actor, known: Known) -> bool:
    return await agreeing.be_put_off(actor, received.activity)


async def reject(received: Received, actor: Actor, known: Known) -> bool:
    if not await agreeing.be_refused(actor, received.activity):
        return False
    known.follows_changed()
    return True


async def undo(received: Received, actor: Actor, known: Known) -> bool:
    """What is undone is remembered as of anybody, for it may still come."""
    undone = received.activity.object
    told = undone if isinstance(undone, Activity) else thing_id(undone)
    if not await agreeing.be_left(actor, told):
        return False
    known.follows_changed()
    uri = thing_id(undone)
    if uri is not None:
        await known.remember_gone(uri, by=actor.uri, at=datetime.now(UTC))
    return True


async def delete(received: Received, actor: Actor, known: Known) -> bool:
    """Its own server says that it is gone; the rest is done as of anybody, and then it is gone here."""
    uri = received.activity.object_id
    theirs = known.publications.get(uri or "")
    if received.signer == actor.uri and (theirs is None or theirs.author_id == actor.id):
        await receipts.acknowledge(actor, received.activity)
    return False


async def block(received: Received, actor: Actor, known: Known) -> bool:
    """Of our server actor; the rest of it is done as of anybody."""
    target = known.ours(received.activity.object_id)
    if target is not None and target.role is Role.SERVER:
        await agreeing.be_blocked(actor)
    return False


def _is_server(actor: Actor) -> bool:
    """Where the server actor of a hub is; whether one is behind it, is asked later."""
    site = parse_uri(actor.uri, plain=True)
    return actor.uri == f"{site.scheme}://{site.netloc}/actor"


claims: dict[str, Claim] = {
    "Accept": accept,
    "Block": block,
    "Delete": delete,
    "Follow": follow,
    "Reject": reject,
    "TentativeAccept": delay,
    "Undo": undo,
}


interest = interests.Interest(left=agreeing.be_blocked)
