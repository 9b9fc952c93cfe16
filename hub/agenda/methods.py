"""The methods for workshops that come with Lavoir: data, which agents change in the pages."""

import tomllib
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from hub.agenda.models import Event, Method
from hub.db import transaction
from hub.exchange.models import words_in
from hub.exchange.templates import free_key
from hub.text import current_locale, typeset

FILE = Path(__file__).with_suffix(".toml")


async def establish_methods() -> None:
    """Add those that are missing; what agents have changed or withdrawn stays as it is."""
    async with transaction():
        known = {str(key) for key in await Method.all().values_list("key", flat=True)}
        for position, facts in enumerate(shipped()):
            if facts["key"] not in known:
                await Method.create(position=position, **facts)


@cache
def shipped() -> list[dict[str, Any]]:
    """As the file has them, in its order."""
    return [_facts(one) for one in tomllib.loads(FILE.read_text(encoding="utf-8"))["method"]]


def _facts(written: dict[str, Any]) -> dict[str, Any]:
    least, most = written.pop("people")
    return {**written, "people_least": least, "people_most": most}


async def offered(*, minutes: int | None = None, people: int | None = None) -> list[Method]:
    """Those for so much time and so many people, in their order; all of them, where nobody says."""
    found = Method.filter(retired_at=None)
    if minutes is not None:
        found = found.filter(minutes__lte=minutes)
    if people is not None:
        found = found.filter(people_least__lte=people, people_most__gte=people)
    return await found.order_by("position", "id")


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """A method as somebody reads or prints it, in the language of the moment."""

    key: str
    name: str
    purpose: str
    minutes: int
    people: tuple[int, int]
    material: str
    steps: list[str]
    report: list[str]


def sheet_of(method: Method) -> Sheet:
    locale = current_locale()
    return Sheet(
        key=method.key,
        name=words_in(method.names, locale),
        purpose=words_in(method.purposes, locale),
        minutes=method.minutes,
        people=(method.people_least, method.people_most),
        material=words_in(method.material, locale),
        steps=_lines_in(method.steps, locale),
        report=_lines_in(method.report, locale),
    )


async def sheet_of_event(event: Event) -> Sheet | None:
    """Of a workshop; None for any other event."""
    method = await Method.get_or_none(key=event.method) if event.method else None
    return None if method is None else sheet_of(method)


def _lines_in(lines: dict[str, list[str]], locale: str) -> list[str]:
    """In this language, or else in any; set as French is."""
    found = lines.get(locale) or next((each for each in lines.values() if each), [])
    return [typeset(each) for each in found] if locale == "fr" else found


@dataclass(frozen=True, kw_only=True)
class MethodDraft:
    """A method as an agent wrote it, checked; the fields are those of the model."""

    names: dict[str, str]
    purposes: dict[str, str]
    minutes: int
    people_least: int
    people_most: int
    material: dict[str, str]
    steps: dict[str, list[str]]
    report: dict[str, list[str]]


async def add_method(draft: MethodDraft) -> Method:
    """At the end of the list, under a key that never changes."""
    async with transaction():
        known = {method.key: method.position for method in await Method.all()}
        key = free_key(next(iter(draft.names.values())), known)
        return await Method.create(key=key, position=max(known.values(), default=0) + 1, **vars(draft))


async def change_method(method: Method, draft: MethodDraft) -> None:
    """Workshops that follow it show it as it is now."""
    async with transaction():
        await method.update_from_dict(vars(draft)).save()


async def withdraw_method(method: Method) -> None:
    """Nobody chooses it any more; workshops that follow it keep it."""
    await Method.filter(id=method.id, retired_at=None).update(retired_at=datetime.now(UTC))


async def bring_back_method(method: Method) -> None:
    await Method.filter(id=method.id).update(retired_at=None)
