"""FLT-07 to FLT-10, FLT-29, FLT-34: what programs store things with is locked, full, cut off or torn."""

import random
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from tests.attacks.board import chosen, jpeg
from tests.attacks.database import Database
from tests.attacks.fediverse import Fediverse, peers_settings
from tests.attacks.village import new_database, running_village
from tests.attacks.visitor import heading, page
from tests.evilpeer import EvilPeer
from tests.faults.conftest import Seen
from tests.faults.disks import full, small_disk
from tests.faults.insisting import SAID, Insisting, send, typed
from tests.faults.queues import assert_sound, release
from tests.postgres import Cluster, running_cluster
from tests.waiting import wait_until

CHANCE = random.Random(2026)


# ---------------------------------------------------------------- locked


@contextmanager
def locked(database: Database) -> Iterator[None]:
    """Another program writes, and does not come to an end."""
    if database.url is None:
        file = database.data / "lavoir.sqlite3"
        with closing(sqlite3.connect(file, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield
            other.execute("ROLLBACK")
        return
    assert database.cluster is not None
    statement = "BEGIN; LOCK TABLE publication IN EXCLUSIVE MODE; SELECT pg_sleep(60)"
    psql = [database.cluster.programs / "psql", "-qtAX", "-d", database.url, "-c", statement]
    with subprocess.Popen(psql, stdout=subprocess.DEVNULL) as other:
        locks = "SELECT count(*) FROM pg_locks WHERE mode = 'ExclusiveLock'"
        held = f"{locks} AND relation = 'publication'::regclass"
        wait_until(lambda: database.value(held) == "1")
        yield
        other.kill()
        name = database.url.rpartition("/")[2]
        database.run(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'BEGIN; LOCK%'"
            f" AND datname = '{name}'"
        )


def test_flt_07_while_another_program_holds_the_database_pages_are_read_and_forms_are_told_to_come_again(
    database: Database, seen: Seen
) -> None:
    with running_village(database) as village:
        agent = village.administrator
        form = typed(agent, "Verrou")
        with locked(database):
            answer = send(agent, form)
            assert answer.status_code == 503
            assert int(answer.headers["retry-after"]) > 0
            for path in ("/", "/news", "/needs"):
                assert village.visitor().get(path).status_code == 200
        assert database.value("SELECT count(*) FROM publication WHERE title = 'Verrou'") == "0"
        assert send(agent, form).status_code == 303
        assert agent.get("/news").text.count(">Verrou</") == 1
        engine = "SQLite" if database.url is None else "PostgreSQL"
        seen(f"{engine}: 503, pages go on, the same form then makes one")


# ---------------------------------------------------------------- cut off


def control(cluster: Cluster, data: str, *what: str) -> None:
    """Stop or start the server as its operator does."""
    owner = Path(data).stat().st_uid
    command = [cluster.programs / "pg_ctl", "-D", data, "-w", "-t", "60", "-l", f"{data}/../again.log", *what]
    subprocess.run(command, check=True, capture_output=True, user=owner, cwd="/", timeout=90)


@contextmanager
def may_restart(cluster: Cluster) -> Iterator[str]:
    """Its folder; whichever process serves it in the end is ended."""
    data = cluster.sql("SHOW data_directory")
    yield data
    control(cluster, data, "stop", "-m", "immediate")


def test_flt_08_a_postgresql_that_crashes_and_comes_back_is_missed_for_as_long_as_it_is_away(
    peer: EvilPeer, tmp_path: Path, seen: Seen
) -> None:
    """On one engine, whatever the parameter of others."""
    with (
        running_cluster() as cluster,
        may_restart(cluster) as data,
        new_database(tmp_path / "data", cluster) as database,
        running_village(database, settings=peers_settings(peer, tmp_path)) as village,
    ):
        fediverse = Fediverse(village, peer)
        ana = fediverse.attacker()
        assert ana.post(ana.follow()).status == 202
        fediverse.settle()
        with Insisting(village) as agent:
            wait_until(lambda: len(agent.taken) >= 2)
            control(cluster, data, "stop", "-m", "immediate")
            wait_until(lambda: 503 in agent.statuses)
            assert village.site.health() == 503
            note = ana.mention("pendant la panne")
            assert ana.post(ana.create(note)).status == 503
            control(cluster, data, "restart")
            before = len(agent.taken)
            wait_until(lambda: len(agent.taken) > before + 1)
        assert agent.statuses == {200, 303, 503}
        assert ana.post(ana.create(note)).status == 202
        release(database)  # of what was on its way when it crashed
        fediverse.hurry()
        fediverse.settle()
        told = [each["object"]["name"] for each in ana.told("Create")]
        assert sorted(set(told)) == sorted(agent.taken)
        here = database.value("SELECT count(*) FROM publication WHERE title LIKE 'Sans cesse %'")
        assert int(here) == len(agent.taken)
        assert fediverse.stored(note["id"]) is not None
        assert village.site.health() == 200
        seen(f"{here} announcements around a crash, each once here and there; 503 meanwhile")


# ---------------------------------------------------------------- full


def test_flt_09_29_on_a_full_disk_reading_goes_on_and_writing_is_refused(tmp_path: Path, seen: Seen) -> None:
    """SQLite: the disk of PostgreSQL is another machine's matter."""
    with (
        small_disk(tmp_path / "disk") as mounted,
        new_database(tmp_path / "disk" / "data", None) as database,
        running_village(database) as village,
    ):
        agent = village.administrator
        news, photo = typed(agent, "Plein"), typed(agent, "Image") | SAID
        with closing(sqlite3.connect(database.data / "lavoir.sqlite3", timeout=20)) as other:
            other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        with full(village.site, mounted=mounted):
            answer = send(agent, news)
            assert answer.status_code in (503, 507)
            assert page(answer).select_one("main h1") is not None
            uploaded = agent.send("POST", "/new/announcement", data=photo, files=chosen(jpeg()))
            assert uploaded.status_code in (422, 503, 507), heading(uploaded)
            for path in ("/", "/news", "/charter"):
                assert village.visitor().get(path).status_code == 200
            if mounted:
                told = village.site.command("doctor")
                assert told.returncode == 1
                assert "make room" in told.stdout
        assert village.site.wait_for_line("request failed for now reason=.*(disk|full)")
        assert_sound(database)
        assert send(agent, news).status_code == 303
        assert agent.get("/news").text.count(">Plein</") == 1
        assert village.newcomer("plein@example.fr").signed_in
        how = "a disk of 64 MB" if mounted else "files that cannot grow"
        seen(f"{how}: {answer.status_code}, pages go on, the database is sound")


# ---------------------------------------------------------------- torn, and long


def test_flt_10_34_a_torn_log_tears_no_database_and_a_long_reader_leaves_no_long_log(
    tmp_path: Path, seen: Seen
) -> None:
    """SQLite. What a power cut leaves is the log up to some byte; answered is what was on the disk before."""
    with new_database(tmp_path / "data", None) as database, running_village(database) as village:
        agent = village.administrator
        file, log = database.data / "lavoir.sqlite3", database.data / "lavoir.sqlite3-wal"
        with closing(sqlite3.connect(file, isolation_level=None)) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM publication").fetchall()
            for number in range(12):
                assert send(agent, typed(agent, f"Courant {number}")).status_code == 303
            cuts = [
                whole_after_cut(file, log, tmp_path / "cut", cut) for cut in some_cuts(log.stat().st_size)
            ]
            assert cuts[-1] == 12, "what was answered was in the log"
            database.run("CREATE TABLE ballast (text TEXT)")
            for _ in range(3):
                database.run(f"INSERT INTO ballast VALUES ('{'x' * 6_000_000}')")
            long = log.stat().st_size
            assert long > 16_000_000
            assert send(agent, typed(agent, "Toujours")).status_code == 303
        for number in range(4):
            assert send(agent, typed(agent, f"Apres {number}")).status_code == 303
        wait_until(lambda: log.stat().st_size < long / 2)
        seen(
            f"{len(cuts)} cuts of the log: never torn, {cuts[0]} to {cuts[-1]} of 12 forms, each whole;"
            f" the log went from {long // 2**20} MB to {log.stat().st_size // 2**20} MB"
        )


# ---------------------------------------------------------------- without power

SECTOR, PAGE, HEAD, ROUNDS = 512, 4096, 32, 12


def test_flt_10_what_was_answered_is_there_whatever_of_the_last_writes_reached_the_disk(
    tmp_path: Path, seen: Seen
) -> None:
    """SQLite. At some moment the power goes; of what was written since another moment before it, with which
    everything answered until then was on the disk, some sectors are there and others are not, in no order.
    """
    with new_database(tmp_path / "data", None) as database, running_village(database) as village:
        with Insisting(village) as agent:
            cuts = [
                cut
                for number in range(ROUNDS)
                for cut in power_cuts(database, agent, tmp_path / f"cut-{number}")
            ]
        assert agent.statuses <= {200, 303}
    assert len(cuts) >= ROUNDS / 2, "hardly anything was cut"
    assert any(lost for _, lost in cuts), "every write was whole: nothing was cut in its middle"
    seen(
        f"power went {len(cuts)} times, {sum(lost > 0 for _, lost in cuts)} times with sectors that were"
        f" lost, up to {max(lost for _, lost in cuts)}: all that was answered is there, each form whole"
    )


def power_cuts(database: Database, agent: Insisting, folder: Path) -> Iterator[tuple[int, int]]:
    """In a commit, and while the log goes over into the file: how many forms it keeps, what it took."""
    file, log = database.data / "lavoir.sqlite3", database.data / "lavoir.sqlite3-wal"
    titles, first = list(agent.taken), head_of(log)
    before = (file.read_bytes(), log.read_bytes())
    wait_until(lambda: len(agent.taken) > len(titles) + 2)
    after = (file.read_bytes(), log.read_bytes())
    if not first == before[1][:HEAD] == after[1][:HEAD]:
        return  # the log began anew in between: by then all of it was in the file, and on the disk
    if before[0] == after[0]:
        torn, lost = mixed(before[1], after[1], SECTOR)
        yield whole_with(titles, before[0], torn, folder / "commit"), lost
    # pages go over only once the log is on the disk
    torn, lost = mixed(before[0], after[0], PAGE)
    yield whole_with(titles, torn, after[1], folder / "going-over"), lost


def head_of(log: Path) -> bytes:
    with log.open("rb") as opened:
        return opened.read(HEAD)


def mixed(before: bytes, after: bytes, size: int) -> tuple[bytes, int]:
    """Of the pieces that differ each as it was or as it became; how many are as they were."""
    end = CHANCE.choice([max(len(before), len(after)), len(before)])
    mixed, lost = bytearray(after[:end].ljust(len(before), b"\0")), 0
    lost += max(0, len(after) - len(mixed)) // size
    for at in range(0, len(mixed), size):
        piece = before[at : at + size].ljust(len(mixed[at : at + size]), b"\0")
        if piece != mixed[at : at + size] and CHANCE.random() < 0.5:
            mixed[at : at + size], lost = piece, lost + 1
    return bytes(mixed), lost


def whole_with(titles: list[str], file: bytes, log: bytes, folder: Path) -> int:
    folder.mkdir(parents=True)
    (folder / "lavoir.sqlite3").write_bytes(file)
    (folder / "lavoir.sqlite3-wal").write_bytes(log)
    with closing(sqlite3.connect(folder / "lavoir.sqlite3")) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert database.execute("PRAGMA foreign_key_check").fetchall() == []
        named = "SELECT title FROM publication WHERE title LIKE 'Sans cesse %'"
        kept = {title for (title,) in database.execute(named)}
        sent = database.execute(
            'SELECT count(*) FROM activity WHERE body LIKE \'%"name":"Sans cesse %\''
        ).fetchone()
    assert set(titles) <= kept, f"{len(set(titles) - kept)} forms that were answered are lost"
    assert sent == (len(kept),), "a form is there half"
    return len(titles)


def some_cuts(size: int) -> list[int]:
    return [*sorted(CHANCE.randrange(size) for _ in range(25)), size]


def whole_after_cut(file: Path, log: Path, folder: Path, cut: int) -> int:
    """How many forms a database has whose log ends there."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    shutil.copy(file, folder / file.name)
    (folder / log.name).write_bytes(log.read_bytes()[:cut])
    with closing(sqlite3.connect(folder / file.name)) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert database.execute("PRAGMA foreign_key_check").fetchall() == []
        counts = database.execute(
            "SELECT (SELECT count(*) FROM publication WHERE title LIKE 'Courant %'),"
            ' (SELECT count(*) FROM activity WHERE body LIKE \'%"name":"Courant %\')'
        ).fetchone()
    assert counts[0] == counts[1], "a form is there half"
    return int(counts[0])
