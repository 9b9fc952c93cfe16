"""What Follow, Accept, Reject, Undo and Block change between an actor of ours and one elsewhere.

Each function runs in the caller's transaction, may run twice, and looks at what is stored, never at what a
message claims of it.
"""

from datetime import datetime

from federation.documents import Activity, Thing, thing_id
from hub.actors.actions import forget_actor
from hub.actors.models import Actor, Role
from hub.db import rows
from hub.fediverse import actions, interests
from hub.fediverse.models import Block, Follow
from hub.publications import receiving

# Whoever reads is welcome to these.
_OPEN_TO_ALL = frozenset({Role.BOARD, Role.PROJECT})


async def be_followed(
    follower: Actor, followed: Actor, *, uri: str, at: datetime, target: str | None = None
) -> None:
    """Accept at once, or let it wait for a person of ours; a second Follow is answered again.

    `target`: what the Follow names, where that is not the followed itself; it is told back as it came.

    Who follows the server actor asks for an agreement (hub.neighbours): to anybody else the answer is no.
    """
    if followed.role is Role.SERVER:
        await actions.say_rejected(uri, follower, followed)
    elif followed.moved_to is None:
        at_once = not followed.approves_followers or followed.role in _OPEN_TO_ALL
        if await write_follow(follower, followed, uri=uri, at=at, accepted=at_once):
            await actions.say_accepted(uri, follower, followed, target=target)


async def write_follow(follower: Actor, followed: Actor, *, uri: str, at: datetime, accepted: bool) -> bool:
    """The row of a Follow that came in, unless the followed is blocked by them; whether it is accepted."""
    written = await rows(
        "INSERT INTO follow (uri, follower_id, followed_id, asked_at, accepted_at)"
        " SELECT $1, $2, $3, $4, $5"
        " WHERE NOT EXISTS (SELECT 1 FROM block WHERE by_id = $2 AND target_id = $3)"
        " ON CONFLICT (follower_id, followed_id) DO UPDATE"
        " SET uri = excluded.uri, accepted_at = COALESCE(follow.accepted_at, excluded.accepted_at)"
        " RETURNING accepted_at",  # whether it is null SQLite cannot be trusted to say here
        *(uri, follower.id, followed.id, at, at if accepted else None),
    )
    return bool(written) and written[0]["accepted_at"] is not None


async def be_accepted(followed: Actor, asked: Thing | None, *, at: datetime) -> bool:
    """One of ours may follow; only the followed can say so (INB-17)."""
    follow = await _our_follow(followed, asked)
    if follow is None:
        return False
    await Follow.filter(id=follow.id, accepted_at=None).update(accepted_at=at)
    return True


async def be_rejected(followed: Actor, asked: Thing | None) -> bool:
    """It may not, or no longer."""
    follow = await _our_follow(followed, asked)
    if follow is None:
        return False
    await Follow.filter(id=follow.id).delete()
    return True


async def be_left(follower: Actor, *, uri: str | None = None, followed: Actor | None = None) -> bool:
    """Undo of a Follow, by its id, or by whom it was for."""
    theirs = Follow.filter(follower_id=follower.id)
    theirs = theirs.filter(uri=uri) if followed is None else theirs.filter(followed_id=followed.id)
    return bool(await theirs.delete())


async def be_blocked(by: Actor, target: Actor, *, uri: str, at: datetime) -> None:
    """Somebody wants nothing from one of ours."""
    await rows(
        "INSERT INTO block (uri, by_id, target_id, at) VALUES ($1, $2, $3, $4)"
        " ON CONFLICT (by_id, target_id) DO UPDATE SET uri = $1",
        *(uri, by.id, target.id, at),
    )


async def part(one: Actor, other: Actor) -> None:
    """Neither follows the other any more."""
    await Follow.filter(follower_id=one.id, followed_id=other.id).delete()
    await Follow.filter(follower_id=other.id, followed_id=one.id).delete()


async def be_unblocked(by: Actor, *, uri: str | None = None, target: Actor | None = None) -> bool:
    theirs = Block.filter(by_id=by.id)
    theirs = theirs.filter(uri=uri) if target is None else theirs.filter(target_id=target.id)
    return bool(await theirs.delete())


async def part_with(actor: Actor, *, at: datetime) -> None:
    """An actor of another server is gone, with all that it wrote, liked, followed and blocked."""
    await Follow.filter(follower_id=actor.id).delete()
    await Follow.filter(followed_id=actor.id).delete()
    await Block.filter(by_id=actor.id).delete()
    await forget_actor(actor, at=at)
    await interests.be_left(actor)
    await receiving.remove_all(actor, at=at)


async def move_followers_of_ours(old: Actor, new: Actor) -> None:
    """Ours who followed the one follow the other."""
    for follow in await Follow.filter(followed=old, follower__host="").select_related("follower", "followed"):
        await actions.follow(follow.follower, new)
        await actions.unfollow(follow)


async def _our_follow(followed: Actor, asked: Thing | None) -> Follow | None:
    """By its id; or, of an embedded one that its server has no id of, by whom it was from."""
    to_them = Follow.filter(followed_id=followed.id, follower__host="")
    uri = thing_id(asked)
    if uri is not None and (found := await to_them.filter(uri=uri).first()) is not None:
        return found
    if isinstance(asked, Activity) and asked.type == "Follow" and asked.object_id == followed.uri:
        return await to_them.filter(follower__uri=asked.actor).first()
    return None
