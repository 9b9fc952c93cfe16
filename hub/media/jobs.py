"""What the worker does for pictures: fetch them, and forget those of nobody."""

import asyncio
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from pathlib import PurePosixPath

from hub.db import rows
from hub.jobs import Function, Periodic
from hub.media import files
from hub.media.fetching import fetch_picture
from hub.media.models import Photo, Picture
from hub.media.photos import remove_files

KEPT = timedelta(days=1)  # nobody's may become somebody's: the actor comes with a later transaction


async def forget_pictures() -> None:
    """Delete the pictures that no actor has any more, and files that no row names."""
    before = datetime.now(UTC) - KEPT
    await rows(
        "DELETE FROM picture WHERE asked_at < $1 AND url NOT IN"
        " (SELECT icon_url FROM actor WHERE icon_url IS NOT NULL AND deleted_at IS NULL)",
        before,
    )
    for written in await asyncio.to_thread(lambda: list(files.written_before(before))):
        found = await Picture.filter(file__in=[_name(path) for path in written]).only("file")
        await _remove_but({files.path_of(str(picture.file)) for picture in found}, written)


async def forget_photos() -> None:
    """Delete the photos whose form was never finished, those of what is deleted, and files of neither."""
    before = datetime.now(UTC) - KEPT
    await rows("DELETE FROM photo WHERE publication_id IS NULL AND made_at < $1", before)
    await rows(
        "DELETE FROM photo WHERE publication_id IN (SELECT id FROM publication WHERE deleted_at IS NOT NULL)"
    )
    for written in await asyncio.to_thread(lambda: list(files.written_before(before, files.PHOTOS))):
        found = await Photo.filter(file__in={_name(path).removesuffix("-small") for path in written}).only(
            "file"
        )
        sizes = {size for photo in found for size in (photo.file, files.small(photo.file))}
        await _remove_but({files.path_of(size, files.PHOTOS) for size in sizes}, written)


def _name(path: str) -> str:
    return PurePosixPath(path).stem


async def _remove_but(kept: Collection[str], written: Collection[str]) -> None:
    """Also halves of files, which a power cut leaves."""
    await asyncio.to_thread(files.remove, [path for path in written if path not in kept])


jobs: list[Function | Periodic] = [
    Periodic(forget_pictures, every=timedelta(days=1)),
    Periodic(forget_photos, every=timedelta(days=1)),
]
network_jobs: list[Function | Periodic] = [fetch_picture, remove_files]
