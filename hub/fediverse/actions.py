"""What actors of ours do in the network: each act changes rows and queues its activity, all or nothing.

All of it happens in the caller's transaction, and nothing here waits for another server.
"""

import json
from dataclasses import replace
from datetime import UTC, datetime

from federation import activities
from federation.addressing import Visibility, visibility
from federation.documents import Activity as AskedActivity
from federation.documents import parse_activity
from federation.signatures import add_proof
from federation.vocabulary import PUBLIC, Json
from hub.actors.actions import forget_actor
from hub.actors.documents import actor_document
from hub.actors.hosts import OFF, federation_mode
from hub.actors.keys import key_pair, rotate
from hub.actors.minting import activity_uri
from hub.actors.models import Actor, Role
from hub.db import places, rows
from hub.errors import NotAllowed
from hub.fediverse import queue
from hub.fediverse.models import Activity, Follow
from hub.fediverse.network import served_changed
from hub.fediverse.receipts import expect_receipts
from hub.fediverse.recipients import Reach, address
from hub.publications.models import Deed, Publication, Reaction, Scope
from hub.publications.receiving import react, take_back

__all__ = [
    "Reach",
    "accept_follow",
    "boost",
    "delete_actor",
    "follow",
    "like",
    "publish",
    "reject_follow",
    "rotate_keys",
    "say_no",
    "unboost",
    "unfollow",
    "unlike",
    "update_actor",
]


async def publish(
    activity: Json, *, author: Actor, reach: Reach, signing_key_id: int | None = None
) -> Activity:
    """Store the exact text of an activity and queue it for everybody in `reach`.

    What is public gets an integrity proof, so that others can pass it on. `signing_key_id` names a retired
    key, for the news of a new one.
    """
    now = datetime.now(UTC)
    public = _is_public(activity)
    if public and signing_key_id is None:  # the new key would prove nothing to who knows the old one
        activity = add_proof(activity, (await key_pair(author)).ed25519, now)
    stored = await _store(activity, author, public=public, at=now)
    if federation_mode() != OFF:
        await address(stored, reach, signing_key_id=signing_key_id)
    queue.QUEUED.send()
    served_changed()
    return stored


async def _store(activity: Json, author: Actor, *, public: bool, at: datetime) -> Activity:
    facts = {
        "uri": activity["id"],
        "actor_id": author.id,
        "type": activity["type"],
        "object_uri": _object_uri(activity),
        "body": json.dumps(activity, ensure_ascii=False, separators=(",", ":")),
        "public": public,
        "made_at": at,
    }
    insert = f"INSERT INTO activity ({', '.join(facts)}) VALUES {places(1, len(facts))} RETURNING id"
    return Activity(id=(await rows(insert, *facts.values()))[0]["id"], **facts)


async def follow(follower: Actor, target: Actor, *, further: Json | None = None) -> Follow:
    """Ask to follow; once more where we asked already, for the question may have been lost.

    `further`: what else the Follow says, as the terms of an agreement.
    """
    now = datetime.now(UTC)
    uri = activity_uri(follower.uri, "follows")
    at_once = now if target.is_local and not target.approves_followers else None
    await rows(
        "INSERT INTO follow (uri, follower_id, followed_id, asked_at, accepted_at)"
        " VALUES ($1, $2, $3, $4, $5)"
        " ON CONFLICT (follower_id, followed_id) DO UPDATE SET uri = excluded.uri",
        *(uri, follower.id, target.id, now, at_once),
    )
    asked = activities.follow(uri, actor=follower.uri, target=target.uri)
    await publish({**asked, **(further or {})}, author=follower, reach=Reach(named=(target,)))
    return await Follow.get(follower=follower, followed=target)


async def unfollow(follow: Follow) -> None:
    """Take it back, whether or not it was ever accepted."""
    follower, followed = await _both(follow)
    asked = activities.follow(follow.uri, actor=follower.uri, target=followed.uri)
    await follow.delete()
    undone = _undo(asked, follower)
    await publish(undone, author=follower, reach=Reach(named=(followed,)))


