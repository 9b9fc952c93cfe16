"""What pictures are called where they lie (hub.stores): `3f/3f….webp` for faces, which can all be fetched
again, and `photos/3f/3f….webp` for photos, which exist nowhere else.
"""

import secrets
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

from hub.stores import Folder, Store

FACES, PHOTOS = "", "photos"

_store: Store = Folder(Path("data/media"))


def use_store(store: Store) -> None:
    """Said once at the start."""
    global _store  # noqa: PLW0603 (one process is one site)
    _store = store


def is_far() -> bool:
    """Whether they lie behind a network."""
    return _store.is_far


def new_name() -> str:
    """Says nothing about the picture, and never comes again: what it names may be kept for ever."""
    return secrets.token_hex(16)


def small(name: str) -> str:
    """The name of the small size of a photo."""
    return f"{name}-small"


def path_of(name: str, shelf: str = FACES) -> str:
    """`name` comes from new_name() or has its shape, so it leads nowhere else (HTM-11)."""
    return "/".join(part for part in (shelf, name[:2], f"{name}.webp") if part)


def read(name: str, shelf: str = FACES) -> bytes:
    """Raises FileNotFoundError."""
    return _store.read(path_of(name, shelf))


def write(name: str, content: bytes, shelf: str = FACES) -> None:
    """All of it under its name, or nothing."""
    _store.write(path_of(name, shelf), content)


def remove_photos(names: Iterable[str]) -> None:
    """Both sizes; without effect where they are gone already."""
    _store.remove(path_of(size, PHOTOS) for name in names for size in (name, small(name)))


def written_before(moment: datetime, shelf: str = FACES) -> Iterator[list[str]]:
    """Their paths, in portions."""
    for paths in _store.names(shelf, before=moment):
        yield [path for path in paths if shelf or not path.startswith(f"{PHOTOS}/")]


def remove(paths: Iterable[str]) -> None:
    """What written_before() found."""
    _store.remove(paths)
