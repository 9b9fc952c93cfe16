"""What the protocol asks of the server it runs in. If this grows, the seam has grown."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from federation.documents import Activity
from federation.signatures import PublicKey
from federation.vocabulary import Json


@dataclass(frozen=True)
class Received:
    """An activity that passed the gate: from whom it says, about things of the right origin.

    `inbox` is the URI it was posted to; `signer` the actor whose server sent it, who is another than
    the activity's where somebody passed it on with its proof. What it embeds of others is still only what
    it claims. Not checked for their owner: bare URIs, Tombstones, collections, embedded actors (fetch those
    anew), and things without an owner; whose they are is looked up in what is stored.
    """

    activity: Activity
    inbox: str
    signer: str


class Local(Protocol):
    """The few questions, each answered from the server's own storage."""

    async def known_key(self, key_id: str) -> PublicKey | None:
        """The key as it was last seen; None for one that was never seen, or is too old to trust."""

    async def remember_key(self, key: PublicKey, owner: Json) -> None:
        """Keep a key that was fetched, and what its owner's document says."""

    async def may_fetch_key(self, key_id: str, *, now: datetime) -> bool:
        """True at most once per key in limits.KEY_REFETCH, over all processes (SIG-20, DOS-16)."""

    async def knows_actor(self, uri: str) -> bool:
        """Whether anything of this actor is stored here (DOS-18)."""

    async def refuses(self, host: str) -> bool:
        """Whether we have nothing to do with this host or one above it: blocked, or not on the list."""

    async def accept(self, received: Received) -> None:
        """Store it and queue its handling, in one transaction; a known id changes nothing (INB-01)."""
