"""For developers: `python -m hub.db check` and `python -m hub.db new NAME`; see hub/migrations."""

import argparse
import asyncio
import re
import sys
import tempfile
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path

from hub.config import Config
from hub.db import close_database, open_database
from hub.db.migrations import migrate
from hub.db.schema import Schema, create_tables, describe, wanted_statements
from hub.errors import HubError
from hub.migrations import FOLDER, scripts

NOBODY = "postgres://nobody@localhost/nothing"  # only the dialect matters, nobody connects
TODO = "WRITE_BY_HAND"  # no database accepts it: a draft cannot be applied unread


def main() -> None:
    """Exit status 1 if the migrations do not lead to the models."""
    parser = argparse.ArgumentParser(prog="python -m hub.db", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("check", help="do the migrations lead to the tables of the models?")
    commands.add_parser("new", help="draft the next migration").add_argument("name")
    arguments = parser.parse_args()
    try:
        lines = asyncio.run(check() if arguments.command == "check" else write_draft(arguments.name))
    except HubError as error:
        lines = [error.message]
    for line in lines:
        sys.stdout.write(f"{line}\n")
    sys.exit(1 if lines and arguments.command == "check" else 0)


async def check() -> list[str]:
    """The difference between migrations and models, on SQLite; a test does the same on PostgreSQL."""
    if scripts("sqlite").keys() != scripts("postgres").keys():
        return ["each migration needs a .sqlite.sql and a .postgres.sql"]
    have, want = await _both_schemas()
    return difference(have, want)


def difference(have: Schema, want: Schema) -> list[str]:
    """What a migration would have to do, as a diff; nothing if there is nothing to do."""
    old, new = (
        [f"{table}: {line}" for table in sorted(part) for line in part[table]] for part in (have, want)
    )
    return list(unified_diff(old, new, "migrations", "models", n=0, lineterm=""))


async def write_draft(name: str) -> list[str]:
    """Write the next pair of files; the lines tell what was written."""
    have, want = await _both_schemas()
    if not difference(have, want):
        return ["nothing to do: the migrations lead to the models"]
    numbers = {int(known.partition("_")[0]) for known in scripts("sqlite")}
    label = f"{min(set(range(1, len(numbers) + 2)) - numbers):04d}_{name}"
    written = []
    for engine, config in (("sqlite", Config()), ("postgres", Config(database_url=NOBODY))):
        statements = draft(have, want, engine=engine, statements=await wanted_statements(config))
        file = FOLDER / f"{label}.{engine}.sql"
        file.write_text("\n\n".join(statements) + "\n", encoding="utf-8")
        written.append(f"drafted {file.relative_to(Path.cwd()) if file.is_relative_to(Path.cwd()) else file}")
    return [*written, f"read both, replace every {TODO}, then run check and the tests"]


async def _both_schemas() -> tuple[Schema, Schema]:
    with tempfile.TemporaryDirectory() as folder:
        migrated, generated = Config(data=Path(folder) / "migrated"), Config(data=Path(folder) / "generated")
        await migrate(migrated)
        await open_database(migrated)
        have = await describe()
        await close_database()
        await open_database(generated)
        await create_tables()
        want = await describe()
        await close_database()
    return have, want


@dataclass(frozen=True)
class Table:
    """A table that is to change: its descriptions, and the SQL that would make it new."""

    name: str
    have: list[str]
    want: list[str]
    statements: list[str]

    @property
    def old(self) -> dict[str, str]:
        return {line.split()[1]: line for line in self.have if line.startswith("column ")}

    @property
    def new(self) -> dict[str, str]:
        return {line.split()[1]: line for line in self.want if line.startswith("column ")}


def draft(have: Schema, want: Schema, *, engine: str, statements: list[str]) -> list[str]:
    """SQL from one schema to the other; `statements` would make all of `want` from nothing."""
    change = _rebuild if engine == "sqlite" else _alter
    lines = []
    for name, of_table in _by_table(statements).items():
        if name not in have:
            lines += of_table
        elif have[name] != want[name]:
            lines += change(Table(name, have[name], want[name], of_table))
    return lines + [f'DROP TABLE "{name}";' for name in sorted(have.keys() - want.keys())]


def _by_table(statements: list[str]) -> dict[str, list[str]]:
    by_table: dict[str, list[str]] = {}
    for statement in statements:
        found = re.search(r'(?:CREATE TABLE|ON|COMMENT ON TABLE|COMMENT ON COLUMN) "(\w+)"', statement)
        assert found is not None, statement
        by_table.setdefault(found[1], []).append(statement)
    return by_table


def _rebuild(table: Table) -> list[str]:
    """SQLite changes a table by making it anew; the runner keeps foreign keys off meanwhile."""
    values = {
        name: f'"{name}"' if name in table.old else TODO
        for name, line in table.new.items()
        if name in table.old or _needs_value(line)
    }
    create, *rest = table.statements
    return [
        create.replace(f'CREATE TABLE "{table.name}"', f'CREATE TABLE "new_{table.name}"', 1),
        f'INSERT INTO "new_{table.name}" ({", ".join(values)})\n'
        f'SELECT {", ".join(values.values())} FROM "{table.name}";',
        f'DROP TABLE "{table.name}";',
        f'ALTER TABLE "new_{table.name}" RENAME TO "{table.name}";',
        *rest,
    ]


def _alter(table: Table) -> list[str]:
    """PostgreSQL: new and dropped columns; the rest is named, to be written by hand."""
    lines = []
    for name, line in table.new.items():
        definition = _definition(table.statements[0], name)
        if name not in table.old:
            default = f" DEFAULT {TODO}" if _needs_value(line) else ""
            lines.append(f'ALTER TABLE "{table.name}" ADD COLUMN {definition}{default};')
        elif line != table.old[name]:
            lines.append(f'{TODO} /* ALTER TABLE "{table.name}": {definition} */;')
    lines += [
        f'ALTER TABLE "{table.name}" DROP COLUMN "{name}";' for name in table.old if name not in table.new
    ]
    for line in sorted(set(table.have) ^ set(table.want)):
        if not line.startswith("column "):
            lines.append(f'{TODO} /* "{table.name}" {"+" if line in table.want else "-"} {line} */;')
    return lines


def _needs_value(line: str) -> bool:
    return "NOT NULL" in line and "DEFAULT" not in line


def _definition(create_table: str, column: str) -> str:
    found = re.search(rf'^\s*("{column}" .*?),?$', create_table, flags=re.MULTILINE)
    assert found is not None, column
    return found[1]


if __name__ == "__main__":
    main()
