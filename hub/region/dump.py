"""The files of open data: all of it, written several times a day, so that asking for them costs nothing.

They lie in `LAVOIR_DATA/open-data`. Each is whole or absent, and keeps its date while nothing in it has
changed. `datapackage.json` (Frictionless Data Package) is written last: its date says when all of them were
found to be true, and those that are older than limits.OPEN_DATA_KEPT_HOURS are not given any more.
"""

import asyncio
import filecmp
import json
import os
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from federation.outgoing import wire_time
from hub import limits
from hub.region.data import DATASETS, Dataset
from hub.region.formats import Format, formats_of
from hub.region.package import PACKAGE, package
from hub.region.sources import Sources
from hub.region.tables import Rows
from hub.text import speaking
from hub.village.models import Village

_folder = Path("data/open-data")


def use_folder(folder: Path) -> None:
    """Said once at the start."""
    global _folder  # noqa: PLW0603 (one process is one site)
    _folder = folder


@dataclass(frozen=True)
class Written:
    """A file that was written: what the data package says of it."""

    name: str
    bytes: int
    records: int


async def pages(dataset: Dataset, sources: Sources) -> AsyncIterator[Rows]:
    """All of it; the database has time for others between two of them."""
    after: int | None = 0
    while after is not None:
        rows = await dataset.read(sources, after)
        yield rows
        after = rows.next


async def write_open_data() -> None:
    """Write all files anew. Without effect before the village is set up."""
    village = await Village.current()
    if village is None:
        return
    sources = await Sources.now()
    await asyncio.to_thread(_make_folder)
    written = [each for dataset in DATASETS.values() for each in await _write(dataset, sources)]
    with speaking(village.locale):
        facts = package(sources.ours, {each.name: (each.bytes, each.records) for each in written})
    facts["created"] = wire_time(datetime.now(UTC))
    content = json.dumps(facts, ensure_ascii=False, indent=1).encode()
    await asyncio.to_thread(_put, PACKAGE, content)


def _make_folder() -> None:
    """With the data folder above it, which is its owner's alone also where this is the first to need it."""
    for each in (_folder.parent, _folder):
        each.mkdir(mode=0o700, parents=True, exist_ok=True)


async def _write(dataset: Dataset, sources: Sources) -> list[Written]:
    """In all formats at once, so that each row is read once."""
    files = [_File(dataset, name, format_) for name, format_ in formats_of(dataset).items()]
    try:
        await asyncio.to_thread(_begin, files, sources.ours.site)
        async for rows in pages(dataset, sources):
            await asyncio.to_thread(_go_on, files, rows)
        return await asyncio.to_thread(_end, files)
    finally:
        for file in files:
            file.abandon()


def _begin(files: list["_File"], source: str) -> None:
    for file in files:
        file.begin(source)


def _go_on(files: list["_File"], rows: Rows) -> None:
    for file in files:
        file.write(rows)


def _end(files: list["_File"]) -> list[Written]:
    return [file.end() for file in files]


class _File:
    """One that is being written, beside the one that it will replace."""

    def __init__(self, dataset: Dataset, extension: str, format_: Format) -> None:
        self.name = f"{dataset.name}.{extension}"
        self.dataset, self.format = dataset, format_
        self.part = _folder / f"{self.name}.part"
        self.records = 0
        self.out: BinaryIO | None = None

    def begin(self, source: str) -> None:
        self.out = _open_part(self.part)
        self._say(self.format.head(self.dataset, source))

    def write(self, rows: Rows) -> None:
        self._say(self.format.piece(self.dataset, rows.records, is_first=self.records == 0))
        self.records += len(rows.records)

    def end(self) -> Written:
        assert self.out is not None
        self._say(self.format.tail(self.dataset, None))
        size = self.out.tell()
        self.out.flush()
        os.fsync(self.out.fileno())
        self.out.close()
        _replace(self.part, _folder / self.name)
        return Written(self.name, size, self.records)

    def abandon(self) -> None:
        """Without effect on what has come to its end."""
        if self.out is not None:
            self.out.close()
        self.part.unlink(missing_ok=True)

    def _say(self, text: str) -> None:
        assert self.out is not None
        self.out.write(text.encode())


def _open_part(part: Path) -> BinaryIO:
    return os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")


def _replace(part: Path, file: Path) -> None:
    """Nobody ever sees half of it; one that says the same keeps its date, for those who have it."""
    if file.exists() and filecmp.cmp(part, file, shallow=False):
        part.unlink()
    else:
        part.replace(file)


def _put(name: str, content: bytes) -> None:
    part = _folder / f"{name}.part"
    with _open_part(part) as out:
        out.write(content)
    part.replace(_folder / name)


@dataclass
class OpenFile:
    """One that is being sent: the same to its end, whatever happens to its name meanwhile."""

    stream: BinaryIO
    size: int
    changed_at: datetime
    tag: str


def open_file(name: str) -> OpenFile | None:
    """None where it is not there, or too old to be true. `name` is one of ours."""
    try:
        if time.time() - (_folder / PACKAGE).stat().st_mtime > limits.OPEN_DATA_KEPT_HOURS * 3600:
            return None
        stream = (_folder / name).open("rb")
    except FileNotFoundError:
        return None
    facts = os.fstat(stream.fileno())
    changed_at = datetime.fromtimestamp(facts.st_mtime, UTC)
    return OpenFile(stream, facts.st_size, changed_at, f'"{facts.st_mtime_ns:x}-{facts.st_size:x}"')


def read_package() -> dict[str, object] | None:
    """What the files were found to hold, when they were last written; None where there are none."""
    file = open_file(PACKAGE)
    if file is None:
        return None
    with file.stream:
        found: dict[str, object] = json.loads(file.stream.read())
    return found
