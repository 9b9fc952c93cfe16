"""FLT-01: `kill -9` during form posts leaves all of each form or none of it, and the program starts again.

FLT-04 beside it: SIGTERM under load.
"""

import random
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from tests.attacks.database import LONG_AGO, Database
from tests.attacks.village import Village, running_village, slip
from tests.attacks.visitor import Visitor
from tests.faults.conftest import Seen
from tests.faults.points import Point, Trigger
from tests.faults.queues import assert_sound, await_end, release
from tests.mail import read_mail
from tests.site import Site
from tests.waiting import GUARD, wait_until

ROUNDS = 2
CHANCE = random.Random(2026)


class Crowd:
    """People who post forms until the site dies; `answered` is what they were told is done."""

    def __init__(self, village: Village, round_number: int) -> None:
        self.village = village
        self.number = round_number
        self.answered: dict[str, list[str]] = {"invite": [], "join": [], "list": [], "accept": []}
        self.cookies: dict[str, dict[str, str]] = {}
        self._slips = [self._slip(number) for number in range(12)]
        self._stop = threading.Event()

    def _slip(self, number: int) -> tuple[str, str]:
        phone = f"06 {self.number:02} {number:02} 00 00"
        form = {"name": f"Slip {phone}", "contact": phone}
        return phone, slip(self.village.administrator.post("/invitations", form))

    def run_until_killed(self, after: float) -> None:
        acts: list[Callable[[Visitor, int], None]] = [self._invite, self._join, self._list, self._accept]
        self.village.administrator.token()
        threads = [threading.Thread(target=self._repeat, args=(act,), daemon=True) for act in acts]
        for thread in threads:
            thread.start()
        self._wait_for_an_answer()
        time.sleep(after)
        self.village.site.kill()
        self._stop.set()
        for thread in threads:
            await_end(thread)

    def _wait_for_an_answer(self) -> None:
        """So that each round really has forms under way, also on a slow machine."""
        wait_until(lambda: any(self.answered.values()))

    def _repeat(self, act: Callable[[Visitor, int], None]) -> None:
        with httpx.Client(base_url=self.village.site.address, timeout=GUARD) as client:
            number = 0
            while not self._stop.is_set():
                visitor = Visitor(client)
                if act in (self._invite, self._list):
                    visitor.cookies = dict(self.village.administrator.cookies)
                try:
                    act(visitor, number)
                except httpx.TransportError:
                    return
                number += 1

    def _invite(self, visitor: Visitor, number: int) -> None:
        mail = f"invited-{self.number}-{number}@example.fr"
        if visitor.post("/invitations", {"name": "Invited", "contact": mail}).status_code == 303:
            self.answered["invite"].append(mail)

    def _join(self, visitor: Visitor, number: int) -> None:
        mail = f"joins-{self.number}-{number}@example.fr"
        if visitor.post("/sign-up", {"name": "Joins", "contact": mail, "charter": "yes"}).status_code == 303:
            self.answered["join"].append(mail)

    def _list(self, visitor: Visitor, number: int) -> None:
        handle = f"club-{self.number}-{number}"
        form = {"name": f"Club {self.number} {number}", "handle": handle}
        if visitor.post("/associations/new", form).status_code == 303:
            self.answered["list"].append(handle)

    def _accept(self, visitor: Visitor, number: int) -> None:
        if number >= len(self._slips):
            self._stop.wait()
            return
        phone, link = self._slips[number]
        if visitor.post(link, {"name": phone, "charter": "yes"}).status_code == 303:
            self.answered["accept"].append(phone)
            self.cookies[phone] = visitor.cookies


def assert_all_or_nothing(village: Village, crowd: Crowd) -> None:
    """Right after the kill, before anything could repair it."""
    run = village.database.run
    written = {read_mail(path).to for path in (village.site.data / "mail").glob("[!.]*.eml")}
    waiting = "\n".join(run("SELECT arguments FROM job"))

    invitations = dict(line.split("|") for line in run("SELECT mail, id FROM invitation WHERE mail <> ''"))
    for mail, number in invitations.items():
        assert mail in written or f'{{"invitation_id": {number}}}' in waiting, "a row without its mail"
    assert set(crowd.answered["invite"]) <= set(invitations)

    for mail in crowd.answered["join"]:
        assert mail in written or mail in waiting

    handles = set(run("SELECT name FROM handle WHERE name LIKE 'club-%'"))
    assert handles == set(run("SELECT handle FROM organisation"))
    assert set(crowd.answered["list"]) <= handles

    accepted = set(run("SELECT phone FROM invitation WHERE accepted_at IS NOT NULL"))
    members = set(run("SELECT phone FROM member WHERE phone IS NOT NULL"))
    with_session = "SELECT phone FROM session JOIN member ON member.id = member_id WHERE phone IS NOT NULL"
    assert accepted == members == set(run(with_session))
    assert set(crowd.answered["accept"]) <= accepted


