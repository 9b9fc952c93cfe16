"""`/CODE`: one short address for everything that is published; what it is decides who shows it."""

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from hub.errors import NotFound
from hub.publications.models import Kind, Publication
from hub.web.viewer import Access, Handler, Page


def page_by_kind(handlers: Mapping[Kind, Handler]) -> Page:
    """The page of a publication. A handler looks for it by its code, and says what this viewer may see."""

    async def show(request: Request) -> Response:
        publication = await Publication.of_code(request.path_params["code"])
        handler = handlers.get(publication.kind) if publication is not None else None
        if handler is None:
            raise NotFound
        return await handler(request)

    return Page("/{code:code}", show, access=Access.VISITOR)
