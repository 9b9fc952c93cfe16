"""Photos that people put on what they publish: kept, hung up, taken down.

A photo is made small and written before anything else happens, as a row that belongs to nothing. Hanging it
up and taking it down are part of the transaction of its publication; files go once that is durable, and what
a fault leaves behind is swept away by hub.media.jobs.
"""

import asyncio
from collections.abc import Iterable, Sequence
from typing import IO

from tortoise.expressions import Q

from hub.db import after_commit
from hub.errors import Conflict
from hub.jobs import enqueue
from hub.media import files
from hub.media.models import Photo, PhotoDraft
from hub.media.shrinking import shrink_photo
from hub.text import N_

MOST = 4  # of one publication: what Mastodon shows

GONE = N_("A photo was kept for a day and is gone now. Choose it again.")


async def keep_photo(file: IO[bytes], *, member_id: int | None = None) -> Photo:
    """Take over what was uploaded, in two sizes, without EXIF and place. Raises NotAPicture."""
    made, name = await shrink_photo(file), files.new_name()
    await asyncio.to_thread(_write, name, made.large, made.small)
    return await Photo.create(
        file=name,
        member_id=member_id,
        width=made.width,
        height=made.height,
        small_width=made.small_width,
        small_height=made.small_height,
    )


def _write(name: str, large: bytes, small: bytes) -> None:
    files.write(name, large, files.PHOTOS)
    files.write(files.small(name), small, files.PHOTOS)


def available(member_id: int | None, publication_id: int | None = None) -> Q:
    """The photos that this form may name: its publication's, and those that nothing has yet.

    What a member uploaded, no other member can use (HTM-16); without an account, the name is the key.
    """
    free = Q(publication_id=None) & (Q(member_id=member_id) | Q(member_id=None))
    return free if publication_id is None else free | Q(publication_id=publication_id)


async def hang_photos(publication_id: int, drafts: Sequence[PhotoDraft]) -> None:
    """Let a publication have these photos, in this order, and no other; in the caller's transaction.

    Raises Conflict where one of them is gone, or is another publication's.
    """
    kept = {draft.file for draft in drafts}
    before = await Photo.filter(publication_id=publication_id)
    await _remove([photo for photo in before if photo.file not in kept])
    for position, draft in enumerate(drafts[:MOST]):
        mine = Photo.filter(Q(publication_id=None) | Q(publication_id=publication_id), file=draft.file)
        facts = {"position": position, "alt": draft.alt, "consent": draft.consent}
        if await mine.update(publication_id=publication_id, **facts) != 1:
            raise Conflict(GONE)


async def drop_photos(publication_id: int) -> None:
    """Of what was deleted: rows at once, files when that is durable."""
    await _remove(await Photo.filter(publication_id=publication_id))


async def _remove(photos: Sequence[Photo]) -> None:
    if photos:
        await Photo.filter(id__in=[photo.id for photo in photos]).delete()
        names = [photo.file for photo in photos]
        if files.is_far():
            await enqueue(remove_files, names=names)
        else:
            after_commit(lambda: files.remove_photos(names))


async def remove_files(names: list[str]) -> None:
    """Job: take down what lies where nobody waits for it."""
    await asyncio.to_thread(files.remove_photos, names)


async def photos_by_publication(publication_ids: Iterable[int]) -> dict[int, list[Photo]]:
    """In their order; a publication without photos is not in it. One question for a whole list."""
    found: dict[int, list[Photo]] = {}
    for photo in await Photo.filter(publication_id__in=list(publication_ids)).order_by("position", "id"):
        found.setdefault(photo.publication_id or 0, []).append(photo)
    return found


async def photos_of(publication_id: int) -> list[Photo]:
    return (await photos_by_publication([publication_id])).get(publication_id, [])
