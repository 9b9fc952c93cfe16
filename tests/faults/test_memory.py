"""FLT-31, FLT-33: little memory and long work; the village goes on answering.

The cap is one of the system's own (a control group), so that what goes beyond is ended as on a small server.
"""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest

from tests.attacks.board import chosen, jpeg
from tests.attacks.fediverse import Fediverse, peers_settings
from tests.attacks.village import new_database, running_village
from tests.attacks.visitor import heading
from tests.evilpeer import EvilPeer
from tests.faults.conftest import Seen
from tests.faults.insisting import SAID, typed
from tests.faults.queues import await_end

CAP = 256 * 2**20
GROUPS = Path("/sys/fs/cgroup")
AT_ONCE = 6


class Group:
    """A control group, of the old kind or the new."""

    def __init__(self, folder: Path, *, limit: str, peak: str) -> None:
        self.folder = folder
        self._peak = peak
        (folder / limit).write_text(str(CAP), encoding="ascii")

    def take(self, process: int) -> None:
        (self.folder / "cgroup.procs").write_text(str(process), encoding="ascii")

    @property
    def peak(self) -> int:
        return int((self.folder / self._peak).read_text(encoding="ascii"))


@contextmanager
def small_memory() -> Iterator[Group]:
    """For the processes that it takes; what is left of them must have ended before."""
    old = GROUPS / "memory" / "cgroup.procs"
    root = GROUPS / "memory" if old.exists() else GROUPS
    folder = root / f"lavoir-test-{os.getpid()}"
    names = ("memory.max", "memory.peak")
    if old.exists():
        names = ("memory.limit_in_bytes", "memory.max_usage_in_bytes")
    try:
        folder.mkdir()
        group = Group(folder, limit=names[0], peak=names[1])
    except OSError as error:
        with suppress(OSError):
            folder.rmdir()
        pytest.skip(f"no control group for memory here: {error.strerror}")
    try:
        yield group
    finally:
        folder.rmdir()


def test_flt_31_33_in_256_mb_large_pictures_end_no_village_and_keep_nobody_waiting(
    peer: EvilPeer, tmp_path: Path, seen: Seen
) -> None:
    large = jpeg((6000, 4000))
    with (
        small_memory() as group,
        new_database(tmp_path / "data", None) as database,
        running_village(database, settings=peers_settings(peer, tmp_path)) as village,
    ):
        fediverse, pid = Fediverse(village, peer), village.site.pid
        ana = fediverse.attacker()
        assert ana.post(ana.follow()).status == 202
        fediverse.settle()
        group.take(pid)
        agent = village.administrator
        forms = [typed(agent, f"Grande {number}") | SAID for number in range(AT_ONCE)]
        statuses: list[int] = []
        words: list[str] = []

        def upload(form: dict[str, str]) -> None:
            with httpx.Client(base_url=village.site.address, timeout=100) as client:
                cookies = "; ".join(f"{name}={value}" for name, value in agent.cookies.items())
                headers = {**agent.headers, "cookie": cookies}
                photo = chosen(large)
                answer = client.post("/new/announcement", data=form, files=photo, headers=headers)
                statuses.append(answer.status_code)
                words.append(heading(answer))

        threads = [threading.Thread(target=upload, args=(form,), daemon=True) for form in forms]
        for thread in threads:
            thread.start()
        asked = 0
        while any(thread.is_alive() for thread in threads) and asked < 500:
            assert village.site.health() == 200
            note = ana.mention(f"pendant ce temps {asked}")
            assert ana.post(ana.create(note)).status == 202
            asked += 1
        for thread in threads:
            await_end(thread)
        assert asked, "nobody could be answered meanwhile"
        assert village.site.pid == pid
        assert village.site.running
        assert set(statuses) <= {303, 422, 429, 503}
        assert 303 in statuses, words
        fediverse.settle()
        assert fediverse.value("SELECT count(*) FROM received") == "0"
        seen(
            f"{AT_ONCE} pictures of 24 megapixels at once in a cap of 256 MB: {sorted(statuses)}, at most"
            f" {group.peak // 2**20} MB; {asked} health checks and messages were answered meanwhile"
        )
        village.site.stop()
