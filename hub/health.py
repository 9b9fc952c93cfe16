"""Is all well? `/health` in one line, `lavoir doctor` at length, each finding with its remedy."""

import logging
import platform
import shutil
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tortoise.exceptions import BaseORMException

import hub
from hub.actors.models import Actor, Role
from hub.config import Config
from hub.db import close_database, database_file, is_transient, open_database, rows
from hub.db.migrations import require_current_schema
from hub.errors import ConfigError, HubError
from hub.jobs import Function, Periodic, queue_state
from hub.network.standing import network_health

logger = logging.getLogger(__name__)

LATE = timedelta(minutes=15)
OLD_BACKUP = timedelta(days=8)
FREE_BYTES = 200 * 1024 * 1024


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

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
    version = Finding(True, f"Lavoir {hub.__version__}, Python {platform.python_version()}")
    findings = [version, _space(config), _mail(config), _backups(config), _origin(config)]
    if config.database_url is None and not database_file(config).exists():
        return [*findings, Finding(False, "there is no database yet", "start `lavoir serve`")]
    try:
        await open_database(config)
        try:
            findings += await _database(config, jobs)
        finally:
            await close_database()
    except (ConfigError, HubError) as error:
        remedy = "put the setting right; a damaged file: restore the newest backup with `lavoir restore FILE`"
        findings.append(Finding(False, f"database: {error}", remedy))
    return findings


async def _database(config: Config, jobs: Iterable[Function | Periodic]) -> list[Finding]:
    schema = await _schema(config)
    # a table of another release, or none, tells nothing
    queues = [*await _queue(jobs), *await _network(config)] if schema.well else []
    return [schema, await _integrity(config), *queues]


def _space(config: Config) -> Finding:
    folder = config.data if config.data.exists() else config.data.absolute().parent
    free = shutil.disk_usage(folder).free
    remedy = "" if free > FREE_BYTES else "make room before the database cannot be written any more"
    return Finding(free > FREE_BYTES, f"{free // 2**20} MB free for {config.data}", remedy)


def _mail(config: Config) -> Finding:
    if config.smtp_url is None:
        return Finding(
            True, f"mails are written into {config.data / 'mail'}", "set LAVOIR_SMTP_URL to send them"
        )
    return Finding(True, "mails are sent through the server of LAVOIR_SMTP_URL")


def _backups(config: Config) -> Finding:
    """Only backups in the data folder are known; the remedy says so."""
    made = [file.stat().st_mtime for file in (config.data / "backups").glob("*")]
    if made and datetime.now(UTC) - datetime.fromtimestamp(max(made), UTC) < OLD_BACKUP:
        return Finding(True, "there is a backup of this week")
    remedy = f"run `lavoir backup {config.data / 'backups' / 'FILE'}` each night, and keep a copy elsewhere"
    return Finding(True, "no backup of this week in the data folder", remedy)


def _origin(config: Config) -> Finding:
    if config.secure:
        return Finding(True, f"people reach the site at {config.origin}")
    return Finding(
        True, f"the site is at {config.origin}, for this machine only", "set LAVOIR_ORIGIN to https://…"
    )


async def _schema(config: Config) -> Finding:
    try:
        await require_current_schema(config)
    except HubError as error:
        return Finding(False, error.message, "the message says what to run")
    return Finding(True, "the tables are those of this program")


async def _integrity(config: Config) -> Finding:
    if config.database_url is not None:
        return Finding(True, "PostgreSQL answers")
    answer = (await rows("PRAGMA quick_check"))[0]["quick_check"]
    size = database_file(config).stat().st_size // 2**20
    remedy = "" if answer == "ok" else "restore the newest backup with `lavoir restore FILE`"
    return Finding(answer == "ok", f"SQLite {sqlite3.sqlite_version}, {size} MB, check: {answer}", remedy)


async def _queue(jobs: Iterable[Function | Periodic]) -> list[Finding]:
    queue = await queue_state(jobs)
    late = queue.late > LATE
    return [
        Finding(
            not late,
            f"{queue.waiting} jobs wait, the oldest for {queue.late.total_seconds():.0f} s",
            "is `lavoir serve` or `lavoir work` running?" if late else "",
        ),
        Finding(
            queue.failed == 0,
            f"{queue.failed} jobs were given up",
            "look for “job set aside” in the log" if queue.failed else "",
        ),
    ]


async def _network(config: Config) -> list[Finding]:
    """What goes to other servers and what came from them."""
    if config.federation == "off":
        return [Finding(True, "nothing is exchanged with other servers (LAVOIR_FEDERATION)")]
    state = await network_health()
    late = state.oldest > LATE
    return [
        await _identity(config),
        Finding(
            not late,
            f"{state.waiting} deliveries wait for other servers, {state.failing} of them do not answer",
            "is `lavoir serve` or `lavoir work` running?" if late else "",
        ),
        Finding(
            state.set_aside == 0,
            f"{state.set_aside} messages from other servers could not be handled",
            "look for “activity set aside” in the log" if state.set_aside else "",
        ),
    ]


async def _identity(config: Config) -> Finding:
    """The origin is in every address that others know of us: it can never change."""
    village = await Actor.of_role(Role.VILLAGE)
    if village is None or village.uri.startswith(f"{config.origin}/"):
        return Finding(True, "the village is known under the address of the site")
    known = village.uri.rpartition("/a/")[0]
    return Finding(
        False,
        f"other servers know the village at {known}, but the site is at {config.origin}",
        f"set LAVOIR_ORIGIN back to {known}",
    )
