"""FLT-01, FLT-02, FLT-03, FLT-11: two villages that write to each other are killed at random, many times.

One is on SQLite, one on PostgreSQL. People of both publish, change and take down, and help across; who sees
no answer presses the button again, with the same form. At the end everything that was ever answered is there
once, in both. `make soak` does it for ten minutes; LAVOIR_TEST_SOAK says for how many seconds.
"""

import os
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import httpx
import pytest

from hub.exchange.pledges import PENDING_EACH
from tests.attacks.fediverse import Fediverse
from tests.attacks.visitor import Visitor, filled, form_of, heading, page
from tests.faults.conftest import Seen
from tests.faults.queues import assert_sound, await_end, release, waiting
from tests.interop.rig import Hub, new_hub
from tests.interop.tls import Authority
from tests.postgres import Cluster
from tests.waiting import eventually, wait_until

SECONDS = float(os.environ.get("LAVOIR_TEST_SOAK", "20"))
CHANCE = random.Random(os.environ.get("LAVOIR_TEST_SEED", "2026"))
NOT_NOW = {502, 503}  # of the proxy while nobody is behind it; of the program while its database is away
SETTLING = 300  # seconds, at most


@pytest.fixture(scope="module")
def hubs(tmp_path_factory: pytest.TempPathFactory, postgres_cluster: Cluster) -> Iterator[tuple[Hub, Hub]]:
    """Each follows the other."""
    folder = tmp_path_factory.mktemp("soak")
    authority = Authority(folder)
    with (
        new_hub(authority, "127.0.0.31", folder / "valbrume", name="Valbrume") as one,
        new_hub(
            authority, "127.0.0.32", folder / "montclair", cluster=postgres_cluster, name="Montclair"
        ) as other,
    ):
        for reader, writer in ((one, other), (other, one)):
            reader.follow(writer.handle)
        eventually(lambda: one.followers() == other.followers() == 1)
        yield one, other


class Person:
    """Somebody who does one thing after the other until it is time to stop; what was answered is kept."""

    def __init__(self, hub: Hub, over: threading.Event) -> None:
        self.hub = hub
        self._over = over
        self.thread = threading.Thread(target=self._live, daemon=True)
        self.problem: BaseException | None = None

    def act(self) -> None:
        raise NotImplementedError

    def _live(self) -> None:
        try:
            while not self._over.is_set():
                self.act()
        except BaseException as problem:  # told by the test
            self.problem = problem
            self._over.set()

    def insist(self, ask: Callable[[], httpx.Response]) -> httpx.Response:
        """Until there is an answer, also after it is over: who begins a thing wants to know."""
        deadline = time.monotonic() + SETTLING
        while time.monotonic() < deadline:
            with suppress(httpx.TransportError):
                answer = ask()
                if answer.status_code not in NOT_NOW:
                    return answer
            time.sleep(0.1)
        raise AssertionError("nobody ever answered")

    def send(self, visitor: Visitor, path: str, **fields: str) -> str:
        """Open a page, fill in its form, send it until it is answered; where that leads."""
        shown = self.insist(lambda: visitor.get(path))
        assert shown.status_code == 200, f"{path}: {heading(shown)}"
        form = form_of(page(shown))
        typed = filled(form) | fields
        answer = self.insist(lambda: visitor.send("POST", str(form.get("action") or path), data=typed))
        assert answer.status_code == 303, f"{path}: {heading(answer)}"
        return str(answer.headers["location"])


class Agent(Person):
    """Of the town hall: tells news, changes some, takes some down."""

    def __init__(self, hub: Hub, over: threading.Event) -> None:
        super().__init__(hub, over)
        self.news: dict[str, str | None] = {}  # code -> its last words; None: it was taken down

    def act(self) -> None:
        living = [code for code, words in self.news.items() if words is not None]
        deed = CHANCE.choice(["tell", "tell", "change", "take down"]) if living else "tell"
        if deed == "tell":
            self._tell()
        elif deed == "change":
            self._change(CHANCE.choice(living))
        else:
            self._take_down(CHANCE.choice(living))

    def _tell(self) -> None:
        words = f"nouvelle {len(self.news)} de {self.hub.name}."
        path = self.send(
            self.hub.agent, "/new/announcement", title=words.rstrip("."), text=words, scope="public"
        )
        self.news[path.partition("?")[0].strip("/")] = words

    def _change(self, code: str) -> None:
        words = f"{self.news[code]} Correction {CHANCE.randrange(10**6)}."
        self.send(self.hub.agent, f"/{code}/edit", text=words)
        self.news[code] = words

    def _take_down(self, code: str) -> None:
        answer = self.insist(lambda: self.hub.agent.post(f"/{code}/delete"))
        assert answer.status_code in (303, 404, 410), heading(answer)  # it may be gone by the first press
        self.news[code] = None


class Helper(Person):
    """People without an account who help in the next village, one after the other.

    As many as may wait for an answer: of one server the need takes no more, and tells the rest.
    """

    def __init__(self, hub: Hub, over: threading.Event, *, need: str) -> None:
        super().__init__(hub, over)
        self.need = need
        self.pledged: list[str] = []

    def act(self) -> None:
        if len(self.pledged) == PENDING_EACH:
            time.sleep(0.1)
            return
        name = f"Aide {len(self.pledged)} fin"
        fields = {"name": name, "contact": f"aide-{len(self.pledged)}@example.fr", "quantity": "1"}
        self.send(self.hub.village.visitor(), f"/{self.need}/help", **fields)
        self.pledged.append(name)


