"""Files that somebody sends: AUT-27. The one form that takes a file is the table of associations."""

import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import httpx
import pytest

from hub import limits
from tests.attacks.village import Village
from tests.attacks.visitor import Visitor, heading, page
from tests.waiting import wait_until

ENGINES = ("sqlite",)  # files are refused above the database

Start = Callable[..., AbstractContextManager[Village]]
PATH = "/associations/import"
FIELD = b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\nx\r\n--b--\r\n'
TABLE = b"nom;type\nClub de lecture;association\n"


@pytest.fixture(scope="module")
def temporary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("temporary")


@pytest.fixture(scope="module")
def village(start_village: Start, temporary: Path) -> Iterator[Village]:
    """Whose temporary files are in a folder that we can look into."""
    with start_village(settings={"TMPDIR": str(temporary)}) as village:
        yield village


@pytest.fixture(autouse=True)
def _nothing_is_left(village: Village, temporary: Path) -> Iterator[None]:
    """After each of these tests: no temporary file, no open one, nothing listed, and the site answers."""
    before = open_files(village)
    yield
    wait_until(lambda: open_files(village) <= before + 9)  # the pool of PostgreSQL may grow to ten
    wait_until(lambda: not list(temporary.iterdir()))
    assert village.database.value("SELECT count(*) FROM organisation") == "0"
    assert village.site.health() == 200


def open_files(village: Village) -> int:
    return len(list(Path(f"/proc/{village.site.pid}/fd").iterdir()))


def upload(visitor: Visitor, content: bytes, name: str = "table.csv") -> httpx.Response:
    data = {"_token": visitor.token()}
    return visitor.send("POST", PATH, data=data, files={"file": (name, content, "text/csv")})


def test_aut_27_a_table_is_shown_before_it_is_taken_over(administrator: Visitor) -> None:
    answer = upload(administrator, TABLE)
    assert answer.status_code == 200
    assert "Club de lecture" in answer.text


@pytest.mark.parametrize("size", [limits.FORM_BYTES + 1, 20 * limits.FORM_BYTES])
def test_aut_27_a_file_above_the_limit_gets_a_page_that_says_so(administrator: Visitor, size: int) -> None:
    answer = upload(administrator, b"x" * size)
    assert answer.status_code == 413
    assert page(answer).h1 is not None


def test_aut_27_a_body_that_does_not_say_its_size_is_cut_off_at_the_limit(administrator: Visitor) -> None:
    head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="x.csv"\r\n\r\n'

    def body() -> Iterator[bytes]:
        yield head
        for _ in range(40):
            yield b"x" * 65536

    kind = {"content-type": "multipart/form-data; boundary=b"}
    answer = administrator.send("POST", PATH, content=body(), headers=kind)
    assert answer.status_code == 413


def test_aut_27_a_gigabyte_that_is_only_announced_is_refused_before_it_is_sent(village: Village) -> None:
    head = (
        f"POST {PATH} HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=b\r\n"
        f"Content-Length: {2**30}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", village.site.port), timeout=10) as connection:
        connection.sendall(head.encode())
        assert connection.recv(65536).startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize("kind", ["files", "fields"])
def test_aut_27_ten_thousand_parts_are_refused(administrator: Visitor, kind: str) -> None:
    token = administrator.token()
    name = 'name="file"; filename="x.csv"' if kind == "files" else 'name="field"'
    part = f"--b\r\nContent-Disposition: form-data; {name}\r\n\r\nx\r\n"
    first = f'--b\r\nContent-Disposition: form-data; name="_token"\r\n\r\n{token}\r\n'
    body = (first + part * 10_000 + "--b--\r\n").encode()
    assert len(body) < limits.FORM_BYTES
    answer = administrator.send(
        "POST", PATH, content=body, headers={"content-type": "multipart/form-data; boundary=b"}
    )
    assert answer.status_code in (400, 413)
    plain = f"_token={token}&" + "field=x&" * 10_000
    kind_of_body = {"content-type": "application/x-www-form-urlencoded"}
    answer = administrator.send("POST", PATH, content=plain.encode(), headers=kind_of_body)
    assert answer.status_code in (400, 413)


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"", "table.csv"),
        (b"", ""),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40, "table.csv"),
        (b"PK\x03\x04" + bytes(2000), "table.xlsx"),
        (b"\x00" * 5000, "table.csv"),
        (b"\xff\xfe" + b"\x00\xd8" * 400, "table.csv"),
        (b"nom\n" + b'"' * 5001, "table.csv"),
        (b"nom\n" + b"x" * 200_000, "table.csv"),
        (b"nom\n" + b"\n".join(b"Club %d" % number for number in range(3000)), "table.csv"),
        (b";" * 100_000, "table.csv"),
        (b"<html><script>alert(1)</script></html>", "../../../etc/passwd"),
    ],
    ids=["zero", "none", "png", "zip", "nul", "surrogates", "quotes", "long", "rows", "semicolons", "html"],
)
def test_aut_27_what_is_no_table_gets_the_form_again_with_a_reason(
    administrator: Visitor, content: bytes, name: str
) -> None:
    answer = upload(administrator, content, name)
    assert answer.status_code == 422, heading(answer)
    assert page(answer).select_one("[role=alert]") is not None


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data", b"--b\r\n\r\nx"),
        ("multipart/form-data; boundary=b", b"no boundary at all"),
        ("multipart/form-data; boundary=b", b'--b\r\nContent-Disposition: form-data; name="file'),
        ("multipart/form-data; boundary=b", b"--b\r\nNo-Disposition: x\r\n\r\nx\r\n--b--\r\n"),
        ("multipart/form-data; boundary=" + "b" * 5000, b"--b--\r\n"),
        ("multipart/form-data; boundary=b", b"--b\r\n" + b"X: y\r\n" * 20_000 + b"\r\nx\r\n--b--\r\n"),
        ("application/x-www-form-urlencoded", b"%zz=%&&&===;%00=%ff"),
        ("multipart/form-data; charset=utf-99; boundary=b", FIELD),
        ("application/x-www-form-urlencoded; charset=\xff", b"a=b"),
    ],
)
def test_aut_27_a_body_that_cannot_be_read_is_refused(administrator: Visitor, kind: str, body: bytes) -> None:
    headers: dict[str, Any] = {"content-type": kind.encode("latin-1")}
    answer = administrator.send("POST", PATH, content=body, headers=headers)
    assert answer.status_code in (400, 403, 413)


def test_aut_27_uploads_that_stop_half_way_leave_nothing(village: Village, administrator: Visitor) -> None:
    head = (
        f"POST {PATH} HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=b\r\n"
        f"Cookie: {administrator.session_cookie}\r\nContent-Length: 900000\r\n\r\n"
        '--b\r\nContent-Disposition: form-data; name="file"; filename="x.csv"\r\n\r\n'
    ).encode()
    for _ in range(20):
        with socket.create_connection(("127.0.0.1", village.site.port), timeout=10) as connection:
            connection.sendall(head + b"x" * 400_000)
    assert administrator.signed_in
