"""Who comes from other servers: subscribers of the relay, and guests with a number that was sent to them."""

import re
from collections.abc import Iterator

import pytest

from tests.attacks.board import publish
from tests.attacks.fediverse import NEIGHBOUR, PUBLIC, Attacker, Fediverse, Json
from tests.attacks.village import Village
from tests.attacks.visitor import Visitor, fresh_address
from tests.evilpeer import OUTSIDE, set_trap

SUBSCRIBED = "SELECT count(*) FROM follow JOIN actor ON followed_id = actor.id WHERE actor.role = 'relay'"


@pytest.fixture(scope="module")
def fediverse(watched: Fediverse) -> Fediverse:
    return watched


# ---------------------------------------------------------------- the relay


@pytest.fixture
def server(fediverse: Fediverse) -> Iterator[Attacker]:
    """An Application that subscribes; the relay has forgotten whoever was there before."""
    forget = "DELETE FROM follow WHERE followed_id IN (SELECT id FROM actor WHERE role = 'relay')"
    fediverse.rows(forget)
    server = fediverse.attacker()
    server.publish(type="Application")
    yield server
    fediverse.rows(forget)


def subscribe(server: Attacker, **facts: str) -> Json:
    asked = server.follow(PUBLIC, **facts)
    inbox = f"{server.fediverse.origin}/relay/inbox"
    assert server.post(asked, to=inbox).status in (202, 403)
    server.fediverse.settle()
    return asked


def test_fed_01_04_who_is_refused_by_the_relay_stays_refused(fediverse: Fediverse, server: Attacker) -> None:
    subscribe(server)
    assert [one["type"] for one in server.told()] == ["Accept"]
    follow = fediverse.value(SUBSCRIBED.replace("count(*)", "follow.id"))
    fediverse.press(f"/admin/network/relay/{follow}/refuse")
    fediverse.settle()
    told = len(server.told("Announce"))
    other = fediverse.attacker()
    for each in (server, other):
        subscribe(each)
        assert each.told()[-1]["type"] == "Reject"
    undo = server.activity("Undo", object=server.follow(PUBLIC))
    assert server.post(undo, to=f"{fediverse.origin}/relay/inbox").status == 202
    fediverse.settle()
    subscribe(server)
    publish(fediverse.village)
    fediverse.settle()
    assert len(server.told("Announce")) == told
    assert fediverse.rows(SUBSCRIBED + " AND accepted_at IS NOT NULL") == ["0"]


def test_fed_01_a_blocked_host_subscribes_to_nothing(fediverse: Fediverse, server: Attacker) -> None:
    blocked = fediverse.attacker(host=NEIGHBOUR, key=1)
    fediverse.block(NEIGHBOUR)
    try:
        subscribe(blocked)
        assert blocked.told() == []
        assert fediverse.value(SUBSCRIBED) == "0"
    finally:
        fediverse.press(f"/admin/network/hosts/{NEIGHBOUR}/release")


def test_inb_15_nobody_ends_the_subscription_of_another(fediverse: Fediverse, server: Attacker) -> None:
    asked, other = subscribe(server), fediverse.attacker()
    for undone in (asked["id"], asked, {"type": "Follow", "actor": server.uri, "object": PUBLIC}):
        for inbox in ("/relay/inbox", "/inbox"):
            posted = other.post(other.activity("Undo", object=undone), to=f"{fediverse.origin}{inbox}")
            assert posted.status in (202, 400, 401, 403)
    fediverse.settle()
    assert fediverse.value(SUBSCRIBED) == "1"


def test_fed_08_inb_01_a_host_fills_the_relay_with_no_more_than_a_few(
    fediverse: Fediverse, server: Attacker
) -> None:
    crowd = [server, *(fediverse.attacker() for _ in range(8))]
    for each in crowd:
        for _ in range(3):
            asked = each.follow(PUBLIC)
            assert each.post(asked, to=f"{fediverse.origin}/relay/inbox").status == 202
    fediverse.settle()
    assert fediverse.value(SUBSCRIBED) == "3"
    accepted = [each for each in crowd if each.told("Accept")]
    assert len(accepted) == 3
    secret = publish(fediverse.village, scope="village")
    publish(fediverse.village, scope="neighbours")
    need = publish(fediverse.village)
    fediverse.settle()
    for each in accepted:
        assert [one["object"] for one in each.told("Announce")] == [need.uri]
    assert not [each for each in crowd if each not in accepted and each.told("Announce")]
    assert secret.uri not in str(server.told())


# ---------------------------------------------------------------- numbers for guests


@pytest.fixture(autouse=True)
def rested(request: pytest.FixtureRequest) -> None:
    """What other tests asked for does not count."""
    if "fediverse" in request.fixturenames:
        fediverse: Fediverse = request.getfixturevalue("fediverse")
        fediverse.village.rest("pin%")


def ask_number(village: Village, handle: str, *, by: Visitor | None = None) -> Visitor:
    """A browser that says that it is somebody's; the message is on its way."""
    browser = by or village.visitor()
    answer = browser.post("/guest", {"address": handle})
    assert answer.status_code == 303, answer.text
    return browser


def number_for(somebody: Attacker) -> str:
    """The last one that came to them."""
    somebody.fediverse.settle()
    (found,) = re.findall(r"\b\d{6}\b", somebody.told("Create")[-1]["object"]["content"])
    return str(found)


def comes_in(browser: Visitor, number: str) -> bool:
    return browser.post("/guest/number", {"number": number}).status_code == 303


def wrong(number: str) -> str:
    return f"{(int(number) + 1) % 1_000_000:06}"


