"""Somebody with an account on another server answers a need: asked for a number, let in, told, gone again."""

import sqlite3
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest
from playwright.async_api import expect

from hub.members.models import hash_of
from tests.browser.conftest import Visit
from tests.browser.test_neighbour_answers_a_need import TITLE, fr, in_days, marie, publish
from tests.browser.test_neighbour_answers_a_need import village as village
from tests.browser.test_news import insert
from tests.browser.visitor import DESKTOP, PHONE_WITHOUT_JAVASCRIPT, Visitor
from tests.site import Site

Inspect = Callable[[Visitor], Awaitable[None]]


def let_lucie_in(village: Site) -> str:
    """As if she had typed the right number; how that goes is tested elsewhere. The token of her browser."""
    uri, now = "https://mastodon.example/users/lucie.martel", datetime.now(UTC)
    actor = {
        "uri": uri,
        "host": "mastodon.example",
        "name": "lucie.martel",
        "handle": "lucie.martel@mastodon.example",
        "kind": "Person",
        "display_name": "Lucie Martel",
        "summary": "",
        "url": "https://mastodon.example/@lucie.martel",
        "inbox": f"{uri}/inbox",
        "hidden": 0,
        "approves_followers": 0,
        "also_known_as": "[]",
        "extra": "{}",
        "updates": 0,
        "created_at": now.isoformat(" "),
    }
    with sqlite3.connect(village.data / "lavoir.sqlite3", timeout=20) as database:
        guest = {
            "hash": hash_of("lucie"),
            "actor_id": insert(database, "actor", actor),
            "made_at": now.isoformat(" "),
            "ends_at": (now + timedelta(days=1)).isoformat(" "),
        }
        insert(database, "guest", guest)
    database.close()
    return "lucie"


@pytest.mark.parametrize("way", [PHONE_WITHOUT_JAVASCRIPT, DESKTOP], ids=lambda way: way.name)
async def test_somebody_from_another_server_answers_a_need(
    village: Site, visit: Visit, inspect: Inspect
) -> None:
    agent, lucie = await marie(village, visit), await visit(village.url)
    path = await publish(agent, "need", title=TITLE, template="hand", wanted="2", starts=in_days(9))

    await lucie.go(path)
    await lucie.page.get_by_role("link", name=fr("Answer with your account there")).click()
    await expect(lucie.page.get_by_role("heading", level=1)).to_have_text(fr("Come in from another server"))
    await inspect(lucie)
    await lucie.picture("guest")
    await lucie.page.get_by_label(fr("Your address there")).fill("lucie.martel")
    await lucie.submit(fr("Send me a number"))
    await inspect(lucie)
    await lucie.page.get_by_label(fr("Your address there")).fill("@lucie.martel@mastodon.example")
    await lucie.submit(fr("Send me a number"))
    await expect(lucie.page.get_by_role("main")).to_contain_text("@lucie.martel@mastodon.example")
    await lucie.page.get_by_label(fr("The six digits of the message")).fill("123 456")
    await lucie.submit(fr("Come in"))
    await expect(lucie.page.get_by_role("alert")).to_be_visible()
    await inspect(lucie)
    await lucie.picture("guest-number")

    cookie = {"name": f"guest-{village.port}", "value": let_lucie_in(village), "url": village.url}
    await lucie.page.context.add_cookies([cookie])  # type: ignore[list-item]
    await lucie.go(f"{path}/help")
    await expect(lucie.page.get_by_role("main")).to_contain_text("@lucie.martel@mastodon.example")
    await inspect(lucie)
    await lucie.picture("guest-help")
    await lucie.submit(fr("I can help"))
    await expect(lucie.page.get_by_role("status")).to_be_visible()
    for place, name in (("/mine", "guest-mine"), ("/guest", "guest-here")):
        await lucie.go(place)
        await inspect(lucie)
        await lucie.picture(name)
    await lucie.submit(fr("Leave"))
    await lucie.go("/mine")
    await expect(lucie.page.get_by_role("heading", level=1)).to_have_text(fr("Sign in"))
    await inspect(lucie)

    await agent.go("/admin/network/relay")
    await inspect(agent)
    await agent.picture("relay")
