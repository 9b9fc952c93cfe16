"""What people of the town hall do with the village's news, and with what others answer to it.

Each act may come twice (a button pressed twice, a page loaded anew): the second time nothing happens. A new
text carries the code that its form was given, so the same form makes one publication.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tortoise.exceptions import IntegrityError

from federation import activities
from federation.outgoing import Mention
from federation.vocabulary import Json
from hub.actors.minting import activity_uri, object_uri
from hub.actors.models import Actor
from hub.db import transaction
from hub.errors import Conflict, NotFound
from hub.fediverse.actions import Reach, publish
from hub.fediverse.publishing import pass_on, touch
from hub.fediverse.relaying import relay
from hub.media.models import PhotoDraft
from hub.media.photos import drop_photos, hang_photos, photos_of
from hub.publications import search
from hub.publications.documents import new_code, note_document, page_url
from hub.publications.groups import groups_in
from hub.publications.markup import hashtags_of, html_of
from hub.publications.models import Kind, Publication, Scope
from hub.publications.photos import pictures_of
from hub.text import N_

MOST_PINS = 5
TOO_MANY_PINS = N_("Five announcements are pinned already. Take one down first.")
NOT_OUTSIDE = N_("This was never sent to others, so nobody there can be answered.")

_AT_HOME = frozenset({Scope.VILLAGE})


@dataclass(frozen=True, kw_only=True)
class AnnouncementDraft:
    """An announcement as somebody wrote it, checked; `text` is plain, or Markdown."""

    title: str
    text: str
    scope: Scope = Scope.PUBLIC
    language: str = "fr"
    photos: tuple[PhotoDraft, ...] | None = None  # None: those that are there stay


async def publish_announcement(author: Actor, draft: AnnouncementDraft, *, code: str = "") -> Publication:
    """Put it on our pages, and send it out unless it is for the village alone."""
    return await _once(
        author,
        code,
        kind=Kind.ANNOUNCEMENT,
        scope=draft.scope,
        title=draft.title,
        source=draft.text,
        language=draft.language,
        photos=draft.photos,
    )


async def answer(
    answered: Publication, text: str, *, author: Actor, code: str = "", language: str = "fr"
) -> Publication:
    """Answer in the name of an actor of ours, in public only what was said in public.

    The author of what is answered must be loaded. Raises Conflict where there is nobody to send it to.
    """
    if answered.scope in _AT_HOME:
        raise Conflict(NOT_OUTSIDE)
    return await _once(
        author,
        code,
        to=answered,
        kind=Kind.ANSWER,
        scope=Scope.PUBLIC if answered.scope is Scope.PUBLIC else Scope.DIRECT,
        source=text,
        language=language,
        in_reply_to=answered.uri,
        root_id=answered.root_id or (answered.id if answered.author.is_local else None),
    )


async def edit_announcement(publication: Publication, draft: AnnouncementDraft) -> None:
    """Change title and text; who may see it stays, for nobody can call back what was sent."""
    async with transaction():
        ours = await _ours(publication)
        if (ours.title, ours.source) == (draft.title, draft.text) and not await _new_photos(ours, draft):
            return
        if draft.photos is not None:
            await hang_photos(ours.id, draft.photos)
        ours.title, ours.source, ours.html = draft.title, draft.text, html_of(draft.text)
        touch(ours)
        document = await _write(ours, await _named(ours))
        if ours.scope not in _AT_HOME:
            assert ours.updated_at is not None, "by touch()"
            activity = activities.update(document, number=ours.edits, at=ours.updated_at)
            await publish(activity, author=ours.author, reach=_reach(ours, await _named(ours), later=True))
            await pass_on(ours, await _groups(ours))


async def _new_photos(ours: Publication, draft: AnnouncementDraft) -> bool:
    """Whether the draft has other photos than these, or says something else of them."""
    known = tuple(
        PhotoDraft(file=photo.file, alt=photo.alt, consent=photo.consent)
        for photo in await photos_of(ours.id)
    )
    return draft.photos is not None and draft.photos != known


async def delete_announcement(publication: Publication) -> None:
    """Take it down everywhere. Its row stays without words: the address is never given to another text."""
    async with transaction():
        ours = await _ours(publication)
        now = datetime.now(UTC)
        named, activity = await _named(ours), None
        if ours.scope not in _AT_HOME:
            activity = activities.delete(await _document(ours, named), at=now)
        ours.deleted_at, ours.pinned_at, ours.document = now, None, None
        ours.title = ours.source = ours.html = ""
        await ours.save()
        await drop_photos(ours.id)
        await search.index(ours)
        await _count_answers(ours.in_reply_to)
        if activity is not None:
            await publish(activity, author=ours.author, reach=_reach(ours, named, later=True))


async def pin(publication: Publication) -> None:
    """To the top of the village's page and of its profile elsewhere. Raises Conflict where it is full."""
    async with transaction():
        ours = await _ours(publication)
        if ours.pinned_at is not None:
            return
        pinned = Publication.filter(author_id=ours.author_id, pinned_at__not_isnull=True)
        if await pinned.count() >= MOST_PINS:
            raise Conflict(TOO_MANY_PINS)
        ours.pinned_at = datetime.now(UTC)
        await ours.save(update_fields=["pinned_at"])
        await _tell_pin(ours, "adds")


