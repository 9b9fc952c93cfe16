"""Where the pictures of others are kept: `LAVOIR_DATA/media/3f/3f….webp`; all can be fetched again."""

import os
import secrets
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

_folder = Path("data/media")


def use_folder(folder: Path) -> None:
    """Said once at the start."""
    global _folder  # noqa: PLW0603 (one process is one site)
    _folder = folder


def new_name() -> str:
    """Says nothing about the picture, and never comes again: what it names may be kept for ever."""
    return secrets.token_hex(16)


def file_of(name: str) -> Path:
    """`name` comes from new_name() or has its shape, so it leads nowhere else (HTM-11)."""
    return _folder / name[:2] / f"{name}.webp"


def write(name: str, content: bytes) -> None:
    """All of it under its name, or nothing."""
    file = file_of(name)
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = file.with_suffix(".part")
    part.write_bytes(content)
    part.replace(file)


def written_before(moment: datetime) -> Iterator[list[Path]]:
    """The files, folder by folder."""
    if not _folder.is_dir():
        return
    for folder in sorted(_folder.iterdir()):
        if len(folder.name) == 2:
            with os.scandir(folder) as entries:
                yield [Path(each) for each in entries if each.stat().st_mtime < moment.timestamp()]
