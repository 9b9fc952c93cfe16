"""The server around the protocol, in memory: what a test can look into."""

from datetime import datetime

from federation.limits import KEY_REFETCH
from federation.local import Received
from federation.signatures import PublicKey
from federation.vocabulary import Json


class MemoryLocal:
    """Answers the questions of federation.local.Local from dictionaries."""

    def __init__(self) -> None:
        self.keys: dict[str, PublicKey] = {}
        self.owners: dict[str, Json] = {}
        self.asked_at: dict[str, datetime] = {}
        self.refused: set[str] = set()
        self.accepted: dict[str, Received] = {}

    async def known_key(self, key_id: str) -> PublicKey | None:
        return self.keys.get(key_id)

    async def remember_key(self, key: PublicKey, owner: Json) -> None:
        self.keys[key.id] = key
        self.owners[key.owner] = owner

    async def may_fetch_key(self, key_id: str, *, now: datetime) -> bool:
        before = self.asked_at.get(key_id)
        if before is not None and now - before < KEY_REFETCH:
            return False
        self.asked_at[key_id] = now
        return True

    async def knows_actor(self, uri: str) -> bool:
        return uri in self.owners

    async def refuses(self, host: str) -> bool:
        return any(host == name or host.endswith("." + name) for name in self.refused)

    async def accept(self, received: Received) -> None:
        self.accepted.setdefault(received.activity.id, received)