async def accept_follow(follow: Follow, *, further: Json | None = None) -> None:
    """Let somebody follow one of ours; said again to who asks again."""
    follower, followed = await _both(follow)
    if follow.accepted_at is None:
        follow.accepted_at = datetime.now(UTC)
        await follow.save(update_fields=["accepted_at"])
    await say_accepted(follow.uri, follower, followed, further=further)


async def say_accepted(
    uri: str, follower: Actor, followed: Actor, *, further: Json | None = None, target: str | None = None
) -> None:
    """Tell a follower that its Follow, of that URI, was accepted; `target`: what it named, if known."""
    asked = _asked(uri, follower, followed, target=target)
    accepted = activities.accept(asked, uri=activity_uri(followed.uri, "accepts"), actor=followed.uri)
    await publish({**accepted, **(further or {})}, author=followed, reach=Reach(named=(follower,)))


async def reject_follow(follow: Follow, *, why: str = "") -> None:
    """Say no, or no longer."""
    follower, followed = await _both(follow)
    await follow.delete()
    await say_rejected(follow.uri, follower, followed, why=why)


async def say_rejected(
    uri: str, follower: Actor, followed: Actor, *, why: str = "", target: str | None = None
) -> None:
    """Tell somebody that their Follow, of that URI, is not accepted, or no longer; `why` in plain words."""
    asked = _asked(uri, follower, followed, target=target)
    answer = activity_uri(followed.uri, "rejects")
    rejected = activities.reject(asked, uri=answer, actor=followed.uri, content=why)
    await publish(rejected, author=followed, reach=Reach(named=(follower,)))


async def say_no(asked: AskedActivity, *, author: Actor, why: str) -> None:
    """No to what somebody elsewhere asked of `author`, one of ours; whoever asked must be known."""
    asking = await Actor.get(uri=asked.actor)
    answer = activity_uri(author.uri, "rejects")
    rejected = activities.reject(asked, uri=answer, actor=author.uri, content=why)
    await publish(rejected, author=author, reach=Reach(named=(asking,)))


async def like(actor: Actor, publication: Publication) -> None:
    """Once; the second time nothing happens."""
    author, now = await _author(publication), datetime.now(UTC)
    uri = activity_uri(actor.uri, "likes")
    if await react(Deed.LIKE, publication, actor=actor, uri=uri, at=now):
        liked = activities.like(uri, actor=actor.uri, target=publication.uri, author=author.uri)
        await publish(liked, author=actor, reach=Reach(named=(author,)))


async def unlike(actor: Actor, publication: Publication) -> None:
    reaction = await _reaction(actor, publication, Deed.LIKE)
    if reaction is None or not await take_back(actor, uri=reaction.uri, deed=Deed.LIKE):
        return
    author = await _author(publication)
    liked = activities.like(reaction.uri, actor=actor.uri, target=publication.uri, author=author.uri)
    await publish(_undo(liked, actor), author=actor, reach=Reach(named=(author,)))


async def boost(actor: Actor, publication: Publication) -> None:
    """Pass on what everybody may read, by its id. Raises NotAllowed for anything else."""
    if publication.scope is not Scope.PUBLIC:
        raise NotAllowed
    author, now = await _author(publication), datetime.now(UTC)
    uri = activity_uri(actor.uri, "announces")
    if await react(Deed.ANNOUNCE, publication, actor=actor, uri=uri, at=now):
        announced = _announce(publication, actor, author, uri=uri, at=now)
        await publish(announced, author=actor, reach=Reach(followers_of=(actor,), named=(author,)))


