"""What the documents promise is so: settings, commands, sentences, icons, what goes over the wire."""

import argparse
import json
import os
import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from federation import activities
from federation.vocabulary import OWN_TERMS
from hub import app, cli
from hub.actors.models import KINDS
from hub.config import READERS, Config
from hub.web.templates import ICONS

ROOT = Path(__file__).parents[1]


def names_in(page: str, pattern: str) -> set[str]:
    return set(
        re.findall(pattern, (ROOT / "docs" / "admin" / page).read_text(encoding="utf-8"), re.MULTILINE)
    )


def test_every_setting_is_documented_and_no_other() -> None:
    assert names_in("settings.md", r"^\| `LAVOIR_(\w+)` ") == {name.upper() for name in READERS}


def test_the_defaults_that_are_documented_are_those_of_the_program() -> None:
    page = (ROOT / "docs" / "admin" / "settings.md").read_text(encoding="utf-8")
    said = dict(re.findall(r"(?m)^\| `LAVOIR_(\w+)` \|.*\| (?:`([^`]+)`|unset.*) \|$", page))
    assert {name.upper() for name in READERS} - said.keys() == {"BACKUP_FOLDER"}  # below LAVOIR_DATA
    meant = {name: READERS[name.lower()](text) if text else None for name, text in said.items()}
    defaults = {name: getattr(Config(), name.lower()) for name in said}
    assert meant == {name: None if value == () else value for name, value in defaults.items()}


def test_every_command_is_documented_and_no_other() -> None:
    commands = next(
        action for action in cli._parser()._actions if isinstance(action, argparse._SubParsersAction)
    )
    assert names_in("commands.md", r"^\| `lavoir ([a-z-]+)") == set(commands.choices)


def test_what_the_page_about_trouble_quotes_is_what_the_program_says() -> None:
    page = (ROOT / "docs" / "admin" / "trouble.md").read_text(encoding="utf-8")
    table = page.partition("## What somebody sees")[2].partition("\n## ")[0]
    quoted = [words for row in table.splitlines() for words in re.findall("`([^`]+)`", row.split(" | ")[0])]
    pieces = {piece.strip() for words in quoted for piece in words.split("…")} - {""}
    code = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "hub").rglob("*.py"))
    assert len(pieces) > 5
    assert {piece for piece in pieces if piece not in code} == set()


def test_every_state_of_a_server_is_explained_and_no_other() -> None:
    template = (ROOT / "templates" / "network" / "_server_state.html").read_text(encoding="utf-8")
    page = (ROOT / "docs" / "admin" / "neighbours.md").read_text(encoding="utf-8")
    table = page.partition("## The page `/admin/network`")[2].partition("\n## ")[0]
    explained = re.findall(r"(?m)^\| ([^|]+) \|", table)[1:]
    assert sorted(explained) == sorted(re.findall(r'_\("([^"]+)"\)', template))


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


def test_every_word_of_our_own_is_defined_and_documented() -> None:
    roots = (ROOT / "hub", ROOT / "federation")
    code = "".join(path.read_text(encoding="utf-8") for root in roots for path in root.rglob("*.py"))
    used = set(re.findall(r'"lavoir:([a-zA-Z]+)"', code))
    prose = (ROOT / "FEDERATION.md").read_text(encoding="utf-8").partition("## What we send, by example")[0]
    assert len(used) > 20
    assert used - OWN_TERMS.keys() == set()
    assert used - set(re.findall(r"lavoir:([a-zA-Z]+)", prose)) == set()


def test_every_kind_of_actor_has_its_row() -> None:
    assert {row[1].strip("`") for row in rows_of("Actors")} == set(KINDS.values())


def test_every_example_of_the_page_about_federation_is_what_the_program_makes() -> None:
    """LAVOIR_WRITE_EXPECTED=1 writes them anew, as it does the snapshots that they come from."""
    page = (ROOT / "FEDERATION.md").read_text(encoding="utf-8")
    if os.environ.get("LAVOIR_WRITE_EXPECTED"):
        page = EXAMPLE.sub(_as_shown, page)
        (ROOT / "FEDERATION.md").write_text(page, encoding="utf-8")
    examples = EXAMPLE.findall(page)
    assert len(examples) >= 8
    for file, shown in examples:
        assert json.loads(shown) == _without_context(file), file


EXAMPLE = re.compile(r"\]\((tests/[^)]+)\)\n\n```json\n(.*?)```$", re.MULTILINE | re.DOTALL)


def _without_context(file: str) -> dict[str, object]:
    document: dict[str, object] = json.loads((ROOT / file).read_text(encoding="utf-8"))
    return {name: value for name, value in document.items() if name != "@context"}


