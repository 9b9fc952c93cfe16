"""Which publications of others are kept here, and as what.

Kept is what answers something of ours, names one of ours, or is by somebody whom one of ours follows
(INB-24); nothing else that a server sends us is worth a row.
"""

import logging
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from federation.addressing import Visibility, visibility
from federation.documents import Activity, Document
from hub.actors.hosts import is_silenced
from hub.actors.models import Actor
from hub.cache import Cache
from hub.db import after_commit
from hub.errors import TooMany
from hub.fediverse import interests
from hub.fediverse.asking import confirm_handle
from hub.fediverse.known import Known
from hub.fediverse.models import Follow
from hub.fediverse.neighbours import is_neighbour
from hub.jobs import enqueue
from hub.limits import KEPT_PER_HUB, spend
from hub.media.actions import want_picture
from hub.publications import receiving
from hub.publications.models import Kind, Publication, Scope
from hub.publications.receiving import Place
from hub.publications.visibility import ANYBODY, Reader, may_have

log = logging.getLogger(__name__)

KEPT = frozenset("Article Audio Event Image Note Page Question Video".split())

_SCOPES = {
    Visibility.PUBLIC: Scope.PUBLIC,
    Visibility.UNLISTED: Scope.PUBLIC,
    Visibility.FOLLOWERS: Scope.FOLLOWERS,
    Visibility.DIRECT: Scope.DIRECT,
}
_HELD = frozenset({Kind.ANSWER, Kind.MESSAGE})  # posts of those whom we follow are for agents anyway


_introduced: Cache[int, bool] = Cache(seconds=3600, most=5_000)


async def keep(
    document: Document, author: Actor, known: Known, *, at: datetime, sent: Activity | None = None
) -> Publication | None:
    """Store what its author says, if it concerns us.

    `sent` is the activity that it came in, which says to whom where the document does not: one of a batch,
    in the end of which answers are counted. What was asked for comes alone.
    """
    if document.id in known.publications or known.is_gone(document.id, by=author.uri):
        return None
    place = await place_of(document, author, known, sent=sent)
    if place is None or not _says_something(document):
        return None
    if sent is not None and place.kind is Kind.POST and await _floods(author, known):
        return None
    publication = await keep_at(place, document, author, known=known, at=at)
    if sent is None:
        await known.count_answers()
    return publication


async def _floods(author: Actor, known: Known) -> bool:
    """Of a hub that sends more than a village can have: what is true of it is read later, in its list."""
    if await known.is_followed(author):
        return False
    try:
        await spend(KEPT_PER_HUB, author.host)
    except TooMany:
        log.warning("too much at once of a hub", extra={"host": author.host})
        return True
    return False


async def keep_at(
    place: Place, document: Document, author: Actor, *, known: Known, at: datetime
) -> Publication | None:
    """Store it where it belongs, with the answers that came before it."""
    held = place.kind in _HELD and await is_held(author)
    publication = await receiving.add(document, author, replace(place, held=held), at=at)
    if publication is None:
        return None
    known.add(publication)
    if known.is_awaited(publication.uri):
        known.join(await receiving.adopt(publication), publication)
    await _introduce(author)
    await interests.tell(publication, document, known, newer=True)
    return publication


async def change(publication: Publication, document: Document, known: Known) -> None:
    """Its author's newer words; the author must be loaded."""
    newer = await receiving.change(publication, document)
    await interests.tell(publication, document, known, newer=newer)


async def is_held(author: Actor) -> bool:
    """Whether what somebody elsewhere says to us is read by agents before anybody else (FED-05)."""
    return author.silenced_at is not None or await is_silenced(author.host)


async def place_of(document: Document, author: Actor, known: Known, *, sent: Activity | None) -> Place | None:
    """What it is to us; None where it does not concern us."""
    to, cc = audience(document, sent)
    scope = _SCOPES[visibility(to, cc, followers=author.followers_uri)]
    if scope is Scope.DIRECT and await known.is_for_neighbours(author, to):
        scope = Scope.NEIGHBOURS
    is_named = known.named((*to, *cc, *document.mentions, *groups_of(document)))
    parent = known.publications.get(document.in_reply_to or "")
    # what is for a few is for them alone, whatever it answers (INB-26)
    if parent is not None and (is_named or scope is Scope.PUBLIC) and await _joins(parent, author):
        return Place(kind=Kind.ANSWER, scope=scope, parent=parent)
    if is_named:
        return Place(kind=Kind.MESSAGE, scope=scope, parent=parent)
    if scope is not Scope.DIRECT and (await known.is_followed(author) or await known.is_near(author)):
        return Place(kind=Kind.POST, scope=scope, parent=parent)
    if scope is Scope.PUBLIC and await known.is_read(author):
        return Place(kind=Kind.POST, scope=scope, parent=parent)
    return None


async def concerns_us(activity: Activity, actor: Actor, known: Known) -> bool:
    """Whether a thing of which only the URI is told is worth a fetch."""
    is_named = known.named((*activity.to, *activity.cc))
    return is_named or await known.is_followed(actor) or await known.is_near(actor)


def audience(document: Document, sent: Activity | None) -> tuple[Collection[str], Collection[str]]:
    if sent is None or document.to or document.cc:
        return document.to, document.cc
    return sent.to, sent.cc


def groups_of(document: Document) -> tuple[str, ...]:
    """Where it is to hang (FEP-1b12)."""
    return () if document.audience is None else (document.audience,)


async def is_wanted(publication: Publication) -> bool:
    """Whether what others publish hangs on our boards: of whom ours follow, and of neighbour hubs."""
    if publication.kind is Kind.POST:
        return True
    followed = Follow.filter(followed_id=publication.author_id, follower__host="")
    is_named = publication.kind is Kind.MESSAGE
    return is_named and await followed.filter(accepted_at__not_isnull=True).exists()


async def may_meet(publication: Publication, actor: Actor) -> bool:
    """Whether this actor of another server may see something of ours, and so answer, like or pass it on."""
    if may_have(publication, ANYBODY):
        return True
    if publication.reach is Scope.NEIGHBOURS:
        return may_have(publication, Reader(neighbour=await is_neighbour(actor.host)))
    return publication.scope is Scope.DIRECT and await _was_told(publication, actor)


async def _was_told(publication: Publication, actor: Actor) -> bool:
    """Our private answer is for the author of what it answers."""
    if publication.deleted_at is not None or publication.in_reply_to is None:
        return False
    return await Publication.exists(uri=publication.in_reply_to, author_id=actor.id)


async def _joins(parent: Publication, author: Actor) -> bool:
    """Whether an answer of `author` belongs below it: a thing of ours, or another answer to one."""
    if parent.author.is_local:
        return await may_meet(parent, author)
    return parent.root_id is not None


def _says_something(document: Document) -> bool:
    has_words = bool(document.content.strip()) or (document.type != "Note" and bool(document.name))
    is_readable = document.type in KEPT and (has_words or bool(document.attachments))
    return is_readable or interests.recognise(document)


async def _introduce(author: Actor) -> None:
    """Who is shown here has a face and a handle that its own server confirmed; asked for once in a while."""
    if _introduced.get(author.id):
        return
    await want_picture(author.icon_url)
    if author.handle is None:
        await enqueue(confirm_handle, actor_id=author.id)
    after_commit(lambda: _introduced.put(author.id, True))
