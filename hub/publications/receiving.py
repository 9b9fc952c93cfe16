"""What other servers say becomes rows of the index: one of each thing, only its author's own words.

Each function runs in the caller's transaction, may run twice, and changes nothing of ours but counts.
"""

from dataclasses import dataclass
from datetime import datetime
from html import escape

from tortoise.expressions import Q

from federation.documents import Document
from hub.actors.minting import object_uri
from hub.actors.models import Actor, Role
from hub.cleaning import clean_html
from hub.db import rows
from hub.publications import search
from hub.publications.models import Deed, Kind, Publication, Reaction, Scope, Stamp

TITLE_CHARS = 500
ATTACHMENTS = 8
ANYBODY = ""  # for Gone.by: nobody on a host takes away somebody else's word by speaking first
GENERATIONS = 20  # of answers to answers that found their thread at once


@dataclass(frozen=True, kw_only=True)
class Place:
    """What a thing is to us: `parent` is what it answers, if known here; `held`: agents see it first."""

    kind: Kind
    scope: Scope
    parent: Publication | None = None
    held: bool = False

    @property
    def root_id(self) -> int | None:
        if self.parent is None or self.kind is not Kind.ANSWER:
            return None
        return self.parent.root_id or (self.parent.id if self.parent.author.is_local else None)


async def add(document: Document, author: Actor, place: Place, *, at: datetime) -> Publication | None:
    """Store it; None where it is there already: a second word about it never changes the first (ORG-24).

    Whoever adds answers counts them, with count_answers().
    """
    published_at = document.published_at or at
    publication = Publication(
        uri=document.id,
        author=author,
        kind=place.kind,
        type=document.type[:20],
        scope=place.scope,
        in_reply_to=document.in_reply_to,
        root_id=place.root_id,
        published_at=published_at,
        updated_at=_edited_at(document, since=published_at),
        received_at=at,
        hidden_at=at if place.held else None,
        **_words(document),
    )
    added = await rows(
        f"INSERT INTO publication ({', '.join(_COLUMNS)}) VALUES ({_PLACES}) ON CONFLICT (uri) DO NOTHING"
        " RETURNING id",
        *(getattr(publication, name) for name in _COLUMNS),
    )
    if not added:
        return None
    publication.id = added[0]["id"]
    await search.index(publication)
    return publication


_COLUMNS = (
    "uri author_id kind type scope title html summary source language url in_reply_to root_id published_at"
    " updated_at received_at hidden_at edits likes shares replies"
).split()
_PLACES = ", ".join(f"${number}" for number in range(1, len(_COLUMNS) + 1))


async def change(publication: Publication, document: Document) -> bool:
    """Take its author's newer words; who wrote it, when, to whom and below what stays (INB-07, INB-09)."""
    edited_at = _edited_at(document, since=publication.updated_at or publication.published_at)
    if edited_at is None:
        return False
    facts = {**_words(document), "updated_at": edited_at}
    older = Q(updated_at__lt=edited_at) | Q(updated_at=None, published_at__lt=edited_at)
    changed = await Publication.filter(older, id=publication.id, deleted_at=None).update(**facts)
    publication.update_from_dict(facts)
    if changed:
        await search.index(publication)
    return bool(changed)


async def remove(publication: Publication, *, at: datetime) -> None:
    """Its words go, the row stays: what was below it keeps its place, and it never comes back."""
    removed = await Publication.filter(id=publication.id, deleted_at=None).update(deleted_at=at, **_EMPTY)
    if removed and is_counted(publication):
        await count_answers(publication.in_reply_to, by=-1)
    publication.update_from_dict({"deleted_at": at, **_EMPTY})
    await search.index(publication)


_EMPTY = {"html": "", "title": "", "summary": "", "source": "", "pinned_at": None}


async def remove_all(author: Actor, *, at: datetime) -> None:
    """All that an actor of another server wrote, liked and passed on."""
    await rows(
        "UPDATE publication SET replies = replies - (SELECT COUNT(*) FROM publication AS answer"
        f" WHERE answer.in_reply_to = publication.uri AND answer.author_id = $1 AND {_COUNTED})"
        " WHERE uri IN (SELECT in_reply_to FROM publication AS answer"
        f" WHERE answer.author_id = $1 AND {_COUNTED})",
        author.id,
    )
    await Publication.filter(author_id=author.id, deleted_at=None).update(deleted_at=at, **_EMPTY)
    await search.forget_all(author)
    for deed, column in _COLUMN_OF.items():
        await rows(
            f"UPDATE publication SET {column} = {column} - 1 WHERE id IN"
            " (SELECT publication_id FROM reaction WHERE actor_id = $1 AND deed = $2)",
            *(author.id, deed.value),
        )
    await Reaction.filter(actor_id=author.id).delete()


_COUNTED = (
    f"answer.kind = '{Kind.ANSWER}' AND answer.scope = '{Scope.PUBLIC}'"
    " AND answer.deleted_at IS NULL AND answer.hidden_at IS NULL"
)