def _as_shown(found: re.Match[str]) -> str:
    text = json.dumps(_without_context(found[1]), ensure_ascii=False, indent=1)
    return f"]({found[1]})\n\n```json\n{text}\n```"


# ------------------------------------------------------------ every page, whatever it is about

LINK = re.compile(r"(?:\]\(|src=\")([^)\"\s]+)[)\"]")
MOST_BYTES = 64_000  # of a picture: a page of documents is read in the country, too


def documents() -> list[Path]:
    return sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "tests").glob("*/README.md")])


def anchors_in(page: Path) -> set[str]:
    """What the headings of a page can be reached by."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def missing_in(page: Path, link: str) -> bool:
    path, _, anchor = link.partition("#")
    target = page.parent / path if path else page
    return not target.exists() or bool(anchor and anchor not in anchors_in(target))


@pytest.mark.parametrize("page", documents(), ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_of_a_document_leads_somewhere(page: Path) -> None:
    links = LINK.findall(page.read_text(encoding="utf-8"))
    here = [link for link in links if not re.match(r"[a-z]+:", link)]
    assert [link for link in here if missing_in(page, link)] == []


def test_every_picture_is_shown_somewhere_and_light() -> None:
    pictures = set((ROOT / "docs" / "pictures").iterdir())
    shown = {
        (page.parent / link).resolve()
        for page in documents()
        for link in LINK.findall(page.read_text(encoding="utf-8"))
        if link.endswith(".png")
    }
    assert shown == pictures
    assert [picture.name for picture in pictures if picture.stat().st_size > MOST_BYTES] == []


def words_of_documents(pattern: str) -> dict[str, set[str]]:
    """What matches, by the page that says it."""
    said = {page: set(re.findall(pattern, page.read_text(encoding="utf-8"))) for page in documents()}
    return {str(page.relative_to(ROOT)): words for page, words in said.items() if words}


def commands() -> set[str]:
    parsers = [each for each in cli._parser()._actions if isinstance(each, argparse._SubParsersAction)]
    return set(parsers[0].choices)


def test_documents_name_only_commands_targets_and_settings_that_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    settings = {name.upper() for name in READERS} | {f"{name.upper()}_FILE" for name in READERS}
    for pattern, known in (
        (r"(?m)(?:`|^    )lavoir ([a-z][a-z-]+)", commands()),
        (r"(?m)(?:`|^    )make ([a-z-]+)", targets),
        (r"LAVOIR_(?!TEST_|FOUND_DAYS|WRITE_EXPECTED|X\b|X_FILE)([A-Z_]*[A-Z])\b", settings),
    ):
        wrong = {page: words - known for page, words in words_of_documents(pattern).items() if words - known}
        assert wrong == {}


def test_documents_name_only_files_that_exist() -> None:
    """But decisions, which are of their day, and docs/develop, whose test makes what its pages name."""
    pattern = r"`((?:hub|federation|tests|docs|deploy|templates)/(?!pictures|SLICE)[\w./@-]+)`"
    named = words_of_documents(pattern).items()
    today = {page: names for page, names in named if not re.match("docs/(develop|decisions)/", page)}
    wrong = {page: {name for name in names if not (ROOT / name).exists()} for page, names in today.items()}
    assert {page: names for page, names in wrong.items() if names} == {}


def test_the_pages_for_the_village_say_what_stands_on_the_screen() -> None:
    """In bold is what one reads there."""
    with (ROOT / "hub/translations/fr/LC_MESSAGES/messages.po").open("rb") as file:
        catalogue = [text for message in read_po(file) for text in _texts(message.string)]
    for page in (ROOT / "docs" / "use").glob("*.md"):
        bold = re.findall(r"\*\*(.+?)\*\*", page.read_text(encoding="utf-8"), re.DOTALL)
        assert bold
        assert {" ".join(words.split()) for words in bold} - set(catalogue) == set(), page.name


def _texts(string: str | tuple[str, ...]) -> tuple[str, ...]:
    return (string,) if isinstance(string, str) else string


def test_each_decision_has_a_number_of_its_own() -> None:
    folder = ROOT / "docs" / "decisions"
    heads = {page.name[:4]: page.read_text(encoding="utf-8").split(".", 1)[0] for page in folder.iterdir()}
    assert len(heads) == len(list(folder.iterdir()))
    assert heads == {number: f"# {int(number)}" for number in heads}


def test_the_map_of_the_code_names_every_part_of_it() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    parts = {path.name for path in (ROOT / "hub").iterdir() if not path.name.startswith("_")}
    unnamed = {part for part in parts if not re.search(rf"[`/]{re.escape(part)}\b", page)}
    assert unnamed <= {"migrations", "translations"}
