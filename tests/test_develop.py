"""docs/develop is true: its examples are written into a copy of the tree, and work there."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs" / "develop"
COPIED = ("deploy", "docs", "federation", "hub", "templates", "tests")
LEFT_OUT = shutil.ignore_patterns("node_modules", "pictures", "documents", "bench")
TABLES = (  # that name what the examples add
    "tests/test_promises.py::test_every_setting_is_documented_and_no_other",
    "tests/test_promises.py::test_every_activity_that_comes_in_has_its_row_and_no_other",
    "tests/attacks/test_access.py::test_the_table_names_every_route_and_no_other",
)
BLOCK = re.compile(
    r"(?:^`(?P<path>[^`\n]+)`\n\n)?^```(?P<kind>\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL
)


def pages() -> list[Path]:
    """In the order of the table, in which each may use what those before it added."""
    index = (FOLDER / "README.md").read_text(encoding="utf-8")
    return [FOLDER / name for name in re.findall(r"\| \[(\w+\.md)\]", index)]


def follow(page: Path, tree: Path) -> None:
    """Do in `tree` what the page says."""
    for block in BLOCK.finditer(page.read_text(encoding="utf-8")):
        path, kind, text = block["path"], block["kind"], block["text"]
        if kind == "diff":
            change(tree, text)
        elif kind == "sh":
            run(tree, *text.split())
        else:
            assert path is not None, f"{page.name}: where does this belong?\n{text}"
            (tree / path).parent.mkdir(parents=True, exist_ok=True)
            (tree / path).write_text(text, encoding="utf-8")


def change(tree: Path, text: str) -> None:
    head, *lines = text.splitlines()
    file = tree / head.removeprefix("--- ")
    before = "".join(f"{line[1:]}\n" for line in lines if not line.startswith("+"))
    after = "".join(f"{line[1:]}\n" for line in lines if not line.startswith("-"))
    known = file.read_text(encoding="utf-8")
    assert known.count(before) == 1, f"{head}: this stands there {known.count(before)} times\n{before}"
    file.write_text(known.replace(before, after), encoding="utf-8")


def run(tree: Path, program: str, *arguments: str) -> None:
    command = [sys.executable if program == "python" else program, *arguments]
    done = subprocess.run(
        command,
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(tree)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}{done.stderr}"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """What Lavoir is made of, to be changed."""
    for name in COPIED:
        if (ROOT / name).exists():
            shutil.copytree(ROOT / name, tmp_path / "tree" / name, ignore=LEFT_OUT)
    for name in ("pyproject.toml", "FEDERATION.md", "README.md", "CONTRIBUTING.md", "CHANGELOG.md"):
        shutil.copy(ROOT / name, tmp_path / "tree" / name)
    return tmp_path / "tree"


def test_what_the_pages_for_developers_say_works(tree: Path) -> None:
    before = {path.relative_to(tree) for path in (tree / "tests" / "unit").rglob("test_*.py")}
    for page in pages():
        follow(page, tree)
    run(tree, "python", "-m", "hub.db", "check")
    added = {path.relative_to(tree) for path in (tree / "tests" / "unit").rglob("test_*.py")} - before
    assert len(added) == 5
    run(tree, "python", "-m", "pytest", "-q", "-n", "0", *map(str, sorted(added)), *TABLES)
    run(tree, str(Path(sys.executable).with_name("lint-imports")), "--no-logo")
    run(tree, "python", "-m", "ruff", "check", "hub", "tests/unit/hub/found")
    run(tree, "python", "-m", "ruff", "format", "--check", "hub/found", "tests/unit/hub/found")
