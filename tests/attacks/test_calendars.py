"""Calendars that somebody gives us to read: huge, endless, nested, slow, at an address that is none of ours.

Whatever it is, the answer is a clear message at its field, nothing is stored, nobody is asked whom we should
not ask (FET-01, FET-05), and the site stays well. What the reader makes of each odd date is tested in
tests/unit/hub/agenda/test_importing.py.
"""

from collections.abc import Iterator

import httpx
import pytest

from hub import limits
from tests.attacks.conftest import StartVillage
from tests.attacks.village import Village
from tests.attacks.visitor import Visitor, heading, page
from tests.evilpeer import ADDRESSES, OUTSIDE, EvilPeer, Trap, answers, running_evil_peer, set_trap

ENGINES = ("sqlite",)  # a calendar is read and refused above the database
MEBIBYTE = 1024 * 1024
FORM = "/@club/calendars"
TOO_BIG = "plus de 5 mégaoctets"
TOO_LONG = "prend trop de temps"
NOT_ALLOWED = "Nous ne lisons pas cette adresse"
NO_ANSWER = "ne répond pas"
NO_CALENDAR = "pas un calendrier"


@pytest.fixture(scope="module")
def trap() -> Iterator[Trap]:
    with set_trap() as trap:
        yield trap


@pytest.fixture(scope="module")
def evil() -> Iterator[EvilPeer]:
    with running_evil_peer() as peer:
        yield peer


@pytest.fixture(scope="module")
def village(
    start_village: StartVillage, evil: EvilPeer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Village]:
    """It may reach the peer's addresses, and no other private ones."""
    settings = {
        "LAVOIR_PEER_NETWORKS": ",".join(f"{address}/32" for address in ADDRESSES),
        "LAVOIR_CA_FILE": str(evil.ca_file(tmp_path_factory.mktemp("authority"))),
    }
    with start_village(settings=settings) as village:
        village.list_organisation("Club")
        yield village


@pytest.fixture(autouse=True)
def _nothing_is_stored(village: Village) -> Iterator[None]:
    village.rest("calendars-member:%")
    village.rest("uploads-address:%")
    yield
    assert village.database.value("SELECT count(*) FROM calendar") == "0"
    assert village.database.value("SELECT count(*) FROM event") == "0"
    assert village.site.health() == 200


def upload(visitor: Visitor, content: bytes) -> httpx.Response:
    files = {"file": ("club.ics", content, "text/calendar")}
    return visitor.send("POST", FORM, data={"_token": visitor.token()}, files=files, timeout=90)


def by_address(visitor: Visitor, address: str) -> httpx.Response:
    return visitor.post(FORM, {"url": address}, timeout=90)


def assert_refused(answer: httpx.Response, words: str) -> None:
    assert answer.status_code == 422, heading(answer)
    assert words in " ".join(page(answer).get_text(" ").replace("\u00a0", " ").split())
    assert page(answer).select_one("p.err") is not None


def calendar(*dates: str) -> bytes:
    entries = "".join(f"BEGIN:VEVENT\r\n{date}\r\nEND:VEVENT\r\n" for date in dates)
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{entries}END:VCALENDAR\r\n".encode()


def test_a_file_of_fifty_megabytes_is_refused(administrator: Visitor) -> None:
    assert_refused(upload(administrator, b"BEGIN:VCALENDAR\n" + b"X" * (6 * MEBIBYTE)), TOO_BIG)
    huge = b"BEGIN:VCALENDAR\n" + b"X" * (50 * MEBIBYTE)
    assert len(huge) > limits.PHOTOS_FORM_BYTES
    assert upload(administrator, huge).status_code == 413


def test_nested_and_endless_calendars_are_given_up(administrator: Visitor) -> None:
    """In a process that has little time: which of its limits stops it does not matter."""
    nested = b"BEGIN:VCALENDAR\n" + b"BEGIN:VEVENT\n" * 300_000
    assert_refused(upload(administrator, nested), "10 000 dates")
    never = "DTSTART:20010101T140000Z\r\nSUMMARY:b\r\nRRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"
    rules = calendar(*(f"UID:{number}\r\n{never}" for number in range(2_000)))
    assert_refused(upload(administrator, rules), TOO_LONG)


@pytest.mark.parametrize(
    "content", [b"<html>", b"\xff\xfe\x00", b"BEGIN:VCARD\nEND:VCARD\n", b"%PDF-1.7"], ids=repr
)
def test_what_is_no_calendar_is_said_to_be_none(administrator: Visitor, content: bytes) -> None:
    assert_refused(upload(administrator, content), NO_CALENDAR)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        pytest.param(answers.endless(b"X" * 65_536, kind="text/calendar"), TOO_BIG, id="endless"),
        pytest.param(answers.bomb(kind="text/calendar"), TOO_BIG, id="bomb"),
        pytest.param(answers.endless(b"X", pause=0.3, kind="text/calendar"), NO_ANSWER, id="slow"),
        pytest.param(answers.body(b"<html>", kind="text/html"), NO_CALENDAR, id="page"),
        pytest.param(answers.raw(b"nonsense"), NOT_ALLOWED, id="no HTTP"),
    ],
)
def test_an_address_that_answers_badly_is_refused_with_words(
    administrator: Visitor, evil: EvilPeer, answer: answers.Answer, words: str
) -> None:
    evil.on("/club.ics", answer)
    assert_refused(by_address(administrator, str(evil.uri("/club.ics"))), words)


def test_no_private_address_is_asked(
    administrator: Visitor, evil: EvilPeer, trap: Trap, village: Village
) -> None:
    private = [
        *(f"https://{host}:{trap.port}/a.ics" for host in ("127.0.0.1", OUTSIDE, "[::1]", "localhost")),
        f"webcal://127.0.0.1:{trap.port}/a.ics",
        "https://169.254.169.254/latest/meta-data/",
        f"{village.site.url}/agenda.ics".replace("http://", "webcal://"),
    ]
    for address in private:
        assert_refused(by_address(administrator, address), "")
    evil.on("/away.ics", answers.redirect(f"https://{OUTSIDE}:{trap.port}/a.ics"))
    assert_refused(by_address(administrator, str(evil.uri("/away.ics"))), NOT_ALLOWED)
    assert trap.visits == []


@pytest.mark.parametrize(
    "address", ["file:///etc/passwd", "javascript:alert(1)", "https://", "data:,x", "a b"]
)
def test_what_is_no_address_is_said_to_be_none(administrator: Visitor, address: str) -> None:
    assert_refused(by_address(administrator, address), "commence par https://")


def test_nobody_has_us_fetch_again_and_again(administrator: Visitor, evil: EvilPeer) -> None:
    evil.on("/club.ics", answers.status(404))
    address = str(evil.uri("/club.ics"))
    statuses = [by_address(administrator, address).status_code for _ in range(12)]
    assert statuses == [422] * limits.CALENDARS_PER_MEMBER.burst + [429] * 2
