"""Silence and block: a member, or somebody elsewhere.

Silence: what they say is read by the town hall before anybody else sees it; nothing else changes.
Block, of somebody elsewhere: nobody follows anybody any more, nothing of theirs is shown or taken, and what
they ask for in their own name is refused.
"""

from datetime import UTC, datetime

import hub.fediverse.actions as fediverse
import hub.members.actions as members
from hub.actors.models import Actor
from hub.db import transaction
from hub.errors import NotFound
from hub.exchange.blocking import stop_waiting
from hub.fediverse.models import Delivery, Follow
from hub.fediverse.network import served_changed
from hub.journal import Person, record
from hub.members.models import Member
from hub.moderation import notices
from hub.notifications.actions import Recipient
from hub.publications.hiding import move
from hub.publications.models import Publication


async def silence_member(member: Member, reason: str, *, by: Member) -> None:
    """What they publish is read first, and they are told why. Raises NotAllowed for who does the same job."""
    async with transaction():
        if await members.distrust(member.id, by):
            await record("member-silenced", f"/members/{member.id}", by=by, why=reason)
            recipient = Recipient(
                name=member.name,
                member_id=member.id,
                mail=member.mail,
                phone=member.phone,
                locale=member.locale,
            )
            await notices.member_silenced(recipient, reason)


async def silence_actor(actor: Actor, reason: str, *, by: Person) -> None:
    """What they answer or write to us is read first."""
    async with transaction():
        theirs = await _locked(actor)
        if theirs.silenced_at is None:
            await Actor.filter(id=theirs.id).update(silenced_at=datetime.now(UTC))
            await record("actor-silenced", theirs.full_handle, by=by, why=reason)


async def hear_actor(actor: Actor, *, by: Person) -> None:
    """Undo the silence; what was held stays held, for each was read by somebody."""
    async with transaction():
        theirs = await _locked(actor)
        if theirs.silenced_at is not None:
            await Actor.filter(id=theirs.id).update(silenced_at=None)
            await record("actor-heard", theirs.full_handle, by=by)


async def block_actor(actor: Actor, reason: str, *, by: Person) -> None:
    """Have nothing to do with them any more (FED-06)."""
    async with transaction():
        theirs = await _locked(actor)
        if theirs.suspended_at is not None:
            return
        now = datetime.now(UTC)
        await Delivery.filter(inbox=theirs.inbox).delete()
        await _part(theirs)
        await stop_waiting(id=theirs.id)
        await Actor.filter(id=theirs.id).update(suspended_at=now)
        await move(Publication.filter(author_id=theirs.id, hidden_at=None), hidden_at=now)
        await record("actor-blocked", theirs.full_handle, by=by, why=reason)
        served_changed()


async def unblock_actor(actor: Actor, *, by: Person) -> None:
    """What the block took off the pages comes back; whoever followed has to do so anew."""
    async with transaction():
        theirs = await _locked(actor)
        if theirs.suspended_at is None:
            return
        await move(Publication.filter(author_id=theirs.id, hidden_at=theirs.suspended_at), hidden_at=None)
        await Actor.filter(id=theirs.id).update(suspended_at=None)
        await record("actor-unblocked", theirs.full_handle, by=by)
        served_changed()


async def _part(actor: Actor) -> None:
    """Both servers know afterwards that nobody follows anybody: a silent end would leave theirs waiting."""
    for follow in await Follow.filter(follower=actor).select_related("follower", "followed"):
        await fediverse.reject_follow(follow)
    for follow in await Follow.filter(followed=actor).select_related("follower", "followed"):
        await fediverse.unfollow(follow)


async def _locked(actor: Actor) -> Actor:
    theirs = await Actor.select_for_update().get_or_none(id=actor.id, host__not="", deleted_at=None)
    if theirs is None:
        raise NotFound
    return theirs
