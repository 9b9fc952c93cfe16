"""Months go by in a village: it is stopped, everything that it knows becomes older, it starts again."""

import sqlite3
from contextlib import closing
from datetime import date, datetime, timedelta

from tests.attacks.village import Village

# What only grows, and those who would have to sign in again.
KEPT = frozenset({"journal", "session", "allowance"})


def let_pass(village: Village, *, days: int) -> None:
    """The village's days go by; its people find their browsers as they left them. On SQLite alone."""
    village.site.stop()
    with closing(sqlite3.connect(village.database.data / "lavoir.sqlite3", timeout=20)) as database, database:
        database.create_function("older", 1, lambda text: _older(text, timedelta(days=days)))
        for table, columns in _moments(database).items():
            changes = ", ".join(f'"{column}" = older("{column}")' for column in columns)
            database.execute(f'UPDATE "{table}" SET {changes}')
    village.site.start()


def _moments(database: sqlite3.Connection) -> dict[str, list[str]]:
    """Columns with days and moments, by table."""
    names = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    found: dict[str, list[str]] = {}
    for (table,) in names:
        columns = database.execute(f'PRAGMA table_info("{table}")').fetchall()
        moments = [column[1] for column in columns if column[2] in ("TIMESTAMP", "DATE")]
        if moments and table not in KEPT:
            found[table] = moments
    return found


def _older(text: str | None, by: timedelta) -> str | None:
    if not text:
        return text
    if len(text) == len("2026-01-31"):
        return (date.fromisoformat(text) - by).isoformat()
    return (datetime.fromisoformat(text) - by).isoformat(sep=" ")
