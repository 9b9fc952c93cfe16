"""The list of attacks in README.md and the tests say the same."""

import re
from pathlib import Path

HERE = Path(__file__).parent
README = (HERE / "README.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| ((?:AUT|OPS)-\d\d) \|.*\| (.*) \|$", re.MULTILINE)


def written_tests() -> dict[str, set[str]]:
    """`AUT-02` -> the files with a test of that id."""
    found: dict[str, set[str]] = {}
    for path in HERE.glob("test_*.py"):
        for kind, number in re.findall(r"def test_(aut|ops)_(\d\d)_", path.read_text(encoding="utf-8")):
            found.setdefault(f"{kind.upper()}-{number}", set()).add(path.name)
    return found


def test_each_row_has_its_tests_where_the_list_says() -> None:
    tested, _, rest = README.partition("## Rows, or parts of rows")
    rows = {name: set(re.findall(r"`(test_\w+\.py)`", where)) for name, where in ROW.findall(tested)}
    assert rows == written_tests()
    assert rest
