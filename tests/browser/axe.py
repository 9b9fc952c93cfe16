"""Barriers in a page, found by axe-core: in light and in dark colours, also where scripts are off."""

from typing import Any

from tests import parts
from tests.browser.visitor import Visitor

# Of what axe would load beside the page, no rule that is on asks for its styles.
ALL_RULES = {"resultTypes": ["violations"], "preload": {"assets": ["media"]}}
COLOURS = {**ALL_RULES, "runOnly": ["color-contrast", "link-in-text-block"]}


async def assert_accessible(visitor: Visitor) -> None:
    """No violation of any axe rule in the page that the visitor looks at."""
    barriers = []
    async with visitor.scripts_on():
        await visitor.bring(parts.axe())
        await visitor.page.emulate_media(color_scheme="dark")
        barriers += [f"dark: {_shown(barrier)}" for barrier in await _run(visitor, COLOURS)]
        await visitor.page.emulate_media(color_scheme="light")
        barriers += [f"light: {_shown(barrier)}" for barrier in await _run(visitor, ALL_RULES)]
    assert not barriers, "\n".join([f"{visitor.page.url} has barriers:", *barriers])


async def _run(visitor: Visitor, options: dict[str, Any]) -> list[dict[str, Any]]:
    violations: list[dict[str, Any]] = await visitor.page.evaluate(
        "async options => (await axe.run(document, options)).violations", options
    )
    return violations


def _shown(violation: dict[str, Any]) -> str:
    nodes = [f"    {node['html'][:200]}\n    {node['failureSummary']}" for node in violation["nodes"]]
    return "\n".join([f"{violation['id']} ({violation['impact']}): {violation['help']}", *nodes])
