"""The history of the schema: numbered SQL, one file for each database engine.

`python -m hub.db new NAME` drafts the next pair from the models, to be read and corrected by hand;
`python -m hub.db check` proves that models and history agree. A released file is final.
"""

from pathlib import Path

FOLDER = Path(__file__).parent


def scripts(engine: str, folder: Path = FOLDER) -> dict[str, str]:
    """Name -> SQL, in the order of the numbers, for `sqlite` or `postgres`."""
    suffix = f".{engine}.sql"
    files = sorted(folder.glob(f"*{suffix}"))
    return {file.name.removesuffix(suffix): file.read_text(encoding="utf-8") for file in files}
