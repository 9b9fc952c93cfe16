"""The group of a project of ours: what is part of the project is passed on by it."""

import re
from collections.abc import Awaitable, Callable, Sequence

from federation import properties
from federation.documents import Document
from federation.origin import parse_uri
from hub.actors.minting import origin
from hub.actors.models import Actor, Role
from hub.publications.models import Kind, Publication
from hub.text import N_

NOT_IN_PROJECT = N_("You are not in this project any more, or it is over.")
MOST_NAMED = 10  # in one text
GROUP = "lavoir:project"  # in the document of a project, and of what is part of it


async def group_of(project_id: int | None) -> Actor | None:
    """By the publication of the project; None where it has none, as for the village alone."""
    project = None if project_id is None else await Publication.get_or_none(id=project_id, deleted_at=None)
    uri = None if project is None or project.document is None else project.document.get(GROUP)
    if not isinstance(uri, str):
        return None
    return await Actor.get_or_none(uri=uri, role=Role.PROJECT, host="", deleted_at=None)


async def groups_in(source: str) -> list[Actor]:
    """Groups of projects of ours that a text names by their handle: `@four`, or with our host."""
    own = ("", parse_uri(origin(), plain=True).netloc)
    names = [name.lower() for name, host in _HANDLE.findall(source)[:MOST_NAMED] if host.lower() in own]
    if not names:
        return []
    shown = Actor.filter(role=Role.PROJECT, host="", hidden=False, deleted_at=None)
    return await shown.filter(name__in=names).order_by("id")


_HANDLE = re.compile(r"(?<![\w@/.])@([a-z0-9][a-z0-9_-]{0,39})(?:@([a-z0-9.-]+(?::\d+)?))?", re.IGNORECASE)


async def project_named(document: Document, author: Actor) -> int | None:
    """The publication of the project that a document of another server says it is planned within.

    Only of the same server: in a project of ours nobody puts anything by saying so.
    """
    published = properties.mappings(document.raw.get("publishes"), 1)
    wanted = [document.raw, *published]
    named = [properties.uri(one.get("plannedWithin", one.get("vf:plannedWithin"))) for one in wanted]
    uris = [uri for uri in named if uri is not None]
    projects = Publication.filter(uri__in=uris, kind=Kind.PROJECT, deleted_at=None, author__host=author.host)
    found = await projects.first() if uris and not author.is_local else None
    return None if found is None else found.id


async def hide_groups(publications: Sequence[int], *, hidden: bool) -> None:
    """Of those that are projects of ours: what nobody may see has no group either, for the moment."""
    projects = Publication.filter(id__in=publications, kind=Kind.PROJECT, author__host="")
    uris = [(one.document or {}).get(GROUP) for one in await projects.only("id", "document")]
    if found := [uri for uri in uris if isinstance(uri, str)]:
        await Actor.filter(uri__in=found, role=Role.PROJECT).update(hidden=hidden)


finders: list[Callable[[int], Awaitable[list[Publication]]]] = []
"""The composition root puts here who knows in which projects a member is."""


async def projects_of(member_id: int | None) -> list[Publication]:
    """Those that a member is in and that are not over: for them they may write needs, announce events."""
    if member_id is None:
        return []
    return [project for find in finders for project in await find(member_id)]


carriers: list[Callable[[int, int], Awaitable[bool]]] = []
"""The composition root puts here who knows who carries a project."""


async def carries(member_id: int, project_id: int) -> bool:
    """Whether a member carries the project of this publication, and so is of the team of its parts."""
    return any([await ask(member_id, project_id) for ask in carriers])
