"""The backups that nobody has to think of: one each night, old ones thinned out, the newest tried each month.

`hub.db.backup` makes and restores them; here is when, how many, and what is written down about it.
"""

import asyncio
import logging
import shutil
import socket
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from hub.config import Config
from hub.db import close_database, open_database
from hub.db.backup import Manifest, Trial, backup_name, backups, restore_backup, save_backup, try_backup
from hub.db.migrations import require_current_schema
from hub.errors import HubError, Unavailable
from hub.jobs import Function, Periodic
from hub.observations import Observation, Seen, observe
from hub.village.models import Village

log = logging.getLogger(__name__)

NIGHT = time(3, 15)  # in the village: nobody writes, and clocks do not jump then
TRIED_EVERY = timedelta(days=30)
ROOM = 200 * 1024 * 1024  # that a backup leaves to the database
NIGHTLY = "[0-9]" * 8 + "T*Z-night.tar*"
LEFT_BEHIND = ".lavoir-*-*"  # by a process that was killed in the midst of it

_config = Config()


def use_config(config: Config) -> None:
    """Said once at the start."""
    global _config  # noqa: PLW0603 (one process is one site)
    _config = config


async def back_up_each_night() -> None:
    """Asked each hour: the first one after NIGHT does it; a machine that slept then makes up for it."""
    village = await Village.current()
    if village is None or not any(_config.backup_keep):
        return
    last = await Observation.of(Seen.BACKUP)
    if is_due(village, None if last is None else last.well_at, now=datetime.now(UTC)):
        await _back_up(_config, last={} if last is None else last.said)


def is_due(village: Village, made_at: datetime | None, *, now: datetime) -> bool:
    """Whether a night has come since the last one, or since the village is there."""
    here = now.astimezone(ZoneInfo(village.timezone))
    night = datetime.combine(here.date(), NIGHT, here.tzinfo)
    night = night if night <= here else night - timedelta(days=1)
    return (made_at or village.opened_at) < night


async def _back_up(config: Config, *, last: Mapping[str, Any]) -> None:
    try:
        file = backups(config) / backup_name(config, "night")
        _require_room(file.parent, int(last.get("bytes", 0)))
        await _note(file, await _save(config, file))
        log.info("backup made", extra={"file": str(file)})
    except Exception as error:
        await observe(Seen.BACKUP, well=False, **{**last, "reason": str(error) or type(error).__name__})
        raise
    await asyncio.to_thread(_thin_out, file.parent, config.backup_keep)
    await asyncio.to_thread(_sweep, file.parent, config.data)


async def _save(config: Config, file: Path) -> Manifest:
    """Where the store of pictures is away the rows are kept all the same; the reason is told."""
    try:
        return await save_backup(config, file)
    except Unavailable:
        await save_backup(config, file, media=False)
        raise


async def save(config: Config, file: Path) -> None:
    """For the command: the database need not be open, and may be of another release, which notes nothing."""
    about = await save_backup(config, file)
    await _write_down(config, partial(_note, file, about))


async def put_back(config: Config, file: Path) -> Manifest:
    """For `lavoir restore`. The people of the town hall read in the village which hours are missing."""
    about = await restore_backup(config, file)
    await _write_down(config, partial(observe, Seen.PUT_BACK, well=True, as_of=about.created_at))
    return about


async def restore_on_trial(config: Config, file: Path) -> Trial:
    """The same for `lavoir restore --try`; what cannot be restored may be any file, and is not noted."""
    trial = await try_backup(config, file)
    await _write_down(config, partial(_note_trial, file, trial))
    return trial


async def _write_down(config: Config, note: Callable[[], Awaitable[None]]) -> None:
    with suppress(HubError):
        await require_current_schema(config)
        await open_database(config)
        try:
            await note()
        finally:
            await close_database()


async def _note(file: Path, about: Manifest) -> None:
    size = file.stat().st_size
    facts = {"file": str(file.absolute()), "bytes": size, "rows": sum(about.rows.values())}
    await observe(Seen.BACKUP, well=True, machine=socket.gethostname(), **facts)


def _require_room(folder: Path, last_bytes: int) -> None:
    """Twice what it took; a disk that is filled by backups, or by trying them, would stop the village."""
    needed = ROOM + 2 * last_bytes
    if (free := shutil.disk_usage(folder).free) < needed:
        raise HubError(f"{free // 2**20} MB are free in {folder}, a backup needs {needed // 2**20}")


def _thin_out(folder: Path, keep: tuple[int, ...]) -> None:
    for file in superfluous(folder.glob(NIGHTLY), nights=keep[0], weeks=keep[1]):
        file.unlink(missing_ok=True)


def _sweep(*folders: Path) -> None:
    """Remove what is older than anything can take."""
    long_ago = datetime.now(UTC).timestamp() - timedelta(days=1).total_seconds()
    for left in (each for folder in folders for each in folder.glob(LEFT_BEHIND)):
        with suppress(FileNotFoundError):  # whoever made it has just removed it
            if left.stat().st_mtime < long_ago:
                shutil.rmtree(left, ignore_errors=True)


def superfluous(files: Iterable[Path], *, nights: int, weeks: int) -> list[Path]:
    """Those that are neither the last of one of the latest nights nor of one of the latest weeks."""
    last_of_night: dict[date, Path] = {}
    last_of_week: dict[tuple[int, int], Path] = {}
    names = sorted(files)
    for file in names:
        day = datetime.strptime(file.name[:8], "%Y%m%d").replace(tzinfo=UTC).date()
        last_of_night[day] = last_of_week[day.isocalendar()[:2]] = file
    kept = {*_last(nights, last_of_night.values()), *_last(weeks, last_of_week.values())}
    return [file for file in names if file not in kept]


def _last(count: int, files: Iterable[Path]) -> list[Path]:
    return list(files)[-count:] if count else []


async def try_newest() -> None:
    """Once a month, and after a failure with each new backup: a backup is one when it was restored."""
    made, tried = await Observation.of(Seen.BACKUP), await Observation.of(Seen.RESTORE)
    if made is None or made.well_at is None or not _is_to_be_tried(made.well_at, tried):
        return
    file = Path(str(made.said.get("file", "")))
    if file.is_file():  # on this machine, and not carried away since
        await try_restore(_config, file)


def _is_to_be_tried(made_at: datetime, tried: Observation | None) -> bool:
    if tried is None:
        return True
    if not tried.well:
        return tried.at < made_at
    return datetime.now(UTC) - tried.at >= TRIED_EVERY


async def try_restore(config: Config, file: Path) -> None:
    """Try one and write that down."""
    try:
        config.data.mkdir(mode=0o700, parents=True, exist_ok=True)  # with PostgreSQL it may not be there yet
        _require_room(config.data, file.stat().st_size)
        trial = await try_backup(config, file)
    except Exception as error:
        await observe(Seen.RESTORE, well=False, file=str(file), reason=str(error))
        raise
    await _note_trial(file, trial)


async def _note_trial(file: Path, trial: Trial) -> None:
    rows = sum(trial.about.rows.values())
    facts = {"file": str(file), "made_at": trial.about.created_at, "rows": rows, "restored": trial.restored}
    await observe(Seen.RESTORE, well=True, **facts)
    log.info("restore tried", extra=facts)


jobs: list[Function | Periodic] = [
    Periodic(back_up_each_night, every=timedelta(hours=1)),
    Periodic(try_newest, every=timedelta(hours=1)),
]
