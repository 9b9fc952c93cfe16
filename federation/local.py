"""What the protocol asks of the server it runs in. If this grows, the seam has grown."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from federation.documents import Activity
from federation.handles import Handle
from federation.nodeinfo import Presence
from federation.origin import Uri
from federation.signatures import PublicKey
from federation.vocabulary import Json


@dataclass(frozen=True)
class Received:
    """An activity that passed the gate: from whom it says, about things of the right origin.

    `inbox` is the URI it was posted to; `signer` the actor whose server sent it, who is another than
    the activity's where somebody passed it on with its proof. What it embeds of others is still only what
    it claims.

    `confirmed` is False for one thing alone: the Delete of themselves by an actor whom we know, and whose
    key is gone (410), so that no signature could be checked. Ask their server for the actor: believe it if
    that answers 410 too, forget it otherwise. It says nothing about the host that sent it.

    Not checked for their owner: bare URIs, Tombstones, collections, embedded actors (fetch those
    anew), and things without an owner; whose they are is looked up in what is stored.
    """

    activity: Activity
    inbox: str
    signer: str
    confirmed: bool = True


@dataclass(frozen=True)
class Served:
    """What a URI answers. `page` is the absolute URL or path a browser is sent to, None: there is no page.

    `gone`: the document is a Tombstone. `public`: anyone may have it, and caches may keep it. `partial`: who
    signs may get more (the stub of an actor, where only neighbours are served). `endless`: of such questions
    there is no end (a page behind any moment), so that the answer is not worth remembering.
    """

    document: Json
    page: str | None = None
    gone: bool = False
    public: bool = True
    partial: bool = False
    endless: bool = False


class Local(Protocol):
    """The few questions, each answered from the server's own storage."""

    @property
    def server_actor(self) -> str:
        """The URI of the actor that is the server itself."""

    async def serve(self, uri: str, reader: str | None) -> Served | None:
        """The document at `uri`, our origin with the path and query as they came; None for "there is none".

        `reader` is the actor that signed the request, None for nobody. What the reader may not see does not
        exist (PRV-02).
        """

    async def webfinger(self, resource: Handle | Uri) -> Json | None:
        """The answer of webfinger.build_jrd or build_site_jrd; None for who is not here."""

    async def presence(self) -> Presence | None:
        """What the server says of itself; None before it has been set up."""

    async def known_key(self, key_id: str) -> PublicKey | None:
        """The key as it was last seen; None for one that was never seen, or is too old to trust."""

    async def remember_key(self, key: PublicKey, owner: Json) -> None:
        """Keep a key that was fetched, and what its owner's document says.

        One that was not known before may be asked for once more at once: to meet is not to ask again.
        """

    async def may_fetch_key(self, key_id: str, *, now: datetime) -> bool:
        """True at most once per key in limits.KEY_REFETCH, over all processes (SIG-20, DOS-16)."""

    async def knows_actor(self, uri: str) -> bool:
        """Whether anything of this actor is stored here (DOS-18)."""

    async def refuses(self, host: str) -> bool:
        """Whether we have nothing to do with this host: blocked, or not on the list.

        What is decided of a host holds for all below it: look for each of origin.host_and_parents().
        """

    async def accept(self, received: Received) -> None:
        """Store it and queue its handling, in one transaction; a known id changes nothing (INB-01)."""
