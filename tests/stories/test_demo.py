"""The demo as somebody sees it who types `make demo`: two villages and their region, live."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.attacks.visitor import Visitor, filled, form_of, page
from tests.site import ROOT, free_port
from tests.waiting import eventually

READY = 300  # seconds on the busiest machine; a quiet one needs less than thirty
LINK = re.compile(r"http://localhost:\d+/sign-in/\S+")
WOOD = "Rentrer huit stères de bois avant la pluie"
PIANO = "Accorder le piano de la salle des fêtes"
LADDER = "Tenir une échelle le temps d’une ampoule"


class Demo:
    """The command in a process of its own, what it prints, and people who look at its hubs."""

    def __init__(self, data: Path, ports: list[int]) -> None:
        self.ports = ports
        self.lines: list[str] = []
        self._ready = threading.Event()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "hub", "demo", "--data", data, "--ports", ",".join(map(str, ports))],
            env={name: value for name, value in os.environ.items() if not name.startswith("LAVOIR_")},
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as log:
            for line in log:
                self.lines.append(line.rstrip("\n"))
                if "Ctrl-C" in line:
                    self._ready.set()
        self._ready.set()

    def wait_until_ready(self) -> None:
        assert self._ready.wait(READY), self.told
        assert "Ctrl-C" in self.told, self.told

    @property
    def told(self) -> str:
        return "\n".join(self.lines)

    @property
    def links(self) -> list[str]:
        return LINK.findall(self.told)

    def interrupt(self) -> int:
        """Ctrl-C, as a terminal sends it; the exit status."""
        self.process.send_signal(signal.SIGINT)
        status = self.process.wait(60)
        self._reader.join(10)
        return status

    def read(self, number: int, path: str) -> str:
        """What a visitor of the first, the second, the third reads there."""
        answer = httpx.get(f"http://127.0.0.1:{self.ports[number]}{path}", timeout=30)
        return " ".join(page(answer).get_text(" ").split()) if answer.status_code == 200 else ""

    def shows(self, number: int, path: str, words: str) -> None:
        eventually(lambda: words in self.read(number, path))


@contextmanager
def running_demo(data: Path, ports: list[int]) -> Iterator[Demo]:
    demo = Demo(data, ports)
    try:
        demo.wait_until_ready()
        yield demo
    finally:
        if demo.process.poll() is None:
            demo.interrupt()


def free_ports() -> list[int]:
    """Three, and the one after them, on which the rest of the network answers."""
    while True:
        first = free_port()
        try:
            for port in range(first + 1, first + 4):
                socket.create_server(("127.0.0.1", port)).close()
        except (OSError, OverflowError):
            continue
        return [first, first + 1, first + 2]


def test_two_villages_and_their_region_live_before_ones_eyes(tmp_path: Path) -> None:
    ports, data = free_ports(), tmp_path / "demo"
    with running_demo(data, ports) as demo:
        # The story is told, and each part of it is where people look.
        for number, words in ((0, "4 sur 5 personnes"), (1, WOOD), (2, WOOD)):
            demo.shows(number, "/board?q=stères", words)
        for path, words in (
            ("/", "Il est arrivé avant lui"),
            ("/offers", "Une remorque et son conducteur"),
            ("/projects", "Le Comptoir du lavoir"),
            ("/agenda", "Réparer son vélo ensemble"),
            ("/experiences", "Des bancs à l’ombre"),
            ("/neighbours", "Vaubelle"),
            ("/open-data/", "8 lignes"),
        ):
            demo.shows(0, path, words)
        demo.shows(1, "/needs?state=done", PIANO)
        demo.shows(2, "/region", "2 villages")
        demo.shows(2, "/region/silent", "Broyer les tailles de la haie")  # for some days: not all is of today
        assert len(demo.links) == 6

        # What one does in the first village shows in the second, and in the region.
        before = needs_of(demo)
        with signed_in(demo.links[1]) as rosa:
            said = page(rosa.get(code_of(rosa, WOOD) + "/manage")).get_text(" ")
            assert "Bruno Keller" in said
            assert "Léa Morel" in said
            hang(rosa, LADDER)
        for number in (1, 2):
            demo.shows(number, "/needs", LADDER)
        eventually(lambda: needs_of(demo) == before + 1)
        assert demo.interrupt() == 0

    # Nothing is left, and the next start tells nothing twice.
    for port in range(ports[0], ports[0] + 4):
        socket.create_server(("127.0.0.1", port)).close()
    with running_demo(data, ports) as demo:
        assert "is being told" not in demo.told
        with signed_in(demo.links[0]) as marie:
            assert "Denise Blanc" in page(marie.get("/moderation")).get_text(" ")
        demo.shows(1, "/needs", LADDER)
        if shutil.which("setpriv"):  # the hubs go with it even where it cannot say goodbye
            demo.process.kill()
            eventually(lambda: not any(answers(port) for port in ports))


def answers(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def signed_in(link: str) -> Iterator[Visitor]:
    with httpx.Client(base_url=link.partition("/sign-in")[0], timeout=30) as client:
        visitor = Visitor(client)
        visitor.come_in(link)
        yield visitor


def code_of(who: Visitor, title: str) -> str:
    """The path of its page."""
    for link in page(who.get("/needs")).select("a.title"):
        if title in " ".join(link.text.split()):
            return str(link["href"])
    raise AssertionError(f"{title} does not hang there")


def hang(who: Visitor, title: str) -> None:
    """On the three screens of a need."""
    answer = who.get("/new/need")
    for target, fields in (
        ("when", {"title": title}),
        ("you", {"wanted": "1"}),
        ("publish", {"scope": "public"}),
    ):
        typed = filled(form_of(page(answer))) | {"go": target} | fields
        answer = who.send("POST", "/new/need", data=typed)
    assert answer.status_code == 303


def needs_of(demo: Demo) -> int:
    """How many open needs the region counts in the first village."""
    answer = httpx.get(f"http://127.0.0.1:{demo.ports[2]}/region", timeout=30)
    for row in page(answer).select("tbody tr"):
        if "Saint-Martin" in row.text:
            number = row.select("td.num")[2].text.strip()
            return int(number) if number.isdecimal() else 0
    return 0


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (["--ports", "8001"], "not three ports"),
        (["--ports", "8001,8002,eight"], "not three ports"),
        (["--data", "hub"], "has other things in it"),
    ],
)
def test_what_is_no_place_for_a_demo_is_said_in_a_line(options: list[str], problem: str) -> None:
    command = [sys.executable, "-m", "hub", "demo", "--ports", "18001,18002,18003", *options]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert answer.returncode == 2
    assert problem in answer.stderr
    assert "Traceback" not in answer.stderr
