"""`/source`: the code that runs here, as the AGPL (section 13) asks of a site."""

import asyncio
import io
import tarfile
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub.web.templates import template_folder

PACKAGE = Path(__file__).parents[1]


async def source(request: Request) -> Response:
    """One archive of the installed package and its templates, a few hundred kilobytes."""
    headers = {
        "content-disposition": 'attachment; filename="lavoir.tar.gz"',
        "cache-control": "public, max-age=3600",
    }
    return Response(await asyncio.to_thread(_archive), media_type="application/gzip", headers=headers)


def _archive() -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz", compresslevel=6) as archive:
        archive.add(PACKAGE, "lavoir/hub", filter=_kept)
        archive.add(template_folder(), "lavoir/templates", filter=_kept)
    return out.getvalue()


def _kept(entry: tarfile.TarInfo) -> tarfile.TarInfo | None:
    if entry.name.endswith((".pyc", "/__pycache__")):
        return None
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    return entry


routes = [Route("/source", source)]
