"""Alice, a person of the fediverse whose server is not ours: tests/interop/fedify, as its own process."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.interop.program import running_program
from tests.interop.tls import Authority
from tests.parts import missing

FOLDER = Path(__file__).parent / "fedify"
CAVAGE, RFC_9421 = "draft-cavage-http-signatures-12", "rfc9421"


def node() -> Path:
    """The Node that was installed for it: distributions have an older one."""
    found = next(FOLDER.glob("node_modules/node-linux-*/bin/node"), None)
    return found or missing("Fedify (make test installs it with npm)")


class FedifyPeer:
    """What alice does, each until her server has delivered it, and what reached her."""

    def __init__(self, ready: dict[str, str]) -> None:
        self.origin = ready["origin"]
        self.host = self.origin.removeprefix("https://")
        self.handle = f"@alice@{self.host}"
        self.actor = f"{self.origin}/users/alice"
        self._control = httpx.Client(base_url=ready["control"], timeout=60)

    def follow(self, whom: str) -> str:
        """By handle or URI; the URI of the actor."""
        return str(self._do("follow", whom=whom)["actor"])

    def unfollow(self, whom: str, *, forgetful: bool = False) -> None:
        """`forgetful`: without the id of the Follow that is taken back."""
        self._do("unfollow", whom=whom, forgetful=forgetful)

    def subscribe(self, relay: str) -> str:
        """To a relay, by its URI; the URI of the Follow."""
        return str(self._do("subscribe", relay=relay)["uri"])

    def unsubscribe(self, relay: str) -> None:
        self._do("unsubscribe", relay=relay)

    def join(self, uri: str) -> str:
        """A group, or something that its author decides about; the URI of the Join."""
        return str(self._do("join", uri=uri)["uri"])

    def part(self, uri: str) -> None:
        """Take part no more in what she joined."""
        self._do("part", uri=uri)

    def post(self, text: str, *, in_reply_to: str | None = None, mention: tuple[str, ...] = ()) -> str:
        """A public post; its URI."""
        return str(self._do("post", text=text, inReplyTo=in_reply_to, mention=list(mention))["uri"])

    def whisper(self, text: str, *, to: str, in_reply_to: str | None = None) -> str:
        """A private post to one handle; its URI."""
        return str(self._do("whisper", text=text, to=to, inReplyTo=in_reply_to)["uri"])

    def edit(self, uri: str, text: str) -> None:
        self._do("edit", uri=uri, text=text)

    def delete(self, uri: str) -> None:
        self._do("delete", uri=uri)

    def like(self, uri: str) -> None:
        self._do("like", uri=uri)

    def unlike(self, uri: str) -> None:
        self._do("unlike", uri=uri)

    def boost(self, uri: str) -> None:
        self._do("boost", uri=uri)

    def unboost(self, uri: str) -> None:
        self._do("unboost", uri=uri)

    def change_profile(self, *, name: str, summary: str = "") -> None:
        self._do("profile", name=name, summary=summary)

    def leave(self) -> None:
        """Delete the account."""
        self._do("leave")

    def look(self, what: str) -> dict[str, Any]:
        """What a handle or URI leads to, as her server understood it; fetched with her signature."""
        return dict(self._do("look", uri=what)["document"])

    def _do(self, what: str, **details: Any) -> Any:
        answer = self._control.post(f"/{what}", json=details)
        assert answer.status_code == 200, answer.json()["error"]
        return answer.json()

    # ------------------------------------------------------------ what reached her

    @property
    def state(self) -> dict[str, Any]:
        return dict(self._control.get("/state").json())

    @property
    def followers(self) -> list[str]:
        return list(self.state["followers"])

    @property
    def following(self) -> list[str]:
        """Whom she follows, with their consent."""
        return list(self.state["following"])

    @property
    def requests(self) -> list[dict[str, Any]]:
        """Each request to her server that was answered: signature scheme, verified signer, proof, activity,
        status; and what was found behind the names in the activity before the answer was given.
        """
        return list(self.state["requests"])

    def seen(self, uri: str) -> dict[str, Any]:
        """The post as she has it now; nothing if she never got it."""
        return next((post for post in self.state["seen"] if post["id"] == uri), {})

    def saying(self, words: str) -> dict[str, Any]:
        """The post with these words; nothing if she never got one."""
        return next((post for post in self.state["seen"] if words in post["content"]), {})

    def reactions(self, kind: str, uri: str) -> list[str]:
        """Who did this (Like, Announce) to a post, as she knows."""
        found = self.state["reactions"]
        return [each["actor"] for each in found if (each["type"], each["object"]) == (kind, uri)]

    def answers(self, uri: str) -> list[tuple[str, bool]]:
        """Who said yes or no last to what she asked, a Follow or a Join."""
        found = self.state["answers"]
        return [(each["actor"], each["accepted"]) for each in found if each["asked"] == uri]

    def delivered(self, kind: str) -> list[dict[str, Any]]:
        """The requests that brought activities of this type and were taken."""
        posts = [each for each in self.requests if each["method"] == "POST" and each.get("activity")]
        return [each for each in posts if each["activity"]["type"] == kind and each["status"] == 202]

    def close(self) -> None:
        self._control.close()


@contextmanager
def running_fedify(
    authority: Authority, address: str, database: Path, *, scheme: str = CAVAGE, strict: bool = False
) -> Iterator[FedifyPeer]:
    """Start her server on a free port; a `strict` one shows its documents to signed requests only."""
    certificate, key = authority.write_certificate(address)
    settings = {
        "NODE_EXTRA_CA_CERTS": str(authority.file),
        "ADDRESS": address,
        "CERTIFICATE": str(certificate),
        "KEY": str(key),
        "DATABASE": str(database),
        "SCHEME": scheme,
        "STRICT": "1" if strict else "0",
    }
    with running_program([node(), "server.mjs"], folder=FOLDER, settings=settings) as ready:
        peer = FedifyPeer(ready)
        try:
            yield peer
        finally:
            peer.close()
