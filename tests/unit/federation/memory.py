"""The server around the protocol, in memory: what a test can look into."""

from datetime import datetime
from typing import Any

from federation.handles import Handle
from federation.limits import KEY_REFETCH
from federation.local import Received, Served
from federation.nodeinfo import Presence
from federation.origin import Uri, host_and_parents
from federation.signatures import PublicKey
from federation.vocabulary import Json

ORIGIN = "https://hub.example"
COMMUNE, SERVER, NOTE = f"{ORIGIN}/a/commune", f"{ORIGIN}/actor", f"{ORIGIN}/o/1"


def document(uri: str, kind: str = "Note", **more: Any) -> Json:
    return {"@context": "https://www.w3.org/ns/activitystreams", "id": uri, "type": kind, **more}


class MemoryLocal:
    """Answers the questions of federation.local.Local from dictionaries.

    `documents` are served to everybody, `private` to those who are named; `served` says what was asked for.
    """

    server_actor = SERVER

    def __init__(self) -> None:
        self.keys: dict[str, PublicKey] = {}
        self.owners: dict[str, Json] = {}
        self.asked_at: dict[str, datetime] = {}
        self.refused: set[str] = set()
        self.accepted: dict[str, Received] = {}
        self.documents = {
            SERVER: Served(document(SERVER, "Application")),
            COMMUNE: Served(document(COMMUNE, "Organization"), page="/@commune"),
            NOTE: Served(document(NOTE), page=f"{ORIGIN}/k7m2qx"),
        }
        self.private: dict[str, dict[str, Served]] = {}
        self.served: list[tuple[str, str | None]] = []
        self.jrds: dict[Handle | Uri, Json] = {}
        self.village: Presence | None = None

    async def serve(self, uri: str, reader: str | None) -> Served | None:
        self.served.append((uri, reader))
        seen = self.private.get(uri, {}).get(reader or "")
        return seen or self.documents.get(uri)

    async def webfinger(self, resource: Handle | Uri) -> Json | None:
        return self.jrds.get(resource)

    async def presence(self) -> Presence | None:
        return self.village

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
        return not self.refused.isdisjoint(host_and_parents(host))

    async def accept(self, received: Received) -> None:
        self.accepted.setdefault(received.activity.id, received)
