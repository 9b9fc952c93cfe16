"""The kinds of needs and offers that come with Lavoir: data, which agents change in the pages."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from itertools import chain, count
from pathlib import Path
from typing import Any

from hub.db import transaction
from hub.exchange.models import Mode, Template
from hub.organisations.models import words_key

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


@dataclass(frozen=True, kw_only=True)
class TemplateDraft:
    """A kind of need or offer as an agent wrote it, checked; the fields are those of the model."""

    kinds: list[str]
    names: dict[str, str]
    hints: dict[str, str]
    notices: dict[str, str]
    category: str
    unit: dict[str, str]
    mode: Mode
    asks: list[str]
    questions: list[dict[str, Any]]
    days: int


async def add_template(draft: TemplateDraft) -> Template:
    """At the end of the list, under a key that never changes."""
    async with transaction():
        known = {template.key: template.position for template in await Template.all()}
        key = free_key(next(iter(draft.names.values())), known)
        return await Template.create(key=key, position=max(known.values(), default=0) + 1, **vars(draft))


async def change_template(template: Template, draft: TemplateDraft) -> None:
    """For what is written from now on; what hangs already keeps its answers."""
    async with transaction():
        template.update_from_dict(vars(draft))
        await template.save()


async def withdraw_template(template: Template) -> None:
    """Nothing new is made from it. What hangs already stays."""
    await Template.filter(id=template.id, retired_at=None).update(retired_at=datetime.now(UTC))


async def bring_back_template(template: Template) -> None:
    await Template.filter(id=template.id).update(retired_at=None)


def free_key(name: str, known: Mapping[str, int]) -> str:
    """`lending-a-thing`, with a number where it is taken."""
    words = "-".join(words_key(name).split())
    base = (re.sub(r"[^a-z0-9-]", "", words) or "kind")[:30].strip("-")
    return next(key for key in chain([base], (f"{base}-{number}" for number in count(2))) if key not in known)
