"""`/open-data/`: the tables, what they mean, and the files; page by page for who wants what is true now."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from html import escape
from typing import Any

from starlette.requests import Request
from starlette.responses import (
    JSONResponse,
    PlainTextResponse,
    RedirectResponse,
    Response,
    StreamingResponse,
)

from hub import limits
from hub.errors import NotFound
from hub.region import dump
from hub.region.data import DATASETS, LICENCE_NAME, LICENCE_PAGE, Dataset
from hub.region.formats import Format, formats_of, whole
from hub.region.package import PACKAGE, package, words_of
from hub.region.sources import Sources
from hub.region.tables import Type
from hub.text import N_, gettext, speaking
from hub.village.models import Village
from hub.web.revalidating import Version, unchanged
from hub.web.templates import render
from hub.web.viewer import Access, Page

CHUNK = 64 * 1024
FRAME = '<iframe src="{origin}/embed?show=needs" title="{title}" width="100%" height="520"></iframe>'
TYPE_NAMES = {
    Type.STRING: N_("text"),
    Type.INTEGER: N_("whole number"),
    Type.NUMBER: N_("number"),
    Type.BOOLEAN: N_("true or false"),
    Type.DATE: N_("day"),
    Type.MOMENT: N_("moment"),
}
NOT_YET = N_("The figures are being counted. Please come back in some minutes.")
NOT_YET_SECONDS = 300
NOT_A_NUMBER = N_("“after” is a number: 0 for the first page, then as the link “next” says.")
_NUMBER = re.compile(r"[0-9]{1,18}")


async def index(request: Request) -> Response:
    written = await asyncio.to_thread(dump.read_package) or {}
    sources, village = await Sources.now(), await Village.current()
    created = written.get("created")
    written_at = datetime.fromisoformat(created) if isinstance(created, str) else None
    return render(
        request,
        "region/data.html",
        datasets=list(DATASETS.values()),
        formats={name: list(formats_of(dataset)) for name, dataset in DATASETS.items()},
        sizes=_sizes(written),
        written_at=written_at,
        true_at=written_at or datetime.now(UTC),
        words_of=words_of,
        type_names={kind.value: gettext(words) for kind, words in TYPE_NAMES.items()},
        floor=limits.PEOPLE_FLOOR,
        villages=sources.villages,
        frame=FRAME.format(origin=request.state.config.origin, title=escape(request.state.site.name)),
        embed_hosts=(village.embed_hosts or "").split() if village is not None else [],
        licence=LICENCE_NAME,
        licence_page=LICENCE_PAGE,
    )


def _sizes(written: dict[str, Any]) -> dict[str, Any]:
    """Bytes and records of each file, by its name."""
    return {each["path"]: each for each in written.get("resources", ()) if "bytes" in each}


async def to_index(request: Request) -> Response:
    return RedirectResponse("/open-data/", 301)


async def show_file(request: Request) -> Response:
    """The file as it was last written; what stands there now, where that is asked for or there is none."""
    name = request.path_params["file"]
    if name == PACKAGE:
        return await _file(request, name, "application/json") or await _package_now(request)
    dataset, format_ = _known(name)
    if "after" in request.query_params and not dataset.in_files_alone:
        return await _page(request, dataset, format_)
    written = await _file(request, name, format_.media_type)
    if written is None and dataset.in_files_alone:
        return PlainTextResponse(gettext(NOT_YET), 503, {"retry-after": str(NOT_YET_SECONDS)})
    return written or await _now(request, dataset, format_)


def _known(name: str) -> tuple[Dataset, Format]:
    stem, _, extension = name.partition(".")
    dataset = DATASETS.get(stem)
    format_ = formats_of(dataset).get(extension) if dataset is not None else None
    if dataset is None or format_ is None:
        raise NotFound
    return dataset, format_


async def _file(request: Request, name: str, media_type: str) -> Response | None:
    file = await asyncio.to_thread(dump.open_file, name)
    if file is None:
        return None
    version = Version(file.tag.encode(), file.changed_at, request.state.site.open_to_visitors)
    if version.is_known(request):
        file.stream.close()
        return _open_to_all(request, unchanged(version))
    response = StreamingResponse(_chunks(file), media_type=f"{media_type}; charset=utf-8")
    response.headers.update({**version.headers, "content-length": str(file.size)})
    return _open_to_all(request, response)


async def _chunks(file: dump.OpenFile) -> AsyncIterator[bytes]:
    try:
        while chunk := await asyncio.to_thread(file.stream.read, CHUNK):
            yield chunk
    finally:
        file.stream.close()


async def _page(request: Request, dataset: Dataset, format_: Format) -> Response:
    """What is true now, a few hundred rows at a time."""
    after = request.query_params["after"]
    if _NUMBER.fullmatch(after) is None:
        return PlainTextResponse(gettext(NOT_A_NUMBER), 400)
    sources = await Sources.now()
    rows = await dataset.read(sources, int(after))
    here = f"{sources.ours.site}{request.url.path.removeprefix('/')}"
    following = None if rows.next is None else f"{here}?after={rows.next}"
    body = whole(format_, dataset, rows, source=sources.ours.site, next_page=following)
    response = Response(body, media_type=f"{format_.media_type}; charset=utf-8")
    if following is not None:
        response.headers["link"] = f'<{following}>; rel="next"'
    return _open_to_all(request, response)


async def _now(request: Request, dataset: Dataset, format_: Format) -> Response:
    """All of it as it is read: before the first file, or when none could be written for long."""
    sources = await Sources.now()

    async def pieces() -> AsyncIterator[str]:
        yield format_.head(dataset, sources.ours.site)
        is_first = True
        async for rows in dump.pages(dataset, sources):
            yield format_.piece(dataset, rows.records, is_first=is_first)
            is_first = is_first and not rows.records
        yield format_.tail(dataset, None)

    response = StreamingResponse(pieces(), media_type=f"{format_.media_type}; charset=utf-8")
    return _open_to_all(request, response)


async def _package_now(request: Request) -> Response:
    sources = await Sources.now()
    with speaking(request.state.site.locale):
        return _open_to_all(request, JSONResponse(package(sources.ours, {})))


def _open_to_all(request: Request, response: Response) -> Response:
    """Programs of other sites may read it in a browser, where everybody may see the pages at all."""
    if request.state.site.open_to_visitors:
        response.headers["access-control-allow-origin"] = "*"
        response.headers["cross-origin-resource-policy"] = "cross-origin"
        response.headers.setdefault("cache-control", "no-cache")
    response.headers["x-robots-tag"] = "noindex"
    return response


routes = [
    Page("/open-data/", index, access=Access.VISITOR),
    Page("/open-data", to_index, access=Access.VISITOR),
    Page("/data", to_index, access=Access.VISITOR, name="to_open_data"),
    Page("/open-data/{file}", show_file, access=Access.VISITOR),
]
