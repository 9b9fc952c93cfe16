"""`/photos/NAME.webp`: a photo, for those who see the publication that it hangs on, as nothing but a photo.

A photo is where its publication is: of what is deleted nobody gets it, of what is hidden or not read yet
agents and its own member, of what is for the village alone members. What goes to neighbours leaves the
village, so there, as for what is public, the name is enough, which only the publication tells. A photo whose
form is not finished is shown to who holds its name: the form.
"""

import asyncio

from starlette.convertors import Convertor, register_url_convertor
from starlette.requests import Request
from starlette.responses import Response

from hub.errors import NotFound
from hub.media import files
from hub.media.models import Photo
from hub.publications.models import Publication, Scope
from hub.publications.showing import reader_of
from hub.publications.visibility import may_see
from hub.web.viewer import Access, Page, Viewer

HEADERS = {
    "content-disposition": "inline",
    # The styles are the browser's own: it centres a picture, and fits it to the screen, with inline ones.
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    "x-content-type-options": "nosniff",
    "x-robots-tag": "noindex",
}
SHARED = "private, max-age=86400"  # in browsers alone: no cache between us and them outlives a hiding
OWN = "private, no-store"
# What went out is shown from here by servers that copy no pictures (Pleroma, Lemmy): browsers must let them.
SHOWN_ELSEWHERE = {"cross-origin-resource-policy": "cross-origin"}


class _Name(Convertor[tuple[str, bool]]):
    """The name of a photo, and whether the small size is meant."""

    regex = "[0-9a-f]{32}(?:-small)?"

    def convert(self, value: str) -> tuple[str, bool]:
        return value[:32], value.endswith("-small")

    def to_string(self, value: tuple[str, bool]) -> str:
        return files.small(value[0]) if value[1] else value[0]


register_url_convertor("photo", _Name())


async def show_photo(request: Request) -> Response:
    name, small = request.path_params["name"]
    caching = await _caching(name, request.state.viewer)
    size = files.small(name) if small else name
    try:
        content = await asyncio.to_thread(files.read, size, files.PHOTOS)
    except FileNotFoundError:
        raise NotFound from None
    headers = {**HEADERS, "cache-control": caching, **(SHOWN_ELSEWHERE if caching == SHARED else {})}
    return Response(content, media_type="image/webp", headers=headers)


async def _caching(name: str, viewer: Viewer | None) -> str:
    """How long this viewer's browser may keep it. Raises NotFound where they may not see it."""
    photo = await Photo.filter(file=name).first()
    if photo is None:
        raise NotFound
    if photo.publication_id is None:
        return OWN
    publication = await Publication.get(id=photo.publication_id)
    if publication.hidden_at is None and _goes_out(publication):
        return SHARED
    if not _is_theirs(photo, publication, viewer) and not may_see(publication, reader_of(viewer)):
        raise NotFound
    return OWN


def _goes_out(publication: Publication) -> bool:
    return publication.deleted_at is None and publication.scope in (Scope.PUBLIC, Scope.NEIGHBOURS)


def _is_theirs(photo: Photo, publication: Publication, viewer: Viewer | None) -> bool:
    mine = viewer is not None and photo.member_id == viewer.member_id
    return mine and publication.deleted_at is None


routes = [Page("/photos/{name:photo}.webp", show_photo, access=Access.ALWAYS)]
