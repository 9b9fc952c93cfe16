"""The pages about neighbouring villages: a proposal is accepted, a resident objects and is answered."""

import os
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Visit
from tests.browser.test_moderation import fill, sign_in
from tests.browser.test_news import SET_UP, fr
from tests.browser.visitor import Visitor
from tests.site import ROOT, Site

Inspect = Callable[[Visitor], Awaitable[None]]

# How other villages stand with ours; how they came to it is tested elsewhere.
BEFORE = """
import asyncio, sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from hub.actors.actions import meet
from hub.actors.minting import use_origin
from hub.actors.models import Actor, Host, Policy, Role
from hub.config import Config
from hub.db import close_database, open_database
from hub.fediverse.models import AgreementState, Follow, Neighbour, Receipt
from hub.members.actions import add_member

async def village(name, host, state, **facts):
    now = datetime.now(UTC)
    await meet(host, at=now)
    uri = f"https://{host}/actor"
    actor = await Actor.create(uri=uri, host=host, name="server", kind="Application", inbox=f"{uri}/inbox")
    usual = {"latitude": 44.6, "longitude": 5.2, "agreed_at": now, "changed_at": now - timedelta(days=12)}
    return await Neighbour.create(actor=actor, host=host, name=name, state=state, **(usual | facts))

async def before(data, origin):
    use_origin(origin)
    await open_database(Config(data=data))
    try:
        await fill_in(origin)
    finally:  # its threads would keep the process
        await close_database()

async def fill_in(origin):
    now = datetime.now(UTC)
    await add_member("Rosa", mail="rosa@example.fr", locale="fr", trusted=True)
    all_of_it = "need,offer,event,project,experience"
    val = await village("Vaubelle", "vaubelle.example", AgreementState.AGREED, sends=all_of_it,
        receives="need,event", within=25, why="Nous partageons le four et l’école depuis 1902.",
        their_why="Nos associations travaillent ensemble.")
    await Host.filter(name="vaubelle.example").update(heard_at=now - timedelta(minutes=4))
    for number in range(3):
        uri = f"{origin}/o/{number}"
        await Receipt.create(neighbour=val, uri=f"{uri}/delete", object_uri=uri, sent_at=now,
            times=1 + 3 * number, acknowledged_at=now if number == 0 else None)
    await village("Les Aires-Hautes", "les-aires-hautes.example", AgreementState.ASKED, sends="need")
    off = await village("Bellefontaine-sous-Roc", "bellefontaine.example", AgreementState.AGREED,
        sends="need,event", receives="need")
    await Host.filter(name=off.host).update(failing_since=now, next_at=now + timedelta(hours=1))
    await village("Roche-Tilleul", "roche-tilleul.example", AgreementState.PAUSED, sends="need",
        receives="need")
    await village("Annonces faciles", "annonces-faciles.example", AgreementState.ENDED, sends="need")
    blocked = {"policy": Policy.BLOCKED, "decided_at": datetime(2026, 3, 2, 12, tzinfo=UTC)}
    await Host.filter(name="annonces-faciles.example").update(note="Publicité répétée", **blocked)
    font = await village("Font-Bonnette", "font-bonnette.example", AgreementState.ASKS, receives="need,offer",
        agreed_at=None,
        their_why="Nous cherchons du monde pour la fête du pain, et nous prêtons notre broyeur.")
    server = await Actor.get(role=Role.SERVER)
    await Follow.create(uri="https://font-bonnette.example/f", follower_id=font.actor_id, followed=server)

asyncio.run(before(Path(sys.argv[1]), sys.argv[2]))
"""


@pytest.fixture
def village(tmp_path: Path) -> Iterator[Site]:
    """A village with Marie as its administrator, among others."""
    site = Site(tmp_path / "data")
    done = site.command("setup", *SET_UP)
    assert done.returncode == 0, done.stderr
    done = subprocess.run(
        [sys.executable, "-c", BEFORE, str(site.data), site.url],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    with site:
        yield site


async def test_a_proposal_is_accepted_and_an_objection_answered(
    village: Site, visit: Visit, inspect: Inspect
) -> None:
    marie = await sign_in(village, visit, "marie@example.fr")
    rosa = await sign_in(village, visit, "rosa@example.fr")
    await marie.go("/neighbours")
    await inspect(marie)
    await marie.picture("neighbours-administrator")
    await fill(marie, why="Pour la fête du pain.")
    await marie.submit(fr("Accept the agreement"))
    await expect(marie.page.locator("table")).to_contain_text("Font-Bonnette")
    await rosa.go("/neighbours")
    await inspect(rosa)
    await rosa.picture("neighbours")
    await rosa.page.get_by_role("link", name="Vaubelle").click()
    await rosa.page.get_by_text(fr("I object to this agreement")).click()
    await inspect(rosa)
    await fill(rosa, objection="Leurs annonces prennent toute la place.")
    await rosa.submit(fr("Send the objection"))
    await rosa.picture("agreement")
    await marie.page.get_by_role("link", name="Vaubelle").last.click()
    await inspect(marie)
    for closed in reversed(await marie.page.locator("details summary").all()):
        await closed.click()
    await inspect(marie)
    await marie.picture("agreement-administrator")
    await fill(marie, answer="Nous ne recevons plus que leurs besoins.")
    await marie.page.locator("form[action*=objections] button").click()
    await expect(marie.page.locator("main")).to_contain_text("Nous ne recevons plus que leurs besoins.")
    await marie.go("/neighbours/new?address=mirevent.example")
    await inspect(marie)
    await marie.picture("agreement-new")
