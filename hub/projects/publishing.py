"""A project goes out, and again with each change; in the caller's transaction."""

from datetime import UTC, datetime
from typing import Any

from tortoise.expressions import Subquery

from federation.vocabulary import Json
from hub.actors.models import Actor
from hub.agenda.models import Event, Resolution, Standing
from hub.db import transaction
from hub.fediverse import publishing
from hub.fediverse.actions import delete_actor
from hub.projects.documents import Surroundings, project_document
from hub.projects.groups import describe_group, open_group
from hub.projects.models import (
    ACTIVE,
    Chapter,
    Component,
    Contributor,
    HeardNeed,
    Part,
    Project,
    Task,
    Version,
)
from hub.projects.searching import index_project
from hub.publications.models import Publication
from hub.publications.photos import pictures_of
from hub.publications.visibility import ANYBODY, visible_to
from hub.village.actors import board
from hub.village.models import Village

PLANNED = 20  # workshops that the document names


async def surroundings(project: Project) -> Surroundings:
    village = await Village.current()
    assert village is not None
    return Surroundings(
        village=village,
        board=await board("projects"),
        coming=tuple(await coming(project)),
        pictures=await pictures_of(project.publication),
    )


async def coming(project: Project) -> list[Event]:
    """Its events that everybody may know of and that are not over, the next first."""
    shown = Publication.filter(visible_to(ANYBODY), event__project_id=project.publication_id)
    planned = Event.filter(publication_id__in=Subquery(shown.values("id")), standing=Standing.PLANNED)
    told = planned.filter(ends_at__gt=datetime.now(UTC), sent_at__not_isnull=True)
    return await told.order_by("starts_at", "id").limit(PLANNED).select_related("publication")


async def send_out(project: Project) -> None:
    """Tell everybody for the first time; the board of projects passes it on, and so does its own group."""
    if project.actor is not None:
        await open_group(project.actor)
    document = await write(project)
    boards = (await board("projects"), project.actor)
    await publishing.send_out(project.publication, document, boards=boards)


async def send_changes(project: Project) -> None:
    """Tell whoever has it what it says now; silent where it was never sent."""
    if project.actor is not None:
        await describe_group(project.actor, project.publication)
    publishing.touch(project.publication)
    document = await write(project)
    await publishing.send_changes(project.publication, document, named=await elsewhere(project))


async def renew_plans() -> None:
    """What is planned in projects has changed, or is over: whoever has them is told; each by itself."""
    shown = Project.filter(stage__in=list(ACTIVE), actor_id__not_isnull=True, publication__deleted_at=None)
    told = shown.filter(publication__hidden_at=None, publication__document__not_isnull=True)
    for number in await told.order_by("id").values_list("id", flat=True):
        async with transaction():
            project = await Project.select_for_update().get(id=number)
            await project.fetch_related("publication__author", "actor")
            document = project_document(project, await surroundings(project))
            stored = project.publication.document or {}
            if document["planIncludes"] != stored.get("planIncludes"):
                await send_changes(project)


async def write(project: Project) -> Json:
    """Save the publication together with the document that is served for it."""
    document: Json = {}
    if publishing.leaves(project.publication):
        document = project_document(project, await surroundings(project))
    await publishing.store(project.publication, document)
    await index_project(project)
    return document


_WORDLESS: dict[str, Any] = {
    "area": "",
    "call": "",
    "agreements": "",
    "remains_words": "",
    "remains_contact": "",
    "thanks": "",
}


async def take_down(project: Project) -> None:
    """Delete it everywhere, with its words and its group."""
    named = await elsewhere(project)
    await publishing.take_down(project.publication, await write(project), named=named)
    await Project.filter(id=project.id).update(**_WORDLESS)
    await Contributor.filter(project_id=project.id).update(contact="", message="")
    for model in (Version, Task, HeardNeed, Component, Chapter):
        await model.filter(project_id=project.id).delete()
    decided = Resolution.filter(project_id=project.publication_id)
    await decided.filter(event_id=None).delete()
    await decided.update(project_id=None)  # minutes belong to their event
    await index_project(project)
    if project.actor is not None:
        await delete_actor(project.actor)


async def elsewhere(project: Project) -> tuple[Actor, ...]:
    """Who takes part from elsewhere, follower or not."""
    found = Contributor.filter(project_id=project.id, participant__actor_id__not_isnull=True)
    listed = await found.exclude(part=Part.DECLINED).select_related("participant__actor")
    actors = {one.participant.actor.id: one.participant.actor for one in listed if one.participant.actor}
    return tuple(actors.values())
