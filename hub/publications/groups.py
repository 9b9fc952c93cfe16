"""The group of a project of ours: what is part of the project is passed on by it."""

from hub.actors.models import Actor, Role
from hub.publications.models import Publication

GROUP = "lavoir:project"  # in the document of a project, and of what is part of it


async def group_of(project_id: int | None) -> Actor | None:
    """By the publication of the project; None where it has none, as for the village alone."""
    project = None if project_id is None else await Publication.get_or_none(id=project_id, deleted_at=None)
    uri = None if project is None or project.document is None else project.document.get(GROUP)
    if not isinstance(uri, str):
        return None
    return await Actor.get_or_none(uri=uri, role=Role.PROJECT, host="", deleted_at=None)
