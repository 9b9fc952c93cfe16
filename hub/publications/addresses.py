"""`/CODE`: one short address for everything that is published; what it is decides who shows it."""

from collections.abc import Iterable, Mapping
from contextlib import suppress

from starlette.requests import Request
from starlette.responses import Response

from hub.cache import Cache
from hub.errors import NotFound
from hub.publications.models import Kind, Publication
from hub.web.viewer import Access, Handler, Page

_kinds: Cache[str, Kind] = Cache(seconds=60, most=1_000)  # what something is never changes


def page_by_kind(handlers: Mapping[Kind, Handler]) -> Page:
    """The page of a publication. A handler looks for it by its code, and says what this viewer may see."""

    async def show(request: Request) -> Response:
        kind = await _kind(request.path_params["code"])
        handler = handlers.get(kind) if kind is not None else None
        if handler is None:
            raise NotFound
        return await handler(request)

    return Page("/{code:code}", show, access=Access.VISITOR)


def in_turn(pages: Iterable[Page]) -> list[Page]:
    """Where several slices answer at one address, as `/CODE/change`, the first that knows the thing does.

    So a handler says NotFound before it does anything.
    """
    by_address: dict[tuple[str, frozenset[str]], list[Page]] = {}
    for page in pages:
        by_address.setdefault((page.path, frozenset(page.methods or ())), []).append(page)
    return [same[0] if len(same) == 1 else _one_of(same) for same in by_address.values()]


def _one_of(same: list[Page]) -> Page:
    async def answer(request: Request) -> Response:
        for page in same[:-1]:
            with suppress(NotFound):
                return await page.answer(request)
        return await same[-1].answer(request)

    first, levels = same[0], list(Access)
    return Page(
        first.path,
        answer,
        access=min((page.access for page in same), key=levels.index),
        confirmed=all(page.confirmed for page in same),
        uploads=any(page.uploads for page in same),
        methods=sorted(first.methods or ()),
        name=first.name,
    )


async def _kind(code: str) -> Kind | None:
    if (known := _kinds.get(code)) is not None:
        return known
    publication = await Publication.of_code(code)
    return None if publication is None else _kinds.put(code, publication.kind)
