"""What the documents promise is so: settings, commands, sentences, icons, what goes over the wire."""

import argparse
import re
from pathlib import Path

import pytest

from federation import activities
from hub import app, cli
from hub.actors.models import KINDS
from hub.config import READERS
from hub.web.templates import ICONS

ROOT = Path(__file__).parents[1]


def names_in(page: str, pattern: str) -> set[str]:
    return set(
        re.findall(pattern, (ROOT / "docs" / "admin" / page).read_text(encoding="utf-8"), re.MULTILINE)
    )


def test_every_setting_is_documented_and_no_other() -> None:
    assert names_in("settings.md", r"^\| `LAVOIR_(\w+)` ") == {name.upper() for name in READERS}


def test_every_command_is_documented_and_no_other() -> None:
    commands = next(
        action for action in cli._parser()._actions if isinstance(action, argparse._SubParsersAction)
    )
    assert names_in("commands.md", r"^\| `lavoir ([a-z-]+)") == set(commands.choices)


def templates() -> list[Path]:
    return sorted((ROOT / "templates").rglob("*.html"))


@pytest.mark.parametrize("template", templates(), ids=lambda path: path.name)
def test_every_icon_of_a_template_is_drawn(template: Path) -> None:
    assert set(re.findall(r"""icon\("([a-z]+)"\)""", template.read_text(encoding="utf-8"))) <= ICONS.keys()


def test_every_sentence_after_a_form_exists_and_is_used() -> None:
    code = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "hub").rglob("*.py"))
    assert set(re.findall(r'said="([a-z-]+)"', code)) <= app.SAID.keys()
    unused = [key for key in app.SAID if len(re.findall(rf'["=]{key}"', code)) < 2]
    assert unused == []


@pytest.mark.parametrize("template", templates(), ids=lambda path: path.name)
def test_no_template_needs_what_the_content_policy_forbids(template: Path) -> None:
    text = template.read_text(encoding="utf-8")
    assert (
        re.search(r"""\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)|(?:src|href)="(?:https?:)?//|data:""", text)
        is None
    )


def rows_of(heading: str) -> list[list[str]]:
    """The cells of the first table below a heading of FEDERATION.md."""
    page = (ROOT / "FEDERATION.md").read_text(encoding="utf-8").split(f"\n## {heading}\n", 1)[1]
    table = page.split("\n## ", 1)[0].split("| --- |\n", 1)[1].split("\n\n", 1)[0]
    return [re.split(r"\s*\|\s*", line.strip("| ")) for line in table.splitlines()]


def test_every_activity_that_comes_in_has_its_row_and_no_other() -> None:
    documented = {row[0].strip("`") for row in rows_of("Activities") if len(row) > 3 and row[3]}
    assert documented == set(app.HANDLERS)


def test_every_activity_that_goes_out_has_its_row_and_no_other() -> None:
    code = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "hub").rglob("*.py"))
    called = {*re.findall(r"activities\.([a-z_]+)\b", code)} & {*vars(activities)}
    made = {"".join(part.capitalize() for part in name.split("_")) for name in called}
    assert {row[0].strip("`") for row in rows_of("Activities") if row[2]} == made


def test_every_kind_of_actor_has_its_row() -> None:
    assert {row[1].strip("`") for row in rows_of("Actors")} == set(KINDS.values())


def test_every_example_of_the_page_about_federation_is_there() -> None:
    page = (ROOT / "FEDERATION.md").read_text(encoding="utf-8")
    links = re.findall(r"\]\((tests/[^)]+)\)", page)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []
