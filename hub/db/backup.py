"""A village in one file: a tar of the database, the media folder and a manifest that proves both whole.

Nothing is kept half: a backup appears under its name when it is complete and on disk, and a restore
touches nothing before everything in the file was checked.
"""

import asyncio
import hashlib
import io
import json
import os
import shutil
import tarfile
import tempfile
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from types import ModuleType
from typing import IO

from hub import __version__
from hub.config import Config
from hub.db.dumps import Contents, NoScratch
from hub.db.sealing import ENDING, is_sealed, seal, unseal
from hub.errors import ConfigError, HubError, Unusable
from hub.migrations import scripts
from hub.stores import Bucket, Folder, Store, media_store

FORMAT = 1
MANIFEST = "manifest.json"  # the last member: without it a backup is not complete


@dataclass(frozen=True)
class Manifest:
    """What a backup says about itself."""

    format: int
    lavoir: str
    engine: str
    created_at: str
    schema: list[str]  # migrations that were applied
    rows: dict[str, int]  # by table
    media: bool  # False: the media folder was left out, and a restore leaves it alone
    files: dict[str, str]  # member -> sha256
    origin: str = ""  # of the village; empty where an earlier release made it


@dataclass(frozen=True)
class Trial:
    """How a backup was tried; `restored` False: it could only be read."""

    about: Manifest
    restored: bool


async def save_backup(config: Config, file: Path, *, media: bool = True) -> Manifest:
    """Write a consistent copy of everything to `file`, beside a running program or not.

    A file that is there already is replaced once the new one is complete; a device or a pipe would be
    replaced by a file as well, and a link by what it should lead to.
    """
    given, file = file, file.resolve()
    if not file.parent.is_dir() or (file.exists() and not file.is_file()):
        raise Unusable(f"{given} cannot be written: name a file in a folder that exists")
    engine = _engine(config)
    dumps = _dumps(engine)
    with tempfile.TemporaryDirectory(dir=file.parent, prefix=".lavoir-backup-") as folder:
        dump = Path(folder) / dumps.NAME
        contents: Contents = await dumps.dump(config, dump)
        store = media_store(config) if media else None
        now = datetime.now(UTC).isoformat()
        about = Manifest(
            *(FORMAT, __version__, engine, now, contents.schema, contents.rows, media),
            files={},
            origin=config.origin,
        )
        part = Path(folder) / "part"
        await asyncio.to_thread(_pack, part, dump, about=about, store=store)
        if config.backup_key is not None:
            part = await asyncio.to_thread(seal, part, config.backup_key)
        part.replace(file)
    _sync_folder(file.parent)
    return about


async def restore_backup(config: Config, file: Path) -> Manifest:
    """Put everything of `file` in place of what is there; the program must be stopped.

    What was there stays: the SQLite file and the media folder under a dated name, PostgreSQL as
    another backup, a bucket as it is. Raises Unusable, with nothing touched, if the file is not a
    whole backup that this program can read, or if the program runs.
    """
    _make_folder(config.data)
    dumps = _dumps(_engine(config))
    since = stamp()
    with tempfile.TemporaryDirectory(dir=config.data, prefix=".lavoir-restore-") as folder:
        about = await _read(config, file, Path(folder))
        dump = Path(folder) / dumps.NAME
        await dumps.require_alone(config)
        if config.database_url is not None:
            await save_backup(config, backups(config) / backup_name(config, "before-restore"), media=False)
        store = media_store(config)
        if about.media and isinstance(store, Bucket):  # before the rows: it takes nothing away
            await asyncio.to_thread(_fill, store, Folder(Path(folder) / "media"))
        await dumps.restore(config, dump, since)
        if about.media and isinstance(store, Folder):
            _restore_media(config, Path(folder) / "media", since)
    _sync_folder(config.data)
    return about


async def try_backup(config: Config, file: Path) -> Trial:
    """Restore `file` for real, into a place that is thrown away, and compare what is there then.

    Raises HubError if that fails. Where there is no such place, all of the file is read and compared.
    """
    _make_folder(config.data)
    dumps = _dumps(_engine(config))
    with tempfile.TemporaryDirectory(dir=config.data, prefix=".lavoir-trial-") as folder:
        try:
            async with dumps.scratch(config, Path(folder) / "data") as elsewhere:
                about = await restore_backup(replace(elsewhere, media_url=None, backup_folder=None), file)
                if await dumps.contents(elsewhere) != Contents(about.schema, about.rows):
                    raise Unusable(f"{file} does not become what its manifest says")
            return Trial(about, restored=True)
        except NoScratch:
            return Trial(await _read(config, file, Path(folder)), restored=False)


async def _read(config: Config, file: Path, folder: Path) -> Manifest:
    """Unpack and check all of it."""
    about = await asyncio.to_thread(_unpack, file, folder, config.backup_key)
    _check(about, config)
    dumps = _dumps(_engine(config))
    await dumps.check(folder / dumps.NAME, Contents(about.schema, about.rows))
    return about


def backups(config: Config) -> Path:
    """Where backups go that nobody asked for; in a folder that villages share, each has its own."""
    shared = config.backup_folder
    folder = shared / config.host.replace(":", "-") if shared is not None else config.data / "backups"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(
            [f"LAVOIR_BACKUP_FOLDER: cannot use {folder} ({error.strerror or error})"]
        ) from error
    return folder


def backup_name(config: Config, why: str) -> str:
    """Of a backup that nobody named."""
    return f"{stamp()}-{why}.tar" + (ENDING if config.backup_key is not None else "")


def stamp() -> str:
    """Now, for names of files that sort by age."""
    return datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")


