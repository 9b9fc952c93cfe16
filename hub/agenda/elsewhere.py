"""Events of other villages: a row beside each publication, with what its own server said last.

Each function runs in the caller's transaction, unless it says otherwise, and may run twice.
"""

from datetime import UTC, datetime, timedelta

from federation.documents import Document
from hub.actors.models import Actor
from hub.agenda import dialogue, notices
from hub.agenda.actions import holders
from hub.agenda.models import Attendance, Event, Standing
from hub.agenda.reading import Reading, read
from hub.agenda.searching import index_event
from hub.cleaning import clean_html
from hub.db import transaction
from hub.fediverse.keeping import is_held, is_wanted
from hub.publications.documents import new_code
from hub.publications.groups import project_named
from hub.publications.markup import html_of
from hub.publications.models import Kind, Publication, Scope
from hub.publications.receiving import attached

KEPT = timedelta(days=90)  # after its end

_FACTS = (
    "category starts_at ends_at all_day timezone place address online_url join_mode join_url capacity"
).split()
_SHOWN = frozenset({Scope.PUBLIC, Scope.NEIGHBOURS})


async def take(publication: Publication, document: Document, newer: bool) -> None:
    """One came, or came again; `newer`: its words were changed since. Who answers may mean to come."""
    if publication.in_reply_to is not None:
        if dialogue.is_meant(document):
            await dialogue.ask(publication)
        return
    reading = None if publication.author.is_local else read(document)
    if reading is None or publication.scope not in _SHOWN or publication.deleted_at is not None:
        return
    known = await Event.select_for_update().get_or_none(publication_id=publication.id)
    if known is None:
        if reading.draft.ends_at > datetime.now(UTC) and await is_wanted(publication):
            await _hang(publication, document, reading)
    elif newer or document.updated_at is None:  # some servers never say when they changed something
        known.publication = publication
        await _change(known, document, reading)


async def be_gone(publication: Publication) -> None:
    """It was deleted where it was written: who wanted to come is told."""
    if publication.kind is not Kind.EVENT or publication.author.is_local:
        return
    event = await Event.select_for_update().get_or_none(publication_id=publication.id)
    if event is not None and event.standing is not Standing.CANCELLED:
        event.publication = publication
        await _call_off(event)


async def be_left(actor: Actor) -> None:
    """Its author is gone for ever."""
    ahead = Publication.filter(author_id=actor.id, kind=Kind.EVENT, event__ends_at__gt=datetime.now(UTC))
    for publication in await ahead.select_related("author"):
        await be_gone(publication)


async def forget_old(now: datetime | None = None) -> None:
    """What was over long ago, and was no matter of anybody here; in its own transaction."""
    before = (now or datetime.now(UTC)) - KEPT
    theirs = Event.filter(owner_id=None, calendar_id=None).exclude(publication__author__host="")
    async with transaction():
        old = theirs.filter(ends_at__lt=before, attendances__id=None).limit(500)
        found = await old.values_list("id", "publication_id")
        await Event.filter(id__in=[row[0] for row in found]).delete()
        # as any other post of theirs: hub.fediverse.jobs knows when that may go
        await Publication.filter(id__in=[row[1] for row in found]).update(kind=Kind.POST)


async def _hang(publication: Publication, document: Document, reading: Reading) -> None:
    publication.kind, publication.code = Kind.EVENT, publication.code or new_code()
    if await is_held(publication.author):  # agents read it first
        publication.hidden_at = datetime.now(UTC)
    await _take_words(publication, document, reading)
    event = Event(publication=publication, owner=None, standing=reading.standing, sent_at=datetime.now(UTC))
    event.project_id = await project_named(document, publication.author)
    await _take_facts(event, reading)


async def _change(event: Event, document: Document, reading: Reading) -> None:
    """Its kind and who may see it stay, as with all that others edit."""
    before, stood = _when_and_where(event), event.standing
    await _take_words(event.publication, document, reading)
    event.project_id = await project_named(document, event.publication.author)
    await _take_facts(event, reading)
    if event.ends_at <= datetime.now(UTC):
        return
    if event.standing is Standing.CANCELLED:
        if stood is not Standing.CANCELLED:
            await notices.cancelled(event, await _waiting(event))
    elif before != _when_and_where(event):
        await notices.moved(await _waiting(event))


async def _take_words(publication: Publication, document: Document, reading: Reading) -> None:
    """When and where, which others write into the summary, stands on our page anyway."""
    publication.title = reading.draft.title
    if reading.is_from_hub and "source" in document.raw:
        publication.html = html_of(reading.draft.text) + clean_html(attached(document))
    elif not document.content.strip():
        publication.html = clean_html(document.summary)
    elif document.updated_at is None:  # an edit that does not say so
        publication.html = clean_html(document.content + attached(document))
    publication.summary = ""
    await publication.save(update_fields=["kind", "code", "title", "html", "summary", "hidden_at"])


async def _take_facts(event: Event, reading: Reading) -> None:
    for name in _FACTS:
        setattr(event, name, getattr(reading.draft, name))
    if event.standing is not reading.standing:
        event.standing, event.changed_at = reading.standing, datetime.now(UTC)
    event.coming, event.is_from_hub = reading.coming, reading.is_from_hub
    event.latitude, event.longitude = reading.latitude, reading.longitude
    await event.save()
    await index_event(event)


async def _call_off(event: Event) -> None:
    event.standing, event.changed_at = Standing.CANCELLED, datetime.now(UTC)
    await event.save(update_fields=["standing", "changed_at"])
    if event.ends_at > datetime.now(UTC):
        await notices.cancelled(event, await _waiting(event))


async def _waiting(event: Event) -> list[Attendance]:
    """Who wants to come from here; the event is loaded as a notice needs it."""
    await event.fetch_related("owner", "organisation")
    return await holders(event)


def _when_and_where(event: Event) -> tuple[object, ...]:
    return (event.starts_at, event.ends_at, event.place, event.address)