def test_aut_02_04_11_a_number_opens_one_browser_once(fediverse: Fediverse, attacker: Attacker) -> None:
    browser = ask_number(fediverse.village, attacker.handle)
    number = number_for(attacker)
    assert not comes_in(fediverse.village.visitor(), number)
    assert not comes_in(ask_number(fediverse.village, "@nobody@evil.example"), number)
    planted = browser.cookies.copy()
    assert comes_in(browser, number)
    assert browser.get("/mine").status_code == 200
    thief = fediverse.village.visitor()
    thief.cookies.update(planted)
    assert thief.get("/mine").status_code != 200
    assert not comes_in(thief, number)
    late = ask_number(fediverse.village, attacker.handle)
    number = number_for(attacker)
    fediverse.rows("UPDATE pin SET made_at = '2026-01-01 00:00:00+00:00'")
    assert not comes_in(late, number)


def test_aut_07_08_numbers_cannot_be_guessed(fediverse: Fediverse, attacker: Attacker) -> None:
    browser = ask_number(fediverse.village, attacker.handle)
    number = number_for(attacker)
    for _ in range(5):
        assert not comes_in(browser, wrong(number))
    assert not comes_in(browser, number)
    statuses = []
    for _ in range(30):
        statuses.append(browser.post("/guest/number", {"number": wrong(number)}).status_code)
        fediverse.village.rest("pins-%")
    assert statuses[-1] == 429
    owner = ask_number(fediverse.village, attacker.handle)  # is not kept out by who guessed
    assert comes_in(owner, number_for(attacker))
    assert number not in fediverse.village.log
    assert number not in "".join(fediverse.rows("SELECT * FROM pin"))


def test_aut_10_nobody_is_written_to_without_end(fediverse: Fediverse, attacker: Attacker) -> None:
    """Many browsers at many addresses, and every spelling of the same person."""
    spelled = (attacker.handle, attacker.handle[1:], attacker.handle.upper(), f" {attacker.handle} ")
    for turn in range(3):
        for handle in spelled:
            visitor = Visitor(fediverse.village.client, address=fresh_address())
            assert visitor.post("/guest", {"address": handle}).status_code in (303, 422, 429), turn
        fediverse.settle()
    assert 1 <= len(attacker.told("Create")) <= 3
    other = fediverse.attacker(host=NEIGHBOUR, key=1)
    assert comes_in(ask_number(fediverse.village, other.handle), number_for(other))


def test_prv_02_nobody_learns_who_is_there_or_may_come_in(fediverse: Fediverse, attacker: Attacker) -> None:
    suspended = fediverse.attacker()
    fediverse.befriend(suspended)
    fediverse.rows(
        f"UPDATE actor SET suspended_at = '2026-01-01 00:00:00+00:00' WHERE uri = '{suspended.uri}'"
    )
    robot = fediverse.attacker()
    robot.publish(type="Application")
    nobody = f"@nobody-at-all@{attacker.netloc}"
    seen = []
    for handle in (attacker.handle, suspended.handle, robot.handle, nobody):
        visitor = fediverse.village.visitor()
        answer = visitor.post("/guest", {"address": handle})
        fediverse.settle()
        there = answer.headers["location"].replace(handle.strip("@"), "").partition("?")[0]
        refused = visitor.post("/guest/number", {"number": "000000"})
        text = re.sub(r'name="_token" value="[^"]*"', "", refused.text)
        seen.append(
            (answer.status_code, there, " ".join(sorted(visitor.cookies)), refused.status_code, len(text))
        )
    assert len(set(seen)) == 1, seen
    assert suspended.told("Create") == []
    assert robot.told("Create") == []


@pytest.mark.parametrize("how", ["suspended", "blocked"])
def test_adm_02_03_a_guest_who_is_not_wanted_any_more_is_out_at_once(fediverse: Fediverse, how: str) -> None:
    somebody = fediverse.attacker(host=NEIGHBOUR, key=1)
    browser = ask_number(fediverse.village, somebody.handle)
    waiting = ask_number(fediverse.village, somebody.handle)
    first, second = numbers_of(somebody)
    assert comes_in(browser, first) or comes_in(browser, second)
    assert browser.get("/mine").status_code == 200
    if how == "blocked":
        fediverse.block(NEIGHBOUR)
    else:
        at = "'2026-01-01 00:00:00+00:00'"
        fediverse.rows(f"UPDATE actor SET suspended_at = {at} WHERE uri = '{somebody.uri}'")
    try:
        assert browser.get("/mine").status_code != 200
        assert not comes_in(waiting, first)
        assert not comes_in(waiting, second)
        told = len(somebody.told())
        ask_number(fediverse.village, somebody.handle)
        fediverse.settle()
        assert len(somebody.told()) == told
    finally:
        if how == "blocked":
            fediverse.press(f"/admin/network/hosts/{NEIGHBOUR}/release")


def numbers_of(somebody: Attacker) -> list[str]:
    somebody.fediverse.settle()
    told = (str(one["object"]["content"]) for one in somebody.told("Create"))
    return [number for text in told for number in re.findall(r"\b\d{6}\b", text)]


def test_fet_01_12_no_address_of_a_guest_has_us_ask_our_own_network(fediverse: Fediverse) -> None:
    with set_trap() as trap:
        for host in ("127.0.0.1", OUTSIDE, "localhost", "[::1]"):
            fediverse.village.visitor().post("/guest", {"address": f"@root@{host}:{trap.port}"})
        fediverse.settle()
        assert trap.visits == []
