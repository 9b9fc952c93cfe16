"""Style sheet, font and scripts, under an address that changes when one of them does.

All files share one version in their path, so that a sheet can name its font with a plain
relative address, and a browser may keep them for ever.
"""

import hashlib
from functools import cache
from pathlib import Path

from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

FOLDER = Path(__file__).parent / "static"


@cache
def version() -> str:
    """Changes with any byte of any file."""
    digest = hashlib.sha256()
    for path in sorted(FOLDER.rglob("*")):
        if path.is_file():
            digest.update(path.relative_to(FOLDER).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:10]


def static_url(name: str) -> str:
    """`/static/3f9a…/lavoir.css`."""
    return f"/static/{version()}/{name}"


class Static(StaticFiles):
    """Serve `/static/VERSION/NAME`; pages from before an upgrade get today's file, for a minute."""

    def __init__(self) -> None:
        super().__init__(directory=FOLDER)

    def get_path(self, scope: Scope) -> str:
        return super().get_path(scope).partition("/")[2]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        current = super().get_path(scope).startswith(version() + "/")
        keep = b"public, max-age=31536000, immutable" if current else b"public, max-age=60"
        headers = [(b"cache-control", keep)]
        if scope["path"].endswith("/icon.png"):  # of our actors, shown by pages of other servers
            headers.append((b"cross-origin-resource-policy", b"cross-origin"))

        async def kept(message: dict[str, object]) -> None:
            if message["type"] == "http.response.start" and message["status"] in (200, 206, 304):
                message["headers"] = [*message["headers"], *headers]  # type: ignore[misc]
            await send(message)

        await super().__call__(scope, receive, kept)  # type: ignore[arg-type]
