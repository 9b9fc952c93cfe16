"""The pictures of the documents, taken from the demo.

    LAVOIR_TEST_PICTURES=1 make test TESTS=tests/browser/test_pictures.py

writes them into docs/pictures, with few colours, so that a page of documents stays light. Without it
nothing is done here: the demo and its pages have tests of their own.
"""

import io
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import pytest
from PIL import Image
from playwright.async_api import Browser

from tests.browser.visitor import DESKTOP, PHONE, Visitor, Way, new_visitor
from tests.site import ROOT, free_port

PICTURES = ROOT / "docs" / "pictures"
MOST_BYTES = 60_000
LINK = re.compile(r"^ +([^,\n]+), .*\n +(http\S+/sign-in/\S+)", re.MULTILINE)
SCROLL = "at => scrollTo(0, scrollY + document.querySelector(at).getBoundingClientRect().top - 24)"
TOLD_WITHIN = 240
SECRETARY, RESIDENT = "Marie Vasseur", "Rosa Teixeira"


@dataclass(frozen=True, kw_only=True)
class Picture:
    """What one sees at `path`, or on the page that the link `follow` of it leads to."""

    name: str
    path: str
    way: Way = DESKTOP
    who: str | None = None
    hub: int = 0
    follow: str = ""
    height: int = 0  # of what is cut out; 0: the screen
    scroll_to: str = ""  # what comes first, a CSS selector


# Those of one person, hub and screen beside each other.
TAKEN = (
    Picture(name="home", path="/", height=1180),
    Picture(name="association", path="/associations", follow="Les Paniers du Vallon", height=1000),
    Picture(name="portes", path="/", way=PHONE),
    Picture(name="besoin", path="/needs", follow="Rentrer huit stères de bois", way=PHONE, scroll_to="main"),
    Picture(name="region", path="/region", hub=2, way=PHONE, scroll_to="main h2"),
    Picture(name="secretariat", path="/me", who=SECRETARY),
    Picture(name="sans-reponse", path="/moderation/silent", who=SECRETARY, height=620),
    Picture(name="rendez-vous", path="/agenda", follow="Repas d’hiver", who=RESIDENT),
)


class Demo:
    """`lavoir demo` on three free ports; where its hubs are, and the links that sign people in."""

    def __init__(self, data: Path) -> None:
        self.ports = [free_port() for _ in range(3)]
        where = ["--ports", ",".join(map(str, self.ports)), "--data", str(data)]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("LAVOIR_")}
        self.log = data.with_suffix(".log")
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "hub", "demo", *where],
                env={**environment, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"},
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def links(self) -> dict[str, str]:
        """By name; waits until the story is told."""
        deadline = time.monotonic() + TOLD_WITHIN
        while time.monotonic() < deadline and self.process.poll() is None:
            found = LINK.findall(self.log.read_text(encoding="utf-8"))
            if found:
                time.sleep(1)
                return dict(found)
            time.sleep(0.2)
        raise AssertionError(self.log.read_text())

    def home(self, hub: int) -> str:
        return f"http://localhost:{self.ports[hub]}"

    def end(self) -> None:
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(timeout=10)


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    if os.environ.get("LAVOIR_TEST_PICTURES") != "1":
        pytest.skip("LAVOIR_TEST_PICTURES=1 takes the pictures of the documents")
    demo = Demo(tmp_path / "demo")
    yield demo
    demo.end()


@pytest.mark.asyncio
async def test_pictures_are_taken_of_the_demo(demo: Demo, browser: Browser) -> None:
    links = demo.links()
    for who, pictures in groupby(TAKEN, key=lambda picture: (picture.who, picture.hub, picture.way)):
        visitor = await new_visitor(browser, demo.home(who[1]), way=who[2], locale="fr-FR")
        if who[0] is not None:
            await sign_in(visitor, links[who[0]])  # once: the link is used up then
        for picture in pictures:
            await take(visitor, picture)
        await visitor.page.context.close()
    assert {path.stem for path in PICTURES.iterdir()} == {picture.name for picture in TAKEN}


async def sign_in(visitor: Visitor, link: str) -> None:
    await visitor.go(link)
    async with visitor.page.expect_navigation():
        await visitor.page.locator("main button").first.click()


async def take(visitor: Visitor, picture: Picture) -> None:
    page = visitor.page
    answer = await visitor.go(picture.path)
    assert answer.status == 200, picture
    if picture.follow:
        await page.get_by_role("link", name=re.compile(picture.follow)).first.click()
        await page.wait_for_load_state("networkidle")
    screen = picture.way.screen
    await page.set_viewport_size({"width": screen["width"], "height": picture.height or screen["height"]})
    if picture.scroll_to:
        await page.evaluate(SCROLL, picture.scroll_to)
    write(picture.name, await page.screenshot())


def write(name: str, png: bytes) -> None:
    """As many colours as fit into the bytes."""
    image = Image.open(io.BytesIO(png)).convert("RGB")
    for colours in (128, 64, 48, 32, 24, 16):
        small = io.BytesIO()
        image.quantize(colours, dither=Image.Dither.NONE).save(small, "PNG", optimize=True)
        if small.tell() <= MOST_BYTES:
            (PICTURES / f"{name}.png").write_bytes(small.getvalue())
            return
    raise AssertionError(f"{name} does not fit into {MOST_BYTES} bytes")
