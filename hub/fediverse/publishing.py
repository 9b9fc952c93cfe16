"""A publication of ours goes out, again with each change, and is taken back; in the caller's transaction.

Slices write the document, all else is here: who hears of it, and that what is for the village stays in it.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from federation import activities
from federation.vocabulary import CONTEXT, Json
from hub.actors.models import Actor
from hub.fediverse.actions import Reach, boost, publish
from hub.fediverse.models import Activity
from hub.fediverse.receipts import expect_receipts
from hub.fediverse.relaying import relay
from hub.media.photos import drop_photos
from hub.publications.models import Publication, Scope


def leaves(publication: Publication) -> bool:
    """Whether others are told of it at all."""
    return publication.reach is not Scope.VILLAGE


_WORDS = "title source html language document".split()


async def store(publication: Publication, document: Json) -> None:
    """Save the words together with the document that is served for them; an empty one: there is none.

    Nothing else of the row, which is there already: meanwhile somebody may have hidden it, or liked it.
    """
    if publication.deleted_at is not None:
        return
    publication.document = {name: value for name, value in document.items() if name != "@context"} or None
    await publication.save(update_fields=[*_WORDS, "edits", "updated_at", "published_at"])


async def show(publication: Publication) -> None:
    """Somebody has read it first: from now on everybody may."""
    publication.hidden_at, publication.published_at = None, datetime.now(UTC)
    await publication.save(update_fields=["hidden_at", "published_at"])


async def send_out(publication: Publication, document: Json, *, boards: Sequence[Actor | None] = ()) -> None:
    """Tell everybody for the first time; groups of ours on which it hangs pass on what is public."""
    if not leaves(publication):
        return
    await publish(activities.create(document), author=publication.author, reach=_reach(publication, ()))
    await pass_on(publication, boards)
    await relay(publication)


async def pass_on(publication: Publication, boards: Sequence[Actor | None]) -> None:
    """By groups of ours on which it hangs, each once, where everybody may see it."""
    if publication.scope is not Scope.PUBLIC or not _is_shown(publication):
        return
    for board in boards:
        if board is not None and not board.hidden:
            await boost(board, publication)


def touch(publication: Publication) -> None:
    """It was changed: before its document is written anew."""
    publication.edits += 1
    publication.updated_at = _later_than(publication.updated_at or publication.published_at)


async def send_changes(
    publication: Publication,
    document: Json,
    *,
    named: Sequence[Actor] = (),
    boards: Sequence[Actor | None] = (),
) -> None:
    """Tell whoever has it what it says now, and `named`, who had to do with it; silent where it is hidden.

    Of `boards` those pass it on that did not yet: it may have become part of a project.
    """
    if not leaves(publication) or not _is_shown(publication):
        return
    assert publication.updated_at is not None, "touch() comes first"
    changed = activities.update(document, number=publication.edits, at=publication.updated_at)
    await publish(changed, author=publication.author, reach=_reach(publication, named, later=True))
    await pass_on(publication, boards)


async def take_down(publication: Publication, document: Json, *, named: Sequence[Actor] = ()) -> None:
    """Delete it everywhere; its row stays without words, so that the address is never another's."""
    now = datetime.now(UTC)
    gone = activities.delete(document, at=now) if await _was_sent(publication) else None
    publication.deleted_at, publication.pinned_at, publication.document = now, None, None
    publication.title = publication.source = publication.html = ""
    await publication.save(update_fields=[*_WORDS, "deleted_at", "pinned_at"])
    await drop_photos(publication.id)
    if gone is not None:
        await _tell_gone(publication, gone, named)


async def _tell_gone(publication: Publication, gone: Json, named: Sequence[Actor]) -> None:
    """Everybody who may have it; hubs say when it is gone there (hub.fediverse.receipts)."""
    reach = _reach(publication, named, later=True, gone=True)
    activity = await publish(gone, author=publication.author, reach=reach)
    await expect_receipts(activity, since=publication.published_at, scope=publication.reach)


async def withdraw(publication: Publication, *, named: Sequence[Actor] = ()) -> None:
    """It stays here for who signed in, and goes elsewhere: the document, what told of it, and every copy."""
    if await _was_sent(publication):
        document = {"@context": CONTEXT, **(publication.document or {})}
        gone = activities.delete(document, at=datetime.now(UTC))
        await _tell_gone(publication, gone, named)
    publication.scope, publication.told_to, publication.document = Scope.VILLAGE, None, None
    await publication.save(update_fields=["scope", "told_to", "document"])
    told = Activity.filter(object_uri=publication.uri, public=True)
    await told.exclude(type="Delete").update(public=False)


def _is_shown(publication: Publication) -> bool:
    return publication.hidden_at is None and publication.deleted_at is None


async def _was_sent(publication: Publication) -> bool:
    """Also what is hidden now: others have it still."""
    return leaves(publication) and await Activity.exists(uri=f"{publication.uri}/create")


def _reach(
    publication: Publication, named: Sequence[Actor], *, later: bool = False, gone: bool = False
) -> Reach:
    """Followers of its author, and hubs with which this was agreed; `later`: also who had to do with it, and
    the board's; `gone`: every hub that may have it.
    """
    is_public = publication.reach is not Scope.NEIGHBOURS
    return Reach(
        followers_of=(publication.author,) if is_public and publication.told_to is None else (),
        named=tuple(named) if later or not is_public else (),
        about=publication if later or not is_public else None,
        agreed=publication,
        gone_since=publication.published_at if gone else None,
    )


def _later_than(before: datetime) -> datetime:
    """Now, but never within the second of `before`: other servers compare whole seconds."""
    return max(datetime.now(UTC), before + timedelta(seconds=1))
