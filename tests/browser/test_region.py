"""Somebody looks at the network of villages: circles and table, one village, and the map of the operator."""

import gzip
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from hub.actors.minting import use_origin
from hub.config import Config
from hub.db import close_database, open_database
from hub.village.models import Village
from tests.browser.conftest import Visit
from tests.browser.visitor import BOTH_ENDS, DESKTOP, Visitor, assert_light_on_first_load
from tests.site import Site
from tests.unit.hub.region.valley import hung, valley

Inspect = Callable[[Visitor], Awaitable[None]]

SET_UP = ("--insee", "26046", "--admin-email", "marie@example.fr", "--publisher", "Claire Auzias", "--region")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    """A network of eleven villages, with a map of its own behind them."""
    folder: Path = tmp_path_factory.mktemp("region")
    site = Site(folder / "data", settings={"LAVOIR_MAP_FILE": str(_archive(folder / "valley.pmtiles"))})
    done = site.command("setup", *SET_UP)
    assert done.returncode == 0, done.stderr
    use_origin(site.url)
    await open_database(Config(data=site.data))
    await valley()
    await hung("Un tracteur et une remorque pour du foin", at="Villeneuve-l’Ormeau", days=5)
    assert (await Village.get()).is_region
    await close_database()
    use_origin("http://localhost:8000")
    with site:
        yield site


def _archive(path: Path) -> Path:
    """The head of a PMTiles file of pictures that has none: the map is empty, but for the villages."""
    root = gzip.compress(b"\0")
    head = b"PMTiles\x03" + struct.pack("<11Q", 127, len(root), 127 + len(root), len(root), *[0] * 7)
    facts = bytes([0, 2, 1, 2, 0, 12]) + struct.pack("<4iB2i", 0, 0, 90_000_000, 90_000_000, 8, 0, 0)
    path.write_bytes(head + facts + root + gzip.compress(b"{}"))
    return path


@pytest.mark.parametrize("way", BOTH_ENDS, ids=lambda way: way.name)
async def test_the_network_is_read_by_circles_by_table_and_on_a_map(
    site: Site, browser: Browser, visit: Visit, inspect: Inspect
) -> None:
    visitor = await visit(site.url)
    page = visitor.page
    if visitor.way is DESKTOP:
        for path in ("/region", "/map"):
            await assert_light_on_first_load(browser, site.url + path)
    await visitor.go("/")
    await expect(page.get_by_role("heading", level=1)).to_have_text("11 villages, un même coup de main")
    await expect(page.get_by_role("row")).to_have_count(1 + 11 + 1 + 4)
    await inspect(visitor)
    await visitor.picture("region")
    await page.get_by_role("link", name="Mirevent", exact=True).click()
    await expect(page.get_by_role("link", name="Aller sur le site de Mirevent")).to_be_visible()
    await inspect(visitor)
    await visitor.go("/map")
    await expect(page.get_by_role("img", name="Les villages autour de")).to_be_visible()
    await inspect(visitor)
    await visitor.picture("map")
    ask = page.get_by_role("button", name="Le voir sur une carte")
    if not visitor.way.javascript:
        await expect(ask).to_be_hidden()
        return
    await ask.click()
    await expect(page.locator("#map path.leaflet-interactive")).to_have_count(11)
    await expect(page.get_by_role("img", name="Les villages autour de")).to_be_hidden()
    await page.locator("#map path.leaflet-interactive").first.click()
    await expect(page.locator(".leaflet-popup a")).to_be_visible()
    await inspect(visitor)
    await visitor.picture("map-behind")
