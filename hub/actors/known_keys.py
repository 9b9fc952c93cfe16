"""The public keys of others: what was asked for, what was found, and with it who lists it.

Each function takes what many posts need at the same moment, for hub.db.together.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from federation.documents import Actor as ActorDocument
from federation.limits import KEY_REFETCH
from federation.signatures import PublicKey
from federation.signatures.keys import load_public_pem, public_pem
from hub.actors.actions import remember_all
from hub.db import places, rows

TRUSTED = timedelta(days=90)  # then it is asked for anew, once something is signed with it

replaced: list[Callable[[Sequence[str]], Awaitable[None]]] = []
"""Told whose keys took the place of others, in the same transaction; the composition root fills it."""


@dataclass(frozen=True)
class Question:
    """A key that somebody wants to fetch at `at`."""

    key_id: str
    at: datetime


@dataclass(frozen=True)
class Found:
    """A key, and the document of the actor that lists it, as its server gave both at `at`."""

    key: PublicKey
    owner: ActorDocument
    at: datetime


async def known_key(key_id: str) -> PublicKey | None:
    """As it was last seen; None for one that was never seen, or is too old to trust."""
    since = datetime.now(UTC) - TRUSTED
    found = await rows("SELECT owner, pem FROM known_key WHERE id = $1 AND seen_at >= $2", key_id, since)
    return PublicKey(key_id, found[0]["owner"], load_public_pem(found[0]["pem"])) if found else None


async def may_fetch(questions: Sequence[Question]) -> list[bool]:
    """For each whether it may be asked: a key once in KEY_REFETCH, over all processes (SIG-20, DOS-16)."""
    asked = {question.key_id: question for question in reversed(questions)}
    before = min(question.at for question in questions) - KEY_REFETCH
    found = await rows(
        f"INSERT INTO key_question (id, asked_at) VALUES {places(len(asked), 2)} ON CONFLICT (id)"
        f" DO UPDATE SET asked_at = excluded.asked_at WHERE key_question.asked_at < ${2 * len(asked) + 1}"
        " RETURNING id",
        *(value for key_id in sorted(asked) for value in (key_id, asked[key_id].at)),
        before,
    )
    free = {row["id"] for row in found}
    return [question.key_id in free and asked[question.key_id] is question for question in questions]


async def remember_keys(found: Sequence[Found]) -> list[None]:
    """Keep keys and their owners. To meet is not to ask again: a new key may be asked for once more."""
    await remember_all([(one.owner, one.at) for one in found])
    by_id = {one.key.id: one for one in found}
    await _tell_of_replaced(by_id)
    await rows(
        f"DELETE FROM key_question WHERE id IN ({places(len(by_id))})"
        " AND NOT EXISTS (SELECT 1 FROM known_key WHERE known_key.id = key_question.id)",
        *sorted(by_id),
    )
    await rows(
        f"INSERT INTO known_key (id, owner, pem, seen_at) VALUES {places(len(by_id), 4)} ON CONFLICT (id)"
        " DO UPDATE SET owner = excluded.owner, pem = excluded.pem, seen_at = excluded.seen_at",
        *(value for key_id in sorted(by_id) for value in _row(by_id[key_id])),
    )
    return [None] * len(found)


async def _tell_of_replaced(by_id: dict[str, Found]) -> None:
    before = await rows(f"SELECT id, pem FROM known_key WHERE id IN ({places(len(by_id))})", *sorted(by_id))
    others = [by_id[row["id"]].key for row in before]
    owners = [key.owner for key, row in zip(others, before, strict=True) if public_pem(key.key) != row["pem"]]
    if owners:
        for tell in replaced:
            await tell(owners)


def _row(found: Found) -> tuple[object, ...]:
    return found.key.id, found.key.owner, public_pem(found.key.key), found.at
