"""Days go by: what the story calls older becomes older, in all three databases.

Nobody can publish in the past by a page; without this everything would be of the same minute.
"""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hub.jobs import job_name
from hub.region.dump import write_open_data

# Where moments of a need, an offer or a project are kept; `{own}` stands for its publication.
_PROPOSAL = "IN (SELECT id FROM proposal WHERE publication_id = {own})"
MOMENTS: Mapping[str, tuple[tuple[str, ...], str]] = {
    "publication": (("published_at",), "id = {own} OR root_id = {own}"),
    "proposal": (("changed_at",), "publication_id = {own}"),
    "project": (("changed_at",), "publication_id = {own}"),
    "step": (("at",), f"proposal_id {_PROPOSAL}"),
    "support": (("at",), f"proposal_id {_PROPOSAL}"),
    "notice": (("made_at",), "publication_id = {own}"),
    "pledge": (("made_at", "decided_at", "helper_done_at", "owner_done_at"), f"proposal_id {_PROPOSAL}"),
}
WAIT = 30  # seconds, for a hub that writes at the same time
LATEST = 0.6  # of the days since something was published: its last event is that far after it


def is_quiet(database: Path) -> bool:
    """Whether nothing is on its way to or from this hub."""
    with closing(sqlite3.connect(database, timeout=WAIT)) as connection:
        [(busy,)] = connection.execute(
            "SELECT EXISTS (SELECT 1 FROM delivery) OR EXISTS (SELECT 1 FROM received)"
        )
    return not busy


def let_pass(database: Path, days: Mapping[str, float]) -> None:
    """By title: so many days ago it was published, and what happened to it since is spread over them."""
    with closing(sqlite3.connect(database, timeout=WAIT)) as connection, connection:
        for title, ago in days.items():
            found = connection.execute("SELECT id FROM publication WHERE title = ?", (title,)).fetchall()
            for (own,) in found:
                _make_older(connection, own, ago=timedelta(days=ago))
        # The files of open data were written before there was anything: they are due again.
        connection.execute("UPDATE job SET due_at = created_at WHERE name = ?", (job_name(write_open_data),))


def _make_older(connection: sqlite3.Connection, own: int, *, ago: timedelta) -> None:
    """What came from elsewhere begins when it came, which is a moment after it was published there."""
    now, told = datetime.now(UTC), _told(connection, own)
    begin = min(told.get("step") or told["publication"])
    longest = max(at - begin for each in told.values() for at in each) or timedelta(seconds=1)

    def older(text: str | None) -> str | None:
        if text is None:
            return None
        share = max((datetime.fromisoformat(text) - begin) / longest, 0.0)
        return (now - ago + ago * LATEST * share).isoformat(sep=" ")

    connection.create_function("older", 1, older)
    for table, (columns, whose) in MOMENTS.items():
        changes = ", ".join(f'"{column}" = older("{column}")' for column in columns)
        connection.execute(f'UPDATE "{table}" SET {changes} WHERE {whose.format(own=own)}')


def _told(connection: sqlite3.Connection, own: int) -> dict[str, list[datetime]]:
    """Every moment that is kept of it, by table."""
    found: dict[str, list[datetime]] = {}
    for table, (columns, whose) in MOMENTS.items():
        rows = connection.execute(f'SELECT {", ".join(columns)} FROM "{table}" WHERE {whose.format(own=own)}')
        found[table] = [datetime.fromisoformat(text) for row in rows for text in row if text is not None]
    return found
