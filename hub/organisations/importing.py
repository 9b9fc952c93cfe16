"""A table of organisations taken over in one go: compared with what is listed, then all of it or nothing.

An organisation is recognised by its name, capitals and accents aside. An empty cell changes nothing.
A page that its own people look after is left to them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from hub.organisations.actions import add, change, describe
from hub.organisations.models import Organisation, OrganisationDraft, Spokesperson, words_key


class Outcome(StrEnum):
    """What becomes of a row."""

    ADDED = "added"
    CHANGED = "changed"
    SAME = "same"
    MANAGED = "managed"


@dataclass(frozen=True)
class Entry:
    """A checked row: its line in the file, and what its cells say, by field; `name` is always there."""

    line: int
    facts: Mapping[str, Any]

    @property
    def key(self) -> str:
        return words_key(self.facts["name"])


@dataclass(frozen=True)
class Change:
    """What a row would do to the directory."""

    entry: Entry
    existing: Organisation | None
    managed: bool = False

    @property
    def differing(self) -> dict[str, Any]:
        """The facts that are new, by field."""
        facts = {name: value for name, value in self.entry.facts.items() if name != "name"}
        return {name: value for name, value in facts.items() if getattr(self.existing, name, None) != value}

    @property
    def outcome(self) -> Outcome:
        if self.existing is None:
            return Outcome.ADDED
        if not self.differing:
            return Outcome.SAME
        return Outcome.MANAGED if self.managed else Outcome.CHANGED


async def compare(entries: Sequence[Entry]) -> list[Change]:
    """What importing would do now, row by row."""
    listed = {organisation.name_key: organisation for organisation in await Organisation.all()}
    managed = set(await Spokesperson.managing().values_list("organisation_id", flat=True))
    found = [(entry, listed.get(entry.key)) for entry in entries]
    return [Change(entry, existing, bool(existing and existing.id in managed)) for entry, existing in found]


async def import_entries(entries: Sequence[Entry]) -> None:
    """Add and change what the rows say, in one transaction. Raises Conflict, and then nothing is done."""
    async with change():
        for each in await compare(entries):
            if each.outcome is Outcome.ADDED:
                await add(OrganisationDraft(**each.entry.facts))
            elif each.existing is not None and each.outcome is Outcome.CHANGED:
                existing = Organisation.filter(id=each.existing.id)
                await existing.update(**each.differing, changed_at=datetime.now(UTC))
                await describe(await Organisation.get(id=each.existing.id))
