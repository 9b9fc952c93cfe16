"""A PostgreSQL server of the tests' own: quick, thrown away, gone even if the tests are killed."""

import ctypes
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from threading import Lock

from tests.parts import postgresql
from tests.site import free_port

# Nothing here survives a power cut; that a *client* may die at any moment is what the tests try.
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "fsync": "off",
    "full_page_writes": "off",
    "shared_buffers": "16MB",
    "max_connections": "60",
    "log_min_messages": "fatal",
}


# Rows go without looking at references, and numbers begin at one again.
EMPTY = """
BEGIN;
SET LOCAL lock_timeout = '2s';
SET LOCAL session_replication_role = replica;
DO $$
DECLARE name text;
BEGIN
    FOR name IN SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public' LOOP
        EXECUTE 'DELETE FROM ' || name;
    END LOOP;
    PERFORM setval(quote_ident(sequencename)::regclass, start_value, false)
    FROM pg_sequences WHERE last_value IS NOT NULL;
END $$;
COMMIT;
"""
SHAPE = """
SELECT md5(string_agg(part, ',' ORDER BY part)) FROM (
    SELECT relname::text || '.' || attname || atttypid::text AS part FROM pg_attribute
    JOIN pg_class ON pg_class.oid = attrelid
    WHERE relnamespace = 'public'::regnamespace AND attnum > 0 AND NOT attisdropped
    UNION ALL SELECT tgname::text || tgenabled::text FROM pg_trigger WHERE NOT tgisinternal
    UNION ALL SELECT conname::text FROM pg_constraint
) AS parts
"""


class Cluster:
    """A running server; `create()` gives the URL of a new database, `lend()` one that may be used again."""

    def __init__(self, programs: Path, port: int) -> None:
        self.programs = programs
        self.port = port
        self._numbers = count(1)
        self._empty: list[str] = []
        self._shapes: dict[str, str] = {}
        self._lines: dict[str, Line] = {}
        self._one_at_a_time = Lock()

    def url(self, name: str) -> str:
        return f"postgres://lavoir@127.0.0.1:{self.port}/{name}"

    def create(self, *, template: str = "template0") -> str:
        name = f"village_{next(self._numbers)}"
        self.sql(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self.url(name)

    def lend(self, template: str) -> str:
        """A copy of `template`: one that came back empty, else a new one, which costs a thousand files."""
        return self._empty.pop() if self._empty else self.create(template=template)

    def take_back(self, url: str, *, like: str) -> None:
        """Empty it for the next one; what is no longer as it was lent is thrown away."""
        try:
            shape = self.ask(EMPTY + SHAPE, name=_name(url))
        except subprocess.CalledProcessError:  # somebody still holds a lock in it
            shape = ""
        if shape == self._shape(like):
            self._empty.append(url)
        else:
            self.drop(url)

    def _shape(self, name: str) -> str:
        if name not in self._shapes:
            self._shapes[name] = self.sql(SHAPE, name=name)
        return self._shapes[name]

    def drop(self, url: str) -> None:
        self.hang_up(_name(url))
        self.sql(f"DROP DATABASE {_name(url)} WITH (FORCE)")

    def close(self) -> None:
        for name in list(self._lines):
            self.hang_up(name)

    def ask(self, statement: str, *, name: str) -> str:
        """As sql(), on a line that stays until the database goes; what failed there is asked once more."""
        with self._one_at_a_time:
            line = self._lines.get(name)
            if line is None:
                line = self._lines[name] = Line(_psql(self.programs, self.url(name)))
            try:
                return line.ask(statement)
            except BrokenPipeError:  # by the statement, or the server is another since
                self.hang_up(name)
        return self.sql(statement, name=name)

    def hang_up(self, name: str) -> None:
        """End the line to a database: a restore wants to be alone there."""
        if line := self._lines.pop(name, None):
            line.close()

    def sql(self, statement: str, *, name: str = "postgres") -> str:
        command = [*_psql(self.programs, self.url(name)), "-c", statement]
        return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout.strip()


class Line:
    """A client that stays: starting one costs more than most of what it is asked."""

    END = "--- end of the answer"

    def __init__(self, client: list[str | Path]) -> None:
        self._client = subprocess.Popen(
            client,
            env=os.environ | {"PGOPTIONS": "-c statement_timeout=60s"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            encoding="utf-8",
        )

    def ask(self, statement: str) -> str:
        assert self._client.stdin is not None
        assert self._client.stdout is not None
        self._client.stdin.write(f"{statement};\n\\echo {self.END}\n")
        self._client.stdin.flush()
        answer = ""
        for line in self._client.stdout:
            if line.rstrip() == self.END:
                return answer.strip()
            answer += line
        raise BrokenPipeError

    def close(self) -> None:
        with suppress(BrokenPipeError), self._client:
            self._client.kill()


def _name(url: str) -> str:
    """Of its database."""
    return url.rpartition("/")[2]


def _psql(programs: Path, url: str) -> list[str | Path]:
    return [programs / "psql", "-qtAX", "-v", "ON_ERROR_STOP=1", "-d", url]


@contextmanager
def running_cluster() -> Iterator[Cluster]:
    """A server on a free loopback port, under a user that it accepts: not root."""
    programs = postgresql()
    folder = Path(tempfile.mkdtemp(prefix="lavoir-postgres-"))
    port = free_port()
    try:
        owner = _owner(folder)
        initdb = [
            programs / "initdb",
            "-D",
            folder / "data",
            "-U",
            "lavoir",
            "--auth=trust",
            "--no-sync",
            "-E",
            "UTF8",
        ]
        subprocess.run(
            [*initdb, "--locale=C.UTF-8"],
            check=True,
            capture_output=True,
            cwd=folder,
            user=owner,
            timeout=120,
        )
        settings = [f"--{name}={value}" for name, value in SETTINGS.items()]
        with (
            (folder / "log").open("wb") as log,
            subprocess.Popen(
                [programs / "postgres", "-D", folder / "data", "-p", str(port), *settings],
                stdout=log,
                stderr=log,
                cwd=folder,
                user=owner,
                preexec_fn=_die_with_parent,
            ) as server,
        ):
            try:
                cluster = Cluster(programs, port)
                _wait_until_ready(cluster, server, folder / "log")
                yield cluster
                cluster.close()
            finally:
                server.send_signal(signal.SIGQUIT)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _owner(folder: Path) -> int | None:
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            owner = pwd.getpwnam(name).pw_uid
        except KeyError:
            continue
        os.chown(folder, owner, -1)
        return owner
    raise AssertionError("PostgreSQL does not run as root, and there is no user postgres or nobody")


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(1, signal.SIGINT)  # PR_SET_PDEATHSIG: fast shutdown


def _wait_until_ready(cluster: Cluster, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 60
    ready = [cluster.programs / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(cluster.port)]
    while subprocess.run(ready, check=False, timeout=60).returncode != 0:
        if server.poll() is not None or time.monotonic() > deadline:
            raise AssertionError(f"PostgreSQL did not start: {log.read_text()}")
        time.sleep(0.05)
