"""What other servers say about projects; all else is for others to claim.

Who is in a project is looked up by what is stored here, never by what a message claims. Of what somebody may
not see they hear the same as of what does not exist.
"""

from datetime import UTC, datetime

from tortoise.expressions import Q

from federation import properties
from federation.documents import Activity
from federation.local import Received
from federation.origin import same_origin
from federation.vocabulary import ACTOR_TYPES
from hub.actors.models import Actor
from hub.db import transaction
from hub.errors import Conflict
from hub.exchange.reading import message_of
from hub.fediverse.inbox import Claim
from hub.fediverse.interests import Interest
from hub.fediverse.keeping import is_held, may_meet
from hub.fediverse.known import Known
from hub.projects import elsewhere, groups, membership, reading, wire
from hub.projects.models import Contributor, Project
from hub.publications.models import Gone, Publication
from hub.text import gettext, speaking

NAME_CHARS = 160


_OF_SEVERAL = ACTOR_TYPES - {"Person"}  # such an actor may say in whose name it joins


async def join(received: Received, actor: Actor, known: Known) -> bool:
    """`Join{group or project}`: somebody elsewhere takes part. What cannot be is told, with the reason."""
    asked = received.activity
    project = await _find(asked.object_id)
    if project is None or not await may_meet(project.publication, actor):
        return False
    if known.is_gone(asked.id, by=actor.uri) or not same_origin(asked.id, actor.uri):
        return True
    if await is_held(actor) or await _has_left_since(project, asked, actor):
        return True
    try:
        async with transaction():
            await _take(asked, project, actor)
    except Conflict as error:
        with speaking(project.publication.language or "fr"):
            await wire.refuse(asked, project, gettext(str(error)))
        await known.remember_gone(asked.id, by=actor.uri, at=datetime.now(UTC))
    return True


async def leave(received: Received, actor: Actor, known: Known) -> bool:
    """`Leave{group or project}`, which may come before the Join that it ends."""
    activity = received.activity
    project = await _find(activity.object_id)
    if project is None:
        return False
    name = _name(activity, actor)
    await _forget(project, actor, name=name)
    if not name:
        await _remember_left(project, activity, actor)
    return True


async def undo(received: Received, actor: Actor, known: Known) -> bool:
    """Of a Join, by its id, or by who joined what; of an Accept, by the other hub."""
    activity, uri = received.activity, received.activity.object_id
    undone = activity.object if isinstance(activity.object, Activity) else None
    if undone is not None and undone.type == "Accept":
        return await elsewhere.be_declined(actor, undone.object_id, reason=activity.content)
    if undone is not None and undone.type != "Join":
        return False
    found = await Contributor.get_or_none(uri=uri or "", participant__actor_id=actor.id)
    if found is None and undone is None:
        return False
    if found is not None:
        await membership.forget(found)
    elif undone is not None and not known.is_gone(uri or "", by=actor.uri):
        await _forget(await _find(undone.object_id), actor, name=_name(undone, actor))
    if uri is not None and same_origin(uri, actor.uri):
        await known.remember_gone(uri, by=actor.uri, at=datetime.now(UTC))
    return undone is not None


async def accept(received: Received, actor: Actor, known: Known) -> bool:
    """Of the Join of somebody here; only the project's own side can say so."""
    activity = received.activity
    if known.is_gone(activity.id, by=actor.uri):  # it was taken back before it came
        return False
    return await elsewhere.be_admitted(actor, activity.object_id)


async def reject(received: Received, actor: Actor, known: Known) -> bool:
    activity = received.activity
    return await elsewhere.be_declined(actor, activity.object_id, reason=activity.content)


async def gone(publication: Publication) -> None:
    await elsewhere.be_gone(publication)
    await groups.be_gone(publication)


async def left(actor: Actor) -> None:
    await elsewhere.be_left(actor)
    await groups.be_left(actor)


claims: dict[str, Claim] = {"Accept": accept, "Join": join, "Leave": leave, "Reject": reject, "Undo": undo}

interest = Interest(
    recognises=reading.recognises, take=elsewhere.take, heard=groups.hear, gone=gone, left=left
)


async def _find(uri: str | None) -> Project | None:
    """A project of ours, by its document or by its group."""
    if uri is None:
        return None
    ours = Project.filter(publication__author__host="", publication__deleted_at=None)
    found = ours.filter(Q(publication__uri=uri) | Q(actor__uri=uri))
    return await found.select_related("publication__author", "actor").first()


async def _take(asked: Activity, project: Project, actor: Actor) -> None:
    name = _name(asked, actor)
    message = message_of(asked.content, name)
    made = await membership.receive_join(project, actor, uri=asked.id, name=name, message=message)
    if made is not None and made.uri != asked.id:
        await wire.answer_again(asked, made)


async def _forget(project: Project | None, actor: Actor, *, name: str) -> None:
    """They leave; of several for whom one actor joined, who has this name, or all of them."""
    if project is None:
        return
    theirs = Contributor.filter(project_id=project.id, participant__actor_id=actor.id)
    held = theirs.filter(part__in=list(membership.HOLDING)).order_by("id")
    for contributor in await held.select_related("participant"):
        if not name or contributor.participant.name == name:
            await membership.forget(contributor)


def _name(activity: Activity, actor: Actor) -> str:
    """Who it is, where a village joins for its people; a person is who they are (GRP-14)."""
    return properties.text(activity.raw.get("name"), NAME_CHARS) if actor.kind in _OF_SEVERAL else ""


async def _remember_left(project: Project, activity: Activity, actor: Actor) -> None:
    """A Join that was said before and comes after changes nothing any more."""
    at, uri = activity.published_at or datetime.now(UTC), _left_uri(project, actor)
    await Gone.filter(uri=uri).delete()
    await Gone.create(uri=uri, by=actor.uri, at=at)


async def _has_left_since(project: Project, asked: Activity, actor: Actor) -> bool:
    if asked.published_at is None:
        return False
    uri = _left_uri(project, actor)
    return await Gone.exists(uri=uri, by=actor.uri, at__gt=asked.published_at)


def _left_uri(project: Project, actor: Actor) -> str:
    return f"{actor.uri}#left-{project.id}"
