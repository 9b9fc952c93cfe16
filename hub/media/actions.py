"""What other slices ask: that a picture be fetched, and under which address of ours it is shown."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from federation.errors import InvalidDocument
from federation.origin import parse_uri
from hub.db import rows
from hub.jobs import enqueue
from hub.media.fetching import fetch_picture
from hub.media.models import Picture

AGAIN = timedelta(days=7)  # after a failure


async def want_picture(url: str | None) -> None:
    """Have it fetched soon, in the caller's transaction; at once only the first time it is asked for."""
    if url is None or not _may_be_fetched(url):
        return
    now = datetime.now(UTC)
    asked = await rows(
        "INSERT INTO picture (url, asked_at) VALUES ($1, $2) ON CONFLICT (url) DO UPDATE SET asked_at = $2,"
        " failed_at = NULL WHERE picture.file IS NULL AND picture.asked_at < $3 RETURNING id",
        *(url, now, now - AGAIN),
    )
    for row in asked:
        await enqueue(fetch_picture, id=row["id"])


async def picture_addresses(urls: Iterable[str | None]) -> dict[str, str]:
    """The address here of each picture that we have; for the others a page shows an initial."""
    wanted = {url for url in urls if url}
    if not wanted:
        return {}
    found = await Picture.filter(url__in=wanted, file__not_isnull=True).values_list("url", "file")
    return {str(url): f"/media/{name}.webp" for url, name in found}


def _may_be_fetched(url: str) -> bool:
    try:
        parse_uri(url)
    except InvalidDocument:
        return False
    return True
