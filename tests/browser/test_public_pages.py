"""Every page that a visitor may open, of a village with something of everything: none has a barrier, weighs
more than a photo, asks another host, or needs JavaScript.

Which pages there are is told by the table of routes: a new one without an address here fails the first test.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, CDPSession, Error

from tests.attacks.routes import LEAST, Role
from tests.browser.axe import assert_accessible
from tests.browser.visitor import (
    FIRST_LOAD_LIMIT,
    PHONE_WITHOUT_JAVASCRIPT,
    Visitor,
    assert_light_on_first_load,
    assert_no_sideways_scroll,
    first_load,
    new_visitor,
)
from tests.browser.whole_village import Whole, whole_village

AT_ONCE = 3  # pages
WITH_SCRIPTS = ("/sign-in", "/map")

# For each route the addresses to look at; what stands in braces is in Whole.things.
PAGES: dict[str, tuple[str, ...]] = {
    "/": ("/",),
    "/needs": ("/needs", "/needs?q=bois", "/needs?q=hirondelle"),
    "/offers": ("/offers",),
    "/board": ("/board", "/board?page=2"),
    "/agenda": ("/agenda", "/agenda?view=month"),
    "/projects": ("/projects",),
    "/experiences": ("/experiences",),
    "/news": ("/news", "/news?tag=eau"),
    "/search": ("/search", "/search?q=bois", "/search?q=hirondelle"),
    "/associations": ("/associations",),
    "/@{handle}": ("/@{handle}", "/@valbrume", "/@besoins"),
    "/@{handle}/follow": ("/@valbrume/follow",),
    # what hangs there, and what one does with it
    "/{code}": (
        *("/{news}", "/{need}", "/{offer}", "/{hedge}", "/{event}", "/{cards}"),
        *("/{project}", "/{done}", "/{experience}", "/{gone}", "/zzzzzz"),
    ),
    "/{code}/interact": ("/{need}/interact",),
    "/{code}/help": ("/{need}/help", "/{offer}/help"),
    "/{code}/support": ("/{need}/support",),
    "/{code}/coming": ("/{event}/coming",),
    "/{code}/door/{token}": ("/{event}/door/{door}",),
    "/{code}/join": ("/{project}/join",),
    "/{code}/story": ("/{project}/story",),
    "/{code}/versions": ("/{project}/versions",),
    "/{code}/versions/{number}": ("/{project}/versions/1",),
    "/{code}/report": ("/{need}/report",),
    "/new": ("/new",),
    "/new/need": ("/new/need",),
    "/new/offer": ("/new/offer",),
    "/new/sent": ("/new/sent?kind=need&by=mail",),
    "/new/event": ("/new/event",),
    "/new/event/sent": ("/new/event/sent?by=mail",),
    "/methods": ("/methods",),
    "/methods/{method}": ("/methods/world-cafe",),
    # behind the link of somebody without an account
    "/mine/{key}": ("/mine/{key}", "/mine/{helper}", "/mine/{guest}", "/mine/{carrier}"),
    **{
        f"/mine/{{key}}/{deed}": (f"/mine/{{key}}/{deed}",) for deed in ("change", "renew", "close", "remove")
    },
    **{
        f"/mine/{{key}}/{{code}}/{deed}": (f"/mine/{{team}}/{{cards}}/{deed}",)
        for deed in ("change", "cancel", "remove", "team")
    },
    "/mine/{key}/{code}/team/{paper}": ("/mine/{team}/{cards}/team/sheet",),
    **{
        f"/mine/{{key}}/{{code}}/{deed}": (f"/mine/{{carrier}}/{{project}}/{deed}",)
        for deed in ("people", "invite", "work")
    },
    "/stop/{token}": ("/stop/{stop}",),
    # what should not be here
    "/report": ("/report",),
    "/report/{number}": ("/report/{report}",),
    "/contest/{key}": ("/contest/{contest}",),
    "/transparency": ("/transparency",),
    # coming in
    "/sign-in": ("/sign-in",),
    "/sign-in/sent": ("/sign-in/sent",),
    "/sign-in/{token}": ("/sign-in/{sign_in}", "/sign-in/spent"),
    "/sign-up": ("/sign-up",),
    "/sign-up/{token}": ("/sign-up/{sign_up}", "/sign-up/spent"),
    "/invitation/{token}": ("/invitation/{invitation}", "/invitation/spent"),
    "/guest": ("/guest",),
    "/guest/number": ("/guest/number",),
    "/sign-out": ("/sign-out",),
    # the village and the network
    **{f"/{name}": (f"/{name}",) for name in "about charter legal privacy accessibility language".split()},
    "/neighbours": ("/neighbours",),
    "/neighbours/{neighbour_id}": ("/neighbours/{neighbour}",),
    "/region": ("/region",),
    "/region/silent": ("/region/silent",),
    "/region/at-home": ("/region/at-home",),
    "/region/{host}": ("/region/here",),
    "/map": ("/map",),
    "/open-data/": ("/open-data/",),
    "/embed": ("/embed", "/embed?show=agenda"),
}
# What is no page of HTML, or leads to one.
FILES = {
    *("/agenda.ics", "/{code}.ics", "/calendar/{token}.ics", "/calendar/{token}/mine.ics"),
    *("/feed.atom", "/needs.atom", "/offers.atom", "/agenda.atom", "/@{handle}.atom"),
    *("/open-data", "/data", "/open-data/{file}", "/map.json", "/map/background.pmtiles"),
    *("/media/{name}.webp", "/photos/{name}.webp", "/health", "/robots.txt", "/favicon.ico", "/static"),
    *("/source",),
}
# Pages that are there for a moment only: the tests that come by there look at them.
LOOKED_AT = {
    "/setup": "test_first_village.py",
    "/sign-in/second-factor": "test_first_village.py",
    "/act/{token}": "test_notices.py",
    "/mine/{key}/thank": "test_neighbour_answers_a_need.py",
    "/{code}/leave": "test_neighbour_answers_a_need.py",
}


def test_every_public_route_is_a_page_here_or_a_file_or_looked_at_elsewhere() -> None:
    public = {
        route.removeprefix("GET ")
        for route, least in LEAST.items()
        if route.startswith("GET ") and least in (None, Role.VISITOR)
    }
    assert public == set(PAGES) | FILES | set(LOOKED_AT)
    assert len(PAGES) + len(FILES) + len(LOOKED_AT) == len(public), "one of them is named twice"
    here = Path(__file__).parent
    assert not [name for name in LOOKED_AT.values() if not (here / name).exists()]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    with whole_village(tmp_path_factory.mktemp("whole")) as whole:
        yield whole


@dataclass
class Seen:
    """What was found at an address."""

    address: str
    status: int = 0
    weight: int = 0
    parts: int = 0
    problems: tuple[str, ...] = ()

    @property
    def line(self) -> str:
        said = f"{len(self.problems)} problems" if self.problems else "well"
        return f"{self.status} {self.weight:>7} bytes in {self.parts} parts  {said}  {self.address}"


class Scale:
    """What all that a visitor's page loads weighs over the wire, headers included, as if nothing was kept."""

    def __init__(self, cdp: CDPSession) -> None:
        self.weights: dict[str, int] = {}
        self._cdp = cdp
        self._addresses: dict[str, str] = {}
        cdp.on("Network.requestWillBeSent", self._notice_request)
        cdp.on("Network.loadingFinished", self._notice_end)

    async def settle(self) -> None:
        await self._cdp.send("Network.enable")
        await self._cdp.send("Network.setCacheDisabled", {"cacheDisabled": True})

    def _notice_request(self, event: dict[str, Any]) -> None:
        self._addresses[event["requestId"]] = event["request"]["url"]

    def _notice_end(self, event: dict[str, Any]) -> None:
        self.weights[self._addresses[event["requestId"]]] = int(event["encodedDataLength"])


