"""What a page asks of the database, and how much the database reads to answer it."""

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from hub.app import build_app
from hub.config import Config
from hub.db import connection, dialect

MUCH = 20_000  # rows of all tables, or steps of SQLite's engine by thousands
STEPS = 1000


@dataclass(frozen=True)
class Question:
    """`work`: rows that PostgreSQL looked at; of SQLite, thousands of steps of its engine."""

    statement: str
    values: tuple[Any, ...]
    work: int
    plan: str

    @property
    def reads_much(self) -> bool:
        return self.work > (MUCH if dialect() == "postgres" else MUCH // 20)

    def __str__(self) -> str:
        return f"{self.work}: {' '.join(self.statement.split())[:300]}\n{self.plan}"


class Pages:
    """The whole site in this process."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def read(self, path: str) -> str:
        return (await self._client.get(path)).text

    async def questions(self, path: str) -> list[Question]:
        """That one answer asked, each asked once more to see what it costs."""
        with listening() as asked:
            answer = await self._client.get(path)
        assert answer.status_code == 200, f"{path} answers {answer.status_code}"
        return [await _explained(statement, values) for statement, values in asked]


@asynccontextmanager
async def explained(config: Config) -> AsyncIterator[Pages]:
    """Its database must be open."""
    transport = httpx.ASGITransport(app=build_app(config))
    async with httpx.AsyncClient(transport=transport, base_url=config.origin) as client:
        yield Pages(client)


@contextmanager
def listening() -> Iterator[list[tuple[str, tuple[Any, ...]]]]:
    """What is read inside the block, with its values."""
    asked: list[tuple[str, tuple[Any, ...]]] = []
    client = type(connection())
    originals = {name: getattr(client, name) for name in ("execute_query", "execute_query_dict")}

    def told(name: str) -> Any:
        async def ask(self: Any, query: str, values: Any = None) -> Any:
            if query.lstrip().upper().startswith("SELECT"):
                asked.append((query, tuple(values or ())))
            return await originals[name](self, query, values)

        return ask

    for name in originals:
        setattr(client, name, told(name))
    try:
        yield asked
    finally:
        for name, original in originals.items():
            setattr(client, name, original)


async def _explained(statement: str, values: tuple[Any, ...]) -> Question:
    work, plan = await (_postgres if dialect() == "postgres" else _sqlite)(statement, values)
    return Question(statement, values, work, plan)


async def _postgres(statement: str, values: tuple[Any, ...]) -> tuple[int, str]:
    explain = f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}"
    [row] = await connection().execute_query_dict(explain, list(values))
    [found] = row.values()
    top = (json.loads(found) if isinstance(found, str) else found)[0]["Plan"]
    lines: list[str] = []
    return _read(top, lines, depth=1), "\n".join(lines)


def _read(node: dict[str, Any], lines: list[str], *, depth: int) -> int:
    """Rows that were taken from tables below a node, those that were thrown away included."""
    work = 0
    if "Relation Name" in node:
        gone = ("Rows Removed by Filter", "Rows Removed by Index Recheck")
        each = node["Actual Rows"] + sum(node.get(name, 0) for name in gone)
        work = round(each * node["Actual Loops"])
        index = f" by {node['Index Name']}" if "Index Name" in node else ""
        lines.append(f"{'  ' * depth}{node['Node Type']} on {node['Relation Name']}{index}: {work}")
    for below in node.get("Plans", []):
        work += _read(below, lines, depth=depth + 1)
    return work


async def _sqlite(statement: str, values: tuple[Any, ...]) -> tuple[int, str]:
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += 1
        return 0

    raw = connection()._connection
    await raw.set_progress_handler(count, STEPS)
    await connection().execute_query_dict(statement, list(values))
    await raw.set_progress_handler(None, 0)
    plan = await connection().execute_query_dict(f"EXPLAIN QUERY PLAN {statement}", list(values))
    return steps, "\n".join(f"  {row['detail']}" for row in plan)
