"""One Chromium for all browser tests of a process; a fresh visitor, without cookies, for each test.

All of it runs in one event loop, which is why the tests of this folder are moved to that loop.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Protocol

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright, expect

from tests import parts
from tests.browser.axe import assert_accessible
from tests.browser.chromium import ARGUMENTS, SITE_ALONE
from tests.browser.visitor import HARDEST, Visitor, Way, assert_no_sideways_scroll, new_visitor
from tests.waiting import GUARD

HERE = Path(__file__).parent
expect.set_options(timeout=GUARD * 1000)


class Visit(Protocol):
    """`await visit(site.url)`: somebody who looks at the site in the test's `way`, or in another one."""

    def __call__(self, home: str, *, way: Way = ..., locale: str = ...) -> Awaitable[Visitor]: ...


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(HERE) and item.get_closest_marker("asyncio"):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Each public page, and what it weighs: what test_public_pages.py has seen."""
    for report in [each for reports in terminalreporter.stats.values() for each in reports]:
        for name, lines in getattr(report, "user_properties", ()):
            if name == "public pages" and report.when == "call":
                terminalreporter.section(name)
                terminalreporter.write_line("\n".join(lines))


@pytest.fixture(params=HARDEST, ids=lambda way: way.name)
def way(request: pytest.FixtureRequest) -> Way:
    """A test that uses it runs on a phone without JavaScript; the main ones choose BOTH_ENDS."""
    chosen: Way = request.param
    return chosen


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    executable = parts.chromium()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=executable, args=[*ARGUMENTS, SITE_ALONE], timeout=GUARD * 1000
        )
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def visit(browser: Browser, way: Way) -> AsyncIterator[Visit]:
    """Lets people visit a site; when the test ends, nobody may have seen anything go wrong."""
    visitors: list[Visitor] = []

    async def visit(home: str, *, way: Way = way, locale: str = "fr-FR") -> Visitor:
        visitors.append(await new_visitor(browser, home, way=way, locale=locale))
        return visitors[-1]

    yield visit
    complaints = [complaint for visitor in visitors for complaint in visitor.complaints]
    for visitor in visitors:
        await visitor.page.context.close()
    assert not complaints, "\n".join(complaints)


@pytest.fixture
def inspect() -> Callable[[Visitor], Awaitable[None]]:
    """`await inspect(visitor)`: what must hold on every page holds on this one."""

    async def inspect(visitor: Visitor) -> None:
        await assert_accessible(visitor)
        await assert_no_sideways_scroll(visitor)
        assert not visitor.complaints, "\n".join(visitor.complaints)

    return inspect