async def adopt(parent: Publication) -> list[str]:
    """Answers that came before what they answer join its thread, and theirs with them; their URIs."""
    found, joined = [parent.uri] if parent.root_id is not None else [], list[str]()
    for _ in range(GENERATIONS):
        if not found:
            break
        places = ", ".join(f"${number}" for number in range(2, len(found) + 2))
        adopted = await rows(
            f"UPDATE publication SET root_id = $1, kind = '{Kind.ANSWER}' WHERE in_reply_to IN ({places})"
            " AND root_id IS NULL AND author_id NOT IN (SELECT id FROM actor WHERE host = '') RETURNING uri",
            *(parent.root_id, *found),
        )
        found = [row["uri"] for row in adopted][:500]
        joined += found
    return joined


async def react(deed: Deed, publication: Publication, *, actor: Actor, uri: str, at: datetime) -> bool:
    """Once for each actor, whatever the ids of the activities (INB-23)."""
    added = await rows(
        "INSERT INTO reaction (deed, uri, actor_id, publication_id, at) VALUES ($1, $2, $3, $4, $5)"
        " ON CONFLICT (actor_id, publication_id, deed) DO NOTHING RETURNING id",
        *(deed.value, uri, actor.id, publication.id, at),
    )
    if added and not _is_own(actor, publication):
        await _count_reaction(deed, publication.id, by=1)
    return bool(added)


async def take_back(
    actor: Actor, *, uri: str | None = None, on: str | None = None, deed: Deed | None
) -> bool:
    """Remove a reaction of `actor`, by the id of its activity or by the URI of what it was `on`."""
    mine = Reaction.filter(actor_id=actor.id)
    if deed is not None:
        mine = mine.filter(deed=deed)
    mine = mine.filter(publication__uri=on) if uri is None else mine.filter(uri=uri)
    for reaction in await mine.select_related("publication"):
        if await rows("DELETE FROM reaction WHERE id = $1 RETURNING id", reaction.id):
            if not _is_own(actor, reaction.publication):
                await _count_reaction(reaction.deed, reaction.publication_id, by=-1)
            return True
    return False


def _is_own(actor: Actor, publication: Publication) -> bool:
    """A board of ours that passes on what hangs on it is no applause, nor is the relay."""
    is_ours = publication.document is not None  # which only ours have
    return actor.role is Role.RELAY or (actor.is_local and is_ours)


async def remember_gone(uri: str, *, by: str, at: datetime) -> None:
    """It was deleted or undone, and does not come again; where two of a host say so, whoever is right."""
    await rows(
        "INSERT INTO gone (uri, by, at) VALUES ($1, $2, $3) ON CONFLICT (uri) DO UPDATE SET"
        f" by = CASE WHEN gone.by = excluded.by THEN gone.by ELSE '{ANYBODY}' END",
        *(uri, by, at),
    )


async def pin(publication: Publication, at: datetime | None) -> None:
    """To the top of its author's profile, or, with None, down from there."""
    await Publication.filter(id=publication.id).update(pinned_at=at)


async def stamp(publication: Publication, *, quoting: str, actor: str) -> Stamp | None:
    """Our word that `quoting` may show it, the same one each time; None once it was taken back."""
    await Stamp.bulk_create(
        [Stamp(uri=object_uri(), publication=publication, quoting=quoting, actor=actor)],
        ignore_conflicts=True,
    )
    return await Stamp.get_or_none(publication=publication, quoting=quoting, actor=actor, revoked_at=None)


def is_counted(publication: Publication) -> bool:
    """Whether it is one of the answers that everybody is shown."""
    is_answer = publication.kind is Kind.ANSWER and publication.scope is Scope.PUBLIC
    return is_answer and publication.hidden_at is None and publication.deleted_at is None


async def count_answers(uri: str | None, *, by: int) -> None:
    """So many more to `uri`, where it is ours to say how many there are."""
    await rows(
        "UPDATE publication SET replies = replies + $2"
        " WHERE uri = $1 AND author_id IN (SELECT id FROM actor WHERE host = '')",
        *(uri, by),
    )


async def _count_reaction(deed: Deed, publication: int, *, by: int) -> None:
    column = _COLUMN_OF[deed]
    await rows(f"UPDATE publication SET {column} = {column} + $2 WHERE id = $1", publication, by)


_COLUMN_OF = {Deed.LIKE: "likes", Deed.ANNOUNCE: "shares"}


def _edited_at(document: Document, *, since: datetime) -> datetime | None:
    """When it was changed, if that is later than what we know."""
    edited_at = document.updated_at
    return edited_at if edited_at is not None and edited_at > since else None


def _words(document: Document) -> dict[str, str | None]:
    """What may change with an edit, cleaned. A plain note has no title: its `name` is shown by nobody."""
    return {
        "title": "" if document.type == "Note" else document.name[:TITLE_CHARS],
        "html": clean_html(document.content + attached(document)),
        "summary": clean_html(document.summary),
        "source": "",
        "language": document.language,
        "url": document.url or document.id,
    }


def attached(document: Document) -> str:
    """Pictures and files as links: a page of ours loads nothing from elsewhere."""
    links = (
        f'<p><a href="{escape(one.url)}">{escape(one.alt or one.url)}</a></p>'
        for one in document.attachments[:ATTACHMENTS]
    )
    return "".join(links)
