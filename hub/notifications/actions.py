"""Somebody is told something: on their page, by mail in their rhythm, or by a call."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Recipient:
    """A member, or somebody who left a way to reach them; `participant_id`: whose link goes into the mail."""

    name: str
    member_id: int | None = None
    participant_id: int | None = None
    mail: str | None = None
    phone: str | None = None
    locale: str | None = None


@dataclass(frozen=True, kw_only=True)
class Act:
    """What can be done in one click, without signing in: a name of ACTS, and words (a catalogue source)."""

    name: str
    label: str
    arguments: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Message:
    """`subject` and `text` are catalogue sources with %(name)s; `values` fills them. `path`: where it leads.

    `urgent`: sent at once whatever the rhythm, but never in the quiet hours. `due_at`: not before.
    """

    kind: str
    subject: str
    text: str
    values: Mapping[str, str] = field(default_factory=dict)
    path: str = "/"
    acts: Sequence[Act] = ()
    urgent: bool = False
    due_at: datetime | None = None


async def tell(recipient: Recipient, message: Message) -> None:
    """In the caller's transaction; nothing is sent before it is durable."""


async def tell_agents(message: Message) -> None:
    """Everybody who does the town hall's part."""
