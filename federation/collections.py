"""Collections that go out: their count, their pages, or only their count where members stay hidden."""

from collections.abc import Sequence

from federation.vocabulary import CONTEXT, Json


def collection(uri: str, *, total: int | None = None, first: str | None = None) -> Json:
    """Paged from `first`; without it the members are hidden, and Mastodon shows "hidden network"."""
    document: Json = {"@context": CONTEXT, "id": uri, "type": "OrderedCollection"}
    further = {"totalItems": total, "first": first}
    return document | {name: value for name, value in further.items() if value is not None}


def whole_collection(uri: str, items: Sequence[str | Json]) -> Json:
    """Short enough for one answer, as pinned posts and moderators are."""
    return {
        "@context": CONTEXT,
        "id": uri,
        "type": "OrderedCollection",
        "totalItems": len(items),
        "orderedItems": [_bare(item) for item in items],
    }


def page(
    uri: str,
    items: Sequence[str | Json],
    *,
    part_of: str,
    following: str | None = None,
    previous: str | None = None,
) -> Json:
    """`following` and `previous` are the URIs of the neighbouring pages."""
    document: Json = {
        "@context": CONTEXT,
        "id": uri,
        "type": "OrderedCollectionPage",
        "partOf": part_of,
        "next": following,
        "prev": previous,
        "orderedItems": [_bare(item) for item in items],
    }
    return {name: value for name, value in document.items() if value is not None}


def _bare(item: str | Json) -> str | Json:
    if isinstance(item, str):
        return item
    return {name: value for name, value in item.items() if name != "@context"}
