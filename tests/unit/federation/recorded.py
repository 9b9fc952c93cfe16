"""Documents of other software, as they come over the wire, and the snapshots of our own."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path

from federation.strict_json import parse_json
from federation.vocabulary import Json

DOCUMENTS = Path(__file__).parents[2] / "documents"
EXPECTED = Path(__file__).parent / "expected"
NOW = datetime(2026, 12, 1, 12, 0, tzinfo=UTC)


def recorded(name: str) -> Json:
    return parse_json((DOCUMENTS / f"{name}.json").read_bytes())


def all_recorded() -> list[str]:
    return sorted(str(path.relative_to(DOCUMENTS).with_suffix("")) for path in DOCUMENTS.rglob("*.json"))


def assert_expected(name: str, document: Json) -> None:
    """LAVOIR_WRITE_EXPECTED=1 writes the snapshot: its diff is what other servers will see."""
    path = EXPECTED / f"{name}.json"
    if os.environ.get("LAVOIR_WRITE_EXPECTED"):
        path.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n")
    assert document == json.loads(path.read_text())
