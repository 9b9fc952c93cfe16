"""The kinds of needs and offers that come with Lavoir: data, which agents change in the pages."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from hub.db import transaction
from hub.exchange.models import Template

FILE = Path(__file__).with_suffix(".toml")


async def establish_templates() -> None:
    """Add those that are missing; what agents have changed or withdrawn stays as it is."""
    async with transaction():
        known = {str(key) for key in await Template.all().values_list("key", flat=True)}
        for position, facts in enumerate(shipped()):
            if facts["key"] not in known:
                await Template.create(position=position, **facts)


@cache
def shipped() -> list[dict[str, Any]]:
    """As the file has them, in its order."""
    return list(tomllib.loads(FILE.read_text(encoding="utf-8"))["template"])
