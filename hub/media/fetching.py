"""From another server's picture to a small file of ours, so that visitors' browsers never ask that server."""

import asyncio
import logging
from datetime import UTC, datetime

from federation.errors import FederationError
from federation.limits import MEDIA_BYTES
from federation.media_types import Accept
from federation.origin import host_of, parse_uri
from hub.actors.peers import NetworkOff, peers
from hub.media import files
from hub.media.models import Picture
from hub.media.shrinking import NotAPicture, shrink

log = logging.getLogger(__name__)

SECONDS = 15  # for one download: other jobs wait meanwhile
# The type is read from the content: what the other server calls it does not matter (HTM-09).
IMAGE = Accept("image/webp, image/png, image/jpeg, image/gif", lambda content_type: True)


async def fetch_picture(id: int) -> None:  # noqa: A002 (the argument's name in the job's row)
    """Job: download, shrink and keep the picture of this row; a failure is written down, not repeated."""
    picture = await Picture.get_or_none(id=id, file=None)
    if picture is None:
        return
    try:
        small = await shrink(await _download(picture.url))
    except NetworkOff:
        return
    except (FederationError, NotAPicture) as error:
        log.warning("picture not taken", extra={"host": host_of(picture.url), "reason": str(error)})
        await Picture.filter(id=id, file=None).update(failed_at=datetime.now(UTC))
        return
    name = files.new_name()
    await asyncio.to_thread(files.write, name, small)
    await Picture.filter(id=id, file=None).update(file=name, fetched_at=datetime.now(UTC), failed_at=None)


async def _download(url: str) -> bytes:
    try:
        async with asyncio.timeout(SECONDS):
            got = await peers().client.get_bytes(parse_uri(url), accept=IMAGE, max_bytes=MEDIA_BYTES)
    except TimeoutError:
        raise NotAPicture("takes too long") from None
    return got.body
