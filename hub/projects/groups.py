"""The group of a project: others follow it, join it and speak to it; it passes on what is said there."""

from html import escape

from hub.actors.actions import establish
from hub.actors.models import Actor, Handle, Role
from hub.publications.groups import GROUP
from hub.publications.models import Publication, Scope


async def establish_group(publication: Publication) -> Actor | None:
    """In the caller's transaction; a project for the village alone has none."""
    if publication.scope is Scope.VILLAGE:
        return None
    name = await Handle.give(await Handle.suggest(publication.title), field="title")
    actor = await establish(Role.PROJECT, name=name, display_name=publication.title)
    await describe_group(actor, publication)
    return actor


async def describe_group(actor: Actor, publication: Publication) -> None:
    """Name and words of the group are those of the project."""
    actor.display_name, actor.url = publication.title, publication.url
    actor.summary = f"<p>{escape(publication.title, quote=False)}</p>"
    actor.extra = {**actor.extra, GROUP: publication.uri}
    await actor.save(update_fields=["display_name", "url", "summary", "extra"])
