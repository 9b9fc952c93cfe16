"""What the worker does for pictures: fetch them, and forget those of nobody."""

import asyncio
from datetime import UTC, datetime, timedelta

from hub.db import rows
from hub.jobs import Function, Periodic
from hub.media import files
from hub.media.fetching import fetch_picture
from hub.media.models import Photo, Picture

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
        names = [file.stem for file in written]
        kept = {f"{picture.file}.webp" for picture in await Picture.filter(file__in=names).only("file")}
        for file in written:
            if file.name not in kept:
                file.unlink(missing_ok=True)


async def forget_photos() -> None:
    """Delete the photos whose form was never finished, those of what is deleted, and files of neither."""
    before = datetime.now(UTC) - KEPT
    await rows("DELETE FROM photo WHERE publication_id IS NULL AND made_at < $1", before)
    await rows(
        "DELETE FROM photo WHERE publication_id IN (SELECT id FROM publication WHERE deleted_at IS NOT NULL)"
    )
    for written in await asyncio.to_thread(lambda: list(files.written_before(before, files.PHOTOS))):
        names = {file.stem.removesuffix("-small") for file in written}
        kept = {photo.file for photo in await Photo.filter(file__in=names).only("file")}
        for file in written:
            if file.suffix != ".webp" or file.stem.removesuffix("-small") not in kept:
                file.unlink(missing_ok=True)


jobs: list[Function | Periodic] = [
    Periodic(forget_pictures, every=timedelta(days=1)),
    Periodic(forget_photos, every=timedelta(days=1)),
]
network_jobs: list[Function | Periodic] = [fetch_picture]
