"""The rig itself, on pages made for it: each check passes a good page and names what a bad one does."""

import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.async_api import Browser, expect

from tests.browser.axe import assert_accessible
from tests.browser.conftest import Visit
from tests.browser.visitor import (
    DESKTOP,
    PHONE,
    Visitor,
    Way,
    assert_light_on_first_load,
    assert_no_sideways_scroll,
    first_load,
)

GOOD = """<!doctype html><html lang="en"><head><title>Good</title>
<meta name="viewport" content="width=device-width">
<style>@media (prefers-color-scheme: dark) { :root { background: #111; color: #eee } }</style>
<link rel="icon" href="/dot.svg"><script src="/script.js"></script></head>
<body><main><h1>Good morning</h1><p id="say">Nothing ran</p>
<form method="post"><button>Send</button></form></main></body></html>"""
DARK = ":root { background: #111; color: #eee }"
BODIES = {
    "/good": GOOD,
    "/no-alt": GOOD.replace("</main>", '<img src="/dot.svg"></main>'),
    "/dim-at-night": GOOD.replace(DARK, ":root { background: #111; color: #444 }"),
    "/wide": GOOD.replace("</main>", '<div style="width: 500px">wide</div></main>'),
    "/foreign": GOOD.replace("</main>", '<img alt="" src="http://elsewhere.example/dot.png"></main>'),
    "/lacking": GOOD.replace("</main>", '<img alt="" src="/nothing.png"></main>'),
    "/inline": GOOD.replace("</main>", "<script>document.title = 'ran'</script></main>"),
    "/heavy": GOOD.replace("</main>", '<img alt="" src="/heavy.svg"></main>'),
    "/script.js": "document.addEventListener('DOMContentLoaded', () => { say.textContent = 'It ran' })",
    "/dot.svg": '<svg xmlns="http://www.w3.org/2000/svg"/>',
    "/heavy.svg": f'<svg xmlns="http://www.w3.org/2000/svg"><!--{"x" * 120_000}--></svg>',
}
TYPES = {"js": "text/javascript", "svg": "image/svg+xml"}


class Pages(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = BODIES.get(self.path, GOOD.replace("Good morning", "Not found")).encode()
        self.send_response(200 if self.path in BODIES else 404)
        self.send_header("Content-Type", TYPES.get(self.path.rpartition(".")[2], "text/html; charset=utf-8"))
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Security-Policy", "script-src 'self'; base-uri 'none'")
        with suppress(ConnectionError):  # a visitor may be gone before the page is
            self.end_headers()
            self.wfile.write(body)

    def do_POST(self) -> None:
        self.do_GET()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the name in the standard library)
        """Say nothing."""


@pytest.fixture(scope="module")
def home() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Pages) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://localhost:{server.server_address[1]}"
        server.shutdown()
        thread.join()


async def test_a_good_page_passes(
    home: str, visit: Visit, inspect: Callable[[Visitor], Awaitable[None]]
) -> None:
    visitor = await visit(home)
    await visitor.go("/good")
    await inspect(visitor)


async def test_scripts_run_only_where_they_are_on(home: str, visit: Visit, way: Way) -> None:
    visitor = await visit(home)
    await visitor.go("/good")
    await assert_accessible(visitor)
    await visitor.submit("Send")
    await visitor.page.wait_for_load_state()
    await expect(visitor.page.locator("#say")).to_have_text("It ran" if way.javascript else "Nothing ran")


async def test_a_barrier_is_named(home: str, visit: Visit) -> None:
    visitor = await visit(home)
    await visitor.go("/no-alt")
    with pytest.raises(AssertionError, match=r"image-alt[\s\S]+dot\.svg"):
        await assert_accessible(visitor)


async def test_a_barrier_in_dark_colours_alone_is_named(home: str, visit: Visit) -> None:
    visitor = await visit(home)
    await visitor.go("/dim-at-night")
    with pytest.raises(AssertionError, match=r"dark: color-contrast") as barriers:
        await assert_accessible(visitor)
    assert "light:" not in str(barriers.value)


async def test_a_page_that_scrolls_sideways_is_named_with_its_widest_parts(home: str, visit: Visit) -> None:
    visitor = await visit(home)
    await visitor.go("/wide")
    with pytest.raises(AssertionError, match=r"px too wide[\s\S]+width: 500px"):
        await assert_no_sideways_scroll(visitor)


@pytest.mark.parametrize("way", [DESKTOP, PHONE], ids=lambda way: way.name)
@pytest.mark.parametrize(
    ("path", "complaint"),
    [
        ("/foreign", "asks another host: http://elsewhere.example/dot.png"),
        ("/lacking", "nothing.png, which answers 404"),
        ("/inline", "violates the following Content Security Policy"),
    ],
)
async def test_what_goes_wrong_on_the_way_is_noticed(
    home: str, visit: Visit, *, path: str, complaint: str
) -> None:
    visitor = await visit(home)
    await visitor.go(path)
    assert any(complaint in noticed for noticed in visitor.complaints)
    visitor.complaints.clear()


async def test_a_page_that_is_meant_to_answer_404_is_no_error(home: str, visit: Visit) -> None:
    visitor = await visit(home)
    response = await visitor.go("/gone")
    assert response.status == 404
    assert visitor.complaints == []


async def test_the_weight_of_a_page_counts_all_that_it_loads(home: str, browser: Browser) -> None:
    weights = await first_load(browser, f"{home}/good")
    assert weights.keys() >= {f"{home}/good", f"{home}/script.js"}
    assert weights[f"{home}/good"] > len(GOOD)
    await assert_light_on_first_load(browser, f"{home}/good")
    with pytest.raises(AssertionError, match=r"heavy\.svg"):
        await assert_light_on_first_load(browser, f"{home}/heavy")


@pytest.mark.parametrize("way", [PHONE], ids=lambda way: way.name)
async def test_a_visitor_with_a_device_makes_a_passkey(home: str, visit: Visit) -> None:
    visitor = await visit(home)
    await visitor.go("/good")
    await visitor.get_passkey_device()
    made = await visitor.page.evaluate("""async () => (await navigator.credentials.create({publicKey: {
        challenge: new Uint8Array(32), rp: {name: "Lavoir"},
        pubKeyCredParams: [{type: "public-key", alg: -7}],
        user: {id: new Uint8Array(8), name: "ann", displayName: "Ann"}}})).type""")
    assert made == "public-key"