@pytest.mark.timeout(900)
async def test_every_public_page_is_for_everybody(
    whole: Whole, browser: Browser, record_property: Callable[[str, object], None]
) -> None:
    addresses = [address.format_map(whole.things) for each in PAGES.values() for address in each]
    waiting = iter(addresses)
    seen: list[Seen] = []

    async def walk() -> None:
        visitor = await new_visitor(
            browser, whole.village.site.url, way=PHONE_WITHOUT_JAVASCRIPT, locale="fr-FR"
        )
        scale = Scale(await visitor.page.context.new_cdp_session(visitor.page))
        await scale.settle()
        for address in waiting:
            seen.append(await look(visitor, scale, address))
        await visitor.page.context.close()

    await asyncio.gather(*(walk() for _ in range(AT_ONCE)))
    named = sorted(seen, key=lambda each: addresses.index(each.address))
    record_property("public pages", [each.line for each in named])
    assert not [f"{each.address}: {problem}" for each in named for problem in each.problems]
    for address in WITH_SCRIPTS:
        await assert_light_on_first_load(browser, whole.village.site.url + address)


async def look(visitor: Visitor, scale: Scale, address: str) -> Seen:
    """One page, as somebody sees it who comes for the first time and whose browser runs no scripts."""
    scale.weights.clear()
    response = await visitor.go(address)
    await scale.settle()
    weights = dict(scale.weights)
    if sum(weights.values()) > FIRST_LOAD_LIMIT and visitor.page.context.browser is not None:
        # A browser without scripts puts no picture off until it is seen (HTML, "lazy loading attributes").
        weights = await first_load(visitor.page.context.browser, visitor.home + address)
    weight = sum(weights.values())
    found = [await problem(assert_accessible(visitor)), await problem(assert_no_sideways_scroll(visitor))]
    found += [*visitor.complaints, *await needs_scripts(visitor)]
    if weight > FIRST_LOAD_LIMIT:
        found.append(f"weighs {weight} bytes: {weights}")
    visitor.complaints.clear()
    return Seen(address, response.status, weight, len(weights), tuple(filter(None, found)))


async def problem(check: Awaitable[None]) -> str:
    try:
        await check
    except (AssertionError, Error) as error:
        return str(error)
    return ""


async def needs_scripts(visitor: Visitor) -> list[str]:
    """A form without a button, a link that leads nowhere, words that only a script would show."""
    async with visitor.scripts_on():
        return list(
            await visitor.page.evaluate(
                """() => [
                  ...[...document.forms].filter(
                    form => !form.querySelector('button:not([type=button]), input[type=submit]')),
                  ...document.querySelectorAll('a[href^="javascript:"], a[href="#"], a:not([href])'),
                  ...document.querySelectorAll('main [hidden]:not([data-passkey], svg)'),
                ].map(each => 'needs a script: ' + each.outerHTML.slice(0, 200))"""
            )
        )
