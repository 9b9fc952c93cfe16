"""What waits in a village whose program was killed."""

import threading

from tests.attacks.database import LONG_AGO, Database
from tests.waiting import GUARD


def release(database: Database) -> None:
    """As if the leases of the killed program had run out."""
    for table in ("host", "job"):
        database.run(f"UPDATE {table} SET lease_until = '{LONG_AGO}' WHERE lease_until IS NOT NULL")


def waiting(database: Database) -> str:
    return database.value("SELECT count(*) FROM delivery")


def assert_sound(database: Database) -> None:
    """No page is torn; PostgreSQL looks after its own."""
    if database.url is None:
        assert database.run("PRAGMA integrity_check") == ["ok"]
        assert database.run("PRAGMA foreign_key_check") == []


def await_end(thread: threading.Thread) -> None:
    thread.join(GUARD)
    assert not thread.is_alive(), "somebody still waits for a village that was killed"
