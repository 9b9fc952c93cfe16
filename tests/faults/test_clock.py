"""FLT-22: the clock of the machine is wrong, and is set right while the program runs.

The clock of the village alone is moved, from outside; the peer keeps the true one.
"""

import os
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest

from tests.attacks.fediverse import NEIGHBOUR, Attacker, Fediverse, peers_settings
from tests.attacks.village import new_database, running_village
from tests.evilpeer import EvilPeer, answers
from tests.faults.conftest import Seen
from tests.forked import INSIDE
from tests.postgres import Cluster
from tests.waiting import wait_until


class Clock:
    """What the village takes for the time; late.py sees to it."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.file.write_text("0", encoding="ascii")

    @property
    def settings(self) -> dict[str, str]:
        return {INSIDE: "tests.faults.late", "LAVOIR_TEST_CLOCK": str(self.file)}

    @contextmanager
    def moved(self, fediverse: Fediverse, **ahead: float) -> Iterator[None]:
        """The village believes it when this begins, and no more when it is over."""
        self._set(fediverse, timedelta(**ahead))
        try:
            yield
        finally:
            self._set(fediverse, timedelta(0))

    def _set(self, fediverse: Fediverse, ahead: timedelta) -> None:
        self.file.write_text(str(ahead.total_seconds()), encoding="ascii")
        os.kill(fediverse.village.site.pid, signal.SIGUSR2)
        wait_until(lambda: abs(skew(fediverse.get("/health").headers) - ahead.total_seconds() / 60) < 5)


@pytest.fixture
def clock(tmp_path: Path) -> Clock:
    return Clock(tmp_path / "clock")


def test_flt_22_a_clock_that_is_set_right_leaves_nothing_behind_that_waits_for_hours(
    cluster: Cluster | None, peer: EvilPeer, clock: Clock, tmp_path: Path, seen: Seen
) -> None:
    settings = {**peers_settings(peer, tmp_path), **clock.settings}
    with (
        new_database(tmp_path / "data", cluster) as database,
        running_village(database, settings=settings) as village,
    ):
        fediverse = Fediverse(village, peer)
        ana, bea = fediverse.attacker(), fediverse.attacker(host=NEIGHBOUR)
        for one in (ana, bea):
            assert one.post(one.follow()).status == 202
        fediverse.settle()

        with clock.moved(fediverse, minutes=50):
            near = ana.mention("presque")
            assert ana.post(ana.create(near)).status == 202, "an hour is forgiven"

        with clock.moved(fediverse, hours=-2):
            assert ana.post(ana.create(ana.mention("de demain"))).status in (400, 401)

        bea.on(f"{bea.uri}/inbox", answers.status(503))
        with clock.moved(fediverse, hours=14):
            far = ana.mention("trop loin")
            refused = ana.post(ana.create(far))
            assert refused.status in (400, 401)
            ahead = fediverse.announce(title="En avance")
            village.administrator.post("/invitations", {"name": "Tôt", "contact": "tot@example.fr"})
            wait_until(lambda: "En avance" in titles(ana) and tries(bea, "En avance") > 0)
            bea.on(f"{bea.uri}/inbox", answers.status(202))  # before it is tried again, at the right time

        behind = fediverse.announce(title="A l'heure")
        wait_until(lambda: titles(ana) == ["En avance", "A l'heure"])
        wait_until(lambda: titles(bea)[-1:] == ["A l'heure"])
        assert ana.post(ana.create(far)).status == 202
        wait_until(lambda: fediverse.knows(far["id"]) and fediverse.knows(near["id"]))
        assert village.mailed_link("tot@example.fr")
        dates = [skew(one.headers) for one in ana.asked(f"{ana.uri}/inbox") if one.method == "POST"]
        assert ahead.uri != behind.uri
        too_late = (datetime.now(UTC) + timedelta(minutes=20)).isoformat(" ")
        assert fediverse.value(f"SELECT count(*) FROM job WHERE lease_until > '{too_late}'") == "0"
        assert fediverse.value(f"SELECT count(*) FROM host WHERE next_at > '{too_late}'") == "0"
        seen(
            f"+50 min: heard; -2 h and +14 h: {refused.status}, then heard; ours dated {max(dates):+.0f} min"
            " at worst; what the wrong clock queued went out as soon as it was right"
        )


def titles(follower: Attacker) -> list[str]:
    """In the order in which they came, each once."""
    return list(dict.fromkeys(each["object"]["name"] for each in follower.told("Create")))


def tries(follower: Attacker, title: str) -> int:
    return sum(each["object"]["name"] == title for each in follower.told("Create"))


def skew(headers: Mapping[str, str]) -> float:
    """Minutes by which a date is ahead of ours, now."""
    return (parsedate_to_datetime(headers["date"]) - datetime.now(UTC)).total_seconds() / 60
