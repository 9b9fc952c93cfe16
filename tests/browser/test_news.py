"""An announcement from its first word to its end, as the town hall and its readers see it, in each way."""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.async_api import Browser, expect

from hub import text
from tests.browser.conftest import Visit
from tests.browser.visitor import DESKTOP, Visitor, assert_light_on_first_load
from tests.site import Site

Inspect = Callable[[Visitor], Awaitable[None]]

SET_UP = ("--insee", "26046", "--admin-email", "marie@example.fr", "--publisher", "Claire Auzias")
TITLE = "L’eau sera coupée mardi matin, rue du Four"
TEXT = "De **8 h à 12 h** :\n\n- rue du Four\n- place du Lavoir\n\nVoir https://eau.example/travaux\n\n#eau"


def fr(message: str) -> str:
    """What a French page says for this message."""
    with text.speaking("fr"):
        return text.gettext(message)


@pytest.fixture
def village(tmp_path: Path) -> Iterator[Site]:
    """A village that is set up, with Marie as its administrator."""
    site = Site(tmp_path / "data")
    done = site.command("setup", *SET_UP)
    assert done.returncode == 0, done.stderr
    with site:
        yield site


async def marie(village: Site, visit: Visit) -> Visitor:
    visitor = await visit(village.url)
    await visitor.go(village.command("sign-in-link", "marie@example.fr").stdout.strip())
    await visitor.submit(fr("Come in"))
    return visitor


async def publish(visitor: Visitor) -> str:
    """Its path."""
    await visitor.go("/new/announcement")
    await visitor.page.locator("[name=title]").fill(TITLE)
    await visitor.page.locator("[name=text]").fill(TEXT)
    await visitor.submit(fr("Publish it"))
    await expect(visitor.page.get_by_role("status")).to_contain_text(fr("It is published."))
    return visitor.page.url.removeprefix(visitor.home).partition("?")[0]


def let_lucie_answer(village: Site, path: str) -> None:
    """As if it had come over the network and was handled; how it comes is tested elsewhere."""
    now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S+00:00")
    uri = "https://mastodon.example/users/lucie.martel"
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
        "created_at": now,
    }
    with sqlite3.connect(village.data / "lavoir.sqlite3", timeout=20) as database:
        author = insert(database, "actor", actor)
        code = path.removeprefix("/")
        root, parent = database.execute("SELECT id, uri FROM publication WHERE code = ?", (code,)).fetchone()
        answer = {
            "uri": f"{uri}/1",
            "url": "https://mastodon.example/@lucie.martel/1",
            "author_id": author,
            "kind": "answer",
            "type": "Note",
            "scope": "public",
            "title": "",
            "html": "<p>Et la fontaine, elle coule ?</p>",
            "summary": "<p>Eau</p>",
            "source": "",
            "in_reply_to": parent,
            "root_id": root,
            "published_at": now,
            "received_at": now,
            **dict.fromkeys(("edits", "likes", "shares", "replies"), 0),
        }
        insert(database, "publication", answer)
    database.close()


def insert(database: sqlite3.Connection, table: str, row: dict[str, object]) -> int:
    places = ", ".join("?" * len(row))
    statement = f"INSERT INTO {table} ({', '.join(row)}) VALUES ({places})"
    number = database.execute(statement, tuple(row.values())).lastrowid
    assert number is not None
    return number


async def test_an_announcement_is_published_answered_changed_and_deleted(
    village: Site, visit: Visit, inspect: Inspect
) -> None:
    agent, reader = await marie(village, visit), await visit(village.url)
    for path in ("/news", "/new/announcement", "/network"):
        await agent.go(path)
        await inspect(agent)
    path = await publish(agent)
    await inspect(agent)

    await reader.go(path)
    await expect(reader.page.get_by_role("heading", level=1)).to_have_text(TITLE)
    await inspect(reader)
    for place in ("/news", "/", "/@bellecombe-tarendol"):
        await reader.go(place)
        await expect(reader.page.get_by_role("link", name=TITLE)).to_be_visible()
        await inspect(reader)
    await reader.go(f"{path}/interact")
    await inspect(reader)

    let_lucie_answer(village, path)
    await answer_and_hide(agent, path, inspect)
    await change_and_delete(agent, path, inspect)
    gone = await reader.go(path)
    assert gone.status == 410
    await inspect(reader)


