"""A person with a browser: one screen, one language, scripts on or off, and an eye for what goes wrong.

What must hold on every page is noticed while the visitor walks, and asked at the end of the test:
nothing is loaded from another host, and the browser's console stays without errors.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from playwright.async_api import Browser, CDPSession, ConsoleMessage, Page, Request, Response, ViewportSize

from tests.waiting import GUARD

PICTURES = Path(__file__).parents[1] / "pictures"
FIRST_LOAD_LIMIT = 100_000  # bytes over the wire, headers included
NARROWEST = 320  # CSS pixels: WCAG 1.4.10


@dataclass(frozen=True, kw_only=True)
class Way:
    """How somebody looks at the site."""

    name: str
    screen: ViewportSize
    javascript: bool = True


PHONE = Way(name="phone", screen={"width": 390, "height": 844})
DESKTOP = Way(name="desktop", screen={"width": 1280, "height": 900})
PHONE_WITHOUT_JAVASCRIPT = Way(name="phone-without-javascript", screen=PHONE.screen, javascript=False)
# Wide and narrow, with JavaScript and without: between them these two see all of it once.
BOTH_ENDS = (DESKTOP, PHONE_WITHOUT_JAVASCRIPT)
# Only passkeys and the map have scripts, so that most journeys are the same in each way: they go the hardest.
HARDEST = (PHONE_WITHOUT_JAVASCRIPT,)


class Visitor:
    """Made by the `visit` fixture, which ends it."""

    def __init__(self, page: Page, cdp: CDPSession, *, way: Way, home: str) -> None:
        self.page = page
        self.way = way
        self.home = home
        self.complaints: list[str] = []
        self._cdp = cdp
        self._documents: set[str] = set()
        page.on("request", self._notice_request)
        page.on("response", self._notice_response)
        page.on("console", self._notice_console)
        page.on("pageerror", lambda error: self.complaints.append(f"script error on {page.url}: {error}"))

    async def go(self, path: str) -> Response:
        """Open a page of the site (or a whole address) as if it were typed."""
        response = await self.page.goto(urljoin(self.home, path))
        assert response is not None
        return response

    async def submit(self, button: str) -> None:
        """Press the button with this name, and wait for the page that follows."""
        async with self.page.expect_navigation():
            await self.page.get_by_role("button", name=button, exact=True).click()

    @asynccontextmanager
    async def scripts_on(self) -> AsyncIterator[None]:
        """Let the debugger's scripts run for a moment; what the page itself left out stays left out."""
        await self._switch_scripts(on=True)
        try:
            yield
        finally:
            await self._switch_scripts(on=self.way.javascript)

    async def bring(self, script: str) -> None:
        """Run a large script by the debugger: the page's own policy against inline scripts stays in force.

        Not by Playwright's `evaluate`, which wraps it and reads it three times.
        """
        done = await self._cdp.send("Runtime.evaluate", {"expression": script})
        assert "exceptionDetails" not in done, done

    @asynccontextmanager
    async def as_wide_as(self, width: int) -> AsyncIterator[None]:
        """The page as if the screen had another width for a moment; the browser's window stays as it is."""
        if width == self.way.screen["width"]:
            yield
            return
        await self._lay_out(width)
        try:
            yield
        finally:
            await self._lay_out(self.way.screen["width"])

    async def get_passkey_device(self) -> None:
        """From now on passkeys are made and used at once, as if a finger touched the reader each time."""
        await self._cdp.send("WebAuthn.enable")
        device = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True}
        touch = {"hasUserVerification": True, "isUserVerified": True, "automaticPresenceSimulation": True}
        await self._cdp.send("WebAuthn.addVirtualAuthenticator", {"options": device | touch})

    async def picture(self, name: str) -> None:
        """Keep a picture of the whole page in tests/pictures, where LAVOIR_TEST_PICTURES=1 asks for it."""
        if os.environ.get("LAVOIR_TEST_PICTURES") == "1":
            await self.page.screenshot(path=PICTURES / f"{name}-{self.way.name}.png", full_page=True)

    async def _switch_scripts(self, *, on: bool) -> None:
        await self._cdp.send("Emulation.setScriptExecutionDisabled", {"value": not on})

    async def _lay_out(self, width: int) -> None:
        size = {"width": width, "height": self.way.screen["height"], "dontSetVisibleSize": True}
        await self._cdp.send(
            "Emulation.setDeviceMetricsOverride", {**size, "deviceScaleFactor": 1, "mobile": False}
        )

    def _notice_request(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme not in ("data", "blob", "about") and address.netloc != urlsplit(self.home).netloc:
            self.complaints.append(f"{self.page.url} asks another host: {request.url}")
        if request.is_navigation_request():
            self._documents.add(request.url)

    def _notice_response(self, response: Response) -> None:
        if response.status >= 400 and response.url not in self._documents:
            self.complaints.append(f"{self.page.url} needs {response.url}, which answers {response.status}")

    def _notice_console(self, message: ConsoleMessage) -> None:
        if message.type != "error":
            return
        place = message.location["url"]
        # The browser also complains about a page that is meant to answer 404 or 422: that is no error.
        if not (message.text.startswith("Failed to load resource") and place in self._documents):
            self.complaints.append(f"console of {self.page.url}: {message.text} ({place})")


async def new_visitor(browser: Browser, home: str, *, way: Way, locale: str) -> Visitor:
    """Somebody with a browser of their own: no cookie, nothing kept."""
    context = await browser.new_context(viewport=way.screen, locale=locale, reduced_motion="reduce")
    context.set_default_timeout(GUARD * 1000)
    page = await context.new_page()
    # Not the context's own switch: that one cannot be turned back for axe.
    cdp = await context.new_cdp_session(page)
    visitor = Visitor(page, cdp, way=way, home=home)
    await visitor._switch_scripts(on=way.javascript)
    return visitor


async def assert_no_sideways_scroll(visitor: Visitor) -> None:
    """The page fits 320 px, and a desk: nothing that a person reads lies beyond the edge."""
    for width in (NARROWEST, DESKTOP.screen["width"]):
        await _assert_fits(visitor, width)


async def _assert_fits(visitor: Visitor, width: int) -> None:
    async with visitor.as_wide_as(width):
        seen, overflow, wide = await visitor.page.evaluate(
            """() => [innerWidth, document.scrollingElement.scrollWidth - innerWidth,
            document.scrollingElement.scrollWidth <= innerWidth ? [] :
            [...document.body.querySelectorAll('*')]
              .filter(element => element.getBoundingClientRect().right > innerWidth + 1)
              .map(element => element.outerHTML.slice(0, 120))]"""
        )
    assert seen == width
    assert overflow <= 0, "\n".join([f"{visitor.page.url} is {overflow} px too wide for {width} px:", *wide])


async def assert_light_on_first_load(browser: Browser, address: str) -> None:
    """All that the browser fetches for this page, with an empty cache, stays below the limit."""
    weights = await first_load(browser, address)
    heaviest = [f"{size:>8} {url}" for url, size in sorted(weights.items(), key=lambda item: -item[1])]
    total = sum(weights.values())
    assert total <= FIRST_LOAD_LIMIT, "\n".join([f"{address} weighs {total} bytes:", *heaviest])


async def first_load(browser: Browser, address: str) -> dict[str, int]:
    """Bytes over the wire for each address that the page loads with an empty cache."""
    context = await browser.new_context(viewport=DESKTOP.screen)
    try:
        page = await context.new_page()
        cdp = await context.new_cdp_session(page)
        addresses: dict[str, str] = {}
        weights: dict[str, int] = {}
        cdp.on(
            "Network.requestWillBeSent",
            lambda event: addresses.update({event["requestId"]: event["request"]["url"]}),
        )
        cdp.on(
            "Network.loadingFinished",
            lambda event: weights.update({addresses[event["requestId"]]: int(event["encodedDataLength"])}),
        )
        await cdp.send("Network.enable")
        await page.goto(address, wait_until="networkidle")
        return weights
    finally:
        await context.close()
