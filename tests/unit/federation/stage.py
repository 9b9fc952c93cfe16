"""What the tests of the resolver share: a peer with actors and handles on it, and a clock."""

from typing import Any

from federation.origin import Uri
from federation.signatures.keys import generate_ed25519, generate_rsa, public_pem
from tests.evilpeer import EvilPeer, answers
from tests.evilpeer.answers import Answer

PEM = public_pem(generate_rsa().public_key())
ED25519 = generate_ed25519()
SELF_TYPE = "application/activity+json"


class Clock:
    """A monotonic clock that a test turns by hand."""

    def __init__(self) -> None:
        self.seconds = 1_000.0

    def __call__(self) -> float:
        return self.seconds


class Stage:
    """Hosts of the peer, by name, and what they usually answer."""

    def __init__(self, peer: EvilPeer) -> None:
        self.peer = peer

    def uri(self, path: str, host: str = "evil.example") -> Uri:
        return self.peer.uri(path, host=host)

    def host(self, host: str = "evil.example") -> str:
        return self.uri("", host).netloc

    def actor(self, path: str = "/actor", *, host: str = "evil.example", **more: Any) -> dict[str, Any]:
        identity = str(self.uri(path, host))
        return {
            "@context": "https://www.w3.org/ns/activitystreams",
            "id": identity,
            "type": "Person",
            "preferredUsername": "alice",
            "inbox": f"{identity}/inbox",
            **more,
        }

    def key(self, path: str = "/actor", **more: Any) -> dict[str, Any]:
        identity = str(self.uri(path))
        return {"id": f"{identity}#main-key", "owner": identity, "publicKeyPem": PEM, **more}

    def on(self, path: str, answer: Answer, host: str = "evil.example") -> None:
        self.peer.on(path, answer, host=host)

    def webfinger(
        self,
        handle: str,
        *,
        subject: str | None = None,
        href: str | Uri | None = None,
        host: str = "evil.example",
        links: Any = None,
    ) -> None:
        """`handle` is a name of this host; by default it is told as it is, and leads to /actor."""
        acct = f"acct:{handle}"
        links = links or [{"rel": "self", "type": SELF_TYPE, "href": str(href or self.uri("/actor", host))}]
        answer = answers.document({"subject": subject or acct, "links": links}, kind="application/jrd+json")
        self.on(f"/.well-known/webfinger?resource={acct}", answer, host)

    def paths(self) -> list[str]:
        return [request.path for request in self.peer.requests]
