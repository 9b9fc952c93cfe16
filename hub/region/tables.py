"""Reading a table for open data: page by page along its keys, so that no table is too long.

A page looks through a fixed number of rows, whatever they hold, and costs the same at the beginning and at
the end; it may be short, or empty, and there may still be more.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any

from federation.outgoing import wire_time
from hub import limits
from hub.db import rows
from hub.publications.visibility import ANYBODY, visible_sql
from hub.region.sources import Source, Sources
from hub.text import N_

Value = str | int | float | bool | None
Record = Mapping[str, Value]


class Type(StrEnum):
    """Of a column, as Table Schema names them."""

    STRING = "string"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    MOMENT = "datetime"


@dataclass(frozen=True)
class Field:
    """A column. `words`: what it says, a catalogue source; `sql`: where it stands, empty: not in a table.

    `people`: it counts people.
    """

    name: str
    type: Type
    words: str
    sql: str = ""
    people: bool = False


WHERE = (
    Field("village", Type.STRING, N_("Name of the village that it comes from")),
    Field("village_site", Type.STRING, N_("Address of its site")),
    Field("insee", Type.STRING, N_("INSEE code of the commune")),
    Field("latitude", Type.NUMBER, N_("Of the village, never of a house (WGS 84)")),
    Field("longitude", Type.NUMBER, N_("Of the village, never of a house (WGS 84)")),
)


@dataclass(frozen=True)
class Rows:
    """Some records, and the number to go on after; None: that was all."""

    records: Sequence[Record]
    next: int | None = None


Reading = Callable[[Sources, int], Awaitable[Rows]]


@dataclass(frozen=True, kw_only=True)
class Table:
    """Where the records of a dataset stand; `condition` is SQL, its values are constants of the program."""

    name: str
    condition: str
    fields: Sequence[Field]

    async def read(self, sources: Sources, after: int) -> Rows:
        """What may be shown among the next few hundred rows: maybe less, maybe nothing."""
        window = await rows(
            f"SELECT id FROM {self.name} WHERE id > $1 ORDER BY id LIMIT {limits.OPEN_DATA_ROWS}", after
        )
        if not window:
            return Rows(())
        found = await rows(self._statement(sources), after, window[-1]["id"])
        records = [self._record(row, sources) for row in found if sources.takes(row["host"])]
        is_last = len(window) < limits.OPEN_DATA_ROWS
        return Rows(records, None if is_last else window[-1]["id"])

    def _statement(self, sources: Sources) -> str:
        columns = ", ".join(f"{each.sql} AS {each.name}" for each in self.fields if each.sql)
        return (
            f"SELECT actor.host AS host, {columns} FROM {self.name}"
            f" JOIN publication ON publication.id = {self.name}.publication_id"
            " JOIN actor ON actor.id = publication.author_id"
            f" WHERE {self.name}.id > $1 AND {self.name}.id <= $2 AND {visible_sql(ANYBODY)}"
            f" AND actor.suspended_at IS NULL AND actor.deleted_at IS NULL"
            f" AND {sources.condition()} AND {self.condition} ORDER BY {self.name}.id"
        )

    def _record(self, row: Mapping[str, Any], sources: Sources) -> Record:
        known = place_facts(sources.of(row["host"]))
        return {
            each.name: _value(each, row[each.name]) if each.sql else known[each.name] for each in self.fields
        }


def place_facts(source: Source) -> dict[str, Value]:
    """The columns that say where something is from."""
    north, east = source.point or (None, None)
    return {
        "village": source.name,
        "village_site": source.site,
        "insee": source.insee,
        "latitude": north,
        "longitude": east,
    }


def _value(column: Field, value: Any) -> Value:
    """As it is given out; SQLite keeps moments as text, and yes and no as numbers."""
    if value is None:
        return None
    if column.people:
        return floored(int(value))
    return _CONVERTED[column.type](value)


def floored(people: int | None) -> int | None:
    return None if people is None or people < limits.PEOPLE_FLOOR else people


def _moment(value: datetime | str) -> str:
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    return wire_time(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def _day(value: date | str) -> str:
    return value[:10] if isinstance(value, str) else value.isoformat()


_CONVERTED: Mapping[Type, Callable[[Any], Value]] = {
    Type.STRING: str,
    Type.INTEGER: int,
    Type.NUMBER: float,
    Type.BOOLEAN: bool,
    Type.DATE: _day,
    Type.MOMENT: _moment,
}