async def unpin(publication: Publication) -> None:
    async with transaction():
        ours = await _ours(publication)
        if ours.pinned_at is None:
            return
        ours.pinned_at = None
        await ours.save(update_fields=["pinned_at"])
        await _tell_pin(ours, "removes")


async def hide(publication: Publication) -> None:
    """Take what somebody else wrote off our pages; agents still see it, and can show it again."""
    await _set_hidden(publication, datetime.now(UTC))


async def show_again(publication: Publication) -> None:
    await _set_hidden(publication, None)


async def _set_hidden(publication: Publication, at: datetime | None) -> None:
    async with transaction():
        await Publication.filter(id=publication.id).update(hidden_at=at)
        await _count_answers(publication.in_reply_to)


async def _once(author: Actor, code: str, *, to: Publication | None = None, **facts: Any) -> Publication:
    """The publication that this form makes: a new one, or the one that it made before."""
    try:
        async with transaction():
            known = await Publication.of_code(code) if code else None
            if known is None:
                return await _add(author, code or new_code(), to=to, **facts)
    except IntegrityError:  # the same form, a moment ago
        known = await Publication.of_code(code)
    if known is not None and known.author_id == author.id and known.source == facts["source"]:
        return known
    return await _once(author, "", to=to, **facts)


async def _add(
    author: Actor,
    code: str,
    *,
    to: Publication | None,
    photos: tuple[PhotoDraft, ...] | None = None,
    **facts: Any,
) -> Publication:
    now = datetime.now(UTC)
    publication = Publication(
        uri=object_uri(), code=code, author=author, type="Note", published_at=now, received_at=now, **facts
    )
    publication.url = page_url(publication)
    publication.html = html_of(publication.source)
    named = () if to is None or to.author.is_local else (to.author,)
    if photos:
        await publication.save()
        await hang_photos(publication.id, photos)
    document = await _write(publication, named)
    await _count_answers(publication.in_reply_to)
    if publication.scope not in _AT_HOME:
        await publish(activities.create(document), author=author, reach=_reach(publication, named))
        await pass_on(publication, await _groups(publication))
    if publication.kind is Kind.ANNOUNCEMENT:
        await relay(publication)
    return publication


async def _groups(publication: Publication) -> list[Actor]:
    """Of projects that an announcement names: they pass it on. Answers hang below something already."""
    return await groups_in(publication.source) if publication.in_reply_to is None else []


def _reach(publication: Publication, named: tuple[Actor, ...], *, later: bool = False) -> Reach:
    """Followers read what is public, who is answered is told by name; `later`: also who had to do with it."""
    followers = (publication.author,) if publication.scope is Scope.PUBLIC else ()
    return Reach(followers_of=followers, named=named, about=publication if later else None)


async def _named(publication: Publication) -> tuple[Actor, ...]:
    """Whom an answer of ours names."""
    if publication.in_reply_to is None:
        return ()
    answered = await Publication.filter(uri=publication.in_reply_to).select_related("author").first()
    return () if answered is None or answered.author.is_local else (answered.author,)


async def _write(publication: Publication, named: tuple[Actor, ...]) -> Json:
    """Save the row together with the document that is served for it."""
    document = await _document(publication, named)
    publication.document = {name: value for name, value in document.items() if name != "@context"} or None
    await publication.save()
    await search.index(publication)
    return document


async def _document(publication: Publication, named: tuple[Actor, ...]) -> Json:
    if publication.scope in _AT_HOME:
        return {}
    spoken_to = (*named, *await _groups(publication))
    mentions = [Mention(one.uri, one.full_handle.removeprefix("@"), one.url or one.uri) for one in spoken_to]
    hashtags, pictures = hashtags_of(publication.source), await pictures_of(publication)
    return note_document(publication, mentions=mentions, hashtags=hashtags, pictures=pictures)


async def _ours(publication: Publication) -> Publication:
    """The row as it is now, locked until the transaction ends, with its author."""
    ours = await Publication.select_for_update(no_key=True).get_or_none(id=publication.id, deleted_at=None)
    if ours is None:
        raise NotFound
    ours.author = await Actor.get(id=ours.author_id)
    return ours


async def _count_answers(uri: str | None) -> None:
    """How many public answers to `uri` are shown, where that is ours to count."""
    if uri is None:
        return
    answers = Publication.filter(in_reply_to=uri, kind=Kind.ANSWER, scope=Scope.PUBLIC)
    shown = answers.filter(hidden_at=None, deleted_at=None)
    await Publication.filter(uri=uri, document__not_isnull=True).update(replies=await shown.count())


async def _tell_pin(publication: Publication, kind: str) -> None:
    author = publication.author
    if publication.scope is not Scope.PUBLIC:
        return
    tell = activities.add if kind == "adds" else activities.remove
    activity = tell(
        activity_uri(author.uri, kind),
        actor=author.uri,
        item=publication.uri,
        collection=author.featured_uri or f"{author.uri}/featured",
        followers=author.followers_uri or f"{author.uri}/followers",
    )
    await publish(activity, author=author, reach=Reach(followers_of=(author,)))
