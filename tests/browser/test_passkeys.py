"""Passkeys in a real browser, with a device that Chromium plays; codes also without JavaScript."""

from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pyotp
import pytest
from playwright.async_api import CDPSession, expect

from tests.browser.conftest import Visit
from tests.browser.visitor import DESKTOP, PHONE, PHONE_WITHOUT_JAVASCRIPT, Visitor
from tests.site import Site

MAIL = "mairie@example.org"
DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}

Inspect = Callable[[Visitor], Awaitable[None]]
with_javascript = pytest.mark.parametrize("way", [PHONE, DESKTOP], ids=lambda way: way.name)
without_javascript = pytest.mark.parametrize("way", [PHONE_WITHOUT_JAVASCRIPT], ids=lambda way: way.name)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path / "data")
    facts = {"name": "Les Aires", "handle": "les-aires", "locale": "en", "admin-email": MAIL}
    place = {"latitude": "43.5", "longitude": "2.8", "publisher": "The mayor"}
    options = [part for name, value in (facts | place).items() for part in (f"--{name}", value)]
    done = site.command("setup", *options)
    assert done.returncode == 0, done.stderr
    with site:
        yield site


async def give_device(visitor: Visitor) -> tuple[CDPSession, str]:
    """A device that holds passkeys and knows its owner's finger."""
    cdp = await visitor.page.context.new_cdp_session(visitor.page)
    await cdp.send("WebAuthn.enable")
    device = await cdp.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})
    return cdp, device["authenticatorId"]


async def come_in_by_link(visitor: Visitor, site: Site) -> None:
    done = site.command("sign-in-link", MAIL)
    assert done.returncode == 0, done.stderr
    await visitor.go(done.stdout.strip())
    await visitor.submit("Come in")


async def add_passkey(visitor: Visitor) -> None:
    await visitor.go("/me/passkeys")
    await visitor.page.get_by_label("Name of this device").fill("My phone")
    await visitor.submit("Add a passkey")
    await expect(visitor.page.get_by_role("status")).to_contain_text("The passkey is added")


async def sign_out(visitor: Visitor) -> None:
    await visitor.go("/sign-out")
    await visitor.submit("Sign out")


@with_javascript
async def test_the_mayor_adds_a_passkey_and_comes_in_with_it(
    site: Site, visit: Visit, inspect: Inspect
) -> None:
    visitor = await visit(site.url, locale="en-GB")
    await give_device(visitor)
    await come_in_by_link(visitor, site)
    await add_passkey(visitor)
    await inspect(visitor)
    await sign_out(visitor)
    await visitor.go("/sign-in?next=/me/passkeys")
    await inspect(visitor)
    await visitor.submit("Use a passkey")
    await expect(visitor.page.get_by_role("heading", name="My phone")).to_be_visible()
    await expect(visitor.page.get_by_text("Last used on")).to_be_visible()
    await visitor.submit("Remove My phone")
    await expect(visitor.page.get_by_text("You have no passkey yet")).to_be_visible()


@with_javascript
async def test_a_link_of_the_mayor_needs_the_passkey_too(site: Site, visit: Visit, inspect: Inspect) -> None:
    visitor = await visit(site.url, locale="en-GB")
    await give_device(visitor)
    await come_in_by_link(visitor, site)
    await add_passkey(visitor)
    await visitor.go("/confirm?next=/me/codes")
    await inspect(visitor)
    await visitor.submit("Use a passkey")
    await expect(visitor.page.get_by_role("heading", name="Codes of an app")).to_be_visible()
    await sign_out(visitor)
    await come_in_by_link(visitor, site)
    await visitor.go("/sign-in/second-factor?next=/me/passkeys")
    await inspect(visitor)
    await visitor.submit("Use a passkey")
    await expect(visitor.page.get_by_role("heading", name="My phone")).to_be_visible()


@with_javascript
async def test_a_device_that_does_not_know_the_finger_is_told_apart_in_words(
    site: Site, visit: Visit, inspect: Inspect
) -> None:
    visitor = await visit(site.url, locale="en-GB")
    cdp, device = await give_device(visitor)
    await come_in_by_link(visitor, site)
    await add_passkey(visitor)
    await visitor.page.get_by_role("button", name="Add a passkey").click()
    alert = visitor.page.get_by_role("alert")
    await expect(alert).to_have_text("This device already holds a passkey of yours.")
    await sign_out(visitor)
    await cdp.send("WebAuthn.setUserVerified", {"authenticatorId": device, "isUserVerified": False})
    await visitor.go("/sign-in")
    await visitor.page.get_by_role("button", name="Use a passkey").click()
    await expect(alert).to_contain_text("Nothing was done")
    await expect(visitor.page.get_by_role("button", name="Use a passkey")).to_be_focused()
    await inspect(visitor)


@without_javascript
async def test_the_mayor_turns_codes_on_and_comes_in_with_one(
    site: Site, visit: Visit, inspect: Inspect
) -> None:
    visitor = await visit(site.url, locale="en-GB")
    await come_in_by_link(visitor, site)
    await visitor.go("/me/codes")
    await inspect(visitor)
    secret = await visitor.page.locator("input[name=secret]").get_attribute("value")
    assert secret is not None
    codes = pyotp.TOTP(secret)
    await visitor.page.get_by_label("Code").fill("000000")
    await visitor.submit("Ask for codes from now on")
    await expect(visitor.page.get_by_role("alert")).to_contain_text("not the code of this moment")
    await inspect(visitor)
    step = codes.timecode(int(await visitor.page.evaluate("Date.now()")) // 1000)
    await visitor.page.get_by_label("Code").fill(codes.generate_otp(step))
    await visitor.submit("Ask for codes from now on")
    await expect(visitor.page.get_by_role("status")).to_contain_text("asks for a code")
    await inspect(visitor)
    await sign_out(visitor)
    await come_in_by_link(visitor, site)
    await visitor.go("/sign-in/second-factor?next=/me")
    await inspect(visitor)
    await visitor.page.get_by_label("Code").fill(codes.generate_otp(step + 1))  # each works once
    await visitor.submit("Come in")
    await expect(visitor.page.get_by_role("heading", name="Where you are signed in")).to_be_visible()


@without_javascript
async def test_where_scripts_are_off_no_button_promises_a_passkey(
    site: Site, visit: Visit, inspect: Inspect
) -> None:
    visitor = await visit(site.url, locale="en-GB")
    await visitor.go("/sign-in")
    await expect(visitor.page.get_by_role("button", name="Send me the link")).to_be_visible()
    await expect(visitor.page.get_by_role("button", name="Use a passkey")).to_be_hidden()
    await come_in_by_link(visitor, site)
    await visitor.go("/me/passkeys")
    await expect(visitor.page.get_by_role("button", name="Add a passkey")).to_be_hidden()
    await expect(visitor.page.get_by_text("This browser cannot make passkeys")).to_be_visible()
    await inspect(visitor)
    await visitor.go("/confirm?next=/me")
    await inspect(visitor)
    await visitor.submit("Send me the link")
    await expect(visitor.page.get_by_role("status")).to_contain_text("on its way")