def _pack(part: Path, dump: Path, *, about: Manifest, store: Store | None) -> None:
    part.touch(mode=0o600, exist_ok=False)
    with part.open("wb") as out:
        with tarfile.open(fileobj=out, mode="w") as tar:
            with dump.open("rb") as source:
                about.files[dump.name] = _add(tar, dump.name, source)
            if store is not None:
                for name in sorted(name for names in store.names() for name in names):
                    if not part.exists():  # who waited for it was told to stop, and has swept up
                        raise HubError("the backup was given up")
                    _add_picture(tar, store, name, about=about)
            manifest = part.with_name(MANIFEST)
            manifest.write_text(json.dumps(asdict(about), indent=1), encoding="utf-8")
            with manifest.open("rb") as source:
                _add(tar, MANIFEST, source)
        out.flush()
        os.fsync(out.fileno())


def _add_picture(tar: tarfile.TarFile, store: Store, name: str, *, about: Manifest) -> None:
    with suppress(FileNotFoundError):  # erased meanwhile
        content = store.read(name)
        member = tarfile.TarInfo(f"media/{name}")
        member.size, member.mode = len(content), 0o600
        tar.addfile(member, io.BytesIO(content))
        about.files[member.name] = hashlib.sha256(content).hexdigest()


def _add(tar: tarfile.TarFile, name: str, source: IO[bytes]) -> str:
    member = tar.gettarinfo(arcname=name, fileobj=source)
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mode = 0o600
    reading = _Hashing(source)
    tar.addfile(member, reading)
    return reading.digest.hexdigest()


class _Hashing:
    """A file that sums up what is read from it."""

    def __init__(self, source: IO[bytes]) -> None:
        self.source = source
        self.digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        chunk = self.source.read(size)
        self.digest.update(chunk)
        return chunk


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError([f"LAVOIR_DATA: cannot use {folder} ({error.strerror})"]) from error


def _unpack(file: Path, folder: Path, key: str | None) -> Manifest:
    found: dict[str, str] = {}
    try:
        plain = _unsealed(file, folder, key)
        with tarfile.open(plain, mode="r:") as tar:
            for member in tar:
                if member.name in found or not _allowed(member):
                    raise Unusable(f"{file} is not a backup that Lavoir made: it holds {member.name!r}")
                found[member.name] = _extract(tar, member, folder / member.name)
        if plain != file:
            plain.unlink()
    except (OSError, tarfile.TarError) as error:
        raise Unusable(f"{file} cannot be read as a backup: {error}") from error
    return _read_manifest(file, folder, found)


def _unsealed(file: Path, folder: Path, key: str | None) -> Path:
    if not is_sealed(file):
        return file
    unseal(file, folder / "part", key)
    return folder / "part"


def _allowed(member: tarfile.TarInfo) -> bool:
    """A plain file at one of our places, whatever a crafted tar may ask for."""
    path = PurePosixPath(member.name)
    ours = path.parts[:1] == ("media",) or member.name == MANIFEST or member.name.startswith("database.")
    plain = ".." not in path.parts and str(path) == member.name and not member.name.endswith("/")
    return member.isreg() and ours and plain


def _extract(tar: tarfile.TarFile, member: tarfile.TarInfo, target: Path) -> str:
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    target.touch(mode=0o600, exist_ok=False)
    source = tar.extractfile(member)
    assert source is not None  # only a plain file comes here
    reading = _Hashing(source)
    with target.open("wb") as out:
        shutil.copyfileobj(reading, out)
        out.flush()
        os.fsync(out.fileno())
    return reading.digest.hexdigest()


def _read_manifest(file: Path, folder: Path, found: dict[str, str]) -> Manifest:
    if found.pop(MANIFEST, None) is None:
        raise Unusable(f"{file} is not a whole backup: it ends before its manifest")
    try:
        values = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        if values["format"] != FORMAT:
            raise Unusable(f"{file} has format {values['format']}, this program reads {FORMAT}")
        about = Manifest(**values)
    except (ValueError, TypeError, KeyError) as error:
        raise Unusable(f"{file} has a manifest that cannot be read: {error}") from error
    if about.files != found:
        raise Unusable(f"{file} is damaged: its content is not what its manifest says")
    return about


def _check(about: Manifest, config: Config) -> None:
    engine = _engine(config)
    if about.origin not in ("", config.origin):  # of many villages on a machine the wrong one was named
        raise Unusable(
            f"this backup is of the village at {about.origin}, but LAVOIR_ORIGIN says {config.origin}"
        )
    if about.engine != engine:
        raise Unusable(f"this backup is of {about.engine}, but the settings say {engine}")
    if _dumps(engine).NAME not in about.files:
        raise Unusable("this backup holds no database")
    if unknown := [name for name in about.schema if name not in scripts(engine)]:
        raise Unusable(f"this backup is newer than this program (it has {unknown[-1]})")


def _fill(store: Bucket, new: Folder) -> None:
    """Names never come again: what is there beside them is nobody's, and swept away by a job."""
    for names in new.names():
        for name in names:
            store.write(name, new.read(name))


def _restore_media(config: Config, new: Path, since: str) -> None:
    new.mkdir(mode=0o700, exist_ok=True)
    media = config.data / "media"
    if media.exists():
        media.rename(media.with_name(f"media.before-{since}"))
    new.rename(media)


def _sync_folder(folder: Path) -> None:
    """Make the renames in it durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _engine(config: Config) -> str:
    return "sqlite" if config.database_url is None else "postgres"


def _dumps(engine: str) -> ModuleType:
    """Only the module of the engine in use: the other one's driver is not for everybody."""
    if engine == "sqlite":
        from hub.db.dumps import sqlite

        return sqlite
    from hub.db.dumps import postgres

    return postgres
