"""A project goes out, and again with each change; in the caller's transaction."""

from typing import Any

from federation.vocabulary import Json
from hub.actors.models import Actor
from hub.fediverse import publishing
from hub.fediverse.actions import delete_actor
from hub.projects.documents import Surroundings, project_document
from hub.projects.models import Chapter, Component, Contributor, HeardNeed, Part, Project, Task, Version
from hub.projects.searching import index_project
from hub.publications.photos import pictures_of
from hub.village.actors import board
from hub.village.models import Village


async def surroundings(project: Project) -> Surroundings:
    village = await Village.current()
    assert village is not None
    return Surroundings(
        village=village, board=await board("projects"), pictures=await pictures_of(project.publication)
    )


async def send_out(project: Project) -> None:
    """Tell everybody for the first time; the board of projects passes it on, and so does its own group."""
    document = await write(project)
    boards = (await board("projects"), project.actor)
    await publishing.send_out(project.publication, document, boards=boards)


async def send_changes(project: Project) -> None:
    """Tell whoever has it what it says now; silent where it was never sent."""
    publishing.touch(project.publication)
    document = await write(project)
    await publishing.send_changes(project.publication, document, named=await elsewhere(project))


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
    await index_project(project)
    if project.actor is not None:
        await delete_actor(project.actor)


async def elsewhere(project: Project) -> tuple[Actor, ...]:
    """Who takes part from elsewhere, follower or not."""
    found = Contributor.filter(project_id=project.id, participant__actor_id__not_isnull=True)
    listed = await found.exclude(part=Part.DECLINED).select_related("participant__actor")
    actors = {one.participant.actor.id: one.participant.actor for one in listed if one.participant.actor}
    return tuple(actors.values())
