"""What can be wrong with a village that runs, and what to do about it."""

import asyncio
import logging
import os
import platform
import shutil
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tortoise.exceptions import BaseORMException

import hub
from hub.actors.models import Host
from hub.actors.peers import use_config
from hub.backups import TRIED_EVERY
from hub.config import Config
from hub.db import close_database, database_file, is_transient, open_database, rows
from hub.db.migrations import require_current_schema
from hub.errors import ConfigError, HubError
from hub.health.outside import CLOCK_OFF, Certificate, Clock, last_look, see_certificate, see_clock
from hub.jobs import Function, Periodic, queue_state
from hub.network.standing import asleep, network_health
from hub.observations import Observation, Seen
from hub.stores import media_store, trouble
from hub.village.actors import known_at
from hub.village.models import Village

logger = logging.getLogger(__name__)

LATE = timedelta(minutes=15)
OLD_BACKUP = {True: timedelta(days=2), False: timedelta(days=8)}  # by whether one is made each night
OLD_TRIAL = TRIED_EVERY + timedelta(days=15)
FREE_BYTES = 200 * 1024 * 1024
LARGE_LOG = 256 * 1024 * 1024
RUNNING = "is `lavoir serve` or `lavoir work` running?"
NAMED = 5  # servers, in one line


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at; `about` is its name for machines."""

    about: str
    well: bool
    what: str
    remedy: str = ""


async def find_problem() -> str | None:
    """Why the site cannot do its work, or None."""
    try:
        await rows("SELECT 1 AS one")
    except Exception as error:
        if not (isinstance(error, (OSError, BaseORMException)) or is_transient(error)):
            raise
        logger.warning("database does not answer", extra={"reason": str(error)})
        return "the database does not answer"
    return None


async def examine(config: Config, jobs: Iterable[Function | Periodic]) -> list[Finding]:
    """Everything a machine can check; the database need not be open. `jobs`: those of the program."""
    use_config(config)
    findings = [*_machine(config), *await _pictures(config)]
    if config.database_url is None and not database_file(config).exists():
        return [*findings, Finding("database", False, "there is no database yet", "start `lavoir serve`")]
    try:
        await open_database(config)
        try:
            findings += await _database(config, jobs)
        finally:
            await close_database()
    except (ConfigError, HubError) as error:
        remedy = "put the setting right; a damaged file: restore the newest backup with `lavoir restore FILE`"
        findings.append(Finding("database", False, f"database: {error}", remedy))
    return findings


async def examine_running(config: Config, jobs: Iterable[Function | Periodic]) -> list[Finding]:
    """The same from inside the program, often: what takes long was looked at before, or is left out."""
    certificate, clock = await last_look()
    return [*_machine(config), *await _state(config, jobs), *_outside(config, certificate, clock)]


def _machine(config: Config) -> list[Finding]:
    version = f"Lavoir {hub.__version__}, Python {platform.python_version()}"
    return [Finding("version", True, version), *_space(config), *_backup_folder(config), _origin(config)]


def _backup_folder(config: Config) -> list[Finding]:
    """Another disk, perhaps one that somebody took away."""
    folder = config.backup_folder
    if folder is None or os.access(folder, os.W_OK | os.X_OK) or not any(config.backup_keep):
        return []
    remedy = "mount it, or let the program's user write there"
    return [
        Finding("backup", False, f"backups cannot be written into {folder} (LAVOIR_BACKUP_FOLDER)", remedy)
    ]


async def _pictures(config: Config) -> list[Finding]:
    """A folder is part of the disk; a store may be away, or have other keys."""
    if config.media_url is None:
        return []
    reason = await asyncio.to_thread(trouble, media_store(config))
    if reason is None:
        return [Finding("media", True, "the store of pictures takes and gives them")]
    remedy = "look at LAVOIR_MEDIA_URL, LAVOIR_MEDIA_KEY_ID and LAVOIR_MEDIA_SECRET, and at the store itself"
    return [Finding("media", False, f"the store of pictures does not take them: {reason}", remedy)]


async def _database(config: Config, jobs: Iterable[Function | Periodic]) -> list[Finding]:
    schema = await _schema(config)
    if not schema.well:  # a table of another release, or none, tells nothing
        return [schema, await _integrity(config)]
    state = await _state(config, jobs)
    certificate = await see_certificate(config) if config.secure else Certificate()
    outside = _outside(config, certificate, await see_clock(config))
    return [schema, await _integrity(config), *state, *outside]


async def _state(config: Config, jobs: Iterable[Function | Periodic]) -> list[Finding]:
    return [
        *(await _backup(config), await _trial(), await _mail(config)),
        *await _queue(jobs),
        *await _network(config),
    ]


def _space(config: Config) -> list[Finding]:
    """The folders of one disk count once."""
    folders = [
        _data_folder(config),
        *(each for each in [config.backup_folder] if each is not None and each.exists()),
    ]
    by_disk = {folder.stat().st_dev: folder for folder in reversed(folders)}
    return [_space_of(folder, config) for folder in by_disk.values()]


def free_bytes(config: Config) -> int:
    """On the disk of the data."""
    return shutil.disk_usage(_data_folder(config)).free


def _data_folder(config: Config) -> Path:
    return config.data if config.data.exists() else config.data.absolute().parent


def _space_of(folder: Path, config: Config) -> Finding:
    free = shutil.disk_usage(folder).free
    name = config.backup_folder if folder == config.backup_folder else config.data
    remedy = "" if free > FREE_BYTES else "make room before the database cannot be written any more"
    return Finding("disk", free > FREE_BYTES, f"{free // 2**20} MB free for {name}", remedy)


def _origin(config: Config) -> Finding:
    if config.secure:
        return Finding("origin", True, f"people reach the site at {config.origin}")
    what = f"the site is at {config.origin}, for this machine only"
    return Finding("origin", True, what, "set LAVOIR_ORIGIN to https://…")


async def _schema(config: Config) -> Finding:
    try:
        await require_current_schema(config)
    except HubError as error:
        return Finding("schema", False, error.message, "the message says what to run")
    return Finding("schema", True, "the tables are those of this program")


async def _integrity(config: Config) -> Finding:
    if config.database_url is not None:
        return await _postgres_clock()
    answer = (await rows("PRAGMA quick_check"))[0]["quick_check"]
    file = database_file(config)
    what = f"SQLite {sqlite3.sqlite_version}, {file.stat().st_size // 2**20} MB, check: {answer}"
    if answer != "ok":
        return Finding("database", False, what, "restore the newest backup with `lavoir restore FILE`")
    log = file.with_name(f"{file.name}-wal")
    if log.exists() and (size := log.stat().st_size) > LARGE_LOG:
        what += f", and {size // 2**20} MB that are not folded in"
        return Finding("database", False, what, "a program reads without end; start Lavoir again")
    return Finding("database", True, what)


async def _postgres_clock() -> Finding:
    """Leases compare the clocks of all machines."""
    seconds = (await rows("SELECT extract(epoch FROM clock_timestamp()) AS seconds"))[0]["seconds"]
    ahead = datetime.now(UTC).timestamp() - float(seconds)
    if abs(ahead) < CLOCK_OFF.total_seconds():
        return Finding("database", True, "PostgreSQL answers")
    what = f"the clock of this machine and that of PostgreSQL differ by {abs(ahead):.0f} s"
    return Finding("database", False, what, "let both be set by NTP (`timedatectl set-ntp true`)")


async def _backup(config: Config) -> Finding:
    """Those of each night, and those that `lavoir backup` makes."""
    nightly, last = any(config.backup_keep), await Observation.of(Seen.BACKUP)
    by_hand = "run `lavoir backup FILE` each night, and keep a copy elsewhere"
    remedy = f"{RUNNING} It makes one each night" if nightly else by_hand
    if last is None or last.well_at is None:
        village = await Village.current()
        is_new = village is None or datetime.now(UTC) - village.opened_at < OLD_BACKUP[True]
        reason = f" ({last.said.get('reason')})" if last is not None else ""
        return Finding("backup", is_new and last is None, f"there is no backup yet{reason}", remedy)
    what = f"the last backup is {_since(last.well_at)} old: {last.said.get('file')}"
    if not last.well:
        reason = f"{what}; the one after it failed: {last.said.get('reason')}"
        return Finding("backup", False, reason, "put that right, then `lavoir backup FILE`")
    well = datetime.now(UTC) - last.well_at < OLD_BACKUP[nightly]
    return Finding("backup", well, what, "" if well else remedy)


async def _trial() -> Finding:
    tried = await Observation.of(Seen.RESTORE)
    if tried is None:
        made = await Observation.of(Seen.BACKUP)
        remedy = "" if made is None else "within the hour, or by `lavoir restore --try FILE`"
        return Finding("restore", True, "no backup was restored on trial yet", remedy)
    if not tried.well:
        what = f"a backup cannot be restored: {tried.said.get('reason')}"
        return Finding("restore", False, what, "make another one now: `lavoir backup FILE`, and try that")
    what = f"a backup was restored on trial {_since(tried.at)} ago, {tried.said.get('rows')} rows"
    if datetime.now(UTC) - tried.at > OLD_TRIAL:
        return Finding("restore", False, what, f"{RUNNING} Or `lavoir restore --try FILE`")
    if tried.said.get("restored"):
        return Finding("restore", True, what)
    what = f"a backup was read through {_since(tried.at)} ago, {tried.said.get('rows')} rows"
    return Finding(
        "restore", True, what, "to restore it on trial, PostgreSQL must allow: ALTER ROLE … CREATEDB"
    )


async def _mail(config: Config) -> Finding:
    if config.smtp_url is None:
        what = f"mails are written into {config.data / 'mail'}"
        return Finding("mail", True, what, "set LAVOIR_SMTP_URL to send them")
    last = await Observation.of(Seen.MAIL)
    if last is None:
        return Finding("mail", True, "mails are sent through the server of LAVOIR_SMTP_URL; none was yet")
    if last.well:
        return Finding("mail", True, f"mails are sent, the last one {_since(last.at)} ago")
    what = f"the mail server did not take a mail {_since(last.at)} ago: {last.said.get('reason')}"
    return Finding("mail", False, what, "see LAVOIR_SMTP_URL; mails wait for eight days and are tried again")


async def _queue(jobs: Iterable[Function | Periodic]) -> list[Finding]:
    queue = await queue_state(jobs)
    late = queue.late > LATE
    what = f"{queue.waiting} jobs wait, the oldest for {queue.late.total_seconds():.0f} s"
    given_up = "look for “job set aside” in the log" if queue.failed else ""
    return [
        Finding("jobs", not late, what, RUNNING if late else ""),
        Finding("failed jobs", queue.failed == 0, f"{queue.failed} jobs were given up", given_up),
    ]


async def _network(config: Config) -> list[Finding]:
    """What goes to other servers and what came from them."""
    if config.federation == "off":
        what = "nothing is exchanged with other servers (LAVOIR_FEDERATION)"
        return [Finding("network", True, what)]
    state = await network_health()
    late = max(state.oldest, state.oldest_received) > LATE
    what = (
        f"{state.waiting} deliveries wait for other servers, the oldest that may go for"
        f" {state.oldest.total_seconds():.0f} s; {state.received} messages of theirs wait, the oldest for"
        f" {state.oldest_received.total_seconds():.0f} s"
    )
    aside = "look for “activity set aside” in the log" if state.set_aside else ""
    return [
        await _identity(config),
        Finding("deliveries", not late, what, RUNNING if late else ""),
        await _hosts(),
        Finding(
            *("received", state.set_aside == 0),
            *(f"{state.set_aside} messages from other servers could not be handled", aside),
        ),
    ]


async def _hosts() -> Finding:
    """That some do not answer is their affair; that none does is ours."""
    known = await Host.filter(succeeded_at__not_isnull=True).count()
    failing = await Host.filter(failing_since__not_isnull=True).order_by("name")
    reached = [host for host in failing if host.succeeded_at is not None]
    dead = [host.name for host in failing if asleep(host)]
    what = f"{len(failing)} servers do not answer"
    if dead:
        named = ", ".join(dead[:NAMED]) + ("…" if len(dead) > NAMED else "")
        what += f", {len(dead)} of them for more than a day: {named}"
    if known > 2 and len(reached) == known:
        return Finding("hosts", False, what, "nobody is reached: look at the firewall, the names, the clock")
    remedy = "they are asked once a day, and come back by themselves; see /admin/network" if dead else ""
    return Finding("hosts", True, what, remedy)


async def _identity(config: Config) -> Finding:
    """The origin is in every address that others know of us: it can never change."""
    known = await known_at()
    if known is None:
        what = "the village is not set up yet"
        return Finding("identity", True, what, "open the link that the start prints, or run `lavoir setup`")
    if known == config.origin:
        return Finding("identity", True, "the village is known under the address of the site")
    what = f"other servers know the village at {known}, but the site is at {config.origin}"
    return Finding("identity", False, what, f"set LAVOIR_ORIGIN back to {known}")


def _outside(config: Config, certificate: Certificate, clock: Clock) -> list[Finding]:
    return [*([_certificate(certificate)] if config.secure else []), _clock(clock)]


def _certificate(seen: Certificate) -> Finding:
    remedy = "let the program in front renew it (Caddy does it by itself, certbot by a timer)"
    if seen.problem:
        what = f"browsers refuse the certificate of the site: {seen.problem}"
        return Finding("certificate", False, what, remedy)
    if seen.until is None:
        what = "the certificate cannot be seen from this machine"
        return Finding("certificate", True, what, "look at it with a browser")
    days = (seen.until - datetime.now(UTC)).days
    what = f"the certificate is good for {days} days"
    return Finding("certificate", seen.well, what, "" if seen.well else remedy)


def _clock(seen: Clock) -> Finding:
    if seen.ahead is None:
        return Finding("clock", True, "no other server could be asked what time it is")
    what = f"the clock is {abs(seen.ahead):.0f} s {'ahead of' if seen.ahead > 0 else 'behind'} other servers"
    remedy = "" if seen.well else "let it be set by NTP (`timedatectl set-ntp true`)"
    return Finding("clock", seen.well, f"{what} ({seen.asked} asked)", remedy)


def _since(at: datetime) -> str:
    """`3 days`, `5 hours`."""
    age = datetime.now(UTC) - at
    hours = int(age.total_seconds() // 3600)
    if age.days > 1:
        return f"{age.days} days"
    return f"{hours} hours" if hours > 1 else f"{int(age.total_seconds() // 60)} minutes"
