"""Whoever changes a project holds its row until the transaction ends."""

from hub.errors import NotFound
from hub.projects.models import Project


async def locked(project: Project) -> Project:
    """The row as it is now, locked until the transaction ends, with what acts need; also another hub's."""
    found = await Project.select_for_update(no_key=True).get_or_none(id=project.id)
    if found is None:
        raise NotFound
    await found.fetch_related("publication__author", "actor")
    if found.publication.deleted_at is not None:
        raise NotFound
    return found


async def own(project: Project) -> Project:
    """Of ours, locked; raises NotFound for another hub's."""
    ours = await locked(project)
    if not ours.publication.author.is_local:
        raise NotFound
    return ours
