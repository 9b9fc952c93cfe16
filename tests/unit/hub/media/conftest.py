"""Pictures of every kind, and a hostile server to get them from."""

import ipaddress
from collections.abc import AsyncIterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest_asyncio
from PIL import Image

from hub.actors.peers import open_peers
from hub.config import Config
from hub.media import files
from hub.stores import Folder
from tests.evilpeer import PEER, EvilPeer


def picture(
    kind: str = "PNG", size: tuple[int, int] = (200, 100), mode: str = "RGB", **options: Any
) -> bytes:
    """One colour; green, where there are colours."""
    out = BytesIO()
    Image.new("RGB", size, (20, 160, 60)).convert(mode).save(out, kind, **options)
    return out.getvalue()


def opened(content: bytes) -> Image.Image:
    image = Image.open(BytesIO(content))
    image.load()
    return image


@pytest_asyncio.fixture
async def peer() -> AsyncIterator[EvilPeer]:
    async with EvilPeer() as peer:
        yield peer


@pytest_asyncio.fixture
async def darkroom(peer: EvilPeer, database: Config, tmp_path: Path) -> AsyncIterator[Path]:
    """Pictures can be fetched; the folder that they are kept in."""
    config = replace(
        database,
        origin="https://hub.example",
        peer_networks=(ipaddress.ip_network(f"{PEER}/32"),),
        ca_file=peer.ca_file(tmp_path),
    )
    files.use_store(Folder(config.data / "media"))
    async with open_peers(config):
        yield config.data / "media"
