"""An actor of the peer, with keys, who signs what it sends to us."""

import json
from datetime import UTC, datetime
from typing import Any

from federation.signatures import PrivateKey, Scheme, SignedRequest, sign
from federation.signatures.keys import generate_ed25519, generate_rsa, multikey, public_pem
from tests.evilpeer import PEER, EvilPeer

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
INBOX = "https://hub.example/inbox"
RSA, OTHER_RSA, ED25519 = generate_rsa(), generate_rsa(), generate_ed25519()


class Someone:
    """An actor of the peer, with keys, who can sign posts to our inbox."""

    def __init__(self, peer: EvilPeer, name: str = "alice", *, key: Any = RSA, host: str = PEER) -> None:
        self.uri = str(peer.uri(f"/a/{name}", host=host))
        self.key = PrivateKey(f"{self.uri}#main-key", key)
        self.proof_key = PrivateKey(f"{self.uri}#ed25519-key", ED25519)

    @property
    def document(self) -> dict[str, Any]:
        return {
            "@context": ["https://www.w3.org/ns/activitystreams"],
            "id": self.uri,
            "type": "Person",
            "preferredUsername": "alice",
            "inbox": f"{self.uri}/inbox",
            "publicKey": {
                "id": self.key.id,
                "owner": self.uri,
                "publicKeyPem": public_pem(self.key.key.public_key()),
            },
            "assertionMethod": [
                {
                    "id": self.proof_key.id,
                    "type": "Multikey",
                    "controller": self.uri,
                    "publicKeyMultibase": multikey(ED25519.public_key()),
                }
            ],
        }

    def activity(self, kind: str = "Follow", **facts: Any) -> dict[str, Any]:
        usual = {
            "@context": ["https://www.w3.org/ns/activitystreams"],
            "id": f"{self.uri}/activities/1",
            "type": kind,
            "actor": self.uri,
            "object": "https://hub.example/a/commune",
        }
        return usual | facts

    def note(self, **facts: Any) -> dict[str, Any]:
        usual = {
            "id": f"{self.uri}/notes/1",
            "type": "Note",
            "attributedTo": self.uri,
            "content": "<p>hello</p>",
        }
        return usual | facts

    def post(
        self, activity: Any, *, to: str = INBOX, scheme: Scheme = Scheme.CAVAGE, at: datetime = NOW
    ) -> SignedRequest:
        headers = (("content-type", "application/activity+json"),)
        request = SignedRequest("POST", to, headers, json.dumps(activity).encode())
        return sign(request, self.key, scheme=scheme, now=at)

    def get(self, url: str, *, method: str = "GET", scheme: Scheme = Scheme.CAVAGE) -> dict[str, str]:
        """The headers of a signed request for `url`."""
        return dict(sign(SignedRequest(method, url), self.key, scheme=scheme, now=NOW).headers)
