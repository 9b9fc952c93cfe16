"""Where pictures are kept: `LAVOIR_DATA/media/3f/3f….webp` for faces, which can all be fetched again, and
`LAVOIR_DATA/media/photos/3f/3f….webp` for photos, which exist nowhere else.
"""

import os
import secrets
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

FACES, PHOTOS = "", "photos"

_folder = Path("data/media")


def use_folder(folder: Path) -> None:
    """Said once at the start."""
    global _folder  # noqa: PLW0603 (one process is one site)
    _folder = folder


def new_name() -> str:
    """Says nothing about the picture, and never comes again: what it names may be kept for ever."""
    return secrets.token_hex(16)


def small(name: str) -> str:
    """The name of the small size of a photo."""
    return f"{name}-small"


def file_of(name: str, shelf: str = FACES) -> Path:
    """`name` comes from new_name() or has its shape, so it leads nowhere else (HTM-11)."""
    return _folder / shelf / name[:2] / f"{name}.webp"


def write(name: str, content: bytes, shelf: str = FACES) -> None:
    """All of it under its name, or nothing."""
    file = file_of(name, shelf)
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = file.with_suffix(".part")
    part.write_bytes(content)
    part.replace(file)


def remove_photos(names: Iterable[str]) -> None:
    """Both sizes; without effect where they are gone already."""
    for name in names:
        file_of(name, PHOTOS).unlink(missing_ok=True)
        file_of(small(name), PHOTOS).unlink(missing_ok=True)


def written_before(moment: datetime, shelf: str = FACES) -> Iterator[list[Path]]:
    """The files, folder by folder."""
    if not (_folder / shelf).is_dir():
        return
    for folder in sorted((_folder / shelf).iterdir()):
        if len(folder.name) == 2:
            with os.scandir(folder) as entries:
                yield [Path(each) for each in entries if each.stat().st_mtime < moment.timestamp()]
