"""What goes wrong gets a page: in the visitor's language, with what to do now, and never a trace."""

import re
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager

import httpx
import pytest

from hub import limits
from tests.attacks.database import Database
from tests.attacks.village import Village
from tests.attacks.visitor import Visitor, page

Start = Callable[..., AbstractContextManager[Village]]
LOCALES = ["fr", "en"]


def speaking(village: Village, locale: str) -> Visitor:
    visitor = village.visitor()
    visitor.cookies[visitor.cookie_name("lang")] = locale
    return visitor


def assert_helpful(answer: httpx.Response, status: int, locale: str) -> str:
    """A whole page in this language that says what happened; its heading."""
    assert answer.status_code == status
    soup = page(answer)
    assert soup.html is not None
    assert soup.html["lang"] == locale
    assert answer.headers["content-language"] == locale
    assert soup.select_one("main h1") is not None
    assert soup.select_one("main .lead") is not None
    assert soup.select_one("main a[href='/']") is not None, "a way on"
    for word in ("Traceback", "hub/", "tortoise", "sqlite", "asyncpg", "Error:"):
        assert word not in answer.text
    assert re.fullmatch(r"[0-9a-f]{12}", answer.headers["x-request-id"])
    assert answer.headers["x-request-id"] in soup.get_text(), "what to say on the phone"
    assert "content-security-policy" in answer.headers
    return str(soup.select_one("main h1").text)


def too_large(visitor: Visitor) -> httpx.Response:
    return visitor.post("/sign-in", {"contact": "x" * (limits.FORM_BYTES + 1)})


def too_many(visitor: Visitor) -> httpx.Response:
    for number in range(30):
        answer = visitor.get(f"/sign-in/{number:043}")
    return answer


PROVOKED: dict[int, Callable[[Visitor], httpx.Response]] = {
    400: lambda visitor: visitor.send(
        "POST", "/sign-in", content=b"x", headers={"content-type": "multipart/form-data"}
    ),
    403: lambda visitor: visitor.send("POST", "/sign-in", data={"contact": "x"}),
    404: lambda visitor: visitor.get("/nowhere"),
    405: lambda visitor: visitor.post("/needs"),
    413: too_large,
    429: too_many,
}


@pytest.mark.parametrize("status", PROVOKED)
def test_each_failure_has_a_page_in_both_languages(village: Village, status: int) -> None:
    headings = [
        assert_helpful(PROVOKED[status](speaking(village, locale)), status, locale) for locale in LOCALES
    ]
    assert headings[0] != headings[1]


def test_who_looks_for_what_is_gone_can_search(village: Village) -> None:
    search = page(speaking(village, "fr").get("/nowhere")).select_one("main form[action='/search']")
    assert search is not None
    assert search.select_one("label[for=f-q]") is not None
    assert page(PROVOKED[403](speaking(village, "fr"))).select_one("main form") is None


def test_405_says_what_the_page_takes(village: Village, visitor: Visitor) -> None:
    assert "GET" in visitor.post("/needs").headers["allow"]


def test_429_says_when_to_come_back(village: Village, visitor: Visitor) -> None:
    assert 1 <= int(too_many(visitor).headers["retry-after"]) <= 3600


@pytest.mark.parametrize("locale", LOCALES)
def test_422_is_the_form_again_filled_with_a_message_at_each_field(village: Village, locale: str) -> None:
    visitor = speaking(village, locale)
    answer = visitor.post("/sign-up", {"name": "Ida <b>", "contact": "no address"})
    assert answer.status_code == 422
    soup = page(answer)
    assert soup.html is not None
    assert soup.html["lang"] == locale
    assert soup.select_one("#f-name")["value"] == "Ida <b>"
    assert soup.select_one("#f-contact")["value"] == "no address"
    summary = [str(link["href"]) for link in soup.select("[role=alert] a")]
    assert summary == ["#f-contact", "#f-charter"]
    for target in summary:
        assert soup.select_one(f"{target}-e") is not None, "the message stands at its field"
    assert soup.select_one("#f-contact")["aria-invalid"] == "true"
    assert str(soup.title).count(":") or " : " in str(soup.title), "the title begins with the error"
    assert soup.select_one("#f-name").get("aria-invalid") is None


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("path", ["/sign-in/", "/sign-up/", "/invitation/"])
def test_a_link_that_no_longer_works_gets_a_page_that_says_how_to_go_on(
    village: Village, locale: str, path: str
) -> None:
    answer = speaking(village, locale).get(path + "t" * 43)
    assert answer.status_code == 410
    soup = page(answer)
    assert soup.html is not None
    assert soup.html["lang"] == locale
    assert soup.select("main form[action='/sign-in'], main a[href='/sign-in']")


def test_500_shows_an_id_and_no_trace_and_the_log_has_both(start_village: Start) -> None:
    """A table is gone: as honest a fault as there is."""
    with start_village() as village:
        village.database.run("DROP TABLE written_text")
        for locale in LOCALES:
            answer = speaking(village, locale).get("/charter")
            # Where the village itself cannot be asked, the page speaks the language of the program.
            assert answer.status_code == 500
            assert_helpful(answer, 500, str(page(answer).html["lang"]))
            assert page(answer).html["lang"] == locale
            identity = answer.headers["x-request-id"]
            assert village.site.wait_for_line(rf"ERROR .*{identity}|status=500 .*request={identity}")
        assert "Traceback" in village.log
        assert "written_text" in village.log
        assert village.visitor().get("/").status_code == 200, "the rest goes on"


def test_500_has_a_page_even_where_the_village_cannot_be_read(start_village: Start) -> None:
    with start_village() as village:
        village.database.run("DROP TABLE village")
        answer = village.visitor().get("/")
        assert_helpful(answer, 500, str(page(answer).html["lang"]))
        assert village.visitor().get("/robots.txt").status_code == 200


@contextmanager
def upset(database: Database) -> Iterator[None]:
    """Somebody else holds a lock that every form needs, for longer than anybody waits."""
    if database.url is None:
        with closing(sqlite3.connect(database.data / "lavoir.sqlite3", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield
        return
    assert database.cluster is not None
    lock = "BEGIN; LOCK TABLE allowance IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(60)"
    command = [database.cluster.programs / "psql", "-q", "-d", database.url, "-c", lock]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as other_session:
        ours = "FROM pg_locks WHERE relation = 'allowance'::regclass AND mode = 'AccessExclusiveLock'"
        while database.value(f"SELECT count(*) {ours} AND granted") == "0":
            assert other_session.poll() is None
        yield
        database.run(f"SELECT pg_terminate_backend(pid) {ours} AND granted")


def test_an_upset_database_is_a_closed_wash_house_and_not_a_broken_one(start_village: Start) -> None:
    """503 with Retry-After, reading goes on, and all is well afterwards."""
    with start_village() as village:
        visitor = village.visitor()
        visitor.token()
        with upset(village.database):
            assert visitor.get("/").status_code == 200
            answer = visitor.post("/sign-in", {"contact": "x@example.fr"})
        assert_helpful(answer, 503, "fr")
        assert int(answer.headers["retry-after"]) > 0
        assert visitor.post("/sign-in", {"contact": "x@example.fr"}).status_code == 303
