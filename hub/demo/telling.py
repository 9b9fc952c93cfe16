"""The story in its order: who settles where, who agrees with whom, and what each village then does."""

import asyncio
import tomllib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from hub.demo.acts import Facts, Village
from hub.demo.browsing import eventually
from hub.demo.elsewhere import OtherServer
from hub.demo.running import Hub

STORY = Path(__file__).parent / "story"
WHY = "Nous partageons le marché, l’école et la route : autant partager les coups de main."
WHY_SHOWN = "Pour que les besoins d’un village se lisent dans toute la vallée."


def story_of(name: str) -> dict[str, Any]:
    return tomllib.loads((STORY / f"{name}.toml").read_text(encoding="utf-8"))


def days_ago() -> dict[str, float]:
    """How long each thing of the story hangs already, by its title."""
    villages = [story_of(name) for name in ("saint-martin", "vaubelle")]
    told = [facts for story in villages for part in ("board", "projects", "news") for facts in story[part]]
    return {facts["title"]: facts["ago"] for facts in told if "ago" in facts}


async def tell_story(hubs: list[Hub], elsewhere: OtherServer) -> None:
    """Each village does what is its own at the same time as the others."""
    villages = [Village(hub, story_of(hub.name), number=number) for number, hub in enumerate(hubs, start=1)]
    one, other, region = villages
    between = story_of("between")
    await _each(_settle, villages)
    await asyncio.to_thread(_agree, one, other, region)
    for facts in between["follow"]:
        for handle in facts["whom"]:
            await elsewhere.follow(facts["who"], one.hub, handle)
    await _each(_live, [one, other])
    by_handle = {village.story["handle"]: village for village in villages}
    await asyncio.gather(
        asyncio.to_thread(_help_each_other, by_handle, between["help"]),
        _answer_from_elsewhere(one, elsewhere, between["answer"]),
    )


async def _each(act: Callable[[Village], None], villages: Iterable[Village]) -> None:
    await asyncio.gather(*(asyncio.to_thread(act, village) for village in villages))


def _settle(village: Village) -> None:
    village.set_up()
    village.invite()
    village.list_associations()


def _agree(one: Village, other: Village, region: Village) -> None:
    """What is exchanged from now on is seen by all three."""
    one.propose_to(other, WHY)
    for village in (one, other):
        region.propose_to(village, WHY_SHOWN)
    other.accept(WHY)
    for village in (one, other):
        village.accept(WHY_SHOWN)
    for village in (one, other, region):
        eventually(village.agrees_with_both)


def _live(village: Village) -> None:
    """Everything that happens in one village; needs of a project come after it, thanks at the end."""
    story = village.story
    acts: tuple[tuple[str, Callable[[Facts], None]], ...] = (
        ("projects", village.begin),
        ("board", village.hang),
        ("agenda", village.announce),
        ("news", village.tell),
    )
    for part, act in acts:
        for facts in story.get(part, ()):
            act(facts)
    for facts in story.get("projects", ()):
        if "closing" in facts:
            village.close(facts)


def _help_each_other(villages: dict[str, Village], helps: Iterable[Facts]) -> None:
    """Somebody answers a need of the next village on a page of their own."""
    for facts in helps:
        there, here = villages[facts["lives_in"]], villages[facts["needed_in"]]
        there.answer(facts["title"], {**facts, "then": ()}, author="")
        for deed in facts.get("then", ()):
            words = facts.get("thanks", "")
            here.decide(facts["title"], deed, author=facts["author"], helper=facts["by"], words=words)
        if "told_to_all" in facts:
            here.finish(facts["title"], author=facts["author"], thanks=facts["told_to_all"])


async def _answer_from_elsewhere(village: Village, elsewhere: OtherServer, answers: Iterable[Facts]) -> None:
    """In public; where the author takes it for help, it is asked for in private, and confirmed."""
    for facts in answers:
        title, who = facts["title"], facts["who"]
        await elsewhere.answer(who, title, facts["words"], hub=village.hub, handle=village.story["handle"])
        if "author" in facts:
            deed = {"author": facts["author"], "helper": f"@{who}@"}
            await asyncio.to_thread(village.decide, title, "count", **deed)
