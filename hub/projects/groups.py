"""The group of a project: others follow it, join it and speak to it; it passes on what is said there.

What it passes on is public, at the top of its thread, and not held; each thing once, by its id, and it is
taken back when the thing is gone. What others pass on, no group passes on again.
"""

from datetime import UTC, datetime, timedelta
from html import escape

from tortoise.expressions import Q, Subquery

from federation.documents import Document
from federation.vocabulary import PUBLIC
from hub.actors.actions import establish
from hub.actors.models import Actor, Handle, Role
from hub.db import transaction
from hub.fediverse.actions import boost, unboost, update_actor
from hub.fediverse.keeping import groups_of
from hub.fediverse.known import Known
from hub.fediverse.models import Follow
from hub.projects.models import Project
from hub.publications.documents import link_html
from hub.publications.groups import GROUP
from hub.publications.models import Deed, Kind, Publication, Reaction, Scope
from hub.publications.visibility import ANYBODY, Reader, may_see, visible_to
from hub.text import N_, gettext, speaking
from hub.village.models import Village

GROUP_WORDS = N_(
    "A project of %(village)s. What happens in it, and what is written to it, goes to everyone who follows"
    " it: %(link)s"
)
EACH_ELSEWHERE = 20  # posts of one other server that one group passes on in an hour
_HOUR = timedelta(hours=1)


async def establish_group(publication: Publication) -> Actor | None:
    """In the caller's transaction; nobody sees it before it is opened. Only what is for everybody has one."""
    if publication.scope is not Scope.PUBLIC:
        return None
    name = await Handle.give(await Handle.suggest(publication.title), field="title")
    actor = await establish(Role.PROJECT, name=name, display_name=publication.title, hidden=True)
    await _describe(actor, publication)
    return actor


async def open_group(actor: Actor) -> None:
    """From now on others find it and may follow it."""
    actor.hidden = False
    await actor.save(update_fields=["hidden"])


async def describe_group(actor: Actor, publication: Publication) -> None:
    """Name and words of the group are those of the project; who follows it is told of new ones."""
    if actor.display_name == publication.title:
        return
    await _describe(actor, publication)
    if not actor.hidden:
        await update_actor(actor)


async def followers_of(actor: Actor) -> int:
    """How many follow it, from wherever: whoever follows is no member."""
    return await Follow.filter(followed_id=actor.id, accepted_at__not_isnull=True).count()


async def posts_of(project: Project, reader: Reader, *, limit: int = 20) -> list[Publication]:
    """What was written to its group or below it, the newest first, with its authors."""
    passed_on = Reaction.filter(actor_id=project.actor_id or 0, deed=Deed.ANNOUNCE)
    posts = ~Q(author__host="") | Q(kind=Kind.ANNOUNCEMENT)  # needs and events stand by themselves
    to_group = Q(id__in=Subquery(passed_on.values("publication_id"))) & posts
    written = Publication.filter(visible_to(reader)).filter(to_group | Q(root_id=project.publication_id))
    return await written.order_by("-published_at", "-id").limit(limit).select_related("author")


async def hear(publication: Publication, document: Document, known: Known) -> None:
    """Something of another server was stored, or came again: groups of ours that it names pass it on.

    In the caller's transaction, as all that follows.
    """
    if not _is_for_all(publication, document):
        return
    for group in _named(document, known):
        if not await _is_flooded(group, publication.author):
            await boost(group, publication)


async def be_gone(publication: Publication) -> None:
    """It was deleted where it was written: no group stands for it any more."""
    passed_on = Reaction.filter(publication_id=publication.id, deed=Deed.ANNOUNCE)
    for reaction in await passed_on.filter(actor__role=Role.PROJECT).select_related("actor"):
        await unboost(reaction.actor, publication)


async def be_left(actor: Actor) -> None:
    """Who wrote is gone for ever, and all that they wrote."""
    passed_on = Reaction.filter(publication__author_id=actor.id, deed=Deed.ANNOUNCE)
    written = passed_on.filter(actor__role=Role.PROJECT).select_related("actor", "publication__author")
    for reaction in await written:
        await unboost(reaction.actor, reaction.publication)


async def take_back_hidden() -> None:
    """What an agent took off our pages is not passed on any longer; each in a transaction of its own."""
    passed_on = Reaction.filter(deed=Deed.ANNOUNCE, actor__role=Role.PROJECT, actor__deleted_at=None)
    hidden = passed_on.filter(publication__hidden_at__not_isnull=True).exclude(publication__author__host="")
    for reaction in await hidden.select_related("actor", "publication__author").limit(500):
        async with transaction():
            await unboost(reaction.actor, reaction.publication)


def _is_for_all(publication: Publication, document: Document) -> bool:
    is_top = publication.in_reply_to is None and not publication.author.is_local
    return is_top and PUBLIC in document.to and may_see(publication, ANYBODY)


def _named(document: Document, known: Known) -> list[Actor]:
    named = {*document.to, *document.cc, *document.mentions, *groups_of(document)}
    ours = (known.ours(uri) for uri in named)
    return [actor for actor in ours if actor is not None and actor.role is Role.PROJECT]


async def _is_flooded(group: Actor, author: Actor) -> bool:
    lately = Reaction.filter(actor_id=group.id, deed=Deed.ANNOUNCE, at__gt=datetime.now(UTC) - _HOUR)
    return await lately.filter(publication__author__host=author.host).count() >= EACH_ELSEWHERE


async def _describe(actor: Actor, publication: Publication) -> None:
    village = await Village.current()
    with speaking(publication.language or "fr"):
        words = gettext(GROUP_WORDS) % {
            "village": escape(village.name, quote=False) if village is not None else "",
            "link": link_html(publication.url),
        }
    actor.display_name, actor.url, actor.summary = publication.title, publication.url, f"<p>{words}</p>"
    actor.extra = {**actor.extra, GROUP: publication.uri}
    await actor.save(update_fields=["display_name", "url", "summary", "extra"])