def test_flt_01_a_kill_leaves_all_of_each_form_or_none_of_it(database: Database, seen: Seen) -> None:
    with running_village(database) as village:
        done = 0
        for number in range(ROUNDS):
            database.run("DELETE FROM allowance")
            crowd = Crowd(village, number)
            database.run("DELETE FROM allowance")
            crowd.run_until_killed(after=0.25 * CHANCE.random())
            assert_all_or_nothing(village, crowd)
            assert_sound(database)
            village.site.start()
            assert village.administrator.signed_in
            for cookies in crowd.cookies.values():
                guest = village.visitor()
                guest.cookies |= cookies
                assert guest.signed_in
            done += sum(map(len, crowd.answered.values()))
        assert done >= ROUNDS, "the forms really were sent"
        assert_nothing_is_lost(village)
        seen(f"{ROUNDS} kills at random, {done} forms of four kinds were answered: all there, whole")


def assert_nothing_is_lost(village: Village) -> None:
    """Once the leases of the killed workers have run out, every mail is written and its link works."""
    village.database.run(f"UPDATE job SET lease_until = '{LONG_AGO}' WHERE lease_until IS NOT NULL")
    village.database.run(f"UPDATE job SET due_at = '{LONG_AGO}' WHERE periodic IS NULL")
    wait_until(lambda: village.database.value("SELECT count(*) FROM job WHERE periodic IS NULL") == "0")
    letters = [read_mail(path) for path in (village.site.data / "mail").glob("[!.]*.eml")]
    links = {letter.to: letter.link for letter in letters}
    invited = village.database.run("SELECT mail FROM invitation WHERE mail <> ''")
    assert set(invited) <= set(links)
    for mail in CHANCE.sample(invited, min(5, len(invited))):
        newest = [letter.link for letter in letters if letter.to == mail]
        assert 200 in [village.visitor().get(link).status_code for link in newest]


SET_UP = (
    Point("the village is written, not committed", "after hub.setup.actions:add_administrator"),
    Point("it is committed, not answered", "after hub.setup.actions:set_up"),
)


@pytest.mark.parametrize("point", SET_UP, ids=lambda point: point.moment)
def test_flt_01_a_kill_during_the_set_up_leaves_a_whole_village_or_none(
    database: Database, tmp_path: Path, point: Point
) -> None:
    trigger = Trigger(tmp_path, SET_UP)
    site = Site(database.data, database_url=database.url, settings=trigger.settings)
    with site, httpx.Client(base_url=site.address, timeout=30) as client:
        operator, link = Visitor(client), site.set_up_link
        form = {
            "key": link.partition("key=")[2],
            "name": "Valbrume",
            "handle": "valbrume",
            "administrator": "Rosa",
            "contact": "rosa@example.fr",
            "publisher": "Rosa",
            "locale": "fr",
            "visibility": "public",
        }
        operator.token()
        trigger.arm(point)
        with suppress(httpx.TransportError):
            operator.post("/setup", form)
        trigger.wait_for_death(site)
        site.lines.clear()
        site.start()
        village = Village(site, database, client, settings={})
        counts = database.value(
            "SELECT (SELECT count(*) FROM village), (SELECT count(*) FROM member),"
            " (SELECT count(*) FROM handle), (SELECT count(*) FROM link WHERE used_at IS NOT NULL)"
        )
        assert counts == ("0|0|0|0" if point is SET_UP[0] else "1|1|7|1")
        if point is SET_UP[0]:
            village.set_up()
        else:
            release(database)
            village.administrator.come_in(village.mailed_link("rosa@example.fr"))
        assert village.administrator.get("/admin").status_code == 200


def test_flt_04_sigterm_under_load_loses_nothing_that_was_answered(database: Database) -> None:
    with running_village(database) as village:
        crowd = Crowd(village, 0)
        killed = village.site.kill
        village.site.kill = lambda: statuses.append(village.site.stop())  # type: ignore[method-assign]
        statuses: list[int | None] = []
        crowd.run_until_killed(after=0.4)
        village.site.kill = killed  # type: ignore[method-assign]
        assert statuses == [0]
        assert_all_or_nothing(village, crowd)
        assert database.value("SELECT count(*) FROM job WHERE lease_until IS NOT NULL") == "0"
        village.site.start()
        assert_nothing_is_lost(village)
