"""An order that is nobody's merit: lots, drawn anew each day and for each person.

The same on each page, another tomorrow, and no rank. Who drew which lot can be asked both ways: the lots of
a few are put in order by the database; of very many the first ones are drawn here, and only these looked up.
"""

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from hashlib import sha256
from typing import Self

from hub.db import rows

_FEWEST_BITS = 10


@dataclass(frozen=True)
class Lots:
    """Each number below `2 ** bits` draws another one below it, and no two draw the same."""

    bits: int
    seed: bytes

    @classmethod
    def of(cls, day: date, who: int, *, most: int) -> Self:
        """`most`: the highest number that takes part; the order stays while it does not double."""
        bits = max(_FEWEST_BITS, most.bit_length())
        return cls(bits, sha256(f"{day} {who}".encode()).digest())

    @property
    def size(self) -> int:
        return int(2**self.bits)

    @cached_property
    def _steps(self) -> tuple[int, int, int, int]:
        """What a number goes through: times, plus, mixed with its own upper half, times."""
        parts = [int.from_bytes(self.seed[at : at + 8], "big") % self.size for at in (0, 8, 16)]
        return parts[0] | 1, parts[1], (self.bits + 1) // 2, parts[2] | 1

    def sql(self, column: str) -> str:
        """The lot of a number, as a column to sort by."""
        first, plus, half, last = self._steps
        mixed = f"(({column} * {first} + {plus}) & {self.size - 1})"
        # what is in one or in the other but not in both: SQLite has no sign for it
        both = f"(({mixed} | ({mixed} >> {half})) - ({mixed} & ({mixed} >> {half})))"
        return f"({both} * {last}) & {self.size - 1}"

    def lot(self, number: int) -> int:
        """The same, of one."""
        first, plus, half, last = self._steps
        mixed = (number * first + plus) & (self.size - 1)
        return (mixed ^ (mixed >> half)) * last & (self.size - 1)

    def drawn(self, number: int, *, after: int = 0) -> list[int]:
        """Who drew the `number` lots after the first `after`, in their order."""
        first, plus, half, last = self._steps
        all_bits = self.size - 1
        back_first, back_last = pow(first, -1, self.size), pow(last, -1, self.size)
        found = []
        for lot in range(after, min(after + number, self.size)):
            mixed = lot * back_last & all_bits
            found.append(((mixed ^ (mixed >> half)) - plus) * back_first & all_bits)
        return found


async def lots_of(day: date, who: int) -> Lots:
    """Of all that ever hung on the board; `who` is a member's id, or 0."""
    [row] = await rows("SELECT max(id) AS number FROM proposal")
    return Lots.of(day, who, most=int(row["number"] or 0))
