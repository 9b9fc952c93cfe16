"""`/CODE`: one short address for everything that is published; what it is decides who shows it."""

from collections.abc import Mapping

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


async def _kind(code: str) -> Kind | None:
    if (known := _kinds.get(code)) is not None:
        return known
    publication = await Publication.of_code(code)
    return None if publication is None else _kinds.put(code, publication.kind)
