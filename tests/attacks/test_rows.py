"""The list of attacks in README.md and the tests say the same."""

import re
from pathlib import Path

HERE = Path(__file__).parent
README = (HERE / "README.md").read_text(encoding="utf-8")
KINDS = "ADM AUT DOS FED FET GRP HTM INB OPS ORG PRV SIG".split()
ROW = re.compile(rf"^\| ((?:{'|'.join(KINDS)})-\d\d) \|.*\| (.*) \|$", re.MULTILINE)
ID = rf"(?:{'|'.join(KINDS).lower()})(?:_\d\d)+"  # also several of one kind: test_fet_14_15_...
TEST = re.compile(rf"def test_((?:{ID}_)+)")
FILE = re.compile(r"`((?:tests/unit/\S+/)?test_\w+\.py)`")


def ids_in(path: Path) -> set[str]:
    """`AUT-02`, for each test in the file that names it."""
    found = set()
    for ids in TEST.findall(path.read_text(encoding="utf-8")):
        kind = ""
        for word in ids.strip("_").split("_"):
            if word.isdecimal():
                found.add(f"{kind}-{word}")
            kind = kind if word.isdecimal() else word.upper()
    return found


def written_tests() -> dict[str, set[str]]:
    """`AUT-02` -> the files with a test of that id."""
    found: dict[str, set[str]] = {}
    for path in HERE.glob("test_*.py"):
        for row in ids_in(path):
            found.setdefault(row, set()).add(path.name)
    return found


def listed_tests() -> dict[str, set[str]]:
    tested = README.partition("## Rows, or parts of rows")[0]
    return {row: set(FILE.findall(where)) for row, where in ROW.findall(tested)}


def test_each_row_has_its_tests_where_the_list_says() -> None:
    here = {row: {file for file in files if "/" not in file} for row, files in listed_tests().items()}
    assert {row: files for row, files in here.items() if files} == written_tests()


def test_what_can_only_be_tested_inside_a_process_is_tested_there() -> None:
    for row, files in listed_tests().items():
        assert files, row
        if all("/" in file for file in files):
            assert row in set().union(*(ids_in(HERE.parents[1] / file) for file in files)), row
