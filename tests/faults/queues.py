"""What waits in a village whose program was killed, and how tests of faults wait."""

import threading
import time
from collections.abc import Callable

from tests.attacks.database import LONG_AGO, Database

GUARD = 120  # seconds after which a hang is called a hang


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


def wait_until(condition: Callable[[], bool], *, within: float = GUARD) -> None:
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline, "it never came to that"
        time.sleep(0.02)


def await_end(thread: threading.Thread) -> None:
    thread.join(GUARD)
    assert not thread.is_alive(), "somebody still waits for a village that was killed"
