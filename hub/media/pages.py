"""`/media/NAME.webp`: pictures of others, from here, as nothing but pictures."""

import asyncio

from starlette.convertors import Convertor, register_url_convertor
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub.errors import NotFound
from hub.media import files
from hub.media.models import Picture

HEADERS = {
    "cache-control": "public, max-age=31536000, immutable",  # another picture has another name
    "content-disposition": "inline",
    "content-security-policy": "default-src 'none'; sandbox",
    "x-content-type-options": "nosniff",
}


class _Name(Convertor[str]):
    regex = "[0-9a-f]{32}"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("picture", _Name())


async def show_picture(request: Request) -> Response:
    name = request.path_params["name"]
    try:
        content = await asyncio.to_thread(files.read, name)
    except FileNotFoundError:
        await Picture.filter(file=name).delete()  # a restored village may have no cache: ask again
        raise NotFound from None
    return Response(content, media_type="image/webp", headers=HEADERS)


routes = [Route("/media/{name:picture}.webp", show_picture)]
