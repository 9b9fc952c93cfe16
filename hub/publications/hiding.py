"""Publications are taken off our pages, or come back; nothing is deleted, and answers are counted again."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TypeVar

from tortoise.queryset import QuerySet

from hub.db import rows
from hub.publications.groups import hide_groups
from hub.publications.models import Publication

T = TypeVar("T")

AT_ONCE = 500  # in one statement


async def move(publications: QuerySet[Publication], *, hidden_at: datetime | None) -> None:
    """Off the pages or back, in the caller's transaction, and count again the answers below what is ours."""
    found = await publications.values_list("id", "in_reply_to")
    for ids in some_at_a_time([number for number, _ in found]):
        await Publication.filter(id__in=ids).update(hidden_at=hidden_at)
        await hide_groups(ids, hidden=hidden_at is not None)
    for uris in some_at_a_time(sorted({str(uri) for _, uri in found if uri})):
        places = ", ".join(f"${number}" for number in range(1, len(uris) + 1))
        await rows(
            "UPDATE publication SET replies = (SELECT COUNT(*) FROM publication AS answer"
            " WHERE answer.in_reply_to = publication.uri AND answer.kind = 'answer'"
            " AND answer.scope = 'public' AND answer.hidden_at IS NULL AND answer.deleted_at IS NULL)"
            f" WHERE uri IN ({places}) AND author_id IN (SELECT id FROM actor WHERE host = '')",
            *uris,
        )


def some_at_a_time(names: Sequence[T]) -> Iterator[Sequence[T]]:
    return (names[start : start + AT_ONCE] for start in range(0, len(names), AT_ONCE))
