"""The tables that the models ask for, and those that a database has: to compare, and to write migrations."""

import re
import sqlite3
from collections.abc import Iterator

from tortoise.context import TortoiseContext
from tortoise.utils import generate_schema_for_client, get_schema_sql

from hub.config import Config
from hub.db import connection, dialect, rows, tortoise_config
from hub.migrations import scripts

Schema = dict[str, list[str]]  # table -> one line for each column, index and constraint, sorted

HISTORY = "migration"  # the table of applied migrations, which no model describes
BY_HAND = "0004_search"  # the migration that makes what no model can: the full-text table SEARCH
SEARCH = "search"


async def create_tables() -> None:
    """Make every table of the models in the open, empty database; the migrations do it for real ones."""
    await generate_schema_for_client(connection(), safe=False)
    for statement in split(scripts(dialect())[BY_HAND]):
        await connection().execute_script(statement)


async def wanted_statements(config: Config) -> list[str]:
    """The SQL behind create_tables(), for the engine of `config`, without a database."""
    async with TortoiseContext() as context:
        await context.init(config=tortoise_config(config))
        return list(split(get_schema_sql(context.db(), safe=False)))


def split(script: str) -> Iterator[str]:
    """Single statements, bodies of triggers kept whole; each must end at the end of a line."""
    statement = ""
    for line in script.splitlines():
        statement = f"{statement}\n{line}" if statement else line
        if sqlite3.complete_statement(statement):
            yield statement.strip()
            statement = ""
    if statement.strip() and not _only_comment(statement):
        yield statement.strip()


async def describe() -> Schema:
    """What the open database has, in the same words however it came about."""
    schema = await (_describe_postgres() if dialect() == "postgres" else _describe_sqlite())
    return {name: lines for name, lines in schema.items() if not _is_undescribed(name)}


def _is_undescribed(table: str) -> bool:
    """The history, and the full-text table with the tables that SQLite keeps for it."""
    return table in (HISTORY, SEARCH) or table.startswith(f"{SEARCH}_")


def _only_comment(statement: str) -> bool:
    return all(not line.strip() or line.lstrip().startswith("--") for line in statement.splitlines())


async def _describe_sqlite() -> Schema:
    schema: Schema = {}
    tables = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!'"
    for name in [row["name"] for row in await rows(tables)]:
        lines = [
            f"column {row['name']} {row['type']}"
            f"{' NOT NULL' if row['notnull'] else ''}{' PRIMARY KEY' if row['pk'] else ''}"
            f"{'' if row['dflt_value'] is None else ' DEFAULT ' + row['dflt_value']}"
            for row in await rows(f"PRAGMA table_info('{name}')")
        ]
        lines += [
            f"reference {row['from']} -> {row['table']}.{row['to']} ON DELETE {row['on_delete']}"
            for row in await rows(f"PRAGMA foreign_key_list('{name}')")
        ]
        lines += [await _describe_index(row) for row in await rows(f"PRAGMA index_list('{name}')")]
        schema[name] = sorted(lines)
    return schema


async def _describe_index(index: dict[str, object]) -> str:
    kind = "unique" if index["unique"] else "index"
    made = await rows("SELECT sql FROM sqlite_master WHERE name = $1", index["name"])
    if made and made[0]["sql"]:
        return f"{kind} {_after_on(made[0]['sql'])}"
    columns = await rows(f"PRAGMA index_info('{index['name']}')")
    return f"{kind} ({', '.join(chr(34) + row['name'] + chr(34) for row in columns)})"


def _after_on(create_index: str) -> str:
    """What an index covers, without its name and table."""
    return re.sub(r"^.*? ON \S+ (USING \w+ )?", "", create_index, flags=re.DOTALL)


async def _describe_postgres() -> Schema:
    schema: Schema = {
        row["name"]: []
        for row in await rows("SELECT tablename AS name FROM pg_tables WHERE schemaname = current_schema()")
    }
    for row in await rows(POSTGRES_PARTS):
        schema[row["name"]].append(row["line"])
    return {name: sorted(lines) for name, lines in schema.items()}


POSTGRES_PARTS = """
SELECT c.relname AS name, 'column ' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
    || CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END
    || coalesce(' DEFAULT ' || pg_get_expr(d.adbin, d.adrelid), '')
    || CASE WHEN a.attidentity <> '' THEN ' IDENTITY' ELSE '' END AS line
FROM pg_class c
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace
UNION ALL
SELECT c.relname, 'constraint ' || pg_get_constraintdef(k.oid)
FROM pg_class c JOIN pg_constraint k ON k.conrelid = c.oid
WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace
UNION ALL
SELECT c.relname, CASE WHEN i.indisunique THEN 'unique ' ELSE 'index ' END
    || regexp_replace(pg_get_indexdef(i.indexrelid), '^.* USING ', '')
FROM pg_class c JOIN pg_index i ON i.indrelid = c.oid
WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace
"""
