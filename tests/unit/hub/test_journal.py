"""The journal is written once: neither the program nor somebody at the database changes what stands in it."""

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from hub.config import Config
from hub.db import close_database, open_database, rows
from hub.db.migrations import migrate
from hub.journal import Entry, record, record_each

HUB = Path(__file__).parents[3] / "hub"


@dataclass
class Somebody:
    id: int | None
    name: str


MARIE = Somebody(7, "Marie")


async def test_an_entry_says_who_what_about_what_why_and_when(database: Config) -> None:
    await record("hidden", "/k3d9xz", by=MARIE, why="insults")
    await record_each("host-blocked", {"a.example": "spam", "b.example": ""}, by=None)
    first, second, third = await Entry.all().order_by("id")
    assert (first.by_id, first.by, first.act, first.about, first.why) == (
        *(7, "Marie", "hidden", "/k3d9xz", "insults"),
    )
    assert first.at is not None
    assert (second.by_id, second.about, third.about) == (None, "a.example", "b.example")


async def test_the_program_cannot_change_or_delete_an_entry(database: Config) -> None:
    await record("hidden", "/k3d9xz", by=MARIE)
    entry = await Entry.get()
    entry.why = "another"
    with pytest.raises(TypeError):
        await entry.save()
    with pytest.raises(TypeError):
        await entry.delete()


async def test_adm_07_the_database_itself_refuses_to_change_or_delete_an_entry(engine_config: Config) -> None:
    await migrate(engine_config)
    await open_database(engine_config)
    try:
        await record("hidden", "/k3d9xz", by=MARIE, why="insults")
        for statement in ("UPDATE entry SET why = 'other'", "DELETE FROM entry"):
            with pytest.raises(Exception, match="the journal is written once"):
                await rows(statement)
        assert (await Entry.get()).why == "insults"
        await record("shown", "/k3d9xz", by=MARIE)
        assert await Entry.all().count() == 2
    finally:
        await close_database()


def test_no_line_of_the_program_changes_or_deletes_entries() -> None:
    changes = re.compile(
        r"Entry\.[^\n]*(?:update|delete)|(?:UPDATE|DELETE FROM)\s+\"?entry\"?\b", re.IGNORECASE
    )
    guilty = [path.name for path in HUB.rglob("*.py") if changes.search(path.read_text(encoding="utf-8"))]
    assert guilty == []
