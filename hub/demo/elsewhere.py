"""Another server of the open network, with people whose village is elsewhere: who follows, and answers.

It speaks with our protocol library, and runs as long as the demo does, so that its people go on answering:
asked in private whether they mean it, they say yes.
"""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from ipaddress import ip_network
from pathlib import Path
from secrets import token_hex
from typing import Any

import uvicorn
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from federation import activities
from federation.addressing import Audience
from federation.client import Client
from federation.delivery import Outcome, Parcel, deliver
from federation.outgoing import Mention, NoteDraft, mention_html, note
from federation.signatures import PrivateKey, Scheme
from federation.signatures.keys import generate_rsa, load_own_private_key, private_pem, public_pem
from federation.vocabulary import ACTIVITY_STREAMS, PUBLIC, Json
from hub import __version__
from hub.demo.browsing import DemoFailed, eventually
from hub.demo.running import LOOPBACK, Hub

PEOPLE = {"lea": "Léa Morel", "jonas": "Jonas Weber"}
ACTIVITY = "application/activity+json"
QUESTION = "OUI ou NON"


class _Server(uvicorn.Server):
    """Without its signal handlers: Ctrl-C is for the demo as a whole."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class OtherServer:
    """Its people, all that they said, and what reached them: needs by their titles."""

    def __init__(self, port: int, file: Path) -> None:
        self.port = port
        self.origin = f"http://localhost:{port}"
        self._needs: dict[str, str] = {}
        self._file = file
        known = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
        self._said: dict[str, Json] = known.get("said", {})
        self._pems: dict[str, str] = known.get("keys") or _new_keys()
        self._tasks: set[asyncio.Task[None]] = set()

    def save(self) -> None:
        self._file.write_text(json.dumps({"keys": self._pems, "said": self._said}), encoding="utf-8")

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Answers on its port, and reaches the hubs."""
        routes = [Route("/{path:path}", self._answer, methods=["GET", "POST"])]
        app = Starlette(routes=routes)
        quiet: dict[str, Any] = {"log_config": None, "log_level": "critical", "access_log": False}
        server = _Server(uvicorn.Config(app, lifespan="off", ws="none", **quiet))
        networks = [ip_network(text) for text in LOOPBACK.split(",")]
        with socket.create_server(("127.0.0.1", self.port)) as listener:
            async with Client(self.origin, version=__version__, peer_networks=networks) as self._client:
                serving = asyncio.create_task(server.serve([listener]))
                try:
                    yield
                finally:
                    server.should_exit = True
                    await serving

    # ------------------------------------------------------------ what its people do

    async def follow(self, name: str, hub: Hub, handle: str) -> None:
        target = f"{hub.origin}/a/{handle}"
        uri = f"{self._uri(name)}/follows/{token_hex(8)}"
        await self._send(name, target, activities.follow(uri, actor=self._uri(name), target=target))

    async def answer(self, name: str, title: str, words: str, *, hub: Hub, handle: str) -> None:
        """In public, below a need that reached them."""
        below = await asyncio.to_thread(eventually, lambda: self._heard(title))
        village = f"{hub.origin}/a/{handle}"
        audience = Audience((PUBLIC,), (f"{self._uri(name)}/followers", village))
        await self._say(name, words, to=village, audience=audience, below=below)

    def _heard(self, title: str) -> str:
        """The URI of what has this title, which says before it what it is."""
        return next((uri for name, uri in self._needs.items() if title in name), "")

    async def _say(self, name: str, words: str, *, to: str, audience: Audience, below: str) -> None:
        uri = f"{self._uri(name)}/statuses/{token_hex(8)}"
        host, _, handle = to.partition("://")[2].partition("/a/")
        mention = Mention(to, f"{handle}@{host}", to)
        said = note(
            NoteDraft(
                uri=uri,
                author=self._uri(name),
                html=f"<p>{mention_html(mention)} {words}</p>",
                url=f"{self.origin}/@{name}/{uri.rpartition('/')[2]}",
                language="fr",
                audience=audience,
                published_at=datetime.now(UTC),
                in_reply_to=below,
                mentions=(mention,),
            )
        )
        self._said[uri] = said
        self.save()
        await self._send(name, to, activities.create(said))

    async def _send(self, name: str, to: str, activity: Json) -> None:
        key = load_own_private_key(self._pems[name])
        sent = await deliver(
            self._client,
            f"{to}/inbox",
            Parcel.pack(activity),
            key=PrivateKey(f"{self._uri(name)}#main-key", key),
            scheme=Scheme.CAVAGE,
            now=datetime.now(UTC),
        )
        if sent.outcome is not Outcome.DELIVERED:
            raise DemoFailed(f"{to} does not take a message: {sent.status} {sent.reason}")

    # ------------------------------------------------------------ what others ask, and send

    async def _answer(self, request: Request) -> Response:
        if request.method == "POST":
            self._hear(await request.json())
            return Response(status_code=202)
        if request.url.path.startswith("/@"):
            return self._page(request.url.path[2:])
        found = self._document(request)
        return Response(status_code=404) if found is None else JSONResponse(found, media_type=ACTIVITY)

    def _page(self, path: str) -> Response:
        """For people: somebody, or what they said."""
        name, _, number = path.partition("/")
        if name not in PEOPLE:
            return Response(status_code=404)
        said = self._said.get(f"{self._uri(name)}/statuses/{number}", {})
        who = f"<h1>{PEOPLE[name]}</h1><p>@{name}@localhost:{self.port}</p>"
        head = f'<!doctype html><html lang="fr"><meta charset="utf-8"><title>{PEOPLE[name]}</title>'
        return HTMLResponse(f"{head}{who}{said.get('content', '')}")

    def _document(self, request: Request) -> Json | None:
        path = request.url.path
        if path == "/.well-known/webfinger":
            name = request.query_params.get("resource", "").removeprefix("acct:").partition("@")[0]
            return self._finger(name) if name in PEOPLE else None
        name = path.removeprefix("/users/")
        if name in PEOPLE:
            return self._actor(name)
        return self._said.get(f"{self.origin}{path}")

    def _hear(self, activity: Json) -> None:
        """Needs are remembered by their titles; a question in private is answered with yes."""
        thing = activity.get("object")
        if activity.get("type") != "Create" or not isinstance(thing, dict):
            return
        if isinstance(thing.get("name"), str):
            self._needs[thing["name"]] = thing["id"]
        asked = [name for name in PEOPLE if self._uri(name) in _listed(activity.get("to"))]
        if asked and QUESTION in str(thing.get("content")):
            task = asyncio.create_task(self._agree(asked[0], thing))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _agree(self, name: str, question: Json) -> None:
        audience = Audience((question["attributedTo"],), ())
        await self._say(
            name, "Oui, avec plaisir !", to=question["attributedTo"], audience=audience, below=question["id"]
        )

    def _finger(self, name: str) -> Json:
        link = {"rel": "self", "type": ACTIVITY, "href": self._uri(name)}
        return {"subject": f"acct:{name}@localhost:{self.port}", "links": [link]}

    def _actor(self, name: str) -> Json:
        uri, key = self._uri(name), load_own_private_key(self._pems[name])
        assert isinstance(key, RSAPrivateKey)
        pem = public_pem(key.public_key())
        return {
            "@context": [ACTIVITY_STREAMS, "https://w3id.org/security/v1"],
            "id": uri,
            "type": "Person",
            "preferredUsername": name,
            "name": PEOPLE[name],
            "url": f"{self.origin}/@{name}",
            **{each: f"{uri}/{each}" for each in ("inbox", "outbox", "followers", "following")},
            "publicKey": {"id": f"{uri}#main-key", "owner": uri, "publicKeyPem": pem},
        }

    def _uri(self, name: str) -> str:
        return f"{self.origin}/users/{name}"


def _new_keys() -> dict[str, str]:
    return {name: private_pem(generate_rsa()) for name in PEOPLE}


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
