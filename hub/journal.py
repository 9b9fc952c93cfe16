"""The journal of what people of the town hall decided about others: who, what, about what, why, when.

Rows are added, and nothing changes or deletes them: the database itself refuses (0004). It has no words of
those it is about, and no secrets.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn, Protocol

from tortoise import fields
from tortoise.models import Model

WHY_LENGTH = 1000
AT_ONCE = 500


class Person(Protocol):
    """Who acts: a member, or whoever stands for one."""

    @property
    def id(self) -> int | None: ...
    @property
    def name(self) -> str: ...


@dataclass(frozen=True)
class Doer:
    """Who acts, where no row of them is at hand."""

    id: int | None
    name: str


class Entry(Model):
    """One thing that was done; `about` is a path of ours, a handle or the name of a server."""

    id = fields.BigIntField(primary_key=True)
    at = fields.DatetimeField(auto_now_add=True, db_index=True)
    by_id = fields.IntField(null=True, description="number of the member; null: the operator, or the program")
    by = fields.CharField(max_length=160, description="their name at that time")
    act = fields.CharField(max_length=40, db_index=True)
    about = fields.CharField(max_length=300, db_index=True)
    why = fields.CharField(max_length=WHY_LENGTH, default="")

    class Meta:
        table = "entry"

    async def save(self, *arguments: Any, **options: Any) -> None:
        if self._saved_in_db:
            raise TypeError("what stands in the journal stays as it is")
        await super().save(*arguments, **options)

    async def delete(self, *arguments: Any, **options: Any) -> NoReturn:
        raise TypeError("what stands in the journal stays")


async def record(act: str, about: str, *, by: Person | None, why: str = "") -> None:
    """In the caller's transaction, so that nothing is done without its trace."""
    await record_each(act, {about: why}, by=by)


async def record_each(act: str, reasons: Mapping[str, str], *, by: Person | None) -> None:
    """The same act about several; `reasons`: why, by what it is about."""
    number, name = (None, "") if by is None else (by.id, by.name[:160])
    entries = (
        Entry(by_id=number, by=name, act=act, about=about[:300], why=why[:WHY_LENGTH])
        for about, why in reasons.items()
    )
    await Entry.bulk_create(entries, AT_ONCE)
