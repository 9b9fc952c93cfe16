"""Photos: chosen in a form, corrected, shown on the page, and light, in each way."""

from collections.abc import Awaitable, Callable, Iterator
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFilter
from playwright.async_api import Browser, FilePayload, expect

from hub import text
from tests.browser.conftest import Visit
from tests.browser.visitor import Visitor, assert_light_on_first_load
from tests.site import Site

Inspect = Callable[[Visitor], Awaitable[None]]

SET_UP = ("--insee", "26046", "--admin-email", "marie@example.fr", "--publisher", "Claire Auzias")
ALT = "Huit stères de bois devant la maison"


def fr(message: str) -> str:
    """What a French page says for this message."""
    with text.speaking("fr"):
        return text.gettext(message)


def landscape(name: str, size: tuple[int, int] = (4000, 3000)) -> FilePayload:
    """Something like a photo of twelve megapixels."""
    image = Image.linear_gradient("L").resize(size).convert("RGB")
    draw, (width, height) = ImageDraw.Draw(image), size
    draw.polygon([(0, height), (width * 0.4, height * 0.3), (width, height)], fill=(60, 90, 50))
    for log in range(40):
        x, y = width * (0.2 + log % 8 * 0.07), height * (0.9 - log // 8 * 0.07)
        draw.ellipse((x, y, x + width * 0.06, y + width * 0.06), fill=(150, 100 + log, 60))
    out = BytesIO()
    image.filter(ImageFilter.GaussianBlur(3)).save(out, "JPEG", quality=85)
    return {"name": name, "mimeType": "image/jpeg", "buffer": out.getvalue()}


@pytest.fixture
def village(tmp_path: Path) -> Iterator[Site]:
    """A village that is set up, with Marie as its administrator."""
    site = Site(tmp_path / "data")
    done = site.command("setup", *SET_UP)
    assert done.returncode == 0, done.stderr
    with site:
        yield site


async def look(visitor: Visitor, inspect: Inspect, name: str) -> None:
    await inspect(visitor)
    await visitor.picture(name)


async def test_a_need_with_photos_is_published_and_seen(
    village: Site, visit: Visit, inspect: Inspect, browser: Browser
) -> None:
    marie = await visit(village.url)
    await marie.go(village.command("sign-in-link", "marie@example.fr").stdout.strip())
    await marie.submit(fr("Come in"))
    await to_the_last_screen(marie)
    await add_photos(marie, inspect)
    await marie.submit(fr("Hang it on the board"))
    photo = marie.page.get_by_role("img", name=ALT)
    await expect(photo).to_be_visible()
    await look(marie, inspect, "photos-need")
    path = marie.page.url.removeprefix(marie.home).partition("?")[0]
    await photo.click()
    assert marie.page.url.endswith(".webp")
    await assert_light_on_first_load(browser, village.url + path)
    await marie.go(f"{path}/change")
    await look(marie, inspect, "photos-change")


async def to_the_last_screen(visitor: Visitor) -> None:
    await visitor.go("/new/need")
    await visitor.page.locator("[name=title]").fill("Rentrer huit stères de bois")
    await visitor.page.locator("[name=template][value=hand]").check()
    await visitor.submit(fr("Go on"))
    await visitor.page.locator("[name=wanted]").fill("5")
    await visitor.submit(fr("Go on"))


async def add_photos(visitor: Visitor, inspect: Inspect) -> None:
    """Two; the second one is no photo at first, and the first need not be chosen again."""
    page = visitor.page
    await page.get_by_role("radio", name=fr("Everyone")).check()
    await look(visitor, inspect, "photos-form")
    await page.locator("summary").filter(has_text=fr("Add photos, if you have any")).click()
    await page.locator("[name=photo1]").set_input_files(landscape("bois.jpg"))
    await page.locator("[name=photo1-alt]").fill(ALT)
    await page.locator("summary").filter(has_text=fr("More photos: four at the most")).click()
    words: FilePayload = {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": b"words"}
    await page.locator("[name=photo2]").set_input_files(words)
    await page.locator("[name=photo2-decorative]").check()
    await page.locator("[name=photo-consent][value=nobody]").check()
    await visitor.submit(fr("Hang it on the board"))
    message = fr("This is not a photo that can be shown here. Choose a JPEG, PNG or WebP file.")
    await expect(page.get_by_role("alert")).to_contain_text(message)
    await look(visitor, inspect, "photos-form-error")
    await page.locator("[name=photo2]").set_input_files(landscape("abri.jpg", (1500, 2000)))