async def answer_and_hide(agent: Visitor, path: str, inspect: Inspect) -> None:
    page = agent.page
    await agent.go(path)
    said = page.locator("article.said").first
    await expect(said).to_contain_text("Lucie Martel")
    await expect(said.locator(".handle")).to_have_text("@lucie.martel@mastodon.example")
    await expect(said.get_by_text("Et la fontaine")).to_be_hidden()  # behind its warning
    await said.locator("summary").click()
    await expect(said.get_by_text("Et la fontaine")).to_be_visible()
    await inspect(agent)
    await agent.picture("announcement")
    await said.get_by_role("link", name=fr("Answer")).click()
    await inspect(agent)
    await page.locator("[name=text]").fill("Oui, elle vient de la source.")
    await agent.submit(fr("Send the answer"))
    await expect(page.locator("article.said").last).to_contain_text("Oui, elle vient de la source.")
    async with page.expect_navigation():
        await page.locator("article.said").first.get_by_role("button", name=fr("Hide")).click()
    await expect(page.locator("article.said").first).to_contain_text(fr("Hidden"))
    await inspect(agent)
    await agent.go("/network")
    await expect(page.locator("article.said").first).to_contain_text("Lucie Martel")
    await inspect(agent)


async def change_and_delete(agent: Visitor, path: str, inspect: Inspect) -> None:
    page = agent.page
    await agent.go(f"{path}/edit")
    await inspect(agent)
    await page.locator("[name=text]").fill("C’est réparé.")
    await agent.submit(fr("Save"))
    await expect(page.locator("article.sheet")).to_contain_text("C’est réparé.")
    await agent.submit(fr("Keep it at the top"))
    await expect(page.locator("article.sheet")).to_contain_text(fr("Stays at the top"))
    await agent.go(f"{path}/delete")
    await inspect(agent)
    await agent.submit(fr("Delete it"))
    await expect(page.get_by_role("status")).to_contain_text(fr(DELETED))


DELETED = "It is deleted. Other servers are asked to delete it, too."


async def test_a_reader_goes_from_the_form_to_their_own_server(
    tmp_path: Path, visit: Visit, inspect: Inspect
) -> None:
    """The browser must let our form end on another server, though no other form of ours may."""
    home = await asyncio.start_server(_home, "127.0.0.1", 0)
    address = f"127.0.0.1:{home.sockets[0].getsockname()[1]}"
    site = Site(tmp_path / "data", settings={"LAVOIR_PEER_NETWORKS": "127.0.0.0/8"})
    site.command("setup", *SET_UP)
    with site:
        reader = await visit(site.url)
        await reader.go("/@bellecombe-tarendol")
        await reader.page.get_by_role("link", name=fr("Follow from your own server")).click()
        await inspect(reader)
        await reader.page.locator("[name=address]").fill("nowhere")
        await reader.submit(fr("Go to my server"))
        await expect(reader.page.get_by_role("alert")).to_be_visible()
        await inspect(reader)
        await reader.page.locator("[name=address]").fill(address)
        await reader.submit(fr("Go to my server"))
        follow = quote(f"{site.url}/a/bellecombe-tarendol", safe="")
        assert reader.page.url == f"http://{address}/authorize_interaction?uri={follow}"
        reader.complaints.clear()  # the visitor did leave the site
    home.close()


async def _home(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A server that says nothing of itself, and has one page."""
    if await reader.read(1) != b"\x16":  # not somebody who tries TLS
        head = await reader.readuntil(b"\r\n\r\n")
        status = "200 OK" if b"authorize_interaction" in head.splitlines()[0] else "404 Not Found"
        hello = '<link rel="icon" href="data:,">hello'  # no icon is asked for, sooner or later
        page = f"HTTP/1.1 {status}\r\ncontent-type: text/html\r\ncontent-length: {len(hello)}\r\n"
        writer.write(f"{page}connection: close\r\n\r\n{hello}".encode())
        await writer.drain()
    writer.close()


@pytest.mark.parametrize("way", [DESKTOP], ids=lambda way: way.name)
async def test_the_news_are_light(village: Site, browser: Browser, visit: Visit) -> None:
    path = await publish(await marie(village, visit))
    for each in (path, "/news", "/@bellecombe-tarendol", "/@bellecombe-tarendol/follow"):
        await assert_light_on_first_load(browser, village.url + each)
