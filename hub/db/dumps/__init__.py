"""What backups need from each engine: write all rows to one file, and put them back."""

from dataclasses import dataclass

IN_USE = "the program is still running on this database: stop it first"


class NoScratch(Exception):
    """There is no place to try a restore in."""


@dataclass(frozen=True)
class Contents:
    """What a dump holds, to compare with later."""

    schema: list[str]  # migrations that were applied
    rows: dict[str, int]  # by table
