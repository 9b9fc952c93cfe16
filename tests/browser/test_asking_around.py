"""A need that nobody answers: what may suit it, how far it asks, and what a stranger reads of it."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.async_api import expect

from hub import text
from hub.actors.hosts import use_federation
from hub.actors.minting import use_origin
from hub.actors.models import Actor
from hub.config import Config
from hub.db import close_database, open_database
from hub.exchange.actions import publish_proposal
from hub.exchange.models import ProposalDraft
from hub.fediverse.models import AgreementState, Neighbour
from hub.matching import widening
from hub.matching.models import Suggestion
from hub.participants.models import Person
from hub.publications.models import Kind, Scope
from tests import factories
from tests.browser.conftest import Visit
from tests.browser.visitor import Visitor
from tests.site import Site

Inspect = Callable[[Visitor], Awaitable[None]]

SET_UP = ("--insee", "26046", "--admin-email", "marie@example.fr", "--publisher", "Claire Auzias")
NEED, OFFER = "Un fauteuil roulant pour dix jours", "Fauteuil et béquilles à prêter"
WORDS = "Ma belle-mère s’est cassé la cheville."


def fr(message: str) -> str:
    """What a French page says for this message."""
    with text.speaking("fr"):
        return text.gettext(message)


@dataclass
class Village:
    site: Site
    need: str = ""


@pytest.fixture
def village(tmp_path: Path) -> Iterator[Village]:
    """With a silent need of Rosa's that asks the region by now, and an offer that may suit."""
    village = Village(Site(tmp_path / "data"))
    done = village.site.command("setup", *SET_UP)
    assert done.returncode == 0, done.stderr
    asyncio.run(_fill(village))
    with village.site:
        yield village


async def _fill(village: Village) -> None:
    await open_database(Config(data=village.site.data))
    use_origin(village.site.url)
    use_federation("open")
    rosa = await factories.member("Rosa")
    asked = ProposalDraft(
        kind=Kind.NEED, title=NEED, text=WORDS, category="things", area="Les Combes", widens=True
    )
    offered = ProposalDraft(kind=Kind.OFFER, title=OFFER, text="", category="things", scope=Scope.PUBLIC)
    need = await publish_proposal(asked, Person(name="Rosa", member_id=rosa.id), trusted=True)
    offer = await publish_proposal(offered, Person(name="Lucie", mail="lucie@example.fr"), trusted=True)
    why = {"category": "things", "km": 0.4, "words": ["fauteuil"]}
    await Suggestion.create(need=need, offer=offer, score=0.8, reasons=why)
    for host, is_region in (("vaubelle.example", False), ("pays.example", True)):
        await _agree(host, is_region=is_region)
    for hours in (49, 98):
        await widening.widen_silent(datetime.now(UTC) + timedelta(hours=hours))
    village.need = f"/{need.publication.code}"
    await close_database()


async def _agree(host: str, *, is_region: bool) -> None:
    uri = f"https://{host}/actor"
    facts = {"name": host, "handle": f"{host}@{host}", "kind": "Application", "inbox": f"{uri}/inbox"}
    actor = await Actor.create(uri=uri, host=host, **facts)
    await Neighbour.create(
        actor=actor,
        host=host,
        name=host.split(".", maxsplit=1)[0].capitalize(),
        state=AgreementState.AGREED,
        is_region=is_region,
        sends="need,offer",
    )


async def signed_in(village: Village, visit: Visit, mail: str) -> Visitor:
    visitor = await visit(village.site.url)
    await visitor.go(village.site.command("sign-in-link", mail).stdout.strip())
    await visitor.submit(fr("Come in"))
    return visitor


async def look(visitor: Visitor, inspect: Inspect, name: str) -> None:
    await visitor.picture(name)
    await inspect(visitor)


async def test_a_silent_need_asks_around_and_its_author_takes_it_back(
    village: Village, visit: Visit, inspect: Inspect
) -> None:
    stranger = await visit(village.site.url)
    await stranger.go(village.need)
    await expect(stranger.page.get_by_role("heading", level=1)).to_have_text(NEED)
    assert "cheville" not in await stranger.page.content()
    await look(stranger, inspect, "asks-everybody")
    await stranger.go(f"{village.need}/help")
    await look(stranger, inspect, "asks-everybody-help")

    marie = await signed_in(village, visit, "marie@example.fr")
    await marie.go("/moderation/silent")
    await look(marie, inspect, "silent")
    await marie.submit(f"{fr('Put it to both sides')} {OFFER}")
    await expect(marie.page.get_by_text(fr("Put to both sides"))).to_be_visible()

    rosa = await signed_in(village, visit, "rosa@example.fr")
    await rosa.go(f"{village.need}/manage")
    await look(rosa, inspect, "asks-around")
    await rosa.submit(f"{fr('Does not suit')} {OFFER}")
    await expect(rosa.page.get_by_text(OFFER)).to_have_count(0)
    await rosa.go(f"{village.need}/manage")
    await rosa.submit(fr("Take it back from the others"))
    await stranger.go(village.need)
    await expect(stranger.page.get_by_text(NEED)).to_have_count(0)