@pytest.mark.timeout(2 * SECONDS + 2 * SETTLING)
def test_flt_01_02_03_11_villages_that_are_killed_at_random_lose_nothing_and_double_nothing(
    hubs: tuple[Hub, Hub], seen: Seen
) -> None:
    one, other = hubs
    need = one.ask_for_help("Vider le lavoir", "Il faut des bras.", wanted=50, place="Lavoir", area="village")
    uri = one.uri(need)
    there = eventually(lambda: code_of(other, uri))
    over = threading.Event()
    agents, helper = [Agent(one, over), Agent(other, over)], Helper(other, over, need=there)
    people: list[Person] = [*agents, helper]
    for person in people:
        person.thread.start()
    kills = kill_at_random([one, other], over)
    for person in people:
        await_end(person.thread)
    assert [person.problem for person in people] == [None] * 3
    settle(one, other)

    counted = [check_news(agent, elsewhere) for agent, elsewhere in zip(agents, (other, one), strict=True)]
    assert helper.pledged, "nobody had time to help"
    asked = [words.text for words in page(one.agent.get(f"/{need}/manage")).select("li.sheet")]
    found = [name for words in asked for name in helper.pledged if name in words]
    assert sorted(found) == sorted(helper.pledged)
    for hub in hubs:
        assert_no_doubles(hub)
    stand, fell = (sum(numbers) for numbers in zip(*counted, strict=True))
    seen(
        f"{SECONDS:.0f} s, {kills} kills: {stand} announcements, {fell} that were taken down, and"
        f" {len(helper.pledged)} pledges across: none lost, none twice"
    )


def kill_at_random(hubs: list[Hub], over: threading.Event) -> int:
    kills, end = 0, time.monotonic() + SECONDS
    while time.monotonic() < end and not over.wait(CHANCE.uniform(0.2, 3)):
        for hub in CHANCE.sample(hubs, CHANCE.choice([1, 1, 1, 2])):
            hub.village.site.kill()
            assert_sound(hub.village.database)
            release(hub.village.database)
            hub.village.database.run("DELETE FROM allowance")
            hub.village.site.start(within=SETTLING)  # a machine that is busy takes its time
            kills += 1
    over.set()
    return kills


def settle(*hubs: Hub) -> None:
    """Until nothing waits anywhere; what was put off because the other one was away comes due now."""
    views: list[Any] = [Fediverse(hub.village, None) for hub in hubs]  # type: ignore[arg-type]

    def quiet() -> bool:
        for view in views:
            view.hurry()
        left = [(view._waiting(), waiting(view.village.database)) for view in views]
        return left == [("0|0|0", "0")] * len(views)

    for hub in hubs:
        release(hub.village.database)
    for _ in range(2):  # what is settled here may just have left for there
        wait_until(quiet, within=SETTLING)


def check_news(agent: Agent, elsewhere: Hub) -> tuple[int, int]:
    """Each is once in its village and once next door, in its last words; how many stand, how many fell."""
    gone = 0
    for code, words in agent.news.items():
        uri = agent.hub.village.database.value(f"SELECT uri FROM publication WHERE code = '{code}'")
        kept = elsewhere.village.database.run(f"SELECT deleted_at, html FROM publication WHERE uri = '{uri}'")
        shown = agent.hub.agent.get(f"/{code}")
        if words is None:
            gone += 1
            assert shown.status_code in (404, 410)
            assert all(not row.startswith("|") for row in kept), "what was taken down here stands there"
        else:
            assert words.rstrip(".") in shown.text
            assert len(kept) == 1, f"{len(kept)} of {words!r} next door"
            assert kept[0].startswith("|"), f"{words!r} fell next door"
            assert words.rstrip(".") in kept[0]
    told = agent.hub.village.database.value(
        "SELECT count(*) FROM publication WHERE kind = 'announcement' AND code IS NOT NULL"
        " AND author_id IN (SELECT id FROM actor WHERE role = 'village')"
    )
    assert int(told) == len(agent.news), "a form that was sent twice made two"
    return len(agent.news) - gone, gone


def assert_no_doubles(hub: Hub) -> None:
    """Nothing has two rows, and nothing was said under two ids."""
    rows = hub.village.database.run
    assert rows("SELECT uri FROM publication GROUP BY uri HAVING count(*) > 1") == []
    creates = "SELECT object_uri FROM activity WHERE type = 'Create' GROUP BY object_uri HAVING count(*) > 1"
    assert rows(creates) == []
    assert rows("SELECT last_error FROM received WHERE failed_at IS NOT NULL") == []
    assert rows("SELECT name, last_error FROM job WHERE failed_at IS NOT NULL") == []


def code_of(hub: Hub, uri: str) -> str:
    """The code of the page of something from elsewhere, once it came."""
    found = hub.village.database.run(f"SELECT code FROM publication WHERE uri = '{uri}'")
    return found[0] if found else ""
