"""Where pictures lie: in a folder, or in a bucket of any store that speaks S3.

A file is there whole under its name or not at all, and no name ever comes again, so nothing is written over.
Everything here waits for a disk or a network: call it in a thread.
"""

import logging
import os
import secrets
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar, Protocol
from urllib.parse import parse_qs, urlsplit

from hub.config import Config
from hub.errors import Unavailable
from hub.text import N_

log = logging.getLogger(__name__)

PATIENCE = timedelta(seconds=10)  # for one question to a bucket
TRIES = timedelta(seconds=15)  # for all tries of one

AWAY = N_("The place where pictures are kept does not answer. Try again in a few minutes.")


class Store(Protocol):
    """Names are paths with `/`; `is_far`: not to be asked by who must not wait."""

    is_far: ClassVar[bool]

    def read(self, name: str) -> bytes:
        """Raises FileNotFoundError."""

    def write(self, name: str, content: bytes) -> None: ...

    def remove(self, names: Iterable[str]) -> None:
        """Without effect where they are gone already."""

    def names(self, folder: str = "", *, before: datetime | None = None) -> Iterator[list[str]]:
        """Everything in and below this folder that was written before then, in portions."""


@dataclass(frozen=True)
class Folder:
    """For its owner's eyes alone."""

    path: Path
    is_far: ClassVar[bool] = False

    def read(self, name: str) -> bytes:
        return (self.path / name).read_bytes()

    def write(self, name: str, content: bytes) -> None:
        file = self.path / name
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        part = file.with_suffix(".part")
        part.write_bytes(content)
        part.replace(file)

    def remove(self, names: Iterable[str]) -> None:
        for name in names:
            (self.path / name).unlink(missing_ok=True)

    def names(self, folder: str = "", *, before: datetime | None = None) -> Iterator[list[str]]:
        for at, _, files in os.walk(self.path / folder):
            paths = [Path(at, file) for file in sorted(files)]
            yield [path.relative_to(self.path).as_posix() for path in paths if _is_older(path, before)]


class Bucket:
    """`s3://bucket/prefix?endpoint=https://…&region=…`; its library is loaded only here."""

    is_far: ClassVar[bool] = True

    def __init__(self, url: str, *, key_id: str | None, secret: str | None) -> None:
        from obstore.store import S3Store

        parts = urlsplit(url)
        options = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        endpoint = options.get("endpoint")
        self._prefix = parts.path.strip("/")
        more: dict[str, Any] = {"endpoint": endpoint} if endpoint else {}
        if key_id and secret:
            more |= {"access_key_id": key_id, "secret_access_key": secret}
        self._store = S3Store(
            parts.hostname or "",
            prefix=self._prefix or None,
            region=options.get("region", "us-east-1"),
            client_options={
                "allow_http": bool(endpoint and endpoint.startswith("http://")),
                "timeout": PATIENCE,
                "connect_timeout": PATIENCE,
            },
            retry_config={"max_retries": 3, "retry_timeout": TRIES},
            **more,
        )

    def read(self, name: str) -> bytes:
        import obstore

        with _away():
            return bytes(obstore.get(self._store, name).bytes())

    def write(self, name: str, content: bytes) -> None:
        import obstore

        try:
            with _away():
                obstore.put(self._store, name, content, attributes={"Content-Type": "image/webp"})
        except FileNotFoundError as error:  # there is no such bucket
            log.warning("store of pictures does not answer", extra={"reason": _reason(error)})
            raise Unavailable(AWAY) from error

    def remove(self, names: Iterable[str]) -> None:
        import obstore

        with _away():
            for name in names:
                obstore.delete(self._store, name)

    def names(self, folder: str = "", *, before: datetime | None = None) -> Iterator[list[str]]:
        import obstore

        with _away():
            for portion in obstore.list(self._store, folder or None):
                yield [each["path"] for each in portion if before is None or each["last_modified"] < before]


def _is_older(path: Path, moment: datetime | None) -> bool:
    """And still there, and no link to something else."""
    try:
        facts = path.lstat()
    except FileNotFoundError:
        return False
    return stat.S_ISREG(facts.st_mode) and (moment is None or facts.st_mtime < moment.timestamp())


@contextmanager
def _away() -> Iterator[None]:
    """What a store answers, in our words. Raises FileNotFoundError, Unavailable."""
    from obstore.exceptions import BaseError, NotFoundError

    try:
        yield
    except NotFoundError as error:
        raise FileNotFoundError(str(error)) from None
    except BaseError as error:
        log.warning("store of pictures does not answer", extra={"reason": _reason(error)})
        raise Unavailable(AWAY) from error


def trouble(store: Store) -> str | None:
    """Why it cannot keep pictures, found by keeping one; None if it can."""
    name = f"ff/{secrets.token_hex(16)}.webp"
    try:
        store.write(name, b"")
        store.read(name)
        store.remove([name])
    except (Unavailable, OSError) as error:
        return _reason(error.__cause__ or error)
    return None


def _reason(error: BaseException) -> str:
    """Without what the library knows of itself, a page long."""
    return str(error).partition("\n")[0][:300]


def media_store(config: Config) -> Store:
    """The folder `media` in LAVOIR_DATA, unless LAVOIR_MEDIA_URL says otherwise."""
    if config.media_url is None:
        return Folder(config.data / "media")
    return Bucket(config.media_url, key_id=config.media_key_id, secret=config.media_secret)
