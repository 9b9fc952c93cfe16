"""A query that is put together by hand, part by part, with its values kept apart."""

from collections.abc import Iterable
from typing import Any


def quoted(words: Iterable[str]) -> str:
    """Words of the program for an IN, never what somebody typed.

    >>> quoted({"open", "covered"})
    "'covered', 'open'"
    """
    return ", ".join(f"'{word}'" for word in sorted(words))


class Conditions:
    """`source` is the FROM of the query; `values` may be shared by the parts of a union.

    >>> found = Conditions("FROM job")
    >>> found.add("name = {name}", name="x")
    >>> found.where, found.values
    ('FROM job WHERE name = $1', ['x'])
    """

    def __init__(self, source: str, values: list[Any] | None = None) -> None:
        self.source = source
        self.parts: list[str] = []
        self.values: list[Any] = [] if values is None else values

    def hold(self, value: Any) -> str:
        """The placeholder of a value."""
        self.values.append(value)
        return f"${len(self.values)}"

    def add(self, part: str, **values: Any) -> None:
        self.parts.append(part.format(**{name: self.hold(value) for name, value in values.items()}))

    @property
    def where(self) -> str:
        return f"{self.source} WHERE {' AND '.join(self.parts)}"