async def unboost(actor: Actor, publication: Publication) -> None:
    reaction = await _reaction(actor, publication, Deed.ANNOUNCE)
    if reaction is None or not await take_back(actor, uri=reaction.uri, deed=Deed.ANNOUNCE):
        return
    author = await _author(publication)
    announced = _announce(publication, actor, author, uri=reaction.uri, at=reaction.at)
    reach = Reach(followers_of=(actor,), named=(author,))
    await publish(_undo(announced, actor), author=actor, reach=reach)


async def update_actor(actor: Actor, *, signing_key_id: int | None = None) -> None:
    """Tell what an actor of ours says of itself now."""
    numbered = await rows("UPDATE actor SET updates = updates + 1 WHERE id = $1 RETURNING updates", actor.id)
    actor.updates = numbered[0]["updates"]
    document = await actor_document(actor)
    updated = activities.update(document, number=actor.updates, at=datetime.now(UTC))
    await publish(updated, author=actor, reach=_all_who_know(actor), signing_key_id=signing_key_id)


async def rotate_keys(actor: Actor) -> None:
    """New keys, made known by the old one: other servers would take strange keys for a new actor."""
    old = await rotate(actor)
    await update_actor(actor, signing_key_id=old.id)


async def delete_actor(actor: Actor) -> None:
    """It is gone for ever; everybody who may know it is told, and nobody follows it any more."""
    if actor.deleted_at is not None:
        return
    now = datetime.now(UTC)
    deleted = activities.delete(await actor_document(actor), at=now)
    reach = replace(_all_who_know(actor), gone_since=actor.created_at)
    await expect_receipts(await publish(deleted, author=actor, reach=reach), since=actor.created_at)
    await rows("DELETE FROM follow WHERE follower_id = $1 OR followed_id = $1", actor.id)
    await forget_actor(actor, at=now)


def _all_who_know(actor: Actor) -> Reach:
    return Reach(followers_of=(actor,), known_to=actor)


def _is_public(activity: Json) -> bool:
    seen_by = visibility(activity.get("to", ()), activity.get("cc", ()), followers=None)
    return seen_by in (Visibility.PUBLIC, Visibility.UNLISTED)


def _object_uri(activity: Json) -> str | None:
    """Of several, as in a report, the first."""
    thing = activity.get("object")
    if isinstance(thing, list):
        thing = thing[0] if thing else None
    found = thing.get("id") if isinstance(thing, dict) else thing
    return found if isinstance(found, str) else None


def _undo(activity: Json, actor: Actor) -> Json:
    return {**activities.undo(activity), "id": activity_uri(actor.uri, "undos")}


def _announce(publication: Publication, actor: Actor, author: Actor, *, uri: str, at: datetime) -> Json:
    return activities.announce(
        publication.uri,
        uri=uri,
        actor=actor.uri,
        followers=actor.followers_uri or f"{actor.uri}/followers",
        author=author.uri,
        at=at,
    )


def _asked(uri: str, follower: Actor, followed: Actor, *, target: str | None) -> AskedActivity:
    """The Follow as it came in, as far as an answer needs it: of a relay servers mostly follow the public."""
    target = target or (PUBLIC if followed.role is Role.RELAY else followed.uri)
    asked = activities.follow(uri, actor=follower.uri, target=target)
    return parse_activity(asked, now=datetime.now(UTC))


async def _both(follow: Follow) -> tuple[Actor, Actor]:
    """Follower and followed, also where they are not loaded."""
    return (
        await _loaded(follow.follower, follow.follower_id),
        await _loaded(follow.followed, follow.followed_id),
    )


async def _author(publication: Publication) -> Actor:
    return await _loaded(publication.author, publication.author_id)


async def _loaded(relation: object, actor_id: int) -> Actor:
    return relation if isinstance(relation, Actor) else await Actor.get(id=actor_id)


async def _reaction(actor: Actor, publication: Publication, deed: Deed) -> Reaction | None:
    return await Reaction.get_or_none(actor_id=actor.id, publication_id=publication.id, deed=deed)
