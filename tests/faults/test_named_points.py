"""FLT-01, FLT-02, FLT-03, FLT-05, FLT-31: the program dies at a named point, starts, and people go on.

Each point is one that matters: before and after what makes a form, a post, a message or a job durable. What
is looked at afterwards: the pages, what reached other servers, the mails.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from tests.attacks.fediverse import NEIGHBOUR, Attacker, Fediverse, Json, peers_settings
from tests.attacks.village import new_database, running_village
from tests.attacks.visitor import filled, form_of, page
from tests.evilpeer import EvilPeer
from tests.faults.conftest import Seen
from tests.faults.points import Point, Trigger
from tests.faults.queues import assert_sound, release
from tests.mail import read_mail
from tests.postgres import Cluster
from tests.waiting import wait_until

FORM = (
    Point("its rows are written, not committed", "after hub.fediverse.actions:publish"),
    Point("it is committed, not answered", "after hub.announcements.actions:publish_announcement"),
)
POSTS = (
    Point("one of three posts was sent", "before federation.delivery:deliver", call=2),
    Point("two were sent, none of them struck off", "after federation.delivery:deliver", call=2),
    Point("they are struck off, their hosts not free", "after hub.fediverse.queue:drop"),
)
MESSAGE = (
    Point("it is written, not committed", "after hub.fediverse.local:store"),
    Point("it is committed, not answered", "after hub.fediverse.local:HubLocal.accept"),
    Point("it is handled, not committed", "before hub.fediverse.receiving:_strike", said="{"),
    Point("it is handled and committed", "after hub.fediverse.receiving:handle_batch", said=" -> 1"),
)
JOB = (
    Point("the job is claimed", "before hub.jobs:Worker.do", said="members.invitation"),
    Point("the job is done, not struck off", "before hub.jobs:Worker.complete", said="members.invitation"),
)
POISON = (Point("a message ends the program each time", "before hub.fediverse.receiving:_dispatch"),)
FOLLOWERS = 3
ENGINES_DIFFER = {*FORM, MESSAGE[0], MESSAGE[2]}  # around commits


@pytest.fixture(autouse=True)
def where_engines_differ(request: pytest.FixtureRequest, engine: str) -> None:
    """Everything on SQLite; on PostgreSQL what has to do with transactions."""
    if engine == "postgres" and request.getfixturevalue("point") not in ENGINES_DIFFER:
        pytest.skip("tried on SQLite")


@pytest.fixture(scope="module")
def trigger(tmp_path_factory: pytest.TempPathFactory) -> Trigger:
    return Trigger(tmp_path_factory.mktemp("trigger"), [*FORM, *POSTS, *MESSAGE, *JOB, *POISON])


@pytest.fixture(scope="module")
def fediverse(
    cluster: Cluster | None, peer: EvilPeer, trigger: Trigger, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Fediverse]:
    """A village that can be made to die, and the peer."""
    folder = tmp_path_factory.mktemp("village")
    settings = {**peers_settings(peer, folder), **trigger.settings}
    with (
        new_database(folder / "data", cluster) as database,
        running_village(database, settings=settings) as village,
    ):
        yield Fediverse(village, peer)


@pytest.fixture(scope="module")
def followers(fediverse: Fediverse) -> list[Attacker]:
    """On two servers."""
    found = [fediverse.attacker(host=host) for host in (*[NEIGHBOUR] * (FOLLOWERS - 1), "127.0.0.5")]
    for one in found:
        assert one.post(one.follow()).status == 202
    fediverse.settle()
    return found


def come_back(fediverse: Fediverse) -> None:
    """Right after the death, before anything could repair it: whole. Then started, and all worked off."""
    assert_sound(fediverse.village.database)
    release(fediverse.village.database)
    fediverse.village.site.start()

    def quiet() -> bool:
        fediverse.hurry()  # also what the start itself puts off: a message that may have ended the program
        left = "SELECT (SELECT count(*) FROM received) + (SELECT count(*) FROM delivery)"
        return fediverse.value(left) == "0"

    wait_until(quiet)
    fediverse.settle()


@pytest.mark.parametrize("point", [*FORM, *POSTS], ids=lambda point: point.moment)
def test_flt_01_02_a_form_makes_one_publication_and_each_inbox_gets_it(
    fediverse: Fediverse, followers: list[Attacker], trigger: Trigger, point: Point, seen: Seen
) -> None:
    agent = fediverse.village.administrator
    typed = filled(form_of(page(agent.get("/new/announcement"))))
    form = typed | {"title": point.moment, "text": "La fontaine coule.", "scope": "public"}
    trigger.arm(point)
    with suppress(httpx.TransportError):
        agent.send("POST", "/new/announcement", data=form)
    trigger.wait_for_death(fediverse.village.site)
    rows = fediverse.value(f"SELECT count(*) FROM publication WHERE title = '{point.moment}'")
    stored = fediverse.value(f"SELECT count(*) FROM activity WHERE body LIKE '%{point.moment}%'")
    assert rows == stored == ("0" if point in FORM[:1] else "1"), "all of it or nothing"
    come_back(fediverse)

    again = agent.send("POST", "/new/announcement", data=form)  # what a person does who saw no answer
    assert again.status_code == 303
    fediverse.settle()
    assert agent.get("/news").text.count(f">{point.moment}</") == 1
    told = [ids_of(one.told("Create"), point.moment) for one in followers]
    assert all(len(ids) == 1 for ids in told), "every inbox got it, under one id"
    assert len(set().union(*told)) == 1
    came = sum(sum(ids.values()) for ids in told)
    seen(f"{point.moment}: {came} posts for {FOLLOWERS} inboxes, one id")


def ids_of(activities: list[Json], title: str) -> Counter[str]:
    return Counter(activity["id"] for activity in activities if activity["object"].get("name") == title)


@pytest.mark.parametrize("point", MESSAGE, ids=lambda point: point.moment)
def test_flt_03_a_message_is_handled_once(
    fediverse: Fediverse, followers: list[Attacker], trigger: Trigger, point: Point, seen: Seen
) -> None:
    ana = followers[0]
    news = fediverse.announce(title=f"Nouvelle: {point.moment}")
    fediverse.settle()
    note = ana.mention(f"bravo ({point.moment})", inReplyTo=news.uri)
    post = ana.create(note)
    before = fediverse.value("SELECT count(*) FROM notice")
    trigger.arm(point)
    with suppress(OSError):
        ana.post(post)
    trigger.wait_for_death(fediverse.village.site)
    come_back(fediverse)

    if fediverse.stored(note["id"]) is None:
        assert point in MESSAGE[:1], "it was durable before it could be answered"
    assert ana.post(post).status == 202  # as every server does that got no answer, and some that got one
    fediverse.settle()
    assert fediverse.page(f"/{news.code}").count(f"bravo ({point.moment})") == 1
    assert fediverse.document(f"{news.uri}?fresh")["replies"]["totalItems"] == 1
    told = int(fediverse.value("SELECT count(*) FROM notice")) - int(before)
    seen(f"{point.moment}: one answer on the page, {told} told of it")
    assert told <= 1


@pytest.mark.parametrize("point", JOB, ids=lambda point: point.moment)
def test_flt_05_a_job_of_a_dead_program_is_done(
    fediverse: Fediverse, trigger: Trigger, point: Point, seen: Seen, tmp_path: Path
) -> None:
    village = fediverse.village
    mail = f"invited-{JOB.index(point)}@example.fr"
    trigger.arm(point)
    with suppress(httpx.TransportError):
        village.administrator.post("/invitations", {"name": "Invitée", "contact": mail})
    trigger.wait_for_death(village.site)
    come_back(fediverse)

    assert fediverse.value(f"SELECT count(*) FROM invitation WHERE mail = '{mail}'") == "1"
    letters = [read_mail(path) for path in sorted((village.site.data / "mail").glob("[!.]*.eml"))]
    links = [letter.link for letter in letters if letter.to == mail]
    guest = village.visitor()
    guest.come_in(links[-1], charter="yes")
    assert guest.signed_in
    seen(f"{point.moment}: {len(links)} mails, the last link works")


@pytest.mark.parametrize("point", POISON, ids=lambda point: point.moment)
def test_flt_31_what_ends_the_program_each_time_is_set_aside(
    fediverse: Fediverse, followers: list[Attacker], trigger: Trigger, point: Point, seen: Seen
) -> None:
    """Seven of its eight tries are counted by hand, as every start counts one."""
    village, ana = fediverse.village, followers[0]
    poison, good = ana.mention("poison"), ana.mention("pain")
    trigger.arm(point)
    with suppress(OSError):
        ana.post(ana.create(poison))
    trigger.wait_for_death(village.site)
    fediverse.rows("UPDATE received SET attempts = 7 WHERE failed_at IS NULL")
    trigger.arm(point)
    village.site.launch()
    trigger.wait_for_death(village.site)
    trigger.arm(point)
    village.site.start()
    wait_until(lambda: fediverse.value("SELECT count(*) FROM received WHERE failed_at IS NOT NULL") == "1")
    trigger.armed.unlink()
    assert ana.post(ana.create(good)).status == 202
    fediverse.settle()
    assert fediverse.knows(good["id"])
    assert not fediverse.knows(poison["id"])
    told = village.site.command("doctor")
    assert told.returncode == 1
    assert "could not be handled" in told.stdout
    fediverse.rows("DELETE FROM received WHERE failed_at IS NOT NULL")
    seen("after eight ends it is set aside, doctor says so, the next message is handled")
