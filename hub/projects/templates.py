"""Processes that a project may begin from: data, which fills in the form and binds nobody."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path

from hub.exchange.models import words_in
from hub.projects.models import ChapterDraft

FILE = Path(__file__).with_suffix(".toml")


@dataclass(frozen=True, kw_only=True)
class Step:
    """What such a project usually comes to, so many days after it began; words by locale."""

    days: int
    titles: dict[str, str]
    texts: dict[str, str]


@dataclass(frozen=True, kw_only=True)
class Template:
    """Words by locale."""

    key: str
    names: dict[str, str]
    hints: dict[str, str]
    texts: dict[str, str]
    calls: dict[str, str]
    steps: tuple[Step, ...]

    def name(self, locale: str) -> str:
        return words_in(self.names, locale)

    def hint(self, locale: str) -> str:
        return words_in(self.hints, locale)

    def text(self, locale: str) -> str:
        return words_in(self.texts, locale).strip()

    def call(self, locale: str) -> str:
        return words_in(self.calls, locale)

    def chapters(self, today: date, locale: str) -> tuple[ChapterDraft, ...]:
        """Its steps, for a project that begins today."""
        return tuple(
            ChapterDraft(
                on=today + timedelta(days=step.days),
                title=words_in(step.titles, locale),
                text=words_in(step.texts, locale),
            )
            for step in self.steps
        )


@cache
def shipped() -> Mapping[str, Template]:
    """By key, in the order of the file."""
    read = tomllib.loads(FILE.read_text(encoding="utf-8"))["template"]
    return {facts["key"]: _template(facts) for facts in read}


def _template(facts: dict[str, object]) -> Template:
    steps = facts.pop("steps", [])
    assert isinstance(steps, list)
    made = tuple(
        Step(days=step["days"], titles=step["titles"], texts=step.get("texts", {})) for step in steps
    )
    return Template(steps=made, **facts)  # type: ignore[arg-type]
