"""`/map`: the villages as a drawing made here, on a map of the operator's choice, and always as a list."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response

from hub.config import Config
from hub.errors import NotFound
from hub.publications.models import Kind
from hub.region import view
from hub.region.view_pages import PER_PAGE, drawing, start
from hub.text import N_, gettext, ngettext
from hub.web.edge import CONTENT_POLICY
from hub.web.fields import page_number
from hub.web.templates import render
from hub.web.viewer import Access, Page

KINDS = {
    Kind.NEED: N_("Needs"),
    Kind.OFFER: N_("Offers"),
    Kind.EVENT: N_("Dates"),
    Kind.PROJECT: N_("Projects"),
}
_VECTOR = 1  # the type of the tiles of a PMTiles archive, at this place of its head
_TYPE_AT = 99


async def show_map(request: Request) -> Response:
    network = await view.network(request.state.site, start(request))
    kinds, page = _kinds(request), page_number(request.query_params)
    shown = network.villages[(page - 1) * PER_PAGE : page * PER_PAGE]
    if not shown and page > 1:
        raise NotFound
    background = _background(request.state.config)
    response = render(
        request,
        "region/map.html",
        network=network,
        villages=[(each, words_of(each, kinds)) for each in shown],
        drawing=drawing(network, shown, kinds),
        kinds=KINDS,
        kind=kinds[0] if len(kinds) == 1 else None,
        page=page,
        left=max(0, len(network.villages) - page * PER_PAGE),
        background=background if any(each.point for each in network.villages) else None,
    )
    response.headers["content-security-policy"] = _policy(request.state.config)
    return response


def _kinds(request: Request) -> list[Kind]:
    """The one that the query names, or all of them."""
    named = request.query_params.get("kind", "")
    return [kind for kind in KINDS if kind.value == named] or list(KINDS)


def words_of(village: view.Village, kinds: Sequence[Kind]) -> str:
    """`5 besoins, 7 offres`: what hangs there, of these kinds; empty where nothing does."""
    said = {
        Kind.NEED: lambda number: ngettext("%(count)s need", "%(count)s needs", number),
        Kind.OFFER: lambda number: ngettext("%(count)s offer", "%(count)s offers", number),
        Kind.EVENT: lambda number: ngettext("%(count)s date", "%(count)s dates", number),
        Kind.PROJECT: lambda number: ngettext("%(count)s project", "%(count)s projects", number),
    }
    numbers = [(kind, village.count.of(kind)) for kind in kinds]
    return ", ".join(said[kind](number) % {"count": number} for kind, number in numbers if number)


def _background(config: Config) -> dict[str, str] | None:
    """What the operator has set, as data of the page; `host` of another server that browsers would ask."""
    if config.map_tiles is not None:
        facts = {"kind": "tiles", "tiles": config.map_tiles, "host": urlsplit(config.map_tiles).netloc}
    elif config.map_file is not None:
        kind = "shapes" if _is_vector(config.map_file) else "pictures"
        facts = {"kind": kind, "tiles": "/map/background.pmtiles", "host": ""}
    else:
        return None
    return facts | {"credit": config.map_credit}


@cache
def _is_vector(file: Path) -> bool:
    """The settings were read, so it is an archive; a file that was taken away since is none of shapes."""
    try:
        with file.open("rb") as archive:
            return archive.read(_TYPE_AT + 1)[_TYPE_AT:] == bytes([_VECTOR])
    except OSError:
        return False


def _policy(config: Config) -> str:
    """That of every page; on this one also pictures of the one host that is set, or cut out of the file."""
    more = ""
    if config.map_tiles is not None:
        parts = urlsplit(config.map_tiles)
        more = f" {parts.scheme}://{parts.netloc}"
    elif config.map_file is not None:
        more = " blob:"
    return CONTENT_POLICY.replace("img-src 'self'", f"img-src 'self'{more}")


async def villages_of_map(request: Request) -> Response:
    """Where each village is, and what hangs there: what the script of the map asks for."""
    network, kinds = await view.network(request.state.site, start(request)), _kinds(request)
    return JSONResponse(
        {"villages": [_as_json(each, kinds, network) for each in network.villages if each.point]}
    )


def _as_json(village: view.Village, kinds: Sequence[Kind], network: view.Network) -> dict[str, Any]:
    assert village.point is not None, "only those are asked about"
    return {
        "name": village.name,
        "href": f"/region/{village.key}",
        "latitude": round(village.point[0], 3),
        "longitude": round(village.point[1], 3),
        "words": words_of(village, kinds) or gettext("nothing for now"),
        "full": any(village.count.of(kind) for kind in kinds),
        "middle": village is network.start,
    }


async def background_file(request: Request) -> Response:
    """The archive that is set, or a part of it: browsers ask for the parts that they show."""
    file = request.state.config.map_file
    if file is None or not file.is_file():
        raise NotFound
    headers = {"cache-control": "private, max-age=86400"}
    return FileResponse(file, media_type="application/vnd.pmtiles", headers=headers)


routes = [
    Page("/map", show_map, access=Access.VISITOR),
    Page("/map.json", villages_of_map, access=Access.VISITOR),
    Page("/map/background.pmtiles", background_file, access=Access.VISITOR),
]
