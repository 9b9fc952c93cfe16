"""`/source`: the code that runs here, as the AGPL (section 13) asks of a site."""

import asyncio
import io
import tarfile
from functools import cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub.web.templates import template_folder

PACKAGE = Path(__file__).parents[1]
# Beside the package in a checkout, inside it when installed (see pyproject.toml).
PAPERS = ("LICENSE", "README.md", "pyproject.toml", "requirements.lock", "requirements-build.lock")


async def source(request: Request) -> Response:
    """One archive of the installed package and its templates, a few hundred kilobytes."""
    headers = {
        "content-disposition": 'attachment; filename="lavoir.tar.gz"',
        "cache-control": "public, max-age=3600",
    }
    return Response(await asyncio.to_thread(_archive), media_type="application/gzip", headers=headers)


@cache
def _archive() -> bytes:
    """Made once, when somebody first asks."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz", compresslevel=6) as archive:
        archive.add(PACKAGE, "lavoir/hub", filter=_kept)
        archive.add(PACKAGE.parent / "federation", "lavoir/federation", filter=_kept)
        archive.add(template_folder(), "lavoir/templates", filter=_kept)
        for name in PAPERS:
            if paper := next(
                (here / name for here in (PACKAGE, PACKAGE.parent) if (here / name).is_file()), None
            ):
                archive.add(paper, f"lavoir/{name}", filter=_kept)
    return out.getvalue()


def _kept(entry: tarfile.TarInfo) -> tarfile.TarInfo | None:
    if entry.name.endswith((".pyc", "/__pycache__")):
        return None
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    return entry


routes = [Route("/source", source)]
